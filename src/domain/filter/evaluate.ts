/**
 * Filters answered in memory, exactly as the database answers them: with the three truth values of SQL. What is compared with null
 * is unknown (here null), and so is its negation; only what is true is found.
 *
 * A test of a property of a one-to-many table is never unknown: it holds when any row meets it.
 */
import type { Comparison, Condition, FilterContext, Operand, Test } from './condition.ts';
import { operandValue } from './condition.ts';
import type { Field } from './fields.ts';
import { isLike } from './like.ts';

/** In the form in which it is stored (see fields.ts); false and true are 0 and 1. */
export type Value = string | number | boolean | null | undefined;

/** A job as filters see it: fields by name, absent = null. */
export interface FilterSubject {
  /** Fields of the job, and properties by `table.property`; of a one-to-many table the values of its rows. */
  readonly values: Readonly<Record<string, Value | readonly Value[]>>;
  /** The fields of each current step. */
  readonly steps: readonly Readonly<Record<string, Value>>[];
}

type Truth = boolean | null;
type Known = string | number | null;

const NO_STEP = [{}];

/** Whether any current step, or a row of nulls where there is none, meets the whole condition. */
export function meets(condition: Condition, { values, steps }: FilterSubject, context: FilterContext): boolean {
  const rows = steps.length > 0 ? steps : NO_STEP;
  return rows.some(step => new Row(values, step, context).truth(condition) === true);
}

class Row {
  readonly #values: FilterSubject['values'];
  readonly #step: FilterSubject['steps'][number];
  readonly #context: FilterContext;

  constructor(values: FilterSubject['values'], step: FilterSubject['steps'][number], context: FilterContext) {
    this.#values = values;
    this.#step = step;
    this.#context = context;
  }

  truth(condition: Condition): Truth {
    switch (condition.op) {
      case 'and':
        return all(condition.of, part => this.truth(part));
      case 'or':
        return any(condition.of, part => this.truth(part));
      case 'not':
        return not(this.truth(condition.of));
      default:
        return condition.field.per === 'row'
          ? this.#anyRow(condition)
          : this.#answer(condition, this.#one(condition.field));
    }
  }

  /** IS NULL asks for the opposite: that no row has a value. */
  #anyRow(test: Test): boolean {
    const found = this.#values[test.field.name];
    const rows = (Array.isArray(found) ? found : []).map(known);
    if (test.op === 'null') return rows.some(value => value !== null) === test.negated;
    return rows.some(value => this.#answer(test, value) === true);
  }

  #answer(test: Test, value: Known): Truth {
    if (test.op === 'compare') return compared(value, test.comparison, this.#operand(test.operand));
    const truth = this.#plain(test, value);
    return test.negated ? not(truth) : truth;
  }

  /** Without its negation. */
  #plain(test: Exclude<Test, { op: 'compare' }>, value: Known): Truth {
    switch (test.op) {
      case 'in':
        return any(test.operands, operand => compared(value, '=', this.#operand(operand)));
      case 'between': {
        const low = compared(value, '>=', this.#operand(test.low));
        return and(low, compared(value, '<=', this.#operand(test.high)));
      }
      case 'like':
        return value === null ? null : isLike(String(value), test.pattern, test.anyCase);
      case 'null':
        return value === null;
    }
  }

  #operand(operand: Operand): Known {
    return operand.kind === 'field' ? this.#one(operand.field) : operandValue(operand, this.#context);
  }

  #one({ name, per }: Field): Known {
    return known((per === 'step' ? this.#step : this.#values)[name] as Value);
  }
}

const known = (value: Value): Known => (typeof value === 'boolean' ? Number(value) : (value ?? null));

const not = (truth: Truth): Truth => (truth === null ? null : !truth);

const and = (a: Truth, b: Truth): Truth => all([a, b], truth => truth);

function all<T>(parts: readonly T[], truth: (part: T) => Truth): Truth {
  let unknown = false;
  for (const part of parts) {
    const is = truth(part);
    if (is === false) return false;
    unknown ||= is === null;
  }
  return unknown ? null : true;
}

const any = <T>(parts: readonly T[], truth: (part: T) => Truth): Truth => not(all(parts, part => not(truth(part))));

const holds: Readonly<Record<Comparison, (order: number) => boolean>> = {
  '=': order => order === 0,
  '<>': order => order !== 0,
  '<': order => order < 0,
  '<=': order => order <= 0,
  '>': order => order > 0,
  '>=': order => order >= 0,
};

const compared = (a: Known, comparison: Comparison, b: Known): Truth =>
  a === null || b === null ? null : holds[comparison](order(a, b));

/** Numbers by size, texts by their code points: in the order of the bytes of their UTF-8. */
function order(a: string | number, b: string | number): number {
  if (typeof a === 'number' || typeof b === 'number') return Number(a) - Number(b);
  const shorter = Math.min(a.length, b.length);
  let at = 0;
  while (at < shorter && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at === shorter ? a.length - b.length : rank(a.charCodeAt(at)) - rank(b.charCodeAt(at));
}

/** Halves of characters beyond U+FFFF come behind all others. */
const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);
