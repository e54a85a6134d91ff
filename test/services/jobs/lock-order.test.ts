/** Acts that change several jobs, under several hands at once, through two servers on one database: none ever waits for another for ever. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Kysely, sql } from 'kysely';
import { pino } from 'pino';
import type { JobTemplate } from '#gen/job_template_types';
import { type RunningServer, startServer } from '../../../src/server/server.ts';
import type { Database } from '../../../src/store/schema.ts';
import { doing, published } from '../../support/actions.ts';
import { jobOf, type TestJob } from '../../support/jobs.ts';
import { rowsOf } from '../../support/rows.ts';
import { logInAdmin, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { miscounted, until, waitFor } from './held.ts';

const ROUNDS = 25;

let server: TestServer;
let others: RunningServer[];
let admin: TestUser;
let hands: TestUser[];
let template: JobTemplate;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  template = await publishedTemplate(admin, 'Raced', [step('a', { flow: { canSkip: true } }), step('b')]);
  const world = { logger: pino({ level: 'silent' }), clock: server.clock };
  const settings = { store: server.settings, host: '127.0.0.1', port: 0, version: 'test' };
  others = [await startServer(settings, world), await startServer(settings, world)];
  hands = await Promise.all([...others, ...others].map(handOf));
});
afterAll(() => server.stop());

async function handOf({ host, port }: RunningServer): Promise<TestUser> {
  const connection = await server.connect({ host, port });
  await connection.service('AuthenticationService').authenticate(admin.token);
  return { ...admin, connection, jobs: connection.service('JobsService') };
}

/** Their ids rise or fall, as the rounds go. */
async function jobs(count: number, round: number): Promise<TestJob[]> {
  const made: TestJob[] = [];
  for (let n = 0; n < count; n++) made.push(await jobOf(admin, template));
  return round % 2 ? made : made.reverse();
}

/** Whatever each is answered: one may have come too late. */
async function atOnce(...acts: ((hand: TestUser) => Promise<unknown>)[]): Promise<void> {
  await Promise.allSettled(acts.map((act, index) => act(hands[index]!)));
}

test('lists are closed while steps are finished for which jobs of the lists wait', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const [a, b, c, d] = (await jobs(4, round)) as [TestJob, TestJob, TestJob, TestJob];
    await waitFor(admin, b, ['a'], a, 'a');
    await waitFor(admin, c, ['a'], b);
    await waitFor(admin, d, ['a'], a);
    await atOnce(
      hand => a.finish(hand, 'a'),
      hand => hand.jobs.closeJobs([b.id, a.id, c.id]),
      hand => hand.jobs.closeJobsEach([d.id, b.id]),
      hand => waitFor(hand, d, ['b'], c),
    );
  }
});

test('lists are deleted while what they are part of, or wait for, is closed, finished or changed', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const [parent, child, other, last] = (await jobs(4, round)) as [TestJob, TestJob, TestJob, TestJob];
    await admin.jobs.updateJob(child.id, { parentJob: parent.id }, '');
    await admin.jobs.updateJob(last.id, { parentJob: parent.id }, '');
    await waitFor(admin, parent, ['a'], other, 'a');
    await waitFor(admin, child, ['a'], last);
    await atOnce(
      hand => hand.jobs.deleteJobs([parent.id]),
      hand => hand.jobs.closeJobs([child.id, parent.id, last.id]),
      hand => other.finish(hand, 'a'),
      hand => hand.jobs.updateJob(last.id, { parentJob: other.id }, ''),
    );
  }
});

test('jobs are ended that steps have created which wait for them', async () => {
  const making = await published(
    admin,
    doing(
      'make',
      { createJobs: { templateId: template.id, numberOfJobs: 2, waitForClose: true } },
      { automatic: true, proceedNext: true },
    ),
  );
  for (let round = 0; round < ROUNDS; round++) {
    const maker = await jobOf(admin, making);
    const [waiting] = (await jobs(1, round)) as [TestJob];
    await waitFor(admin, waiting, ['a'], maker, 'make');
    const made = async () =>
      (await rowsOf(server, 'jobs')).flatMap(row => (row.parent_job === maker.id ? row.job_id : []));
    await until(async () => (await made()).length === 2);
    const [one, two] = (await made()) as [string, string];
    await atOnce(
      hand => hand.jobs.closeJobsEach([one, maker.id, waiting.id]),
      hand => hand.jobs.closeJobsEach([waiting.id, two, maker.id]),
      hand => hand.jobs.closeJobsEach([maker.id, two]),
      hand => waiting.finish(hand, 'a'),
    );
    await until(async () => (await maker.get(admin)).closed);
  }
});

test('the database found none that waited for each other, and everything is counted', async () => {
  expect(await miscounted(server)).toEqual([]);
  // What connections have counted is told when they end.
  await Promise.all(others.map(other => other.stop()));
  await server.restart();
  expect(await deadlocks()).toBe(0);
});

/** SQLite has one writer at a time: there is nobody to wait for. */
async function deadlocks(): Promise<number> {
  if (server.store.engine === 'sqlite') return 0;
  return server.store.read(async reader => {
    const { db } = reader.people as unknown as { db: Kysely<Database> };
    const { rows } = await sql<{ deadlocks: number }>`
      select deadlocks from pg_stat_database where datname = current_database()`.execute(db);
    return rows[0]!.deadlocks;
  });
}
