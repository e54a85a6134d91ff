/**
 * startSteps and finishSteps: every refusal that can be reached, as clients hear it. The steps that can, do; a call in which no step
 * can changes nothing; each refusal says what would be right.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { type JobActionResponse, JobActionStepStatus } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import { jobOf, newJob, parallel, type StatusName, sequence, stepOf, type TestJob } from '../../support/jobs.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { logInAdmin, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
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

const acts = ['startSteps', 'finishSteps'] as const;
type Act = (typeof acts)[number];

/** Passes when each step asked for is refused with this status and nothing is written. */
async function expectRefused(
  act: Act,
  user: TestUser,
  job: TestJob,
  stepIds: string[],
  status: StatusName,
  description: RegExp,
): Promise<JobActionResponse> {
  const revision = (await job.get(admin)).revision;
  const response = await expectNothingWritten(server, () => user.jobs[act](job.id, stepIds));
  expect(response.success).toBe(false);
  expect(response.stepResponses.length).toBeGreaterThan(0);
  for (const answer of response.stepResponses) {
    expect(JobActionStepStatus[answer.status]).toBe(status);
    expect(answer.statusDescription).toMatch(description);
  }
  expect((await job.get(admin)).revision).toBe(revision);
  return response;
}

/** A job that has come to its end and stays open. */
async function endedOpenJob(): Promise<TestJob> {
  const template = await newTemplate(admin, 'Stays open', [step('a')]);
  await admin.templates.acquireLock(template.id);
  await admin.templates.update(template.id, { defaults: { closeAtEnd: false } });
  const job = await jobOf(admin, await admin.templates.publish(template.id));
  await job.run(ana, 'a');
  return job;
}

describe.each(acts)('%s', act => {
  test('of a step that the procedure does not have: StepNotInDiagram', async () => {
    const job = await newJob(admin, [step('a')]);
    const right = /no such step; getJob lists the current steps/;
    await expectRefused(act, ana, job, ['no-such-step'], 'StepNotInDiagram', right);
    await expectRefused(act, ana, job, [''], 'StepNotInDiagram', right);
  });

  test('of a group, which is no step to work on: StepNotInDiagram', async () => {
    const job = await newJob(admin, [sequence('G', step('a'))]);
    const template = await admin.templates.get((await job.get(admin)).jobTemplateId);
    const groups = [template.stepGroup.id, template.stepGroup.children[0]!.id];
    await expectRefused(act, ana, job, groups, 'StepNotInDiagram', /no such step/);
  });

  test('of a step still to come: StepNotCurrent', async () => {
    const job = await newJob(admin, [step('a'), step('b')]);
    await expectRefused(act, ana, job, job.steps('b'), 'StepNotCurrent', /not current; getJob lists the current/);
  });

  test('of a step that is finished: StepNotCurrent', async () => {
    const job = await newJob(admin, [step('a'), step('b')]);
    await job.run(ana, 'a');
    await expectRefused(act, ana, job, job.steps('a'), 'StepNotCurrent', /not current/);
  });

  test('in a closed job: JobClosed, for the step asked for', async () => {
    const job = await newJob(admin, [step('a'), step('b')]);
    await admin.jobs.closeJobs([job.id]);
    const { stepResponses } = await expectRefused(act, ana, job, job.steps('a'), 'JobClosed', /closed; reopen it/);
    expect(stepResponses.map(({ stepId }) => stepId)).toEqual(job.steps('a'));
  });

  test('in a closed job without naming a step: one JobClosed for the whole job, whose step is empty', async () => {
    const closed = await newJob(admin, [parallel('P', step('a'), step('b'))]);
    await admin.jobs.closeJobs([closed.id]);
    const ended = await newJob(admin, [step('a')]);
    await ended.run(ana, 'a');
    for (const job of [closed, ended]) {
      const { stepResponses } = await expectRefused(act, ana, job, [], 'JobClosed', /closed; reopen it/);
      expect(stepResponses.map(({ stepId }) => stepId)).toEqual(['']);
    }
  });

  test('of all current steps in an open job that has none: NoActiveStep, whose step is empty', async () => {
    const job = await endedOpenJob();
    const { stepResponses } = await expectRefused(act, ana, job, [], 'NoActiveStep', /no current step; /);
    expect(stepResponses.map(({ stepId }) => stepId)).toEqual(['']);
  });

  test('of a step of somebody else: AssignedToDifferentUser', async () => {
    const job = await newJob(admin, [stepOf('a', ana)]);
    const right = /assigned to somebody else; have it reassigned/;
    await expectRefused(act, ben, job, job.steps('a'), 'AssignedToDifferentUser', right);
    await expectRefused(act, ben, job, [], 'AssignedToDifferentUser', right);
  });

  test('of more than a thousand steps in one call is a bad request', async () => {
    const job = await newJob(admin, [step('a')]);
    const ids = Array.from({ length: 1001 }, (_, index) => `step-${index}`);
    await expectNothingWritten(server, () =>
      expectRefusal(
        ana.jobs[act](job.id, ids),
        ErrorCode.BAD_REQUEST,
        'limit-exceeded',
        /stepIds: 1001 ids; at most 1000/,
      ),
    );
  });
});

describe('startSteps', () => {
  test('of a running step: AlreadyExecuting, for its runner and for everybody else', async () => {
    const job = await newJob(admin, [step('a')]);
    await job.start(ana, 'a');
    const right = /running already; finish it or stop it/;
    await expectRefused('startSteps', ana, job, job.steps('a'), 'AlreadyExecuting', right);
    const [status] = await job.start(ben, 'a');
    expect(['AlreadyExecuting', 'AssignedToDifferentUser']).toContain(status);
  });
});

describe('finishSteps', () => {
  test('of a step that was never started: NoStartedStep', async () => {
    const job = await newJob(admin, [step('a'), step('b')]);
    await expectRefused('finishSteps', ana, job, job.steps('a'), 'NoStartedStep', /not started; start it first/);
    await expectRefused('finishSteps', ana, job, [], 'NoStartedStep', /not started; start it first/);
  });
});

describe('several steps in one call', () => {
  test('one can and one cannot: the first is done, the second is refused, success is false', async () => {
    const job = await newJob(admin, [parallel('P', step('a'), stepOf('b', ben))]);
    const started = await ana.jobs.startSteps(job.id, job.steps('a', 'b'));
    expect(started.success).toBe(false);
    expect(started.stepResponses).toMatchObject([
      { stepId: job.step('a'), status: JobActionStepStatus.Success, statusDescription: 'done' },
      { stepId: job.step('b'), status: JobActionStepStatus.AssignedToDifferentUser },
    ]);
    expect(await job.history(ana)).toEqual(['Created', 'Started: a']);
    const finished = await ana.jobs.finishSteps(job.id, []);
    expect(finished.success).toBe(false);
    expect(await job.current(ana)).toEqual(['b']);
  });

  test('all can: success is true, one answer each in the order asked for, one revision for the call', async () => {
    const job = await newJob(admin, [parallel('P', step('a'), step('b'), step('c')), step('d')]);
    const { revision } = await job.get(ana);
    const { success, stepResponses } = await ana.jobs.startSteps(job.id, job.steps('c', 'a', 'b'));
    expect(success).toBe(true);
    expect(stepResponses.map(({ stepId }) => stepId)).toEqual(job.steps('c', 'a', 'b'));
    expect((await job.get(ana)).revision).toBe(revision + 1);
    expect(await job.history(ana)).toEqual(['Created', 'Started: c', 'Started: a', 'Started: b']);
  });

  test('a step that is named twice is answered once', async () => {
    const job = await newJob(admin, [step('a'), step('b')]);
    expect(await job.start(ana, 'a', 'a')).toEqual(['Success']);
    expect(await job.finish(ana, 'a', 'a')).toEqual(['Success']);
    expect(await job.current(ana)).toEqual(['b']);
  });

  test('a step that becomes current in the call cannot be worked on in the same call', async () => {
    const job = await newJob(admin, [step('a', { flow: { proceedNext: true } }), step('b')]);
    expect(await job.start(ana, 'a', 'b')).toEqual(['Success', 'StepNotCurrent']);
    expect(await job.history(ana)).toEqual(['Created', 'Started: a', 'Finished: a']);
  });
});

test('an id without end is not repeated whole in the refusal', async () => {
  for (const id of ['x'.repeat(100_000), 'x y '.repeat(25_000)]) {
    const { message, details } = await expectRefusal(
      ana.jobs.startSteps(id, []),
      ErrorCode.NOT_FOUND,
      'job-not-found',
      /no job x.*… \(100000 characters\) in your teams; createJobs returns the ids of jobs/,
    );
    expect(message!.length).toBeLessThan(400);
    expect(details!.jobId!.length).toBeLessThan(200);
  }
});
