/** Comments of jobs. */
import { type JobComment, MAX_JOB_TEXT_LENGTH } from '#gen/jobs_types';
import * as engine from '../../engine/commenting.ts';
import type { Store } from '../../store/database.ts';
import type { Row } from '../../store/schema.ts';
import type { Call } from '../call.ts';
import { required } from '../checks.ts';
import { visible } from './access.ts';

/** What stands around the text is no part of it. */
export function addJobComment(store: Store, call: Call, jobId: string, comment: string): Promise<string> {
  const text = required('comment', comment, MAX_JOB_TEXT_LENGTH);
  return store.transact(async tx => engine.addComment(tx, call, await visible(tx, call, jobId), text));
}

export const getJobComments = (store: Store, call: Call, jobId: string): Promise<JobComment[]> =>
  store.look(async reader => {
    const { team_id } = await visible(reader, call, jobId);
    return (await reader.comments.comments(team_id, jobId)).map(toComment);
  });

const toComment = (row: Row<'job_comments'>): JobComment => ({
  comment: row.text,
  lastModifiedBy: row.written_by,
  lastModified: row.written_at,
  id: row.comment_id,
});
