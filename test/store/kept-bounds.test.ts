/** What is kept of answers: only what is asked for twice, and so much of it. */
import { beforeEach, expect, test } from '@jest/globals';
import { Kept } from '../../src/store/kept.ts';

const VERSION = 7;
const MOST_ROWS = 20_000;
const MOST_ONCE = 5_000;

let kept: Kept;

beforeEach(() => {
  kept = new Kept();
});

const at = (key: string, version = VERSION) => kept.at(version, key);
const keep = (key: string, rows: number, version = VERSION) => kept.keep(version, key, { key }, rows);

test('what is asked for the second time is known to be, until this process commits', () => {
  expect(kept.isAskedAgain('job')).toBe(false);
  expect(kept.isAskedAgain('other')).toBe(false);
  expect(kept.isAskedAgain('job')).toBe(true);
  kept.committed();
  expect(kept.isAskedAgain('job')).toBe(false);
});

test('so many are remembered as asked once; one more puts out all of them', () => {
  for (let n = 0; n < MOST_ONCE; n++) expect(kept.isAskedAgain(`job ${n}`)).toBe(false);
  expect(kept.isAskedAgain('job 0')).toBe(true);
  expect(kept.isAskedAgain('one more')).toBe(false);
  expect(kept.isAskedAgain('job 0')).toBe(false);
});

test('a long question is not remembered: it counts as asked before', () => {
  expect(kept.isAskedAgain('q'.repeat(500))).toBe(false);
  expect(kept.isAskedAgain('q'.repeat(501))).toBe(true);
});

test('an answer serves the version that it was read at, and goes with the next', () => {
  keep('job', 1);
  expect(at('job')).toEqual({ key: 'job' });
  expect(at('job', VERSION + 1)).toBeUndefined();
  keep('other', 1, VERSION + 1);
  expect(at('job')).toBeUndefined();
  keep('late', 1);
  expect(at('late')).toBeUndefined();
  expect(at('other', VERSION + 1)).toEqual({ key: 'other' });
});

test('all together have so many rows; one more takes the place of all before', () => {
  keep('half', MOST_ROWS / 2);
  keep('other half', MOST_ROWS / 2);
  expect(at('half')).toBeDefined();
  keep('one more', 1);
  expect([at('half'), at('other half')]).toEqual([undefined, undefined]);
  expect(at('one more')).toBeDefined();
  keep('too large', MOST_ROWS + 1);
  expect(at('too large')).toBeUndefined();
  expect(at('one more')).toBeDefined();
});

test('the room of a long question counts too', () => {
  // Each takes the room of 9,999 rows beside its one.
  const [one, two, three] = ['a', 'b', 'c'].map(letter => letter.repeat(500 * (MOST_ROWS / 2 - 1)));
  keep(one!, 1);
  keep(two!, 1);
  expect(at(one!)).toBeDefined();
  keep(three!, 1);
  expect([at(one!), at(two!)]).toEqual([undefined, undefined]);
  expect(at(three!)).toBeDefined();
});
