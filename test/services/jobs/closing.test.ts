/** closeJobs: the list is checked whole, then done whole. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import type { JobTemplate } from '#gen/job_template_types';
import { TeamRole } from '#gen/user_types';
import { jobOf, newJob, parallel, type TestJob } from '../../support/jobs.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import {
  logInAdmin,
  newOutsider,
  newTemplate,
  newUser,
  publishedTemplate,
  step,
  type TestUser,
} from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;
let outsider: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.JOBCREATOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
  outsider = await newOutsider(server, admin);
});

afterAll(() => server.stop());

const openJob = (): Promise<TestJob> => newJob(admin, [step('a'), step('b')]);

async function templateEndingAs(finalStatus: string): Promise<JobTemplate> {
  const template = await newTemplate(admin, `Ends as ${finalStatus}`, [step('a')]);
  await admin.templates.acquireLock(template.id);
  await admin.templates.update(template.id, { defaults: { finalStatus } });
  return admin.templates.publish(template.id);
}

const expectRefused = (user: TestUser, jobIds: string[], code: ErrorCode, slug: string, message: RegExp) =>
  expectNothingWritten(server, () => expectRefusal(user.jobs.closeJobs(jobIds), code, slug, message));

describe('what closing does', () => {
  test('closed, by whom, when, 100 percent, status Closed, no current step, one entry of history', async () => {
    const job = await openJob();
    const { revision } = await job.get(ana);
    const before = server.clock.now();
    expect(await ana.jobs.closeJobs([job.id])).toBe(true);
    const closed = await job.get(ben);
    expect(closed).toMatchObject({
      closed: true,
      closedBy: ana.id,
      percentComplete: 100,
      jobStatus: 'Closed',
      currentSteps: [],
      revision: revision + 1,
    });
    expect(closed.endDate).toBeGreaterThanOrEqual(before);
    expect(await job.history(ben)).toEqual(['Created', 'Closed']);
  });

  test('each job gets the final status of its own template', async () => {
    const jobs = [
      await jobOf(ana, await templateEndingAs('On Hold')),
      await openJob(),
      await jobOf(ana, await templateEndingAs('In Progress')),
    ];
    await ana.jobs.closeJobs(jobs.map(({ id }) => id));
    const statuses = await Promise.all(jobs.map(async job => (await job.get(ana)).jobStatus));
    expect(statuses).toEqual(['On Hold', 'Closed', 'In Progress']);
    for (const job of jobs) expect(await job.history(ana)).toEqual(['Created', 'Closed']);
  });

  test('a job that is named twice is closed once', async () => {
    const job = await openJob();
    await ana.jobs.closeJobs([job.id, job.id]);
    expect(await job.history(ana)).toEqual(['Created', 'Closed']);
  });

  test('a thousand jobs in one call, with a number of statements that does not grow with them', async () => {
    const template = await publishedTemplate(admin, 'Many', [step('a')]);
    const { jobIds } = await ana.jobs.createJobs(template.id, { numberOfJobs: 1000 });
    const { statements } = await server.statementsOf(() => ana.jobs.closeJobs(jobIds));
    expect(statements.length).toBeLessThanOrEqual(8);
    const closed = await Promise.all([0, 499, 999].map(async at => (await ana.jobs.getJob(jobIds[at]!, {})).closed));
    expect(closed).toEqual([true, true, true]);
  });
});

describe('one job that cannot be closed keeps the others open', () => {
  test('a running one is refused with its name and step', async () => {
    const [free, running] = [await openJob(), await openJob()];
    await running.start(ben, 'a');
    const { jobName } = await running.get(ana);
    const right = new RegExp(
      `job ${running.id} \\("${jobName}"\\).*running step, "a"; finish or stop it.*no job was closed`,
    );
    await expectRefused(ana, [free.id, running.id], ErrorCode.WRONG_STATE, 'job-running', right);
    expect(await free.get(ana)).toMatchObject({ closed: false });
  });

  test('one with a running step beside others that wait is running', async () => {
    const job = await newJob(admin, [parallel('P', step('a'), step('b'))]);
    await job.start(ben, 'b');
    await expectRefused(ana, [job.id], ErrorCode.WRONG_STATE, 'job-running', /"b"; finish or stop it/);
    await job.finish(ben, 'b');
    expect(await ana.jobs.closeJobs([job.id])).toBe(true);
  });

  test('a closed one is refused with its name', async () => {
    const [free, closed] = [await openJob(), await openJob()];
    await ana.jobs.closeJobs([closed.id]);
    const right = new RegExp(`job ${closed.id} .*closed already; leave it out`);
    await expectRefused(ana, [free.id, closed.id], ErrorCode.WRONG_STATE, 'job-closed', right);
    await expectRefused(ana, [closed.id], ErrorCode.WRONG_STATE, 'job-closed', right);
  });

  test('one that closed itself is closed as well', async () => {
    const job = await newJob(admin, [step('a')]);
    await job.run(ben, 'a');
    await expectRefused(ana, [job.id], ErrorCode.WRONG_STATE, 'job-closed', /closed already/);
  });

  test('an unknown one and one of another team are not found, and nothing tells them apart', async () => {
    const free = await openJob();
    const foreign = await jobOf(outsider, await publishedTemplate(outsider, 'Secret recipe', [step('Stir')]));
    const refusal = (id: string) =>
      expectRefused(ana, [free.id, id], ErrorCode.NOT_FOUND, 'job-not-found', new RegExp(`no job ${id} in your teams`));
    const messages = [await refusal(foreign.id), await refusal('no-such-job')].map(({ message }) => message);
    expect(messages[0]!.replace(foreign.id, 'no-such-job')).toBe(messages[1]);
    expect(await outsider.jobs.getJob(foreign.id, {})).toMatchObject({ closed: false });
  });

  test('the team of each job decides: a list over two teams is closed by who may in both, or not at all', async () => {
    const ours = await openJob();
    const theirs = await jobOf(outsider, await publishedTemplate(outsider, 'Theirs', [step('a')]));
    await theirs.start(outsider, 'a');
    await expectRefused(admin, [ours.id, theirs.id], ErrorCode.WRONG_STATE, 'job-running', /"a"; finish or stop it/);
    await theirs.finish(outsider, 'a');
    const next = await jobOf(outsider, await publishedTemplate(outsider, 'Theirs too', [step('a')]));
    expect(await admin.jobs.closeJobs([ours.id, next.id])).toBe(true);
    expect(await next.get(outsider)).toMatchObject({ closed: true, closedBy: admin.id });
  });
});

describe('who may, and how many', () => {
  test('somebody who is only EXECUTOR lacks jobClose', async () => {
    const job = await openJob();
    const right = /jobClose, which ADMIN and JOBCREATOR have; .*EXECUTOR/;
    await expectRefused(ben, [job.id], ErrorCode.INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', right);
  });

  test('an empty list closes nothing and is refused', () =>
    expectRefused(ana, [], ErrorCode.BAD_REQUEST, 'invalid-argument', /jobIds: empty; name at least one job/));

  test('more than ten thousand jobs in one call are refused', async () => {
    const ids = Array.from({ length: 10_001 }, (_, index) => `job-${index}`);
    await expectRefused(ana, ids, ErrorCode.BAD_REQUEST, 'limit-exceeded', /jobIds: 10001 ids; at most 10000/);
  });
});
