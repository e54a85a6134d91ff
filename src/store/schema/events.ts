/** What happened to jobs and templates, in the order that readers resume from. */
import { integer, long, optionalText, type Tables, text, time } from './columns.ts';

export const eventsTables = {
  events: {
    team_id: text,
    /** Id of the transaction that wrote it; 0 on SQLite, where commits come one after the other. */
    xid: long,
    event_id: long,
    at: time,
    /** NotificationType number. */
    type: integer,
    /** Null for events of templates. */
    job_id: optionalText,
    /** The template; of a job, that from which it was made. */
    template_id: optionalText,
    /** Who did it; null for the server. */
    user_id: optionalText,
    /** The further fields of the notification, as JSON. */
    body: text,
  },
} as const satisfies Tables;
