/** Ways from one thing to another, where each leads to some others. */

/**
 * The shortest way, both ends included; empty when there is none.
 * @param next where each leads to
 */
export function shortestWay(from: string, to: string, next: (id: string) => readonly string[]): string[] {
  const cameFrom = new Map<string, string | undefined>([[from, undefined]]);
  const reached = [from];
  // What is appended meanwhile is visited, too.
  for (const id of reached) {
    if (id === to) return wayBack(cameFrom, to);
    for (const other of next(id)) {
      if (cameFrom.has(other)) continue;
      cameFrom.set(other, id);
      reached.push(other);
    }
  }
  return [];
}

function wayBack(cameFrom: ReadonlyMap<string, string | undefined>, to: string): string[] {
  const way: string[] = [];
  for (let id: string | undefined = to; id !== undefined; id = cameFrom.get(id)) way.unshift(id);
  return way;
}
