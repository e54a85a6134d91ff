/** Holding steps of jobs as tests do it: steps by their titles, answers by their names; and what the rows say of holds. */
import { setTimeout as pause } from 'node:timers/promises';
import type { JobHold } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import type { Row } from '../../../src/store/schema.ts';
import { type StatusName, statusNames, type TestJob } from '../../support/jobs.ts';
import { rowsOf } from '../../support/rows.ts';
import type { TestUser } from '../../support/seed.ts';
import type { TestServer } from '../../support/server.ts';

/** No titles: all current steps. */
export const hold = async (user: TestUser, job: TestJob, ...titles: string[]): Promise<StatusName[]> =>
  statusNames(await user.jobs.addHolds({ jobId: job.id, stepIds: job.steps(...titles) }));

export const holdUntil = async (
  user: TestUser,
  job: TestJob,
  scheduledRelease: number,
  ...titles: string[]
): Promise<StatusName[]> =>
  statusNames(await user.jobs.addHolds({ jobId: job.id, stepIds: job.steps(...titles), scheduledRelease }));

/** No titles: all held steps. */
export const unhold = async (user: TestUser, job: TestJob, ...titles: string[]): Promise<StatusName[]> =>
  statusNames(await user.jobs.releaseHolds({ jobId: job.id, stepIds: job.steps(...titles) }));

/** Lets steps of a job wait for another job, or for a step of it. */
export const waitFor = async (
  user: TestUser,
  job: TestJob,
  titles: string[],
  other: TestJob,
  otherTitle?: string,
): Promise<StatusName[]> => statusNames(await user.jobs.addDependency(dependency(job, titles, other, otherTitle)));

export const waitNoMore = async (
  user: TestUser,
  job: TestJob,
  titles: string[],
  other: TestJob,
  otherTitle?: string,
): Promise<StatusName[]> => statusNames(await user.jobs.releaseDependency(dependency(job, titles, other, otherTitle)));

const dependency = (job: TestJob, titles: string[], other: TestJob, otherTitle?: string) => ({
  jobId: job.id,
  stepIds: job.steps(...titles),
  dependentJobId: other.id,
  ...(otherTitle === undefined ? {} : { dependentStepId: other.step(otherTitle) }),
});

/** Open and past, oldest first. */
export const holdsOf = async (user: TestUser, job: TestJob): Promise<JobHold[]> =>
  (await user.jobs.getJob(job.id, { holds: true })).holds!;

export async function headOf(server: TestServer, job: TestJob): Promise<Row<'jobs'>> {
  return (await rowsOf(server, 'jobs')).find(row => row.job_id === job.id)!;
}

/** The events of a job about holds, oldest first, as name and body. */
export async function holdEvents(server: TestServer, job: TestJob): Promise<[string, unknown, string | null][]> {
  const rows = (await rowsOf(server, 'events')).filter(
    ({ job_id, type }) =>
      job_id === job.id && (type === NotificationType.StepHeld || type === NotificationType.StepHoldReleased),
  );
  return rows
    .sort((a, b) => a.event_id - b.event_id)
    .map(row => [NotificationType[row.type]!, JSON.parse(row.body), row.user_id]);
}

/** Passes when every head row counts exactly the open holds and dependencies that there are. */
export async function miscounted(server: TestServer): Promise<string[]> {
  const open = (await rowsOf(server, 'job_holds')).filter(row => row.released_date === null);
  return (await rowsOf(server, 'jobs')).flatMap(job => {
    const holds = open.filter(row => row.job_id === job.job_id).length;
    const waiting = open.filter(row => row.dependent_job_id === job.job_id).length;
    if (job.open_holds === holds && job.waited_for === waiting) return [];
    return [`${job.job_id}: open_holds ${job.open_holds} of ${holds}, waited_for ${job.waited_for} of ${waiting}`];
  });
}

/** @throws Error when it does not come true in some seconds */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (await holds()) return;
    await pause(25);
  }
  throw new Error('it did not come true in 10 seconds');
}
