/** What keeps steps of jobs from being started and finished. */
import { optionalText, optionalTime, type Tables, text, time } from './columns.ts';

export const holdsTables = {
  /** Holds and dependencies, open and past. A dependency is one with `dependent_job_id`. Open as long as `released_date` is null. */
  job_holds: {
    team_id: text,
    job_id: text,
    hold_id: text,
    step_id: text,
    step_name: text,
    set_by: text,
    set_date: time,
    /** When it releases itself; null for never. */
    scheduled_release: optionalTime,
    /** Null while open, and when the server released it. */
    released_by: optionalText,
    released_date: optionalTime,
    /** The job waited for, also after it was deleted. */
    dependent_job_id: optionalText,
    /** The step waited for; null for the closing of that job. */
    dependent_step_id: optionalText,
  },
} as const satisfies Tables;
