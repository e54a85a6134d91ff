/** Acts on lists of jobs: on all of them or on none, or on each for itself. */
import { MAX_JOBS_PER_CALL } from '#gen/common_types';
import type { JobManageResult, JobUpgradePreview } from '#gen/jobs_types';
import { BadRequest, DomainError } from '../../base/errors.ts';
import { has, lacks, type Privilege, teamsOf } from '../../domain/privileges.ts';
import { doToAll, doToEach, type Judgement, type ListAct } from '../../engine/job-lists.ts';
import { type Preview, previewUpgrade as previews } from '../../engine/upgrading.ts';
import type { Store } from '../../store/database.ts';
import type { JobRow } from '../../store/jobs.ts';
import type { Call } from '../call.ts';
import { idList } from '../checks.ts';
import { reasonOf } from '../wire-errors.ts';
import { permit, visibleAll, visibleEach } from './access.ts';

export function actOnAll<J extends Judgement>(
  store: Store,
  call: Call,
  act: ListAct<J>,
  jobIds: string[],
): Promise<boolean> {
  const ids = listOf(jobIds);
  return store.transact(async tx => {
    await tx.jobLocks.lock(teamsOf(call.caller), ids, act.reach);
    const jobs = await visibleAll(tx, call, ids, 'jobIds');
    permit(call, jobs, act.privilege);
    await doToAll(tx, call, act, jobs);
    return true;
  });
}

/** One result per id, in order; an id that is named twice has the same result twice. */
export function actOnEach<J extends Judgement>(
  store: Store,
  call: Call,
  act: ListAct<J>,
  jobIds: string[],
): Promise<JobManageResult[]> {
  const ids = listOf(jobIds);
  requireSomewhere(call, act.privilege);
  return store.transact(async tx => {
    await tx.jobLocks.lock(teamsOf(call.caller), ids, act.reach);
    const found = new Map(
      [...(await visibleEach(tx, call, ids))].map(([id, job]) => [id, permittedOr(call, job, act.privilege)]),
    );
    const jobs = [...found.values()].filter((job): job is JobRow => !(job instanceof DomainError));
    const refused = await doToEach(tx, call, act, jobs);
    return jobIds.map(jobId => {
      const job = found.get(jobId)!;
      return toManageResult(jobId, job instanceof DomainError ? job : refused.get(jobId));
    });
  });
}

export function previewUpgrade(store: Store, call: Call, jobIds: string[]): Promise<JobUpgradePreview[]> {
  const ids = listOf(jobIds);
  return store.look(async reader => {
    const jobs = await visibleAll(reader, call, ids, 'jobIds');
    permit(call, jobs, 'jobUpgrade');
    const found = new Map<string, JobUpgradePreview>();
    for (const [teamId, own] of Map.groupBy(jobs, job => job.team_id)) {
      const previewed = await previews(reader, teamId, own);
      for (const job of own) found.set(job.job_id, toPreview(job, previewed.get(job.job_id)!));
    }
    return jobIds.map(jobId => found.get(jobId)!);
  });
}

function listOf(jobIds: string[]): string[] {
  const ids = idList('jobIds', jobIds, MAX_JOBS_PER_CALL);
  if (ids.length > 0) return ids;
  throw new BadRequest('invalid-argument', 'jobIds: empty; name at least one job');
}

/** Whoever may do it to no job at all hears so of the call, not of each job. @throws InsufficientPermissions (476) */
function requireSomewhere({ caller }: Call, privilege: Privilege): void {
  const [first, ...others] = teamsOf(caller);
  if (first === undefined || [first, ...others].some(teamId => has(caller, teamId, privilege))) return;
  throw lacks(caller, first, privilege);
}

/** The job, or why the caller may not do this to it. */
const permittedOr = ({ caller }: Call, job: JobRow | DomainError, privilege: Privilege): JobRow | DomainError =>
  job instanceof DomainError || has(caller, job.team_id, privilege) ? job : lacks(caller, job.team_id, privilege);

const toManageResult = (jobId: string, error: DomainError | undefined): JobManageResult =>
  error ? { jobId, success: false, ...reasonOf(error) } : { jobId, success: true };

function toPreview(job: JobRow, { obstacle, from, to, missing, kept, dropped, added }: Preview): JobUpgradePreview {
  const { slug, message } = obstacle ?? {};
  return {
    jobId: job.job_id,
    possible: obstacle === undefined,
    slug,
    message,
    fromVersion: from,
    toVersion: to,
    missingCurrentStepIds: [...missing],
    keptStepIds: [...kept],
    droppedStepIds: [...dropped],
    addedStepIds: [...added],
  };
}
