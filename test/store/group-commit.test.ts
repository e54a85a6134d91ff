/**
 * Group commit of the embedded database: which writes share a flush, that each stands and falls alone, and that nothing is answered,
 * told or seen before it is on the disk. The slow disk is simulated: each flush takes 5 ms longer.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Connections } from '../../src/store/engine.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { close } from './support.ts';

let folder: string;
let connections: Connections;
let flushes = 0;
let onFlush: () => void = () => {};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jobwright-test-'));
  connections = openSqlite({
    engine: 'sqlite',
    file: join(folder, 'jobwright.db'),
    synchronous: 'FULL',
    onFlush: () => {
      flushes++;
      onFlush();
    },
  });
  await sql`create table t (x integer primary key)`.execute(connections.writes);
  await sql`create table child (x integer references t (x))`.execute(connections.writes);
  flushes = 0;
});
afterEach(async () => {
  onFlush = () => {};
  await close(connections);
  await rm(folder, { recursive: true, force: true });
});

const write = (x: number): Promise<number> =>
  connections.transaction(async db => {
    await sql`insert into t values (${x})`.execute(db);
    return x;
  });

const refused = (x: number, error: unknown = new Error(`no ${x}`)): Promise<never> =>
  connections.transaction(async db => {
    await sql`insert into t values (${x})`.execute(db);
    throw error;
  });

const rows = async (): Promise<number[]> =>
  (await connections.snapshot(db => sql<{ x: number }>`select x from t order by x`.execute(db))).rows.map(({ x }) => x);

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const outcome = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: Error) => error.message);

test('writes that arrive together share one flush, and each gets its own answer', async () => {
  expect(await Promise.all(upTo(100).map(write))).toEqual(upTo(100));
  // One, or a few more where the machine is busy with something else: a group waits no longer than 20 ms for its last.
  expect(flushes).toBeLessThan(20);
  expect(await rows()).toEqual(upTo(100));
});

test('a write that comes alone is flushed alone, without waiting for company', async () => {
  await write(1);
  await write(2);
  expect(flushes).toBe(2);
});

test('who has written alone for long shares flushes soon after others have come', async () => {
  for (const x of upTo(30)) await write(x);
  expect(flushes).toBe(30);
  flushes = 0;
  const writer = async (_: unknown, at: number) => {
    for (const n of upTo(20)) {
      // As what arrives at a socket of its own does.
      await new Promise(resolve => setImmediate(resolve));
      await write(100 * (at + 1) + n);
    }
  };
  await Promise.all(upTo(8).map(writer));
  expect(flushes).toBeLessThan(60);
  expect(await rows()).toHaveLength(30 + 160);
});

test('those that arrive in the same turn of the event loop as the first is at work join it', async () => {
  const first = write(0);
  await Promise.resolve();
  const others = upTo(3).map(x => write(x + 1));
  await Promise.all([first, ...others]);
  expect(flushes).toBeLessThan(4);
});

test.each([
  ['first', 0],
  ['in the middle', 2],
  ['last', 4],
])('one that is refused is undone alone: %s', async (_where, at) => {
  const asked = upTo(5).map(x => outcome(x === at ? refused(x) : write(x)));
  expect(await Promise.all(asked)).toEqual(upTo(5).map(x => (x === at ? `no ${x}` : x)));
  expect(await rows()).toEqual(upTo(5).filter(x => x !== at));
});

test('a group in which all are refused writes nothing', async () => {
  expect(await Promise.all(upTo(3).map(x => outcome(refused(x))))).toEqual(['no 0', 'no 1', 'no 2']);
  expect(await rows()).toEqual([]);
});

test('each sees what those before it in its group have written, and nothing of one that was refused', async () => {
  const count = () =>
    connections.transaction(async db => (await sql<{ n: number }>`select count(*) as n from t`.execute(db)).rows[0]!.n);
  const [, before, , after] = await Promise.all([write(0), count(), outcome(refused(1)), count()]);
  expect([before, after]).toEqual([1, 1]);
});

test('nothing is answered, and nothing seen by readers, before the flush', async () => {
  const events: string[] = [];
  onFlush = () => events.push('flushed');
  const asked = upTo(3).map(x => outcome(x === 1 ? refused(x) : write(x)).then(() => events.push('answered')));
  const seenBefore = connections.transaction(() => rows());
  await Promise.all(asked);
  expect(await seenBefore).toEqual([]);
  expect(events).toEqual(['flushed', 'answered', 'answered', 'answered']);
  expect(await rows()).toEqual([0, 2]);
});

test('when the commit fails for one of a group, only that one is refused: the others run again, each by itself', async () => {
  const runs: number[] = [];
  const add = (x: number, parent: number) =>
    connections.transaction(async db => {
      runs.push(x);
      await sql`pragma defer_foreign_keys = on`.execute(db);
      await sql`insert into t values (${x})`.execute(db);
      await sql`insert into child values (${parent})`.execute(db);
      return x;
    });
  const asked = [add(0, 0), add(1, 99), add(2, 2)].map(outcome);
  expect(await Promise.all(asked)).toEqual([0, 'FOREIGN KEY constraint failed', 2]);
  expect(runs).toEqual([0, 1, 2, 0, 1, 2]);
  expect(await rows()).toEqual([0, 2]);
});

test('when the database undoes a whole group by itself, the others run again, and nothing of them is lost', async () => {
  const undoing = connections.transaction.bind(connections);
  const full = () =>
    undoing(async db => {
      await sql`insert into t values (7)`.execute(db);
      await sql`rollback`.execute(db);
      throw new Error('the disk is full');
    });
  const asked = [write(0), full(), write(1)].map(outcome);
  expect(await Promise.all(asked)).toEqual([0, 'the disk is full', 1]);
  expect(await rows()).toEqual([0, 1]);
});

test('a group takes in a limited number: those beyond it go with the next', async () => {
  await Promise.all(upTo(1200).map(write));
  expect(flushes).toBeGreaterThanOrEqual(3);
});

test('with a slow disk throughput grows with the writers: 32 at once do more than 15 times what one does', async () => {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  onFlush = () => Atomics.wait(pause, 0, 0, 5);
  let next = 0;
  const perSecond = async (writers: number, each: number): Promise<number> => {
    const started = performance.now();
    const work = async () => {
      for (let n = 0; n < each; n++) await write(next++);
    };
    await Promise.all(upTo(writers).map(work));
    return (1000 * writers * each) / (performance.now() - started);
  };
  await perSecond(32, 2);
  flushes = 0;
  const one = await perSecond(1, 20);
  expect(flushes).toBe(20);
  const many = await perSecond(32, 20);
  // However busy the machine is, the flushes can be counted.
  expect(flushes).toBeLessThan(20 + (32 * 20) / 15);
  expect(many / one).toBeGreaterThan(15);
});
