/** Events: from rows to the struct of the interface. */
import type { EventWebhook, Notification } from '#gen/notifications_types';
import { type EventWebhookRow, eventWebhookId } from '../../store/event-webhooks.ts';
import type { EventRow } from '../../store/events.ts';

export const toNotification = (row: EventRow, cursor: string): Notification => ({
  msgType: row.type,
  jobId: row.job_id ?? undefined,
  timestamp: row.at,
  teamId: row.team_id,
  cursor,
  userId: row.user_id ?? undefined,
  templateId: row.template_id ?? undefined,
  ...JSON.parse(row.body),
});

export const toEventWebhook = (row: EventWebhookRow, now: number): EventWebhook => ({
  webhookId: eventWebhookId(row),
  url: row.url,
  filter: JSON.parse(row.filter),
  ...((row.previous_until ?? 0) > now && { previousSecretUntil: row.previous_until! }),
  failedAttempts: row.attempts,
  ...(row.attempts > 0 && row.next_at !== null && { nextAttemptAt: row.next_at }),
  ...(row.last_failure !== null && { lastFailure: row.last_failure }),
  dead: row.next_at === null,
});
