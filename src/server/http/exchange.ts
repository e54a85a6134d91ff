/** HTTP requests that are no Thrift calls: what a route is given, and what it is. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Call } from '../../services/call.ts';

/** One HTTP request that is not a Thrift call, on its way to an answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** The names that the path's pattern captured, as they stand in the path: the patterns let nothing in that is encoded. */
  readonly parameters: Readonly<Record<string, string>>;
  /** When the request came, in epoch milliseconds: what counts where nobody calls, as with signed addresses. */
  readonly now: number;
  /**
   * The call that this request is, its caller found by the Authorization header (or ?token=).
   * @throws Unauthorized (401), InvalidToken (497), TokenExpired (498)
   */
  call(): Promise<Call>;
}

/**
 * What answers a method at a path. A handler that throws a DomainError has not answered yet: the listener does. One that answered in
 * part, and cannot go on, has destroyed the response.
 */
export interface Route {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  /** Matches the whole path. */
  readonly path: RegExp;
  handle(exchange: Exchange): Promise<void>;
}
