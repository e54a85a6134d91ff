/**
 * The events of a team on their way to a web socket that has subscribed to some of its jobs. Each is sent once, in order; the next
 * are read when the client has taken the ones before, so what waits for it is bounded.
 */
import type { KeyObject } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { Position } from '../../domain/cursors.ts';
import { sealedCursor } from '../../domain/cursors.ts';
import type { Wanted } from '../../services/notifications/filter.ts';
import type { Found } from '../../services/notifications/looking.ts';
import { lookAgain } from '../../services/notifications/polling.ts';
import { toNotification } from '../../services/notifications/wire.ts';
import { eventMessage } from '../event-messages.ts';
import type { EventSocket } from './event-socket.ts';
import type { SocketParts } from './socket-parts.ts';

/** Events that are read at a time. */
const AT_ONCE = 100;

export class Following {
  readonly teamId: string;
  readonly jobIds = new Set<string>();
  readonly #parts: SocketParts;
  readonly #events: EventSocket;
  readonly #socket: WebSocket;
  readonly #ending = Promise.withResolvers<void>();
  #position: Position;
  #ended = false;

  constructor(parts: SocketParts, events: EventSocket, socket: WebSocket, teamId: string, from: Position) {
    this.#parts = parts;
    this.#events = events;
    this.#socket = socket;
    this.teamId = teamId;
    this.#position = from;
  }

  end(): void {
    this.#ended = true;
    this.#ending.resolve();
  }

  /** Until it is ended, or the user is no member any more. @throws InvalidToken (497), TokenExpired (498) */
  async run(): Promise<void> {
    const { store, watch } = this.#parts;
    const key = await store.read(reader => reader.files.signingKey('cursor'));
    while (!this.#ended) {
      await this.#news();
      if (this.#ended) return;
      const caller = await this.#events.caller();
      if (!caller.rights.has(this.teamId)) return;
      for (let isMore = true; isMore && !this.#ended; ) {
        const found = await lookAgain(store, watch, { caller }, this.#wanted(), this.#position);
        this.#position = found.end;
        isMore = found.unreadSince !== undefined;
        await this.#send(found, key);
      }
    }
  }

  async #news(): Promise<void> {
    const wait = this.#parts.watch.wait(this.teamId, this.#position);
    try {
      await Promise.race([wait.news, this.#ending.promise]);
    } finally {
      wait.end();
    }
  }

  #wanted(): Wanted {
    const { teamId, jobIds } = this;
    return { teamId, jobIds, templateIds: undefined, msgTypes: undefined, mine: false, maxEvents: AT_ONCE };
  }

  /** Resolves when the client has taken nearly all of them. */
  async #send({ rows }: Found, key: KeyObject): Promise<void> {
    const { unreadBytes } = this.#parts.shared.limits;
    for (const row of rows) {
      if (this.#ended) return;
      const notification = toNotification(row, sealedCursor(this.teamId, row, row.at, key));
      const { promise: taken, resolve } = Promise.withResolvers<void>();
      this.#socket.send(JSON.stringify(eventMessage(notification)), () => resolve());
      if (row === rows.at(-1) || this.#socket.bufferedAmount > unreadBytes / 4) await this.#inTime(taken);
    }
  }

  /** A client that takes nothing for too long is closed. */
  async #inTime(taken: Promise<void>): Promise<void> {
    const { limits, metrics } = this.#parts.shared;
    const late = setTimeout(() => {
      metrics.refused('unread');
      this.#socket.terminate();
    }, limits.unreadMs);
    await Promise.race([taken, this.#ending.promise]);
    clearTimeout(late);
  }
}
