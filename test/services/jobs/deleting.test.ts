/** deleteJobs: jobs go for good with all that belongs to them, and leave alone what does not. */
import { describe, expect, test } from '@jest/globals';
import { ErrorCode, SystemException } from '#gen/common_types';
import { jobOf, newJob, type TestJob } from '../../support/jobs.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { rowsOf } from '../../support/rows.ts';
import { publishedTemplate, step } from '../../support/seed.ts';
import { select } from '../job-templates/selection.ts';
import { admin, ana, anotherConnection, ben, eventsOf, outsider, refused, server } from './people.ts';

const openJob = (): Promise<TestJob> => newJob(admin, [step('a'), step('b')]);

const attach = (job: TestJob, bytes: string): Promise<unknown> =>
  ana.jobs.addAttachment({ jobId: job.id, fileName: 'a.txt', attachment: Buffer.from(bytes) });

const expectGone = (jobId: string): Promise<unknown> =>
  expectRefusal(ana.jobs.getJob(jobId, {}), ErrorCode.NOT_FOUND, 'job-not-found');

const OF_A_JOB = [
  'jobs',
  'job_steps',
  'job_history',
  'job_comments',
  'job_attachments',
  'job_locations',
  'job_runs',
] as const;

/** In how many rows of each table the job is. */
const rowsWith = async (jobId: string): Promise<number[]> =>
  Promise.all(OF_A_JOB.map(async table => (await rowsOf(server, table)).filter(row => row.job_id === jobId).length));

/** As if the server worked at the current step after the commit. */
const queueRun = (job_id: string): Promise<void> =>
  server.store.transact(async tx => {
    const [step] = await tx.jobs.currentSteps(admin.teamId, [job_id]);
    const run = { team_id: admin.teamId, job_id, step_id: step!.step_id, run: 1, kind: 'webRequest', state: '{}' };
    await tx.runs.put([{ ...run, attempts: 0, queued_at: 0, next_at: Number.MAX_SAFE_INTEGER }]);
  });

describe('what deleting does', () => {
  test('nothing is left of the job but its events', async () => {
    const [job, other] = [await openJob(), await openJob()];
    for (const each of [job, other]) {
      await each.run(ben, 'a');
      await ben.jobs.addJobComment(each.id, 'Half way');
      await attach(each, `of ${each.id}`);
      await ana.jobs.setJobLocation(each.id, { x: 8.5, y: 47.4 });
      await queueRun(each.id);
    }
    expect(await rowsWith(job.id)).toEqual([1, 2, 6, 1, 1, 1, 1]);
    expect(await ana.jobs.deleteJobs([job.id])).toBe(true);
    await expectGone(job.id);
    expect(await rowsWith(job.id)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(await rowsWith(other.id)).toEqual([1, 2, 6, 1, 1, 1, 1]);
    const events = await eventsOf(job.id);
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['JobCommentUpdated']));
    expect(events.at(-1)).toEqual({ type: 'JobDeleted', by: ana.id, says: { concerned: [admin.id, ben.id] } });
  });

  test('a closed job is deleted as well', async () => {
    const job = await openJob();
    await ana.jobs.closeJobs([job.id]);
    await ana.jobs.deleteJobs([job.id]);
    await expectGone(job.id);
  });

  test('the bytes of a file stay as long as another job shows the same, and go with the last', async () => {
    const [first, second] = [await openJob(), await openJob()];
    for (const job of [first, second]) await attach(job, 'shared');
    await attach(first, 'its own');
    const before = (await rowsOf(server, 'file_bodies')).length;
    await ana.jobs.deleteJobs([first.id]);
    expect(await rowsOf(server, 'file_bodies')).toHaveLength(before - 1);
    const [kept] = await ana.jobs.getAttachments(second.id);
    expect(String(await ana.jobs.getAttachmentBody(second.id, kept!.id))).toBe('shared');
    await ana.jobs.deleteJobs([second.id]);
    const bodies = await rowsOf(server, 'file_bodies');
    expect(bodies).toHaveLength(before - 2);
    const chunks = await rowsOf(server, 'file_chunks');
    expect(chunks.every(({ body_id }) => bodies.some(body => body.body_id === body_id))).toBe(true);
  });

  test('jobs that show the same bytes go in one call, the bytes with them', async () => {
    const [first, second] = [await openJob(), await openJob()];
    const before = (await rowsOf(server, 'file_bodies')).length;
    for (const job of [first, second]) await attach(job, 'in both');
    await ana.jobs.deleteJobs([first.id, second.id]);
    expect(await rowsOf(server, 'file_bodies')).toHaveLength(before);
  });

  test('children stay and lose their parent; what it was is still told', async () => {
    const parent = await openJob();
    const child = await newJob(admin, [step('a')], { parentJob: parent.id });
    const { revision } = await child.get(ana);
    await ana.jobs.deleteJobs([parent.id]);
    const orphan = await child.get(ana);
    expect(orphan).toMatchObject({ parentJobRefId: parent.id, revision: revision + 1 });
    expect(orphan.parentJob ?? null).toBeNull();
    const [, updated] = await ana.jobs.getJobHistory(child.id);
    expect(updated).toMatchObject({ result: `parentJob ${parent.id} was deleted`, userId: ana.id });
    expect((await eventsOf(child.id)).at(-1)).toMatchObject({
      type: 'JobUpdated',
      says: { properties: { jobProperties: [{ propertyName: 'parentJob' }] }, closed: false },
    });
  });

  test('a parent and its child go in one call', async () => {
    const parent = await openJob();
    const child = await newJob(admin, [step('a')], { parentJob: parent.id });
    await ana.jobs.deleteJobs([parent.id, child.id]);
    await expectGone(child.id);
    expect(await rowsWith(child.id)).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  test('the template counts what is left', async () => {
    const template = await publishedTemplate(admin, 'Counted', [step('a')]);
    const { jobIds } = await ana.jobs.createJobs(template.id, { numberOfJobs: 3 });
    await ana.jobs.closeJobs([jobIds[0]!]);
    await ana.jobs.deleteJobs(jobIds.slice(0, 2));
    const { [template.id]: found } = await admin.templates.fetch(select('includeStats'), [template.id]);
    expect(found!.template!.stats).toMatchObject({ activeJobs: 1, completedJobs: 0 });
  });

  test('the id of a deleted job is free again', async () => {
    const template = await publishedTemplate(admin, 'Named', [step('a')]);
    await ana.jobs.createJobs(template.id, { jobId: 'WO-7' });
    await ana.jobs.deleteJobs(['WO-7']);
    const { jobIds } = await ana.jobs.createJobs(template.id, { jobId: 'WO-7' });
    expect(jobIds).toEqual(['WO-7']);
  });
});

describe('what is refused, with nothing deleted', () => {
  test('a job with a running step', async () => {
    const [free, running] = [await openJob(), await openJob()];
    await running.start(ben, 'a');
    const right = new RegExp(`job ${running.id} .*running step, "a"; finish or stop it first; no job was deleted`);
    const { details } = await refused(
      () => ana.jobs.deleteJobs([free.id, running.id]),
      ErrorCode.WRONG_STATE,
      'job-running',
      right,
    );
    expect(details).toEqual({ jobId: running.id, stepIds: running.step('a') });
  });

  test('an unknown job, and one of another team, and nothing tells them apart', async () => {
    const free = await openJob();
    const foreign = await jobOf(outsider, await publishedTemplate(outsider, 'Secret recipe', [step('Stir')]));
    for (const id of ['no-such-job', foreign.id])
      await refused(
        () => ana.jobs.deleteJobs([free.id, id]),
        ErrorCode.NOT_FOUND,
        'job-not-found',
        new RegExp(`no job ${id} in your teams`),
      );
  });

  test('somebody without jobDelete', async () => {
    const job = await openJob();
    const right = /jobDelete, which ADMIN and JOBCREATOR have/;
    await refused(
      () => ben.jobs.deleteJobs([job.id]),
      ErrorCode.INSUFFICIENT_PERMISSIONS,
      'insufficient-permissions',
      right,
    );
  });

  test('an empty list, and one of more than ten thousand', async () => {
    await refused(() => ana.jobs.deleteJobs([]), ErrorCode.BAD_REQUEST, 'invalid-argument', /jobIds: empty/);
    const ids = Array.from({ length: 10_001 }, (_, index) => `job-${index}`);
    await refused(() => ana.jobs.deleteJobs(ids), ErrorCode.BAD_REQUEST, 'limit-exceeded', /10001 ids; at most 10000/);
  });
});

test('ten thousand jobs, with a number of statements that does not grow with them', async () => {
  const template = await publishedTemplate(admin, 'Many', [step('a')]);
  const { jobIds } = await ana.jobs.createJobs(template.id, { numberOfJobs: 10_000 });
  const { statements } = await server.statementsOf(() => ana.jobs.deleteJobs(jobIds));
  expect(statements.length).toBeLessThanOrEqual(20);
  expect(await rowsOf(server, 'jobs').then(rows => rows.filter(row => row.template_id === template.id))).toEqual([]);
});

describe('at once', () => {
  const ROUNDS = 25;

  test('two delete the same job: one has done it, for the other there is none any more', async () => {
    const template = await publishedTemplate(admin, 'Deleted twice', [step('a')]);
    const second = await anotherConnection(admin);
    for (let round = 0; round < ROUNDS; round++) {
      const job = await jobOf(ana, template);
      const calls = [ana.jobs, second].map(jobs => jobs.deleteJobs([job.id]).then(String, (error: unknown) => error));
      const answers = await Promise.all(calls);
      expect(answers.filter(answer => answer === 'true')).toHaveLength(1);
      expect(answers.find(answer => answer instanceof SystemException)).toMatchObject({ slug: 'job-not-found' });
      expect((await eventsOf(job.id)).filter(({ type }) => type === 'JobDeleted')).toHaveLength(1);
    }
  });

  test('a job is deleted while a step of it is started: either it runs and stays, or it is gone', async () => {
    const template = await publishedTemplate(admin, 'Delete or start', [step('a')]);
    for (let round = 0; round < ROUNDS; round++) {
      const job = await jobOf(ana, template);
      const start = () => job.start(ben, 'a').then(String, (error: unknown) => error);
      const remove = () => ana.jobs.deleteJobs([job.id]).then(String, (error: unknown) => error);
      const [started, deleted] =
        round % 2 ? await Promise.all([start(), remove()]) : (await Promise.all([remove(), start()])).reverse();
      if (deleted === 'true') {
        expect(started).toMatchObject({ slug: 'job-not-found' });
        expect(await rowsWith(job.id)).toEqual([0, 0, 0, 0, 0, 0, 0]);
      } else {
        expect(started).toBe('Success');
        expect(deleted).toMatchObject({ errorCode: ErrorCode.WRONG_STATE, slug: 'job-running' });
        expect(await rowsWith(job.id)).toEqual([1, 1, 2, 0, 0, 0, 0]);
      }
    }
  });

  test('a job is deleted while something is attached to it: no bytes are left behind', async () => {
    const template = await publishedTemplate(admin, 'Delete or attach', [step('a')]);
    const second = await anotherConnection(admin);
    const before = (await rowsOf(server, 'file_bodies')).length;
    for (let round = 0; round < ROUNDS; round++) {
      const job = await jobOf(ana, template);
      const params = { jobId: job.id, fileName: 'a.txt', attachment: Buffer.from(`round ${round}`) };
      const attaching = ana.jobs.addAttachment(params).catch((error: unknown) => error);
      const [attached] = await Promise.all([attaching, second.deleteJobs([job.id])]);
      if (attached instanceof Error) expect(attached).toMatchObject({ slug: 'job-not-found' });
      expect(await rowsWith(job.id)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    }
    expect(await rowsOf(server, 'file_bodies')).toHaveLength(before);
  });
});
