/** A request that the server sends for a step, what came of it, and what follows from that. */
import type { TextForm } from '../references-in-texts.ts';

export interface CallOut {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly timeoutMs: number;
}

export interface Reply {
  readonly status: number;
  /** The Location header; undefined without one. */
  readonly location: string | undefined;
  readonly body: string;
  /** false: the body is longer than what was read of it. */
  readonly isWhole: boolean;
}

export interface NoReply {
  readonly failure: string;
  /** Another attempt would fail in the same way. */
  readonly isFinal: boolean;
}

export type Answer = Reply | NoReply;

/** What a run has come to. */
export type Verdict = Done | Failed | Again;

export interface Done {
  readonly kind: 'done';
  readonly response: string;
  readonly result: string;
  /** What a property of the job takes; without a value it is cleared. */
  readonly property?: { readonly identifier: string; readonly value?: string } | undefined;
}

export interface Failed {
  readonly kind: 'failed';
  readonly result?: string | undefined;
  readonly message: string;
}

/** There is more to do, later. */
export interface Again {
  readonly kind: 'again';
  /** What is to be known then. */
  readonly state: object;
  readonly nextAt: number;
  readonly telling?: Telling | undefined;
}

/** What is said of a run that goes on. */
export interface Telling {
  readonly msg: string;
  readonly msgCode: 'progress' | 'retry' | 'asking-broken-off';
}

/** Puts in what a text refers to. @param further names beside those of fields and properties, with their values */
export type Filled = (text: string, form: TextForm, further?: Readonly<Record<string, string>>) => string;

export const failed = (message: string, result?: string): Failed => ({ kind: 'failed', message, result });

export const DEFAULT_TIMEOUT_MS = 30_000;

interface Texts {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
}

/** What is sent beside the address. */
export function contentOf({ headers = {}, body }: Texts, filled: Filled): Pick<CallOut, 'headers' | 'body'> {
  const sent = Object.entries(headers ?? {}).map(([name, value]) => [name, filled(value, 'plain')] as const);
  const type = sent.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  const isJson = /^\w+\/([\w.-]+\+)?json\b/i.test(type.trim());
  return {
    headers: Object.fromEntries(sent),
    body: body ? filled(body, isJson ? 'json' : 'plain') : undefined,
  };
}

/** Characters of a reply that conditions see. */
export const LONGEST_RESPONSE = 20_000;

/** A text that rows can keep: databases know no U+0000, and a half of a pair is no character. */
export const keepable = (text: string): string => text.replaceAll('\0', '\uFFFD').toWellFormed();

export const seenResponse = (body: string): string => keepable(body.slice(0, LONGEST_RESPONSE));

export const isReply = (answer: Answer): answer is Reply => 'status' in answer;

/** Whether another attempt may end better. */
export const mayPass = (answer: Answer): boolean =>
  isReply(answer) ? [408, 429].includes(answer.status) || answer.status >= 500 : !answer.isFinal;

/** Why an attempt failed, for people. */
export const reasonOf = (answer: Answer): string =>
  isReply(answer) ? `answered with ${answer.status}` : answer.failure;

const FIRST_PAUSE_MS = 2_000;

/** The pause behind the first attempt, the second, …: each twice as long. */
export const pauseBehind = (attempt: number): number => FIRST_PAUSE_MS * 2 ** (attempt - 1);
