/** Posts JSON to a webhook, signed, and tells whether it was taken. */

import type { Logger } from '../base/logger.ts';

export const ANSWER_WITHIN_MS = 10_000;
const LONGEST_FAILURE = 200;

export interface Posted {
  readonly url: string;
  /** Of X-Jobwright-Delivery: the same when it is sent again. */
  readonly delivery: string;
  /** Of X-Jobwright-Signature. */
  readonly signature: string;
  /** JSON. */
  readonly body: string;
}

/** @param ending breaks it off. @returns what came of it; undefined when it was answered with 2xx */
export async function post(
  { url, delivery, signature, body }: Posted,
  ending: AbortSignal,
  logger: Logger,
): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'Jobwright',
        'X-Jobwright-Delivery': delivery,
        'X-Jobwright-Signature': signature,
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([ending, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    // What it says beside its status does not matter, and may be without end, or break off.
    response.body?.cancel().catch(error => logger.debug({ err: error }, 'the answer to a webhook broke off'));
    return response.ok ? undefined : `answered with ${response.status}`;
  } catch (error) {
    return String((error as Error).cause ?? error).slice(0, LONGEST_FAILURE);
  }
}
