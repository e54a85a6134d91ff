/** Webhooks that are told the events of a team: set, looked at, ended, and their secrets changed. */
import type { EventWebhook, EventWebhookSecret, NotificationFilter } from '#gen/notifications_types';
import { BadRequest, NotFound } from '../../base/errors.ts';
import { webAddress } from '../../domain/files.ts';
import { requirePrivilege } from '../../domain/privileges.ts';
import * as engine from '../../engine/event-webhooks.ts';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import { wantedIn } from './filter.ts';
import { toEventWebhook } from './wire.ts';

export function set(
  store: Store,
  call: Call,
  teamId: string,
  webhookId: string,
  url: string,
  filter: NotificationFilter,
): Promise<EventWebhook> {
  const address = webAddress('url', url);
  checkFilter(teamId, filter);
  requirePrivilege(call.caller, teamId, 'adminAdvanced');
  return store.transact(async tx => {
    const wanted = { url: address, filter: JSON.stringify(filter) };
    const webhook =
      webhookId === ''
        ? await engine.addEventWebhook(tx, call, teamId, wanted)
        : await engine.changeEventWebhook(tx, call, teamId, webhookId, wanted);
    return toEventWebhook(webhook ?? notThere(webhookId), call.now);
  });
}

/** What a webhook wants depends on no caller. @throws BadRequest (400) */
function checkFilter(teamId: string, filter: NotificationFilter): void {
  wantedIn(teamId, filter);
  if (filter.mine)
    throw new BadRequest('invalid-argument', 'filter.mine: a webhook is nobody; leave it unset', {
      field: 'filter.mine',
    });
  if (filter.teamId && filter.teamId !== teamId)
    throw new BadRequest('invalid-argument', `filter.teamId: ${filter.teamId}; expected ${teamId}, or leave it unset`, {
      field: 'filter.teamId',
    });
}

export function get(store: Store, call: Call, teamId: string): Promise<EventWebhook[]> {
  requirePrivilege(call.caller, teamId, 'adminAdvanced');
  return store.read(async reader =>
    (await reader.eventWebhooks.list(teamId)).map(webhook => toEventWebhook(webhook, call.now)),
  );
}

export function rotate(store: Store, call: Call, teamId: string, webhookId: string): Promise<EventWebhookSecret> {
  requirePrivilege(call.caller, teamId, 'adminAdvanced');
  return store.transact(
    async tx => (await engine.rotateEventSecret(tx, call, teamId, webhookId)) ?? notThere(webhookId),
  );
}

export function remove(store: Store, call: Call, teamId: string, webhookId: string): Promise<void> {
  requirePrivilege(call.caller, teamId, 'adminAdvanced');
  return store.transact(async tx => {
    if (!(await engine.removeEventWebhook(tx, call, teamId, webhookId))) notThere(webhookId);
  });
}

function notThere(webhookId: string): never {
  throw new NotFound(
    'webhook-not-found',
    `webhookId: the team has no event webhook ${webhookId}; getEventWebhooks lists them`,
    { webhookId },
  );
}
