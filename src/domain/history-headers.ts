/** Headers of step groups, compared. */
import { isDeepStrictEqual } from 'node:util';
import { type Change, ChangeType } from '#gen/diff_types';
import type { NoticeHeader, StepGroupHeaders } from '#gen/group_headers_types';
import { listDiff } from './list-diff.ts';
import { contentDiff, textDiff } from './value-diff.ts';

export function headersDiff(base: StepGroupHeaders, other: StepGroupHeaders, version: number): StepGroupHeaders {
  const category = contentDiff(base.category, other.category, version);
  const conditionDiff = textDiff(base.condition, other.condition, version);
  const equipment = listDiff(
    base.equipment ?? [],
    other.equipment ?? [],
    ({ id }) => id,
    ({ id }, before) => id === before.id,
    version,
  ).map(({ base: icon, other: before, change }) => ({ ...(icon ?? before)!, ...(change && { latestChange: change }) }));
  const notices = listDiff(base.notices ?? [], other.notices ?? [], ({ id }) => id, isDeepStrictEqual, version).map(
    ({ base: notice, other: before, change }) =>
      change ? noticeDiff((notice ?? before)!, notice && before, change, version) : notice!,
  );
  return {
    ...base,
    ...(equipment.length > 0 && { equipment }),
    ...(notices.length > 0 && { notices }),
    ...(category && {
      categoryDiff: { latestChange: category, ...(other.category && { otherCategory: other.category }) },
    }),
    ...(conditionDiff && { conditionDiff }),
  };
}

/** @param before the same notice in the other version; undefined where there is none, or it is the only one */
export function noticeDiff(
  notice: NoticeHeader,
  before: NoticeHeader | undefined,
  latestChange: Change,
  version: number,
): NoticeHeader {
  if (!before || latestChange.changeType !== ChangeType.MODIFIED) return { ...notice, latestChange };
  const descriptionDiff = textDiff(
    notice.descrip,
    before.descrip,
    version,
    notice.descripWrapper,
    before.descripWrapper,
  );
  const icon = contentDiff(notice.icon, before.icon, version);
  return {
    ...notice,
    latestChange,
    ...(descriptionDiff && { descriptionDiff }),
    ...(icon && { iconDiff: { latestChange: icon, ...(before.icon && { otherIcon: before.icon }) } }),
  };
}
