/**
 * Deleting jobs of a list, open or closed, with all that belongs to them; for good. What is left of them is their events, and the
 * `parentJobRefId` of jobs that were part of them.
 */
import { JobHistoryAction } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import type { Transactor } from '../store/database.ts';
import type { JobRow, JobStepRow } from '../store/jobs.ts';
import type { Act } from './act.ts';
import { wakeMakers } from './actions/made-by.ts';
import { releaseDependents } from './dependencies.ts';
import { changedFields, emit, eventOf, lastEventOf } from './events.ts';
import { historyRow } from './history.ts';
import { idsOf, type Judgement, type ListAct, runningIn } from './job-lists.ts';
import { deleteIfUnused } from './uploading.ts';

interface Deletion extends Judgement {
  readonly current: ReadonlyMap<string, readonly JobStepRow[]>;
}

export const deleteJobs: ListAct<Deletion> = {
  privilege: 'jobDelete',
  done: 'deleted',
  reach: 'related',

  async judge(reader, teamId, jobs) {
    const steps = await reader.jobs.currentSteps(teamId, idsOf(jobs));
    return { obstacles: runningIn(jobs, steps), current: Map.groupBy(steps, step => step.job_id) };
  },

  async write(tx, act, teamId, jobs, { current }) {
    const jobIds = idsOf(jobs);
    const bodies = await tx.attachments.bodiesOf(teamId, jobIds);
    await releaseDependents(tx, act, jobs, 'deleted');
    await tx.jobLists.deleteJobs(teamId, jobIds);
    await wakeMakers(tx, teamId, jobs, act.now);
    await deleteIfUnused(tx, teamId, ...bodies);
    await emit(
      tx,
      jobs.map(job => lastEventOf(act, job, NotificationType.JobDeleted, whose(job, current.get(job.job_id) ?? []))),
    );
    await childrenLoseParent(tx, act, teamId, jobIds);
  },
};

/** Who owns it, and to whom its current steps are assigned. */
const whose = (job: JobRow, current: readonly JobStepRow[]): string[] =>
  [job.owned_by, ...current.map(step => step.assigned_to)].filter(id => id !== null);

async function childrenLoseParent(tx: Transactor, act: Act, teamId: string, jobIds: readonly string[]): Promise<void> {
  const children = await tx.jobLists.orphan(teamId, jobIds);
  await tx.jobs.insertHistory(
    children.map(({ job_id, history_seq, parent_ref }) =>
      historyRow(act, { team_id: teamId, job_id, seq: history_seq }, JobHistoryAction.Updated, {
        result: `parentJob ${parent_ref} was deleted`,
      }),
    ),
  );
  const orphaned = changedFields({ parentJob: undefined });
  await emit(
    tx,
    children.map(job => eventOf(act, job, NotificationType.JobUpdated, { ...orphaned, closed: job.closed === 1 })),
  );
}
