/** Stopping steps, taking them up again, and setting a step current: what changes, what the history tells, and every refusal. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AssignedType } from '#gen/flow_types';
import { JobActionStepStatus, StepState } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import { newJob, parallel, statusNames, stepOf, type TestJob } from '../../support/jobs.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { logInAdmin, newOutsider, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;
let outsider: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.EXECUTOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
  outsider = await newOutsider(server, admin);
});

afterAll(() => server.stop());

const stop = async (user: TestUser, job: TestJob, ...titles: string[]) =>
  statusNames(await user.jobs.stopSteps(job.id, job.steps(...titles)));

const setCurrent = async (user: TestUser, job: TestJob, title: string) =>
  statusNames(await user.jobs.setCurrentStep(job.id, job.step(title)));

const stateOf = async (job: TestJob, title: string) =>
  StepState[(await job.get(admin)).currentSteps.find(({ stepName }) => stepName === title)!.state];

describe('a running step', () => {
  test('is paused, and taken up again where it was', async () => {
    const job = await newJob(admin, [step('a'), step('b')]);
    await job.start(ana, 'a');
    expect(await stop(ana, job, 'a')).toEqual(['Success']);
    expect(await stateOf(job, 'a')).toBe('PAUSED');
    const paused = (await ana.jobs.getJobHistory(job.id)).at(-1)!;
    expect(paused).toMatchObject({
      stepName: 'a',
      username: ana.email,
      startDate: expect.any(Number),
      endDate: paused.date,
    });
    expect(await job.start(ana, 'a')).toEqual(['Success']);
    expect(await job.finish(ana, 'a')).toEqual(['Success']);
    expect(await job.history(ana)).toEqual(['Created', 'Started: a', 'Paused: a', 'Started: a', 'Finished: a']);
  });

  test('that was paused can be finished: it was started once', async () => {
    const job = await newJob(admin, [step('a'), step('b')]);
    await job.start(ana, 'a');
    await stop(ana, job, 'a');
    expect(await job.finish(ana, 'a')).toEqual(['Success']);
  });

  test('stays its worker’s: somebody else needs jobForceStop', async () => {
    const job = await newJob(admin, [step('a')]);
    await job.start(ana, 'a');
    await expectNothingWritten(server, async () => {
      expect(await stop(ben, job, 'a')).toEqual(['AssignedToDifferentUser']);
    });
    expect(await stop(admin, job, 'a')).toEqual(['Success']);
    expect((await job.get(ana)).currentSteps).toMatchObject([{ assignedTo: ana.id, state: StepState.PAUSED }]);
  });

  test('among others is stopped alone, and the others say why they were not', async () => {
    const job = await newJob(admin, [parallel('P', step('a'), step('b')), step('c')]);
    await job.start(ana, 'a');
    expect(await stop(ana, job, 'a', 'b', 'c')).toEqual(['Success', 'NotRunning', 'StepNotCurrent']);
    expect(statusNames(await ana.jobs.stopSteps(job.id, ['no-such-step']))).toEqual(['StepNotInDiagram']);
    expect(statusNames(await ana.jobs.stopSteps(job.id, []))).toEqual(['NotRunning', 'NotRunning']);
  });

  test('of a closed job is none (JobClosed), and of another team’s job there is none (404)', async () => {
    const job = await newJob(admin, [step('a')]);
    await job.run(ana, 'a');
    await expectNothingWritten(server, async () => {
      expect(await stop(ana, job, 'a')).toEqual(['JobClosed']);
      await expectRefusal(outsider.jobs.stopSteps(job.id, []), 404, 'job-not-found', /no job/);
    });
  });
});

describe('setCurrentStep', () => {
  const children = () => [parallel('P', step('a'), step('b')), stepOf('c', 'EXECUTOR'), step('d')];

  test('makes a step the only current one, with the assignment of the template', async () => {
    const job = await newJob(admin, children());
    await job.run(ana, 'a');
    expect(await setCurrent(admin, job, 'c')).toEqual(['Success']);
    expect((await job.get(ana)).currentSteps).toMatchObject([
      { stepName: 'c', assignedType: AssignedType.Group, assignedTo: 'EXECUTOR', state: StepState.READY },
    ]);
    expect((await job.history(ana)).slice(-2)).toEqual(['Deactivated: b', 'Activated: c']);
    await job.run(ana, 'c', 'd');
    expect(await job.get(ana)).toMatchObject({ closed: true });
  });

  test('goes back to a step that was finished', async () => {
    const job = await newJob(admin, [step('a'), step('b')]);
    await job.run(ana, 'a');
    expect(await setCurrent(admin, job, 'a')).toEqual(['Success']);
    expect(await job.current(ana)).toEqual(['a']);
    expect(await job.get(ana)).toMatchObject({ percentComplete: 50 });
    await job.run(ana, 'a', 'b');
    expect(await job.get(ana)).toMatchObject({ closed: true, percentComplete: 100 });
  });

  test('makes the current step READY again', async () => {
    const job = await newJob(admin, [step('a')]);
    await job.start(ana, 'a');
    await stop(ana, job, 'a');
    expect(await setCurrent(admin, job, 'a')).toEqual(['Success']);
    expect((await job.get(ana)).currentSteps).toMatchObject([
      { assignedType: AssignedType.Unassigned, state: StepState.READY },
    ]);
    expect(await job.finish(ana, 'a')).toEqual(['NoStartedStep']);
  });

  test.each<[string, keyof typeof JobActionStepStatus, (job: TestJob) => Promise<unknown>, string]>([
    ['a closed job', 'JobClosed', job => admin.jobs.closeJobs([job.id]), 'a'],
    ['a running step, whichever', 'AlreadyExecuting', job => job.start(ana, 'b'), 'a'],
    ['a step that the procedure does not have', 'StepNotInDiagram', async () => {}, ''],
  ])('is refused: %s', async (_, status, before, title) => {
    const job = await newJob(admin, children());
    await before(job);
    await expectNothingWritten(server, async () => {
      const answer = await admin.jobs.setCurrentStep(job.id, title === '' ? 'no-such-step' : job.step(title));
      expect(answer).toMatchObject({ success: false, stepResponses: [{ status: JobActionStepStatus[status] }] });
    });
  });

  test('needs workflowSetStepCurrent (476), and sees nothing of other teams (404)', async () => {
    const job = await newJob(admin, children());
    await expectNothingWritten(server, async () => {
      await expectRefusal(
        ana.jobs.setCurrentStep(job.id, job.step('c')),
        476,
        'insufficient-permissions',
        /workflowSetStepCurrent/,
      );
      await expectRefusal(outsider.jobs.setCurrentStep(job.id, job.step('c')), 404, 'job-not-found', /no job/);
    });
  });
});
