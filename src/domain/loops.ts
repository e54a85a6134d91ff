/** Loops among things that lead to one another: Tarjan's algorithm, without recursion, since a procedure may be 10,000 steps long. */

interface Visit {
  readonly thing: string;
  readonly leadsTo: readonly string[];
  /** How many of those were looked at. */
  looked: number;
  /** The earliest thing, by number, that was found to be reached from here and to lead here. */
  earliest: number;
}

/**
 * Each set of things that all lead to each other, and each thing that leads to itself. Loops that share a thing are one set. Takes time in
 * proportion to things and ways.
 * @param next to which of the others, or to itself, each leads
 */
export function loops(things: Iterable<string>, next: (thing: string) => readonly string[]): string[][] {
  const search = new Search(next);
  for (const thing of things) search.from(thing);
  return search.found;
}

class Search {
  readonly found: string[][] = [];
  readonly #next: (thing: string) => readonly string[];
  /** In the order in which things were first come to. */
  readonly #numbers = new Map<string, number>();
  /** From where the search began to where it is. */
  readonly #way: Visit[] = [];
  /** Things that may yet turn out to lead to each other, in the order of their numbers. */
  readonly #open: string[] = [];
  readonly #isOpen = new Set<string>();

  constructor(next: (thing: string) => readonly string[]) {
    this.#next = next;
  }

  from(start: string): void {
    if (this.#numbers.has(start)) return;
    this.#visit(start);
    for (let visit = this.#way.at(-1); visit; visit = this.#way.at(-1)) {
      const following = visit.leadsTo[visit.looked++];
      if (following === undefined) this.#leave(visit);
      else if (!this.#numbers.has(following)) this.#visit(following);
      else if (this.#isOpen.has(following)) visit.earliest = Math.min(visit.earliest, this.#numbers.get(following)!);
    }
  }

  #visit(thing: string): void {
    const number = this.#numbers.size;
    this.#numbers.set(thing, number);
    this.#open.push(thing);
    this.#isOpen.add(thing);
    this.#way.push({ thing, leadsTo: this.#next(thing), looked: 0, earliest: number });
  }

  #leave({ thing, leadsTo, earliest }: Visit): void {
    this.#way.pop();
    const before = this.#way.at(-1);
    if (before) before.earliest = Math.min(before.earliest, earliest);
    if (earliest < this.#numbers.get(thing)!) return;
    const set = this.#open.splice(this.#open.lastIndexOf(thing));
    for (const closed of set) this.#isOpen.delete(closed);
    if (set.length > 1 || leadsTo.includes(thing)) this.found.push(set);
  }
}
