/**
 * Names become fields and literals values of their types: what the grammar let through, and means nothing, is refused here. Every
 * test asks about a field; where it stands on the right (`5 < priority`), the comparison is turned round.
 */
import { isLongerThan } from '../../base/text.ts';
import type { Comparison, Condition, Operand, Test } from './condition.ts';
import { type Field, type FieldList, typeFacts } from './fields.ts';
import { invalidFilter, type Source, shown } from './invalid.ts';
import { patternOf, wildcards } from './like.ts';
import { FURTHEST_MS, readings } from './literals.ts';
import type { RawCondition, RawOperand, RawTest } from './parse.ts';

/**
 * Most `%` of a pattern, runs counting once, and its most characters: the time that a text takes grows with both, wherever it is
 * compared.
 */
export const MAX_PATTERN_WILDCARDS = 20;
export const MAX_PATTERN_LENGTH = 500;

/** What stands on either side, with the operands exchanged. */
const turned: Readonly<Record<Comparison, Comparison>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** @throws BadRequest (400) `invalid-filter` */
export function checked(raw: RawCondition, source: Source, fields: FieldList): Condition {
  const check = new Check(source, fields);
  return check.condition(raw);
}

class Check {
  readonly #source: Source;
  readonly #fields: FieldList;

  constructor(source: Source, fields: FieldList) {
    this.#source = source;
    this.#fields = fields;
  }

  condition(raw: RawCondition): Condition {
    if (raw.op === 'and' || raw.op === 'or') return { op: raw.op, of: raw.of.map(part => this.condition(part)) };
    return raw.op === 'not' ? { op: 'not', of: this.condition(raw.of) } : this.#test(raw);
  }

  #test(raw: RawTest): Test {
    switch (raw.op) {
      case 'compare':
        return this.#comparison(raw);
      case 'in': {
        const field = this.#left(raw);
        return {
          op: 'in',
          field,
          operands: raw.operands.map(each => this.#operand(field, each)),
          negated: raw.negated,
        };
      }
      case 'between': {
        const field = this.#left(raw);
        this.#ordered(field, raw, 'BETWEEN');
        const [low, high] = [this.#operand(field, raw.low, false), this.#operand(field, raw.high, false)];
        return { op: 'between', field, low, high, negated: raw.negated };
      }
      case 'like':
        return this.#like(raw);
      case 'null':
        return { op: 'null', field: this.#left(raw), negated: raw.negated };
    }
  }

  #comparison({ left, right, comparison, at }: RawTest & { op: 'compare' }): Test {
    const fromRight = left.kind !== 'name';
    if (fromRight && right.kind !== 'name') {
      throw this.#invalid(
        left.at,
        `${shown(left.written)} is compared with a value; one side of a comparison is a field`,
      );
    }
    const field = this.#field(fromRight ? right : left);
    const equality = comparison === '=' || comparison === '<>';
    if (!equality) this.#ordered(field, { at }, comparison);
    const operand = this.#operand(field, fromRight ? left : right, equality);
    return { op: 'compare', field, comparison: fromRight ? turned[comparison] : comparison, operand };
  }

  #like({ left, at, pattern: raw, ...rest }: RawTest & { op: 'like' }): Test {
    const field = this.#left({ left });
    const { kind, called } = typeFacts[field.type];
    if (kind !== 'text') {
      throw this.#invalid(at, `${field.name} is ${called}; LIKE and ILIKE compare texts`);
    }
    const pattern = patternOf(raw.kind === 'text' ? raw.text : '');
    if (isLongerThan(pattern, MAX_PATTERN_LENGTH)) {
      throw this.#invalid(raw.at, `the pattern is longer than ${MAX_PATTERN_LENGTH} characters`);
    }
    const found = wildcards(pattern);
    if (found > MAX_PATTERN_WILDCARDS) {
      throw this.#invalid(raw.at, `the pattern has ${found} %; the most are ${MAX_PATTERN_WILDCARDS}`);
    }
    return { ...rest, field, pattern };
  }

  #left({ left }: { left: RawOperand }): Field {
    if (left.kind === 'name') return this.#field(left);
    throw this.#invalid(left.at, `${shown(left.written)} is a value; expected a field`);
  }

  #field({ at, written }: RawOperand): Field {
    const field = this.#fields.find(written);
    if (field) return field;
    const nearest = this.#fields.nearest(written).join(', ');
    throw this.#invalid(at, `there is no field ${shown(written)}; the nearest are ${nearest}`, { nearest });
  }

  #ordered(field: Field, { at }: { at: number }, operator: string): void {
    const { ordered, called } = typeFacts[field.type];
    if (!ordered)
      throw this.#invalid(at, `${field.name} is ${called}, which has no order for ${operator}; use = or <>`);
  }

  /** @param byName whether a text may name a user by e-mail address: where it is compared for being the same */
  #operand(field: Field, raw: RawOperand, byName = true): Operand {
    if (raw.kind === 'name') return { kind: 'field', field: this.#comparable(field, raw) };
    const operand = readings[field.type](raw);
    if (!operand) throw this.#mismatch(field, raw);
    if (operand.kind !== 'value' || typeof operand.value !== 'string') return operand;
    if (byName && field.values && !field.values.includes(operand.value)) {
      const right = field.values.map(value => `'${value}'`).join(', ');
      throw this.#invalid(raw.at, `${field.name} is never ${shown(raw.written)}; it is one of ${right}`, {
        expected: right,
      });
    }
    return byName && field.type === 'user' ? { kind: 'user', name: operand.value } : operand;
  }

  #comparable(field: Field, raw: RawOperand): Field {
    const other = this.#field(raw);
    const [a, b] = [typeFacts[field.type], typeFacts[other.type]];
    if (a.kind !== b.kind) {
      throw this.#invalid(
        raw.at,
        `${field.name} is ${a.called} and ${other.name} is ${b.called}; they cannot be compared`,
      );
    }
    const many = [field, other].find(({ per }) => per === 'row');
    if (many) {
      throw this.#invalid(
        raw.at,
        `${many.name} has a value in each row of its table; compare it with a value, not a field`,
      );
    }
    return other;
  }

  #mismatch(field: Field, raw: RawOperand): Error {
    const { called, literal } = typeFacts[field.type];
    const is = `${field.name} is ${called}, and ${shown(raw.written)} is ${describe(raw)}`;
    return this.#invalid(raw.at, `${is}; expected ${literal}`, { expected: literal });
  }

  #invalid(at: number, message: string, details?: Readonly<Record<string, string>>): Error {
    return invalidFilter(this.#source, at, message, details);
  }
}

function describe(raw: RawOperand): string {
  if (raw.kind === 'now') return Math.abs(raw.plusMs) > FURTHEST_MS ? 'more than 100 years away' : 'a moment';
  if (raw.kind === 'currentUser') return 'a user';
  return { text: 'a text', number: 'a number', truth: 'a truth value', name: 'a field' }[raw.kind];
}
