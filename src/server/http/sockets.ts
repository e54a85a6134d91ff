/**
 * The web sockets at /api/notifications/socket: let in within the limits, looked after once a second, closed when the server stops.
 * event-socket.ts says what is said on one.
 *
 * A socket that has shown no token in time is closed, and so is one whose token has ended, whose client reads nothing, or is silent.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { addressOf } from '../connection.ts';
import type { Refusal } from '../metrics.ts';
import { tokenIn } from '../wire/messages.ts';
import { EventSocket } from './event-socket.ts';
import { CLOSES, type SocketParts } from './socket-parts.ts';

const PATH = '/api/notifications/socket';
const SWEEP_MS = 1000;
/** So often a client is asked whether it is there, or as often as connections may be idle; one that has not answered by then is not. */
const PING_MS = 30_000;

interface Open {
  readonly socket: WebSocket;
  readonly events: EventSocket;
  readonly since: number;
  pingedAt: number;
  answered: boolean;
}

export class Sockets {
  readonly #parts: SocketParts;
  readonly #server: WebSocketServer;
  readonly #open = new Set<Open>();
  readonly #perUser = new Map<string, number>();
  readonly #sweep: NodeJS.Timeout;
  readonly #pingMs: number;
  #stopped = false;

  constructor(parts: SocketParts) {
    this.#parts = parts;
    this.#pingMs = Math.min(PING_MS, parts.shared.limits.idleMs);
    this.#server = new WebSocketServer({ noServer: true, maxPayload: parts.shared.limits.jsonBytes });
    this.#sweep = setInterval(() => void this.#lookAfter(), SWEEP_MS).unref();
  }

  wants({ url, headers }: IncomingMessage): boolean {
    return url?.split('?', 1)[0] === PATH && headers.upgrade?.toLowerCase() === 'websocket';
  }

  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const { limits, metrics } = this.#parts.shared;
    if (!this.wants(request)) refuse(socket, '426 Upgrade Required');
    else if (this.#stopped || this.#open.size >= limits.sockets) {
      metrics.refused('sockets');
      refuse(socket, '503 Service Unavailable');
    } else this.#server.handleUpgrade(request, socket, head, opened => this.#opened(opened, request));
  }

  /** Tells the clients to come again elsewhere. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#sweep);
    for (const { socket, events } of this.#open) {
      events.end();
      socket.close(CLOSES.goingAway, 'the server stops');
    }
    this.#server.close();
  }

  #opened(socket: WebSocket, request: IncomingMessage): void {
    const { metrics, logger } = this.#parts.shared;
    const token = tokenIn(request.headers.authorization) ?? tokenInQuery(request);
    const address = addressOf(request.socket);
    const events = new EventSocket(this.#parts, socket, { token, address, admit: userId => this.#admit(userId) });
    const open: Open = { socket, events, since: performance.now(), pingedAt: performance.now(), answered: true };
    this.#open.add(open);
    metrics.sockets++;
    socket.on('pong', () => {
      open.answered = true;
    });
    // Its 'close' follows.
    socket.on('error', error => {
      if ((error as NodeJS.ErrnoException).code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') metrics.refused('json-bytes');
      logger.debug({ err: error }, 'a web socket broke');
    });
    socket.on('close', () => this.#left(open));
  }

  /** @returns false when the user has as many sockets as one may have */
  #admit(userId: string): boolean {
    const { limits, metrics } = this.#parts.shared;
    const open = this.#perUser.get(userId) ?? 0;
    if (open >= limits.socketsPerUser) {
      metrics.refused('sockets-per-user');
      return false;
    }
    this.#perUser.set(userId, open + 1);
    return true;
  }

  #left(open: Open): void {
    open.events.end();
    this.#open.delete(open);
    this.#parts.shared.metrics.sockets--;
    const { userId } = open.events;
    if (userId === undefined) return;
    const left = this.#perUser.get(userId)! - 1;
    if (left === 0) this.#perUser.delete(userId);
    else this.#perUser.set(userId, left);
  }

  async #lookAfter(): Promise<void> {
    const now = performance.now();
    for (const open of this.#open) {
      const reason = this.#overdue(open, now);
      if (reason) this.#close(open, reason);
      else if (now - open.pingedAt > this.#pingMs) {
        open.pingedAt = now;
        open.answered = false;
        open.socket.ping();
      }
    }
    await this.#endTokens();
  }

  #overdue({ socket, events, since, pingedAt, answered }: Open, now: number): Refusal | undefined {
    const { limits } = this.#parts.shared;
    if (socket.bufferedAmount > limits.unreadBytes) return 'unread';
    if (events.userId === undefined && now - since > limits.unauthenticatedMs) return 'unauthenticated';
    return !answered && now - pingedAt > this.#pingMs ? 'idle' : undefined;
  }

  #close({ socket, events }: Open, reason: Refusal): void {
    const { metrics, logger } = this.#parts.shared;
    metrics.refused(reason);
    logger.warn({ reason, address: events.address }, 'a web socket is closed');
    if (reason === 'unauthenticated') socket.close(CLOSES.policy, 'no token came');
    else socket.terminate();
  }

  /** One statement for all sockets. */
  async #endTokens(): Promise<void> {
    const { store, clock, shared } = this.#parts;
    const tokenIds = [...new Set([...this.#open].flatMap(({ events }) => events.tokenId ?? []))];
    if (tokenIds.length === 0) return;
    try {
      const living = await store.read(reader => reader.tokens.living(tokenIds, clock.now()));
      for (const { events } of this.#open)
        if (events.tokenId !== undefined && tokenIds.includes(events.tokenId) && !living.has(events.tokenId))
          events.endToken();
    } catch (error) {
      if (!this.#stopped) shared.logger.error({ err: error }, 'the tokens of web sockets could not be looked after');
    }
  }
}

function refuse(socket: Socket, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

const tokenInQuery = ({ url }: IncomingMessage): string | undefined =>
  URL.parse(url ?? '', 'http://server')?.searchParams.get('token') ?? undefined;
