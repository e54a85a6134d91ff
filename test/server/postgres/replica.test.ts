/**
 * Reads from a real streaming replica: it answers what only looks, and never with less than there was when the question came. Where it
 * cannot, the primary answers, and nobody notices.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { until } from '../../support/actions.ts';
import { Cluster } from '../../support/cluster.ts';
import { DatabaseProxy } from '../../support/database-proxy.ts';
import { logInAdmin, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { withOther } from './proxied.ts';

let primary: Cluster;
let replica: Cluster;
let proxy: DatabaseProxy;
let server: TestServer;
let admin: TestUser;
let template: string;
/** The statements that came to the replica. */
let seen: string[] = [];

beforeAll(async () => {
  // A replica gets what is on the disk of its primary.
  primary = await Cluster.start(['synchronous_commit=on']);
  await withOther(primary.url(), other => other.query('create database jobwright'));
  replica = await primary.replica();
  proxy = await DatabaseProxy.before(replica.url('jobwright'));
  server = await startWith(proxy.url);
  admin = await logInAdmin(server);
  template = (await publishedTemplate(admin, 'Pump overhaul', [step('Isolate'), step('Drain')])).id;
});
beforeEach(async () => {
  proxy.decide = text => {
    seen.push(text);
    return 'pass';
  };
  await untilReplicaAnswers();
});
afterEach(async () => {
  await withOther(replica.url(), other => other.query('select pg_wal_replay_resume()'));
});
afterAll(async () => {
  await server.stop();
  await proxy.refuse();
  await replica.remove();
  await primary.remove();
});

const startWith = (replicaUrl: string): Promise<TestServer> => {
  const settings = { engine: 'postgres', url: primary.url('jobwright'), poolSize: 3, replicaUrl } as const;
  return TestServer.start({}, { settings, drop: async () => {} });
};

const newJob = async (): Promise<string> => (await admin.jobs.createJobs(template, {})).jobIds[0]!;
const nameOf = async (jobId: string): Promise<string | undefined> => (await admin.jobs.getJob(jobId, {})).jobName;
const rename = (jobId: string, jobName: string) => admin.jobs.updateJob(jobId, { jobName }, '');
const hasAnswered = (): boolean => seen.some(text => /from "jobs"/.test(text));

async function untilReplicaAnswers(): Promise<void> {
  const jobId = await newJob();
  await until('the replica answers', async () => {
    seen = [];
    await nameOf(jobId);
    return hasAnswered();
  });
  seen = [];
}

test('the replica answers, and knows what was written just before', async () => {
  let answered = 0;
  const jobId = await newJob();
  for (let n = 0; n < 40; n++) {
    seen = [];
    await rename(jobId, `Renamed ${n}`);
    expect(await nameOf(jobId)).toBe(`Renamed ${n}`);
    if (hasAnswered()) answered++;
  }
  // Now and then it may be late: then the primary answered.
  expect(answered).toBeGreaterThan(20);
});

test('what another process has written is in the answer, too', async () => {
  const jobId = await newJob();
  await withOther(primary.url('jobwright'), async other => {
    for (let n = 0; n < 20; n++) {
      await other.query('update jobs set job_name = $1 where job_id = $2', [`By another ${n}`, jobId]);
      expect(await nameOf(jobId)).toBe(`By another ${n}`);
    }
  });
});

test('many ask at once while others write: each sees at least what was there when it asked', async () => {
  const jobId = await newJob();
  let written = 0;
  const writing = (async () => {
    for (let n = 1; n <= 30; n++) {
      await rename(jobId, String(n));
      written = n;
    }
  })();
  const readers = await Promise.all(Array.from({ length: 3 }, () => logInAdmin(server)));
  await Promise.all(
    readers.map(async reader => {
      while (written < 30) {
        const atLeast = written;
        const { jobName } = await reader.jobs.getJob(jobId, {});
        if (atLeast > 0) expect(Number(jobName)).toBeGreaterThanOrEqual(atLeast);
      }
    }),
  );
  await writing;
});

test('while it lags the primary answers, and afterwards it does again', async () => {
  const jobId = await newJob();
  await withOther(replica.url(), other => other.query('select pg_wal_replay_pause()'));
  await rename(jobId, 'Behind');
  seen = [];
  expect(await nameOf(jobId)).toBe('Behind');
  expect(hasAnswered()).toBe(false);
  await withOther(replica.url(), other => other.query('select pg_wal_replay_resume()'));
  await untilReplicaAnswers();
  expect(await nameOf(jobId)).toBe('Behind');
});

test('when it is gone the primary answers, and when it is back it does', async () => {
  const jobId = await newJob();
  await proxy.refuse();
  expect(await nameOf(jobId)).toMatch(/./);
  expect(server.log).toContainEqual(
    expect.objectContaining({ level: 40, msg: 'the replica is left alone for a moment' }),
  );
  await proxy.listen();
  await untilReplicaAnswers();
});

test.each(['cut', 'cut-answer', 'hang'] as const)(
  'when its connection breaks in a read (%s) the primary answers',
  async fault => {
    const jobId = await newJob();
    let met = 0;
    // A read that waits for an answer has 20 seconds; one that begins by asking how far it has come, one.
    const at = fault === 'hang' ? /pg_last_wal_replay_lsn/ : /from "jobs"/;
    proxy.decide = text => {
      if (met > 0 || !at.test(text)) return 'pass';
      met++;
      return fault;
    };
    await until('the read that meets it', async () => {
      expect(await nameOf(jobId)).toMatch(/./);
      return met > 0;
    });
  },
);

test('who calls, and what workers and readers of events look for, is never asked of it', async () => {
  await admin.jobs.startSteps(await newJob(), []);
  await (await logInAdmin(server)).teams.index();
  const notifications = admin.connection.service('NotificationService');
  const { cursor } = await notifications.poll('', { teamId: admin.teamId }, 0);
  await newJob();
  expect((await notifications.poll(cursor, { teamId: admin.teamId }, 0)).events).toHaveLength(1);
  expect(seen.filter(text => /"(tokens|users|events|job_runs|webhook_deliveries|event_webhooks)"/.test(text))).toEqual(
    [],
  );
});

test('a server that is no replica of the database is never asked for anything of it', async () => {
  const itself = await DatabaseProxy.before(primary.url('jobwright'));
  const asked: string[] = [];
  itself.decide = text => {
    asked.push(text);
    return 'pass';
  };
  const mistaken = await startWith(itself.url);
  const session = await logInAdmin(mistaken);
  const { jobIds } = await session.jobs.createJobs(template, {});
  expect(await session.jobs.getJob(jobIds[0]!, {})).toMatchObject({ jobId: jobIds[0] });
  expect(asked.filter(text => !text.includes('pg_control_system'))).toEqual([]);
  const err = expect.objectContaining({ message: 'JOBWRIGHT_REPLICA_URL names no replica of the database' });
  expect(mistaken.log).toContainEqual(
    expect.objectContaining({ level: 40, msg: 'the replica is left alone for a moment', err }),
  );
  await mistaken.stop();
  await itself.refuse();
});
