/** Two versions of a list, compared: which elements came, went, changed, and which were moved past others. */
import { type Change, ChangeType } from '#gen/diff_types';

/** An element of the base, or one that only the other version has, with what happened to it; undefined: nothing. */
export interface Element<T> {
  readonly base: T | undefined;
  readonly other: T | undefined;
  readonly change: Change | undefined;
}

/**
 * @param keyOf what two versions of one element have in common; of equal keys the first belongs to the first
 * @param version of the base, for the changes
 * @returns the elements of the base in order, and behind them those that only the other version has
 */
export function listDiff<T>(
  base: readonly T[],
  other: readonly T[],
  keyOf: (element: T) => string,
  equal: (one: T, another: T) => boolean,
  version: number,
): Element<T>[] {
  const places = new Map(counted(other, keyOf).map((key, index) => [key, index]));
  const matches = counted(base, keyOf).map(key => places.get(key));
  const inOrder = longestIncreasing(matches);
  const elements = base.map((element, index): Element<T> => {
    const otherIdx = matches[index];
    const counterpart = otherIdx === undefined ? undefined : other[otherIdx];
    const type =
      counterpart === undefined
        ? ChangeType.ADDED
        : !equal(element, counterpart)
          ? ChangeType.MODIFIED
          : inOrder.has(index)
            ? undefined
            : ChangeType.MOVED;
    return {
      base: element,
      other: counterpart,
      change: type && changeOf(type, version, index, otherIdx),
    };
  });
  const matched = new Set(matches);
  const gone = other.flatMap((element, index): Element<T>[] =>
    matched.has(index)
      ? []
      : [{ base: undefined, other: element, change: changeOf(ChangeType.REMOVED, version, undefined, index) }],
  );
  return [...elements, ...gone];
}

export const changeOf = (
  changeType: ChangeType,
  version: number,
  baseIdx: number | undefined,
  otherIdx: number | undefined,
): Change => ({ changeType, version, indices: { baseIdx: baseIdx ?? -1, otherIdx: otherIdx ?? -1 } });

/** Keys made unique by how often they came before. */
function counted<T>(list: readonly T[], keyOf: (element: T) => string): string[] {
  const seen = new Map<string, number>();
  return list.map(element => {
    const key = keyOf(element);
    const times = seen.get(key) ?? 0;
    seen.set(key, times + 1);
    return `${times} ${key}`;
  });
}

/** The indices of as many numbers as can stand, in their order and growing, in what is left of a list: these were not moved. */
export function longestIncreasing(numbers: readonly (number | undefined)[]): Set<number> {
  /** Of each length, where the run ends that ends lowest. */
  const ends: number[] = [];
  const before: (number | undefined)[] = [];
  numbers.forEach((number, index) => {
    if (number === undefined) return;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (numbers[ends[middle]!]! < number) low = middle + 1;
      else high = middle;
    }
    before[index] = ends[low - 1];
    ends[low] = index;
  });
  const kept = new Set<number>();
  for (let at = ends.at(-1); at !== undefined; at = before[at]) kept.add(at);
  return kept;
}
