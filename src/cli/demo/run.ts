/** Two people run a job to its end: each step by whom it is assigned to, and by turns where it is a group's or nobody's. */
import { AssignedType } from '#gen/flow_types';
import { type CurrentStep, type Job, type JobHistory, JobHistoryAction, StepState } from '#gen/jobs_types';
import type { Account } from './account.ts';
import type { Cast, Player } from './cast.ts';

/** @returns the job as it is when no step is current any more */
export async function runJob({ ana, ben }: Cast, account: Account, jobId: string): Promise<Job> {
  const workers = [ana, ben];
  let turn = 0;
  let job = await ana.jobs.getJob(jobId, {});
  while (job.currentSteps.length > 0) {
    for (const step of job.currentSteps) {
      const worker = assignee(step, workers) ?? workers[turn++ % workers.length]!;
      await runStep(account, worker, jobId, step);
    }
    job = await ana.jobs.getJob(jobId, {});
  }
  return job;
}

const assignee = (step: CurrentStep, workers: readonly Player[]): Player | undefined =>
  step.assignedType === AssignedType.User ? workers.find(worker => worker.id === step.assignedTo) : undefined;

async function runStep(account: Account, worker: Player, jobId: string, step: CurrentStep): Promise<void> {
  const stepId = step.stepId!;
  if (step.state !== StepState.RUNNING) {
    const started = await worker.jobs.startSteps(jobId, [stepId]);
    account.must(`${worker.name} starts "${step.stepName}"`, started.success);
  }
  // A step with proceedNext is finished by starting it.
  const { currentSteps } = await worker.jobs.getJob(jobId, {});
  if (!currentSteps.some(current => current.stepId === stepId)) return;
  const finished = await worker.jobs.finishSteps(jobId, [stepId]);
  account.must(`${worker.name} finishes "${step.stepName}"`, finished.success);
}

/** The finished steps, as the job's history has them: where, who, when, what. */
export function finishedSteps(history: readonly JobHistory[], positions: ReadonlyMap<string, string>): FinishedStep[] {
  return history
    .filter(row => row.action === JobHistoryAction.Finished)
    .map(row => ({
      stepId: row.stepId!,
      position: positions.get(row.stepId!) ?? '?',
      who: row.username.split('@')[0]!,
      when: row.date!,
      title: row.stepName!,
    }));
}

export interface FinishedStep {
  readonly stepId: string;
  /** "2.1.3" */
  readonly position: string;
  readonly who: string;
  /** Epoch milliseconds. */
  readonly when: number;
  readonly title: string;
}
