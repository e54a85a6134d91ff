/** Holds on steps of jobs, and dependencies of steps on other jobs. */
import type { JobActionResponse, JobDependencyDetails, JobHoldDetails } from '#gen/jobs_types';
import { BadRequest } from '../../base/errors.ts';
import { LAST_DATE } from '../../domain/jobs.ts';
import { teamsOf } from '../../domain/privileges.ts';
import * as dependencies from '../../engine/dependencies.ts';
import * as holds from '../../engine/holds.ts';
import type { Store, Transactor } from '../../store/database.ts';
import type { JobRow } from '../../store/jobs.ts';
import type { Call } from '../call.ts';
import { idList } from '../checks.ts';
import { jobNotFound, permit, visible } from './access.ts';
import { toActionResponse } from './wire.ts';

export function addHolds(store: Store, call: Call, params: JobHoldDetails): Promise<JobActionResponse> {
  const stepIds = idList('params.stepIds', params.stepIds);
  const release = scheduledRelease(call, params);
  return store.transact(async tx => {
    const job = await holdableJob(tx, call, params.jobId);
    return toActionResponse(await holds.addHolds(tx, call, job, stepIds, release));
  });
}

export function releaseHolds(store: Store, call: Call, params: JobHoldDetails): Promise<JobActionResponse> {
  const stepIds = idList('params.stepIds', params.stepIds);
  return store.transact(async tx => {
    const job = await holdableJob(tx, call, params.jobId);
    return toActionResponse((await holds.releaseHolds(tx, call, job, stepIds)).answers);
  });
}

export function addDependency(store: Store, call: Call, params: JobDependencyDetails): Promise<JobActionResponse> {
  const stepIds = idList('params.stepIds', params.stepIds);
  return store.transact(async tx => {
    await tx.holds.lockDependencies(teamsOf(call.caller));
    await tx.jobLocks.lock(teamsOf(call.caller), [params.jobId, params.dependentJobId]);
    const { job, waitedFor } = await bothJobs(tx, call, params);
    return toActionResponse(await dependencies.addDependency(tx, call, job, stepIds, waitedFor));
  });
}

export function releaseDependency(store: Store, call: Call, params: JobDependencyDetails): Promise<JobActionResponse> {
  const stepIds = idList('params.stepIds', params.stepIds);
  return store.transact(async tx => {
    const { job, waitedFor } = await bothJobs(tx, call, params);
    return toActionResponse((await dependencies.releaseDependency(tx, call, job, stepIds, waitedFor)).answers);
  });
}

/** The job, when the caller may hold it. @throws NotFound (404), InsufficientPermissions (476) */
async function holdableJob(tx: Transactor, call: Call, jobId: string): Promise<JobRow> {
  const job = await visible(tx, call, jobId, 'params.jobId');
  permit(call, [job], 'jobUpdateHolds');
  return job;
}

/** @throws NotFound (404) also for a job waited for that is of another team */
async function bothJobs(
  tx: Transactor,
  call: Call,
  { jobId, dependentJobId, dependentStepId }: JobDependencyDetails,
): Promise<{ job: JobRow; waitedFor: dependencies.WaitedFor }> {
  const job = await visible(tx, call, jobId, 'params.jobId');
  const other = await visible(tx, call, dependentJobId, 'params.dependentJobId');
  if (other.team_id !== job.team_id) throw jobNotFound('params.dependentJobId', dependentJobId);
  permit(call, [job], 'jobUpdateHolds');
  return { job, waitedFor: { job: other, stepId: dependentStepId ?? null } };
}

function scheduledRelease(call: Call, { scheduledRelease }: JobHoldDetails): number | null {
  if (scheduledRelease == null) return null;
  if (scheduledRelease > call.now && scheduledRelease <= LAST_DATE) return scheduledRelease;
  throw new BadRequest(
    'invalid-argument',
    `params.scheduledRelease: ${scheduledRelease}; expected epoch milliseconds later than now, ${call.now}, and at most ${LAST_DATE}; or unset for a hold that is released by hand`,
    { scheduledRelease: String(scheduledRelease) },
  );
}
