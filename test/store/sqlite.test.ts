/** The embedded database: how its two connections are set, that writes queue at their begin, and what is kept prepared. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Kysely, sql } from 'kysely';
import type { Connections } from '../../src/store/engine.ts';
import type { Database } from '../../src/store/schema.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { close } from './support.ts';

let folder: string;
let file: string;
const opened: Connections[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jobwright-test-'));
  file = join(folder, 'a', 'folder', 'that is new', 'jobwright.db');
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map(close));
  await rm(folder, { recursive: true, force: true });
});

const openConnections = (synchronous: 'FULL' | 'NORMAL' = 'FULL'): Connections => {
  const connections = openSqlite({ engine: 'sqlite', file, synchronous });
  opened.push(connections);
  return connections;
};

const pragma = async (db: Kysely<Database>, name: string): Promise<unknown> => {
  const { rows } = await sql<Record<string, unknown>>`pragma ${sql.raw(name)}`.execute(db);
  return Object.values(rows[0]!)[0];
};

test('the folder of the file is made, and the file in it', async () => {
  const { writes } = openConnections();
  await sql`create table t (x)`.execute(writes);
  const { reads } = openConnections();
  expect((await sql`select * from t`.execute(reads)).rows).toEqual([]);
});

test.each([
  ['FULL', 2],
  ['NORMAL', 1],
] as const)(
  'the writer has a write-ahead log, foreign keys, and synchronous=%s as set',
  async (synchronous, number) => {
    const { writes } = openConnections(synchronous);
    expect(await pragma(writes, 'journal_mode')).toBe('wal');
    expect(await pragma(writes, 'synchronous')).toBe(number);
    expect(await pragma(writes, 'foreign_keys')).toBe(1);
  },
);

test('the reader is another connection, in the same log, which only queries', async () => {
  const { reads, writes } = openConnections();
  await sql`create table t (x)`.execute(writes);
  expect(await pragma(reads, 'query_only')).toBe(1);
  expect(await pragma(reads, 'journal_mode')).toBe('wal');
  expect(await pragma(writes, 'query_only')).toBe(0);
  await expect(sql`insert into t values (1)`.execute(reads)).rejects.toMatchObject({ code: 'SQLITE_READONLY' });
});

test('a second writer is told at its begin that the first is at work, before it has read anything', async () => {
  const first = openConnections();
  const second = openConnections();
  await sql`create table t (x)`.execute(first.writes);
  let ran = false;
  await first.writes.transaction().execute(async () => {
    const attempt = second.writes.transaction().execute(async () => {
      ran = true;
    });
    const error = await attempt.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'SQLITE_BUSY' });
    expect(second.isTransient(error)).toBe(true);
  });
  expect(ran).toBe(false);
  await second.writes.transaction().execute(async () => {
    ran = true;
  });
  expect(ran).toBe(true);
});

test('more different statements than are kept prepared work all the same, again and again', async () => {
  const { writes } = openConnections();
  await sql`create table t (x)`.execute(writes);
  for (let round = 0; round < 2; round++) {
    for (let n = 0; n < 600; n++) {
      const { rows } = await sql<{ n: number }>`select ${sql.lit(n)} as n`.execute(writes);
      expect(rows).toEqual([{ n }]);
    }
  }
});

test('parameters are hidden from the planner, and stay what they are', async () => {
  const { writes } = openConnections();
  const { sql: text } = writes.selectFrom('teams').selectAll().where('team_id', '=', 'x').limit(1).compile();
  expect(text).toMatch(/"team_id" = \+\? limit \+\?$/);
  await sql`create table t (a, b, c, d)`.execute(writes);
  const values = ['1', 1.5, null, Buffer.from([0, 1])];
  await sql`insert into t values (${sql.join(values)})`.execute(writes);
  const found = await sql`select a, b, c, d, typeof(a) as of from t where a = ${'1'} and b = ${1.5}`.execute(writes);
  expect(found.rows).toEqual([{ a: '1', b: 1.5, c: null, d: Buffer.from([0, 1]), of: 'text' }]);
});

describe('a transaction', () => {
  const table = async ({ writes, snapshot }: Connections) => {
    await sql`create table t (x)`.execute(writes);
    return async () => (await snapshot(db => sql<{ x: number }>`select x from t`.execute(db))).rows.map(row => row.x);
  };

  test('waits for the one before it, and sees what that has written', async () => {
    const connections = openConnections();
    const rows = await table(connections);
    const next = () =>
      connections.transaction(async db => {
        const { rows } = await sql<{ n: number }>`select count(*) as n from t`.execute(db);
        await sql`insert into t values (${rows[0]!.n})`.execute(db);
      });
    await Promise.all([next(), next(), next()]);
    expect(await rows()).toEqual([0, 1, 2]);
  });

  test('that fails is undone, and the next one works', async () => {
    const connections = openConnections();
    const rows = await table(connections);
    const failed = connections.transaction(async db => {
      await sql`insert into t values (1)`.execute(db);
      throw new Error('on purpose');
    });
    await expect(failed).rejects.toThrow('on purpose');
    await connections.transaction(db => sql`insert into t values (2)`.execute(db));
    expect(await rows()).toEqual([2]);
  });

  test('that the database has undone by itself tells of its own error', async () => {
    const connections = openConnections();
    const rows = await table(connections);
    const failed = connections.transaction(async db => {
      await sql`insert into t values (1)`.execute(db);
      await sql`rollback`.execute(db);
      throw new Error('the disk is full');
    });
    await expect(failed).rejects.toThrow('the disk is full');
    expect(await rows()).toEqual([]);
  });

  test('takes no statement after its end', async () => {
    const connections = openConnections();
    const rows = await table(connections);
    const kept = await connections.transaction(async db => ({ db }));
    await expect(sql`insert into t values (1)`.execute(kept.db)).rejects.toThrow('after the end of its transaction');
    expect(await rows()).toEqual([]);
  });
});
