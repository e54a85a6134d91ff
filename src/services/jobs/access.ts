/** Which jobs a caller may see and act on. */
import { BadRequest, DomainError, NotFound } from '../../base/errors.ts';
import { type Privilege, requirePrivilege, teamsOf } from '../../domain/privileges.ts';
import type { Reader } from '../../store/database.ts';
import type { JobRow } from '../../store/jobs.ts';
import type { Call } from '../call.ts';

/** The job with this id that the caller may see. @param field that names it. @throws NotFound (404) */
export async function visible(reader: Reader, call: Call, jobId: string, field = 'jobId'): Promise<JobRow> {
  const [job] = await visibleAll(reader, call, [jobId], field);
  return job!;
}

/** The jobs with these ids, in their order. @throws NotFound (404) naming the first that the caller may not see */
export async function visibleAll(
  reader: Reader,
  call: Call,
  jobIds: readonly string[],
  field = 'jobId',
): Promise<JobRow[]> {
  const found = await visibleEach(reader, call, jobIds, field);
  return jobIds.map(jobId => {
    const job = found.get(jobId)!;
    if (job instanceof DomainError) throw job;
    return job;
  });
}

/** By id: the job, or why the caller has none of that id. */
export async function visibleEach(
  reader: Reader,
  call: Call,
  jobIds: readonly string[],
  field = 'jobId',
): Promise<Map<string, JobRow | DomainError>> {
  const found = Map.groupBy(await reader.jobs.jobs(teamsOf(call.caller), jobIds), job => job.job_id);
  return new Map<string, JobRow | DomainError>(
    jobIds.map((jobId): [string, JobRow | DomainError] => {
      const [job, another] = found.get(jobId) ?? [];
      if (!job) return [jobId, jobNotFound(field, jobId)];
      return [jobId, another ? inTwoTeams(field, jobId) : job];
    }),
  );
}

/** Ids that callers chose are unique in their team only. */
const inTwoTeams = (field: string, jobId: string): BadRequest =>
  new BadRequest(
    'invalid-argument',
    `${field}: two of your teams have a job ${jobId}; call with a token of a user of one of them`,
    { jobId },
  );

export const jobNotFound = (field: string, jobId: string): NotFound =>
  new NotFound('job-not-found', `${field}: no job ${jobId} in your teams; createJobs returns the ids of jobs`, {
    jobId,
  });

/** @throws InsufficientPermissions (476) when one of the jobs' teams does not grant the privilege */
export function permit(call: Call, jobs: readonly JobRow[], privilege: Privilege): void {
  for (const teamId of new Set(jobs.map(job => job.team_id))) requirePrivilege(call.caller, teamId, privilege);
}
