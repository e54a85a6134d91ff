/**
 * What steps ask that have waited for somebody longer than events are kept: put together anew from the entry of the job, with its values
 * as they are now.
 */
import { leavesOf } from '../../domain/upgrade.ts';
import type { Reader } from '../../store/database.ts';
import { stepKey } from '../../store/events.ts';
import type { JobRow, JobStepRow } from '../../store/jobs.ts';
import { entryKey } from '../../store/properties.ts';
import type { Particulars } from '../events.ts';
import { fillingOf } from '../sight.ts';
import { askedBy } from './telling.ts';

/**
 * No statement without steps, else at most three.
 * @param jobs of one team
 * @param steps of these jobs
 * @returns by `stepKey`
 */
export async function askedAnew(
  reader: Reader,
  teamId: string,
  jobs: readonly JobRow[],
  steps: readonly Pick<JobStepRow, 'job_id' | 'step_id'>[],
): Promise<Map<string, Particulars>> {
  const byJob = Map.groupBy(steps, step => step.job_id);
  const asking = jobs.filter(job => byJob.has(job.job_id));
  const withProperties = asking.filter(job => job.has_properties === 1).map(job => job.job_id);
  const roots = asking.map(job => job.root_hash);
  if (asking.length === 0) return new Map();
  const trees = await reader.trees.trees(teamId, roots);
  const tables = await reader.properties.tablesOf(teamId, withProperties);
  const rows = await reader.properties.rows(teamId, withProperties);
  const rowsOf = Map.groupBy(rows, row => row.job_id);
  return new Map(
    asking.flatMap(job => {
      const leaves = leavesOf(trees.get(job.root_hash)!);
      const filled = fillingOf({ tables: tables.get(entryKey(job)) ?? null, rows: rowsOf.get(job.job_id) ?? [] });
      return byJob.get(job.job_id)!.flatMap(({ job_id, step_id }) => {
        const leaf = leaves.get(step_id);
        const asked = leaf && askedBy(leaf, job, filled);
        return asked ? [[stepKey(job_id, step_id), asked] as const] : [];
      });
    }),
  );
}
