/** Two versions of one value, compared. */
import { isDeepStrictEqual } from 'node:util';
import { type Change, ChangeType, type StringDiff } from '#gen/diff_types';
import type { StringWrapper } from '#gen/reference_types';

/** What happened to a value that stands in no list; undefined: nothing. Absent is undefined. */
export function contentDiff(base: unknown, other: unknown, version: number): Change | undefined {
  if (isDeepStrictEqual(base, other)) return undefined;
  const changeType =
    other === undefined ? ChangeType.ADDED : base === undefined ? ChangeType.REMOVED : ChangeType.MODIFIED;
  return { changeType, version };
}

/** Unset when the two are equal. */
export function textDiff(
  base: string | undefined,
  other: string | undefined,
  version: number,
  baseWrapper?: StringWrapper,
  otherWrapper?: StringWrapper,
): StringDiff | undefined {
  const latestChange = contentDiff(
    [base, baseWrapper].some(Boolean) ? [base, baseWrapper] : undefined,
    [other, otherWrapper].some(Boolean) ? [other, otherWrapper] : undefined,
    version,
  );
  if (!latestChange) return undefined;
  return {
    latestChange,
    ...(other && { otherValue: other }),
    ...(otherWrapper && { otherValueWrapper: otherWrapper }),
  };
}
