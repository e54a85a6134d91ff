/** Current steps: the row of a step that becomes current, and what is told of it. */
import { type CurrentStep, StepState } from '#gen/jobs_types';
import type { Assignment, FirstStep } from '../domain/jobs.ts';
import type { HoldRow } from '../store/holds.ts';
import type { JobStepRow } from '../store/jobs.ts';

/** A step that has just become current. */
export const readyStep = (step: FirstStep, assignment: Assignment): Omit<JobStepRow, 'team_id' | 'job_id'> => ({
  step_id: step.id,
  current: 1,
  step_name: step.title,
  ordinal: step.ordinal,
  state: StepState.READY,
  can_skip: step.canSkip ? 1 : 0,
  proceed_next: step.proceedNext ? 1 : 0,
  automatic: step.automatic ? 1 : 0,
  assigned_type: assignment.type,
  assigned_to: assignment.to,
  started_at: null,
  started_by: null,
  finished_at: null,
  finished_by: null,
  run: 0,
  response: null,
  result: null,
});

/** @param holds the open holds and dependencies of its job that block steps */
export const toCurrentStep = (step: JobStepRow, holds: readonly HoldRow[]): CurrentStep => ({
  stepId: step.step_id,
  assignedTo: step.assigned_to ?? undefined,
  assignedType: step.assigned_type,
  stepName: step.step_name,
  canSkip: step.can_skip === 1,
  ...heldness(holds.filter(hold => hold.step_id === step.step_id)),
  state: step.state,
  startedAt: step.started_at ?? undefined,
  startedBy: step.started_by ?? undefined,
});

/** @param own those of the step */
function heldness(own: readonly HoldRow[]): Pick<CurrentStep, 'manualHold' | 'dependencies' | 'holdScheduledRelease'> {
  const holds = own.filter(hold => hold.dependent_job_id === null);
  const latest = Math.max(...holds.map(hold => hold.scheduled_release ?? Number.POSITIVE_INFINITY));
  return {
    manualHold: holds.length > 0,
    dependencies: holds.length < own.length,
    holdScheduledRelease: Number.isFinite(latest) ? latest : undefined,
  };
}
