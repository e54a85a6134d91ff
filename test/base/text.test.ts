/** Texts as they are sorted. */
import { expect, test } from '@jest/globals';
import { sortKey } from '../../src/base/text.ts';

test('what a title is sorted by has neither capitals nor a way of composing accents', () => {
  expect(sortKey('Ele\u0301vation A')).toBe('elévation a');
});

test.each([
  ['200 letters', 'a'.repeat(200), 'a'.repeat(200)],
  ['a letter more', 'a'.repeat(201), 'a'.repeat(200)],
  ['150 characters of two halves each', '🔧'.repeat(150), '🔧'.repeat(150)],
  ['201 characters of two halves each', '🔧'.repeat(201), '🔧'.repeat(200)],
])('%s: whole characters, 200 of them at most', (_, title, key) => {
  expect(sortKey(title)).toBe(key);
});
