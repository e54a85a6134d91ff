/** Holds that release themselves: on time, after a restart too, and once, whichever of several servers does it. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { JobHistoryAction } from '#gen/jobs_types';
import { uuids } from '../../../src/base/ids.ts';
import { systemAct } from '../../../src/engine/act.ts';
import { releaseDue } from '../../../src/engine/holds.ts';
import { type RunningServer, startServer } from '../../../src/server/server.ts';
import type { Store } from '../../../src/store/database.ts';
import { jobOf, newJob, parallel, type StatusName, type TestJob } from '../../support/jobs.ts';
import { rowsOf } from '../../support/rows.ts';
import { logIn, logInAdmin, newOutsider, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { headOf, hold, holdEvents, holdsOf, holdUntil, miscounted, unhold, until } from './held.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

let server: TestServer;
let admin: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
});
afterEach(async () => {
  expect(await miscounted(server)).toEqual([]);
});
afterAll(() => server.stop());

const inMinutes = (minutes: number): number => server.clock.now() + minutes * MINUTE_MS;

const nothingDue = () =>
  until(async () => {
    const rows = await rowsOf(server, 'job_holds');
    return !rows.some(({ scheduled_release, released_date }) => scheduled_release !== null && released_date === null);
  });

test('a step is held up to the time, and free from then on', async () => {
  const job = await newJob(admin, [step('a')]);
  await holdUntil(admin, job, inMinutes(10), 'a');
  server.clock.forward(9 * MINUTE_MS);
  expect(await job.start(admin, 'a')).toEqual(['Held']);
  expect((await job.get(admin)).currentSteps).toMatchObject([{ manualHold: true }]);
  server.clock.forward(MINUTE_MS);
  expect((await job.get(admin)).currentSteps).toMatchObject([{ manualHold: false, holdScheduledRelease: null }]);
  expect(await job.start(admin, 'a')).toEqual(['Success']);
  await nothingDue();
});

test('the server releases it, and tells so', async () => {
  const job = await newJob(admin, [step('a')]);
  const at = inMinutes(10);
  await holdUntil(admin, job, at, 'a');
  const { revision } = await job.get(admin);
  server.clock.forward(10 * MINUTE_MS);
  await nothingDue();
  const [released] = await holdsOf(admin, job);
  expect(released).toMatchObject({ scheduledRelease: at, releasedBy: null });
  expect(released!.releasedDate).toBeGreaterThanOrEqual(at);
  const told = (await admin.jobs.getJobHistory(job.id)).slice(2);
  expect(told).toMatchObject([
    { action: JobHistoryAction.HoldReleased, stepName: 'a', username: 'system', userId: null },
    { action: JobHistoryAction.Reactivated, stepName: null, username: 'system', userId: null },
  ]);
  expect((await holdEvents(server, job)).slice(1)).toEqual([['StepHoldReleased', { stepIds: job.steps('a') }, null]]);
  expect(await headOf(server, job)).toMatchObject({ open_holds: 0, revision: revision + 1 });
});

test('it comes by itself, without any call: the server sleeps until then', async () => {
  const job = await newJob(admin, [step('a')]);
  await holdUntil(admin, job, server.clock.now() + 3000, 'a');
  await nothingDue();
  expect(await job.history(admin)).toEqual(['Created', 'Held: a', 'HoldReleased: a', 'Reactivated']);
});

test('only that hold is released: the others of the step keep it', async () => {
  const job = await newJob(admin, [step('a')]);
  await holdUntil(admin, job, inMinutes(1), 'a');
  await holdUntil(admin, job, inMinutes(60), 'a');
  await hold(admin, job, 'a');
  server.clock.forward(MINUTE_MS);
  await until(async () => (await holdsOf(admin, job))[0]!.releasedDate !== null);
  expect(await job.start(admin, 'a')).toEqual(['Held']);
  expect((await job.history(admin)).slice(4)).toEqual(['HoldReleased: a']);
  expect(await unhold(admin, job)).toEqual(['Success']);
});

test('one that was released by hand is not released again', async () => {
  const job = await newJob(admin, [step('a')]);
  await holdUntil(admin, job, inMinutes(1), 'a');
  await unhold(admin, job, 'a');
  const before = await job.history(admin);
  const witness = await newJob(admin, [step('b')]);
  await holdUntil(admin, witness, inMinutes(2), 'b');
  server.clock.forward(2 * MINUTE_MS);
  await nothingDue();
  expect(await job.history(admin)).toEqual(before);
});

test('more than the server takes at once, of several teams, are all released', async () => {
  const outsider = await newOutsider(server, admin);
  const titles = Array.from({ length: 700 }, (_, n) => `s${n}`);
  const children = () => [parallel('P', ...titles.map(title => step(title)))];
  const jobs = [await newJob(admin, children()), await newJob(outsider, children())];
  const at = inMinutes(5);
  await holdUntil(admin, jobs[0]!, at);
  await holdUntil(outsider, jobs[1]!, at);
  server.clock.forward(5 * MINUTE_MS);
  await nothingDue();
  const rows = (await rowsOf(server, 'job_history')).filter(row => row.action === JobHistoryAction.HoldReleased);
  for (const { id } of jobs) {
    const steps = rows.filter(row => row.job_id === id).map(row => row.step_id);
    expect([steps.length, new Set(steps).size]).toEqual([700, 700]);
  }
});

test('what came due while no server ran is released when one starts', async () => {
  const job = await newJob(admin, [step('a')]);
  await holdUntil(admin, job, inMinutes(5), 'a');
  server.clock.forward(4 * MINUTE_MS);
  await server.restart();
  server.clock.forward(DAY_MS);
  admin = await logInAdmin(server);
  await nothingDue();
  expect(await job.history(admin)).toEqual(['Created', 'Held: a', 'HoldReleased: a', 'Reactivated']);
});

describe('two servers on one database', () => {
  let second: RunningServer;
  let there: TestUser;

  beforeAll(async () => {
    second = await startServer(
      { store: server.settings, host: '127.0.0.1', port: 0, version: 'test' },
      { logger: pino({ level: 'silent' }), clock: server.clock },
    );
    const connection = await server.connect({ host: second.host, port: second.port });
    admin = await logIn(server, admin.email, admin.password);
    await connection.service('AuthenticationService').authenticate(admin.token);
    there = { ...admin, connection, jobs: connection.service('JobsService') };
  });
  afterAll(() => second.stop());

  const releases = async (job: TestJob): Promise<string[]> => (await job.history(admin)).slice(2);

  test('each hold is released once, by one of them', async () => {
    const template = await publishedTemplate(admin, 'Released once', [step('a')]);
    for (let round = 0; round < 10; round++) {
      const jobs = await Promise.all(Array.from({ length: 20 }, () => jobOf(admin, template)));
      for (const [index, job] of jobs.entries()) await holdUntil(index % 2 ? admin : there, job, inMinutes(5), 'a');
      server.clock.forward(5 * MINUTE_MS);
      await nothingDue();
      for (const job of jobs) expect(await releases(job)).toEqual(['HoldReleased: a', 'Reactivated']);
    }
  });

  test('of both servers and somebody who release it at once, one does', async () => {
    const template = await publishedTemplate(admin, 'Released thrice', [step('a')]);
    for (let round = 0; round < 30; round++) {
      const job = await jobOf(admin, template);
      const at = inMinutes(1);
      await holdUntil(admin, job, at, 'a');
      const onTime = (store: Store) => store.transact(tx => releaseDue(tx, systemAct(at, uuids), 10));
      const acts = [() => onTime(server.store), () => unhold(admin, job, 'a'), () => onTime(second.store)];
      const shifted = [0, 1, 2].map(index => (index + round) % 3);
      const outcomes = await Promise.all(shifted.map(index => acts[index]!()));
      const byHand = outcomes[shifted.indexOf(1)] as StatusName[];
      const [hold] = await holdsOf(admin, job);
      expect([byHand, hold!.releasedBy]).toEqual(
        hold!.releasedBy === null ? [['NotHeld'], null] : [['Success'], admin.id],
      );
      expect(await releases(job)).toEqual(['HoldReleased: a', 'Reactivated']);
    }
  });
});
