/** What people say of a job. */
import { integer, type Tables, text, time } from './columns.ts';

export const commentsTables = {
  job_comments: {
    team_id: text,
    job_id: text,
    comment_id: text,
    written_by: text,
    written_at: time,
    /** Of the text in UTF-8: what a job's comments take altogether is told without reading them. */
    bytes: integer,
    text,
  },
} as const satisfies Tables;
