/** Routes over a plain HTTP server of the test's own, which does for them what the listener does. And a client for them. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from '@jest/globals';
import type { ErrorCode } from '#gen/common_types';
import { DomainError, Unauthorized } from '../../src/base/errors.ts';
import { uuids } from '../../src/base/ids.ts';
import type { Exchange, Route } from '../../src/server/http/exchange.ts';
import { callerOf } from '../../src/services/authentication/caller.ts';
import type { Call } from '../../src/services/call.ts';
import { systemException } from '../../src/services/wire-errors.ts';
import type { TestUser } from './seed.ts';
import type { TestServer } from './server.ts';

export interface Sent {
  readonly method?: 'GET' | 'HEAD' | 'POST';
  readonly headers?: Record<string, string>;
  readonly body?: RequestInit['body'];
}

export class TestHttp {
  readonly origin: string;
  /** What handlers threw that is no refusal. */
  readonly faults: unknown[] = [];
  readonly #test: TestServer;
  readonly #routes: readonly Route[];
  readonly #server: Server;

  static async start(test: TestServer, routes: readonly Route[]): Promise<TestHttp> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TestHttp(test, routes, server);
  }

  constructor(test: TestServer, routes: readonly Route[], server: Server) {
    this.#test = test;
    this.#routes = routes;
    this.#server = server;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  /** @param user whose token goes with the request; nobody's when undefined */
  send(user: TestUser | undefined, path: string, { method = 'GET', headers, body }: Sent = {}): Promise<Response> {
    return fetch(`${this.origin}${path}`, {
      method,
      headers: { ...(user && { authorization: `Bearer ${user.token}` }), ...headers },
      ...(body != null && { body, duplex: 'half' }),
    } as RequestInit);
  }

  /** Sends a file as a raw body. */
  upload(
    user: TestUser | undefined,
    path: string,
    body: RequestInit['body'],
    type = 'application/octet-stream',
  ): Promise<Response> {
    return this.send(user, path, { method: 'POST', headers: { 'content-type': type }, body: body ?? '' });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, this.origin);
    const route = this.#routes.find(({ method, path }) => method === request.method && path.test(url.pathname));
    if (!route) {
      response.writeHead(404).end();
      return;
    }
    const parameters = { ...route.path.exec(url.pathname)!.groups };
    const now = this.#test.clock.now();
    const exchange: Exchange = { request, response, url, parameters, now, call: () => this.#call(request, url, now) };
    await route.handle(exchange).catch((error: unknown) => this.#refuse(response, error));
  }

  #refuse(response: ServerResponse, error: unknown): void {
    if (!(error instanceof DomainError)) {
      this.faults.push(error);
      response.destroy();
      return;
    }
    const exception = systemException(error, uuids.next());
    response.writeHead(exception.errorCode, { 'content-type': 'application/json' }).end(JSON.stringify(exception));
  }

  #call({ headers }: IncomingMessage, url: URL, now: number): Promise<Call> {
    const token = headers.authorization?.replace(/^Bearer /, '') ?? url.searchParams.get('token');
    const session = { bind: () => {}, release: () => {} };
    return this.#test.store.read(async reader => {
      if (token === null) throw new Unauthorized('not-logged-in', 'no token');
      return { requestId: uuids.next(), now, ids: uuids, session, caller: await callerOf(reader, token, now) };
    });
  }
}

/** The JSON of an answer of 200. */
export async function answered<T>(sending: Promise<Response>): Promise<T> {
  const response = await sending;
  const text = await response.text();
  if (response.status !== 200) throw new Error(`expected an answer, but got ${response.status}: ${text}`);
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  return JSON.parse(text) as T;
}

/** Passes when a request is refused with this code and slug and a message that matches. */
export async function expectHttpRefusal(
  sending: Promise<Response>,
  code: ErrorCode,
  slug: string,
  message: RegExp = /./,
): Promise<void> {
  const response = await sending;
  expect(response.ok).toBe(false);
  const refusal = (await response.json()) as { errorCode: ErrorCode; slug: string; message: string };
  expect({ code: refusal.errorCode, slug: refusal.slug }).toEqual({ code, slug });
  expect(refusal.message).toMatch(message);
}
