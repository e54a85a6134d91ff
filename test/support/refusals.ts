/** Refusals as tests expect them. */
import { expect } from '@jest/globals';
import type { ErrorCode } from '#gen/common_types';
import { SystemException } from '#gen/common_types';

/**
 * The SystemException that `call` fails with.
 * @throws Error when it succeeds, or fails with anything else
 */
export async function refusalOf(call: Promise<unknown>): Promise<SystemException> {
  const outcome = await call.then(
    value => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('value' in outcome) throw new Error(`expected a refusal, but the call answered ${JSON.stringify(outcome.value)}`);
  if (outcome.error instanceof SystemException) return outcome.error;
  throw outcome.error;
}

/** Passes when `call` is refused with this code and slug and a message that matches. */
export async function expectRefusal(
  call: Promise<unknown>,
  code: ErrorCode,
  slug: string,
  message: RegExp = /./,
): Promise<SystemException> {
  const refusal = await refusalOf(call);
  expect({ code: refusal.errorCode, slug: refusal.slug }).toEqual({ code, slug });
  expect(refusal.message).toMatch(message);
  return refusal;
}
