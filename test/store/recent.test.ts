/** Answers that serve for a short while: whom one read serves, and whom it does not. */
import { beforeEach, expect, test } from '@jest/globals';
import { Recent } from '../../src/store/recent.ts';

const NOW = 1_700_000_000_000;
const RECENT_MS = 750;

type Read = PromiseWithResolvers<{ n: number }>;

let recent: Recent;
let reads: Read[];

beforeEach(() => {
  recent = new Recent();
  reads = [];
});

/** Asks for the same as ever, at a time. */
const get = (at = 0) =>
  recent.get('token', NOW + at, () => {
    const read = Promise.withResolvers<{ n: number }>();
    reads.push(read);
    return read.promise;
  });

const answer = (read: number) => reads[read]!.resolve({ n: read });

test('one read serves all who ask while it is under way, and after it', async () => {
  const both = Promise.all([get(), get(1)]);
  answer(0);
  expect(await both).toEqual([{ n: 0 }, { n: 0 }]);
  expect(await get(RECENT_MS - 1)).toEqual({ n: 0 });
  expect(reads).toHaveLength(1);
});

test('it serves for less than its time, counted from the question, and nobody whose clock is behind that', async () => {
  void get();
  answer(0);
  void get(RECENT_MS);
  expect(reads).toHaveLength(2);
  void get(-1);
  expect(reads).toHaveLength(3);
});

test('a read that fails fails for those who waited for it; the next one reads again', async () => {
  const both = Promise.allSettled([get(), get()]);
  reads[0]!.reject(new Error('away'));
  expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const next = get();
  answer(1);
  expect(await next).toEqual({ n: 1 });
});

test('a failure of before does not end what was read since', async () => {
  const failed = get().catch(() => 'failed');
  recent.forget();
  void get();
  answer(1);
  reads[0]!.reject(new Error('away'));
  expect(await failed).toBe('failed');
  expect(await get()).toEqual({ n: 1 });
  expect(reads).toHaveLength(2);
});

test('what was being read when something changed serves nobody who asks later', async () => {
  const before = get();
  recent.forget();
  const after = get();
  answer(1);
  answer(0);
  expect(await before).toEqual({ n: 0 });
  expect(await after).toEqual({ n: 1 });
  expect(await get(1)).toEqual({ n: 1 });
  expect(reads).toHaveLength(2);
});
