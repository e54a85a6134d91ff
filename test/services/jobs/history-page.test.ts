/** getJobHistoryPage: a history in pages, oldest first. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode, type PageReq } from '#gen/common_types';
import { type JobHistory, JobHistoryAction } from '#gen/jobs_types';
import { jobOf, newJob, type TestJob } from '../../support/jobs.ts';
import { publishedTemplate, step } from '../../support/seed.ts';
import { admin, ana, ben, outsider, refused, server } from './people.ts';

let job: TestJob;
let whole: JobHistory[];

/** 11 entries: created, five steps started and finished. */
beforeAll(async () => {
  const titles = ['a', 'b', 'c', 'd', 'e', 'f'];
  job = await newJob(
    admin,
    titles.map(title => step(title)),
  );
  await job.run(ben, ...titles.slice(0, 5));
  whole = await ana.jobs.getJobHistory(job.id);
});

const page = (request: Partial<PageReq>) => ana.jobs.getJobHistoryPage(job.id, { size: 4, ...request } as PageReq);

test('the pages together are the whole history', async () => {
  const entries: JobHistory[] = [];
  let pageToken: string | undefined;
  const nums: number[] = [];
  do {
    const { entries: more, pageInfo } = await page({ pageToken });
    entries.push(...more);
    nums.push(pageInfo.num, pageInfo.left);
    pageToken = pageInfo.pageTokens[(pageInfo.num + 1) as never];
  } while (pageToken !== undefined);
  expect(entries).toEqual(whole);
  expect(nums).toEqual([1, 2, 2, 1, 3, 0]);
});

test('pages can be jumped over, previewed, and left uncounted', async () => {
  const third = await page({ skip: 2 });
  expect(third.entries).toEqual(whole.slice(8));
  expect(third.pageInfo).toMatchObject({ num: 3, left: 0, pageTokens: {} });
  const first = await page({ preview: 1 });
  expect(Object.keys(first.pageInfo.pageTokens)).toEqual(['2', '3']);
  const uncounted = await page({ count: false, size: 2 });
  expect(uncounted.pageInfo).toMatchObject({ num: 1, left: 1 });
});

test('a page behind the end is empty', async () => {
  const { entries, pageInfo } = await page({ skip: 7 });
  expect([entries, pageInfo.num, pageInfo.left]).toEqual([[], 8, 0]);
});

test('what happens meanwhile comes behind the pages read before', async () => {
  const growing = await newJob(admin, [step('a')]);
  for (let index = 0; index < 4; index++) await ben.jobs.addJobComment(growing.id, `${index}`);
  const first = await ana.jobs.getJobHistoryPage(growing.id, { size: 3 });
  await growing.start(ben, 'a');
  const pageToken = first.pageInfo.pageTokens[2 as never];
  const second = await ana.jobs.getJobHistoryPage(growing.id, { size: 3, pageToken });
  expect([...first.entries, ...second.entries].map(({ action }) => JobHistoryAction[action])).toEqual([
    'Created',
    'Updated',
    'Updated',
    'Updated',
    'Updated',
    'Started',
  ]);
});

test('a page in the midst of a long history costs no more statements than the first', async () => {
  const { statements: first } = await server.statementsOf(() => page({}));
  const { statements: third } = await server.statementsOf(() => page({ skip: 2 }));
  expect(first.length).toBeLessThanOrEqual(4);
  expect(third.length).toBe(first.length);
});

describe('what is refused', () => {
  const code = ErrorCode.BAD_REQUEST;

  test.each([0, -1, 1001])('a size of %i', size =>
    refused(() => page({ size }), code, 'invalid-argument', /pageReq.size: -?\d+; expected 1 to 1000/),
  );

  test('a token of another job, of another size, and one that was made up', async () => {
    const other = await newJob(admin, [step('a')]);
    await ben.jobs.addJobComment(other.id, 'x');
    const { pageInfo } = await ana.jobs.getJobHistoryPage(other.id, { size: 1 });
    const foreign = pageInfo.pageTokens[2 as never];
    const { pageInfo: own } = await page({ size: 3 });
    for (const pageToken of [foreign, own.pageTokens[2 as never], '2.AAAA', 'x'])
      await refused(
        () => page({ pageToken }),
        code,
        'invalid-argument',
        /pageReq.pageToken: not a token of this query/,
      );
  });

  test('a job that there is not, and one of another team', async () => {
    const foreign = await jobOf(outsider, await publishedTemplate(outsider, 'Secret recipe', [step('Stir')]));
    for (const id of ['no-such-job', foreign.id])
      await refused(
        () => ana.jobs.getJobHistoryPage(id, { size: 10 }),
        ErrorCode.NOT_FOUND,
        'job-not-found',
        new RegExp(`no job ${id} in your teams`),
      );
  });
});
