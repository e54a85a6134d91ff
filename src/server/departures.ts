/**
 * When finished answers leave. A connection that is served alone sends them at once. Where others were served just before, those of
 * one turn of the loop leave together at its end: a client process that serves several connections is woken once, not once for each.
 */

export interface Departing {
  flush(): void;
}

/** Others count as company when one of them had an answer at most so long ago: some calls take as long. */
const COMPANY_MS = 0.3;

export class Departures {
  #last: Departing | undefined;
  #lastAt = 0;
  #waiting: Departing[] = [];

  /** @param now of performance.now() */
  depart(connection: Departing, now: number): void {
    const alone = this.#last === connection || now - this.#lastAt > COMPANY_MS;
    this.#last = connection;
    this.#lastAt = now;
    if (alone) connection.flush();
    else if (this.#waiting.push(connection) === 1) setImmediate(() => this.#all());
  }

  #all(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const connection of waiting) connection.flush();
  }
}
