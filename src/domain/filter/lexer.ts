/** The words of the filter language, and the limits of a text that are checked before its grammar is. */
import { createToken, type IToken, Lexer, type TokenType } from 'chevrotain';
import { MAX_FILTER_BYTES, MAX_FILTER_NODES } from '#gen/jobs_types';
import { invalidFilter, type Source } from './invalid.ts';

/** Most parentheses within each other. */
export const MAX_FILTER_DEPTH = 100;

export const Name = createToken({ name: 'Name', pattern: /[a-z_]\w*(?:\.[a-z_]\w*)?/i });
/** Where a name goes on behind a keyword, it is a name: `order_id`, `in_stock`. */
const keyword = (name: string): TokenType => createToken({ name, pattern: new RegExp(name, 'i'), longer_alt: Name });
export const And = keyword('And');
export const Or = keyword('Or');
export const Not = keyword('Not');
export const In = keyword('In');
export const Between = keyword('Between');
export const Like = keyword('Like');
export const ILike = keyword('ILike');
export const Is = keyword('Is');
export const Null = keyword('Null');
export const True = keyword('True');
export const False = keyword('False');
export const CurrentUser = createToken({ name: 'CurrentUser', pattern: /\$currentUser(?!\w)/i });
export const Now = createToken({ name: 'Now', pattern: /\$now(?!\w)/i });
export const Text = createToken({ name: 'Text', pattern: /'(?:[^']|'')*'/, line_breaks: true });
/** `- 7d`, behind `$now`. */
export const Duration = createToken({ name: 'Duration', pattern: /[+-]\s*\d+\s*[smhdw](?!\w)/i, line_breaks: true });
export const NumberText = createToken({ name: 'NumberText', pattern: /[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?/i });
export const Compare = createToken({ name: 'Compare', pattern: /<>|!=|<=|>=|=|<|>/ });
export const Left = createToken({ name: 'Left', pattern: '(' });
export const Right = createToken({ name: 'Right', pattern: ')' });
export const Comma = createToken({ name: 'Comma', pattern: ',' });
const Space = createToken({ name: 'Space', pattern: /\s+/, group: Lexer.SKIPPED, line_breaks: true });
/** What is no word of the language. The grammar has no place for it, and says what it expected instead. */
export const Unknown = createToken({
  name: 'Unknown',
  pattern: /\$\w*|'[\s\S]*|[\ud800-\udbff][\udc00-\udfff]|[\s\S]/,
  line_breaks: true,
});

export const vocabulary: TokenType[] = [
  Space,
  And,
  Or,
  Not,
  In,
  Between,
  Like,
  ILike,
  Is,
  Null,
  True,
  False,
  Name,
  CurrentUser,
  Now,
  Text,
  Duration,
  NumberText,
  Compare,
  Left,
  Right,
  Comma,
  Unknown,
];

/** `safeMode`: without the choice of words by their first character, which does not see that Unknown can begin with any. */
const lexer = new Lexer(vocabulary, { positionTracking: 'onlyOffset', safeMode: true });

/** @throws BadRequest (400) `invalid-filter`: too long, too many words, nested too deep, or characters that no text may have */
export function tokensOf(source: Source): IToken[] {
  checkCharacters(source);
  const { tokens } = lexer.tokenize(withoutEnclosingQuotes(source.text));
  checkSize(source, tokens);
  checkDepth(source, tokens);
  return tokens;
}

function checkCharacters(source: Source): void {
  const bytes = Buffer.byteLength(source.text);
  if (bytes > MAX_FILTER_BYTES) {
    throw invalidFilter(source, 0, `the filter has ${bytes} bytes; the longest may have ${MAX_FILTER_BYTES}`);
  }
  const bad = source.text.search(/\0|\p{Surrogate}/u);
  if (bad >= 0) {
    const code = source.text.charCodeAt(bad).toString(16).toUpperCase().padStart(4, '0');
    throw invalidFilter(source, bad, `U+${code} cannot stand in a filter`);
  }
}

/** The whole text may stand in double quotes. Blanks take their places, so that positions stay. */
export function withoutEnclosingQuotes(text: string): string {
  return text.replace(/^(\s*)"([\s\S]*)"(\s*)$/, '$1 $2 $3');
}

function checkSize(source: Source, tokens: readonly IToken[]): void {
  const counted = tokens.filter(({ tokenType }) => tokenType !== Left && tokenType !== Right && tokenType !== Comma);
  if (counted.length > MAX_FILTER_NODES) {
    throw invalidFilter(
      source,
      counted[MAX_FILTER_NODES]!.startOffset,
      `the filter has ${counted.length} names, values, operators and keywords; the most are ${MAX_FILTER_NODES}`,
    );
  }
}

/** The parser calls itself for every parenthesis: what is too deep must not reach it. */
function checkDepth(source: Source, tokens: readonly IToken[]): void {
  let depth = 0;
  for (const { tokenType, startOffset } of tokens) {
    if (tokenType === Left) depth++;
    else if (tokenType === Right) depth--;
    if (depth > MAX_FILTER_DEPTH) {
      throw invalidFilter(source, startOffset, `parentheses are nested deeper than ${MAX_FILTER_DEPTH} levels`);
    }
  }
}
