/**
 * Acts on lists of jobs: closing, reopening, deleting, upgrading. Each says what stands in the way at a job, and what is written of
 * the jobs at which nothing does; here stands how often that must be nothing.
 *
 * Done to all, one job that cannot keeps every job as it is; done to each, it is left out. Either way the list is judged whole before
 * anything is written, in one transaction, and the number of statements does not grow with it.
 */
import { StepState } from '#gen/jobs_types';
import { type Details, WrongState } from '../base/errors.ts';
import type { Privilege } from '../domain/privileges.ts';
import type { Reader, Transactor } from '../store/database.ts';
import type { Reach } from '../store/job-locks.ts';
import type { JobRow, JobStepRow } from '../store/jobs.ts';
import type { Act } from './act.ts';

/** What is known of a list of jobs before anything is written. */
export interface Judgement {
  /** Why the act cannot be done to a job, by job id. */
  readonly obstacles: ReadonlyMap<string, WrongState>;
}

export interface ListAct<J extends Judgement = Judgement> {
  readonly privilege: Privilege;
  /** `closed`: what no job was when one cannot be. */
  readonly done: string;
  readonly reach: Reach;
  judge(reader: Reader, teamId: string, jobs: readonly JobRow[]): Promise<J>;
  /** @param jobs those without an obstacle, at least one */
  write(tx: Transactor, act: Act, teamId: string, jobs: readonly JobRow[], judgement: J): Promise<void>;
}

/** @param jobs kept from other writers, with those within its reach. @throws WrongState (413) naming the first job that cannot, and why */
export async function doToAll<J extends Judgement>(
  tx: Transactor,
  act: Act,
  what: ListAct<J>,
  jobs: readonly JobRow[],
): Promise<void> {
  for (const [teamId, own] of Map.groupBy(jobs, job => job.team_id)) {
    const judgement = await what.judge(tx, teamId, own);
    const refused = own.find(job => judgement.obstacles.has(job.job_id));
    if (refused) {
      const { slug, message, details } = judgement.obstacles.get(refused.job_id)!;
      throw new WrongState(slug, `${message}; no job was ${what.done}`, details);
    }
    await what.write(tx, act, teamId, own, judgement);
  }
}

/** @param jobs kept from other writers, with those within its reach. @returns why the others were left as they are, by job id */
export async function doToEach<J extends Judgement>(
  tx: Transactor,
  act: Act,
  what: ListAct<J>,
  jobs: readonly JobRow[],
): Promise<Map<string, WrongState>> {
  const refusals = new Map<string, WrongState>();
  for (const [teamId, own] of Map.groupBy(jobs, job => job.team_id)) {
    const judgement = await what.judge(tx, teamId, own);
    const free: JobRow[] = [];
    for (const job of own) {
      const obstacle = judgement.obstacles.get(job.job_id);
      if (obstacle) refusals.set(job.job_id, obstacle);
      else free.push(job);
    }
    if (free.length > 0) await what.write(tx, act, teamId, free, judgement);
  }
  return refusals;
}

/** How messages call a job. */
export const called = ({ job_id, job_name }: JobRow): string => `job ${job_id} ("${job_name}")`;

/** A step that somebody, or the server, is at. */
export const isRunning = ({ state }: Pick<JobStepRow, 'state'>): boolean =>
  state === StepState.RUNNING || state === StepState.WAITING_FOR_INFO;

/** Of the jobs that are open and have a running step, by job id. @param steps current steps of any jobs */
export function runningIn(jobs: readonly JobRow[], steps: readonly JobStepRow[]): Map<string, WrongState> {
  const running = Map.groupBy(steps.filter(isRunning), step => step.job_id);
  return new Map(
    jobs.flatMap(job => {
      const found = job.closed === 1 ? undefined : running.get(job.job_id);
      return found ? [[job.job_id, runs(job, found)] as const] : [];
    }),
  );
}

const runs = (job: JobRow, steps: readonly JobStepRow[]): WrongState =>
  refusal('job-running', job, `has a running step, "${steps[0]!.step_name}"; finish or stop it first`, {
    stepIds: inRow(steps),
  });

/** Of the jobs that are closed. @param what `is closed; reopen it first` */
export const closedIn = (jobs: readonly JobRow[], what: string): [string, WrongState][] =>
  jobs.filter(job => job.closed === 1).map(job => [job.job_id, refusal('job-closed', job, what)]);

const refusal = (slug: string, job: JobRow, what: string, details: Details = {}): WrongState =>
  new WrongState(slug, `${called(job)} ${what}`, { jobId: job.job_id, ...details });

export const idsOf = (jobs: readonly Pick<JobRow, 'job_id'>[]): string[] => jobs.map(({ job_id }) => job_id);

/** The ids of steps as details carry them. */
export const inRow = (steps: readonly Pick<JobStepRow, 'step_id'>[]): string =>
  steps.map(({ step_id }) => step_id).join(' ');
