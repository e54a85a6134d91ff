/** closeJobsEach, deleteJobsEach, reopenJobsEach, upgradeJobsEach: each job for itself, in one call. */
import { describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { type JobManageResult, StepState } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import { jobOf, newJob, type TestJob } from '../../support/jobs.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { admin, again, ana, ben, eventsOf, outsider, refused, republished, server } from './people.ts';

const acts = ['closeJobsEach', 'deleteJobsEach', 'reopenJobsEach', 'upgradeJobsEach'] as const;
type Each = (typeof acts)[number];

const openJob = (): Promise<TestJob> => newJob(admin, [step('a'), step('b')]);
const closedJob = async (): Promise<TestJob> => {
  const job = await openJob();
  await ana.jobs.closeJobs([job.id]);
  return job;
};
const runningJob = async (): Promise<TestJob> => {
  const job = await openJob();
  await job.start(ben, 'a');
  return job;
};

/** A job that each act can be done to. */
const fitting: Readonly<Record<Each, () => Promise<TestJob>>> = {
  closeJobsEach: openJob,
  deleteJobsEach: openJob,
  reopenJobsEach: closedJob,
  upgradeJobsEach: openJob,
};

const slugs = (results: readonly JobManageResult[]): string[] => results.map(({ slug }) => slug ?? 'done');

test('closing: what can be is closed, the rest stays, and each says why', async () => {
  const [first, running, closed, last] = [await openJob(), await runningJob(), await closedJob(), await openJob()];
  const list = [first.id, running.id, 'no-such-job', closed.id, last.id];
  const results = await ana.jobs.closeJobsEach(list);
  expect(results.map(({ jobId }) => jobId)).toEqual(list);
  expect(slugs(results)).toEqual(['done', 'job-running', 'job-not-found', 'job-closed', 'done']);
  expect(results.map(({ success }) => success)).toEqual([true, false, false, false, true]);
  expect(results[1]).toMatchObject({
    errorCode: ErrorCode.WRONG_STATE,
    message: expect.stringMatching(new RegExp(`^job ${running.id} .*running step, "a"; finish or stop it first$`)),
    details: { jobId: running.id, stepIds: running.step('a') },
  });
  expect(results[2]).toMatchObject({ errorCode: ErrorCode.NOT_FOUND, details: { jobId: 'no-such-job' } });
  for (const job of [first, last]) {
    expect(await job.get(ana)).toMatchObject({ closed: true, closedBy: ana.id, percentComplete: 100 });
    const { endDate } = await job.get(ana);
    const jobProperties = [
      { propertyName: 'jobStatus', value: { text: 'Closed' } },
      { propertyName: 'percentComplete', value: { number: 100 } },
      { propertyName: 'endDate', value: { dateTime: endDate } },
    ];
    const properties = { jobProperties, extendedProperties: [], relatedProperties: [] };
    const says = { properties, closed: true, closedBy: ana.id };
    expect((await eventsOf(job.id)).at(-1)).toEqual({ type: 'JobUpdated', by: ana.id, says });
  }
  expect(await running.get(ana)).toMatchObject({ closed: false });
  expect(await running.history(ana)).toEqual(['Created', 'Started: a']);
});

test('a step that waits for an answer runs as well', async () => {
  const job = await openJob();
  await server.store.transact(async tx => {
    const [row] = await tx.jobs.currentSteps(admin.teamId, [job.id]);
    await tx.jobs.putSteps([{ ...row!, state: StepState.WAITING_FOR_INFO }]);
  });
  for (const name of ['closeJobsEach', 'deleteJobsEach', 'upgradeJobsEach'] as const)
    expect(slugs(await ana.jobs[name]([job.id]))).toEqual(['job-running']);
});

test('deleting: a running job stays', async () => {
  const [free, running, closed] = [await openJob(), await runningJob(), await closedJob()];
  expect(slugs(await ana.jobs.deleteJobsEach([free.id, running.id, closed.id]))).toEqual([
    'done',
    'job-running',
    'done',
  ]);
  const left = (await rowsOf(server, 'jobs')).map(row => row.job_id);
  expect([free, running, closed].map(({ id }) => left.includes(id))).toEqual([false, true, false]);
});

test('reopening: an open job stays open', async () => {
  const [open, closed] = [await openJob(), await closedJob()];
  expect(slugs(await ana.jobs.reopenJobsEach([open.id, closed.id]))).toEqual(['job-open', 'done']);
  expect(await closed.history(ana)).toEqual(['Created', 'Closed', 'Reopened']);
  expect(await open.history(ana)).toEqual(['Created']);
});

test('upgrading: those that stand where the new version has nothing stay on the old one', async () => {
  const template = await publishedTemplate(admin, 'Changing', [step('a'), step('b')]);
  const [behind, ahead, closed] = [await jobOf(ana, template), await jobOf(ana, template), await jobOf(ana, template)];
  await ahead.run(ben, 'a');
  await ana.jobs.closeJobs([closed.id]);
  await republished(template, (id, root) => admin.templates.removeStepModular(id, root, behind.step('a'), 0));
  const results = await ana.jobs.upgradeJobsEach([behind.id, closed.id, ahead.id]);
  expect(slugs(results)).toEqual(['upgrade-refused', 'job-closed', 'done']);
  expect(results[0]!.details).toEqual({ jobId: behind.id, stepIds: behind.step('a') });
  const versions = await Promise.all([behind, closed, ahead].map(async job => (await job.get(ana)).diagramVersion));
  expect(versions).toEqual([1, 1, 2]);
});

describe.each(acts)('%s', name => {
  const act = (user: TestUser, ids: string[]): Promise<JobManageResult[]> => user.jobs[name](ids);

  test('an id that is named twice has its result twice, and is done once', async () => {
    const job = await fitting[name]();
    expect(slugs(await act(ana, [job.id, 'no-such-job', job.id]))).toEqual(['done', 'job-not-found', 'done']);
  });

  test('when no job can, nothing is written, and that is no error', async () => {
    const running = name === 'reopenJobsEach' ? await openJob() : await runningJob();
    await expectNothingWritten(server, async () => {
      const results = await act(ana, ['no-such-job', running.id]);
      expect(results.map(({ success }) => success)).toEqual([false, false]);
    });
  });

  test('a job of another team is told like none', async () => {
    const foreign = await jobOf(outsider, await publishedTemplate(outsider, 'Secret recipe', [step('Stir')]));
    const [theirs, none] = await act(ana, [foreign.id, 'no-such-job']);
    const said = JSON.stringify(theirs).replaceAll(foreign.id, 'no-such-job');
    expect(JSON.parse(said)).toEqual(JSON.parse(JSON.stringify(none)));
  });

  test('somebody without the privilege in any team is refused as a whole', async () => {
    const job = await fitting[name]();
    const code = ErrorCode.INSUFFICIENT_PERMISSIONS;
    await refused(() => act(ben, [job.id]), code, 'insufficient-permissions', /ADMIN and JOBCREATOR have/);
  });

  test('an empty list, and one of more than ten thousand, are refused', async () => {
    await refused(() => act(ana, []), ErrorCode.BAD_REQUEST, 'invalid-argument', /jobIds: empty; name at least one/);
    const ids = Array.from({ length: 10_001 }, (_, index) => `job-${index}`);
    await refused(() => act(ana, ids), ErrorCode.BAD_REQUEST, 'limit-exceeded', /10001 ids; at most 10000/);
  });
});

test('in two teams the privilege of each decides: what it does not allow is told, the rest is done', async () => {
  const other = await jobOf(outsider, await publishedTemplate(outsider, 'Theirs', [step('a')]));
  await outsider.teams.addUserById(outsider.teamId, ana.id, [TeamRole.EXECUTOR]);
  const both = await again(ana);
  const own = await openJob();
  const results = await both.jobs.closeJobsEach([other.id, own.id]);
  expect(slugs(results)).toEqual(['insufficient-permissions', 'done']);
  expect(results[0]).toMatchObject({
    errorCode: ErrorCode.INSUFFICIENT_PERMISSIONS,
    details: { privilege: 'jobClose' },
  });
  expect(await other.get(outsider)).toMatchObject({ closed: false });
});

test.each(acts)(
  '%s of ten thousand jobs, of which one cannot, with a number of statements that does not grow',
  async name => {
    const template = await publishedTemplate(admin, 'Many', [step('a')]);
    const { jobIds } = await ana.jobs.createJobs(template.id, { numberOfJobs: 10_000 });
    if (name === 'reopenJobsEach') await ana.jobs.closeJobs(jobIds.slice(1));
    else await ben.jobs.startSteps(jobIds[0]!, []);
    if (name === 'upgradeJobsEach')
      await republished(template, (id, root) => admin.templates.addStepModular(id, root, step('b'), 0, false));
    const { result, statements } = await server.statementsOf(() => ana.jobs[name](jobIds));
    expect(statements.length).toBeLessThanOrEqual(name === 'upgradeJobsEach' ? 12 + 20 : 20);
    expect(result.map(({ jobId }) => jobId)).toEqual(jobIds);
    expect(result.map(({ success }) => success)).toEqual(jobIds.map((_, index) => index > 0));
  },
);
