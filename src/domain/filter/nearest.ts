/** Which names somebody may have meant: those that the fewest edits of letters lead to. */

const SHOWN = 3;
/** Names are shorter than this; of what is longer only the beginning is compared. */
const COMPARED = 130;

/** Case and underscores do not count. The nearest first; of equally near ones in the order given. */
export function nearest(name: string, candidates: readonly string[]): string[] {
  const wanted = letters(name);
  return candidates
    .map(candidate => ({ candidate, distance: distance(wanted, letters(candidate)) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, SHOWN)
    .map(({ candidate }) => candidate);
}

const letters = (name: string): string => name.slice(0, COMPARED).toLowerCase().replaceAll('_', '');

/** Letters to put in, to take out or to exchange (Levenshtein). */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const exchanged = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(exchanged, above[j]! + 1, row[j - 1]! + 1));
    }
    above = row;
  }
  return above[b.length]!;
}
