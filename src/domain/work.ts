/**
 * What a person may do to a step of a job, as pure rules: each either lets the act pass or names the refusal.
 *
 * States of a current manual step:
 *
 *   READY -- start --> RUNNING -- finish --> (the job moves on)
 *   PAUSED -- start --> RUNNING;  PAUSED -- finish --> (the job moves on: it was started once)
 *   CANCELLED and ERROR -- start --> RUNNING
 *   READY, CANCELLED and ERROR -- finish --> (the job moves on), when the step may be skipped
 */
import { AssignedType } from '#gen/flow_types';
import { JobActionStepStatus, StepState } from '#gen/jobs_types';

/** What the rules look at of a current step. */
export interface WorkStep {
  readonly state: StepState;
  readonly canSkip: boolean;
  readonly assignedType: AssignedType;
  /** A user's id or a group's; null when unassigned. */
  readonly assignedTo: string | null;
}

/** Who acts: a user, and the groups it is in; roles are groups. */
export interface Worker {
  readonly userId: string;
  readonly groups: readonly string[];
}

export function refuseStart(step: WorkStep, worker: Worker): JobActionStepStatus {
  if (step.state === StepState.RUNNING) return JobActionStepStatus.AlreadyExecuting;
  return mayWorkOn(step, worker) ? JobActionStepStatus.Success : JobActionStepStatus.AssignedToDifferentUser;
}

export function refuseFinish(step: WorkStep, worker: Worker): JobActionStepStatus {
  if (!mayWorkOn(step, worker)) return JobActionStepStatus.AssignedToDifferentUser;
  return wasStarted(step.state) || step.canSkip ? JobActionStepStatus.Success : JobActionStepStatus.NoStartedStep;
}

const wasStarted = (state: StepState): boolean => state === StepState.RUNNING || state === StepState.PAUSED;

function mayWorkOn(step: WorkStep, worker: Worker): boolean {
  switch (step.assignedType) {
    case AssignedType.User:
      return step.assignedTo === worker.userId;
    case AssignedType.Group:
      return step.assignedTo !== null && worker.groups.includes(step.assignedTo);
    default:
      return true;
  }
}

/** percentComplete of a job: whole percents, 100 only when every leaf is finished. */
export const percentComplete = (finishedLeaves: number, leaves: number): number =>
  leaves === 0 ? 100 : Math.floor((100 * finishedLeaves) / leaves);
