/**
 * Messages of a connection that have arrived and wait for their turn: as places in the bytes that arrived, cut out when their turn
 * comes. One that is cut early outlives the garbage of those before it, and keeps all the bytes that came with it.
 */

const DROPPED_TOGETHER = 512;

export class Waiting {
  #bytes: (Buffer | undefined)[] = [];
  #starts: number[] = [];
  #ends: number[] = [];
  #first = 0;

  get length(): number {
    return this.#bytes.length - this.#first;
  }

  push(bytes: Buffer, start: number, end: number): void {
    this.#bytes.push(bytes);
    this.#starts.push(start);
    this.#ends.push(end);
  }

  /** The oldest; there must be one. */
  shift(): Buffer {
    const first = this.#first++;
    const message = this.#bytes[first]!.subarray(this.#starts[first], this.#ends[first]);
    this.#bytes[first] = undefined;
    if (this.length === 0) this.clear();
    else if (this.#first === DROPPED_TOGETHER) this.#dropFirst();
    return message;
  }

  #dropFirst(): void {
    for (const places of [this.#bytes, this.#starts, this.#ends]) places.splice(0, this.#first);
    this.#first = 0;
  }

  clear(): void {
    this.#bytes = [];
    this.#starts = [];
    this.#ends = [];
    this.#first = 0;
  }
}
