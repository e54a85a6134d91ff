/**
 * The one wrapper around every call, whatever way it came: who calls, under which request id, its arguments settled, its outcome
 * logged with its time, its errors turned into what the function declares. What is not a domain error is a fault of ours: it goes to
 * the log with its stack, and the caller hears its request id alone.
 */
import { JobTemplateLockFailed } from '#gen/job_template_types';
import type { Clock } from '../base/clock.ts';
import { BadRequest, DomainError, LockedByOther, Unauthorized, Unsupported } from '../base/errors.ts';
import type { Ids } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import type { Caller } from '../domain/privileges.ts';
import { callerOf } from '../services/authentication/caller.ts';
import type { Call, OpenCall, Session } from '../services/call.ts';
import { toLock } from '../services/job-templates/wire.ts';
import { internalError, systemException } from '../services/wire-errors.ts';
import type { Store } from '../store/database.ts';
import { settledArguments } from './arguments.ts';
import type { ServedFunction } from './functions.ts';

/** The caller's side of a connection: the token it is bound to, if any. */
export interface TokenSession extends Session {
  readonly token: string | undefined;
}

/** A field of the function's result struct, and what goes into it. */
export interface Outcome {
  readonly field: string;
  readonly value: unknown;
  readonly requestId: string;
}

export class Calls {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #logger: Logger;

  constructor(store: Store, clock: Clock, ids: Ids, logger: Logger) {
    this.#store = store;
    this.#clock = clock;
    this.#ids = ids;
    this.#logger = logger;
  }

  /** Never rejects. */
  async answer(served: ServedFunction, args: readonly unknown[], session: TokenSession): Promise<Outcome> {
    const call: OpenCall = { requestId: this.#ids.next(), now: this.#clock.now(), ids: this.#ids, session };
    const started = performance.now();
    let caller: Caller | undefined;
    try {
      caller = served.needsToken ? await this.#caller(call, session) : undefined;
      const value = await handled(served, { ...call, ...(caller && { caller }) }, args);
      this.#logger.debug({ ...facts(served, call.requestId, started), outcome: 'ok' });
      return { field: 'success', value, requestId: call.requestId };
    } catch (error) {
      return this.#failed(served, call, caller, started, error);
    }
  }

  /** The outcome of what is no domain error: all of it goes to the log, the request id alone to the caller. */
  fault(served: ServedFunction, requestId: string, error: unknown, started = performance.now()): Outcome {
    this.#logger.error({ ...facts(served, requestId, started), outcome: 'internal-error', err: error });
    return declared(served, 'common.SystemException', internalError(requestId), requestId);
  }

  /** The outcome of a call whose answer does not fit into a message. */
  tooLong(served: ServedFunction, requestId: string, bytes: number): Outcome {
    const error = new BadRequest(
      'limit-exceeded',
      `the answer has ${bytes} bytes, more than a message may have; ask for less at once`,
    );
    this.#logger.warn({ ...facts(served, requestId, performance.now()), outcome: error.slug, message: error.message });
    return declared(served, 'common.SystemException', systemException(error, requestId), requestId);
  }

  #caller(call: OpenCall, { token }: TokenSession): Promise<Caller> {
    if (token !== undefined) return this.#store.read(reader => callerOf(reader, token, call.now));
    throw new Unauthorized(
      'not-logged-in',
      'this connection has no token; call login, or authenticate with a token, first',
    );
  }

  #failed(
    served: ServedFunction,
    call: OpenCall,
    caller: Caller | undefined,
    started: number,
    error: unknown,
  ): Outcome {
    if (!(error instanceof DomainError)) {
      return this.fault(served, call.requestId, error, started);
    }
    this.#logger.warn({ ...facts(served, call.requestId, started), outcome: error.slug, message: error.message });
    if (error instanceof LockedByOther && caller && throws(served, LOCK_FAILED)) {
      return declared(
        served,
        LOCK_FAILED,
        new JobTemplateLockFailed({ previousLock: toLock(error.holding, caller.tokenId), message: error.message }),
        call.requestId,
      );
    }
    return declared(served, 'common.SystemException', systemException(error, call.requestId), call.requestId);
  }
}

const LOCK_FAILED = 'job_template.JobTemplateLockFailed';

async function handled(served: ServedFunction, call: Call | OpenCall, args: readonly unknown[]): Promise<unknown> {
  const settled = settledArguments(served.idl.arguments, args);
  if (!served.handle) {
    throw new Unsupported('not-implemented', `${served.fullName}: this version of the server does not serve it yet`, {
      function: served.fullName,
    });
  }
  const value = await served.handle(call, ...settled);
  if (value == null && served.idl.returns !== 'void') throw new Error(`${served.fullName} returned nothing`);
  return value;
}

const facts = (served: ServedFunction, requestId: string, started: number) => ({
  call: served.fullName,
  requestId,
  ms: Math.round((performance.now() - started) * 1000) / 1000,
});

const throws = (served: ServedFunction, exception: string) =>
  served.idl.throws.find(declaration => declaration.exception === exception);

function declared(served: ServedFunction, exception: string, value: unknown, requestId: string): Outcome {
  const declaration = throws(served, exception);
  if (!declaration) throw new Error(`${served.fullName} does not declare ${exception}`);
  return { field: declaration.name, value, requestId };
}
