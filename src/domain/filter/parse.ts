/**
 * The grammar of the filter language: text -> what it says, names and literals still as they are written, each with its place.
 *
 *     filter      = disjunction
 *     disjunction = conjunction { OR conjunction }
 *     conjunction = negation { AND negation }
 *     negation    = { NOT } ( "(" disjunction ")" | test )
 *     test        = operand ( compare operand | IS [NOT] NULL | [NOT] ( IN "(" operand { "," operand } ")"
 *                 | BETWEEN operand AND operand | LIKE text | ILIKE text ) )
 *     operand     = name | text | number | TRUE | FALSE | $currentUser | $now [ ("+" | "-") digits (s|m|h|d|w) ]
 */
import { EmbeddedActionsParser, EOF, type IParserErrorMessageProvider, type IToken } from 'chevrotain';
import type { Comparison } from './condition.ts';
import { invalidFilter, type Source, shown } from './invalid.ts';
import * as t from './lexer.ts';

/** `at`: where it begins, in UTF-16 units; `written`: as it stands in the text. */
export type RawOperand = { readonly at: number; readonly written: string } & (
  | { readonly kind: 'name' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'truth'; readonly truth: boolean }
  | { readonly kind: 'currentUser' }
  | { readonly kind: 'now'; readonly plusMs: number }
);

/** `at`: where the operator begins. */
export type RawTest = { readonly at: number; readonly left: RawOperand } & (
  | { readonly op: 'compare'; readonly comparison: Comparison; readonly right: RawOperand }
  | { readonly op: 'in'; readonly operands: readonly RawOperand[]; readonly negated: boolean }
  | { readonly op: 'between'; readonly low: RawOperand; readonly high: RawOperand; readonly negated: boolean }
  | { readonly op: 'like'; readonly pattern: RawOperand; readonly anyCase: boolean; readonly negated: boolean }
  | { readonly op: 'null'; readonly negated: boolean }
);

export type RawCondition =
  | { readonly op: 'and'; readonly of: readonly RawCondition[] }
  | { readonly op: 'or'; readonly of: readonly RawCondition[] }
  | { readonly op: 'not'; readonly of: RawCondition }
  | RawTest;

/** What follows the first operand of a test. */
type Rest<T = RawTest> = T extends unknown ? Omit<T, 'at' | 'left'> : never;

const expected = {
  operand: 'a field, a value, NOT or (',
  value: 'a field or a value',
  operator: 'a comparison, IN, BETWEEN, LIKE, ILIKE, IS or NOT',
  negated: 'IN, BETWEEN, LIKE or ILIKE',
  pattern: 'a pattern in single quotes',
  list: ', or )',
  close: 'AND, OR or )',
  end: 'AND, OR or the end of the filter',
  moved: '- or + with a time in s, m, h, d or w',
} as const;

/** Messages are only what was expected; what was found, and where, is said once for all. */
const messages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected: { name, PATTERN } }) =>
    typeof PATTERN === 'string' ? PATTERN : name.toUpperCase(),
  buildNotAllInputParsedMessage: () => expected.end,
  buildNoViableAltMessage: ({ customUserDescription }) => customUserDescription ?? expected.operand,
  buildEarlyExitMessage: ({ customUserDescription }) => customUserDescription ?? expected.operand,
};

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

function milliseconds(duration: string): number {
  const [, sign, amount, unit] = /^([+-])\s*(\d+)\s*(\w)$/.exec(duration)!;
  return Number(`${sign}${amount}`) * UNIT_MS[unit!.toLowerCase()]!;
}

const operandOf = <T extends object>({ startOffset, image }: IToken, is: T) => ({
  at: startOffset,
  written: image,
  ...is,
});

class FilterParser extends EmbeddedActionsParser {
  constructor() {
    super(t.vocabulary, { errorMessageProvider: messages, maxLookahead: 1 });
    this.performSelfAnalysis();
  }

  readonly filter = this.RULE('filter', (): RawCondition => this.SUBRULE(this.disjunction));

  private readonly disjunction: () => RawCondition = this.RULE('disjunction', () => {
    const of = [this.SUBRULE1(this.conjunction)];
    this.MANY(() => {
      this.CONSUME(t.Or);
      of.push(this.SUBRULE2(this.conjunction));
    });
    return of.length === 1 ? of[0]! : { op: 'or' as const, of };
  });

  private readonly conjunction: () => RawCondition = this.RULE('conjunction', () => {
    const of = [this.SUBRULE1(this.negation)];
    this.MANY(() => {
      this.CONSUME(t.And);
      of.push(this.SUBRULE2(this.negation));
    });
    return of.length === 1 ? of[0]! : { op: 'and' as const, of };
  });

  /** Of two NOTs in a row nothing is left, also where the answer is unknown. */
  private readonly negation: () => RawCondition = this.RULE('negation', () => {
    let negated = false;
    this.MANY(() => {
      this.CONSUME(t.Not);
      negated = !negated;
    });
    const of = this.OR({
      DEF: [{ ALT: () => this.SUBRULE(this.group) }, { ALT: () => this.SUBRULE(this.test) }],
      ERR_MSG: expected.operand,
    });
    return negated ? { op: 'not' as const, of } : of;
  });

  private readonly group: () => RawCondition = this.RULE('group', () => {
    this.CONSUME(t.Left);
    const of = this.SUBRULE(this.disjunction);
    this.CONSUME(t.Right, { ERR_MSG: expected.close });
    return of;
  });

  private readonly test: () => RawTest = this.RULE('test', () => {
    const left = this.SUBRULE(this.operand);
    const at = this.LA(1).startOffset;
    const rest = this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.comparison) },
        { ALT: () => this.SUBRULE(this.nullTest) },
        { ALT: () => this.SUBRULE(this.rangeTest) },
      ],
      ERR_MSG: expected.operator,
    });
    return { at, left, ...rest } as RawTest;
  });

  private readonly comparison: () => Rest = this.RULE('comparison', () => {
    const { image } = this.CONSUME(t.Compare);
    const right = this.SUBRULE(this.operand);
    return { op: 'compare' as const, comparison: (image === '!=' ? '<>' : image) as Comparison, right };
  });

  private readonly nullTest: () => Rest = this.RULE('nullTest', () => {
    this.CONSUME(t.Is);
    const negated = this.OPTION(() => this.CONSUME(t.Not)) !== undefined;
    this.CONSUME(t.Null, { ERR_MSG: negated ? 'NULL' : 'NULL or NOT NULL' });
    return { op: 'null' as const, negated };
  });

  private readonly rangeTest: () => Rest = this.RULE('rangeTest', () => {
    const negated = this.OPTION(() => this.CONSUME(t.Not)) !== undefined;
    const rest: object = this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.list) },
        { ALT: () => this.SUBRULE(this.range) },
        { ALT: () => this.SUBRULE(this.pattern) },
      ],
      ERR_MSG: expected.negated,
    });
    return { ...rest, negated } as Rest;
  });

  private readonly list: () => object = this.RULE('list', () => {
    const operands: RawOperand[] = [];
    this.CONSUME(t.In);
    this.CONSUME(t.Left);
    operands.push(this.SUBRULE1(this.operand));
    this.MANY(() => {
      this.CONSUME(t.Comma);
      operands.push(this.SUBRULE2(this.operand));
    });
    this.CONSUME(t.Right, { ERR_MSG: expected.list });
    return { op: 'in', operands };
  });

  private readonly range: () => object = this.RULE('range', () => {
    this.CONSUME(t.Between);
    const low = this.SUBRULE1(this.operand);
    this.CONSUME(t.And);
    const high = this.SUBRULE2(this.operand);
    return { op: 'between', low, high };
  });

  private readonly pattern: () => object = this.RULE('pattern', () => {
    const anyCase = this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Like);
          return false;
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.ILike);
          return true;
        },
      },
    ]);
    const text = this.CONSUME(t.Text, { ERR_MSG: expected.pattern });
    return { op: 'like', pattern: operandOf(text, { kind: 'text', text: unquoted(text.image) }), anyCase };
  });

  private readonly operand: () => RawOperand = this.RULE('operand', () =>
    this.OR({
      DEF: [
        { ALT: () => operandOf(this.CONSUME(t.Name), { kind: 'name' as const }) },
        {
          ALT: () => {
            const text = this.CONSUME(t.Text);
            return operandOf(text, { kind: 'text' as const, text: unquoted(text.image) });
          },
        },
        {
          ALT: () => {
            const number = this.CONSUME(t.NumberText);
            return operandOf(number, { kind: 'number' as const, number: Number(number.image) });
          },
        },
        { ALT: () => operandOf(this.CONSUME(t.True), { kind: 'truth' as const, truth: true }) },
        { ALT: () => operandOf(this.CONSUME(t.False), { kind: 'truth' as const, truth: false }) },
        { ALT: () => operandOf(this.CONSUME(t.CurrentUser), { kind: 'currentUser' as const }) },
        { ALT: () => this.SUBRULE(this.now) },
      ],
      ERR_MSG: expected.value,
    }),
  );

  private readonly now: () => RawOperand = this.RULE('now', () => {
    const now = this.CONSUME(t.Now);
    const moved = this.OPTION(() => this.CONSUME(t.Duration));
    const plusMs = this.ACTION(() => (moved ? milliseconds(moved.image) : 0));
    return operandOf(now, { kind: 'now' as const, plusMs });
  });
}

const unquoted = (image: string): string => image.slice(1, -1).replaceAll("''", "'");

const parser = new FilterParser();

/** @throws BadRequest (400) `invalid-filter` with the place and what was expected there */
export function parsed(source: Source): RawCondition {
  const tokens = t.tokensOf(source);
  parser.input = tokens;
  const condition = parser.filter();
  const [error] = parser.errors;
  parser.input = [];
  if (!error) return condition;
  const { token } = error;
  const atEnd = token.tokenType === EOF;
  const before = tokens[(atEnd ? tokens.length : tokens.indexOf(token)) - 1];
  const right = before?.tokenType === t.Now ? `${expected.moved}, ${error.message}` : error.message;
  const at = atEnd ? source.text.length : token.startOffset;
  throw invalidFilter(source, at, `${found(token)}; expected ${right}`, { expected: right });
}

function found({ tokenType, image }: IToken): string {
  if (tokenType === EOF) return 'the filter ends here';
  const unclosed = tokenType === t.Unknown && image.startsWith("'");
  return unclosed ? `${shown(image)} is not closed by a quote` : `found ${shown(image)}`;
}
