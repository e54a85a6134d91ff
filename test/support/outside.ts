/** Somebody outside whom steps call: a real HTTP server on loopback that answers as it is told. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came. */
export interface Got {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answering = (response: ServerResponse, got: Got) => void;

export class Outside {
  readonly got: Got[] = [];
  /** How the next requests are answered, one each; then `answer` is. */
  readonly next: Answering[] = [];
  answer: Answering = json(200, { state: 'fine' });
  url = '';
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      const got = { method: request.method!, path: request.url!, headers: request.headers, body };
      this.got.push(got);
      (this.next.shift() ?? this.answer)(response, got);
    });
  }

  static async start(): Promise<Outside> {
    const outside = new Outside();
    await new Promise<void>(resolve => outside.#server.listen(0, '127.0.0.1', resolve));
    outside.url = `http://127.0.0.1:${(outside.#server.address() as AddressInfo).port}`;
    return outside;
  }

  /** As new. */
  forget(): void {
    this.got.length = 0;
    this.next.length = 0;
    this.answer = json(200, { state: 'fine' });
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

export const json =
  (status: number, value: unknown, headers: Record<string, string> = {}): Answering =>
  response => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(JSON.stringify(value));
  };

export const text =
  (status: number, body: string | Buffer, headers: Record<string, string> = {}): Answering =>
  response => {
    response.writeHead(status, headers);
    response.end(body);
  };

/** Says nothing, and keeps the connection. */
export const hangs: Answering = () => {};

/** Breaks the connection off. */
export const breaks: Answering = response => {
  response.destroy();
};
