/**
 * A client of the bare server: a connection of node:net that is kept, one request at a time on it, the answer cut out by its
 * content-length. That is less work than node:http's client or fetch make of it, so it is not the client that holds the bare server back.
 */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const CLOSED = 'the bare server has closed the connection';
const LENGTH = /content-length: (\d+)/i;

export class BareClient {
  readonly #socket: Socket;
  readonly #head: string;
  #received: Buffer = Buffer.alloc(0);
  #waiting: PromiseWithResolvers<unknown> | undefined;

  private constructor(socket: Socket, token: string) {
    this.#socket = socket;
    this.#head = `HTTP/1.1\r\nhost: bare\r\nauthorization: ${token}\r\ncontent-type: application/json\r\ncontent-length: `;
    socket.on('data', chunk => this.#receive(chunk as Buffer));
    socket.on('error', () => {});
    socket.on('close', () => this.#waiting?.reject(new Error(CLOSED)));
  }

  static async connect(port: number, token: string): Promise<BareClient> {
    const socket = createConnection({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new BareClient(socket, token);
  }

  /** @throws Error when the answer is not 200 */
  call<T = unknown>(route: string, body: object = {}): Promise<T> {
    if (this.#socket.destroyed) throw new Error(CLOSED);
    const json = JSON.stringify(body);
    this.#waiting = Promise.withResolvers();
    this.#socket.write(`POST /${route} ${this.#head}${Buffer.byteLength(json)}\r\n\r\n${json}`);
    return this.#waiting.promise as Promise<T>;
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const end = this.#received.indexOf(END_OF_HEAD);
    if (end < 0) return;
    const head = this.#received.toString('latin1', 0, end);
    const start = end + END_OF_HEAD.length;
    const length = Number(LENGTH.exec(head)![1]);
    if (this.#received.length < start + length) return;
    const json = this.#received.toString('utf8', start, start + length);
    this.#received = Buffer.alloc(0);
    if (head.startsWith('HTTP/1.1 200')) this.#waiting!.resolve(JSON.parse(json));
    else this.#waiting!.reject(new Error(json));
  }
}
