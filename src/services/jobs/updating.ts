/** updateJob: who may change what. */
import type { UpdateJobOverrides } from '#gen/jobs_types';
import { checkUpdate, privilegesFor } from '../../domain/job-updates.ts';
import { requirePrivilege, rightsIn } from '../../domain/privileges.ts';
import { isAssignedTo } from '../../domain/work.ts';
import { applyUpdate, refuseUpdate } from '../../engine/updating.ts';
import type { Store } from '../../store/database.ts';
import type { JobRow, JobStepRow } from '../../store/jobs.ts';
import type { Call } from '../call.ts';
import { visible } from './access.ts';

export function updateJob(
  store: Store,
  call: Call,
  jobId: string,
  changes: UpdateJobOverrides,
  allowRunningStepId: string,
): Promise<boolean> {
  checkUpdate('jobUpdates', changes);
  return store.transact(async tx => {
    const job = await visible(tx, call, jobId);
    const steps = await tx.jobs.currentSteps(job.team_id, [jobId]);
    permit(call, job, steps, changes);
    await refuseUpdate(tx, job, steps, changes, allowRunningStepId);
    await applyUpdate(tx, call, job, changes);
    return true;
  });
}

/** Each field has its privilege; a job of others, to whom nothing of it is assigned, takes one more. @throws InsufficientPermissions (476) */
function permit({ caller }: Call, job: JobRow, steps: readonly JobStepRow[], changes: UpdateJobOverrides): void {
  const worker = { userId: caller.userId, groups: rightsIn(caller, job.team_id).groups };
  const isItsOwn =
    job.owned_by === caller.userId ||
    steps.some(step => isAssignedTo({ assignedType: step.assigned_type, assignedTo: step.assigned_to }, worker));
  if (!isItsOwn) requirePrivilege(caller, job.team_id, 'jobUpdateAny');
  for (const privilege of privilegesFor(changes)) requirePrivilege(caller, job.team_id, privilege);
}
