/**
 * Working on the steps of a job: starting, finishing and stopping them, and setting one current. One call is one transaction; of the
 * steps asked for, those that can, do, and each gets its answer.
 */
import { JobActionStepStatus } from '#gen/jobs_types';
import { has, rightsIn } from '../domain/privileges.ts';
import { isUnderWay, refuseFinish, refuseStart, refuseStop, type Worker } from '../domain/work.ts';
import type { Transactor } from '../store/database.ts';
import type { JobRow, JobStepRow } from '../store/jobs.ts';
import type { Act } from './act.ts';
import { groundOf, write } from './ground.ts';
import { sheetValues } from './planned-sheets.ts';
import { Work } from './work.ts';

export interface StepAnswer {
  readonly stepId: string;
  readonly status: JobActionStepStatus;
}

/** What is done to one step. */
type Deed = (work: Work, step: JobStepRow, worker: Worker) => JobActionStepStatus;

/** Starting an unassigned step, or one of a group of the caller, takes it. A proceedNext step is finished as soon as its run is over. */
export const startSteps = (tx: Transactor, act: Act, job: JobRow, stepIds: readonly string[]): Promise<StepAnswer[]> =>
  workOnSteps(tx, act, job, stepIds, (work, step, worker) => {
    const status = refuseStart(work.seen(step), worker);
    return status === JobActionStepStatus.Success ? work.start(step) : status;
  });

export const finishSteps = (tx: Transactor, act: Act, job: JobRow, stepIds: readonly string[]): Promise<StepAnswer[]> =>
  workOnSteps(tx, act, job, stepIds, (work, step, worker) => {
    const status = refuseFinish(work.seen(step), worker);
    return status === JobActionStepStatus.Success ? work.finish(step) : status;
  });

export function stopSteps(tx: Transactor, act: Act, job: JobRow, stepIds: readonly string[]): Promise<StepAnswer[]> {
  const mayForce = has(act.caller, job.team_id, 'jobForceStop');
  return workOnSteps(tx, act, job, stepIds, (work, step, worker) => {
    const status = refuseStop(work.seen(step), worker, mayForce);
    if (status === JobActionStepStatus.Success) work.stop(step);
    return status;
  });
}

/** The step becomes the only current one, whatever was current before. */
export async function setCurrentStep(tx: Transactor, act: Act, job: JobRow, stepId: string): Promise<StepAnswer[]> {
  if (job.closed === 1) return [{ stepId, status: JobActionStepStatus.JobClosed }];
  const ground = await groundOf(tx, act, job);
  const leaf = ground.chart.leaf(stepId);
  if (!leaf) return [{ stepId, status: JobActionStepStatus.StepNotInDiagram }];
  if (ground.current.some(step => isUnderWay(step.state)))
    return [{ stepId, status: JobActionStepStatus.AlreadyExecuting }];
  const work = new Work(ground);
  work.setCurrent(leaf);
  await end(tx, work);
  return [{ stepId, status: JobActionStepStatus.Success }];
}

/** Does the deed to each of the steps; none named means all current ones. */
export async function workOnSteps(
  tx: Transactor,
  act: Act,
  job: JobRow,
  stepIds: readonly string[],
  deed: Deed,
): Promise<StepAnswer[]> {
  if (job.closed === 1)
    return (stepIds.length > 0 ? stepIds : ['']).map(stepId => ({ stepId, status: JobActionStepStatus.JobClosed }));
  const ground = await groundOf(tx, act, job);
  const asked = stepIds.length > 0 ? [...new Set(stepIds)] : ground.current.map(step => step.step_id);
  if (asked.length === 0) return [{ stepId: '', status: JobActionStepStatus.NoActiveStep }];
  const work = new Work(ground);
  const worker = { userId: act.caller.userId, groups: rightsIn(act.caller, job.team_id).groups };
  const isCurrent = new Set(ground.current.map(step => step.step_id));
  const answers = asked.map(stepId => {
    const step = isCurrent.has(stepId) ? work.step(stepId) : undefined;
    return { stepId, status: step ? deed(work, step, worker) : work.whyNotCurrent(stepId) };
  });
  await end(tx, work);
  return answers;
}

/** Starts what the server starts by itself, and writes everything. */
export async function end(tx: Transactor, work: Work): Promise<void> {
  const { job } = work;
  work.settle();
  if (work.begins && job.planned_sheets !== null) {
    const root = await tx.trees.tree(job.team_id, job.root_hash);
    work.keepSheetValues(await sheetValues(tx, job.team_id, root, JSON.parse(job.planned_sheets)));
  }
  await work.findOutRecipients(tx);
  const finished = work.needsFinished ? await tx.jobs.finishedSteps(job.team_id, job.job_id) : undefined;
  const changes = work.changes(finished);
  if (changes) await write(tx, job, changes);
}
