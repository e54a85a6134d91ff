/** How many statements the jobs' functions need, whatever the size of the tree and of the job's past, with a cold cache and a warm one. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JobTemplate } from '#gen/job_template_types';
import { newJob, parallel, sequence, TestJob } from '../../support/jobs.ts';
import { leaves, logInAdmin, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
});

afterAll(() => server.stop());

/** Empties every cache: the server starts anew on the same database. */
async function cold(): Promise<void> {
  await server.restart();
  admin = await logInAdmin(server);
}

const statements = async (act: () => Promise<unknown>): Promise<number> =>
  (await server.statementsOf(act)).statements.length;

const numbered = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => step(`${prefix}${index + 1}`));

describe.each([
  ['3 steps', () => numbered('s', 3)],
  [
    '1,000 steps in 25 groups',
    () => Array.from({ length: 25 }, (_, index) => sequence(`G${index + 1}`, ...numbered(`${index + 1}.`, 40))),
  ],
])('a template of %s', (_, children) => {
  let template: JobTemplate;

  beforeAll(async () => {
    template = await publishedTemplate(admin, 'Measured', children());
  });

  test.each([1, 100, 1_000, 10_000])('createJobs of %i jobs needs at most 8 + n/100, cold and warm', async count => {
    const create = () => admin.jobs.createJobs(template.id, { numberOfJobs: count });
    await cold();
    expect(await statements(create)).toBeLessThanOrEqual(8 + count / 100);
    expect(await statements(create)).toBeLessThanOrEqual(8 + count / 100);
  });

  test('getJob needs at most 4, startSteps at most 8, finishSteps 9, cold and warm', async () => {
    const { jobIds } = await admin.jobs.createJobs(template.id, {});
    const job = new TestJob(jobIds[0]!, template);
    const [first, second] = leaves(template.stepGroup).map(({ title }) => title);
    await cold();
    expect(await statements(() => job.get(admin))).toBeLessThanOrEqual(4);
    expect(await statements(() => job.start(admin, first!))).toBeLessThanOrEqual(8);
    await cold();
    const coldFinish = await statements(() => job.finish(admin, first!));
    // SQLite changes the step that is over by a statement of its own.
    expect(coldFinish).toBeLessThanOrEqual(9);
    expect(await statements(() => job.get(admin))).toBeLessThanOrEqual(4);
    expect(await statements(() => job.start(admin, second!))).toBeLessThanOrEqual(8);
    // A tree that was read once is not read again.
    expect(await statements(() => job.finish(admin, second!))).toBe(coldFinish - 1);
    expect(await job.history(admin)).toHaveLength(5);
  });
});

describe('what grows with the data does not grow with the statements', () => {
  test('a job with a long way behind it is read, started and finished like a new one', async () => {
    const titles = Array.from({ length: 60 }, (_, index) => `s${index}`);
    const job = await newJob(admin, numbered('s', 60));
    const early = await statements(() => job.run(admin, 's1'));
    await job.run(admin, ...titles.slice(2, 59));
    expect(await statements(() => job.run(admin, 's59'))).toBe(early);
    expect(await statements(() => job.get(admin))).toBeLessThanOrEqual(4);
  });

  test('a hundred steps of a parallel group are started and finished in one call each', async () => {
    const job = await newJob(admin, [parallel('P', ...numbered('p', 100)), step('last')]);
    expect(await statements(() => job.start(admin))).toBeLessThanOrEqual(8);
    expect(await statements(() => job.finish(admin))).toBeLessThanOrEqual(8);
    expect(await job.current(admin)).toEqual(['last']);
  });

  test('jobs that begin with a thousand steps at once are created with no more statements than others', async () => {
    const template = await publishedTemplate(admin, 'Wide', [parallel('P', ...numbered('w', 1000))]);
    const create = (numberOfJobs: number) => () => admin.jobs.createJobs(template.id, { numberOfJobs });
    expect(await statements(create(1))).toBeLessThanOrEqual(8);
    expect(await statements(create(20))).toBeLessThanOrEqual(8);
  });

  test('the history of a job is read with at most 4', async () => {
    const job = await newJob(admin, numbered('s', 3));
    await job.run(admin, 's1', 's2', 's3');
    expect(await statements(() => admin.jobs.getJobHistory(job.id))).toBeLessThanOrEqual(4);
  });

  test('overrides that name people cost a bounded number more', async () => {
    const template = await publishedTemplate(admin, 'Overridden', [step('a')]);
    const overrides = {
      numberOfJobs: 100,
      requestId: 'counted',
      ownedBy: admin.email,
      assignedType: 2,
      assignedTo: admin.id,
    };
    expect(await statements(() => admin.jobs.createJobs(template.id, overrides))).toBeLessThanOrEqual(8 + 5);
  });
});
