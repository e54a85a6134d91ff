/** What a poll tells while transactions that began before the events it is asked for are not over. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { ErrorCode } from '#gen/common_types';
import type { PostgresSettings } from '../../../../src/store/postgres.ts';
import { kindOf, type Reader, readerOf } from '../../../support/events.ts';
import { newJob, type TestJob } from '../../../support/jobs.ts';
import { expectRefusal } from '../../../support/refusals.ts';
import { logIn, logInAdmin, step, type TestUser } from '../../../support/seed.ts';
import { TestServer } from '../../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let job: TestJob;
let reader: Reader;
/** Connections whose transactions hold back what is written behind them. */
let writers: pg.Client[] = [];

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  job = await newJob(admin, [step('One')]);
});
afterAll(() => server.stop());
beforeEach(async () => {
  reader = await (await readerOf(server, admin)).begin();
});
afterEach(async () => {
  for (const writer of writers) await writer.end();
  writers = [];
});

async function writing(database = ''): Promise<pg.Client> {
  const url = new URL((server.settings as PostgresSettings).url);
  if (database) url.pathname = `/${database}`;
  const writer = new pg.Client({ connectionString: url.href });
  await writer.connect();
  writers.push(writer);
  await writer.query('begin');
  await writer.query('select pg_current_xact_id()');
  return writer;
}

let notes = 0;
const change = (): Promise<unknown> => admin.jobs.updateJob(job.id, { notes: `note ${++notes}` } as never, '');
const told = async (timeoutMs = 0): Promise<number> => (await reader.poll({}, timeoutMs)).events.length;

test('an answered write is told at once, though another that began before it is not over yet', async () => {
  const writer = await writing();
  await change();
  const polling = told();
  await pause(100);
  await writer.query('commit');
  expect(await polling).toBe(1);
});

test('a poll does not wait longer than a second or two, and loses nothing', async () => {
  const writer = await writing();
  await change();
  expect(await told()).toBe(0);
  await writer.query('rollback');
  expect(await told()).toBe(1);
  expect(await told()).toBe(0);
});

test('what is behind a transaction that has ended is told, and that there is more', async () => {
  await change();
  const writer = await writing();
  await change();
  const { events, more } = await reader.poll();
  expect({ events: events.length, more }).toEqual({ events: 1, more: true });
  const rest = reader.all();
  await pause(50);
  await writer.query('commit');
  expect((await rest).length).toBe(1);
});

test('a reader that begins hears only of what comes then', async () => {
  const writer = await writing();
  await change();
  const beginning = reader.begin();
  await pause(100);
  await writer.query('commit');
  await beginning;
  expect(await told()).toBe(0);
});

test('a reader that begins and waits hears of all that is written while it does', async () => {
  const fresh = await readerOf(server, admin);
  const writer = await writing();
  await change();
  const polling = fresh.poll({}, 10_000);
  await pause(100);
  await change();
  await writer.query('commit');
  const { events } = await polling;
  // Where it began stands before what was held back then.
  expect([...events, ...(await fresh.all())]).toHaveLength(2);
});

test('the first answer about jobs comes at once, whatever is held back', async () => {
  const fresh = await readerOf(server, admin);
  await writing();
  await change();
  const { events } = await fresh.poll({ jobIds: [job.id] });
  expect(events.map(kindOf)).toEqual(['JobState']);
});

test('a transaction of another database holds nothing back', async () => {
  await writing('postgres');
  await change();
  expect(await told()).toBe(1);
});

test('who may no longer hear of it when the wait is over does not', async () => {
  const session = await logIn(server, admin.email, admin.password, admin.teamId);
  const own = await (await readerOf(server, session)).begin();
  const writer = await writing();
  await change();
  const refused = expectRefusal(own.poll(), ErrorCode.INVALID_TOKEN, 'invalid-token');
  await pause(20);
  const loggingOut = session.auth.logout();
  await pause(100);
  await writer.query('commit');
  await loggingOut;
  await refused;
});
