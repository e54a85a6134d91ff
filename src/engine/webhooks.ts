/**
 * Calls of a team's webhook: queued in the transaction that they tell of, sent by a worker after it (server/webhooks.ts).
 *
 *   queued -- sent, answered with 2xx --> gone
 *   queued -- sent, anything else --> queued again, each pause twice as long --> given up after a day, forgotten after 30
 */
import { createHmac, type KeyObject } from 'node:crypto';
import { WrongState } from '../base/errors.ts';
import type { Reader, Transactor } from '../store/database.ts';
import type { Row } from '../store/schema.ts';
import type { Delivery } from '../store/webhooks.ts';
import type { Act } from './act.ts';
import { audit } from './audit.ts';

export const TEMPLATE_APPROVAL = 'template-approval';

export const DAY_MS = 24 * 60 * 60 * 1000;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60 * 60 * 1000;

/** What beginReview tells, when the team has a webhook for it. */
export async function callApprovalWebhook(
  tx: Transactor,
  act: Act,
  teamId: string,
  review: { readonly templateId: string; readonly publicVersion: number },
): Promise<void> {
  const webhook = await tx.webhooks.webhook(teamId, TEMPLATE_APPROVAL);
  if (!webhook || webhook.url === '') return;
  await tx.webhooks.queue({
    team_id: teamId,
    delivery_id: act.ids.next(),
    purpose: TEMPLATE_APPROVAL,
    body: JSON.stringify({ ...review, submitterId: act.caller.userId }),
    queued_at: act.now,
    attempts: 0,
    next_at: act.now,
    last_failure: null,
  });
  tx.wakeWorkers();
}

/** @param url '' for none: what waits is dropped then. The trail has its host alone: the rest may be a secret */
export async function setWebhook(tx: Transactor, act: Act, teamId: string, url: string): Promise<void> {
  await tx.people.lockTeam(teamId);
  const before = await tx.webhooks.webhook(teamId, TEMPLATE_APPROVAL);
  if ((before?.url ?? '') === url) return;
  if (url === '') await tx.webhooks.dropDeliveries(teamId, TEMPLATE_APPROVAL);
  const { generation = 1, previous_until = null } = before ?? {};
  await tx.webhooks.putWebhook({ team_id: teamId, purpose: TEMPLATE_APPROVAL, url, generation, previous_until });
  await audit(
    tx,
    act,
    teamId,
    url === '' ? 'webhook.cleared' : 'webhook.set',
    teamId,
    url === '' ? {} : { host: new URL(url).host },
  );
}

/** @returns the new secret, and until when the one before signs too. @throws WrongState (413) without a webhook */
export async function rotateSecret(
  tx: Transactor,
  act: Act,
  teamId: string,
): Promise<{ secret: string; previousUntil: number }> {
  await tx.people.lockTeam(teamId);
  const webhook = await tx.webhooks.webhook(teamId, TEMPLATE_APPROVAL);
  if (!webhook || webhook.url === '')
    throw new WrongState('webhook-not-set', 'the team has no webhook; setTemplateApprovalWebhook sets one');
  const rotated = await nextGeneration(tx, act, webhook);
  await audit(tx, act, teamId, 'webhook.rotated', teamId, {});
  return rotated;
}

/** @returns the new secret of a webhook, and until when the one before signs too */
export async function nextGeneration(
  tx: Transactor,
  act: Act,
  webhook: Row<'webhooks'>,
): Promise<{ secret: string; previousUntil: number }> {
  const generation = webhook.generation + 1;
  const previousUntil = act.now + DAY_MS;
  await tx.webhooks.putWebhook({ ...webhook, generation, previous_until: previousUntil });
  return { secret: secretOf(await tx.files.signingKey('webhook'), { ...webhook, generation }), previousUntil };
}

/** What is signed for a webhook. */
export type Signed = Omit<Row<'webhooks'>, 'url'> & { readonly body: string };

/** Follows from the server's key, so that no row has it. */
const secretOf = (
  key: KeyObject,
  { team_id, purpose, generation }: Pick<Signed, 'team_id' | 'purpose' | 'generation'>,
): string =>
  createHmac('sha256', key)
    .update(JSON.stringify([team_id, purpose, generation]))
    .digest('hex');

/** A call to be sent. */
export interface SignedCall {
  readonly delivery: Delivery;
  readonly url: string;
  /** Of X-Jobwright-Signature. */
  readonly signature: string;
  /** Until then nobody else takes it. */
  readonly takenUntil: number;
}

/** Takes what is due. @param forMs until then nobody else takes it */
export async function takeDue(tx: Transactor, now: number, forMs: number, limit: number): Promise<SignedCall[]> {
  const due = await tx.webhooks.take(now, now + forMs, limit);
  if (due.length === 0) return [];
  const key = await tx.files.signingKey('webhook');
  const takenUntil = now + forMs;
  return due.map(delivery => ({ delivery, url: delivery.url, signature: signatureOf(key, delivery, now), takenUntil }));
}

export const isDue = (reader: Reader, now: number): Promise<boolean> => reader.webhooks.isDue(now);

export function signatureOf(key: KeyObject, delivery: Signed, now: number): string {
  const { generation, previous_until, body } = delivery;
  const generations = (previous_until ?? 0) > now ? [generation, generation - 1] : [generation];
  return generations
    .map(number =>
      createHmac('sha256', secretOf(key, { ...delivery, generation: number }))
        .update(body)
        .digest('hex'),
    )
    .map(hex => `sha256=${hex}`)
    .join(',');
}

/** Notes that a call was not taken; it is sent again later, or given up. */
export function noteFailure(tx: Transactor, delivery: Delivery, failure: string, now: number): Promise<void> {
  const next = now + pauseAfter(delivery.attempts);
  return tx.webhooks.failed(delivery, failure, next > delivery.queued_at + DAY_MS ? null : next);
}

/** How long to wait after so many failures. */
export const pauseAfter = (attempts: number): number =>
  Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1));
