/** Texts as people count them. */

/** Whether a text has more Unicode code points than a limit allows. */
export const isLongerThan = (text: string, limit: number): boolean => text.length > limit && characters(text) > limit;

/** Unicode code points. */
export const characters = (text: string): number => {
  let count = 0;
  for (const _ of text) count++;
  return count;
};
