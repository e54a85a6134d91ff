/**
 * Answers of the database that serve again as long as nothing is committed to it; all of them go with the next commit.
 *
 * Only what is asked for twice is kept, as far as questions are short enough to be remembered. What is read once, one after the other,
 * would put out what others ask for again, and finding out whether anybody has committed takes as long as a short read does.
 */

/** Rows that all answers together have at most: one more takes the place of all before. */
const ROWS_KEPT = 20_000;
/** So many characters of a key take the room of a row. */
const KEY_OF_ROW = 500;
/** Keys that are remembered as asked once. */
const MOST_ONCE = 5_000;

export class Kept {
  #answers = new Map<string, object>();
  #rows = 0;
  #version: number | undefined;
  readonly #once = new Set<string>();

  /** Whether it was asked before, as far as that is remembered: since this process has committed last, and of short keys. */
  isAskedAgain(key: string): boolean {
    if (this.#once.has(key) || key.length > KEY_OF_ROW) return true;
    if (this.#once.size === MOST_ONCE) this.#once.clear();
    this.#once.add(key);
    return false;
  }

  /** This process has committed. */
  committed(): void {
    if (this.#once.size > 0) this.#once.clear();
  }

  at(version: number, key: string): object | undefined {
    return this.#version === version ? this.#answers.get(key) : undefined;
  }

  /** @param version that was found before the answer was read: it serves whoever finds the same one later */
  keep(version: number, key: string, answer: object, rows: number): void {
    const room = rows + Math.floor(key.length / KEY_OF_ROW);
    if (room > ROWS_KEPT || version < (this.#version ?? version)) return;
    if (this.#version !== version || this.#rows + room > ROWS_KEPT) {
      this.#answers = new Map();
      this.#rows = 0;
      this.#version = version;
    }
    this.#answers.set(key, answer);
    this.#rows += room;
  }
}
