/**
 * What a person may do to a step of a job, as pure rules: each either lets the act pass or names the refusal.
 *
 * States of a current step, by what it does:
 *
 *   manual                   READY -- start --> RUNNING -- finish --> (the job moves on)
 *                            RUNNING -- stop --> PAUSED -- start --> RUNNING;  PAUSED -- finish --> (the job moves on)
 *   question                 READY -- start --> WAITING_FOR_INFO -- answer --> COMPLETED -- finish --> (the job moves on)
 *                            WAITING_FOR_INFO -- stop --> CANCELLED
 *   defineLocation           READY -- start --> WAITING_FOR_INFO -- the location is set --> COMPLETED; -- stop --> PAUSED
 *                            WAITING_FOR_INFO -- finish, where the job has a location or needs none --> (the job moves on)
 *   openUrl, notify          READY -- start --> COMPLETED
 *   what the server does     READY -- start --> RUNNING -- its outcome --> COMPLETED or ERROR; -- stop --> CANCELLED or PAUSED
 *
 * From PAUSED, CANCELLED, ERROR and COMPLETED a step can be started anew. A step that may be skipped is finished from any state.
 */
import { AssignedType, type StepAction } from '#gen/flow_types';
import { JobActionStepStatus, StepState } from '#gen/jobs_types';
import type { BaseStep } from '#gen/step_types';

export type ActionKind = keyof { [K in keyof StepAction as string extends K ? never : K]: true };

/** What a leaf does; manual when it does not say. */
export function actionOf(leaf: Pick<BaseStep, 'flow'>): { kind: ActionKind; settings: StepAction } {
  const settings = leaf.flow?.action ?? {};
  const [kind] = Object.entries(settings).find(([, action]) => action != null) ?? ['manual'];
  return { kind: kind as ActionKind, settings };
}

/** What each kind of action does when it is started, and when it is stopped. */
interface Behaviour {
  readonly started: StepState;
  readonly stopped: StepState;
  /** The server works on it after the commit. */
  readonly byServer?: true;
}

export const behaviours: Readonly<Record<ActionKind, Behaviour>> = {
  manual: { started: StepState.RUNNING, stopped: StepState.PAUSED },
  question: { started: StepState.WAITING_FOR_INFO, stopped: StepState.CANCELLED },
  openUrl: { started: StepState.COMPLETED, stopped: StepState.PAUSED },
  webRequest: { started: StepState.RUNNING, stopped: StepState.CANCELLED, byServer: true },
  externalService: { started: StepState.RUNNING, stopped: StepState.CANCELLED, byServer: true },
  updateJob: { started: StepState.RUNNING, stopped: StepState.PAUSED, byServer: true },
  createJobs: { started: StepState.RUNNING, stopped: StepState.PAUSED, byServer: true },
  defineLocation: { started: StepState.WAITING_FOR_INFO, stopped: StepState.PAUSED },
  notify: { started: StepState.COMPLETED, stopped: StepState.PAUSED },
};

/** What the rules look at of a current step. */
export interface WorkStep {
  readonly state: StepState;
  readonly kind: ActionKind;
  readonly canSkip: boolean;
  /** What it waits for must come before it is finished. */
  readonly needsInfo: boolean;
  /** An open hold or dependency blocks it. */
  readonly isHeld: boolean;
  readonly assignedType: AssignedType;
  /** A user's id or a group's; null when unassigned. */
  readonly assignedTo: string | null;
}

/** Who acts: a user, and the groups it is in; roles are groups. */
export interface Worker {
  readonly userId: string;
  readonly groups: readonly string[];
}

export const isUnderWay = (state: StepState): boolean =>
  state === StepState.RUNNING || state === StepState.WAITING_FOR_INFO;

export function refuseStart(step: WorkStep, worker: Worker): JobActionStepStatus {
  if (isUnderWay(step.state)) return JobActionStepStatus.AlreadyExecuting;
  if (!mayWorkOn(step, worker)) return JobActionStepStatus.AssignedToDifferentUser;
  return step.isHeld ? JobActionStepStatus.Held : JobActionStepStatus.Success;
}

export function refuseFinish(step: WorkStep, worker: Worker): JobActionStepStatus {
  if (!mayWorkOn(step, worker)) return JobActionStepStatus.AssignedToDifferentUser;
  if (step.isHeld) return JobActionStepStatus.Held;
  return step.canSkip ? JobActionStepStatus.Success : unfinished(step);
}

/** Why the run of a step does not let it be finished. */
function unfinished({ state, kind, needsInfo }: WorkStep): JobActionStepStatus {
  switch (state) {
    case StepState.COMPLETED:
      return JobActionStepStatus.Success;
    case StepState.RUNNING:
      return kind === 'manual' ? JobActionStepStatus.Success : JobActionStepStatus.AlreadyExecuting;
    case StepState.PAUSED:
      return kind === 'manual' ? JobActionStepStatus.Success : JobActionStepStatus.NoStartedStep;
    case StepState.WAITING_FOR_INFO:
      return needsInfo ? JobActionStepStatus.WaitingForInfo : JobActionStepStatus.Success;
    default:
      return JobActionStepStatus.NoStartedStep;
  }
}

/** @param mayForce the worker may stop what is somebody else's */
export function refuseStop(step: WorkStep, worker: Worker, mayForce: boolean): JobActionStepStatus {
  if (!isUnderWay(step.state)) return JobActionStepStatus.NotRunning;
  return mayForce || mayWorkOn(step, worker)
    ? JobActionStepStatus.Success
    : JobActionStepStatus.AssignedToDifferentUser;
}

export function refuseAnswer(step: WorkStep, worker: Worker): JobActionStepStatus {
  if (step.state !== StepState.WAITING_FOR_INFO) return JobActionStepStatus.NotRunning;
  return mayWorkOn(step, worker) ? JobActionStepStatus.Success : JobActionStepStatus.AssignedToDifferentUser;
}

/** @param isAdmin the worker may refresh what is somebody else's */
export function refuseRefresh(step: WorkStep, worker: Worker, isAdmin: boolean): JobActionStepStatus {
  if (!behaviours[step.kind].byServer) return JobActionStepStatus.StepNotAuto;
  if (step.state !== StepState.RUNNING) return JobActionStepStatus.NotRunning;
  return isAdmin || mayWorkOn(step, worker) ? JobActionStepStatus.Success : JobActionStepStatus.AssignedToDifferentUser;
}

/** Whether what a waiting step waits for must come before it is finished. @param settings of its action */
export const needsInfo = ({ defineLocation }: StepAction, hasLocation: boolean): boolean =>
  !defineLocation || (defineLocation.isRequired !== false && !hasLocation);

export const mayWorkOn = (step: Pick<WorkStep, 'assignedType' | 'assignedTo'>, worker: Worker): boolean =>
  step.assignedType === AssignedType.Unassigned || isAssignedTo(step, worker);

/** To the user itself or to one of its groups; what is unassigned is assigned to nobody. */
export function isAssignedTo(
  { assignedType, assignedTo }: Pick<WorkStep, 'assignedType' | 'assignedTo'>,
  { userId, groups }: Worker,
): boolean {
  if (assignedType === AssignedType.User) return assignedTo === userId;
  return assignedType === AssignedType.Group && assignedTo !== null && groups.includes(assignedTo);
}

/** percentComplete of a job: whole percents, 100 only when every leaf is done. */
export const percentComplete = (doneLeaves: number, leaves: number): number =>
  leaves === 0 ? 100 : Math.floor((100 * doneLeaves) / leaves);
