/**
 * PostgreSQL goes and comes back while everything is under way: calls, readers who wait, workers. Nothing is lost and nothing done
 * twice, and the server needs nobody to help it.
 */
import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { JobHistoryAction } from '#gen/jobs_types';
import { holdsOf, holdUntil } from '../../services/jobs/held.ts';
import { doing, jobDoing, leaf, results, until } from '../../support/actions.ts';
import { Cluster } from '../../support/cluster.ts';
import { readerOf } from '../../support/events.ts';
import { TestHttp } from '../../support/http.ts';
import { jobOf } from '../../support/jobs.ts';
import { json, Outside } from '../../support/outside.ts';
import { Receiver } from '../../support/receiver.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { logInAdmin, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { countOf, untilDone, withOther } from './proxied.ts';

let cluster: Cluster;
let server: TestServer;
let admin: TestUser;
let template: string;
let http: TestHttp;
const receiver = new Receiver();

beforeAll(async () => {
  cluster = await Cluster.start();
  await withOther(cluster.url(), other => other.query('create database jobwright'));
  const url = cluster.url('jobwright');
  const settings = { engine: 'postgres', url, poolSize: 5, times: { awayMs: 1000 } } as const;
  server = await TestServer.start({}, { settings, drop: () => cluster.remove() });
  http = new TestHttp(server.address);
  admin = await logInAdmin(server);
  template = (await publishedTemplate(admin, 'Pump overhaul', [step('Isolate'), step('Drain')])).id;
});
afterAll(async () => {
  receiver.stop();
  await server.stop();
});

const database = () => cluster.url('jobwright');

/** Ends every connection of the server, as a restart does. */
const terminateAll = () =>
  withOther(cluster.url(), other =>
    other.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = 'jobwright'`),
  );

async function restart(): Promise<void> {
  await cluster.stop();
  await pause(2500);
  await cluster.start();
}

interface Outage {
  readonly how: string;
  readonly happen: () => Promise<void>;
}

describe.each<Outage>([
  {
    how: 'all its connections are ended, again and again',
    happen: async () => {
      for (let times = 0; times < 5; times++) await terminateAll().then(() => pause(100));
    },
  },
  { how: 'it is stopped and, some seconds later, started', happen: restart },
])('PostgreSQL under load: $how', ({ how, happen }) => {
  test('every job that was asked for is there once, and every step is started and finished once', async () => {
    const before = await countOf(database(), 'jobs');
    let isOver = false;
    const clients = await Promise.all(Array.from({ length: 6 }, () => logInAdmin(server)));
    const outage = happen().then(() => {
      isOver = true;
    });
    const made = await Promise.all(clients.map((client, n) => work(client, `${how} ${n}`, () => isOver)));
    await outage;
    const jobIds = made.flat();
    expect(new Set(jobIds).size).toBe(jobIds.length);
    expect(await countOf(database(), 'jobs')).toBe(before + jobIds.length);
    for (const action of [JobHistoryAction.Started, JobHistoryAction.Finished]) {
      const ofSteps = `select 1 from job_history where action = ${action} group by team_id, job_id, step_id`;
      expect(await countOf(database(), `(${ofSteps} having count(*) > 1) as twice`)).toBe(0);
      expect(await countOf(database(), `(${ofSteps}) as once`)).toBe(before + jobIds.length);
    }
  });
});

/** Creates jobs and works on their first steps, repeating what is answered with 503, until the outage is over and for a while on. */
async function work(client: TestUser, name: string, isOver: () => boolean): Promise<string[]> {
  const jobIds: string[] = [];
  for (let n = 0, after = 0; after < 3; n++) {
    if (isOver()) after++;
    const { result } = await untilDone(() =>
      client.jobs.createJobs(template, { requestId: `${name} ${n}`.slice(-64) }),
    );
    const jobId = result.jobIds[0]!;
    jobIds.push(jobId);
    const job = await untilDone(() => client.jobs.getJob(jobId, {}));
    const stepId = job.result.currentSteps[0]!.stepId!;
    await untilDone(() => client.jobs.startSteps(jobId, [stepId]));
    await untilDone(() => client.jobs.finishSteps(jobId, [stepId]));
  }
  return jobIds;
}

test('while PostgreSQL is away calls are 503 and the server is not ready; afterwards readers and workers go on by themselves', async () => {
  const notifications = admin.connection.service('NotificationService');
  await notifications.setEventWebhook(admin.teamId, '', await receiver.start(), {});
  const job = await jobOf(admin, await publishedTemplate(admin, 'Held for a while', [step('a')]));
  const reader = await (await readerOf(server, admin)).begin();
  await holdUntil(admin, job, server.clock.now() + 3_600_000, 'a');
  await reader.all();
  const told = (): string[] =>
    receiver.got.flatMap(({ body }) =>
      (JSON.parse(body).events as { msgType: string }[]).map(({ msgType }) => msgType),
    );
  await until('the webhook is told of the hold', () => told().includes('StepHeld'));
  expect(await ready()).toBe(200);

  const waits = reader.poll({}, 30_000).catch((error: unknown) => error);
  await cluster.stop();
  expect(await ready()).toBe(503);
  await expectRefusal(admin.jobs.getJob(job.id, {}), ErrorCode.SERVICE_UNAVAILABLE, 'busy');
  await expectRefusal(admin.jobs.closeJobs([job.id]), ErrorCode.SERVICE_UNAVAILABLE, 'busy');
  server.clock.forward(3_600_000);
  expect(await waits).toMatchObject({ errorCode: ErrorCode.SERVICE_UNAVAILABLE, slug: 'busy' });
  await cluster.start();

  await until('the server is ready', async () => (await ready()) === 200);
  await until('the hold is released', async () => (await holdsOf(admin, job))[0]!.releasedDate != null);
  expect((await untilDone(() => reader.kinds())).result).toEqual(['StepHoldReleased']);
  await until('the webhook is told of the release', () => told().includes('StepHoldReleased'));
  expect(told().filter(kind => kind === 'StepHoldReleased')).toHaveLength(1);
});

test('what a service answers while PostgreSQL is away is recorded when it is back, and the service not called again', async () => {
  const outside = await Outside.start();
  const calls: ServerResponse[] = [];
  outside.answer = response => void calls.push(response);
  const webRequest = { httpMethod: 'POST', url: `${outside.url}/hook` };
  const job = await jobDoing(admin, [doing('call', { webRequest }), leaf('after')]);
  await job.start(admin, 'call');
  await until('the service is called', () => calls.length === 1);
  await cluster.stop();
  json(200, { state: 'fine' })(calls[0]!, outside.got[0]!);
  // Longer than the store tries by itself.
  await expectRefusal(admin.jobs.getJob(job.id, {}), ErrorCode.SERVICE_UNAVAILABLE, 'busy');
  await expectRefusal(admin.jobs.getJob(job.id, {}), ErrorCode.SERVICE_UNAVAILABLE, 'busy');
  await cluster.start();
  await until('the answer is recorded', async () => (await countOf(database(), 'job_runs')) === 0);
  expect(await results(admin, job, 'call')).toContain('Completed: 200');
  expect(outside.got).toHaveLength(1);
  outside.stop();
});

const ready = async (): Promise<number> => (await http.send(undefined, '/readyz')).status;
