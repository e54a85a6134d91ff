/**
 * Holds: what keeps a step of a job from being started and finished, until each is released, by somebody or by its time.
 *
 *   open -- releaseHolds, or its scheduledRelease --> released
 *
 * A step can be held before it is current. It cannot while it runs, nor can one of a closed job. A hold whose time has come blocks
 * no more, even before the server has released it.
 */
import { JobActionStepStatus, JobHistoryAction, MAX_OPEN_HOLDS } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import type { BaseStep } from '#gen/step_types';
import { BadRequest } from '../base/errors.ts';
import { FlowChart } from '../domain/flow.ts';
import { isUnderWay } from '../domain/work.ts';
import type { Reader, Transactor } from '../store/database.ts';
import type { HoldRow } from '../store/holds.ts';
import type { JobRow } from '../store/jobs.ts';
import type { Act } from './act.ts';
import { emit, eventOf } from './events.ts';
import { historyRow } from './history.ts';
import { type FreedStep, release, releaseOnSteps, type StepsReleased, stepsOf } from './releasing.ts';
import type { StepAnswer } from './running.ts';

/** @param scheduledRelease null for never. @throws BadRequest (400) when the job would have too many */
export async function addHolds(
  tx: Transactor,
  act: Act,
  job: JobRow,
  stepIds: readonly string[],
  scheduledRelease: number | null,
): Promise<StepAnswer[]> {
  const { answers, steps } = await holdable(tx, job, stepIds);
  if (steps.length === 0) return answers;
  refuseTooMany(job, steps.length);
  const holds = steps.map(step => newHold(act, job, step, { scheduled_release: scheduledRelease }));
  await tx.jobs.changeJob(job, {
    open_holds: job.open_holds + holds.length,
    history_seq: job.history_seq + holds.length,
  });
  await tx.holds.insert(holds);
  await tx.jobs.insertHistory(
    holds.map((hold, index) =>
      historyRow(act, nthKey(job, index), JobHistoryAction.Held, {
        step_id: hold.step_id,
        step_name: hold.step_name,
        result: scheduledRelease === null ? null : `until ${new Date(scheduledRelease).toISOString()}`,
      }),
    ),
  );
  const schedule = scheduledRelease === null ? {} : { scheduledRelease };
  const particulars = { stepIds: stepsOf(holds), manual: true, dependency: false, setBy: act.caller.userId };
  await emit(tx, [eventOf(act, job, NotificationType.StepHeld, { ...particulars, ...schedule })]);
  // It may be due before anybody looks again.
  if (scheduledRelease !== null) tx.wakeWorkers();
  return answers;
}

export function releaseHolds(
  tx: Transactor,
  act: Act,
  job: JobRow,
  stepIds: readonly string[],
): Promise<StepsReleased> {
  return releaseOnSteps(tx, act, job, stepIds, hold => hold.dependent_job_id === null);
}

/** Releases holds of any teams whose time has come. @returns how many were due, at most `limit`, and the steps that are free now */
export async function releaseDue(
  tx: Transactor,
  act: Act,
  limit: number,
): Promise<{ due: number; freed: readonly FreedStep[] }> {
  const due = await tx.holds.due(act.now, limit);
  const { freed } = await release(tx, act, due, null);
  return { due: due.length, freed };
}

/** Epoch milliseconds; undefined when no hold releases itself. */
export const nextRelease = (reader: Reader): Promise<number | undefined> => reader.holds.nextRelease();

/** Those that still block at this time. */
export const blocking = (open: readonly HoldRow[], now: number): HoldRow[] =>
  open.filter(hold => hold.scheduled_release === null || hold.scheduled_release > now);

/** The ids of the steps that can neither be started nor finished. @param holds those of one job that block */
export const blocked = (holds: readonly HoldRow[]): Set<string> => new Set(stepsOf(holds));

export interface Holdable {
  /** One per step asked for. */
  readonly answers: StepAnswer[];
  /** The steps that answer Success. */
  readonly steps: readonly BaseStep[];
}

/** Which of the steps can be held. @param stepIds empty for all current ones */
export async function holdable(tx: Transactor, job: JobRow, stepIds: readonly string[]): Promise<Holdable> {
  const refused = (status: JobActionStepStatus): Holdable => ({
    answers: (stepIds.length > 0 ? stepIds : ['']).map(stepId => ({ stepId, status })),
    steps: [],
  });
  if (job.closed === 1) return refused(JobActionStepStatus.JobClosed);
  const current = await tx.jobs.currentSteps(job.team_id, [job.job_id]);
  const asked = stepIds.length > 0 ? stepIds : current.map(step => step.step_id);
  if (asked.length === 0) return refused(JobActionStepStatus.NoActiveStep);
  const atWork = new Set(current.filter(step => isUnderWay(step.state)).map(step => step.step_id));
  const chart = FlowChart.of(await tx.trees.tree(job.team_id, job.root_hash));
  const statusOf = (stepId: string): JobActionStepStatus => {
    if (!chart.leaf(stepId)) return JobActionStepStatus.StepNotInDiagram;
    return atWork.has(stepId) ? JobActionStepStatus.AlreadyExecuting : JobActionStepStatus.Success;
  };
  const answers = asked.map(stepId => ({ stepId, status: statusOf(stepId) }));
  const steps = answers
    .filter(({ status }) => status === JobActionStepStatus.Success)
    .map(({ stepId }) => chart.leaf(stepId)!);
  return { answers, steps };
}

export const newHold = (act: Act, job: JobRow, step: BaseStep, more: Partial<HoldRow>): HoldRow => ({
  team_id: job.team_id,
  job_id: job.job_id,
  hold_id: act.ids.next(),
  step_id: step.id,
  step_name: step.title,
  set_by: act.caller.userId,
  set_date: act.now,
  scheduled_release: null,
  released_by: null,
  released_date: null,
  dependent_job_id: null,
  dependent_step_id: null,
  ...more,
});

/** Of the history rows that an act adds to a job, the key of the one at this index. */
export const nthKey = (job: JobRow, index: number) => ({
  team_id: job.team_id,
  job_id: job.job_id,
  seq: job.history_seq + 1 + index,
});

/** @throws BadRequest (400) */
export function refuseTooMany(job: JobRow, more: number): void {
  if (job.open_holds + more <= MAX_OPEN_HOLDS) return;
  throw new BadRequest(
    'limit-exceeded',
    `params.stepIds: job ${job.job_id} has ${job.open_holds} open holds and dependencies, and would have ${more} more; at most ${MAX_OPEN_HOLDS}`,
    { limit: String(MAX_OPEN_HOLDS), found: String(job.open_holds + more) },
  );
}
