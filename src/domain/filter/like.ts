/**
 * Patterns of LIKE and ILIKE: `%` stands for any characters, `_` for one, as a Unicode code point; there is no escape. LIKE tells
 * case apart; ILIKE does not in the letters A to Z, and in those alone, since databases do not agree about the others.
 *
 * A pattern is matched from left to right. Behind a `%` the first place where the next piece fits is the right one, so no place is
 * ever tried again: the time is at most the length of the text times that of the pattern.
 */

/** The same pattern with every run of wildcards written shortest: its `_` first, then one `%`. */
export const patternOf = (written: string): string =>
  written.replace(/[%_]*%[%_]*/g, run => `${'_'.repeat([...run].filter(each => each === '_').length)}%`);

/** How many `%` a pattern has. */
export const wildcards = (pattern: string): number => pattern.split('%').length - 1;

/** A to Z made small; every other letter stays. */
export const asciiLowerCase = (text: string): string => text.replace(/[A-Z]+/g, letters => letters.toLowerCase());

/** @param pattern as `patternOf` gives it */
export function isLike(text: string, pattern: string, anyCase: boolean): boolean {
  return anyCase ? matches(asciiLowerCase(text), asciiLowerCase(pattern)) : matches(text, pattern);
}

function matches(text: string, pattern: string): boolean {
  const characters = [...text];
  const pieces = pattern.split('%').map(piece => [...piece]);
  const first = pieces[0]!;
  if (pieces.length === 1) return characters.length === first.length && fits(characters, first, 0);
  const last = pieces.at(-1)!;
  const end = characters.length - last.length;
  if (end < first.length || !fits(characters, first, 0) || !fits(characters, last, end)) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    while (at + piece.length <= end && !fits(characters, piece, at)) at++;
    at += piece.length;
    if (at > end) return false;
  }
  return true;
}

const fits = (characters: readonly string[], piece: readonly string[], at: number): boolean =>
  piece.every((wanted, index) => (wanted === '_' ? at + index < characters.length : characters[at + index] === wanted));
