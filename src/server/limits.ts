/** Every bound on what comes from outside. The defaults are safe for a small machine; docs/limits.md explains each. */
import type { CallLimits } from './calls.ts';
import { type InboundLimits, LONGEST_MESSAGE } from './wire/inbound.ts';

export interface Limits extends InboundLimits, CallLimits {
  /** Open connections in all, and of one address. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** A connection that has not shown a token after so long is closed. */
  readonly unauthenticatedMs: number;
  /** A message that has begun must be there whole after so long. */
  readonly halfMessageMs: number;
  /** A connection on which nothing moves for so long is closed. */
  readonly idleMs: number;
  /** Requests of one connection that have arrived and wait for their turn: beyond, no more is read from it. */
  readonly pipelined: number;
  /** Bytes of answers that a client has not read yet: beyond, no more of its requests are taken up. */
  readonly unreadBytes: number;
  /** A client that reads nothing of what waits for it for so long is closed. */
  readonly unreadMs: number;
  /** Bytes of messages, of all connections together, that have begun and are not whole. */
  readonly halfMessagesBytes: number;
  /** Bytes of one document or attachment. */
  readonly fileBytes: number;
  /** Open web sockets in all, and of one user. */
  readonly sockets: number;
  readonly socketsPerUser: number;
  /** Jobs that one web socket is told of. */
  readonly subscriptions: number;
  /** Running calls have so long to end when the server stops. */
  readonly graceMs: number;
  /** Before it stops, the server says for so long that it is not ready, and still answers. */
  readonly drainMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  messageBytes: LONGEST_MESSAGE,
  stringBytes: 8 * 1024 * 1024,
  containerElements: 100_000,
  messageElements: 500_000,
  nesting: 64,
  jsonBytes: 1024 * 1024,
  connections: 10_000,
  connectionsPerAddress: 2_000,
  unauthenticatedMs: 60_000,
  halfMessageMs: 20_000,
  idleMs: 3_600_000,
  pipelined: 1_000,
  callsInFlight: 1_000,
  unreadBytes: 4 * 1024 * 1024,
  unreadMs: 60_000,
  halfMessagesBytes: 256 * 1024 * 1024,
  requestMs: 60_000,
  fileBytes: 100 * 1024 * 1024,
  sockets: 5_000,
  socketsPerUser: 50,
  subscriptions: 1_000,
  graceMs: 10_000,
  drainMs: 0,
};
