/** Working on a job's steps, and closing jobs. */
import { MAX_JOBS_PER_CALL } from '#gen/common_types';
import type { JobActionResponse } from '#gen/jobs_types';
import { BadRequest } from '../../base/errors.ts';
import { teamsOf } from '../../domain/privileges.ts';
import type { Act } from '../../engine/act.ts';
import * as closing from '../../engine/closing.ts';
import { type StepAnswer, setCurrentStep } from '../../engine/running.ts';
import type { Store, Transactor } from '../../store/database.ts';
import type { JobRow } from '../../store/jobs.ts';
import type { Call } from '../call.ts';
import { idList } from '../checks.ts';
import { permit, visible, visibleAll } from './access.ts';
import { toActionResponse } from './wire.ts';

type StepAct = (tx: Transactor, act: Act, job: JobRow, stepIds: readonly string[]) => Promise<StepAnswer[]>;

/** An act of the engine on some steps of a job; none named means all current ones. */
export function actOnSteps(
  store: Store,
  call: Call,
  act: StepAct,
  jobId: string,
  stepIds: string[],
): Promise<JobActionResponse> {
  const ids = idList('stepIds', stepIds);
  return store.transact(async tx => toActionResponse(await act(tx, call, await visible(tx, call, jobId), ids)));
}

export function setCurrent(store: Store, call: Call, jobId: string, stepId: string): Promise<JobActionResponse> {
  return store.transact(async tx => {
    const job = await visible(tx, call, jobId);
    permit(call, [job], 'workflowSetStepCurrent');
    return toActionResponse(await setCurrentStep(tx, call, job, stepId));
  });
}

export function closeJobs(store: Store, call: Call, jobIds: string[]): Promise<boolean> {
  const ids = idList('jobIds', jobIds, MAX_JOBS_PER_CALL);
  if (ids.length === 0) throw new BadRequest('invalid-argument', 'jobIds: empty; name at least one job to close');
  return store.transact(async tx => {
    await tx.jobs.lockJobs(teamsOf(call.caller), ids);
    const jobs = await visibleAll(tx, call, ids);
    permit(call, jobs, 'jobClose');
    for (const [teamId, own] of Map.groupBy(jobs, job => job.team_id)) await closing.closeJobs(tx, call, teamId, own);
    return true;
  });
}
