/** One call as the handlers see it. The server makes it: who calls, when, and the connection it came on. */
import type { Ids } from '../base/ids.ts';
import type { Caller } from '../domain/privileges.ts';

/** What a token is bound to: the connection of the caller. */
export interface Session {
  /** Where the caller's end of the connection is: an IP address, or 'local' for a socket of this machine. */
  readonly address: string;
  bind(token: string): void;
  release(): void;
}

/** A call of a function that needs no token. */
export interface OpenCall {
  /** For the log and for the caller's questions: every answer that failed carries it. */
  readonly requestId: string;
  /** The time of the call in epoch milliseconds. */
  readonly now: number;
  readonly ids: Ids;
  readonly session: Session;
}

export interface Call extends OpenCall {
  readonly caller: Caller;
}
