/**
 * Webhooks that are told the events of a team. Nothing is written for them when something happens: each reads on from its own
 * position, and moves it when what it sent was taken.
 *
 *   reading -- sent, answered with 2xx --> reading, behind what was sent
 *   reading -- sent, anything else --> waiting, each pause twice as long --> reading again; given up after a day of that
 */
import { MAX_EVENT_WEBHOOKS } from '#gen/notifications_types';
import { BadRequest } from '../base/errors.ts';
import type { Position } from '../domain/cursors.ts';
import type { Transactor } from '../store/database.ts';
import { type EventWebhookRow, eventPurpose } from '../store/event-webhooks.ts';
import type { Row } from '../store/schema.ts';
import type { Act } from './act.ts';
import { audit } from './audit.ts';
import { DAY_MS, nextGeneration, pauseAfter } from './webhooks.ts';

/** Where it sends, and what: a NotificationFilter as JSON. */
export interface EventWebhookSettings {
  readonly url: string;
  readonly filter: string;
}

/** A webhook that is told what happens from now on. @throws BadRequest (400) beyond the most that a team may have */
export async function addEventWebhook(
  tx: Transactor,
  act: Act,
  teamId: string,
  { url, filter }: EventWebhookSettings,
): Promise<EventWebhookRow> {
  await tx.people.lockTeam(teamId);
  const webhooks = await tx.eventWebhooks.list(teamId);
  if (webhooks.length >= MAX_EVENT_WEBHOOKS)
    throw new BadRequest(
      'limit-exceeded',
      `the team has ${webhooks.length} event webhooks; it may have ${MAX_EVENT_WEBHOOKS}`,
      { limit: String(MAX_EVENT_WEBHOOKS) },
    );
  const webhookId = act.ids.next();
  const key = { team_id: teamId, purpose: eventPurpose(webhookId) };
  const signing = { url, generation: 1, previous_until: null };
  const { xid, event_id } = await tx.events.end(teamId);
  const position = { created_at: act.now, xid, event_id, next_at: act.now };
  const webhook = { ...key, filter, ...position, ...nothingFailed };
  await tx.webhooks.putWebhook({ ...key, ...signing });
  await tx.eventWebhooks.insert(webhook);
  await audit(tx, act, teamId, 'webhook.set', webhookId, hostOf(url));
  return { ...webhook, ...signing };
}

/**
 * It goes on where it was, and is taken up again when it was given up; where the database is an older one than that in which it came
 * so far, it begins now.
 * @returns undefined when there is none
 */
export async function changeEventWebhook(
  tx: Transactor,
  act: Act,
  teamId: string,
  webhookId: string,
  { url, filter }: EventWebhookSettings,
): Promise<EventWebhookRow | undefined> {
  await tx.people.lockTeam(teamId);
  const webhook = await tx.eventWebhooks.one(teamId, webhookId);
  if (!webhook) return undefined;
  const { team_id, purpose, generation, previous_until } = webhook;
  const isLost = await tx.events.isAhead(teamId, webhook);
  const { xid, event_id } = isLost ? await tx.events.end(teamId) : webhook;
  const change = { filter, xid, event_id, next_at: act.now, ...nothingFailed };
  await tx.webhooks.putWebhook({ team_id, purpose, url, generation, previous_until });
  await tx.eventWebhooks.change(webhook, change);
  if (url !== webhook.url) await audit(tx, act, teamId, 'webhook.set', webhookId, hostOf(url));
  tx.wakeWorkers();
  return { ...webhook, ...change, url };
}

/** For the trail: the rest of an address may be a secret. */
const hostOf = (url: string) => ({ host: new URL(url).host });

const nothingFailed = { attempts: 0, failing_since: null, last_failure: null };

/** @returns undefined when there is none */
export async function rotateEventSecret(
  tx: Transactor,
  act: Act,
  teamId: string,
  webhookId: string,
): Promise<{ secret: string; previousUntil: number } | undefined> {
  await tx.people.lockTeam(teamId);
  const webhook = await tx.eventWebhooks.one(teamId, webhookId);
  if (!webhook) return undefined;
  const { team_id, purpose, url, generation, previous_until } = webhook;
  const rotated = await nextGeneration(tx, act, { team_id, purpose, url, generation, previous_until });
  await audit(tx, act, teamId, 'webhook.rotated', webhookId, {});
  return rotated;
}

/** @returns false when there is none */
export async function removeEventWebhook(
  tx: Transactor,
  act: Act,
  teamId: string,
  webhookId: string,
): Promise<boolean> {
  const webhook = await tx.eventWebhooks.one(teamId, webhookId);
  if (!webhook || !(await tx.eventWebhooks.delete(teamId, webhookId))) return false;
  await audit(tx, act, teamId, 'webhook.cleared', webhookId, {});
  return true;
}

/** What a webhook becomes when everything up to a position was taken. */
export const taken = ({ xid, event_id }: Position, now: number): Partial<Row<'event_webhooks'>> => ({
  xid,
  event_id,
  next_at: now,
  ...nothingFailed,
});

/** What it becomes when what was sent was not taken. */
export function notTaken(
  { attempts, failing_since }: Row<'event_webhooks'>,
  failure: string,
  now: number,
): Partial<Row<'event_webhooks'>> {
  const since = failing_since ?? now;
  const next = now + pauseAfter(attempts + 1);
  return {
    attempts: attempts + 1,
    failing_since: since,
    last_failure: failure,
    next_at: next > since + DAY_MS ? null : next,
  };
}
