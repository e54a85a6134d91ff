/**
 * The one wrapper around every call, whatever way it came: who calls, under which request id, its arguments read and settled, its
 * outcome logged and counted with its time, its errors turned into what the function declares. What is not a domain error is a fault
 * of ours: it goes to the log with its stack, and the caller hears its request id alone.
 *
 * The caller is found before the arguments are read: who has no token makes the server read nothing.
 */
import { randomUUID } from 'node:crypto';
import { JobTemplateLockFailed } from '#gen/job_template_types';
import type { Clock } from '../base/clock.ts';
import { BadRequest, Busy, DomainError, LockedByOther, Unauthorized } from '../base/errors.ts';
import type { Ids } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import { callerOf } from '../services/authentication/caller.ts';
import type { Call, OpenCall, Session } from '../services/call.ts';
import { toLock } from '../services/job-templates/wire.ts';
import { internalError, systemException } from '../services/wire-errors.ts';
import type { Store } from '../store/database.ts';
import type { ServedFunction } from './functions.ts';
import { handled, type ReadArguments } from './handling.ts';
import { type Metrics, REFUSALS } from './metrics.ts';
import { Waits } from './waits.ts';
import { TooLong } from './wire/bytes.ts';
import { Malformed } from './wire/protocol.ts';

/** The caller's side of a connection or of a request. */
export interface CallerSession extends Session {
  /** The token that it carries or is bound to, if any. */
  readonly token: string | undefined;
  /** The id that the client itself gave the request, for the log. */
  readonly clientRequestId?: string | undefined;
  /** Hears that its token is good. */
  authenticated(): void;
}

/** A field of the function's result struct, and what goes into it. */
export interface Outcome {
  readonly field: string;
  readonly value: unknown;
  readonly requestId: string;
}

export interface CallLimits {
  /** Calls that are worked on at one time, of all connections. */
  readonly callsInFlight: number;
  /** After so many milliseconds a call is answered without its outcome. */
  readonly requestMs: number;
  /** Bytes of one answer. */
  readonly messageBytes: number;
}

/** A call that is being worked on. */
interface Running {
  readonly served: ServedFunction;
  /** With its caller as soon as the caller is known. */
  call: OpenCall | Call;
  readonly session: CallerSession;
  /** Of performance.now(); a call that has waited began anew then. */
  started: number;
  /** Among the calls that are worked on. */
  isCounted: boolean;
  readonly settle: (outcome: Outcome) => void;
}

const SWEEP_MS = 1000;

export class Calls {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #logger: Logger;
  readonly #limits: CallLimits;
  readonly #metrics: Metrics;
  readonly #running = new Set<Running>();
  readonly #waits: Waits;
  readonly #sweep: NodeJS.Timeout;

  constructor(store: Store, clock: Clock, ids: Ids, logger: Logger, limits: CallLimits, metrics: Metrics) {
    this.#store = store;
    this.#clock = clock;
    this.#ids = ids;
    this.#logger = logger;
    this.#limits = limits;
    this.#metrics = metrics;
    this.#waits = new Waits(metrics);
    this.#sweep = setInterval(() => this.#endOverdue(), SWEEP_MS).unref();
  }

  /** Ends the waits of calls that wait for something to happen, now and from now on. */
  endWaits(): void {
    this.#waits.stop();
  }

  stop(): void {
    clearInterval(this.#sweep);
  }

  /** A call of its own, for requests that are none of Thrift's functions. */
  open(session: Session): OpenCall {
    // Nothing is sorted by it, so it is what is made in the least time.
    return { requestId: randomUUID(), now: this.#clock.now(), ids: this.#ids, session };
  }

  /** @throws Malformed when the arguments cannot be understood; for all else that goes wrong there is an outcome */
  answer(served: ServedFunction, read: ReadArguments, session: CallerSession): Promise<Outcome> {
    return new Promise((settle, reject) => {
      const started = performance.now();
      const running: Running = { served, call: this.open(session), session, started, isCounted: false, settle };
      if (this.#metrics.running >= this.#limits.callsInFlight)
        return settle(this.#failed(running, overloaded(this.#limits)));
      this.#running.add(running);
      this.#metrics.running++;
      running.isCounted = true;
      this.#run(running, read).then(
        outcome => this.#ended(running, () => settle(outcome)),
        error => this.#ended(running, () => reject(error)),
      );
    });
  }

  /** The outcome instead of a success that could not be written. */
  unwritten(served: ServedFunction, requestId: string, error: unknown): Outcome {
    const isTooLong = error instanceof TooLong;
    this.#metrics.of(served.fullName).recount('ok', isTooLong ? 'limit-exceeded' : 'internal-error');
    return isTooLong ? this.#tooLong(served, requestId) : this.#fault(served, requestId, error);
  }

  /** @throws Unauthorized (401), InvalidToken (497), TokenExpired (498) */
  async withCaller(call: OpenCall, session: CallerSession): Promise<Call> {
    const { token } = session;
    if (token === undefined) {
      throw new Unauthorized('not-logged-in', 'there is no token; call login, or authenticate with a token, first');
    }
    const caller = await callerOf(this.#store, token, call.now);
    session.authenticated();
    return {
      ...call,
      caller,
      patience: ms => this.#waits.begin(ms, session),
      again: () => this.withCaller({ ...call, now: this.#clock.now() }, session),
    };
  }

  /** Never rejects but with Malformed. */
  async #run(running: Running, read: ReadArguments): Promise<Outcome> {
    const { served, session } = running;
    try {
      if (served.needsToken) running.call = this.#waiting(running, await this.withCaller(running.call, session));
      const value = await handled(served, running.call, read);
      this.#count(running, 'ok');
      return { field: 'success', value, requestId: running.call.requestId };
    } catch (error) {
      if (error instanceof Malformed) throw error;
      return this.#failed(running, error);
    }
  }

  /**
   * A call that waits is none of those that are worked on: it takes no place among them, and none of the time of one. It does not
   * take its place back either: when something happens, many go on at once.
   */
  #waiting(running: Running, call: Call): Call {
    const rest = () => {
      this.#running.delete(running);
      this.#uncount(running);
    };
    const goOn = () => {
      running.started = performance.now();
      this.#running.add(running);
    };
    return { ...call, patience: ms => this.#waits.begin(ms, running.session, rest, goOn) };
  }

  #uncount(running: Running): void {
    if (running.isCounted) this.#metrics.running--;
    running.isCounted = false;
  }

  #ended(running: Running, settle: () => void): void {
    this.#uncount(running);
    // One that took too long was answered already.
    if (this.#running.delete(running)) settle();
  }

  #endOverdue(): void {
    const { requestMs } = this.#limits;
    const overdue = performance.now() - requestMs;
    for (const running of this.#running) {
      // In the order in which they began.
      if (running.started > overdue) return;
      this.#running.delete(running);
      running.settle(this.#failed(running, tookTooLong(requestMs)));
    }
  }

  #failed(running: Running, error: unknown): Outcome {
    const { served, call } = running;
    const { requestId } = call;
    if (!(error instanceof DomainError)) {
      this.#observe(running, 'internal-error');
      return this.#fault(served, requestId, error);
    }
    this.#count(running, error.slug, error);
    if (error instanceof LockedByOther && 'caller' in call && throws(served, LOCK_FAILED)) {
      const failed = { previousLock: toLock(error.holding, call.caller.tokenId), message: error.message };
      return declared(served, LOCK_FAILED, new JobTemplateLockFailed(failed), requestId);
    }
    return declared(served, SYSTEM_EXCEPTION, systemException(error, requestId), requestId);
  }

  /** The outcome of what is no domain error: all of it goes to the log, the request id alone to the caller. */
  #fault(served: ServedFunction, requestId: string, error: unknown): Outcome {
    this.#logger.error({ call: served.fullName, requestId, outcome: 'internal-error', err: error });
    return declared(served, SYSTEM_EXCEPTION, internalError(requestId), requestId);
  }

  #tooLong(served: ServedFunction, requestId: string): Outcome {
    const { messageBytes } = this.#limits;
    const error = new BadRequest(
      'limit-exceeded',
      `the answer has more than ${messageBytes} bytes, more than a message may have; ask for less at once`,
      { limit: String(messageBytes) },
    );
    this.#logger.warn({ call: served.fullName, requestId, outcome: error.slug, message: error.message });
    return declared(served, SYSTEM_EXCEPTION, systemException(error, requestId), requestId);
  }

  #observe({ served, started }: Running, outcome: string): number {
    const milliseconds = performance.now() - started;
    this.#metrics.of(served.fullName).observe(outcome, milliseconds);
    return milliseconds;
  }

  #count(running: Running, outcome: string, error?: DomainError): void {
    const milliseconds = this.#observe(running, outcome);
    const refusal = error && REFUSALS[String(error.details.exceeded)];
    if (refusal) this.#metrics.refused(refusal);
    if (!error && !this.#logger.isLevelEnabled('debug')) return;
    const { served, call, session } = running;
    this.#logger[error ? 'warn' : 'debug']({
      call: served.fullName,
      requestId: call.requestId,
      clientRequestId: session.clientRequestId?.slice(0, 100),
      ms: Math.round(milliseconds * 1000) / 1000,
      outcome,
      message: error?.message,
    });
  }
}

const SYSTEM_EXCEPTION = 'common.SystemException';
const LOCK_FAILED = 'job_template.JobTemplateLockFailed';

const overloaded = ({ callsInFlight }: CallLimits): Busy =>
  new Busy('overloaded', `the server works on ${callsInFlight} calls already; try again in a moment`, {
    exceeded: 'callsInFlight',
  });

const tookTooLong = (milliseconds: number): Busy =>
  new Busy(
    'request-time',
    `no outcome after ${milliseconds / 1000} s; the call may still be carried out: look, or repeat it with the same requestId`,
    { exceeded: 'requestMs' },
  );

const throws = (served: ServedFunction, exception: string) =>
  served.idl.throws.find(declaration => declaration.exception === exception);

function declared(served: ServedFunction, exception: string, value: unknown, requestId: string): Outcome {
  const declaration = throws(served, exception);
  if (!declaration) throw new Error(`${served.fullName} does not declare ${exception}`);
  return { field: declaration.name, value, requestId };
}
