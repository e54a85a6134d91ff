/**
 * The action externalService: work is submitted, then its state is asked for until it is over.
 *
 *   submitting -- accepted --> asking -- a state of success --> done;  -- a state of failure, or out of time --> failed
 *   submitting -- refused, or failed for the fourth time, or out of time --> failed
 *   asking -- ten questions in a row without a good answer --> broken off -- refreshSteps --> asking;  -- out of time --> failed
 */
import type { ExternalServiceAction } from '#gen/flow_types';
import { parsedJson, pointed, textAt } from '../json-pointer.ts';
import {
  type Again,
  type Answer,
  type CallOut,
  contentOf,
  DEFAULT_TIMEOUT_MS,
  type Failed,
  type Filled,
  failed,
  isReply,
  mayPass,
  pauseBehind,
  type Reply,
  reasonOf,
  seenResponse,
  type Verdict,
} from './call-out.ts';
import { keptPart, partOf } from './kept-part.ts';

/** What is known of the work between two requests. */
export interface ServiceState {
  /** Where its state is asked for; unset before it was accepted. */
  readonly pollUrl?: string;
  /** Requests in a row that failed. */
  readonly failed?: number;
  /** What the service said last. */
  readonly message?: string;
  /** The asking broke off. */
  readonly broken?: true;
}

const MOST_SUBMISSIONS = 4;
const MOST_FAILED_POLLS = 10;
const DEFAULT_INTERVAL_MS = 10_000;
const LONGEST_PAUSE_MS = 15 * 60 * 1000;
const DEFAULT_TIME_MS = 24 * 60 * 60 * 1000;
const LONGEST_MESSAGE = 2_000;

/** A run of the action, at the moment of a request. */
export interface ServiceRun {
  readonly action: ExternalServiceAction;
  readonly state: ServiceState;
  readonly startedAt: number;
  readonly now: number;
}

const deadlineOf = ({ action, startedAt }: ServiceRun): number => startedAt + (action.timeoutMs ?? DEFAULT_TIME_MS);

/** @returns the next request, or a failure when the time is over */
export function serviceRequestOf(run: ServiceRun, filled: Filled): CallOut | Failed {
  const { action, state, now } = run;
  if (now >= deadlineOf(run))
    return failed(`the work was not done in ${(action.timeoutMs ?? DEFAULT_TIME_MS) / 1000} s`);
  const timeoutMs = action.requestTimeoutMs ?? DEFAULT_TIMEOUT_MS;
  const { headers, body } = contentOf(action, filled);
  if (state.pollUrl === undefined)
    return { method: 'POST', url: filled(action.submitUrl, 'url'), timeoutMs, headers, body };
  return { method: 'GET', url: state.pollUrl, timeoutMs, headers: withoutContent(headers), body: undefined };
}

const withoutContent = (headers: CallOut['headers']): CallOut['headers'] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !name.toLowerCase().startsWith('content-')));

/** @param sent what was answered so */
export const serviceVerdict = (run: ServiceRun, sent: CallOut, answer: Answer, filled: Filled): Verdict =>
  run.state.pollUrl === undefined ? submitted(run, sent, answer, filled) : asked(run, answer);

function submitted(run: ServiceRun, sent: CallOut, answer: Answer, filled: Filled): Verdict {
  const { action, state, now } = run;
  if (isReply(answer) && answer.status >= 200 && answer.status < 300) {
    const pollUrl = pollUrlOf(action, sent, answer, filled);
    return typeof pollUrl === 'string' ? asking(run, { pollUrl }) : pollUrl;
  }
  const attempt = (state.failed ?? 0) + 1;
  const reason = reasonOf(answer);
  if (!mayPass(answer) || attempt >= MOST_SUBMISSIONS)
    return failed(`submission: ${reason}`, isReply(answer) ? String(answer.status) : undefined);
  const pause = pauseBehind(attempt);
  const msg = `submission ${attempt} failed: ${reason}; the next is in ${pause / 1000} s`;
  return { kind: 'again', state: { failed: attempt }, nextAt: now + pause, telling: { msg, msgCode: 'retry' } };
}

/** Where the state of accepted work is asked for. What is sent there may be secret: it goes to nobody else than the submission. */
function pollUrlOf(action: ExternalServiceAction, sent: CallOut, reply: Reply, filled: Filled): string | Failed {
  const status = String(reply.status);
  if (action.ticketPointer && action.pollUrl) {
    const ticket = partOf(reply, action.ticketPointer);
    if (ticket && typeof ticket !== 'string') return failed(`submission: no ticket; ${ticket.message}`, status);
    return !ticket
      ? failed(`submission: no ticket; ${action.ticketPointer} is empty`, status)
      : filled(action.pollUrl, 'url', { ticket });
  }
  const location = reply.location === undefined ? null : URL.parse(reply.location, sent.url);
  if (!location) return failed('submission: the answer has no Location header that is an address', status);
  return location.origin === new URL(sent.url).origin
    ? location.href
    : failed(`submission: the Location header leads to another server, ${location.origin}`, status);
}

function asked(run: ServiceRun, answer: Answer): Verdict {
  const { action, state } = run;
  if (!isReply(answer) && answer.isFinal) return failed(answer.failure);
  const found = isReply(answer) ? stateIn(action, answer) : { fault: answer.failure };
  if ('fault' in found) return unanswered(run, found.fault);
  const { status, stands, says } = found;
  if (stands === 'failed') return failed(says ?? `the service says: ${status}`, status);
  if (stands === 'running') return asking(run, { ...(says !== undefined && { message: says }) }, state.message);
  const reply = answer as Reply;
  const property = keptPart(action, reply);
  if (property && 'kind' in property) return property;
  return { kind: 'done', response: seenResponse(reply.body), result: status, property };
}

interface Found {
  readonly status: string;
  readonly stands: 'running' | 'done' | 'failed';
  readonly says: string | undefined;
}

function stateIn(action: ExternalServiceAction, reply: Reply): Found | { readonly fault: string } {
  const { statePointer, messagePointer, successStates, failureStates } = action;
  if (reply.status < 200 || reply.status > 299) return { fault: reasonOf(reply) };
  const json = statePointer || messagePointer ? parsedJson(reply.isWhole ? reply.body : '') : undefined;
  const at = (pointer: string) => {
    const value = json && pointed(json.value, pointer);
    return value === undefined ? undefined : textAt(value).slice(0, LONGEST_MESSAGE);
  };
  const says = messagePointer ? at(messagePointer) || undefined : undefined;
  if (!statePointer) {
    if (![200, 202].includes(reply.status)) return { fault: reasonOf(reply) };
    return { status: String(reply.status), stands: reply.status === 200 ? 'done' : 'running', says };
  }
  const status = at(statePointer);
  if (status === undefined) return { fault: `the answer has no state at ${statePointer}` };
  const stands = successStates?.includes(status) ? 'done' : failureStates?.includes(status) ? 'failed' : 'running';
  return { status, stands, says: says ?? (stands === 'running' ? status : undefined) };
}

/** The next question. @param saidBefore what is said anew is told */
function asking(run: ServiceRun, known: ServiceState, saidBefore?: string): Again {
  const pollUrl = known.pollUrl ?? run.state.pollUrl!;
  const message = known.message ?? saidBefore;
  return {
    kind: 'again',
    state: { pollUrl, ...(message !== undefined && { message }) } satisfies ServiceState,
    nextAt: Math.min(run.now + intervalOf(run.action), deadlineOf(run)),
    telling: message !== undefined && message !== saidBefore ? { msg: message, msgCode: 'progress' } : undefined,
  };
}

const intervalOf = ({ pollIntervalMs }: ExternalServiceAction): number => pollIntervalMs ?? DEFAULT_INTERVAL_MS;

/** A question without a good answer: asked again, later each time, until the asking breaks off. */
function unanswered(run: ServiceRun, fault: string): Again {
  const { action, state, now } = run;
  const times = (state.failed ?? 0) + 1;
  const deadline = deadlineOf(run);
  if (times >= MOST_FAILED_POLLS) {
    const msg = `asking for the state failed ${times} times, the last time: ${fault}; refreshSteps asks again`;
    const broken: ServiceState = { ...state, failed: times, broken: true };
    return { kind: 'again', state: broken, nextAt: deadline, telling: { msg, msgCode: 'asking-broken-off' } };
  }
  const interval = intervalOf(action);
  const pause = Math.min(interval * 2 ** (times - 1), Math.max(interval, LONGEST_PAUSE_MS));
  return { kind: 'again', state: { ...state, failed: times }, nextAt: Math.min(now + pause, deadline) };
}

/** @returns the state from which the asking goes on; undefined when it has not broken off */
export function resumed({ broken, failed, ...state }: ServiceState): ServiceState | undefined {
  return broken ? state : undefined;
}
