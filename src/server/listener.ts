/**
 * The TCP listener. Each connection is read message by message: the next one is taken up when the answer to the one before is
 * written, so answers come in order, a login holds for what follows it, and a client that does not read its answers holds up
 * nobody but itself.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Logger } from '../base/logger.ts';
import type { TokenSession } from './calls.ts';
import { BadFrame, FrameReader } from './wire/frames.ts';
import type { Messages } from './wire/messages.ts';

class Connection implements TokenSession {
  token: string | undefined;
  /** The answer that is being worked on, if any. */
  busy: Promise<void> | undefined;
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  bind(token: string): void {
    this.token = token;
  }

  release(): void {
    this.token = undefined;
  }
}

export class TcpListener {
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #messages: Messages;
  readonly #logger: Logger;
  #stopping = false;

  constructor(messages: Messages, logger: Logger) {
    this.#messages = messages;
    this.#logger = logger;
    this.#server = createServer({ noDelay: true }, socket => void this.#serve(new Connection(socket)));
  }

  /** @returns the address it listens on: with port 0, the port that was free */
  async listen(host: string, port: number): Promise<AddressInfo> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    return this.#server.address() as AddressInfo;
  }

  /** Takes no more connections and messages; calls that run are answered first, for `graceMs` at most. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#server.close();
    const running = [...this.#connections].map(connection => connection.busy);
    const grace = AbortSignal.timeout(graceMs);
    await Promise.race([Promise.allSettled(running), once(grace, 'abort')]);
    for (const { socket } of this.#connections) socket.destroy();
  }

  async #serve(connection: Connection): Promise<void> {
    this.#connections.add(connection);
    const { socket } = connection;
    try {
      const frames = new FrameReader();
      for await (const chunk of socket) {
        for (const message of frames.push(chunk)) {
          if (this.#stopping) return;
          if (!(await this.#answered(connection, message))) return;
        }
      }
    } catch (error) {
      // A client that goes away in the middle is none of our faults.
      if (error instanceof BadFrame) this.#logger.warn({ err: error }, 'a connection is closed');
      else this.#logger.debug({ err: error }, 'a connection broke');
    } finally {
      // What was written last still goes out.
      socket.destroySoon();
      this.#connections.delete(connection);
    }
  }

  /** @returns whether the connection goes on */
  async #answered(connection: Connection, message: Buffer): Promise<boolean> {
    let goesOn = false;
    connection.busy = this.#messages.answer(message, connection).then(async ({ frame, last }) => {
      goesOn = !last;
      if (frame) await written(connection.socket, frame);
    });
    await connection.busy;
    connection.busy = undefined;
    return goesOn;
  }
}

/** Resolves when the client may send more: at once, or when it has read enough of what waits for it, or is gone. */
async function written(socket: Socket, frame: Buffer): Promise<void> {
  if (socket.write(frame) || socket.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once('drain', resolve).once('close', resolve);
  await promise;
  socket.off('drain', resolve).off('close', resolve);
}
