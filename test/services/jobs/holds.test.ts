/** Holds: what they keep from being done, who and what releases them, and what is told of them. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { JobHistoryAction, MAX_OPEN_HOLDS, StepState } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import { TeamRole } from '#gen/user_types';
import { newJob, parallel, statusNames, type TestJob } from '../../support/jobs.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logInAdmin, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { headOf, hold, holdEvents, holdsOf, holdUntil, miscounted, unhold, waitFor } from './held.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.EXECUTOR);
});
afterEach(async () => {
  expect(await miscounted(server)).toEqual([]);
});
afterAll(() => server.stop());

const HOUR_MS = 60 * 60 * 1000;
const inHours = (hours: number): number => server.clock.now() + hours * HOUR_MS;

const skippable = (title: string) => step(title, { flow: { canSkip: true } });
const beside = (...titles: string[]): Promise<TestJob> =>
  newJob(admin, [parallel('P', ...titles.map(title => step(title)))]);

describe('a held step', () => {
  test('can be neither started nor finished, and nothing is written, until its hold is released', async () => {
    const job = await newJob(admin, [skippable('a'), step('b')]);
    expect(await hold(admin, job, 'a')).toEqual(['Success']);
    await expectNothingWritten(server, async () => {
      expect(await job.start(ana, 'a')).toEqual(['Held']);
      expect(await job.finish(ana, 'a')).toEqual(['Held']);
      expect(await job.start(ana)).toEqual(['Held']);
    });
    const { stepResponses } = await ana.jobs.startSteps(job.id, []);
    expect(stepResponses[0]!.statusDescription).toMatch(/release its holds and dependencies first/);
    expect(await unhold(admin, job, 'a')).toEqual(['Success']);
    await job.run(ana, 'a');
    expect(await job.current(ana)).toEqual(['b']);
  });

  test('does not hold the steps beside it: those that can, do, in the same call', async () => {
    const job = await beside('a', 'b');
    await hold(admin, job, 'a');
    expect(await job.start(ana, 'a', 'b')).toEqual(['Held', 'Success']);
    expect(await job.finish(ana)).toEqual(['Held', 'Success']);
    expect(await job.current(ana)).toEqual(['a']);
  });

  test('can be one still to come: it is held when the job comes to it', async () => {
    const job = await newJob(admin, [step('a'), step('b')]);
    expect(await hold(admin, job, 'b')).toEqual(['Success']);
    await job.run(ana, 'a');
    expect(await job.start(ana, 'b')).toEqual(['Held']);
    expect((await job.get(ana)).currentSteps).toMatchObject([{ stepName: 'b', manualHold: true, dependencies: false }]);
  });

  test('is free when all of its holds and dependencies are released, and no sooner', async () => {
    const [job, other] = [await newJob(admin, [step('a')]), await newJob(admin, [step('x')])];
    await hold(admin, job, 'a');
    await holdUntil(admin, job, inHours(1), 'a');
    await waitFor(admin, job, ['a'], other);
    expect(await headOf(server, job)).toMatchObject({ open_holds: 3 });
    expect(await unhold(admin, job, 'a')).toEqual(['Success']);
    expect((await job.get(ana)).currentSteps).toMatchObject([{ manualHold: false, dependencies: true }]);
    expect(await job.start(ana, 'a')).toEqual(['Held']);
    await admin.jobs.closeJobs([other.id]);
    expect(await job.start(ana, 'a')).toEqual(['Success']);
  });

  test('is not started by the server', async () => {
    const job = await newJob(admin, [step('a'), step('b', { flow: { automatic: true, canSkip: true } }), step('c')]);
    await hold(admin, job, 'b');
    await job.run(ana, 'a');
    expect((await job.get(ana)).currentSteps).toMatchObject([{ stepName: 'b', state: StepState.READY }]);
    expect((await job.history(ana)).at(-1)).toBe('Finished: a');
  });

  test('that a job comes to is told with its flags when the step before it is finished', async () => {
    const job = await newJob(admin, [step('a'), step('b')]);
    await hold(admin, job, 'b');
    await job.run(ana, 'a');
    const finished = (await rowsOf(server, 'events')).find(
      ({ job_id, type }) => job_id === job.id && type === NotificationType.StepFinished,
    );
    expect(JSON.parse(finished!.body).currentSteps).toMatchObject([{ stepName: 'b', manualHold: true }]);
  });

  test('that others may not work on tells them so first', async () => {
    const job = await newJob(admin, [step('a')], { assignedType: 2, assignedTo: admin.id });
    await hold(admin, job);
    expect(await job.start(ana, 'a')).toEqual(['AssignedToDifferentUser']);
    expect(await job.start(admin, 'a')).toEqual(['Held']);
  });

  test('does not keep its job from being closed; its holds stay, and can be released', async () => {
    const job = await newJob(admin, [step('a')]);
    await hold(admin, job, 'a');
    await admin.jobs.closeJobs([job.id]);
    expect(await holdsOf(admin, job)).toMatchObject([{ releasedDate: null }]);
    expect(await unhold(admin, job, 'a')).toEqual(['Success']);
    expect((await job.history(admin)).slice(1)).toEqual(['Held: a', 'Closed', 'HoldReleased: a', 'Reactivated']);
  });
});

describe('which steps', () => {
  test('none named are all current ones, in the order of the tree; at releasing all that are held', async () => {
    const job = await newJob(admin, [parallel('P', step('a'), step('b')), step('c')]);
    const added = await admin.jobs.addHolds({ jobId: job.id, stepIds: [] });
    expect(added.success).toBe(true);
    expect(added.stepResponses.map(({ stepId }) => stepId)).toEqual(job.steps('a', 'b'));
    await unhold(admin, job, 'a');
    await hold(admin, job, 'c');
    await hold(admin, job, 'a');
    const released = await admin.jobs.releaseHolds({ jobId: job.id, stepIds: [] });
    expect(released.success).toBe(true);
    expect(released.stepResponses.map(({ stepId }) => stepId)).toEqual(job.steps('a', 'b', 'c'));
    expect(await headOf(server, job)).toMatchObject({ open_holds: 0 });
  });

  test('a step named twice is held once', async () => {
    const job = await beside('a', 'b');
    expect(await hold(admin, job, 'a', 'a', 'b')).toEqual(['Success', 'Success']);
    expect(await holdsOf(admin, job)).toHaveLength(2);
  });

  test('of several, those that can, are held and released: each has its answer', async () => {
    const job = await beside('a', 'b', 'c');
    await job.start(ana, 'b');
    const stepIds = [...job.steps('a', 'b'), 'no-such-step', job.step('c')];
    const added = await admin.jobs.addHolds({ jobId: job.id, stepIds });
    expect(added.success).toBe(false);
    expect(statusNames(added)).toEqual(['Success', 'AlreadyExecuting', 'StepNotInDiagram', 'Success']);
    const released = await admin.jobs.releaseHolds({ jobId: job.id, stepIds: stepIds.slice(0, 3) });
    expect(statusNames(released)).toEqual(['Success', 'NotHeld', 'StepNotInDiagram']);
    expect((await holdsOf(admin, job)).map(({ stepId, releasedBy }) => [stepId, releasedBy])).toEqual([
      [job.step('a'), admin.id],
      [job.step('c'), null],
    ]);
  });
});

describe('what getJob tells', () => {
  test('holds and dependencies, open and past, oldest first, when they are asked for', async () => {
    const [job, other] = [await newJob(admin, [step('a'), step('b')]), await newJob(admin, [step('x')])];
    const releasesAt = inHours(2);
    await hold(admin, job, 'a');
    await unhold(admin, job, 'a');
    await holdUntil(admin, job, releasesAt, 'b');
    await waitFor(admin, job, ['a'], other, 'x');
    expect((await job.get(ana)).holds).toBeNull();
    const [past, scheduled, dependency, ...more] = await holdsOf(ana, job);
    expect(more).toEqual([]);
    const nothing = { scheduledRelease: null, dependentJobId: null, dependentStepId: null };
    const open = { releasedBy: null, releasedDate: null };
    const common = { jobId: job.id, setBy: admin.id, setDate: expect.any(Number), holdId: expect.any(String) };
    expect(past).toEqual({
      ...common,
      ...nothing,
      stepId: job.step('a'),
      releasedBy: admin.id,
      releasedDate: expect.any(Number),
    });
    expect(scheduled).toEqual({
      ...common,
      ...nothing,
      ...open,
      stepId: job.step('b'),
      scheduledRelease: releasesAt,
    });
    expect(dependency).toEqual({
      ...common,
      ...nothing,
      ...open,
      stepId: job.step('a'),
      dependentJobId: other.id,
      dependentStepId: other.step('x'),
    });
  });

  test('of a current step the latest scheduled release, unless one of its holds has none', async () => {
    const job = await beside('a', 'b');
    const [soon, late] = [inHours(1), inHours(3)];
    await holdUntil(admin, job, late, 'a');
    await holdUntil(admin, job, soon, 'a', 'b');
    const flags = async () =>
      (await job.get(ana)).currentSteps.map(({ manualHold, holdScheduledRelease }) => [
        manualHold,
        holdScheduledRelease,
      ]);
    expect(await flags()).toEqual([
      [true, late],
      [true, soon],
    ]);
    await hold(admin, job, 'a');
    expect(await flags()).toEqual([
      [true, null],
      [true, soon],
    ]);
  });
});

describe('what is told', () => {
  test('each hold and each release has its row of history, and the last one Reactivated', async () => {
    const job = await beside('a', 'b');
    const at = inHours(1);
    await holdUntil(admin, job, at, 'a');
    await hold(admin, job, 'a', 'b');
    await unhold(admin, job, 'a');
    await unhold(admin, job);
    const history = (await admin.jobs.getJobHistory(job.id)).slice(1);
    expect(history.map(({ action, stepName, result }) => [JobHistoryAction[action], stepName, result])).toEqual([
      ['Held', 'a', `until ${new Date(at).toISOString()}`],
      ['Held', 'a', null],
      ['Held', 'b', null],
      ['HoldReleased', 'a', null],
      ['HoldReleased', 'a', null],
      ['HoldReleased', 'b', null],
      ['Reactivated', null, null],
    ]);
    expect(new Set(history.map(({ username, userId }) => `${username} ${userId}`))).toEqual(
      new Set([`${admin.email} ${admin.id}`]),
    );
  });

  test('each call has its event, with all of its steps', async () => {
    const job = await beside('a', 'b');
    const at = inHours(1);
    await holdUntil(admin, job, at, 'a', 'b');
    await hold(admin, job, 'b');
    await unhold(admin, job);
    const common = { manual: true, dependency: false, setBy: admin.id };
    expect(await holdEvents(server, job)).toEqual([
      ['StepHeld', { stepIds: job.steps('a', 'b'), ...common, scheduledRelease: at }, admin.id],
      ['StepHeld', { stepIds: job.steps('b'), ...common }, admin.id],
      ['StepHoldReleased', { stepIds: job.steps('a', 'b') }, admin.id],
    ]);
  });

  test('each call is a revision of the job', async () => {
    const job = await newJob(admin, [step('a')]);
    const { revision } = await job.get(admin);
    await hold(admin, job);
    await unhold(admin, job);
    expect((await job.get(admin)).revision).toBe(revision + 2);
  });
});

describe('bad input', () => {
  test.each<[string, () => number]>([
    ['in the past', () => server.clock.now() - 1000],
    ['zero', () => 0],
    ['behind all calendars', () => 8.64e15 + 1],
  ])('a scheduled release %s', async (_, at) => {
    const job = await newJob(admin, [step('a')]);
    await expectNothingWritten(server, () =>
      expectRefusal(
        admin.jobs.addHolds({ jobId: job.id, stepIds: [], scheduledRelease: at() }),
        ErrorCode.BAD_REQUEST,
        'invalid-argument',
        /params\.scheduledRelease: -?\d+; expected epoch milliseconds later than now/,
      ),
    );
  });

  test('more holds than a job may have: the refusal says how many are right', async () => {
    const job = await newJob(admin, [parallel('P', ...Array.from({ length: 1000 }, (_, n) => step(`s${n}`)))]);
    for (let held = 0; held < MAX_OPEN_HOLDS; held += 1000) await hold(admin, job);
    await expectNothingWritten(server, () =>
      expectRefusal(
        admin.jobs.addHolds({ jobId: job.id, stepIds: job.steps('s0') }),
        ErrorCode.BAD_REQUEST,
        'limit-exceeded',
        /has 10000 open holds and dependencies, and would have 1 more; at most 10000/,
      ),
    );
    await unhold(admin, job);
    expect(await hold(admin, job, 's0')).toEqual(['Success']);
  });
});

describe('statements', () => {
  const statements = async (act: () => Promise<unknown>): Promise<number> =>
    (await server.statementsOf(act)).statements.length;

  test('do not grow with the steps that are held and released, nor with what was before', async () => {
    const [small, large] = [await beside('a'), await beside(...Array.from({ length: 100 }, (_, n) => `s${n}`))];
    await statements(() => hold(admin, small));
    await statements(() => hold(admin, large));
    await unhold(admin, small);
    await unhold(admin, large);
    const add = await statements(() => hold(admin, small));
    expect(add).toBeLessThanOrEqual(8);
    expect(await statements(() => hold(admin, large))).toBe(add);
    const release = await statements(() => unhold(admin, small));
    expect(release).toBeLessThanOrEqual(9);
    expect(await statements(() => unhold(admin, large))).toBe(release);
  });

  test('getJob asks for holds only where some are open, or they are asked for, and then once', async () => {
    const job = await newJob(admin, [step('a')]);
    const plain = await statements(() => job.get(admin));
    expect(await statements(() => holdsOf(admin, job))).toBe(plain + 1);
    await hold(admin, job);
    expect(await statements(() => job.get(admin))).toBe(plain + 1);
    expect(await statements(() => holdsOf(admin, job))).toBe(plain + 1);
    await unhold(admin, job);
    expect(await statements(() => job.get(admin))).toBe(plain);
  });
});

test('of a hold and a start at once, one is refused: no running step is held', async () => {
  for (let round = 0; round < 50; round++) {
    const job = await newJob(admin, [step('a')]);
    const acts = [() => job.start(ana, 'a'), () => hold(admin, job, 'a')];
    const outcomes = await Promise.all((round % 2 ? acts : acts.reverse()).map(act => act()));
    const [started, held] = (round % 2 ? outcomes : outcomes.reverse()).map(([status]) => status);
    const { currentSteps } = await job.get(ana);
    if (started === 'Success') {
      expect(held).toBe('AlreadyExecuting');
      expect(currentSteps).toMatchObject([{ state: StepState.RUNNING, manualHold: false }]);
    } else {
      expect([started, held]).toEqual(['Held', 'Success']);
      expect(currentSteps).toMatchObject([{ state: StepState.READY, manualHold: true }]);
    }
  }
});
