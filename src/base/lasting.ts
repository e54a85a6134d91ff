/**
 * Values that never change once they are made, and that are sent again and again: the step tree of an entry, for one. Who makes such
 * a value says so, and whoever turns it into bytes may keep them, from the second time on: most answers are given once. They live as
 * long as the value itself.
 */

/** Bytes of the value by the form they are in; undefined for a form that it was in once. */
export type Encodings = Map<string, Buffer | undefined>;

const encodings = new WeakMap<object, Encodings>();

/** Says that nobody will ever change the value, or anything in it. */
export function lasting<T extends object>(value: T): T {
  if (!encodings.has(value)) encodings.set(value, new Map());
  return value;
}

/** @returns undefined for a value that was not said to be lasting */
export const encodingsOf = (value: object): Encodings | undefined => encodings.get(value);
