/** One call as the handlers see it. The server makes it: who calls, when, and the connection it came on. */
import type { Ids } from '../base/ids.ts';
import type { Caller } from '../domain/privileges.ts';

/** What a token is bound to: the connection of the caller. */
export interface Session {
  /** Where the caller's end of the connection is: an IP address, or 'local' for a socket of this machine. */
  readonly address: string;
  bind(token: string): void;
  release(): void;
  /** Tells when the client has said all or is gone: what waits for its sake need not wait longer. @returns what ends that */
  onLeaving(hear: () => void): () => void;
}

/** The time that a call may wait for something to happen. Meanwhile it is not counted among the calls that are worked on. */
export interface Patience {
  /** The time has run out, the client is gone or the server stops. */
  readonly isOver: boolean;
  /** Resolves when `news` does, or when it is over; rejects when `news` does. */
  until(news: Promise<void>): Promise<void>;
  /** Must be called at the end. */
  end(): void;
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
  /** @param ms how long it may wait in all */
  patience(ms: number): Patience;
  /** The call as of now, after a wait. @throws InvalidToken (497), TokenExpired (498) when its token has ended meanwhile */
  again(): Promise<Call>;
}
