/** The locations of jobs: given to new ones, and set while a job is open, with a line of history and an event. */
import { JobHistoryAction } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import { BadRequest, WrongState } from '../base/errors.ts';
import type { Location } from '../domain/geometry/location.ts';
import type { Transactor } from '../store/database.ts';
import type { JobRow } from '../store/jobs.ts';
import type { Act } from './act.ts';
import { emit, eventOf } from './events.ts';
import { historyRow } from './history.ts';

/** In place of the one that it has. @returns the job as it is then. @throws WrongState (413) for a closed job */
export async function setLocation(tx: Transactor, act: Act, job: JobRow, location: Location): Promise<JobRow> {
  const { team_id, job_id } = job;
  if (job.closed === 1) {
    throw new WrongState('job-closed', `job ${job_id} ("${job.job_name}") is closed; its location stays as it is`, {
      jobId: job_id,
    });
  }
  const seq = job.history_seq + 1;
  await tx.jobs.changeJob(job, { history_seq: seq });
  await tx.locations.put(team_id, [job_id], location);
  await tx.jobs.insertHistory([
    historyRow(act, { team_id, job_id, seq }, JobHistoryAction.Updated, { result: 'location' }),
  ]);
  await emit(tx, [eventOf(act, job, NotificationType.JobLocationUpdated)]);
  return { ...job, history_seq: seq, revision: job.revision + 1, has_location: 1 };
}

/** Positions that one call may write: each job has its location to itself. */
const MOST_POSITIONS = 1_000_000;

/** The same for each of the jobs that a call creates. @throws BadRequest (400) when that is too much for one call */
export async function locateNew(
  tx: Transactor,
  teamId: string,
  jobIds: readonly string[],
  location: Location,
): Promise<void> {
  const { positions } = location;
  if (jobIds.length * positions > MOST_POSITIONS) {
    const most = Math.floor(MOST_POSITIONS / positions);
    throw new BadRequest(
      'limit-exceeded',
      `jobOverrides.numberOfJobs: ${jobIds.length} jobs at a location of ${positions} positions each; at most ${most} of them in one call`,
      { limit: String(most), found: String(jobIds.length) },
    );
  }
  await tx.locations.put(teamId, jobIds, location);
}
