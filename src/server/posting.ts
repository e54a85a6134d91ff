/** Posts JSON to a webhook, signed, and tells whether it was taken. Webhooks are called by the rules that hold for steps. */
import type { OutboundCaller } from './outbound/caller.ts';

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
  caller: OutboundCaller,
): Promise<string | undefined> {
  const headers = { 'Content-Type': 'application/json' };
  const marks = { 'X-Jobwright-Delivery': delivery, 'X-Jobwright-Signature': signature };
  const answer = await caller.post({ method: 'POST', url, headers, body, timeoutMs: ANSWER_WITHIN_MS }, marks, ending);
  if ('failure' in answer) return answer.failure.slice(0, LONGEST_FAILURE);
  return answer.status >= 200 && answer.status < 300 ? undefined : `answered with ${answer.status}`;
}
