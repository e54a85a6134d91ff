/**
 * Answers that serve again for a short while: who calls is asked with every call, and changes seldom. What this process changes is
 * forgotten at once; what another one changes shows after RECENT_MS at the latest, on either engine.
 */

/** What other processes revoke is promised to be good for nothing within a second. */
const RECENT_MS = 750;

/** One more takes the place of all before. */
const MOST_ANSWERS = 10_000;

interface Answer {
  readonly value: object;
  readonly askedAt: number;
}

export class Recent {
  #answers = new Map<string, Answer>();
  #generation = 0;

  /**
   * @param now epoch milliseconds
   * @param ask the database. What was changed while it answered may or may not be in the answer: it is not kept then
   */
  async get<T extends object>(key: string, now: number, ask: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(key);
    // A clock that was put back makes nothing live longer.
    if (known && now >= known.askedAt && now - known.askedAt < RECENT_MS) return known.value as T;
    const generation = this.#generation;
    const value = await ask();
    if (generation === this.#generation) this.#keep(key, { value, askedAt: now });
    return value;
  }

  forget(): void {
    this.#answers = new Map();
    this.#generation++;
  }

  #keep(key: string, answer: Answer): void {
    if (this.#answers.size >= MOST_ANSWERS) this.#answers = new Map();
    this.#answers.set(key, answer);
  }
}
