/**
 * What filters can ask about: fields of a job by name, and properties as `table.property`. Names of fields are found in camelCase and
 * in snake_case, all names in any case of their letters; properties whose names differ by case alone are told apart by it.
 *
 * A value is compared in its stored form: a number for integer, number, boolean (0, 1), dateTime and timestampOffset (epoch
 * milliseconds: two offsets may name one moment), a text for text, user (an id), dateOnly (`2031-12-24`) and timeOnly
 * (`23:59:59`), whose texts sort as the times do.
 */
import { nearest } from './nearest.ts';

export type FieldType =
  | 'text'
  | 'user'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'dateTime'
  | 'dateOnly'
  | 'timeOnly'
  | 'timestampOffset';

export interface Field {
  /** As the interface writes it: `jobName`, `table.property`. */
  readonly name: string;
  readonly type: FieldType;
  /**
   * How many values a job has of it. `job`: one or none. `step`: one for each current step. `row`: one for each row of a
   * one-to-many property table; a test of it holds when it holds for any row.
   */
  readonly per: 'job' | 'step' | 'row';
  /** The only values of a text; none = any. */
  readonly values?: readonly string[];
}

/** The fields that a filter may name. One object per set of fields: parsed filters are kept by it. */
export interface FieldList {
  find(name: string): Field | undefined;
  /** The names that are most like this one, the nearest first. */
  nearest(name: string): readonly string[];
}

interface TypeFacts {
  /** Fields of the same kind can be compared with each other. */
  readonly kind: 'text' | 'number' | 'truth value' | 'moment' | 'day' | 'time of day';
  /** Whether `<`, BETWEEN and their like mean something. */
  readonly ordered: boolean;
  readonly called: string;
  /** What a filter compares it with. */
  readonly literal: string;
}

const moment = "a date such as '2031-12-24' or '2031-12-24T18:00:00Z', epoch milliseconds, or $now - 7d";

export const typeFacts: Readonly<Record<FieldType, TypeFacts>> = {
  text: { kind: 'text', ordered: true, called: 'a text', literal: "a text in single quotes, such as 'pump'" },
  user: {
    kind: 'text',
    ordered: true,
    called: 'a user',
    literal: "a user's id or e-mail address in single quotes, or $currentUser",
  },
  integer: {
    kind: 'number',
    ordered: true,
    called: 'a whole number',
    literal: 'a whole number such as 12, up to 9007199254740991',
  },
  number: { kind: 'number', ordered: true, called: 'a number', literal: 'a number such as 12.5' },
  boolean: { kind: 'truth value', ordered: false, called: 'a truth value', literal: 'TRUE, FALSE, 1 or 0' },
  dateTime: { kind: 'moment', ordered: true, called: 'a moment', literal: moment },
  timestampOffset: { kind: 'moment', ordered: true, called: 'a moment', literal: moment },
  dateOnly: { kind: 'day', ordered: true, called: 'a day', literal: "a day such as '2031-12-24', or $now" },
  timeOnly: {
    kind: 'time of day',
    ordered: true,
    called: 'a time of day',
    literal: "a time of day such as '23:59:59'",
  },
};

const job = (type: FieldType, ...names: string[]): Field[] => names.map(name => ({ name, type, per: 'job' }));

/** What a filter of jobs may name beside properties; see the structs Job and CurrentStep of the interface. */
export const jobFields: readonly Field[] = [
  ...job('text', 'jobId', 'jobName', 'notes', 'description', 'parentJob', 'priority', 'jobStatus'),
  ...job('text', 'diagramId', 'diagramName', 'jobTemplateId', 'jobTemplateName'),
  ...job('user', 'ownedBy', 'createdBy', 'closedBy'),
  ...job('dateTime', 'createdDate', 'startDate', 'startedDate', 'dueDate', 'endDate'),
  ...job('integer', 'diagramVersion', 'revision'),
  ...job('number', 'percentComplete'),
  ...job('boolean', 'closed', 'hasLocation'),
  { name: 'assignedType', type: 'text', per: 'step', values: ['Unassigned', 'Group', 'User'] },
  { name: 'assignedTo', type: 'user', per: 'step' },
  { name: 'currentStep', type: 'text', per: 'step' },
  { name: 'currentStepId', type: 'text', per: 'step' },
];

/** What the condition of a path may name besides: what the step being left came to. */
export const pathFields: readonly Field[] = job('text', 'response', 'result');

/** Other names of fields. */
const aliases: Readonly<Record<string, string>> = { jobPriority: 'priority' };

/** @param fields of the job, and properties whose names are `table.property`; no name twice */
export function fieldList(fields: readonly Field[]): FieldList {
  const byName = new Map<string, Field>();
  const byKey = new Map<string, Field>();
  const add = (name: string, field: Field): void => {
    byName.set(name, field);
    const keys = name.includes('.') ? [name] : [name, snakeCase(name)];
    for (const key of keys.map(key => key.toLowerCase())) if (!byKey.has(key)) byKey.set(key, field);
  };
  for (const field of fields) add(field.name, field);
  for (const [alias, name] of Object.entries(aliases)) {
    const field = byName.get(name);
    if (field) add(alias, field);
  }
  return {
    find: name => byName.get(name) ?? byKey.get(name.toLowerCase()),
    nearest: name => nearest(name, [...byName.keys()]),
  };
}

export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
