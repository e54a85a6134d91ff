/**
 * The filter language: what `Query.q`, statistics, and the conditions of steps and paths are written in.
 *
 *     const fields = fieldList([...jobFields, { name: 'pump.pressure', type: 'number', per: 'job' }]);
 *     const filter = parseFilter("assignedTo = $currentUser AND pump.pressure > 3.5", fields, 'q');
 *     const users = await …ids of namedUsers(filter)…;
 *     evaluateFilter(filter, { values: { 'pump.pressure': 4 }, steps: [{ assignedTo: 'u1' }] }, { now, callerId, users });
 *
 * In the database it is answered by store/filter, with the same result. A filter is plain data and never changed; it can be kept
 * and used for other callers and at other times.
 *
 * The rules:
 *  - Keywords and `$currentUser`, `$now` stand in any case, names of fields in camelCase or snake_case. The whole text may stand in
 *    double quotes. NOT binds closer than AND, AND closer than OR.
 *  - Null is as in SQL: what is compared with it is neither true nor false, and NOT does not change that; only IS NULL asks for it.
 *  - Texts are equal when they are the same, case included, and sort by their code points. LIKE and ILIKE: see like.ts.
 *  - A day compared with a moment is its beginning in UTC.
 *  - A job with several current steps has one row for each (without any, one of nulls), and is found when any of these rows meets the whole filter.
 */
import { LRUCache } from 'lru-cache';
import { checked } from './check.ts';
import { type Condition, type FilterContext, type Operand, operandsOf, testsOf } from './condition.ts';
import { type FilterSubject, meets } from './evaluate.ts';
import type { Field, FieldList } from './fields.ts';
import { withoutEnclosingQuotes } from './lexer.ts';
import { parsed } from './parse.ts';

export type { Condition, FilterContext } from './condition.ts';
export type { FilterSubject, Value } from './evaluate.ts';
export { type Field, type FieldList, type FieldType, fieldList, jobFields, pathFields } from './fields.ts';

export interface Filter {
  /** As it was understood: without enclosing double quotes and the blanks around. */
  readonly text: string;
  readonly condition: Condition;
  /** Whether it names a field of the current steps. */
  readonly perStep: boolean;
}

/** Filters kept for each list of fields: the same few come again and again. */
const FILTERS_KEPT = 200;
const kept = new WeakMap<FieldList, LRUCache<string, Filter>>();

/**
 * @param place name of the input, for messages: `q`, `paths[2].condition`
 * @throws BadRequest (400) `invalid-filter` with the character, from 1, and what was expected there
 */
export function parseFilter(text: string, fields: FieldList, place: string): Filter {
  let filters = kept.get(fields);
  if (!filters) {
    filters = new LRUCache({ max: FILTERS_KEPT });
    kept.set(fields, filters);
  }
  const known = filters.get(text);
  if (known) return known;
  const source = { text, place };
  const condition = checked(parsed(source), source, fields);
  const filter = { text: withoutEnclosingQuotes(text).trim(), condition, perStep: namesSteps(condition) };
  filters.set(text, filter);
  return filter;
}

const fieldsIn = (condition: Condition): Field[] =>
  testsOf(condition).flatMap(test => [
    test.field,
    ...operandsOf(test).flatMap(each => (each.kind === 'field' ? [each.field] : [])),
  ]);

const namesSteps = (condition: Condition): boolean => fieldsIn(condition).some(({ per }) => per === 'step');

/** Whether the subject meets the filter. */
export const evaluateFilter = (filter: Filter, subject: FilterSubject, context: FilterContext): boolean =>
  meets(filter.condition, subject, context);

/** The e-mail addresses that fields of users are compared with, each once: find their ids in one statement, for FilterContext.users. */
export const namedUsers = ({ condition }: Filter): string[] => [
  ...new Set(
    testsOf(condition)
      .flatMap(operandsOf)
      .flatMap(operand => (operand.kind === 'user' && operand.name.includes('@') ? [operand.name] : [])),
  ),
];

/** A field, and the operands whose values it must have one of. */
export interface Equality {
  readonly field: Field;
  readonly operands: readonly Exclude<Operand, { kind: 'field' }>[];
}

/**
 * What whatever meets the filter must have: its `field = value` and `field IN (…)` that are joined with the rest by AND alone. For a
 * plan that begins with an index; the whole filter is still to be asked. Fields of steps: all of them of the same step.
 */
export const equalities = ({ condition }: Filter): Equality[] => equalitiesOf(condition);

function equalitiesOf(condition: Condition): Equality[] {
  if (condition.op === 'and') return condition.of.flatMap(equalitiesOf);
  const sought =
    (condition.op === 'compare' && condition.comparison === '=') || (condition.op === 'in' && !condition.negated);
  if (!sought) return [];
  const operands = operandsOf(condition).filter(operand => operand.kind !== 'field');
  return operands.length < operandsOf(condition).length ? [] : [{ field: condition.field, operands }];
}

/** The fields that a filter names, each once. */
export const fieldsNamed = ({ condition }: Filter): Field[] => [...new Set(fieldsIn(condition))];

/** Whether it asks for the time of the call. */
export const asksForNow = ({ condition }: Filter): boolean =>
  testsOf(condition)
    .flatMap(operandsOf)
    .some(({ kind }) => kind === 'now');
