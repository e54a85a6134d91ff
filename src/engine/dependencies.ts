/**
 * Dependencies: a step of a job waits for a step of another job of its team, or for that job's closing.
 *
 *   open -- the step is finished, the job closed or deleted, releaseDependency --> released
 *
 * What is done already when the dependency is added releases it at once. On a step that was passed by setCurrentStep it stays, until
 * the job closes: a closed job works on none of its steps any more.
 *
 * No job may wait for itself, however many lie between; so of those who add dependencies in a team, one is at it at a time. Adding one
 * changes the heads of both jobs, which it has locked: it cannot miss that the job waited for finishes, closes or is deleted meanwhile.
 */
import { JobHistoryAction, MAX_OPEN_HOLDS } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import { BadRequest, NotFound } from '../base/errors.ts';
import { FlowChart } from '../domain/flow.ts';
import { shortestWay } from '../domain/shortest-way.ts';
import type { Transactor } from '../store/database.ts';
import type { HoldRow } from '../store/holds.ts';
import type { JobRow } from '../store/jobs.ts';
import type { Row } from '../store/schema.ts';
import { type Act, systemAct } from './act.ts';
import { emit, eventOf } from './events.ts';
import { historyRow } from './history.ts';
import { holdable, newHold, nthKey, refuseTooMany } from './holds.ts';
import { type FreedStep, release, releaseOnSteps, type StepsReleased, stepsOf, waitedFor } from './releasing.ts';
import type { StepAnswer } from './running.ts';

/** What is waited for: a job of the same team, and a step of it or, with null, its closing. */
export interface WaitedFor {
  readonly job: JobRow;
  readonly stepId: string | null;
}

/**
 * @param job it and the job waited for were read behind `lockDependencies`
 * @throws NotFound (404) when the other job's diagram has no such step
 * @throws BadRequest (400) when the jobs would wait for each other, or too many for one
 */
export async function addDependency(
  tx: Transactor,
  act: Act,
  job: JobRow,
  stepIds: readonly string[],
  other: WaitedFor,
): Promise<StepAnswer[]> {
  await refuseUnknownStep(tx, other);
  if (job.job_id === other.job.job_id) throw cycle([job.job_id, job.job_id]);
  const { answers, steps } = await holdable(tx, job, stepIds);
  if (steps.length === 0) return answers;
  const done = await isDone(tx, other);
  if (!done) await refuseOpen(tx, job, other.job, steps.length);
  const dependencies = steps.map(step =>
    newHold(act, job, step, {
      released_date: done ? act.now : null,
      dependent_job_id: other.job.job_id,
      dependent_step_id: other.stepId,
    }),
  );
  await write(tx, act, job, other.job, dependencies, done);
  return answers;
}

async function refuseUnknownStep(tx: Transactor, { job, stepId }: WaitedFor): Promise<void> {
  if (stepId === null) return;
  if (FlowChart.of(await tx.trees.tree(job.team_id, job.root_hash)).leaf(stepId)) return;
  throw new NotFound(
    'step-not-found',
    `params.dependentStepId: the procedure of job ${job.job_id} has no step ${stepId}; take the id of a step from its diagram`,
    { stepId },
  );
}

async function isDone(tx: Transactor, { job, stepId }: WaitedFor): Promise<boolean> {
  if (job.closed === 1) return true;
  if (stepId === null) return false;
  const step = await tx.jobs.step(job.team_id, job.job_id, stepId);
  return step !== undefined && step.finished_at !== null && step.current === 0;
}

async function refuseOpen(tx: Transactor, job: JobRow, other: JobRow, more: number): Promise<void> {
  refuseTooMany(job, more);
  if (other.waited_for + more > MAX_OPEN_HOLDS) {
    throw new BadRequest(
      'limit-exceeded',
      `params.dependentJobId: ${other.waited_for} dependencies on job ${other.job_id} are open, and ${more} more would be; at most ${MAX_OPEN_HOLDS}`,
      { limit: String(MAX_OPEN_HOLDS), found: String(other.waited_for + more) },
    );
  }
  await refuseCycle(tx, job, other);
}

/** Whether the other job waits for this one, is asked only when somebody waits for this one, and the other one for somebody. */
async function refuseCycle(tx: Transactor, job: JobRow, other: JobRow): Promise<void> {
  if (job.waited_for === 0 || other.open_holds === 0) return;
  const waiting = await tx.holds.waitingFor(job.team_id, job.job_id, MAX_OPEN_HOLDS + 1);
  if (waiting.includes(other.job_id)) {
    const ways = Map.groupBy(await tx.holds.among(job.team_id, waiting), way => way.job_id);
    const next = (jobId: string) => (ways.get(jobId) ?? []).map(way => way.dependent_job_id);
    throw cycle([job.job_id, ...shortestWay(other.job_id, job.job_id, next)]);
  }
  if (waiting.length <= MAX_OPEN_HOLDS) return;
  throw new BadRequest(
    'limit-exceeded',
    `params.jobId: more than ${MAX_OPEN_HOLDS} jobs wait for job ${job.job_id}, directly or through others; release some of their dependencies first`,
    { limit: String(MAX_OPEN_HOLDS) },
  );
}

/** @param jobIds from the job that would wait on to itself */
const cycle = (jobIds: readonly string[]): BadRequest =>
  new BadRequest(
    'dependency-cycle',
    `params.dependentJobId: the jobs would wait for each other for ever: ${jobIds
      .slice(1)
      .map((jobId, index) => `${jobIds[index]} for ${jobId}`)
      .join(', ')}; choose another job, or release one of these dependencies first`,
    { cycle: jobIds.join(' ') },
  );

async function write(
  tx: Transactor,
  act: Act,
  job: JobRow,
  other: JobRow,
  dependencies: readonly HoldRow[],
  done: boolean,
): Promise<void> {
  const open = done ? 0 : dependencies.length;
  const server = systemAct(act.now, act.ids);
  const deeds = [
    { by: act, action: JobHistoryAction.DependencyAdded },
    ...(done ? [{ by: server, action: JobHistoryAction.HoldReleased }] : []),
  ];
  const told = deeds.flatMap(deed => dependencies.map(hold => ({ ...deed, hold })));
  if (!done) await countWaiting(tx, other, open);
  await tx.jobs.changeJob(job, { open_holds: job.open_holds + open, history_seq: job.history_seq + told.length });
  await tx.holds.insert(dependencies);
  await tx.jobs.insertHistory(
    told.map(({ by, action, hold }, index) =>
      historyRow(by, nthKey(job, index), action, {
        step_id: hold.step_id,
        step_name: hold.step_name,
        result: waitedFor(hold),
      }),
    ),
  );
  const stepIds = stepsOf(dependencies);
  const particulars = { stepIds, manual: false, dependency: true, setBy: act.caller.userId };
  await emit(tx, [
    eventOf(act, job, NotificationType.StepHeld, particulars),
    ...(done ? [eventOf(server, job, NotificationType.StepHoldReleased, { stepIds })] : []),
  ]);
}

/** Added to what is counted by now, since that falls without a new revision. @throws OvertakenByWriter when the job has moved on */
async function countWaiting(tx: Transactor, job: JobRow, waited_for: number): Promise<void> {
  await tx.jobs.changeJob(job, {});
  const { team_id, job_id } = job;
  await tx.jobs.addToHeads([{ team_id, job_id, waited_for, open_holds: 0, history_seq: 0, revision: 0 }]);
}

/** @param stepId of the job waited for; null for every dependency on that job */
export function releaseDependency(
  tx: Transactor,
  act: Act,
  job: JobRow,
  stepIds: readonly string[],
  { job: other, stepId }: WaitedFor,
): Promise<StepsReleased> {
  return releaseOnSteps(
    tx,
    act,
    job,
    stepIds,
    hold => hold.dependent_job_id === other.job_id && (stepId === null || hold.dependent_step_id === stepId),
  );
}

/** Before anything of a job is changed that then may move on: the job is kept from others, with what waits for it. No statement when nothing does. */
export async function lockForWork(
  tx: Transactor,
  job: Pick<Row<'jobs'>, 'team_id' | 'job_id' | 'waited_for'>,
): Promise<void> {
  if (job.waited_for > 0) await tx.jobLocks.lock([job.team_id], [job.job_id], 'waiting');
}

/** What became of jobs that others wait for: the flow left some of their steps, or they are closed, or deleted. */
export type Ended = { readonly finishedStepIds: readonly string[] } | 'closed' | 'deleted';

/**
 * Releases what waits for jobs of one team which this transaction has locked, with those within reach, in a bounded number of statements;
 * none when nobody waits. With 'deleted' the jobs' own holds and dependencies go, too: call it before their head rows go.
 * @returns the steps of other jobs that nothing holds any more
 */
export async function releaseDependents(
  tx: Transactor,
  act: Act,
  jobs: readonly Pick<Row<'jobs'>, 'team_id' | 'job_id' | 'waited_for' | 'open_holds'>[],
  ended: Ended,
): Promise<readonly FreedStep[]> {
  if (ended === 'deleted') await dropHolds(tx, jobs);
  const waited = jobs.filter(job => job.waited_for > 0);
  if (waited.length === 0) return [];
  const waiting = await tx.holds.openOn(
    waited[0]!.team_id,
    waited.map(job => job.job_id),
  );
  const { freed } = await release(tx, systemAct(act.now, act.ids), waiting.filter(isOver(ended)), null);
  return freed;
}

const isOver =
  (ended: Ended) =>
  ({ dependent_step_id }: HoldRow): boolean =>
    typeof ended === 'string' || (dependent_step_id !== null && ended.finishedStepIds.includes(dependent_step_id));

/** What deleted jobs waited for is not waited for any more. */
async function dropHolds(
  tx: Transactor,
  jobs: readonly Pick<Row<'jobs'>, 'team_id' | 'job_id' | 'open_holds'>[],
): Promise<void> {
  const teamId = jobs[0]?.team_id;
  if (teamId === undefined) return;
  const jobIds = jobs.map(job => job.job_id);
  const held = jobs.filter(job => job.open_holds > 0).map(job => job.job_id);
  const open = held.length === 0 ? [] : await tx.holds.open(teamId, held);
  const waitedFor = Map.groupBy(
    open.filter(hold => hold.dependent_job_id !== null),
    hold => hold.dependent_job_id!,
  );
  await tx.jobs.addToHeads(
    [...waitedFor].map(([job_id, holds]) => ({
      team_id: teamId,
      job_id,
      open_holds: 0,
      waited_for: -holds.length,
      history_seq: 0,
      revision: 0,
    })),
  );
  await tx.holds.drop(teamId, jobIds);
}
