/** A socket to the server in one channel: bytes out in the pieces that are asked for, answers in as they are cut from the stream. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Channel } from './channels.ts';
import { otherTransport } from './http.ts';
import type { Answer } from './transports.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

const CONNECT_ATTEMPTS = 20;
const SECOND_LOOK_MS = 100;

export class Connection {
  /** Answers without what wraps them, in the order in which they came; whoever judges them takes them out. */
  readonly answers: Answer[] = [];
  /** Whether the connection is over, whoever ended it. */
  ended = false;
  /** What was wrong with the stream, if it could not be cut into answers. */
  garbage: Error | undefined;
  /** Whether what was sent may look like the beginning of another channel, and be answered in its way. */
  mayBeMistaken = false;
  readonly #socket: Socket;
  readonly #channel: Channel;
  #unread: Buffer = Buffer.alloc(0);
  #wake: (() => void) | undefined;

  private constructor(socket: Socket, channel: Channel) {
    this.#socket = socket;
    this.#channel = channel;
    socket.on('data', chunk => this.#take(chunk as Buffer));
    // The end follows every error; a reset is one way to end a connection.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.ended = true;
      this.#wake?.();
    });
  }

  /** @throws Error when nothing listens there */
  static async open(address: Address, channel: Channel): Promise<Connection> {
    for (let attempt = 1; ; attempt++) {
      try {
        const socket = createConnection({ ...address, noDelay: true });
        await once(socket, 'connect');
        return new Connection(socket, channel);
      } catch (error) {
        // Ports of connections that ended a moment ago are not free again at once.
        if (attempt === CONNECT_ATTEMPTS) throw error;
        await sleep(50);
      }
    }
  }

  /** Pieces go out one by one, each in a turn of its own. */
  async send(pieces: readonly Buffer[]): Promise<void> {
    for (const [index, piece] of pieces.entries()) {
      if (this.ended) return;
      this.#socket.write(piece);
      if (index < pieces.length - 1) await new Promise(setImmediate);
    }
  }

  /** @returns whether it came to `done` within the time; the end of the connection is looked at too */
  async until(done: () => boolean, millis: number): Promise<boolean> {
    if (done()) return true;
    const { promise, resolve } = Promise.withResolvers<void>();
    // Where this process itself was held up, what arrived meanwhile is read first.
    let timer = setTimeout(() => {
      timer = setTimeout(resolve, SECOND_LOOK_MS);
    }, millis);
    this.#wake = () => {
      if (done()) resolve();
    };
    await promise;
    this.#wake = undefined;
    clearTimeout(timer);
    return done();
  }

  /** Says that nothing more comes; answers still do. */
  finish(): void {
    this.#socket.end();
  }

  abort(how: 'close' | 'reset' = 'close'): void {
    if (how === 'reset') this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    try {
      for (let next = this.#cut(); next; next = this.#cut()) {
        this.answers.push(next.answer);
        this.#unread = next.rest;
      }
    } catch (error) {
      this.garbage = error as Error;
      this.#socket.destroy();
    }
    this.#wake?.();
  }

  #cut() {
    const other = this.mayBeMistaken ? otherTransport(this.#unread, this.#channel.transport) : undefined;
    return (other ?? this.#channel.transport).cut(this.#unread, this.#channel.protocol);
  }
}
