/** Rows of a job's history. */
import type { JobHistoryAction } from '#gen/jobs_types';
import type { Row } from '../store/schema.ts';
import type { Act } from './act.ts';

type Facts = Pick<Row<'job_history'>, 'step_id' | 'step_name' | 'result' | 'start_date' | 'end_date'>;

const none: Facts = { step_id: null, step_name: null, result: null, start_date: null, end_date: null };

export const historyRow = (
  { caller, now }: Act,
  key: Pick<Row<'job_history'>, 'team_id' | 'job_id' | 'seq'>,
  action: JobHistoryAction,
  facts: Partial<Facts> = {},
): Row<'job_history'> => ({
  ...key,
  date: now,
  user_id: caller.userId,
  username: caller.email,
  action,
  ...none,
  ...facts,
});
