/** Texts as people count them, and those that cannot be keys. */

/** JavaScript's libraries lose a map's entry with one of these keys, or cannot write the map at all. */
export const cannotBeKey = (text: string): boolean => text === '__proto__' || text === 'hasOwnProperty';

/** Two names with the same key are the same to people: case, and how accents are composed, do not count. */
export const sameName = (name: string): string => name.normalize('NFC').toLowerCase().normalize('NFC');

/**
 * What somebody is found by, and sorted by: the name as names are compared, then the words of name and address, each behind a space.
 */
export const searchKey = (name: string, email: string): string =>
  `${sameName(name)}\n ${[...searchWords(name), sameName(email), ...searchWords(email)].join(' ')}`;

/** What a title is sorted by: its first 200 characters, as names are compared. */
export function sortKey(title: string): string {
  const key = sameName(title);
  return key.length <= SORTED_CHARACTERS ? key : [...key].slice(0, SORTED_CHARACTERS).join('');
}

const SORTED_CHARACTERS = 200;

/** What a text is found by: its words, each behind a space. */
export const textKey = (text: string): string => ` ${searchWords(text).join(' ')}`;

/** The words of a text, as they are compared: letters and digits in a row. */
export const searchWords = (text: string): string[] => sameName(text).match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];

/** Control characters, and the marks that end a line or turn the direction of what follows: nobody sees them in a name. */
export const unseenIn = (text: string): string | undefined =>
  /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.exec(text)?.[0];

/** Whether a text has more Unicode code points than a limit allows. */
export const isLongerThan = (text: string, limit: number): boolean => text.length > limit && characters(text) > limit;

/** As many names as a message has room for, and how many more there are. */
export function andMore(names: readonly string[], between = '; '): string {
  const more = names.length - MOST_NAMED;
  const first = names.slice(0, MOST_NAMED).join(between);
  return more > 0 ? `${first}${between}and ${more} more` : first;
}

export const MOST_NAMED = 20;

/** Unicode code points. */
export const characters = (text: string): number => {
  let count = 0;
  for (const _ of text) count++;
  return count;
};
