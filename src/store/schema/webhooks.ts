/** Webhooks: whom the server calls, and calls on the way. */
import { integer, long, optionalText, optionalTime, type Tables, text, time } from './columns.ts';

export const webhooksTables = {
  webhooks: {
    team_id: text,
    /** 'template-approval', or 'events:' and the id of an event webhook. */
    purpose: text,
    url: text,
    /** Which secret signs: it follows from this number and the server's key, and is not stored. */
    generation: integer,
    /** Until when the generation before signs too. */
    previous_until: optionalTime,
  },

  /** Deleted once it is delivered. */
  webhook_deliveries: {
    team_id: text,
    delivery_id: text,
    purpose: text,
    /** JSON. */
    body: text,
    queued_at: time,
    attempts: integer,
    /** When it is sent, or, while it is being sent, when another may think that whoever does so is gone; null: given up. */
    next_at: optionalTime,
    last_failure: optionalText,
  },

  /** What a webhook that is told events is to be told, and how far it is: everything up to its position was taken. */
  event_webhooks: {
    team_id: text,
    purpose: text,
    /** notifications.NotificationFilter as JSON. */
    filter: text,
    created_at: time,
    xid: long,
    event_id: long,
    /** When it may be sent the next; while it is being sent, when another may think that whoever does so is gone; null: given up. */
    next_at: optionalTime,
    /** How often in a row the next was sent and not taken. */
    attempts: integer,
    failing_since: optionalTime,
    last_failure: optionalText,
  },
} as const satisfies Tables;
