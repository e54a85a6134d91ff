/** NotificationService: the table of contents. Each function says where it is built; the order is the interface's. */
import type { EventWebhook, EventWebhookSecret, NotificationFilter, PollResult } from '#gen/notifications_types';
import type { EventWatch } from '../../engine/watching.ts';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import type { Handler } from '../surface.ts';
import { poll } from './polling.ts';
import * as webhooks from './webhooks.ts';

export class NotificationHandler implements Handler<'NotificationService'> {
  readonly #store: Store;
  readonly #watch: EventWatch;

  constructor(store: Store, watch: EventWatch) {
    this.#store = store;
    this.#watch = watch;
  }

  poll(call: Call, cursor: string, filter: NotificationFilter, timeoutMs: number): Promise<PollResult> {
    return poll(this.#store, this.#watch, call, cursor, filter, timeoutMs);
  }

  setEventWebhook(
    call: Call,
    teamId: string,
    webhookId: string,
    url: string,
    filter: NotificationFilter,
  ): Promise<EventWebhook> {
    return webhooks.set(this.#store, call, teamId, webhookId, url, filter);
  }

  getEventWebhooks(call: Call, teamId: string): Promise<EventWebhook[]> {
    return webhooks.get(this.#store, call, teamId);
  }

  rotateEventWebhookSecret(call: Call, teamId: string, webhookId: string): Promise<EventWebhookSecret> {
    return webhooks.rotate(this.#store, call, teamId, webhookId);
  }

  removeEventWebhook(call: Call, teamId: string, webhookId: string): Promise<void> {
    return webhooks.remove(this.#store, call, teamId, webhookId);
  }
}
