/**
 * Filters as SQL: the same answers as domain/filter/evaluate.ts gives in memory. Whatever a filter says travels as a parameter; of
 * its text nothing gets into a statement.
 *
 * Where the engines differ: texts are compared in the order of their bytes (PostgreSQL: collation C), LIKE tells case apart (SQLite:
 * GLOB, which does) and ILIKE ignores it in A to Z alone (SQLite's own LIKE; PostgreSQL: lower() in collation C); PostgreSQL is told
 * the type of a number, or would take it for that of the column and refuse one that is too great for it.
 */
import { type Expression, type SqlBool, sql } from 'kysely';
import type { Condition, Operand, Test } from '../../domain/filter/condition.ts';
import { type Field, type FieldType, typeFacts } from '../../domain/filter/fields.ts';
import { asciiLowerCase } from '../../domain/filter/like.ts';
import { bytewise, type Engine } from '../engine.ts';

/** Where the values of fields are. Expressions are closed: a column, a function, or in parentheses. */
export interface FilterColumns {
  /**
   * The one value of a field or a property, null where there is none, in the stored form of its type (domain/filter/fields.ts): truth
   * values as the integers 0 and 1.
   */
  value(field: Field): Expression<unknown>;
  /** Whether any row of a one-to-many table meets a condition on its value: `exists (…)`, true or false, never null. */
  anyRow(field: Field, meets: (value: Expression<unknown>) => Expression<SqlBool>): Expression<SqlBool>;
}

export interface FilterTarget {
  readonly engine: Engine;
  readonly columns: FilterColumns;
  /** What travels for an operand: its value, or what stands for it until the statement runs. */
  readonly operand: (operand: Exclude<Operand, { kind: 'field' }>) => unknown;
}

/** True, false or null for one row: of a job, and of one of its current steps where the condition names its fields. */
export function compiled(condition: Condition, target: FilterTarget): Expression<SqlBool> {
  switch (condition.op) {
    case 'and':
    case 'or': {
      const parts = condition.of.map(part => compiled(part, target));
      return sql<SqlBool>`(${sql.join(parts, condition.op === 'and' ? sql` and ` : sql` or `)})`;
    }
    case 'not':
      return sql<SqlBool>`not (${compiled(condition.of, target)})`;
    default:
      return compiledTest(condition, target);
  }
}

function compiledTest(test: Test, target: FilterTarget): Expression<SqlBool> {
  const { columns } = target;
  if (test.field.per !== 'row') return answer(test, columns.value(test.field), target);
  if (test.op !== 'null') return columns.anyRow(test.field, value => answer(test, value, target));
  const some = columns.anyRow(test.field, value => sql<SqlBool>`${value} is not null`);
  return test.negated ? some : sql<SqlBool>`not (${some})`;
}

const comparisons = { '=': sql`=`, '<>': sql`<>`, '<': sql`<`, '<=': sql`<=`, '>': sql`>`, '>=': sql`>=` } as const;

function answer(test: Test, value: Expression<unknown>, target: FilterTarget): Expression<SqlBool> {
  const operand = (each: Operand): Expression<unknown> => operandOf(each, test.field.type, target);
  if (test.op === 'compare') {
    const equality = test.comparison === '=' || test.comparison === '<>';
    const left = equality ? value : inOrder(value, test.field.type, target.engine);
    return sql<SqlBool>`${left} ${comparisons[test.comparison]} ${operand(test.operand)}`;
  }
  const not = test.negated ? sql` not` : sql``;
  switch (test.op) {
    case 'in':
      return sql<SqlBool>`${value}${not} in (${sql.join(test.operands.map(operand))})`;
    case 'between': {
      const left = inOrder(value, test.field.type, target.engine);
      return sql<SqlBool>`${left}${not} between ${operand(test.low)} and ${operand(test.high)}`;
    }
    case 'like':
      return like(value, test, not, target.engine);
    case 'null':
      return sql<SqlBool>`${value} is${not} null`;
  }
}

const isText = (type: FieldType): boolean => !['number', 'moment', 'truth value'].includes(typeFacts[type].kind);

const inOrder = (value: Expression<unknown>, type: FieldType, engine: Engine): Expression<unknown> =>
  isText(type) ? bytewise(engine, value as Expression<string>) : value;

function operandOf(operand: Operand, type: FieldType, target: FilterTarget): Expression<unknown> {
  if (operand.kind === 'field') return target.columns.value(operand.field);
  const value = sql`${target.operand(operand)}`;
  if (target.engine === 'sqlite' || isText(type)) return value;
  return type === 'number' ? sql`cast(${value} as double precision)` : sql`cast(${value} as bigint)`;
}

function like(
  value: Expression<unknown>,
  { pattern, anyCase }: Test & { op: 'like' },
  not: Expression<unknown>,
  engine: Engine,
): Expression<SqlBool> {
  if (engine === 'sqlite') {
    return anyCase
      ? sql<SqlBool>`${value}${not} like ${pattern}`
      : sql<SqlBool>`${value}${not} glob ${globOf(pattern)}`;
  }
  return anyCase
    ? sql<SqlBool>`lower(${value} collate "C")${not} like ${asciiLowerCase(pattern)} escape ''`
    : sql<SqlBool>`${value}${not} like ${pattern} escape ''`;
}

const globWildcards: Readonly<Record<string, string>> = { '%': '*', _: '?' };

/** What is special to GLOB alone stands for itself in brackets. */
const globOf = (pattern: string): string =>
  pattern.replace(/[%_*?[]/g, character => globWildcards[character] ?? `[${character}]`);
