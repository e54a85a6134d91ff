/**
 * The actions of steps as clients send them: lengths, counts and ranges. What the members mean together, and what they name, is asked
 * when the procedure is published (action-faults.ts).
 */
import { MAX_DESCRIPTION_LENGTH, MAX_EMAIL_LENGTH, MAX_NAME_LENGTH, MAX_TITLE_LENGTH } from '#gen/common_types';
import type { JobPropertyValue, StepAction } from '#gen/flow_types';
import { BadRequest } from '../base/errors.ts';
import { bounded } from './limits.ts';
import { type ActionKind, actionOf } from './work.ts';

const MOST_HEADERS = 50;
const LONGEST_ADDRESS = 2_000;
const LONGEST_HEADER = 8_192;
const MOST_BODY_BYTES = 1024 * 1024;
const LONGEST_POINTER = 1_000;
const MOST_STATES = 100;
const MOST_RESPONSES = 100;
const LONGEST_RESPONSE = 500;
const MOST_VALUES = 200;
const MOST_RECIPIENTS = 100;
const MOST_STATUSES = 100;
const DAY_MS = 24 * 60 * 60 * 1000;

export const MOST_CREATED_JOBS = 1_000;

/** The checks of one action. Members that are unset pass; each may be checked as one that must be there. */
class Checks {
  readonly #kind: ActionKind;
  readonly #step: string;

  constructor(kind: ActionKind, step: string) {
    this.#kind = kind;
    this.#step = step;
  }

  place(member: string): string {
    return `flow.action.${this.#kind}.${member} of ${this.#step}`;
  }

  text(member: string, text: string | null | undefined, longest: number): void {
    bounded(this.place(member), text ?? '', longest);
  }

  required(member: string, text: string | null | undefined, longest: number): void {
    if ((text ?? '').trim() === '')
      throw new BadRequest('invalid-argument', `${this.place(member)}: empty; expected 1 to ${longest} characters`);
    this.text(member, text, longest);
  }

  body(text: string | null | undefined): void {
    const bytes = Buffer.byteLength(text ?? '');
    if (bytes > MOST_BODY_BYTES) throw this.#beyond('body', `${bytes} bytes`, `at most ${MOST_BODY_BYTES}`);
  }

  count(member: string, list: { readonly length: number } | null | undefined, most: number, least = 0): void {
    const found = list?.length ?? 0;
    if (found > most) throw this.#beyond(member, String(found), `at most ${most}`);
    if (found < least)
      throw new BadRequest('invalid-argument', `${this.place(member)}: ${found}; expected ${least} to ${most}`);
  }

  range(member: string, value: number | null | undefined, least: number, most: number): void {
    if (value == null || (value >= least && value <= most)) return;
    throw this.#beyond(member, String(value), `expected ${least} to ${most}`);
  }

  texts(member: string, list: readonly string[] | null | undefined, most: number, longest: number): void {
    this.count(member, list, most);
    for (const [index, text] of (list ?? []).entries()) this.required(`${member}[${index}]`, text, longest);
  }

  /** What is sent with a request. */
  headers(headers: Readonly<Record<string, string>> | null | undefined): void {
    const entries = Object.entries(headers ?? {});
    this.count('headers', entries, MOST_HEADERS);
    for (const [name, value] of entries) {
      this.required('headers', name, MAX_NAME_LENGTH);
      this.text(`headers["${name.slice(0, 60)}"]`, value, LONGEST_HEADER);
    }
  }

  values(values: readonly JobPropertyValue[] | null | undefined, least: number): void {
    this.count('properties', values, MOST_VALUES, least);
    for (const [index, { identifier, value }] of (values ?? []).entries()) {
      this.required(`properties[${index}].identifier`, identifier, MAX_NAME_LENGTH);
      this.text(`properties[${index}].value`, value, MAX_DESCRIPTION_LENGTH);
    }
  }

  #beyond(member: string, found: string, right: string): BadRequest {
    return new BadRequest('limit-exceeded', `${this.place(member)}: ${found}; ${right}`, { found });
  }
}

type Check<K extends ActionKind> = (action: NonNullable<StepAction[K]>, checks: Checks) => void;

const checksOf: { readonly [K in ActionKind]: Check<K> } = {
  manual: ({ prompt }, checks) => checks.text('prompt', prompt, MAX_DESCRIPTION_LENGTH),
  question: ({ question, responses }, checks) => {
    checks.required('question', question, MAX_DESCRIPTION_LENGTH);
    checks.count('responses', responses, MOST_RESPONSES, 1);
    for (const [index, { name, value }] of responses.entries()) {
      checks.required(`responses[${index}].name`, name, LONGEST_RESPONSE);
      checks.required(`responses[${index}].value`, value, LONGEST_RESPONSE);
    }
  },
  openUrl: ({ url, label }, checks) => {
    checks.required('url', url, LONGEST_ADDRESS);
    checks.text('label', label, MAX_TITLE_LENGTH);
  },
  webRequest: (action, checks) => {
    checks.required('url', action.url, LONGEST_ADDRESS);
    checks.headers(action.headers);
    checks.body(action.body);
    checks.range('retries', action.retries, 0, 10);
    checks.range('timeoutMs', action.timeoutMs, 100, 300_000);
    checks.text('responseProperty', action.responseProperty, MAX_NAME_LENGTH);
    checks.text('responsePointer', action.responsePointer, LONGEST_POINTER);
    checks.count('successStatuses', action.successStatuses, MOST_STATUSES);
    for (const [index, status] of (action.successStatuses ?? []).entries())
      checks.range(`successStatuses[${index}]`, status, 200, 599);
  },
  externalService: (action, checks) => {
    checks.required('submitUrl', action.submitUrl, LONGEST_ADDRESS);
    checks.headers(action.headers);
    checks.body(action.body);
    checks.text('pollUrl', action.pollUrl, LONGEST_ADDRESS);
    checks.range('pollIntervalMs', action.pollIntervalMs, 1_000, 3_600_000);
    for (const member of ['ticketPointer', 'statePointer', 'messagePointer', 'responsePointer'] as const)
      checks.text(member, action[member], LONGEST_POINTER);
    checks.texts('successStates', action.successStates, MOST_STATES, MAX_NAME_LENGTH);
    checks.texts('failureStates', action.failureStates, MOST_STATES, MAX_NAME_LENGTH);
    checks.text('responseProperty', action.responseProperty, MAX_NAME_LENGTH);
    checks.range('requestTimeoutMs', action.requestTimeoutMs, 100, 300_000);
    checks.range('timeoutMs', action.timeoutMs, 1, 30 * DAY_MS);
  },
  updateJob: ({ properties }, checks) => checks.values(properties, 1),
  createJobs: (action, checks) => {
    checks.required('templateId', action.templateId, MAX_NAME_LENGTH);
    checks.range('numberOfJobs', action.numberOfJobs, 1, MOST_CREATED_JOBS);
    checks.text('jobName', action.jobName, MAX_TITLE_LENGTH);
    checks.values(action.properties, 0);
  },
  defineLocation: ({ prompt, geometryTypes }, checks) => {
    checks.text('prompt', prompt, MAX_DESCRIPTION_LENGTH);
    checks.count('geometryTypes', geometryTypes, 4);
  },
  notify: ({ userIds, groupIds, message }, checks) => {
    checks.texts('userIds', userIds, MOST_RECIPIENTS, MAX_EMAIL_LENGTH);
    checks.texts('groupIds', groupIds, MOST_RECIPIENTS, MAX_NAME_LENGTH);
    checks.required('message', message, MAX_DESCRIPTION_LENGTH);
  },
};

/** @param name of the step, for messages. @throws BadRequest (400) naming the member */
export function checkAction(action: StepAction, name: string): void {
  const { kind } = actionOf({ flow: { action } });
  const check = checksOf[kind] as Check<ActionKind>;
  const settings = action[kind];
  if (settings) check(settings as never, new Checks(kind, name));
}
