/** Texts with references: what they name, and how values are put in. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  filledIn,
  hasOpenReference,
  isLiteral,
  namesIn,
  type TextForm,
  valueText,
} from '../../src/domain/references-in-texts.ts';
import { ref } from '../support/trees.ts';

const values: Record<string, string> = { a: 'A "1"/ä', 'pump.note': ref('a'), none: '' };
const filled = (text: string, form: TextForm = 'plain') => filledIn(text, form, name => values[name] ?? '?');

describe('a text', () => {
  test.each<[string, string, TextForm, string]>([
    ['without references stays as it is', 'a $ b $5 {x}', 'plain', 'a $ b $5 {x}'],
    ['has values as they are', `<${ref('a')}>`, 'plain', '<A "1"/ä>'],
    ['that is an address has them percent-encoded', `x/${ref('a')}`, 'url', 'x/A%20%221%22%2F%C3%A4'],
    ['that is JSON has them escaped', `"${ref('a')}"`, 'json', '"A \\"1\\"/ä"'],
    ['has nothing for null', `<${ref('none')}>`, 'plain', '<>'],
    ['has one dollar sign for two', `$$${ref('none')} $${ref('a')} $$$$`, 'plain', `$ ${ref('a')} $$`],
    ['is not looked into again', ref('pump.note'), 'plain', ref('a')],
    ['takes blanks within the braces', ref(' a '), 'plain', 'A "1"/ä'],
  ])('%s', (_name, text, form, expected) => {
    expect(filled(text, form)).toBe(expected);
  });

  test('says what it names', () => {
    expect(namesIn(`$$${ref('a')} x ${ref('t.p')} $$ ${ref('a')}`)).toEqual(['a', 't.p', 'a']);
    expect([isLiteral('$$ $'), isLiteral(ref('a'))]).toEqual([true, false]);
  });

  test('says whether a reference is open', () => {
    expect(['${a', 'x ${', ref('a'), '$${a', '}'].map(hasOpenReference)).toEqual([true, true, false, false, false]);
  });

  test('of any kind: doubled dollar signs come back single', () => {
    fc.assert(fc.property(fc.string(), text => filled(text.replaceAll('$', '$$$$')) === text));
  });

  test('of any kind: a value in JSON is the value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), value => {
        expect(JSON.parse(`"${filledIn(ref('x'), 'json', () => value)}"`)).toBe(value);
        expect(decodeURIComponent(filledIn(ref('x'), 'url', () => value))).toBe(value.toWellFormed());
      }),
    );
  });
});

test.each([
  ['dateTime', 0, '1970-01-01T00:00:00.000Z'],
  ['boolean', 1, 'true'],
  ['boolean', 0, 'false'],
  ['number', 2.5, '2.5'],
  ['text', null, ''],
  ['user', undefined, ''],
] as const)('a value of type %s stands as a text: %p', (type, value, expected) => {
  expect(valueText(type, value)).toBe(expected);
});
