/**
 * Sends events to the webhooks that want them: at once what this process has written, within a second what others have. Each webhook
 * is told one thing after the other, and none waits for another; whoever sends for one has taken it, so no two processes do.
 */
import type { KeyObject } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { type Position, sealedCursor } from '../domain/cursors.ts';
import { notTaken, taken } from '../engine/event-webhooks.ts';
import { signatureOf } from '../engine/webhooks.ts';
import { wantedIn } from '../services/notifications/filter.ts';
import { type Found, look } from '../services/notifications/looking.ts';
import { toNotification } from '../services/notifications/wire.ts';
import type { Store } from '../store/database.ts';
import { type EventWebhookRow, eventWebhookId } from '../store/event-webhooks.ts';
import type { Row } from '../store/schema.ts';
import { eventMessage } from './event-messages.ts';
import type { OutboundCaller } from './outbound/caller.ts';
import { ANSWER_WITHIN_MS, post } from './posting.ts';

const LOOK_EVERY_MS = 1000;
/** Writers need not pay for a look each. */
const GATHER_MS = 50;
/** Longer than an answer may take: then whoever took it is gone. */
const TAKEN_FOR_MS = 60_000;
/** Webhooks that are sent to at a time. */
const AT_ONCE = 20;
/** A webhook is the team's, and nobody's: what steps ask is not for it, and no template is hidden from it. */
const VIEWER = { userId: '', groups: [], seesHidden: true };

export class EventSender {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #caller: OutboundCaller;
  readonly #ending = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #forget: readonly (() => void)[];
  /** By team and purpose. */
  readonly #sending = new Map<string, Promise<void>>();
  #looking: Promise<void> | undefined;
  #planned: NodeJS.Timeout | undefined;

  constructor(store: Store, clock: Clock, logger: Logger, caller: OutboundCaller) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
    this.#caller = caller;
    this.#forget = [store.onEvents(() => this.#plan()), store.onQueued(() => this.#plan())];
    this.#timer = setInterval(() => this.#plan(), LOOK_EVERY_MS).unref();
  }

  /** Ends what is on its way: it is sent again by whoever looks next. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#planned);
    for (const forget of this.#forget) forget();
    this.#ending.abort();
    await this.#looking;
    await Promise.all(this.#sending.values());
  }

  /** Looks soon: what many have written meanwhile is found by one look. */
  #plan(): void {
    if (this.#ending.signal.aborted) return;
    this.#planned ??= setTimeout(() => {
      this.#planned = undefined;
      if (this.#looking) return this.#plan();
      this.#looking = this.#lookFor().finally(() => {
        this.#looking = undefined;
      });
    }, GATHER_MS).unref();
  }

  async #lookFor(): Promise<void> {
    try {
      const waiting = await this.#store.read(reader => reader.eventWebhooks.waiting(this.#clock.now(), 2 * AT_ONCE));
      for (const webhook of waiting) {
        const key = `${webhook.team_id} ${webhook.purpose}`;
        if (this.#sending.has(key) || this.#sending.size >= AT_ONCE) continue;
        this.#sending.set(
          key,
          this.#sendFor(webhook).finally(() => this.#sending.delete(key)),
        );
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Until it has heard everything, or did not take something. */
  async #sendFor(waiting: Row<'event_webhooks'>): Promise<void> {
    try {
      const takenUntil = this.#clock.now() + TAKEN_FOR_MS;
      const webhook = await this.#store.transact(tx => tx.eventWebhooks.take(waiting, takenUntil));
      if (!webhook) return;
      const found = await this.#found(webhook);
      // This process was stopped meanwhile: somebody else may have taken it.
      if (this.#clock.now() + ANSWER_WITHIN_MS > takenUntil) return;
      const outcome = await this.#outcome(webhook, found);
      if (!outcome) return;
      const settled = await this.#store.transact(tx => tx.eventWebhooks.settle(webhook, takenUntil, outcome));
      if (settled && outcome.attempts === 0) this.#plan();
    } catch (error) {
      this.#failed(error);
    }
  }

  #found(webhook: EventWebhookRow): Promise<Found & { readonly keys: Keys }> {
    const wanted = wantedIn(webhook.team_id, JSON.parse(webhook.filter));
    return this.#store.read(async reader => ({
      ...(await look(reader, VIEWER, wanted, webhook)),
      keys: { cursor: await reader.files.signingKey('cursor'), webhook: await reader.files.signingKey('webhook') },
    }));
  }

  /** @returns undefined when it was broken off */
  async #outcome(webhook: EventWebhookRow, { rows, end, keys }: Found & { readonly keys: Keys }) {
    if (rows.length === 0) return taken(end, this.#clock.now());
    const { team_id: teamId } = webhook;
    const notifications = rows.map(row => toNotification(row, sealedCursor(teamId, row, row.at, keys.cursor)));
    const webhookId = eventWebhookId(webhook);
    const body = JSON.stringify({ webhookId, teamId, events: notifications.map(eventMessage) });
    const failure = await post(
      {
        url: webhook.url,
        delivery: deliveryId(webhookId, webhook, end),
        signature: signatureOf(keys.webhook, { ...webhook, body }, this.#clock.now()),
        body,
      },
      this.#ending.signal,
      this.#caller,
    );
    if (failure === undefined) return taken(end, this.#clock.now());
    return this.#ending.signal.aborted ? undefined : notTaken(webhook, failure, this.#clock.now());
  }

  #failed(error: unknown): void {
    if (!this.#ending.signal.aborted) this.#logger.error({ err: error }, 'events could not be sent; they wait');
  }
}

interface Keys {
  readonly cursor: KeyObject;
  readonly webhook: KeyObject;
}

/** The same when the same events are sent again: a receiver may leave out what it has had under it. */
const deliveryId = (webhookId: string, from: Position, to: Position): string =>
  [webhookId, from.xid, from.event_id, to.xid, to.event_id].join('.');
