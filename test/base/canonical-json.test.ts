/** Canonical JSON, held against the library that writes the same of everything. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { configure } from 'safe-stable-stringify';
import { canonicalJson } from '../../src/base/canonical-json.ts';

const library = configure({ deterministic: true, strict: true });

describe('canonical JSON', () => {
  test('is what safe-stable-stringify writes, whatever the value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false, maxDepth: 6 }), value => {
        expect(canonicalJson(value)).toBe(library(value));
      }),
      { numRuns: 5000 },
    );
  });

  test('leaves out what is undefined, as the library does', () => {
    const holey = fc.letrec(tie => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(undefined, null, '', 0, -0, 1e21, 5e-324, true),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.sparseArray(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.string({ unit: 'binary' }), tie('value'), { maxKeys: 4 }),
      ),
    })).value;
    fc.assert(
      fc.property(holey, value => {
        expect(canonicalJson(value)).toBe(library(value));
      }),
      { numRuns: 5000 },
    );
  });

  test('sorts by UTF-16 units: numbers as texts, surrogates before what they are greater than', () => {
    expect(canonicalJson({ '10': 1, '9': 2, '': 3, b: 4, B: 5, '\u{1F600}': 6, '\uFF5E': 7, __proto__: 8 })).toBe(
      '{"":3,"10":1,"9":2,"B":5,"b":4,"\u{1F600}":6,"\uFF5E":7}',
    );
    expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"y":1,"x":2},"a":"\\ud800"}'))).toBe(
      '{"__proto__":{"x":2,"y":1},"a":"\\ud800","b":1}',
    );
  });

  test.each([
    ['NaN', Number.NaN],
    ['Infinity', { a: [Number.POSITIVE_INFINITY] }],
    ['a bigint', { a: 1n }],
    ['a function', [() => 1]],
    ['a symbol', { a: Symbol('a') }],
  ])('has no word for %s', (_name, value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
    expect(() => library(value)).toThrow();
  });
});
