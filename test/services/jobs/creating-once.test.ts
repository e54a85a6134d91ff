/** createJobs: ids that the caller chooses, and requests that are repeated. Both must never make a second job. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import type { JobTemplate } from '#gen/job_template_types';
import type { CreateJobOverrides } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import { jobOf } from '../../support/jobs.ts';
import { expectRefusal, refusalOf } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logIn, logInAdmin, newOutsider, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;
let outsider: TestUser;
let template: JobTemplate;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.JOBCREATOR);
  ben = await newUser(server, admin, 'ben', TeamRole.JOBCREATOR);
  outsider = await newOutsider(server, admin);
  template = await publishedTemplate(admin, 'Pump overhaul', [step('Isolate'), step('Drain')]);
});

afterAll(() => server.stop());

const create = async (user: TestUser, overrides: CreateJobOverrides) =>
  (await user.jobs.createJobs(template.id, overrides)).jobIds;

const jobCount = async () => (await rowsOf(server, 'jobs')).length;

const expectRefused = (overrides: CreateJobOverrides, slug: string, message: RegExp) =>
  expectNothingWritten(server, () =>
    expectRefusal(ana.jobs.createJobs(template.id, overrides), ErrorCode.BAD_REQUEST, slug, message),
  );

describe('a jobId that the caller chooses', () => {
  test('becomes the id of the job', async () => {
    expect(await create(ana, { jobId: 'WO-2031.4_a' })).toEqual(['WO-2031.4_a']);
    expect(await ana.jobs.getJob('WO-2031.4_a', {})).toMatchObject({ jobId: 'WO-2031.4_a' });
    expect(await ana.jobs.getJobHistory('WO-2031.4_a')).toMatchObject([{ jobId: 'WO-2031.4_a' }]);
  });

  test('cannot be taken twice in a team', async () => {
    await create(ana, { jobId: 'WO-1', jobName: 'The first' });
    await expectRefused({ jobId: 'WO-1' }, 'job-id-taken', /jobId: .*WO-1 already; choose another/);
    expect(await ana.jobs.getJob('WO-1', {})).toMatchObject({ jobName: 'The first', createdBy: ana.id });
  });

  test('is taken by exactly one of two callers at once', async () => {
    for (let round = 0; round < 20; round++) {
      const jobId = `WO-race-${round}`;
      const outcomes = await Promise.allSettled([create(ana, { jobId }), create(ben, { jobId })]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const lost = outcomes.find(outcome => outcome.status === 'rejected')!;
      expect((await refusalOf(Promise.reject(lost.reason))).slug).toBe('job-id-taken');
    }
  });

  test('is free in another team, whose job stays out of sight', async () => {
    const foreign = await publishedTemplate(outsider, 'Theirs', [step('Only')]);
    await create(ana, { jobId: 'WO-both', jobName: 'Ours' });
    await jobOf(outsider, foreign, { jobId: 'WO-both', jobName: 'Theirs' });
    expect(await ana.jobs.getJob('WO-both', {})).toMatchObject({ jobName: 'Ours', teamId: ana.teamId });
    expect(await outsider.jobs.getJob('WO-both', {})).toMatchObject({ jobName: 'Theirs', teamId: outsider.teamId });
    const inBoth = admin.jobs.getJob('WO-both', {});
    await expectRefusal(inBoth, ErrorCode.BAD_REQUEST, 'invalid-argument', /two of your teams have a job WO-both/);
  });

  test('is for a single job', () =>
    expectRefused({ jobId: 'WO-2', numberOfJobs: 2 }, 'invalid-argument', /2 jobs cannot share the jobId WO-2/));

  test.each([
    ['empty', '', 'invalid-argument'],
    ['blank', '  ', 'invalid-argument'],
    ['with a space', 'WO 3', 'invalid-argument'],
    ['with a slash', 'WO/3', 'invalid-argument'],
    ['of 65 characters', 'x'.repeat(65), 'limit-exceeded'],
  ])('is 1 to 64 letters, digits, ".", "_" and "-": %s is refused', (_, jobId, slug) =>
    expectRefused({ jobId }, slug, /jobOverrides\.jobId: .*64/),
  );

  test('may have 64 characters', async () => {
    const jobId = 'x'.repeat(64);
    expect(await create(ana, { jobId })).toEqual([jobId]);
  });
});

describe('a requestId', () => {
  test('makes a repeated call return the first result and create nothing more', async () => {
    const first = await create(ana, { requestId: 'order-17', numberOfJobs: 3 });
    expect(first).toHaveLength(3);
    await expectNothingWritten(server, async () => {
      expect(await create(ana, { requestId: 'order-17', numberOfJobs: 3 })).toEqual(first);
    });
  });

  test('that was used for another request is refused, and nothing is created', async () => {
    const first = await create(ana, { requestId: 'order-18', numberOfJobs: 2 });
    await expectNothingWritten(server, () =>
      expectRefusal(
        create(ana, { requestId: 'order-18', numberOfJobs: 5, jobName: 'Other' }),
        ErrorCode.BAD_REQUEST,
        'request-id-reused',
        /"order-18" was used for another request; choose a new one/,
      ),
    );
    expect(await create(ana, { requestId: 'order-18', numberOfJobs: 2 })).toEqual(first);
  });

  test('makes a repeated call with its own jobId return that job instead of refusing it as taken', async () => {
    const overrides = { requestId: 'order-19', jobId: 'WO-19' };
    expect(await create(ana, overrides)).toEqual(['WO-19']);
    expect(await create(ana, overrides)).toEqual(['WO-19']);
  });

  test('holds on another connection, with another token, after a restart', async () => {
    const first = await create(ana, { requestId: 'order-20' });
    const again = await logIn(server, ana.email, ana.password, ana.teamId);
    expect(await create(again, { requestId: 'order-20' })).toEqual(first);
    await server.restart();
    [admin, ana, ben, outsider] = [
      await logInAdmin(server),
      await logIn(server, ana.email, ana.password, ana.teamId),
      await logIn(server, ben.email, ben.password, ben.teamId),
      await logIn(server, outsider.email, outsider.password, outsider.teamId),
    ];
    expect(await create(ana, { requestId: 'order-20' })).toEqual(first);
  });

  test("is the caller's own: the same one of another user makes other jobs", async () => {
    const [own, other] = [await create(ana, { requestId: 'mine' }), await create(ben, { requestId: 'mine' })];
    expect(other).not.toEqual(own);
    expect(await create(ana, { requestId: 'mine' })).toEqual(own);
    expect(await create(ben, { requestId: 'mine' })).toEqual(other);
  });

  test('of two calls at once one creates, and both get its result', async () => {
    const twin = await logIn(server, ana.email, ana.password, ana.teamId);
    for (let round = 0; round < 20; round++) {
      const before = await jobCount();
      const overrides = { requestId: `at-once-${round}`, numberOfJobs: 3 };
      const [one, two] = await Promise.all([create(ana, overrides), create(twin, overrides)]);
      expect(two).toEqual(one);
      expect(await jobCount()).toBe(before + 3);
    }
  });

  test('of a call that was refused is not used up', async () => {
    await expectRefused({ requestId: 'second-try', priority: 'Urgent' }, 'unknown-priority', /Low, Medium, High/);
    expect(await create(ana, { requestId: 'second-try', priority: 'High' })).toHaveLength(1);
  });

  test.each([
    ['empty', '', 'invalid-argument'],
    ['of 65 characters', 'x'.repeat(65), 'limit-exceeded'],
  ])('has 1 to 64 characters: %s is refused', (_, requestId, slug) =>
    expectRefused({ requestId }, slug, /jobOverrides\.requestId: .*64/),
  );
});
