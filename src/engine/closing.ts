/** Closing jobs: the list is checked whole, then done whole. */
import { JobHistoryAction, StepState } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import { WrongState } from '../base/errors.ts';
import { FINAL_STATUS } from '../domain/jobs.ts';
import type { Transactor } from '../store/database.ts';
import type { JobRow } from '../store/jobs.ts';
import type { Act } from './act.ts';
import { releaseDependents } from './dependencies.ts';
import { emit, eventOf } from './events.ts';
import { historyRow } from './history.ts';

/** What closing sets on a job. */
export const closing = (act: Act, finalStatus: string | undefined) => ({
  closed: 1,
  closed_by: act.caller.userId || null,
  end_date: act.now,
  percent_complete: 100,
  status: finalStatus ?? FINAL_STATUS,
});

/** @param jobs kept from other writers by `lockJobs`, all of one team. @throws WrongState (413) naming the first job that cannot */
export async function closeJobs(tx: Transactor, act: Act, teamId: string, jobs: readonly JobRow[]): Promise<void> {
  await refuseClosing(tx, teamId, jobs);
  for (const [finalStatus, same] of Map.groupBy(
    jobs,
    job => JSON.parse(job.defaults).finalStatus as string | undefined,
  )) {
    await tx.jobs.changeLockedJobs(
      teamId,
      same.map(job => job.job_id),
      closing(act, finalStatus),
    );
  }
  await tx.jobs.insertHistory(
    jobs.map(job =>
      historyRow(act, { team_id: teamId, job_id: job.job_id, seq: job.history_seq + 1 }, JobHistoryAction.Closed),
    ),
  );
  const closed = { closed: true, closedBy: act.caller.userId };
  await emit(
    tx,
    jobs.map(job => eventOf(act, job, NotificationType.JobUpdated, closed)),
  );
  await releaseDependents(tx, act, jobs, 'closed');
}

async function refuseClosing(tx: Transactor, teamId: string, jobs: readonly JobRow[]): Promise<void> {
  const closed = jobs.find(job => job.closed === 1);
  if (closed) throw refusal('job-closed', closed, 'is closed already; leave it out of the list');
  const steps = await tx.jobs.currentSteps(
    teamId,
    jobs.map(job => job.job_id),
  );
  const running = steps.find(step => step.state === StepState.RUNNING);
  const job = jobs.find(candidate => candidate.job_id === running?.job_id);
  if (running && job)
    throw refusal('job-running', job, `has a running step, "${running.step_name}"; finish or stop it first`);
}

const refusal = (slug: string, job: JobRow, what: string): WrongState =>
  new WrongState(slug, `job ${job.job_id} ("${job.job_name}") ${what}; no job was closed`, { jobId: job.job_id });
