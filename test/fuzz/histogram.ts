/** Times of millions of calls in little room: counts of times that are within a tenth of one another. */

const PER_TENFOLD = 24;
const LEAST_MS = 0.01;

export class Histogram {
  count = 0;
  worst = 0;
  readonly #counts: number[] = Array(PER_TENFOLD * 8).fill(0);

  add(millis: number): void {
    const bucket = Math.floor(Math.log10(Math.max(millis, LEAST_MS) / LEAST_MS) * PER_TENFOLD);
    this.#counts[Math.min(bucket, this.#counts.length - 1)]! += 1;
    this.count += 1;
    this.worst = Math.max(this.worst, millis);
  }

  /** Milliseconds below which this share of the times lies, rounded up to the next bucket. */
  quantile(q: number): number {
    let left = q * this.count;
    for (const [bucket, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) return Math.min(this.worst, LEAST_MS * 10 ** ((bucket + 1) / PER_TENFOLD));
    }
    return this.worst;
  }
}
