/** A client of the web socket that events are told on. */
import { once } from 'node:events';
import WebSocket from 'ws';
import { until } from './events.ts';
import type { TestUser } from './seed.ts';

export interface Heard {
  readonly msgType: string;
  readonly message: Readonly<Record<string, unknown>>;
  readonly timestamp: number;
}

export interface Opening {
  /** Whose token goes with the request. */
  readonly user?: TestUser;
  readonly query?: string;
}

export class TestSocket {
  readonly heard: Heard[] = [];
  closed: { code: number; reason: string } | undefined;
  readonly socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', data => this.heard.push(JSON.parse(String(data))));
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    socket.on('error', () => {});
  }

  static async open({ host, port }: { host: string; port: number }, { user, query = '' }: Opening = {}) {
    const headers = user ? { authorization: `Bearer ${user.token}` } : {};
    const socket = new WebSocket(`ws://${host}:${port}/api/notifications/socket${query}`, { headers });
    const opened = new TestSocket(socket);
    await once(socket, 'open');
    return opened;
  }

  say(said: unknown): void {
    this.socket.send(typeof said === 'string' ? said : JSON.stringify(said));
  }

  subscribe(jobIds: readonly string[], more: object = {}): void {
    this.say({ msgType: 'subscribe', jobIds, ...more });
  }

  get kinds(): string[] {
    return this.heard.map(({ msgType }) => msgType);
  }

  /** Waits until so many messages have come, and returns them. */
  async hears(count: number): Promise<Heard[]> {
    await until(() => this.heard.length >= count);
    return this.heard;
  }

  async isClosed(): Promise<{ code: number; reason: string }> {
    await until(() => this.closed !== undefined);
    return this.closed!;
  }

  end(): void {
    this.socket.terminate();
  }
}
