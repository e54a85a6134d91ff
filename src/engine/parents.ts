/** The job that a job is part of: of the same team, no part of it itself, and not too deep below others. */
import { MAX_PARENT_DEPTH } from '#gen/jobs_types';
import { BadRequest, NotFound } from '../base/errors.ts';
import type { Transactor } from '../store/database.ts';
import type { JobRow } from '../store/jobs.ts';

/** For new jobs. It stays until the end of the transaction. @throws NotFound (404), BadRequest (400) */
export async function keepParent(tx: Transactor, teamId: string, parentJob: string): Promise<void> {
  const chain = await tx.parents.keptParent(teamId, parentJob, MAX_PARENT_DEPTH + 1);
  refuseWrong('jobOverrides.parentJob', parentJob, chain);
}

/** For a job that is there. @throws NotFound (404); BadRequest (400) when the job would be above itself, or too deep below others */
export async function checkParent(tx: Transactor, job: JobRow, parentJob: string): Promise<void> {
  const chain = await tx.parents.keptChain(job.team_id, parentJob, job.job_id, MAX_PARENT_DEPTH + 1);
  const at = chain.indexOf(job.job_id);
  if (at !== -1) {
    const cycle = [job.job_id, ...chain.slice(0, at + 1)];
    throw new BadRequest(
      'parent-cycle',
      `jobUpdates.parentJob: ${cycle.join(' → ')} would be a circle; choose a job that is not part of this one`,
      { cycle: cycle.join(',') },
    );
  }
  refuseWrong('jobUpdates.parentJob', parentJob, chain);
}

/** @param chain the parent and those above it; none when there is no such job */
function refuseWrong(field: string, parentJob: string, chain: readonly string[]): void {
  if (chain.length === 0)
    throw new NotFound(
      'job-not-found',
      `${field}: no job ${parentJob} in the team of this job; createJobs returns the ids of jobs`,
      { jobId: parentJob },
    );
  if (chain.length <= MAX_PARENT_DEPTH) return;
  throw new BadRequest(
    'limit-exceeded',
    `${field}: more than ${MAX_PARENT_DEPTH} jobs would stand above this one; choose one higher up`,
    { limit: String(MAX_PARENT_DEPTH) },
  );
}
