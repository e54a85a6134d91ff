/**
 * A filter that was read and checked, as plain data. What is not known yet when it is read (who asks, when, whose e-mail address a
 * text is) stands in it by name, so that it can be kept and used again.
 */
import type { Field } from './fields.ts';

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** What a field is compared with. */
export type Operand =
  | { readonly kind: 'value'; readonly value: string | number }
  /** Id or e-mail address of a user. */
  | { readonly kind: 'user'; readonly name: string }
  | { readonly kind: 'currentUser' }
  /** The time of the call, moved by so many milliseconds; `day`: as the day that it is in UTC. */
  | { readonly kind: 'now'; readonly plusMs: number; readonly day: boolean }
  | { readonly kind: 'field'; readonly field: Field };

/** What is asked about one field. `negated` is the NOT of `NOT IN`, `NOT BETWEEN`, `NOT LIKE`, `IS NOT NULL`. */
export type Test =
  | { readonly op: 'compare'; readonly field: Field; readonly comparison: Comparison; readonly operand: Operand }
  | { readonly op: 'in'; readonly field: Field; readonly operands: readonly Operand[]; readonly negated: boolean }
  | {
      readonly op: 'between';
      readonly field: Field;
      readonly low: Operand;
      readonly high: Operand;
      readonly negated: boolean;
    }
  /** `anyCase`: ILIKE. */
  | {
      readonly op: 'like';
      readonly field: Field;
      readonly pattern: string;
      readonly anyCase: boolean;
      readonly negated: boolean;
    }
  | { readonly op: 'null'; readonly field: Field; readonly negated: boolean };

export type Condition =
  | { readonly op: 'and'; readonly of: readonly Condition[] }
  | { readonly op: 'or'; readonly of: readonly Condition[] }
  | { readonly op: 'not'; readonly of: Condition }
  | Test;

/** The tests that a condition is made of. */
export function testsOf(condition: Condition): Test[] {
  if (condition.op === 'and' || condition.op === 'or') return condition.of.flatMap(testsOf);
  return condition.op === 'not' ? testsOf(condition.of) : [condition];
}

export function operandsOf(test: Test): readonly Operand[] {
  if (test.op === 'compare') return [test.operand];
  if (test.op === 'in') return test.operands;
  return test.op === 'between' ? [test.low, test.high] : [];
}

/** What must be known to answer a filter. */
export interface FilterContext {
  /** The time of the call, in epoch milliseconds. */
  readonly now: number;
  /** Id of the caller, for `$currentUser`; null when nobody asks: what is compared with it is unknown then. */
  readonly callerId: string | null;
  /** Of the names in `namedUsers`, those of users: name -> id. A name that is not there stands for itself. */
  readonly users: ReadonlyMap<string, string>;
}

/** An operand as the value that it stands for. */
export function operandValue(
  operand: Exclude<Operand, { kind: 'field' }>,
  context: FilterContext,
): string | number | null {
  switch (operand.kind) {
    case 'value':
      return operand.value;
    case 'user':
      return context.users.get(operand.name) ?? operand.name;
    case 'currentUser':
      return context.callerId;
    case 'now': {
      const moment = context.now + operand.plusMs;
      return operand.day ? new Date(moment).toISOString().slice(0, 10) : moment;
    }
  }
}
