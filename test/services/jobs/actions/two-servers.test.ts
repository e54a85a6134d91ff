/** Two servers on one database: each run is worked on by one of them; and steps that the server starts when nothing holds them any more. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { type RunningServer, startServer } from '../../../../src/server/server.ts';
import {
  automatic,
  doing,
  jobDoing,
  leaf,
  published,
  results,
  states,
  until,
  untilClosed,
} from '../../../support/actions.ts';
import { jobOf } from '../../../support/jobs.ts';
import { hangs, json, Outside } from '../../../support/outside.ts';
import { rowsOf } from '../../../support/rows.ts';
import { logInAdmin, type TestUser } from '../../../support/seed.ts';
import { TestServer } from '../../../support/server.ts';
import { hold, holdUntil, unhold, waitFor } from '../held.ts';

let server: TestServer;
let second: RunningServer;
let outside: Outside;
let admin: TestUser;

const startSecond = async (): Promise<void> => {
  second = await startServer(
    { store: server.settings, host: '127.0.0.1', port: 0, version: 'second' },
    { logger: pino({ level: 'silent' }), clock: server.clock },
  );
};

beforeAll(async () => {
  server = await TestServer.start();
  outside = await Outside.start();
  admin = await logInAdmin(server);
});
afterAll(async () => {
  outside.stop();
  await server.stop();
});
beforeEach(async () => {
  outside.forget();
  await startSecond();
});
afterEach(() => second.stop());

const call = () => doing('call', { webRequest: { httpMethod: 'POST', url: outside.url } }, automatic);

test('each of many runs is worked on once', async () => {
  const template = await published(admin, call());
  const { jobIds } = await admin.jobs.createJobs(template.id, { numberOfJobs: 25 });
  await until('all of them are over', async () => (await rowsOf(server, 'jobs')).every(job => job.closed === 1));
  const asked = outside.got.map(({ headers }) => String(headers['x-jobwright-run']).split('/')[0]);
  expect(asked.sort()).toEqual([...jobIds].sort());
  const completed = (await rowsOf(server, 'job_history')).filter(
    ({ step_id, result }) => step_id === 'call' && result === '200',
  );
  expect(completed).toHaveLength(25);
});

test('what one leaves behind when it stops, the other takes up', async () => {
  outside.answer = hangs;
  const job = await jobDoing(admin, [call()]);
  await until('it is sent', () => outside.got.length === 1);
  outside.answer = json(200, {});
  await second.stop();
  await server.restart();
  admin = await logInAdmin(server);
  await startSecond();
  await untilClosed(admin, job);
  expect(outside.got.length).toBe(2);
  expect(await results(admin, job, 'call')).toEqual(['Started', 'Completed: 200', 'Finished']);
});

test('what a second one takes up because the first was late has one outcome', async () => {
  const waiting: (() => void)[] = [];
  outside.answer = response => {
    waiting.push(() => response.end('late'));
  };
  const job = await jobDoing(admin, [call()]);
  await until('it is sent', () => outside.got.length === 1);
  server.clock.forward(61_000);
  await until('it is taken again', async () => (await rowsOf(server, 'job_runs'))[0]!.attempts === 2);
  outside.answer = json(200, {});
  for (const answer of waiting) answer();
  await untilClosed(admin, job);
  expect(await results(admin, job, 'call')).toEqual(['Started', 'Completed: 200', 'Finished']);
});

test('a run is kept by whoever took it last, and by nobody else', async () => {
  outside.answer = hangs;
  const job = await jobDoing(admin, [doing('call', { webRequest: { httpMethod: 'GET', url: outside.url } })]);
  await job.start(admin, 'call');
  await until('it is sent', () => outside.got.length === 1);
  const [taken] = await rowsOf(server, 'job_runs');
  const keep = (run: typeof taken, until: number) => server.store.transact(tx => tx.runs.keepTaken(run!, until));
  const later = taken!.next_at! + 60_000;
  expect(await keep(taken, later)).toBe(true);
  expect(await keep(taken, later)).toBe(false);
  expect((await rowsOf(server, 'job_runs'))[0]!.next_at).toBe(later);
  await admin.jobs.stopSteps(job.id, []);
  expect(await keep({ ...taken!, next_at: later }, later)).toBe(false);
});

describe('a step that the server starts, and that is held', () => {
  const heldJob = async () => {
    const job = await jobDoing(admin, [leaf('first'), leaf('bySelf', automatic), leaf('after')]);
    const other = await jobOf(admin, await published(admin, leaf('only')));
    return { job, other };
  };

  test('is started when its last hold is released by hand', async () => {
    const { job } = await heldJob();
    await hold(admin, job, 'bySelf');
    await hold(admin, job, 'bySelf');
    await job.run(admin, 'first');
    expect(await states(admin, job)).toEqual(['bySelf: READY']);
    await unhold(admin, job, 'bySelf');
    await until('it is started', async () => (await job.current(admin)).join() === 'after');
    expect(await results(admin, job, 'bySelf')).toEqual(expect.arrayContaining(['Started', 'Finished']));
  });

  test('is started when its time comes', async () => {
    const { job } = await heldJob();
    await holdUntil(admin, job, server.clock.now() + 60_000, 'bySelf');
    await job.run(admin, 'first');
    expect(await states(admin, job)).toEqual(['bySelf: READY']);
    server.clock.forward(60_000);
    await until('it is started', async () => (await job.current(admin)).join() === 'after');
  });

  test('is started when what it waits for is over', async () => {
    const { job, other } = await heldJob();
    await waitFor(admin, job, ['bySelf'], other);
    await job.run(admin, 'first');
    expect(await states(admin, job)).toEqual(['bySelf: READY']);
    await other.run(admin, 'only');
    await until('it is started', async () => (await job.current(admin)).join() === 'after');
  });

  test('is left alone when it is not current, or nobody’s business of the server', async () => {
    const { job } = await heldJob();
    await hold(admin, job, 'first', 'bySelf');
    await unhold(admin, job, 'first', 'bySelf');
    await until('no run is left', async () => (await rowsOf(server, 'job_runs')).length === 0);
    expect(await states(admin, job)).toEqual(['first: READY']);
  });
});
