/** Filters made by chance, and written out: for tests that hold what is parsed, evaluated and compiled against each other. */
import fc from 'fast-check';
import type { Condition, Operand } from '../../src/domain/filter/condition.ts';
import { type Field, type FieldType, fieldList, type Value } from '../../src/domain/filter/filter.ts';
import { patternOf } from '../../src/domain/filter/like.ts';

/** One of every type, for the job and for its steps, and two of a table with many rows. */
export const fields: readonly Field[] = [
  { name: 'jobName', type: 'text', per: 'job' },
  { name: 'notes', type: 'text', per: 'job' },
  { name: 'ownedBy', type: 'user', per: 'job' },
  { name: 'revision', type: 'integer', per: 'job' },
  { name: 'percentComplete', type: 'number', per: 'job' },
  { name: 'closed', type: 'boolean', per: 'job' },
  { name: 'dueDate', type: 'dateTime', per: 'job' },
  { name: 'startDate', type: 'dateTime', per: 'job' },
  { name: 'pump.day', type: 'dateOnly', per: 'job' },
  { name: 'pump.hour', type: 'timeOnly', per: 'job' },
  { name: 'pump.signed', type: 'timestampOffset', per: 'job' },
  { name: 'pump.running', type: 'boolean', per: 'job' },
  { name: 'pump.label', type: 'text', per: 'job' },
  { name: 'assignedType', type: 'text', per: 'step', values: ['Unassigned', 'Group', 'User'] },
  { name: 'assignedTo', type: 'user', per: 'step' },
  { name: 'currentStep', type: 'text', per: 'step' },
  { name: 'currentStepId', type: 'text', per: 'step' },
  { name: 'parts.size', type: 'number', per: 'row' },
  { name: 'parts.label', type: 'text', per: 'row' },
];

export const list = fieldList(fields);

/** The time of every call. */
export const NOW = Date.UTC(2026, 5, 15, 12);
const DAY = 86_400_000;

/** Few, so that they meet; and those that engines and languages like to treat differently. */
const texts = [
  ...[
    '',
    'a',
    'A',
    'b',
    'ab',
    'aB',
    'a b',
    'Pump',
    'pump',
    'ü',
    'Ü',
    'aü',
    '😀',
    '\uffee',
    '\ue000',
    'ß',
    'SS',
    'İ',
    'i',
  ],
  ...[
    "it's",
    'a%b',
    'a_b',
    '[a]',
    '*',
    '?',
    'a\\b',
    '\\',
    '"a"',
    "'; drop table jobs; --",
    '$1',
    ':a',
    'null',
    'line\nbreak',
  ],
];
const users = ['ana', 'ben', 'ana@example.org', 'nobody@example.org'];
const moments = [NOW - 8 * DAY, NOW - DAY, NOW - 1, NOW, NOW + DAY, Date.UTC(2026, 5, 15), 0, -1];
const days = ['2026-06-14', '2026-06-15', '2026-06-16', '0001-01-01'];
const hours = ['00:00:00', '09:30:00', '23:59:59'];

const pools: Readonly<Record<FieldType, readonly (string | number)[]>> = {
  text: texts,
  user: users,
  integer: [-1, 0, 1, 2, 7, 2 ** 31, Number.MAX_SAFE_INTEGER],
  number: [-1, 0, 0.1, 1, 2.5, 100, 1e21, -5e-7],
  boolean: [0, 1],
  dateTime: moments,
  timestampOffset: moments,
  dateOnly: days,
  timeOnly: hours,
};

/** A value as a job may have it, often null. */
export const valueFor = ({ type, values }: Field): fc.Arbitrary<Value> =>
  fc.option(fc.constantFrom(...(values ?? pools[type])), { freq: 4 });

const offsets = [0, -7 * DAY, DAY, 3000];

function operandFor(field: Field, exact: boolean): fc.Arbitrary<Operand> {
  const value = fc.constantFrom(...((exact && field.values) || pools[field.type]));
  const literal = value.map(
    (value): Operand =>
      exact && field.type === 'user' ? { kind: 'user', name: String(value) } : { kind: 'value', value },
  );
  const others = fields.filter(other => other.type === field.type && other.per !== 'row' && field.per !== 'row');
  const more: fc.Arbitrary<Operand>[] = [];
  if (others.length > 0) more.push(fc.constantFrom(...others).map(field => ({ kind: 'field', field })));
  if (field.type === 'text' || field.type === 'user') more.push(fc.constant({ kind: 'currentUser' }));
  if (['dateTime', 'timestampOffset', 'dateOnly'].includes(field.type)) {
    const day = field.type === 'dateOnly';
    more.push(fc.constantFrom(...offsets).map(plusMs => ({ kind: 'now', plusMs, day })));
  }
  return fc.oneof({ weight: 3, arbitrary: literal }, ...more.map(arbitrary => ({ weight: 1, arbitrary })));
}

const pattern = fc
  .array(fc.constantFrom('%', '%', '_', 'a', 'A', 'b', 'ü', 'Ü', '😀', '[', '*', '?', '\\', "'", 'p', 'i', 's'), {
    maxLength: 6,
  })
  .map(pieces => patternOf(pieces.join('')));

const negated = fc.boolean();

const testOf = (field: Field): fc.Arbitrary<Condition> => {
  const equal = fc.record({
    op: fc.constant('compare' as const),
    field: fc.constant(field),
    comparison: fc.constantFrom('=' as const, '<>' as const),
    operand: operandFor(field, true),
  });
  const oneOf = fc.record({
    op: fc.constant('in' as const),
    field: fc.constant(field),
    operands: fc.array(operandFor(field, true), { minLength: 1, maxLength: 4 }),
    negated,
  });
  const absent = fc.record({ op: fc.constant('null' as const), field: fc.constant(field), negated });
  if (field.type === 'boolean') return fc.oneof(equal, oneOf, absent);
  const compared = fc.record({
    op: fc.constant('compare' as const),
    field: fc.constant(field),
    comparison: fc.constantFrom('<' as const, '<=' as const, '>' as const, '>=' as const),
    operand: operandFor(field, false),
  });
  const between = fc.record({
    op: fc.constant('between' as const),
    field: fc.constant(field),
    low: operandFor(field, false),
    high: operandFor(field, false),
    negated,
  });
  if (field.type !== 'text' && field.type !== 'user') return fc.oneof(equal, oneOf, absent, compared, between);
  const like = fc.record({
    op: fc.constant('like' as const),
    field: fc.constant(field),
    pattern,
    anyCase: fc.boolean(),
    negated,
  });
  return fc.oneof(equal, oneOf, absent, compared, between, like);
};

/** Any filter, as parsing leaves it: never NOT of NOT. */
export const condition: fc.Arbitrary<Condition> = fc.letrec<{ condition: Condition }>(tie => {
  const parts = fc.array(tie('condition'), { minLength: 2, maxLength: 4 });
  return {
    condition: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(...fields).chain(testOf),
      parts.map(of => ({ op: 'and' as const, of })),
      parts.map(of => ({ op: 'or' as const, of })),
      tie('condition').map(of => (of.op === 'not' ? of : { op: 'not' as const, of })),
    ),
  };
}).condition;

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function writtenOperand(operand: Operand): string {
  switch (operand.kind) {
    case 'field':
      return operand.field.name;
    case 'currentUser':
      return '$currentUser';
    case 'user':
      return quoted(operand.name);
    case 'now': {
      const seconds = operand.plusMs / 1000;
      return seconds === 0 ? '$now' : `$now ${seconds < 0 ? '-' : '+'} ${Math.abs(seconds)}s`;
    }
    case 'value':
      return typeof operand.value === 'string' ? quoted(operand.value) : String(operand.value);
  }
}

/** A condition as a text that means it, with a pair of parentheses for every AND and OR. */
export function written(condition: Condition): string {
  if (condition.op === 'and' || condition.op === 'or') {
    return `(${condition.of.map(written).join(condition.op === 'and' ? ' AND ' : ' OR ')})`;
  }
  if (condition.op === 'not') return `NOT (${written(condition.of)})`;
  const { name } = condition.field;
  if (condition.op === 'compare') return `${name} ${condition.comparison} ${writtenOperand(condition.operand)}`;
  const not = condition.negated ? 'NOT ' : '';
  switch (condition.op) {
    case 'in':
      return `${name} ${not}IN (${condition.operands.map(writtenOperand).join(', ')})`;
    case 'between':
      return `${name} ${not}BETWEEN ${writtenOperand(condition.low)} AND ${writtenOperand(condition.high)}`;
    case 'like':
      return `${name} ${not}${condition.anyCase ? 'ILIKE' : 'LIKE'} ${quoted(condition.pattern)}`;
    case 'null':
      return `${name} IS ${not}NULL`;
  }
}
