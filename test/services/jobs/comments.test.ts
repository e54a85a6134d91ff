/** addJobComment and getJobComments. */
import { describe, expect, test } from '@jest/globals';
import type { Kysely } from 'kysely';
import { ErrorCode } from '#gen/common_types';
import type { Database } from '../../../src/store/schema.ts';
import { jobOf, newJob, type TestJob } from '../../support/jobs.ts';
import { publishedTemplate, step } from '../../support/seed.ts';
import { admin, ana, anotherConnection, ben, eventsOf, outsider, refused, server } from './people.ts';

const openJob = (): Promise<TestJob> => newJob(admin, [step('a')]);

/** The comments as one reads them. */
const texts = async (job: TestJob): Promise<string[]> =>
  (await ana.jobs.getJobComments(job.id)).map(({ comment }) => comment);

describe('a comment', () => {
  test('is told with who wrote it and when, and changes the job by one', async () => {
    const job = await openJob();
    const { revision } = await job.get(ana);
    const before = server.clock.now();
    const id = await ben.jobs.addJobComment(job.id, 'The valve leaks.\nGasket ordered.');
    const [comment] = await ana.jobs.getJobComments(job.id);
    expect(comment).toMatchObject({ id, comment: 'The valve leaks.\nGasket ordered.', lastModifiedBy: ben.id });
    expect(comment!.lastModified).toBeGreaterThanOrEqual(before);
    expect(await job.get(ana)).toMatchObject({ revision: revision + 1 });
  });

  test('leaves a line in the history and an event', async () => {
    const job = await openJob();
    const commentId = await ben.jobs.addJobComment(job.id, 'Seen');
    expect((await ana.jobs.getJobHistory(job.id)).at(-1)).toMatchObject({
      action: 19,
      result: 'comment',
      userId: ben.id,
    });
    expect(await job.history(ana)).toEqual(['Created', 'Updated']);
    expect((await eventsOf(job.id)).at(-1)).toEqual({ type: 'JobCommentUpdated', by: ben.id, says: { commentId } });
  });

  test('loses what stands around it, and nothing within', async () => {
    const job = await openJob();
    await ben.jobs.addJobComment(job.id, ' \n a  b\n');
    expect(await texts(job)).toEqual(['a  b']);
  });

  test('may be of any script, and of 20,000 characters', async () => {
    const job = await openJob();
    const long = '🔧'.repeat(20_000);
    await ben.jobs.addJobComment(job.id, 'Έτοιμο ✅');
    await ben.jobs.addJobComment(job.id, long);
    expect(await texts(job)).toEqual(['Έτοιμο ✅', long]);
  });

  test('may be added to a closed job, and while a step runs', async () => {
    const job = await openJob();
    await job.start(ben, 'a');
    await ana.jobs.addJobComment(job.id, 'Runs');
    await job.finish(ben, 'a');
    await ana.jobs.addJobComment(job.id, 'Closed');
    expect(await texts(job)).toEqual(['Runs', 'Closed']);
  });

  test('those of a job come oldest first, and none of another job', async () => {
    const [job, other] = [await openJob(), await openJob()];
    expect(await texts(job)).toEqual([]);
    for (const text of ['1', '2', '3']) await ben.jobs.addJobComment(job.id, text);
    await ana.jobs.addJobComment(other.id, 'elsewhere');
    expect(await texts(job)).toEqual(['1', '2', '3']);
  });
});

describe('what is refused, with nothing written', () => {
  test('nothing to say', async () => {
    const job = await openJob();
    for (const text of ['', ' \n\t'])
      await refused(
        () => ben.jobs.addJobComment(job.id, text),
        ErrorCode.BAD_REQUEST,
        'invalid-argument',
        /comment: empty; expected 1 to 20000 characters/,
      );
  });

  test('more than 20,000 characters', async () => {
    const job = await openJob();
    await refused(
      () => ben.jobs.addJobComment(job.id, 'x'.repeat(20_001)),
      ErrorCode.BAD_REQUEST,
      'limit-exceeded',
      /comment: 20001 characters; the longest may have 20000/,
    );
  });

  test('a job that there is not, and one of another team', async () => {
    const foreign = await jobOf(outsider, await publishedTemplate(outsider, 'Secret recipe', [step('Stir')]));
    for (const id of ['no-such-job', foreign.id])
      for (const call of [() => ben.jobs.addJobComment(id, 'Hello'), () => ben.jobs.getJobComments(id)])
        await refused(call, ErrorCode.NOT_FOUND, 'job-not-found', new RegExp(`no job ${id} in your teams`));
  });

  test('one comment more than a job takes, by number or by bytes', async () => {
    const [many, large] = [await openJob(), await openJob()];
    await fill(many, 10_000, 1);
    await fill(large, 2, 4 * 1024 * 1024);
    const right = (text: string) => new RegExp(`${text}; a job takes 10000, and 8388608 bytes altogether`);
    const code = ErrorCode.BAD_REQUEST;
    await refused(
      () => ben.jobs.addJobComment(many.id, 'x'),
      code,
      'limit-exceeded',
      right('has 10000 comments of 10000 bytes'),
    );
    await refused(
      () => ben.jobs.addJobComment(large.id, 'x'),
      code,
      'limit-exceeded',
      right('has 2 comments of 8388608 bytes'),
    );
  });
});

/** Comments that nobody wrote: ten thousand calls take a minute. */
const fill = (job: TestJob, count: number, bytes: number): Promise<void> =>
  server.store.transact(async tx => {
    const { db } = tx.people as unknown as { db: Kysely<Database> };
    const row = { team_id: admin.teamId, job_id: job.id, written_by: ben.id, written_at: 1, bytes, text: 'x' };
    const rows = Array.from({ length: count }, (_, index) => ({ ...row, comment_id: `c${index}` }));
    for (let at = 0; at < count; at += 2000)
      await db
        .insertInto('job_comments')
        .values(rows.slice(at, at + 2000))
        .execute();
  });

test('many at once: each lands, in one unbroken history', async () => {
  const job = await openJob();
  const connections = await Promise.all(
    Array.from({ length: 8 }, (_, index) => anotherConnection(index % 2 ? ana : ben)),
  );
  const all = await Promise.all(connections.map((jobs, index) => jobs.addJobComment(job.id, `from ${index}`)));
  expect(new Set(all).size).toBe(8);
  expect((await texts(job)).sort()).toEqual(connections.map((_, index) => `from ${index}`));
  expect(await job.history(ana)).toEqual(['Created', ...connections.map(() => 'Updated')]);
});
