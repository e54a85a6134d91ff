/** Comments of jobs: added by whoever sees the job, open or closed, and never changed. */
import { JobHistoryAction } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import { BadRequest } from '../base/errors.ts';
import type { Reader, Transactor } from '../store/database.ts';
import type { JobRow } from '../store/jobs.ts';
import type { Row } from '../store/schema.ts';
import type { Act } from './act.ts';
import { emit, eventOf } from './events.ts';
import { historyRow } from './history.ts';

/** So that the list of a job's comments always fits into one answer. */
const MOST_COMMENTS = 10_000;
const MOST_BYTES = 8 * 1024 * 1024;

/** What history says of a comment. */
export const COMMENTED = 'comment';

/** @param text of the length that a comment may have. @returns the id of the comment. @throws BadRequest (400) when the job has too many */
export async function addComment(tx: Transactor, act: Act, job: JobRow, text: string): Promise<string> {
  const comment = commentRow(act, job, text);
  await checkCommentable(tx, job, comment);
  const seq = job.history_seq + 1;
  await tx.jobs.changeJob(job, { history_seq: seq });
  await tx.comments.insert(comment);
  const key = { team_id: job.team_id, job_id: job.job_id, seq };
  await tx.jobs.insertHistory([historyRow(act, key, JobHistoryAction.Updated, { result: COMMENTED })]);
  await emit(tx, [eventOf(act, job, NotificationType.JobCommentUpdated, { commentId: comment.comment_id })]);
  return comment.comment_id;
}

/** A new comment, for acts that write the head row and the history of the job themselves. */
export const commentRow = (act: Act, job: JobRow, text: string): Row<'job_comments'> => ({
  team_id: job.team_id,
  job_id: job.job_id,
  comment_id: act.ids.next(),
  written_by: act.caller.userId,
  written_at: act.now,
  bytes: Buffer.byteLength(text),
  text,
});

/** @throws BadRequest (400) when the comments of a job would take more than one answer holds */
export async function checkCommentable(reader: Reader, job: JobRow, { bytes }: Row<'job_comments'>): Promise<void> {
  const taken = await reader.comments.taken(job.team_id, job.job_id);
  if (taken.count < MOST_COMMENTS && taken.bytes + bytes <= MOST_BYTES) return;
  throw new BadRequest(
    'limit-exceeded',
    `comment: job ${job.job_id} ("${job.job_name}") has ${taken.count} comments of ${taken.bytes} bytes; a job takes ${MOST_COMMENTS}, and ${MOST_BYTES} bytes altogether`,
    { limit: String(taken.count < MOST_COMMENTS ? MOST_BYTES : MOST_COMMENTS) },
  );
}
