/** The Range header, read. */
import { describe, expect, test } from '@jest/globals';
import { byteRange } from '../../../src/server/http/byte-range.ts';

describe('of a file of 10 bytes', () => {
  test.each([
    ['bytes=0-3', 0, 4],
    ['bytes=3-3', 3, 4],
    ['bytes=4-', 4, 10],
    ['bytes=0-', 0, 10],
    ['bytes=7-99', 7, 10],
    ['bytes=0-999999999999999', 0, 10],
    ['bytes=-4', 6, 10],
    ['bytes=-99', 0, 10],
    ['Bytes= 2-3 ', 2, 4],
  ])('%s asks for the bytes from %i up to %i', (header, from, to) => {
    expect(byteRange(header, 10)).toEqual({ from, to });
  });

  test.each(['bytes=10-', 'bytes=10-12', 'bytes=999-', 'bytes=-0'])('%s asks for what it does not have', header => {
    expect(byteRange(header, 10)).toBe('unsatisfiable');
  });

  test.each([
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=5-2',
    'bytes=0-1,4-5',
    'bytes=a-b',
    'bytes=1.5-2',
    'bytes=--1',
    'lines=1-2',
    'bytes=0-9999999999999999',
  ])('%s is disregarded', header => {
    expect(byteRange(header, 10)).toBeUndefined();
  });
});

test.each(['bytes=0-', 'bytes=0-0', 'bytes=-1'])('an empty file does not have %s', header => {
  expect(byteRange(header, 0)).toBe('unsatisfiable');
});
