/** Tells those who wait for a client's sake when it has said all, or is gone. */
export class Leaving {
  readonly #listeners = new Set<() => void>();
  #isTold = false;

  /** @returns what ends that */
  onTold(hear: () => void): () => void {
    this.#listeners.add(hear);
    if (this.#isTold) hear();
    return () => this.#listeners.delete(hear);
  }

  tell(): void {
    this.#isTold = true;
    for (const hear of this.#listeners) hear();
  }
}
