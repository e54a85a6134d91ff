/** The webhook that beginReview calls: set, looked at, and its secret changed. */
import type { TemplateApprovalWebhook, WebhookDelivery, WebhookSecret } from '#gen/team_types';
import { toSeconds } from '../../base/clock.ts';
import { BadRequest } from '../../base/errors.ts';
import { webAddress } from '../../domain/files.ts';
import { requirePrivilege } from '../../domain/privileges.ts';
import { rotateSecret, setWebhook, TEMPLATE_APPROVAL } from '../../engine/webhooks.ts';
import type { Store } from '../../store/database.ts';
import type { Delivery } from '../../store/webhooks.ts';
import type { Call } from '../call.ts';

const MOST_LISTED = 100;

export function set(store: Store, call: Call, teamId: string, url: string): Promise<void> {
  const address = url === '' ? '' : hookAddress(url);
  requirePrivilege(call.caller, teamId, 'adminAdvanced');
  return store.transact(tx => setWebhook(tx, call, teamId, address));
}

/** @throws BadRequest (400) */
function hookAddress(url: string): string {
  const { username, password } = new URL(webAddress('webhookUrl', url));
  if (username === '' && password === '') return url;
  throw new BadRequest(
    'invalid-argument',
    'webhookUrl: has a user or a password in it; leave them out, the signature tells who calls',
    { field: 'webhookUrl' },
  );
}

export function get(store: Store, call: Call, teamId: string): Promise<TemplateApprovalWebhook> {
  requirePrivilege(call.caller, teamId, 'adminAdvanced');
  return store.read(async reader => {
    const webhook = await reader.webhooks.webhook(teamId, TEMPLATE_APPROVAL);
    const undelivered = await reader.webhooks.undelivered(teamId, TEMPLATE_APPROVAL, MOST_LISTED);
    const previousUntil = webhook?.previous_until ?? 0;
    return {
      url: webhook?.url ?? '',
      undelivered: undelivered.map(toDelivery),
      ...(previousUntil > call.now && { previousSecretUntil: toSeconds(previousUntil) }),
    };
  });
}

export async function rotate(store: Store, call: Call, teamId: string): Promise<WebhookSecret> {
  requirePrivilege(call.caller, teamId, 'adminAdvanced');
  const { secret, previousUntil } = await store.transact(tx => rotateSecret(tx, call, teamId));
  return { secret, previousUntil: toSeconds(previousUntil) };
}

const toDelivery = (row: Delivery): WebhookDelivery => ({
  deliveryId: row.delivery_id,
  body: row.body,
  queuedAt: toSeconds(row.queued_at),
  attempts: row.attempts,
  ...(row.next_at !== null && { nextAttemptAt: toSeconds(row.next_at) }),
  ...(row.last_failure !== null && { lastFailure: row.last_failure }),
});
