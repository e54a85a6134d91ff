/** A server process that is killed while a step calls a service: the next one sends the call again, under the same name, and records it once. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Kysely } from 'kysely';
import { pino } from 'pino';
import { connect } from '../../src/client/connect.ts';
import { openStore } from '../../src/store/database.ts';
import type { Database } from '../../src/store/schema.ts';
import { doing, jobDoing, leaf, results, until } from '../support/actions.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { hangs, json, Outside } from '../support/outside.ts';
import { type ServerProcess, serve } from '../support/process.ts';
import { logIn, type TestUser } from '../support/seed.ts';
import type { TestServer } from '../support/server.ts';

const admin = { email: 'admin@localhost', password: 'administrators-password' };

let database: TestDatabase;
let server: ServerProcess;
let outside: Outside;
beforeEach(async () => {
  database = await freshDatabase();
  outside = await Outside.start();
});
afterEach(async () => {
  await server.end('SIGKILL');
  outside.stop();
  await database.drop();
});

async function start(): Promise<TestUser> {
  server = await serve(database.settings, { JOBWRIGHT_ADMIN_PASSWORD: admin.password });
  const reached = { connect: () => connect(server.address) } as unknown as TestServer;
  return logIn(reached, admin.email, admin.password);
}

/** The minute is over for which the run is its process's. Nobody has a clock there that could be turned. */
async function aMinuteLater(): Promise<void> {
  const store = await openStore(database.settings, pino({ level: 'silent' }));
  await store.transact(async tx => {
    const { db } = tx.people as unknown as { db: Kysely<Database> };
    const [run, more] = await db.selectFrom('job_runs').selectAll().execute();
    expect(more).toBeUndefined();
    expect(run!.next_at).toBeLessThanOrEqual(Date.now() + 60_000);
    await tx.runs.change(run!, { next_at: run!.next_at! - 60_000 });
  });
  await store.close();
}

test('killed twice in the middle of it, a call is sent anew under one name, and recorded once', async () => {
  let user = await start();
  const call = doing(
    'call',
    { webRequest: { httpMethod: 'POST', url: outside.url, body: 'order' } },
    { proceedNext: true },
  );
  const job = await jobDoing(user, [call, leaf('after')]);
  outside.answer = hangs;
  await job.start(user, 'call');
  for (let times = 1; times <= 2; times++) {
    await until('the call', () => outside.got.length === times);
    await user.connection.close();
    await server.end('SIGKILL');
    await aMinuteLater();
    if (times === 2) outside.answer = json(200, {});
    user = await start();
  }
  await until('the job moves on', async () => (await job.current(user)).join() === 'after');
  const sent = outside.got.map(({ headers, body }) => [headers['x-jobwright-run'], body]);
  expect(sent).toEqual(Array(3).fill([expect.stringMatching(`^${job.id}/call/\\d+$`), 'order']));
  expect(new Set(sent.map(([run]) => run)).size).toBe(1);
  expect(await results(user, job, 'call')).toEqual(['Started', 'Completed: 200', 'Finished']);
  await user.connection.close();
});
