/** Texts as people count them, and those that cannot be keys. */

/** JavaScript's libraries lose a map's entry with one of these keys, or cannot write the map at all. */
export const cannotBeKey = (text: string): boolean => text === '__proto__' || text === 'hasOwnProperty';

/** Whether a text has more Unicode code points than a limit allows. */
export const isLongerThan = (text: string, limit: number): boolean => text.length > limit && characters(text) > limit;

/** Unicode code points. */
export const characters = (text: string): number => {
  let count = 0;
  for (const _ of text) count++;
  return count;
};
