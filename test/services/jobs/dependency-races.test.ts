/** Dependencies under several hands at once, through two servers on one database: no cycle comes about, and nobody waits for ever. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { ErrorCode, SystemException } from '#gen/common_types';
import type { JobTemplate } from '#gen/job_template_types';
import { type RunningServer, startServer } from '../../../src/server/server.ts';
import { jobOf, type TestJob } from '../../support/jobs.ts';
import { logInAdmin, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { holdsOf, miscounted, waitFor, waitNoMore } from './held.ts';

const ROUNDS = 40;

let server: TestServer;
let second: RunningServer;
let here: TestUser;
let there: TestUser;
let template: JobTemplate;

beforeAll(async () => {
  server = await TestServer.start();
  second = await startServer(
    { store: server.settings, host: '127.0.0.1', port: 0, version: 'test' },
    { logger: pino({ level: 'silent' }), clock: server.clock },
  );
  here = await logInAdmin(server);
  const connection = await server.connect({ host: second.host, port: second.port });
  await connection.service('AuthenticationService').authenticate(here.token);
  there = { ...here, connection, jobs: connection.service('JobsService') };
  template = await publishedTemplate(here, 'Raced', [step('a'), step('b')]);
});
afterEach(async () => {
  expect(await miscounted(server)).toEqual([]);
});
afterAll(async () => {
  await second.stop();
  await server.stop();
});

const jobs = (count: number): Promise<TestJob[]> =>
  Promise.all(Array.from({ length: count }, () => jobOf(here, template)));

/** Passes when one of the two did and the other was refused for the cycle. */
async function expectOneRefused(acts: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(acts);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const { reason } = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
  expect(reason).toBeInstanceOf(SystemException);
  expect(reason).toMatchObject({ errorCode: ErrorCode.BAD_REQUEST, slug: 'dependency-cycle' });
}

test('two jobs are made to wait for each other at once: exactly one of the two is refused', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const [a, b] = (await jobs(2)) as [TestJob, TestJob];
    await expectOneRefused([waitFor(here, a, ['a'], b), waitFor(there, b, ['a'], a)]);
  }
});

test('a cycle is closed at two ends at once, which have no job in common: exactly one of the two is refused', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const [a, b, c, d] = (await jobs(4)) as [TestJob, TestJob, TestJob, TestJob];
    await waitFor(here, a, ['a'], b);
    await waitFor(here, c, ['a'], d);
    await expectOneRefused([waitFor(here, b, ['a'], c), waitFor(there, d, ['a'], a)]);
  }
});

test.each<[string, (other: TestJob) => Promise<unknown>]>([
  ['its step is finished', other => other.finish(there, 'a')],
  ['it is closed', other => other.finish(there, 'a').then(() => there.jobs.closeJobs([other.id]))],
])('a job is waited for while %s: the waiting ends', async (_, end) => {
  for (let round = 0; round < ROUNDS; round++) {
    const [waiting, other] = (await jobs(2)) as [TestJob, TestJob];
    await other.start(there, 'a');
    const acts = [() => waitFor(here, waiting, ['a'], other, 'a'), () => end(other)];
    await Promise.all((round % 2 ? acts : acts.reverse()).map(act => act()));
    expect(await holdsOf(here, waiting)).toMatchObject([{ releasedDate: expect.any(Number) }]);
    expect((await waiting.history(here)).filter(entry => entry === 'HoldReleased: a')).toHaveLength(1);
    expect(await waiting.start(here, 'a')).toEqual(['Success']);
  }
});

test('a dependency is released by hand while what it waits for is done: once', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const [waiting, other] = (await jobs(2)) as [TestJob, TestJob];
    await waitFor(here, waiting, ['a'], other, 'a');
    await other.start(there, 'a');
    const acts = [() => waitNoMore(here, waiting, ['a'], other), () => other.finish(there, 'a')];
    await Promise.all((round % 2 ? acts : acts.reverse()).map(act => act()));
    expect((await waiting.history(here)).slice(2)).toEqual(['HoldReleased: a', 'Reactivated']);
  }
});

test('two jobs that one step waits for are done at once: both are released, and the job is active again once', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const [waiting, one, two] = (await jobs(3)) as [TestJob, TestJob, TestJob];
    await waitFor(here, waiting, ['a'], one, 'a');
    await waitFor(here, waiting, ['a'], two, 'a');
    await one.start(here, 'a');
    await two.start(there, 'a');
    expect(await Promise.all([one.finish(here, 'a'), two.finish(there, 'a')])).toEqual([['Success'], ['Success']]);
    expect((await waiting.history(here)).slice(3)).toEqual(['HoldReleased: a', 'HoldReleased: a', 'Reactivated']);
  }
});

test('a job is waited for by one while another waits for it no more: it counts those that wait', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const [other, staying, leaving] = (await jobs(3)) as [TestJob, TestJob, TestJob];
    await waitFor(here, leaving, ['a'], other);
    await Promise.all([waitFor(here, staying, ['a'], other), waitNoMore(there, leaving, ['a'], other)]);
  }
});
