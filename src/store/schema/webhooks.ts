/** Webhooks: whom the server calls, and calls on the way. */
import { integer, optionalText, optionalTime, type Tables, text, time } from './columns.ts';

export const webhooksTables = {
  webhooks: {
    team_id: text,
    /** 'template-approval'. */
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
} as const satisfies Tables;
