/** Somebody whom webhooks call: a real HTTP server that answers as it is told. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came. */
export interface Got {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export const thanks = (response: ServerResponse): void => void response.end('thanks');

export const fails = (status: number) => (response: ServerResponse) => {
  response.statusCode = status;
  response.end('no');
};

export const hangs = (): void => {};

export class Receiver {
  readonly got: Got[] = [];
  answer: (response: ServerResponse) => void = thanks;
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      this.got.push({ headers: request.headers, body });
      this.answer(response);
    });
  }

  /** @returns its address */
  async start(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
