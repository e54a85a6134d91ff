/** Filters, whatever they say: what is written out and read again is the same, and what is no filter is refused with its place. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BadRequest } from '../../../src/base/errors.ts';
import { parseFilter } from '../../../src/domain/filter/filter.ts';
import { asciiLowerCase, isLike, patternOf } from '../../../src/domain/filter/like.ts';
import { condition, list, written } from '../../support/filters.ts';

test('a filter that is written out and read again says the same', () => {
  fc.assert(
    fc.property(condition, fc.boolean(), (is, enclosed) => {
      const text = written(is);
      const read = parseFilter(enclosed ? `"${text}"` : text, list, 'q');
      expect(read.condition).toEqual(is);
      expect(read.text).toBe(text);
      expect(JSON.parse(JSON.stringify(read))).toEqual(read);
    }),
    { numRuns: 1000 },
  );
});

const piece = fc.constantFrom(
  ...[
    'AND',
    'or',
    'NOT',
    'in',
    'BETWEEN',
    'like',
    'IS',
    'null',
    '(',
    ')',
    ',',
    '=',
    '<',
    '<>',
    "'a'",
    "'",
    '"',
    '5',
    '-1',
  ],
  ...[
    'jobName',
    'revision',
    'closed',
    'dueDate',
    'parts.size',
    'nothing',
    '$now',
    '- 7d',
    '$currentUser',
    'TRUE',
    '😀',
    ';',
    '--',
  ],
);

test('whatever is written, the answer is a filter or a refusal with a place within the text', () => {
  const text = fc.oneof(
    fc.array(piece, { maxLength: 12 }).map(pieces => pieces.join(' ')),
    fc.string({ unit: 'binary', maxLength: 40 }),
  );
  fc.assert(
    fc.property(text, text => {
      try {
        parseFilter(text, list, 'q');
      } catch (error) {
        if (!(error instanceof BadRequest)) throw error;
        const position = Number(error.details.position);
        expect(error.slug).toBe('invalid-filter');
        expect(position).toBeGreaterThanOrEqual(1);
        expect(position).toBeLessThanOrEqual([...text].length + 1);
      }
    }),
    { numRuns: 3000 },
  );
});

/** LIKE by its definition, trying everything. */
function isLikeByTrying(text: readonly string[], pattern: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === '%') return isLikeByTrying(text, rest) || (text.length > 0 && isLikeByTrying(text.slice(1), pattern));
  return text.length > 0 && (first === '_' || first === text[0]) && isLikeByTrying(text.slice(1), rest);
}

test('LIKE and ILIKE find what trying every place finds', () => {
  const characters = (...all: string[]) =>
    fc.array(fc.constantFrom(...all), { maxLength: 8 }).map(each => each.join(''));
  fc.assert(
    fc.property(
      characters('a', 'A', 'b', 'ü', '😀'),
      characters('a', 'A', 'b', 'ü', '😀', '%', '_'),
      (text, pattern) => {
        expect(isLike(text, patternOf(pattern), false)).toBe(isLikeByTrying([...text], [...pattern]));
        expect(isLike(text, patternOf(pattern), true)).toBe(
          isLikeByTrying([...asciiLowerCase(text)], [...asciiLowerCase(pattern)]),
        );
      },
    ),
    { numRuns: 2000 },
  );
});
