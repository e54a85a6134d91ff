/** The pen of SQLite's writers: it goes round in the order of asking, stays where nobody else wants it, and nobody waits for the dead. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { LeasedPen } from '../../../src/server/processes/leased-pen.ts';
import { type PenHolder, PenQueue } from '../../../src/server/processes/pen-queue.ts';

describe('the giver', () => {
  /** What the writers were told. */
  const told: string[] = [];
  const writer = (name: string): PenHolder => ({
    granted: wanted => told.push(`${name}: granted${wanted ? ', wanted' : ''}`),
    wanted: () => told.push(`${name}: wanted`),
  });
  const begin = () => {
    told.length = 0;
    return { queue: new PenQueue(), a: writer('a'), b: writer('b'), c: writer('c') };
  };
  const tellings = () => told.splice(0);

  test('grants in the order of asking, and tells who has it once that others wait', () => {
    const { queue, a, b, c } = begin();
    queue.ask(a);
    expect(tellings()).toEqual(['a: granted']);
    queue.ask(b);
    queue.ask(c);
    expect(tellings()).toEqual(['a: wanted']);
    queue.giveBack(a);
    expect(tellings()).toEqual(['b: granted, wanted']);
    queue.ask(a);
    expect(tellings()).toEqual([]);
    queue.giveBack(b);
    queue.giveBack(c);
    expect(tellings()).toEqual(['c: granted, wanted', 'a: granted']);
  });

  test('goes on when who has it is gone, and past who is gone while it waited', () => {
    const { queue, a, b, c } = begin();
    for (const each of [a, b, c]) queue.ask(each);
    tellings();
    queue.leave(b);
    queue.leave(a);
    expect(tellings()).toEqual(['c: granted']);
    queue.leave(c);
    queue.ask(b);
    expect(tellings()).toEqual(['b: granted']);
  });

  test('takes it from nobody who has it not, and no question twice', () => {
    const { queue, a, b } = begin();
    queue.ask(a);
    queue.ask(a);
    queue.giveBack(b);
    queue.ask(b);
    queue.ask(b);
    expect(tellings()).toEqual(['a: granted', 'a: wanted']);
    queue.giveBack(a);
    queue.giveBack(b);
    queue.ask(a);
    expect(tellings()).toEqual(['b: granted', 'a: granted']);
  });
});

describe('the pen of a worker', () => {
  const begin = (longestWaitMs?: number) => {
    const said: string[] = [];
    const giver = { ask: () => void said.push('ask'), giveBack: () => void said.push('back') };
    return { said, pen: new LeasedPen(giver, longestWaitMs) };
  };

  test('is asked for once, and then taken without a word', async () => {
    const { said, pen } = begin();
    const taken = pen.take();
    pen.granted(false);
    await taken;
    pen.give();
    for (let batch = 0; batch < 3; batch++) {
      await pen.take();
      pen.give();
    }
    expect(said).toEqual(['ask']);
  });

  test('goes back behind the batch in which somebody began to wait, and is asked for again', async () => {
    const { said, pen } = begin();
    const taken = pen.take();
    pen.granted(false);
    await taken;
    pen.wanted();
    expect(said).toEqual(['ask']);
    pen.give();
    expect(said).toEqual(['ask', 'back']);
    const again = pen.take();
    expect(said).toEqual(['ask', 'back', 'ask']);
    pen.granted(true);
    await again;
    pen.give();
    expect(said).toEqual(['ask', 'back', 'ask', 'back']);
  });

  test('goes back at once when nothing is written here', async () => {
    const { said, pen } = begin();
    const taken = pen.take();
    pen.granted(false);
    await taken;
    pen.give();
    pen.wanted();
    expect(said).toEqual(['ask', 'back']);
  });

  test('is waited for', async () => {
    const { pen } = begin();
    let isTaken = false;
    const taken = pen.take().then(() => {
      isTaken = true;
    });
    await pause(20);
    expect(isTaken).toBe(false);
    pen.granted(false);
    await taken;
  });

  test('that does not come holds nobody up for ever, and goes back when it comes late and is wanted', async () => {
    const { said, pen } = begin(10);
    await pen.take();
    pen.granted(true);
    expect(said).toEqual(['ask']);
    pen.give();
    expect(said).toEqual(['ask', 'back']);
    await pen.take();
    pen.give();
    pen.granted(true);
    expect(said).toEqual(['ask', 'back', 'ask', 'back']);
  });

  test('goes round among workers who always want it: each has its turn', async () => {
    const queue = new PenQueue();
    const order: number[] = [];
    const workers = [0, 1, 2].map(worker => {
      const holder: PenHolder = { granted: wanted => pen.granted(wanted), wanted: () => pen.wanted() };
      const later = (act: () => void) => setImmediate(act);
      const pen = new LeasedPen({
        ask: () => later(() => queue.ask(holder)),
        giveBack: () => later(() => queue.giveBack(holder)),
      });
      return async () => {
        for (let batch = 0; batch < 50; batch++) {
          await pen.take();
          order.push(worker);
          await pause(0);
          pen.give();
        }
      };
    });
    await Promise.all(workers.map(work => work()));
    const firstHalf = order.slice(0, 75);
    for (const worker of [0, 1, 2]) expect(firstHalf.filter(each => each === worker).length).toBeGreaterThan(20);
  });
});
