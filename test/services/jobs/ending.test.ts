/** The end of a job, and percentComplete on the way there. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JobDefaults } from '#gen/flow_types';
import type { JobTemplate } from '#gen/job_template_types';
import { NotificationType } from '#gen/notifications_types';
import type { BaseStep } from '#gen/step_types';
import { TeamRole } from '#gen/user_types';
import { readerOf } from '../../support/events.ts';
import { jobOf, newJob, parallel, sequence } from '../../support/jobs.ts';
import { logInAdmin, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.EXECUTOR);
});

afterAll(() => server.stop());

async function templateWith(defaults: JobDefaults, children: BaseStep[]): Promise<JobTemplate> {
  const template = await newTemplate(admin, 'With defaults', children);
  await admin.templates.acquireLock(template.id);
  await admin.templates.update(template.id, { defaults });
  return admin.templates.publish(template.id);
}

describe('when no step is current any more', () => {
  test('the job closes itself: closed, endDate, 100 percent, status Closed', async () => {
    const job = await newJob(admin, [step('a')]);
    expect(await job.get(ana)).toMatchObject({ closed: false, endDate: null, jobStatus: 'Open' });
    await job.start(ana, 'a');
    server.clock.forward(90_000);
    const before = server.clock.now();
    await job.finish(ana, 'a');
    const { endDate, ...closed } = await job.get(ana);
    expect(closed).toMatchObject({ closed: true, jobStatus: 'Closed', percentComplete: 100, currentSteps: [] });
    expect(endDate).toBeGreaterThanOrEqual(before);
    expect(endDate).toBeLessThanOrEqual(server.clock.now());
  });

  test('nobody has closed a job that closed itself', async () => {
    const job = await newJob(admin, [step('a')]);
    await job.run(ana, 'a');
    expect(await job.get(ana)).toMatchObject({ closed: true, closedBy: null });
  });

  test('readers of events hear what became of the job, and of a step that was set current before', async () => {
    const job = await newJob(admin, [step('a'), step('b')]);
    const reader = await (await readerOf(server, ana)).begin();
    await admin.jobs.setCurrentStep(job.id, job.step('b'));
    await job.run(ana, 'b');
    const events = await reader.all({ jobIds: [job.id], msgTypes: [NotificationType.JobUpdated] });
    const { endDate } = await job.get(ana);
    const told = events.map(({ properties, closed, closedBy }) => ({
      fields: properties!.jobProperties.map(({ propertyName, value }) => [propertyName, Object.values(value!)]),
      closed,
      closedBy: closedBy ?? null,
    }));
    const fields = [
      ['jobStatus', expect.arrayContaining(['Closed'])],
      ['percentComplete', expect.arrayContaining([100])],
      ['endDate', expect.arrayContaining([endDate])],
    ];
    expect(told).toEqual([
      { fields: [['currentStepId', expect.arrayContaining([job.step('b')])]], closed: false, closedBy: null },
      { fields, closed: true, closedBy: null },
    ]);
  });

  test('the status is the final one of the template', async () => {
    const template = await templateWith({ finalStatus: 'On Hold' }, [step('a')]);
    const job = await jobOf(admin, template);
    await job.run(ana, 'a');
    expect(await job.get(ana)).toMatchObject({ closed: true, jobStatus: 'On Hold' });
  });

  test('a template that says closeAtEnd false leaves the job open, without a current step', async () => {
    const job = await jobOf(admin, await templateWith({ closeAtEnd: false, finalStatus: 'Closed' }, [step('a')]));
    await job.run(ana, 'a');
    expect(await job.get(ana)).toMatchObject({
      closed: false,
      endDate: null,
      jobStatus: 'Open',
      currentSteps: [],
      percentComplete: 100,
    });
    expect(await job.history(ana)).toEqual(['Created', 'Started: a', 'Finished: a']);
    await admin.jobs.closeJobs([job.id]);
    expect(await job.get(ana)).toMatchObject({ closed: true, closedBy: admin.id, percentComplete: 100 });
  });

  test('closeAtEnd true is the same as saying nothing', async () => {
    const job = await jobOf(admin, await templateWith({ closeAtEnd: true }, [step('a')]));
    await job.run(ana, 'a');
    expect(await job.get(ana)).toMatchObject({ closed: true });
  });
});

describe('startedDate', () => {
  test('is when the first step was started, and stays', async () => {
    const job = await newJob(admin, [step('a'), step('b')]);
    expect(await job.get(ana)).toMatchObject({ startedDate: null });
    await job.start(ana, 'a');
    const { startedDate } = await job.get(ana);
    expect(startedDate).toBeGreaterThan(0);
    server.clock.forward(60_000);
    await job.finish(ana, 'a');
    await job.start(ana, 'b');
    expect(await job.get(ana)).toMatchObject({ startedDate });
  });
});

describe('percentComplete', () => {
  test('counts finished steps of all steps in whole percents, and starting counts nothing', async () => {
    const job = await newJob(admin, [sequence('G', step('a'), parallel('P', step('b'), step('c')))]);
    const percent = async () => (await job.get(ana)).percentComplete;
    expect(await percent()).toBe(0);
    await job.start(ana, 'a');
    expect(await percent()).toBe(0);
    await job.finish(ana, 'a');
    expect(await percent()).toBe(33);
    await job.run(ana, 'c');
    expect(await percent()).toBe(66);
    await job.run(ana, 'b');
    expect(await percent()).toBe(100);
  });

  test('a skipped step counts like a finished one', async () => {
    const job = await newJob(admin, [step('a', { flow: { canSkip: true } }), step('b')]);
    await job.finish(ana, 'a');
    expect((await job.get(ana)).percentComplete).toBe(50);
  });

  test('two steps finished in one call count as two', async () => {
    const job = await newJob(admin, [parallel('P', step('a'), step('b')), step('c'), step('d')]);
    await job.start(ana);
    await job.finish(ana);
    expect((await job.get(ana)).percentComplete).toBe(50);
  });

  test('is not counted any more when a caller has set it, until the closing', async () => {
    const job = await newJob(admin, [step('a'), step('b'), step('c')], { percentComplete: 90 });
    await job.run(ana, 'a');
    expect((await job.get(ana)).percentComplete).toBe(90);
    await job.run(ana, 'b', 'c');
    expect((await job.get(ana)).percentComplete).toBe(100);
  });
});
