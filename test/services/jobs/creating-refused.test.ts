/** createJobs: what it refuses. Each refusal names the field, the value and what would be right, and nothing is written. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { AssignedType } from '#gen/flow_types';
import type { JobTemplate } from '#gen/job_template_types';
import type { CreateJobOverrides } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import { jobOf } from '../../support/jobs.ts';
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
let outsider: TestUser;
let template: JobTemplate;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.JOBCREATOR);
  outsider = await newOutsider(server, admin);
  template = await publishedTemplate(admin, 'Pump overhaul', [step('Isolate'), step('Drain')]);
});

afterAll(() => server.stop());

const expectRefused = (overrides: CreateJobOverrides, code: ErrorCode, slug: string, message: RegExp, user = ana) =>
  expectNothingWritten(server, () => expectRefusal(user.jobs.createJobs(template.id, overrides), code, slug, message));

const { BAD_REQUEST, NOT_FOUND } = ErrorCode;

describe('values', () => {
  test.each<[string, CreateJobOverrides, string, RegExp]>([
    ['an unknown priority', { priority: 'Urgent' }, 'unknown-priority', /priority.*"Urgent".*Low, Medium, High/],
    ['a priority in other letters', { priority: 'high' }, 'unknown-priority', /Low, Medium, High/],
    ['an empty priority', { priority: '' }, 'unknown-priority', /Low, Medium, High/],
    ['an unknown status', { jobStatus: 'Done' }, 'unknown-status', /"Done".*Open, In Progress, On Hold, Closed/],
    ['a due date before the start', { startDate: 2_000, dueDate: 1_999 }, 'dates-out-of-order', /1999.*before.*2000/],
    ['a due date before now', { dueDate: 1_000 }, 'dates-out-of-order', /dueDate: 1000 lies before startDate/],
    [
      'more than 100 percent',
      { percentComplete: 100.5 },
      'invalid-argument',
      /percentComplete: 100.5; expected 0 to 100/,
    ],
    ['less than 0 percent', { percentComplete: -1 }, 'invalid-argument', /percentComplete: -1; expected 0 to 100/],
    ['an endless percentage', { percentComplete: Number.NaN }, 'invalid-argument', /percentComplete.*finite/],
    ['an empty name', { jobName: '' }, 'invalid-argument', /jobName: empty; expected 1 to 500/],
    ['a blank name', { jobName: ' \t ' }, 'invalid-argument', /jobName: empty/],
    ['a name that is too long', { jobName: 'x'.repeat(501) }, 'limit-exceeded', /jobName: 501 characters.*500/],
    [
      'a description that is too long',
      { description: 'x'.repeat(20_001) },
      'limit-exceeded',
      /description: 20001.*20000/,
    ],
    ['notes that are too long', { notes: 'x'.repeat(20_001) }, 'limit-exceeded', /notes: 20001.*20000/],
    ['a text with U+0000', { notes: 'a\0b' }, 'invalid-argument', /notes: .*U\+0000/],
    [
      'an assignment type that is none',
      { assignedType: 7 as AssignedType },
      'invalid-argument',
      /7 is no .*AssignedType; expected Unassigned/,
    ],
    [
      'a user to assign to who is not named',
      { assignedType: AssignedType.User },
      'invalid-argument',
      /assignedTo: empty/,
    ],
    ['a group that is not named', { assignedType: AssignedType.Group }, 'invalid-argument', /assignedTo: empty/],
    ['an assignee without saying of which type', { assignedTo: 'EXECUTOR' }, 'invalid-argument', /assignedType/],
  ])('%s', (_, overrides, slug, message) => expectRefused(overrides, BAD_REQUEST, slug, message));

  test('dates that lead beyond what clients can read are refused, not kept in a job that nobody can read', async () => {
    const late = Number.MAX_SAFE_INTEGER;
    const draft = await newTemplate(admin, 'Takes for ever', [step('Only')]);
    await admin.templates.acquireLock(draft.id);
    await admin.templates.update(draft.id, { defaults: { durationMs: late } });
    const { id } = await admin.templates.publish(draft.id);
    await expectNothingWritten(server, () =>
      expectRefusal(ana.jobs.createJobs(id, { startDate: late }), BAD_REQUEST, 'invalid-argument', /Date: .*expected/),
    );
  });

  test('the longest texts that are allowed are kept whole', async () => {
    const overrides = { jobName: 'n'.repeat(500), description: 'd'.repeat(20_000), notes: 'ü'.repeat(20_000) };
    expect(await (await jobOf(ana, template, overrides)).get(ana)).toMatchObject(overrides);
  });
});

describe('who and what is named', () => {
  test.each<[string, CreateJobOverrides, string, RegExp]>([
    ['an owner nobody knows', { ownedBy: 'zoe@example.org' }, 'user-not-found', /ownedBy: no user "zoe@example.org"/],
    [
      'an assignee nobody knows',
      { assignedType: AssignedType.User, assignedTo: 'zoe' },
      'user-not-found',
      /assignedTo: no user "zoe" .*id or e-mail address/,
    ],
    [
      'a group nobody knows',
      { assignedType: AssignedType.Group, assignedTo: 'PLUMBERS' },
      'group-not-found',
      /no group "PLUMBERS"; .*ADMIN, AUTHOR, JOBCREATOR, EXECUTOR/,
    ],
    [
      'a group that is a property of every object',
      { assignedType: AssignedType.Group, assignedTo: 'constructor' },
      'group-not-found',
      /no group "constructor"/,
    ],
    [
      'a parent job that does not exist',
      { parentJob: 'no-such-job' },
      'job-not-found',
      /parentJob: no job no-such-job/,
    ],
  ])('%s', (_, overrides, slug, message) => expectRefused(overrides, NOT_FOUND, slug, message));

  test('ten thousand jobs with one unknown owner: none is made', () =>
    expectRefused({ numberOfJobs: 10_000, ownedBy: 'zoe' }, NOT_FOUND, 'user-not-found', /no user "zoe"/));

  test('people of another team are nobody here', async () => {
    await expectRefused({ ownedBy: outsider.id }, NOT_FOUND, 'user-not-found', /no user .* works in this team/);
    await expectRefused({ ownedBy: outsider.email }, NOT_FOUND, 'user-not-found', /no user .* works in this team/);
    const assignment = { assignedType: AssignedType.User, assignedTo: outsider.email };
    await expectRefused(assignment, NOT_FOUND, 'user-not-found', /no user .* works in this team/);
  });

  test('a parent job has less than 100 jobs above it', async () => {
    let parent = await jobOf(ana, template);
    for (let above = 1; above <= 100; above++) parent = await jobOf(ana, template, { parentJob: parent.id });
    await expectRefused({ parentJob: parent.id }, BAD_REQUEST, 'limit-exceeded', /parentJob: more than 100 jobs would/);
  });

  test('a parent job lies in the same team, even for a caller who works in both', async () => {
    const foreign = await publishedTemplate(outsider, 'In the other team', [step('Only')]);
    const parent = await jobOf(outsider, foreign);
    const overrides = { parentJob: parent.id };
    await expectRefused(overrides, NOT_FOUND, 'job-not-found', /no job/);
    await expectRefused(overrides, NOT_FOUND, 'job-not-found', /no job/, admin);
  });

  test('a parent job whose id another team of the caller uses too is the one of the same team', async () => {
    const foreign = await publishedTemplate(outsider, 'With the same id', [step('Only')]);
    await jobOf(outsider, foreign, { jobId: 'WO-7' });
    await jobOf(ana, template, { jobId: 'WO-7' });
    const child = await jobOf(admin, template, { parentJob: 'WO-7' });
    expect(await child.get(ana)).toMatchObject({ parentJob: 'WO-7', teamId: ana.teamId });
  });
});

test('empty lists of properties ask for nothing and pass', async () => {
  await jobOf(ana, template, { extendedProperties: [], relatedProperties: [] });
});

describe('templates', () => {
  test.each(['', 'no-such-template'])('"%s" is no template', id =>
    expectNothingWritten(server, () =>
      expectRefusal(ana.jobs.createJobs(id, {}), NOT_FOUND, 'template-not-found', /no template/),
    ),
  );
});
