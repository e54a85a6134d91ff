/** JSON pointers, held against the examples of RFC 6901, and JSON as services answer it. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isPointer, parsedJson, pointed, textAt } from '../../src/domain/json-pointer.ts';

const whole = {
  foo: ['bar', 'baz'],
  '': 0,
  'a/b': 1,
  'c%d': 2,
  'e^f': 3,
  'g|h': 4,
  'i\\j': 5,
  'k"l': 6,
  ' ': 7,
  'm~n': 8,
};

describe('a pointer', () => {
  test.each([
    ['', whole],
    ['/foo', whole.foo],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/e^f', 3],
    ['/g|h', 4],
    ['/i\\j', 5],
    ['/k"l', 6],
    ['/ ', 7],
    ['/m~0n', 8],
  ])('%p leads to its part', (pointer, expected) => {
    expect(isPointer(pointer)).toBe(true);
    expect(pointed(whole, pointer)).toEqual(expected);
  });

  test.each(['/none', '/foo/2', '/foo/-', '/foo/01', '/foo/length', '/foo/0/x', '/toString', '/__proto__'])(
    '%p leads nowhere',
    pointer => {
      expect(pointed(whole, pointer)).toBeUndefined();
    },
  );

  test.each(['foo', '/a~', '/a~2', ' /a'])('%p is none', pointer => {
    expect(isPointer(pointer)).toBe(false);
  });

  test('leads to each part of any JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), value => {
        for (const [key, part] of Object.entries(value)) {
          const pointer = `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
          expect(isPointer(pointer)).toBe(true);
          expect(pointed(value, pointer)).toEqual(part);
        }
      }),
    );
  });
});

test('whole numbers keep their digits; what is no JSON is none', () => {
  expect(parsedJson('{"a": 9223372036854775807, "b": [1, -2.5, 1e400]}')).toEqual({
    value: { a: '9223372036854775807', b: [1, -2.5, Number.POSITIVE_INFINITY] },
  });
  expect([parsedJson(''), parsedJson('{a: 1}')]).toEqual([undefined, undefined]);
});

test('each value has a text', () => {
  expect(['x', 1.5, true, null, undefined, { a: [1] }].map(textAt)).toEqual(['x', '1.5', 'true', '', '', '{"a":[1]}']);
});
