/** Answers of the database that serve again as long as nothing is committed to it; all of them go with the next commit. */

/** Rows that all answers together have at most: one more takes the place of all before. */
const ROWS_KEPT = 20_000;

export class Kept {
  #answers = new Map<string, object>();
  #rows = 0;
  #version: number | undefined;

  at(version: number, key: string): object | undefined {
    return this.#version === version ? this.#answers.get(key) : undefined;
  }

  /** @param version that was found before the answer was read: it serves whoever finds the same one later */
  keep(version: number, key: string, answer: object, rows: number): void {
    if (rows > ROWS_KEPT || version < (this.#version ?? version)) return;
    if (this.#version !== version || this.#rows + rows > ROWS_KEPT) {
      this.#answers = new Map();
      this.#rows = 0;
      this.#version = version;
    }
    this.#answers.set(key, answer);
    this.#rows += rows;
  }
}
