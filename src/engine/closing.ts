/** Closing jobs of a list, and what closing sets on a job whoever does it. */
import { JobHistoryAction } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import { FINAL_STATUS } from '../domain/jobs.ts';
import type { JobRow } from '../store/jobs.ts';
import type { Act } from './act.ts';
import { wakeMakers } from './actions/made-by.ts';
import { releaseDependents } from './dependencies.ts';
import { changedFields, emit, eventOf } from './events.ts';
import { historyRow } from './history.ts';
import { closedIn, idsOf, type ListAct, runningIn } from './job-lists.ts';

/** What closing sets on a job. */
export const closing = (act: Act, finalStatus: string | undefined) => ({
  closed: 1,
  closed_by: act.caller.userId || null,
  end_date: act.now,
  percent_complete: 100,
  status: finalStatus ?? FINAL_STATUS,
});

/** What JobUpdated says of a job that is closed; who closed it is left out where nobody did. */
export const toldOfClosing = ({ closed_by, end_date, percent_complete, status }: ReturnType<typeof closing>) => ({
  ...changedFields({
    jobStatus: { text: status },
    percentComplete: { number: percent_complete },
    endDate: { dateTime: end_date },
  }),
  closed: true,
  ...(closed_by !== null && { closedBy: closed_by }),
});

export const closeJobs: ListAct = {
  privilege: 'jobClose',
  done: 'closed',
  reach: 'waiting',

  async judge(reader, teamId, jobs) {
    const running = runningIn(jobs, await reader.jobs.currentSteps(teamId, idsOf(jobs)));
    return { obstacles: new Map([...running, ...closedIn(jobs, 'is closed already; leave it out of the list')]) };
  },

  async write(tx, act, teamId, jobs) {
    const finalStatus = (job: JobRow): string | undefined => JSON.parse(job.defaults).finalStatus;
    for (const [status, same] of Map.groupBy(jobs, finalStatus))
      await tx.jobs.changeLockedJobs(teamId, idsOf(same), closing(act, status));
    await tx.jobs.insertHistory(
      jobs.map(job =>
        historyRow(act, { team_id: teamId, job_id: job.job_id, seq: job.history_seq + 1 }, JobHistoryAction.Closed),
      ),
    );
    await emit(
      tx,
      jobs.map(job => eventOf(act, job, NotificationType.JobUpdated, toldOfClosing(closing(act, finalStatus(job))))),
    );
    await releaseDependents(tx, act, jobs, 'closed');
    await wakeMakers(tx, teamId, jobs, act.now);
  },
};
