/** Turns: never more at once than allowed, in the order of arrival, and whatever fails gives its place on. */
import { expect, test } from '@jest/globals';
import { Turns } from '../../src/base/turns.ts';

test.each([1, 2, 5])('%i at a time, in order, failures included', async atOnce => {
  const turns = new Turns(atOnce);
  const gates = Array.from({ length: 20 }, () => Promise.withResolvers<void>());
  const began: number[] = [];
  let running = 0;
  const outcomes = gates.map((gate, index) =>
    turns.take(async () => {
      began.push(index);
      expect(++running).toBeLessThanOrEqual(atOnce);
      await gate.promise;
      running--;
      if (index % 3 === 0) throw new Error(`no ${index}`);
      return index;
    }),
  );
  const settled = Promise.allSettled(outcomes);
  for (const gate of gates) {
    await new Promise(resolve => setImmediate(resolve));
    gate.resolve();
  }
  expect((await settled).map(({ status }) => status)).toEqual(
    gates.map((_, index) => (index % 3 === 0 ? 'rejected' : 'fulfilled')),
  );
  expect(began).toEqual(gates.map((_, index) => index));
  // Every place is free again.
  let once = 0;
  await Promise.all(Array.from({ length: atOnce }, () => turns.take(async () => once++)));
  expect(once).toBe(atOnce);
});
