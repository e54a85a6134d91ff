/** calculateJobStatistics: how many jobs, and in which groups. */
import type { JobStatistics, JobStatisticsDetails } from '#gen/jobs_types';
import type { Reader, Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import { groupText } from './cells.ts';
import { nameProperties, queryFields } from './query-fields.ts';
import { type Selecting, selected, selecting } from './selecting.ts';

const MOST_GROUPS = 10_000;

export async function calculateJobStatistics(
  store: Store,
  call: Call,
  params: JobStatisticsDetails,
): Promise<JobStatistics> {
  const asked = selecting(call, params);
  return store.look(reader => statistics(reader, call, asked, params.groupBy || undefined));
}

async function statistics(
  reader: Reader,
  call: Call,
  asked: Selecting,
  groupBy: string | undefined,
): Promise<JobStatistics> {
  const fields = await queryFields(reader, asked.teamId, nameProperties([asked.q ?? '', groupBy ?? '']));
  const by = groupBy === undefined ? undefined : fields.named('groupBy', groupBy);
  const { selection, values } = await selected(reader, call, asked, fields);
  const count = () => reader.jobQueries.count(selection, values);
  if (!by) return { total: await count() };
  const groups = await reader.jobQueries.groups(selection, values, by, MOST_GROUPS);
  // Each job is in one group: nothing is left to be counted, unless groups were left out.
  const isCounted = by.per === 'job' && groups.length < MOST_GROUPS;
  return {
    total: isCounted ? groups.reduce((sum, group) => sum + group.count, 0) : await count(),
    groupBy: groupBy!,
    groupedValues: groups.map(({ value, count }) => ({
      count,
      ...(value !== null && { value: groupText(by, value) }),
    })),
  };
}
