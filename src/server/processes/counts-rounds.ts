/**
 * The first process's part in `/metrics` of several workers: the one that is asked wants to know what the others have counted, and
 * answers with the sum. A worker that ends meanwhile is not waited for.
 */

/** A worker that serves, as the first process reaches it. */
export interface Counting {
  /** It shall tell what it has counted. */
  askCounts(round: number): void;
  /** What it has asked for. @param id its own, of the question */
  tellCounts(id: number, counts: readonly object[][]): void;
}

interface Round {
  readonly asker: Counting;
  readonly id: number;
  readonly awaited: Set<Counting>;
  readonly counts: object[][];
}

export class CountsRounds {
  readonly #workers = new Set<Counting>();
  readonly #rounds = new Map<number, Round>();
  #last = 0;

  join(worker: Counting): void {
    this.#workers.add(worker);
  }

  leave(worker: Counting): void {
    this.#workers.delete(worker);
    for (const [number, round] of this.#rounds) {
      if (round.asker === worker) this.#rounds.delete(number);
      else if (round.awaited.delete(worker)) this.#endIfAll(number, round);
    }
  }

  ask(asker: Counting, id: number): void {
    const number = ++this.#last;
    const awaited = new Set([...this.#workers].filter(worker => worker !== asker));
    const round = { asker, id, awaited, counts: [] };
    this.#rounds.set(number, round);
    for (const worker of awaited) worker.askCounts(number);
    this.#endIfAll(number, round);
  }

  told(worker: Counting, number: number, counts: object[]): void {
    const round = this.#rounds.get(number);
    if (!round?.awaited.delete(worker)) return;
    round.counts.push(counts);
    this.#endIfAll(number, round);
  }

  #endIfAll(number: number, { asker, id, awaited, counts }: Round): void {
    if (awaited.size > 0) return;
    this.#rounds.delete(number);
    asker.tellCounts(id, counts);
  }
}
