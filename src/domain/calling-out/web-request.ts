/** The action webRequest: one request, again after a failure that may pass. */
import type { WebRequestAction } from '#gen/flow_types';
import {
  type Answer,
  type CallOut,
  contentOf,
  DEFAULT_TIMEOUT_MS,
  type Filled,
  failed,
  isReply,
  mayPass,
  pauseBehind,
  reasonOf,
  seenResponse,
  type Verdict,
} from './call-out.ts';
import { keptPart } from './kept-part.ts';

const DEFAULT_RETRIES = 3;

export const webRequestOf = (action: WebRequestAction, filled: Filled): CallOut => ({
  method: action.httpMethod,
  url: filled(action.url, 'url'),
  timeoutMs: action.timeoutMs ?? DEFAULT_TIMEOUT_MS,
  ...contentOf(action, filled),
});

/** @param attempt which one was answered so, from 1 */
export function webRequestVerdict(action: WebRequestAction, answer: Answer, attempt: number, now: number): Verdict {
  if (!isReply(answer) || !isSuccess(action, answer.status)) {
    const reason = reasonOf(answer);
    if (!mayPass(answer) || attempt > (action.retries ?? DEFAULT_RETRIES))
      return failed(`${action.httpMethod}: ${reason}`, isReply(answer) ? String(answer.status) : undefined);
    const pause = pauseBehind(attempt);
    const msg = `attempt ${attempt} failed: ${reason}; the next is in ${pause / 1000} s`;
    return { kind: 'again', state: {}, nextAt: now + pause, telling: { msg, msgCode: 'retry' } };
  }
  const property = keptPart(action, answer);
  if (property && 'kind' in property) return property;
  return { kind: 'done', response: seenResponse(answer.body), result: String(answer.status), property };
}

const isSuccess = ({ successStatuses }: WebRequestAction, status: number): boolean =>
  successStatuses?.length ? successStatuses.includes(status) : status >= 200 && status < 300;
