/**
 * Deleting jobs of a list, open or closed, with all that belongs to them; for good. What is left of them is their events, and the
 * `parentJobRefId` of jobs that were part of them.
 */
import { JobHistoryAction } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import type { Transactor } from '../store/database.ts';
import type { JobRow } from '../store/jobs.ts';
import type { Act } from './act.ts';
import { emit, eventOf } from './events.ts';
import { historyRow } from './history.ts';
import { idsOf, type ListAct, runningIn } from './job-lists.ts';
import { deleteIfUnused } from './uploading.ts';

/** What becomes of others that had to do with jobs of one team that are deleted. */
type Farewell = (tx: Transactor, act: Act, teamId: string, jobs: readonly JobRow[]) => Promise<void>;

export const deleteJobs: ListAct = {
  privilege: 'jobDelete',
  done: 'deleted',

  async judge(reader, teamId, jobs) {
    return { obstacles: runningIn(jobs, await reader.jobs.currentSteps(teamId, idsOf(jobs))) };
  },

  async write(tx, act, teamId, jobs) {
    const jobIds = idsOf(jobs);
    const bodies = await tx.attachments.bodiesOf(teamId, jobIds);
    await tx.jobLists.deleteJobs(teamId, jobIds);
    await deleteIfUnused(tx, teamId, ...bodies);
    await emit(
      tx,
      jobs.map(job => eventOf(act, job, NotificationType.JobDeleted)),
    );
    for (const farewell of farewells) await farewell(tx, act, teamId, jobs);
  },
};

const childrenLoseParent: Farewell = async (tx, act, teamId, jobs) => {
  const children = await tx.jobLists.orphan(teamId, idsOf(jobs));
  await tx.jobs.insertHistory(
    children.map(({ job_id, history_seq, parent_ref }) =>
      historyRow(act, { team_id: teamId, job_id, seq: history_seq }, JobHistoryAction.Updated, {
        result: `parentJob ${parent_ref} was deleted`,
      }),
    ),
  );
  const jobProperties = [{ propertyName: 'parentJob' }];
  const properties = { jobProperties, extendedProperties: [], relatedProperties: [] };
  await emit(
    tx,
    children.map(job => eventOf(act, job, NotificationType.JobUpdated, { properties, closed: job.closed === 1 })),
  );
};

const farewells: readonly Farewell[] = [childrenLoseParent];
