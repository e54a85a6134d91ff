/** How long to wait before a process that ended is begun again: hardly at all, and longer each time when it does not last. */

const SHORTEST_MS = 100;
const LONGEST_MS = 30_000;
/** Who has lasted so long had no trouble with its start. */
const STEADY_MS = 60_000;

export class RestartPauses {
  #nextMs = SHORTEST_MS;

  /** @param lastedMs from the begin of the process to its end */
  after(lastedMs: number): number {
    if (lastedMs >= STEADY_MS) this.#nextMs = SHORTEST_MS;
    const pause = this.#nextMs;
    this.#nextMs = Math.min(LONGEST_MS, 2 * pause);
    return pause;
  }
}
