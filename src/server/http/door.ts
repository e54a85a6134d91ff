/**
 * HTTP: one table of routes behind node:http. What a handler refuses becomes a status with the refusal as JSON; what fails is a fault
 * of ours, which the log keeps and the client hears the id of.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { SystemException } from '#gen/common_types';
import { BadRequest, DomainError, NotFound } from '../../base/errors.ts';
import type { Call, OpenCall } from '../../services/call.ts';
import { internalError, systemException } from '../../services/wire-errors.ts';
import { keepable } from '../arguments.ts';
import type { CallerSession, Calls } from '../calls.ts';
import { addressOf, type Shared } from '../connection.ts';
import { structToJson } from '../json.ts';
import type { HttpDoor } from '../port.ts';
import { tokenIn } from '../wire/messages.ts';
import { allowOrigin, answerPreflight } from './cors.ts';
import type { Exchange, Route } from './exchange.ts';

export interface HttpSettings {
  /** Origins whose pages may call: "https://app.example.org", or "*" for all. None: pages of other origins may not. */
  readonly corsOrigins: readonly string[];
}

/** What requests for a web socket are handed to. */
export interface WebSockets {
  wants(request: IncomingMessage): boolean;
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void;
}

const KEEP_ALIVE_MS = 75_000;
const HEADERS_CHECKED_MS = 1000;

export class HttpServer implements HttpDoor {
  readonly #server: Server;
  readonly #routes: readonly Route[];
  readonly #settings: HttpSettings;
  readonly #calls: Calls;
  readonly #shared: Shared;
  /** Answers that are not at their end. */
  readonly #open = new Set<ServerResponse>();

  /** @param sockets take over the requests for a web socket */
  constructor(routes: readonly Route[], settings: HttpSettings, calls: Calls, shared: Shared, sockets?: WebSockets) {
    this.#routes = routes;
    this.#settings = settings;
    this.#calls = calls;
    this.#shared = shared;
    const { halfMessageMs, idleMs, unreadMs, requestMs } = shared.limits;
    this.#server = createServer(
      {
        headersTimeout: halfMessageMs,
        // Bodies have their own time where they are read: a file may take long as long as it moves.
        requestTimeout: 0,
        keepAliveTimeout: Math.min(idleMs, KEEP_ALIVE_MS),
        connectionsCheckingInterval: HEADERS_CHECKED_MS,
        // Whoever asks for another protocol elsewhere is answered in this one.
        shouldUpgradeCallback: request => sockets?.wants(request) ?? false,
      },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.timeout = unreadMs + requestMs;
    this.#server.on('clientError', (error, socket) => this.#badRequest(error, socket as Socket));
    this.#server.on('upgrade', (request, socket, head) => sockets?.upgrade(request, socket as Socket, head));
    // It never listens itself; only when it is said to does it look after the time of headers, and after idle connections.
    this.#server.emit('listening');
  }

  accept(socket: Socket): void {
    const { metrics } = this.#shared;
    socket.once('close', () => {
      metrics.received += socket.bytesRead;
      metrics.sent += socket.bytesWritten;
    });
    this.#server.emit('connection', socket);
    socket.resume();
  }

  /** Resolves when the requests that run are answered. */
  async stop(): Promise<void> {
    const answered = [...this.#open].map(response => once(response, 'close'));
    // Ends the connections that wait for their next request.
    this.#server.close();
    await Promise.all(answered);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#open.add(response);
    response.once('close', () => this.#open.delete(response));
    const session = new HttpSession(request);
    const call = this.#calls.open(session);
    response.setHeader('X-Request-Id', call.requestId);
    if (this.#shared.stopping) response.setHeader('Connection', 'close');
    allowOrigin(request, response, this.#settings.corsOrigins);
    try {
      if (request.method === 'OPTIONS') return answerPreflight(response);
      await this.#routed(request, response, call, session);
    } catch (error) {
      this.#failed(request, response, call, error);
    }
  }

  async #routed(request: IncomingMessage, response: ServerResponse, open: OpenCall, session: HttpSession) {
    const url = urlOf(request);
    for (const [parameter, text] of url.searchParams) keepable(text, parameter);
    session.queryToken = url.searchParams.get('token') ?? undefined;
    const here = this.#routes.flatMap(route => {
      const match = route.path.exec(url.pathname);
      return match ? [{ route, parameters: { ...match.groups } }] : [];
    });
    const found =
      here.find(({ route }) => route.method === request.method) ??
      here.find(({ route }) => route.method === 'GET' && request.method === 'HEAD');
    if (!found)
      throw here.length === 0
        ? noSuchPath(url.pathname)
        : this.#otherMethod(
            response,
            here.map(({ route }) => route.method),
          );
    const call = (): Promise<Call> => this.#calls.withCaller(open, session);
    const exchange: Exchange = { request, response, url, parameters: found.parameters, now: open.now, call };
    await found.route.handle(exchange);
    this.#shared.logger.debug({
      http: `${request.method} ${url.pathname}`,
      requestId: open.requestId,
      status: response.statusCode,
    });
  }

  #otherMethod(response: ServerResponse, methods: readonly string[]): BadRequest {
    response.setHeader('Allow', methods.join(', '));
    return new OtherMethod('invalid-argument', `method: this path takes ${methods.join(', ')}`);
  }

  #failed(request: IncomingMessage, response: ServerResponse, { requestId }: OpenCall, error: unknown): void {
    if (response.destroyed || response.headersSent) {
      this.#shared.logger.debug({ err: error, requestId }, 'an answer over HTTP ended early');
      response.destroy();
      return;
    }
    const domain = error instanceof DomainError ? error : undefined;
    if (domain) this.#shared.logger.warn({ requestId, outcome: domain.slug, message: domain.message });
    else this.#shared.logger.error({ err: error, requestId, outcome: 'internal-error' });
    const exception = domain ? systemException(domain, requestId) : internalError(requestId);
    const status = error instanceof OtherMethod ? 405 : statusOf(exception);
    if (!request.complete) response.setHeader('Connection', 'close');
    const body = Buffer.from(JSON.stringify(structToJson('common.SystemException', exception)));
    response.statusCode = status;
    response.setHeader('Content-Type', 'application/json');
    response.setHeader('Content-Length', body.length);
    response.write(body);
    void this.#drop(request).then(() => response.end());
  }

  /**
   * Reads what the client still sends of a request that is answered, for as long as a message may take. To close before would reset
   * the connection, and a client that writes before it reads would never see why.
   */
  async #drop(request: IncomingMessage): Promise<void> {
    if (request.complete || request.destroyed) return;
    request.resume();
    const late = AbortSignal.timeout(this.#shared.limits.halfMessageMs);
    await Promise.race([once(request, 'close'), once(late, 'abort')]).catch(() => {});
  }

  #badRequest(error: NodeJS.ErrnoException, socket: Socket): void {
    this.#shared.metrics.refused('malformed');
    this.#shared.logger.debug({ err: error }, 'a request over HTTP cannot be understood');
    const status = BAD_REQUESTS[error.code ?? ''] ?? '400 Bad Request';
    if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    else socket.destroy();
  }
}

const BAD_REQUESTS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

class OtherMethod extends BadRequest {}

/** Each request carries its token; nothing is bound to the connection. */
class HttpSession implements CallerSession {
  queryToken: string | undefined;
  readonly #request: IncomingMessage;

  constructor(request: IncomingMessage) {
    this.#request = request;
  }

  get token(): string | undefined {
    return tokenIn(this.#request.headers.authorization) ?? this.queryToken;
  }

  get clientRequestId(): string | undefined {
    return this.#request.headers['x-request-id'] as string | undefined;
  }

  get address(): string {
    return addressOf(this.#request.socket);
  }

  bind(): void {}
  release(): void {}
  authenticated(): void {}

  /** A call that waits is silent for longer than others may be. */
  onLeaving(hear: () => void): () => void {
    const { socket } = this.#request;
    const { timeout = 0 } = socket;
    socket.setTimeout(0);
    socket.once('end', hear).once('close', hear);
    if (socket.destroyed || socket.readableEnded) hear();
    return () => {
      socket.setTimeout(timeout);
      socket.off('end', hear).off('close', hear);
    };
  }
}

/** The sessions of requests, for routes that make calls themselves. */
export const httpSession = (request: IncomingMessage): CallerSession => new HttpSession(request);

function urlOf({ url }: IncomingMessage): URL {
  const parsed = URL.parse(url ?? '', 'http://server');
  if (parsed) return parsed;
  throw new BadRequest('invalid-argument', `path: ${(url ?? '').slice(0, 100)} is no path`);
}

const noSuchPath = (path: string): NotFound =>
  new NotFound(
    'path-not-found',
    `path: ${path.slice(0, 100)} is none that is served; Thrift calls go to /api/<module>`,
  );

/** HTTP's statuses for the codes that HTTP has no word for; the others are HTTP's own. */
const STATUSES: Readonly<Record<number, number>> = {
  413: 409,
  414: 409,
  420: 404,
  421: 501,
  430: 404,
  476: 403,
  497: 401,
  498: 401,
  550: 403,
  600: 409,
  601: 409,
};

const statusOf = ({ errorCode }: SystemException): number => STATUSES[errorCode] ?? errorCode;
