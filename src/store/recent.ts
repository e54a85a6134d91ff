/**
 * Answers that serve again for a short while: who calls is asked with every call, and changes seldom. What this process changes is
 * forgotten at once; what another one changes shows after RECENT_MS at the latest, on either engine.
 */

/** What other processes revoke is promised to be good for nothing within a second. */
const RECENT_MS = 750;

/** One more takes the place of all before. */
const MOST_ANSWERS = 10_000;

interface Answer {
  readonly value: Promise<object>;
  readonly askedAt: number;
}

export class Recent {
  #answers = new Map<string, Answer>();

  /**
   * Whoever asks while the same is being asked hears the same: a token that is on many connections is read once for all of them.
   * @param now epoch milliseconds
   * @param ask the database. Where it fails, the next one asks again
   */
  get<T extends object>(key: string, now: number, ask: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(key);
    // A clock that was put back makes nothing live longer.
    if (known && now >= known.askedAt && now - known.askedAt < RECENT_MS) return known.value as Promise<T>;
    const value = ask();
    this.#keep(key, { value, askedAt: now });
    return value;
  }

  /** What is being asked just now may or may not have seen the change: it serves those who wait for it, and nobody later. */
  forget(): void {
    this.#answers = new Map();
  }

  #keep(key: string, answer: Answer): void {
    if (this.#answers.size >= MOST_ANSWERS) this.#answers = new Map();
    const answers = this.#answers.set(key, answer);
    answer.value.catch(() => {
      if (answers.get(key) === answer) answers.delete(key);
    });
  }
}
