/** createJobs: what a new job takes from the template's defaults, and what the call's overrides put in their place. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AssignedType, type JobDefaults, JobStartDateType } from '#gen/flow_types';
import type { JobTemplate } from '#gen/job_template_types';
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
  ana = await newUser(server, admin, 'ana', TeamRole.JOBCREATOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
});

afterAll(() => server.stop());

async function templateWith(defaults: JobDefaults): Promise<JobTemplate> {
  const { id } = await admin.templates.create(admin.teamId, { title: 'With defaults', defaults }, []);
  const { stepGroup } = await admin.templates.get(id);
  await admin.templates.acquireLock(id);
  await admin.templates.addStepModular(id, stepGroup.id, step('Isolate'), -1, false);
  return admin.templates.publish(id);
}

const assignments = async (jobId: string) =>
  (await ana.jobs.getJob(jobId, {})).currentSteps.map(({ assignedType, assignedTo }) => ({ assignedType, assignedTo }));

describe('texts, priority and status', () => {
  test('without defaults and overrides a job is Medium and Open, without description and notes, due never', async () => {
    const before = Date.now();
    const job = await (await newJob(admin, [step('Only')])).get(ana);
    expect(job).toMatchObject({
      priority: 'Medium',
      jobStatus: 'Open',
      description: null,
      notes: null,
      dueDate: null,
      endDate: null,
      startedDate: null,
      parentJob: null,
      closedBy: null,
    });
    expect(job.startDate).toBe(job.createdDate);
    expect(job.createdDate).toBeGreaterThanOrEqual(before);
  });

  test('the defaults of the template come first, and an override beats each of them', async () => {
    const template = await templateWith({
      jobName: 'Weekly round',
      description: 'By the book',
      notes: 'Bring gloves',
      priority: 'High',
      jobStatus: 'On Hold',
      ownedBy: ben.email,
    });
    expect(await (await jobOf(ana, template)).get(ana)).toMatchObject({
      jobName: 'Weekly round',
      description: 'By the book',
      notes: 'Bring gloves',
      priority: 'High',
      jobStatus: 'On Hold',
      ownedBy: ben.id,
      createdBy: ana.id,
    });
    const overrides = {
      jobName: 'Extra round',
      description: 'After the storm',
      notes: 'Bring boots',
      priority: 'Low',
      jobStatus: 'In Progress',
    };
    const overridden = await jobOf(ana, template, { ...overrides, ownedBy: ana.id });
    expect(await overridden.get(ana)).toMatchObject({ ...overrides, ownedBy: ana.id });
  });

  test('a job keeps the defaults of its own version', async () => {
    const template = await templateWith({ finalStatus: 'On Hold' });
    const job = await jobOf(ana, template);
    await admin.templates.update(template.id, { defaults: { finalStatus: 'Open' } });
    await admin.templates.publish(template.id);
    await job.run(ana, 'Isolate');
    expect(await job.get(ana)).toMatchObject({ closed: true, jobStatus: 'On Hold' });
  });
});

test('a job tells whether its template is archived', async () => {
  const template = await publishedTemplate(admin, 'Given up', [step('Only')]);
  const job = await jobOf(admin, template);
  expect(await job.get(ana)).toMatchObject({ archived: false });
  await admin.templates.archive(template.id);
  expect(await job.get(ana)).toMatchObject({ archived: true, closed: false });
  await admin.templates.unarchive(template.id);
  expect(await job.get(ana)).toMatchObject({ archived: false });
});

describe('the owner', () => {
  test('is whoever creates the job, or who is named by id or by e-mail address in any case', async () => {
    const template = await publishedTemplate(admin, 'Owned', [step('Only')]);
    const owner = async (ownedBy?: string) => (await (await jobOf(ana, template, { ownedBy })).get(ana)).ownedBy;
    expect(await owner()).toBe(ana.id);
    expect(await owner(ben.id)).toBe(ben.id);
    expect(await owner(ben.email)).toBe(ben.id);
    expect(await owner('BEN@Example.ORG')).toBe(ben.id);
  });
});

describe('dates', () => {
  const DAY = 24 * 3_600_000;

  test('the due date follows the start by the duration of the template', async () => {
    const template = await templateWith({ durationMs: 3 * DAY });
    const job = await (await jobOf(ana, template)).get(ana);
    expect(job.dueDate).toBe(job.startDate! + 3 * DAY);
    const startDate = Date.UTC(2031, 4, 1);
    expect(await (await jobOf(ana, template, { startDate })).get(ana)).toMatchObject({
      startDate,
      dueDate: startDate + 3 * DAY,
    });
  });

  test('a due date that is given beats the duration', async () => {
    const template = await templateWith({ durationMs: DAY });
    const dueDate = Date.UTC(2031, 4, 9);
    expect(await (await jobOf(ana, template, { dueDate })).get(ana)).toMatchObject({ dueDate });
  });

  test('a template with a specific start date gives it to its jobs, otherwise they start when they are created', async () => {
    const [startDate, dueDate] = [Date.UTC(2031, 0, 1), Date.UTC(2031, 0, 31)];
    const specific = await templateWith({ startDateType: JobStartDateType.SpecificDate, startDate, dueDate });
    expect(await (await jobOf(ana, specific)).get(ana)).toMatchObject({ startDate, dueDate });
    const creation = await templateWith({ startDateType: JobStartDateType.CreationDate, startDate, dueDate });
    const job = await (await jobOf(ana, creation)).get(ana);
    expect(job).toMatchObject({ startDate: job.createdDate, dueDate });
  });

  test('a job may be due at the moment it starts', async () => {
    const template = await publishedTemplate(admin, 'At once', [step('Only')]);
    const at = Date.UTC(2031, 4, 1);
    const job = await jobOf(ana, template, { startDate: at, dueDate: at });
    expect(await job.get(ana)).toMatchObject({ startDate: at, dueDate: at });
  });
});

describe('assignment of the first steps', () => {
  test('by user id, by e-mail address, by role', async () => {
    const template = await publishedTemplate(admin, 'Assigned', [step('Only')]);
    const assigned = async (assignedType: AssignedType, assignedTo: string) =>
      assignments((await jobOf(ana, template, { assignedType, assignedTo })).id);
    const toBen = [{ assignedType: AssignedType.User, assignedTo: ben.id }];
    expect(await assigned(AssignedType.User, ben.id)).toEqual(toBen);
    expect(await assigned(AssignedType.User, 'Ben@example.org')).toEqual(toBen);
    expect(await assigned(AssignedType.Group, 'EXECUTOR')).toEqual([
      { assignedType: AssignedType.Group, assignedTo: 'EXECUTOR' },
    ]);
    expect(await assigned(AssignedType.Unassigned, '')).toEqual([
      { assignedType: AssignedType.Unassigned, assignedTo: null },
    ]);
  });

  test("the overrides beat the template's default, and that beats the assignee of the step", async () => {
    const { id } = await admin.templates.create(
      admin.teamId,
      { title: 'Who', defaults: { assignedType: AssignedType.User, assignedTo: ben.email } },
      [],
    );
    const { stepGroup } = await admin.templates.get(id);
    await admin.templates.acquireLock(id);
    await admin.templates.addStepModular(id, stepGroup.id, stepOf('Lead', 'ADMIN'), -1, false);
    const template = await admin.templates.publish(id);
    expect(await assignments((await jobOf(ana, template)).id)).toEqual([
      { assignedType: AssignedType.User, assignedTo: ben.id },
    ]);
    const overridden = await jobOf(ana, template, { assignedType: AssignedType.Group, assignedTo: 'AUTHOR' });
    expect(await assignments(overridden.id)).toEqual([{ assignedType: AssignedType.Group, assignedTo: 'AUTHOR' }]);
    const nobody = await jobOf(ana, template, { assignedType: AssignedType.Unassigned });
    expect(await assignments(nobody.id)).toEqual([{ assignedType: AssignedType.Unassigned, assignedTo: null }]);
  });

  test('without any of them each first step keeps its own assignee', async () => {
    const job = await newJob(admin, [
      parallel('Together', stepOf('Lead', 'ADMIN'), stepOf('Hold', ben), step('Watch')),
    ]);
    expect(await assignments(job.id)).toEqual([
      { assignedType: AssignedType.Group, assignedTo: 'ADMIN' },
      { assignedType: AssignedType.User, assignedTo: ben.id },
      { assignedType: AssignedType.Unassigned, assignedTo: null },
    ]);
  });
});

describe('the rest', () => {
  test('a parent job of the same team is kept', async () => {
    const parent = await newJob(admin, [step('Only')]);
    const child = await newJob(admin, [step('Only')], { parentJob: parent.id });
    expect(await child.get(ana)).toMatchObject({ parentJob: parent.id });
  });

  test.each([0, 40, 12.5, 100])('a job can start at %d percent', async percentComplete => {
    const job = await newJob(admin, [step('Only')], { percentComplete });
    expect((await job.get(ana)).percentComplete).toBe(percentComplete);
  });

  test('holds are left out, and an empty list when they are asked for', async () => {
    const job = await newJob(admin, [step('Only')]);
    expect(await ana.jobs.getJob(job.id, {})).toMatchObject({ holds: null });
    expect(await ana.jobs.getJob(job.id, { holds: true })).toMatchObject({ holds: [] });
  });
});
