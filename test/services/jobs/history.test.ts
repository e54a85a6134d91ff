/** getJobHistory: what was done, by whom, when, in the order in which it was done. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { JobHistoryAction } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import { jobOf, newJob, parallel, stepOf } from '../../support/jobs.ts';
import { logInAdmin, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.EXECUTOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
});

afterAll(() => server.stop());

describe('who did what', () => {
  test('a job run by two people: Created, Started, Finished, Closed, each with its step, user id and e-mail', async () => {
    const job = await newJob(admin, [stepOf('Isolate', ana), stepOf('Drain', ben)]);
    await job.run(ana, 'Isolate');
    await job.run(ben, 'Drain');
    const entries = await ben.jobs.getJobHistory(job.id);
    expect(entries.slice(0, 5)).toMatchObject([
      { action: JobHistoryAction.Created, userId: admin.id, username: admin.email, stepId: null, stepName: null },
      { action: JobHistoryAction.Started, userId: ana.id, username: ana.email, stepName: 'Isolate' },
      { action: JobHistoryAction.Finished, userId: ana.id, username: ana.email, stepName: 'Isolate' },
      { action: JobHistoryAction.Started, userId: ben.id, username: ben.email, stepName: 'Drain' },
      { action: JobHistoryAction.Finished, userId: ben.id, username: ben.email, stepName: 'Drain' },
    ]);
    expect(entries.slice(5)).toMatchObject([{ action: JobHistoryAction.Closed, stepId: null, stepName: null }]);
    expect(entries.every(({ jobId }) => jobId === job.id)).toBe(true);
    expect(entries[1]!.stepId).toBe(job.step('Isolate'));
    expect(entries[4]!.stepId).toBe(job.step('Drain'));
  });

  test('a job that somebody closed names who', async () => {
    const job = await newJob(admin, [step('a')]);
    await admin.jobs.closeJobs([job.id]);
    expect(await ana.jobs.getJobHistory(job.id)).toMatchObject([
      { action: JobHistoryAction.Created },
      { action: JobHistoryAction.Closed, userId: admin.id, username: admin.email, startDate: null, endDate: null },
    ]);
  });

  test('a step keeps the title that it had, whatever the template calls it later', async () => {
    const template = await publishedTemplate(admin, 'Renamed', [step('Old title')]);
    const job = await jobOf(admin, template);
    await job.start(ana, 'Old title');
    await admin.templates.acquireLock(template.id);
    await admin.templates.addStepModular(template.id, template.stepGroup.id, step('New title'), 0, true);
    await admin.templates.publish(template.id);
    await job.finish(ana, 'Old title');
    expect(await job.history(ana)).toEqual(['Created', 'Started: Old title', 'Finished: Old title', 'Closed']);
  });

  test('refusals leave no trace', async () => {
    const job = await newJob(admin, [stepOf('a', ana), step('b')]);
    await job.start(ben, 'a');
    await job.finish(ana, 'a');
    await job.start(ana, 'b');
    expect(await job.history(ana)).toEqual(['Created']);
  });
});

describe('when', () => {
  test('Finished tells when the step was started, when it ended, and how long it took to the millisecond', async () => {
    const job = await newJob(admin, [step('a'), step('b')]);
    await job.start(ana, 'a');
    const { startedAt } = (await job.get(ana)).currentSteps[0]!;
    server.clock.forward(3_723_456);
    await job.finish(ana, 'a');
    const [, started, finished] = await ana.jobs.getJobHistory(job.id);
    expect(started).toMatchObject({ date: startedAt, startDate: null, endDate: null, durationSeconds: null });
    expect(finished!.startDate).toBe(startedAt);
    expect(finished!.endDate).toBe(finished!.date);
    expect(finished!.endDate! - finished!.startDate!).toBeGreaterThanOrEqual(3_723_456);
    expect(finished!.durationSeconds).toBe((finished!.endDate! - finished!.startDate!) / 1000);
  });

  test('a step that was skipped was never started: it has neither start nor end nor duration', async () => {
    const job = await newJob(admin, [step('a', { flow: { canSkip: true } }), step('b')]);
    await job.finish(ana, 'a');
    const [, finished] = await ana.jobs.getJobHistory(job.id);
    expect(finished).toMatchObject({
      action: JobHistoryAction.Finished,
      stepName: 'a',
      startDate: null,
      endDate: null,
      durationSeconds: null,
    });
    expect(finished!.date).toBeGreaterThan(0);
  });

  test('entries follow each other in time, oldest first', async () => {
    const job = await newJob(admin, [step('a'), step('b')]);
    for (const title of ['a', 'b']) {
      server.clock.forward(60_000);
      await job.start(ana, title);
      server.clock.forward(60_000);
      await job.finish(ana, title);
    }
    const dates = (await ana.jobs.getJobHistory(job.id)).map(({ date }) => date!);
    expect(dates).toEqual([...dates].sort((a, b) => a - b));
    expect(new Set(dates).size).toBe(5);
  });
});

describe('in which order', () => {
  test('what one call does has one time and the order in which it was done', async () => {
    const job = await newJob(admin, [parallel('P', step('a'), step('b')), step('c')]);
    await job.start(ana, 'b', 'a');
    await job.finish(ana, 'a', 'b');
    expect(await job.history(ana)).toEqual(['Created', 'Started: b', 'Started: a', 'Finished: a', 'Finished: b']);
    const entries = await ana.jobs.getJobHistory(job.id);
    expect(entries[1]!.date).toBe(entries[2]!.date);
  });

  test('the numbers behind the order have no gap and no double, however many calls came at once', async () => {
    const titles = Array.from({ length: 10 }, (_, index) => `s${index}`);
    const job = await newJob(admin, [parallel('P', ...titles.map(title => step(title)))]);
    await Promise.all(titles.map((title, index) => job.start(index % 2 ? ana : ben, title)));
    await Promise.all(titles.map((title, index) => job.finish(index % 2 ? ana : ben, title)));
    const history = await job.history(ana);
    expect([history[0], history.at(-1)]).toEqual(['Created', 'Closed']);
    expect(history.slice(1, 11).sort()).toEqual(titles.map(title => `Started: ${title}`).sort());
    expect(history.slice(11, 21).sort()).toEqual(titles.map(title => `Finished: ${title}`).sort());
  });
});

describe('every job has its own', () => {
  test('the jobs of one call each begin with Created', async () => {
    const template = await publishedTemplate(admin, 'Many', [step('a')]);
    const { jobIds } = await admin.jobs.createJobs(template.id, { numberOfJobs: 3 });
    await ana.jobs.startSteps(jobIds[1]!, []);
    const actions = await Promise.all(
      jobIds.map(async id => (await ana.jobs.getJobHistory(id)).map(({ action }) => JobHistoryAction[action])),
    );
    expect(actions).toEqual([['Created'], ['Created', 'Started'], ['Created']]);
  });
});
