/** Events as tests read them. */
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Notification,
  type NotificationFilter,
  NotificationType,
  type PollResult,
} from '#gen/notifications_types';
import type { Clients } from '../../src/services/generated.ts';
import type { TestUser } from './seed.ts';
import type { TestServer } from './server.ts';

export type Notifications = Clients['NotificationService'];

/** On a connection of its own, as a reader needs it: while it waits, no other call is answered there. */
export async function readerOf(server: TestServer, user: TestUser): Promise<Reader> {
  const connection = await server.connect();
  await connection.service('AuthenticationService').authenticate(user.token);
  return new Reader(connection.service('NotificationService'), user.teamId);
}

/** Goes on from the cursor of its last answer. */
export class Reader {
  readonly notifications: Notifications;
  readonly teamId: string;
  cursor = '';

  constructor(notifications: Notifications, teamId: string) {
    this.notifications = notifications;
    this.teamId = teamId;
  }

  async poll(filter: NotificationFilter = {}, timeoutMs = 0): Promise<PollResult> {
    const result = await this.notifications.poll(this.cursor, { teamId: this.teamId, ...filter }, timeoutMs);
    this.cursor = result.cursor;
    return result;
  }

  /** Begins now. */
  async begin(): Promise<this> {
    this.cursor = '';
    await this.poll();
    return this;
  }

  /** Everything that there is. */
  async all(filter: NotificationFilter = {}): Promise<Notification[]> {
    const events: Notification[] = [];
    for (let more = true; more; ) {
      const result = await this.poll(filter);
      events.push(...result.events);
      more = result.more;
    }
    return events;
  }

  async kinds(filter: NotificationFilter = {}): Promise<string[]> {
    return (await this.all(filter)).map(kindOf);
  }
}

export const kindOf = ({ msgType }: Notification): string => NotificationType[msgType]!;

/** Waits for what goes on without a call. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 800; tries++) {
    if (await holds()) return;
    await pause(25);
  }
  throw new Error('it did not come about in 20 seconds');
}
