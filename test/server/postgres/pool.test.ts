/** A pool that is used up: whoever waits for a connection waits for so long and no longer, and is told that nothing was done. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { expectRefusal } from '../../support/refusals.ts';
import { logInAdmin, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { breakAt, countOf, type Proxied, startProxied, withOther } from './proxied.ts';

let proxied: Proxied;
let admin: TestUser;
/** Calls of one connection wait for each other. */
let second: TestUser;
let template: string;

beforeAll(async () => {
  proxied = await startProxied({ statementMs: 3000, poolMs: 1500, awayMs: 300 }, 1);
  admin = await logInAdmin(proxied.server);
  second = await logInAdmin(proxied.server);
  template = (await publishedTemplate(admin, 'Pump overhaul', [step('Isolate')])).id;
});
afterAll(() => proxied.server.stop());

const create = (requestId: string) => admin.jobs.createJobs(template, { requestId });

test('while another transaction has the only connection: 503 busy, and afterwards both are done, once', async () => {
  const { jobIds } = await create('first');
  await withOther(proxied.direct, async other => {
    await other.query('begin');
    await other.query('select 1 from jobs where job_id = $1 for update', jobIds);
    const waits = admin.jobs.closeJobs(jobIds);
    await expectRefusal(
      second.jobs.createJobs(template, { requestId: 'second' }),
      ErrorCode.SERVICE_UNAVAILABLE,
      'busy',
    );
    expect(await countOf(proxied.direct, 'jobs')).toBe(1);
    await other.query('rollback');
    await waits;
  });
  await create('second');
  expect(await countOf(proxied.direct, 'jobs')).toBe(2);
});

test('a database that hangs does not keep the connection for ever', async () => {
  const met = breakAt(proxied.proxy, /^\s*insert into "jobs"/, 'hang');
  await expectRefusal(create('hangs'), ErrorCode.SERVICE_UNAVAILABLE, 'busy');
  expect(met()).toBe(1);
  expect((await create('hangs')).jobIds).toHaveLength(1);
  expect(await countOf(proxied.direct, 'jobs')).toBe(3);
});
