/**
 * Calls while the way to PostgreSQL breaks: what was surely undone is done again, what may have been done is told, and nothing is done
 * twice.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import type { Fault } from '../../support/database-proxy.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { logInAdmin, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { breakAt, countOf, type Proxied, startProxied, untilDone, withOther } from './proxied.ts';

let proxied: Proxied;
let admin: TestUser;
let template: string;

beforeAll(async () => {
  proxied = await startProxied({ statementMs: 1000, lockMs: 500, awayMs: 2000 });
  admin = await logInAdmin(proxied.server);
  template = (await publishedTemplate(admin, 'Pump overhaul', [step('Isolate'), step('Drain')])).id;
});
afterEach(() => {
  proxied.proxy.decide = () => 'pass';
});
afterAll(() => proxied.server.stop());

const jobs = () => countOf(proxied.direct, 'jobs');
const create = (requestId: string, numberOfJobs = 3) => admin.jobs.createJobs(template, { requestId, numberOfJobs });

describe('a connection that breaks before the commit was sent', () => {
  test.each([
    ['before the first statement', /^start transaction isolation level read committed/],
    ['in the middle of the transaction', /^\s*insert into "jobs"/],
    ['behind most of what it writes', /^\s*insert into "events"/],
  ])('%s: the call is carried out, once', async (_when, pattern) => {
    const before = await jobs();
    const met = breakAt(proxied.proxy, pattern, 'cut');
    const { jobIds } = await create(`cut ${pattern}`);
    expect(met()).toBe(1);
    expect(jobIds).toHaveLength(3);
    expect(await jobs()).toBe(before + 3);
  });

  test('behind a statement that was carried out, before its answer: the call is carried out, once', async () => {
    const before = await jobs();
    const met = breakAt(proxied.proxy, /^\s*insert into "jobs"/, 'cut-answer');
    expect((await create('unheard')).jobIds).toHaveLength(3);
    expect(met()).toBe(1);
    expect(await jobs()).toBe(before + 3);
  });

  test('where nothing breaks and nothing answers any more: 503 busy, and the same call is carried out afterwards', async () => {
    const before = await jobs();
    const met = breakAt(proxied.proxy, /^\s*insert into "jobs"/, 'hang');
    await expectRefusal(create('hanging'), ErrorCode.SERVICE_UNAVAILABLE, 'busy');
    expect(met()).toBe(1);
    expect(await jobs()).toBe(before);
    expect((await create('hanging')).jobIds).toHaveLength(3);
    expect(await jobs()).toBe(before + 3);
  });

  test('again and again: 503 busy, and nothing is done; afterwards the same call is carried out', async () => {
    const before = await jobs();
    breakAt(proxied.proxy, /^\s*insert into "jobs"/, 'cut', Number.POSITIVE_INFINITY);
    const message = /busy or away, and the call was not carried out; repeat it/;
    await expectRefusal(create('never'), ErrorCode.SERVICE_UNAVAILABLE, 'busy', message);
    expect(await jobs()).toBe(before);
    proxied.proxy.decide = () => 'pass';
    expect((await create('never')).jobIds).toHaveLength(3);
    expect(await jobs()).toBe(before + 3);
  });

  test('while something is read: it is read again', async () => {
    const { jobIds } = await create('to be read', 1);
    for (const pattern of [/^start transaction isolation level repeatable read/, /from "jobs"/, /^commit/]) {
      const met = breakAt(proxied.proxy, pattern, 'cut-answer');
      expect(await admin.jobs.getJob(jobIds[0]!, {})).toMatchObject({ jobId: jobIds[0] });
      expect(met()).toBe(1);
    }
  });
});

describe('a connection that breaks at the commit', () => {
  test.each([
    ['before it reached the database', 'cut', 0],
    ['behind it, and before its answer', 'cut-answer', 3],
    ['without an answer ever', 'hang', 0],
  ] as const)('%s: 503 outcome-unknown; repeated with its requestId it is done once', async (_when, fault, done) => {
    const before = await jobs();
    proxied.proxy.decide = atCommitOfWriter(fault);
    const message = /may have been carried out or not; look, or repeat it with the same requestId/;
    await expectRefusal(create(`at commit ${fault}`), ErrorCode.SERVICE_UNAVAILABLE, 'outcome-unknown', message);
    expect(await jobs()).toBe(before + done);
    expect((await create(`at commit ${fault}`)).jobIds).toHaveLength(3);
    expect(await jobs()).toBe(before + 3);
  });

  test('of a call that says which revision it expects: repeated, it is told that it was done, and changes nothing more', async () => {
    const { jobIds } = await create('to be changed', 1);
    const { revision } = await admin.jobs.getJob(jobIds[0]!, {});
    const change = () =>
      admin.jobs.updateJob(jobIds[0]!, { jobName: 'Renamed', expectedRevision: revision } as never, '');
    proxied.proxy.decide = atCommitOfWriter('cut-answer');
    await expectRefusal(change(), ErrorCode.SERVICE_UNAVAILABLE, 'outcome-unknown');
    await expectRefusal(change(), ErrorCode.INVALID_VERSION, 'revision-conflict');
    expect(await admin.jobs.getJob(jobIds[0]!, {})).toMatchObject({ jobName: 'Renamed', revision: revision! + 1 });
  });
});

/** Meets the commit of the next transaction that inserts jobs or changes one. */
function atCommitOfWriter(fault: Fault) {
  let writer: number | undefined;
  return (text: string, connection: number): Fault => {
    if (writer === undefined && /^\s*(insert into|update) "jobs"/.test(text)) writer = connection;
    return connection === writer && text === 'commit' ? fault : 'pass';
  };
}

test('serialization failures and deadlocks are met again, and the call is carried out once', async () => {
  await withOther(proxied.direct, async other => {
    await other.query(`
      create sequence refusals;
      create function refuse() returns trigger language plpgsql as $$
        begin
          if nextval('refusals') < 6 then
            raise exception 'try again' using errcode = case when lastval() % 2 = 0 then '40001' else '40P01' end;
          end if;
          return new;
        end $$;
      create trigger refused before insert on jobs for each statement execute function refuse()`);
    const before = await jobs();
    expect((await create('refused')).jobIds).toHaveLength(3);
    expect(await jobs()).toBe(before + 3);
    await other.query('drop function refuse() cascade');
  });
});

test('a real deadlock with another program ends, and the call is carried out once', async () => {
  const [one, two] = (await create('to be locked', 2)).jobIds as [string, string];
  await withOther(proxied.direct, async other => {
    // Whoever notices a deadlock is its victim: the server shall be.
    await other.query(`set deadlock_timeout = '1min'`);
    await other.query('begin');
    // Jobs are locked in the order of their ids.
    const [first, last] = [one, two].sort() as [string, string];
    await other.query('select 1 from jobs where job_id = $1 for update', [last]);
    const closing = admin.jobs.closeJobs([first, last]);
    await blocked(other);
    await other.query('select 1 from jobs where job_id = $1 for update', [first]);
    await other.query('commit');
    await closing;
  });
  expect(await countOf(proxied.direct, `jobs where closed = 1`)).toBe(2);
});

/** Resolves when somebody waits for a lock. */
async function blocked(other: import('pg').Client): Promise<void> {
  for (;;) {
    const { rows } = await other.query('select 1 from pg_locks where not granted');
    if (rows.length > 0) return;
  }
}

test('rows that another program keeps for long: 503 busy, and nothing is done', async () => {
  const { jobIds } = await create('kept', 1);
  await withOther(proxied.direct, async other => {
    await other.query('begin');
    await other.query('select 1 from jobs where job_id = $1 for update', jobIds);
    await expectRefusal(admin.jobs.closeJobs(jobIds), ErrorCode.SERVICE_UNAVAILABLE, 'busy');
    await other.query('rollback');
  });
  expect(await admin.jobs.getJob(jobIds[0]!, {})).toMatchObject({ closed: false });
  await admin.jobs.closeJobs(jobIds);
});

test('a database that takes no writes (failover): 503 busy, no internal error; and writes go on when it does again', async () => {
  const name = new URL(proxied.direct).pathname.slice(1);
  await withOther(proxied.direct, other =>
    other.query(`alter database ${name} set default_transaction_read_only = on`),
  );
  // Connections that are there do not hear of it.
  proxied.proxy.cut();
  const before = await jobs();
  await expectRefusal(create('read only'), ErrorCode.SERVICE_UNAVAILABLE, 'busy');
  const inTime = create('read only');
  await withOther(proxied.direct, async other => {
    await other.query('set default_transaction_read_only = off');
    await other.query(`alter database ${name} reset default_transaction_read_only`);
  });
  expect((await inTime).jobIds).toHaveLength(3);
  expect(await jobs()).toBe(before + 3);
});

test('many calls at once while connections are cut again and again: each is done once', async () => {
  const before = await jobs();
  let statements = 0;
  const faults = ['cut', 'cut-answer'] as const;
  // Every 101st statement, whichever it is.
  proxied.proxy.decide = () => (++statements % 101 === 0 ? faults[statements % 2]! : 'pass');
  const outcomes = await Promise.all(Array.from({ length: 20 }, (_, n) => untilDone(() => create(`stormy ${n}`, 2))));
  proxied.proxy.decide = () => 'pass';
  expect(new Set(outcomes.flatMap(({ result }) => result.jobIds)).size).toBe(40);
  expect(await jobs()).toBe(before + 40);
  const numbers = 'jobs group by job_name having count(*) > 1';
  expect(await countOf(proxied.direct, `(select job_name from ${numbers}) as twice`)).toBe(0);
});

test('no call ended as a fault of ours', () => {
  expect(proxied.server.log.filter(({ outcome }) => outcome === 'internal-error')).toEqual([]);
});
