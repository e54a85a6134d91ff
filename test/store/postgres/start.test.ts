/** The start against a PostgreSQL that is not there yet, lets nobody in, or has a database that texts would not fit into. */
import { randomUUID } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { pino } from 'pino';
import { openStore } from '../../../src/store/database.ts';
import type { PostgresSettings, PostgresTimes } from '../../../src/store/postgres.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { DatabaseProxy } from '../../support/database-proxy.ts';

let database: TestDatabase | undefined;
let proxy: DatabaseProxy | undefined;
const log: { msg: string; err?: { message: string } }[] = [];
const logger = pino({ level: 'warn' }, { write: line => log.push(JSON.parse(line)) });

afterEach(async () => {
  await proxy?.refuse();
  await database?.drop();
  database = undefined;
  log.length = 0;
});

/** Of a fresh database behind a proxy. */
async function behindProxy(times: Partial<PostgresTimes> = {}): Promise<PostgresSettings> {
  database = await freshDatabase();
  const settings = database.settings as PostgresSettings;
  proxy = await DatabaseProxy.before(settings.url);
  return { ...settings, url: proxy.url, times };
}

test('waits for a database that comes up a little later, and says so', async () => {
  const settings = await behindProxy();
  await proxy!.refuse();
  const opening = openStore(settings, logger);
  while (log.length === 0) await new Promise(setImmediate);
  await proxy!.listen();
  const store = await opening;
  expect(await store.read(reader => reader.people.anyUser())).toBe(false);
  await store.close();
  expect(log[0]).toMatchObject({
    msg: 'PostgreSQL is not there yet; waiting for 30 s at most',
    err: { message: expect.stringContaining('ECONNREFUSED') },
  });
});

test.each([
  ['refuses connections', (there: DatabaseProxy) => there.refuse(), 'ECONNREFUSED'],
  [
    'takes connections and says nothing',
    (there: DatabaseProxy) => {
      there.isSilent = true;
    },
    'timeout expired',
  ],
] as const)('gives up after some time where something %s, and says where and why', async (_what, break_, why) => {
  const settings = await behindProxy({ startMs: 600, connectMs: 300 });
  await break_(proxy!);
  const { port } = new URL(settings.url);
  await expect(openStore(settings, logger)).rejects.toThrow(
    new RegExp(`^PostgreSQL at 127\\.0\\.0\\.1:${port} was not there for 0\\.6 s: .*${why}`),
  );
});

test.each([
  ['a wrong password', { password: 'wrong' }, '28P01'],
  ['a database that does not exist', { pathname: '/nowhere' }, '3D000'],
])('does not wait where %s is named', async (_what, change, code) => {
  const settings = await behindProxy();
  const url = Object.assign(new URL(settings.url), change);
  await expect(openStore({ ...settings, url: url.href }, logger)).rejects.toMatchObject({ code });
  expect(log).toEqual([]);
});

test.each(['LATIN1', 'SQL_ASCII'])(
  'a database of the encoding %s is refused, and nothing is written to it',
  async encoding => {
    const name = `test_${randomUUID().replaceAll('-', '')}`;
    const url = new URL(process.env.JOBWRIGHT_TEST_POSTGRES!);
    const server = new pg.Client({ connectionString: url.href });
    await server.connect();
    await server.query(`create database ${name} encoding '${encoding}' lc_collate 'C' lc_ctype 'C' template template0`);
    url.pathname = `/${name}`;
    await expect(openStore({ engine: 'postgres', url: url.href, poolSize: 1 }, logger)).rejects.toThrow(
      `the database "${name}" has the encoding ${encoding}; Jobwright needs one that was made with UTF8`,
    );
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    expect((await client.query(`select 1 from pg_tables where schemaname = 'public'`)).rows).toEqual([]);
    await client.end();
    await server.query(`drop database ${name}`);
    await server.end();
  },
);
