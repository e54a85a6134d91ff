/** Dependencies: what a step waits for, what ends the waiting, and that no job ever waits for itself. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { JobHistoryAction } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import { uuids } from '../../../src/base/ids.ts';
import { systemAct } from '../../../src/engine/act.ts';
import { releaseDependents } from '../../../src/engine/dependencies.ts';
import { jobOf, newJob, parallel, statusNames, type TestJob } from '../../support/jobs.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logInAdmin, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { headOf, hold, holdEvents, holdsOf, miscounted, waitFor, waitNoMore } from './held.ts';

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

const job = (...titles: string[]): Promise<TestJob> =>
  newJob(
    admin,
    (titles.length > 0 ? titles : ['a']).map(title => step(title)),
  );

describe('a dependency on a job', () => {
  test.each<[string, (other: TestJob) => Promise<unknown>]>([
    ['closed by somebody', other => admin.jobs.closeJobs([other.id])],
    ['at its end', other => other.run(ana, 'x', 'y')],
  ])('holds the step until that job is %s', async (_, close) => {
    const [waiting, other] = [await job('a', 'b'), await job('x', 'y')];
    expect(await waitFor(admin, waiting, ['a'], other)).toEqual(['Success']);
    expect((await waiting.get(ana)).currentSteps).toMatchObject([{ manualHold: false, dependencies: true }]);
    await expectNothingWritten(server, async () => {
      expect(await waiting.start(ana, 'a')).toEqual(['Held']);
      expect(await waiting.finish(ana, 'a')).toEqual(['Held']);
    });
    await close(other);
    expect((await waiting.get(ana)).currentSteps).toMatchObject([{ dependencies: false }]);
    await waiting.run(ana, 'a');
  });

  test('is not released by work on that job', async () => {
    const [waiting, other] = [await job(), await job('x', 'y')];
    await waitFor(admin, waiting, ['a'], other);
    await other.run(ana, 'x');
    await other.start(ana, 'y');
    expect(await waiting.start(ana, 'a')).toEqual(['Held']);
  });
});

describe('a dependency on a step', () => {
  test('holds until that step is finished: neither its start nor another step releases it', async () => {
    const [waiting, other] = [await job(), await newJob(admin, [parallel('P', step('x'), step('y')), step('z')])];
    await waitFor(admin, waiting, ['a'], other, 'y');
    await other.run(ana, 'x');
    await other.start(ana, 'y');
    expect(await waiting.start(ana, 'a')).toEqual(['Held']);
    await other.finish(ana, 'y');
    expect(await waiting.start(ana, 'a')).toEqual(['Success']);
  });

  test('that is started and finished in one', async () => {
    const other = await newJob(admin, [step('x', { flow: { proceedNext: true } }), step('y')]);
    const waiting = await job();
    await waitFor(admin, waiting, ['a'], other, 'x');
    await other.start(ana, 'x');
    expect(await waiting.start(ana, 'a')).toEqual(['Success']);
  });

  test('is not released when another step is set current in its place', async () => {
    const [waiting, other] = [await job(), await job('x', 'y')];
    await waitFor(admin, waiting, ['a'], other, 'x');
    await admin.jobs.setCurrentStep(other.id, other.step('y'));
    expect(await waiting.start(ana, 'a')).toEqual(['Held']);
    await admin.jobs.setCurrentStep(other.id, other.step('x'));
    await other.run(ana, 'x');
    expect(await waiting.start(ana, 'a')).toEqual(['Success']);
  });

  test('that is finished and current again waits for the next time', async () => {
    const [waiting, other] = [await job(), await job('x', 'y')];
    await other.run(ana, 'x');
    await admin.jobs.setCurrentStep(other.id, other.step('x'));
    await waitFor(admin, waiting, ['a'], other, 'x');
    expect(await waiting.start(ana, 'a')).toEqual(['Held']);
    await other.run(ana, 'x');
    expect(await waiting.start(ana, 'a')).toEqual(['Success']);
  });

  test('is released when the job closes: nobody works on its steps any more', async () => {
    const [waiting, other] = [await job(), await job('x', 'y')];
    await waitFor(admin, waiting, ['a'], other, 'y');
    await admin.jobs.closeJobs([other.id]);
    expect(await waiting.start(ana, 'a')).toEqual(['Success']);
  });
});

describe('what is done already', () => {
  test.each<[string, string | undefined, (other: TestJob) => Promise<unknown>]>([
    ['a step that is finished', 'x', other => other.run(ana, 'x')],
    ['a closed job', undefined, other => admin.jobs.closeJobs([other.id])],
    ['a step of a closed job', 'y', other => admin.jobs.closeJobs([other.id])],
  ])('%s: the dependency is recorded, and released at once by the server', async (_, title, end) => {
    const [waiting, other] = [await job(), await job('x', 'y')];
    await end(other);
    const before = await headOf(server, other);
    expect(await waitFor(admin, waiting, ['a'], other, title)).toEqual(['Success']);
    const [only, ...more] = await holdsOf(admin, waiting);
    expect(more).toEqual([]);
    expect(only).toMatchObject({ setBy: admin.id, releasedBy: null, dependentJobId: other.id });
    expect(only!.releasedDate).toBe(only!.setDate);
    const told = (await admin.jobs.getJobHistory(waiting.id)).slice(1);
    // The job was held at no time, so it is not active anew.
    expect(told.map(({ action, username }) => [JobHistoryAction[action], username])).toEqual([
      ['DependencyAdded', admin.email],
      ['HoldReleased', 'system'],
    ]);
    expect((await holdEvents(server, waiting)).map(([type, , by]) => [type, by])).toEqual([
      ['StepHeld', admin.id],
      ['StepHoldReleased', null],
    ]);
    expect(await headOf(server, other)).toEqual(before);
    expect(await waiting.start(ana, 'a')).toEqual(['Success']);
  });

  test('a step that is not reached yet, or at work, is not done', async () => {
    const [waiting, other] = [await newJob(admin, [parallel('P', step('a'), step('b'))]), await job('x', 'y')];
    await other.start(ana, 'x');
    await waitFor(admin, waiting, ['a'], other, 'x');
    await waitFor(admin, waiting, ['b'], other, 'y');
    expect(await waiting.start(ana)).toEqual(['Held', 'Held']);
  });
});

describe('what is told', () => {
  test('who waits for what, and that the server released it', async () => {
    const [waiting, other] = [await newJob(admin, [parallel('P', step('a'), step('b'))]), await job('x', 'y')];
    await waitFor(admin, waiting, ['a'], other, 'x');
    await waitFor(admin, waiting, ['a', 'b'], other);
    await other.run(ana, 'x', 'y');
    const told = (await admin.jobs.getJobHistory(waiting.id)).slice(1);
    const [onStep, onJob] = [`step ${other.step('x')} of job ${other.id}`, `job ${other.id}`];
    expect(told.map(row => [JobHistoryAction[row.action], row.stepName, row.result, row.username])).toEqual([
      ['DependencyAdded', 'a', onStep, admin.email],
      ['DependencyAdded', 'a', onJob, admin.email],
      ['DependencyAdded', 'b', onJob, admin.email],
      ['HoldReleased', 'a', onStep, 'system'],
      ['HoldReleased', 'a', onJob, 'system'],
      ['HoldReleased', 'b', onJob, 'system'],
      ['Reactivated', null, null, 'system'],
    ]);
    const added = { manual: false, dependency: true, setBy: admin.id };
    expect(await holdEvents(server, waiting)).toEqual([
      ['StepHeld', { stepIds: waiting.steps('a'), ...added }, admin.id],
      ['StepHeld', { stepIds: waiting.steps('a', 'b'), ...added }, admin.id],
      ['StepHoldReleased', { stepIds: waiting.steps('a') }, null],
      ['StepHoldReleased', { stepIds: waiting.steps('a', 'b') }, null],
    ]);
    expect((await holdsOf(admin, waiting)).every(({ releasedBy }) => releasedBy === null)).toBe(true);
  });
});

describe('releaseDependency', () => {
  test('with a step releases what waits for that step, without one all that waits for the job', async () => {
    const [waiting, other, third] = [
      await newJob(admin, [parallel('P', step('a'), step('b'), step('c'))]),
      await job('x', 'y'),
      await job(),
    ];
    await waitFor(admin, waiting, ['a', 'b'], other, 'x');
    await waitFor(admin, waiting, ['b', 'c'], other);
    await waitFor(admin, waiting, ['c'], third);
    await hold(admin, waiting, 'a');
    expect(await waitNoMore(admin, waiting, ['a', 'c'], other, 'x')).toEqual(['Success', 'NotHeld']);
    const open = async () =>
      (await holdsOf(admin, waiting))
        .filter(({ releasedDate }) => releasedDate === null)
        .map(({ stepId, dependentJobId, dependentStepId }) => [stepId, dependentJobId, dependentStepId]);
    const [a, b, c] = waiting.steps('a', 'b', 'c');
    expect(await open()).toEqual([
      [b, other.id, other.step('x')],
      [b, other.id, null],
      [c, other.id, null],
      [c, third.id, null],
      [a, null, null],
    ]);
    const released = await admin.jobs.releaseDependency({ jobId: waiting.id, stepIds: [], dependentJobId: other.id });
    expect(released.stepResponses.map(({ stepId }) => stepId)).toEqual([b, c]);
    expect(statusNames(released)).toEqual(['Success', 'Success']);
    expect(await open()).toEqual([
      [c, third.id, null],
      [a, null, null],
    ]);
    expect(await waiting.start(ana, 'a', 'b', 'c')).toEqual(['Held', 'Success', 'Held']);
  });
});

describe('a job that is deleted', () => {
  /** As deleting does, within one transaction, before the rows go. */
  const releaseDeleted = async (...jobs: TestJob[]) => {
    const heads = await Promise.all(jobs.map(deleted => headOf(server, deleted)));
    return server.store.transact(tx => releaseDependents(tx, systemAct(server.clock.now(), uuids), heads, 'deleted'));
  };

  test('releases what waits for it and for its steps, with history', async () => {
    const [waiting, other] = [await job('a', 'b'), await job('x')];
    await waitFor(admin, waiting, ['a'], other);
    await waitFor(admin, waiting, ['b'], other, 'x');
    const freed = await releaseDeleted(other);
    expect(freed.map(({ step_id }) => step_id)).toEqual(waiting.steps('a', 'b'));
    expect((await waiting.history(admin)).slice(3)).toEqual(['HoldReleased: a', 'HoldReleased: b', 'Reactivated']);
    expect(await waiting.start(ana, 'a')).toEqual(['Success']);
  });

  test('is waited for by nobody that is deleted with it, and waits for nobody any more', async () => {
    const [kept, one, two] = [await job(), await job(), await job()];
    await waitFor(admin, one, ['a'], two);
    await waitFor(admin, one, ['a'], kept);
    await hold(admin, two, 'a');
    const before = await one.history(admin);
    expect(await releaseDeleted(one, two)).toEqual([]);
    expect(await one.history(admin)).toEqual(before);
    expect(await headOf(server, kept)).toMatchObject({ waited_for: 0 });
    const gone = (await rowsOf(server, 'job_holds')).filter(row => [one.id, two.id].includes(row.job_id));
    expect(gone).toEqual([]);
    // Their rows would be deleted now; the counts of these two are as they were.
    await server.store.transact(async tx => {
      for (const left of [one, two]) {
        const [row] = await tx.jobs.jobs([admin.teamId], [left.id]);
        await tx.jobs.changeJob(row!, { open_holds: 0, waited_for: 0 });
      }
    });
  });
});

describe('cycles', () => {
  /** Each waits for the next. */
  const chain = async (length: number): Promise<TestJob[]> => {
    const jobs: TestJob[] = [];
    for (let index = 0; index < length; index++) jobs.push(await job('a', 'b'));
    for (let index = 1; index < length; index++) await waitFor(admin, jobs[index - 1]!, ['a'], jobs[index]!);
    return jobs;
  };

  test.each([2, 5])('of %i jobs are refused, and named job by job', async length => {
    const jobs = await chain(length);
    const [first, last] = [jobs[0]!, jobs.at(-1)!];
    // Ways that lead elsewhere are not part of it.
    await waitFor(admin, first, ['a'], await job());
    await waitFor(admin, await job(), ['a'], last);
    const ids = jobs.map(({ id }) => id);
    const ways = [`${last.id} for ${first.id}`, ...ids.slice(1).map((id, index) => `${ids[index]} for ${id}`)];
    const { message, details } = await expectNothingWritten(server, () =>
      expectRefusal(waitFor(admin, last, ['b'], first, 'b'), ErrorCode.BAD_REQUEST, 'dependency-cycle'),
    );
    expect(message).toContain(`would wait for each other for ever: ${ways.join(', ')}; `);
    expect(details).toEqual({ cycle: [last.id, ...ids].join(' ') });
  });

  test('of one job, which would wait for itself, are refused, even for a step that is done', async () => {
    const only = await job('a', 'b');
    await only.run(ana, 'a');
    for (const title of ['a', 'b', undefined])
      await expectNothingWritten(server, () =>
        expectRefusal(
          waitFor(admin, only, ['b'], only, title),
          ErrorCode.BAD_REQUEST,
          'dependency-cycle',
          new RegExp(`${only.id} for ${only.id}`),
        ),
      );
  });

  test('are none when a dependency of them was released', async () => {
    const [first, middle, last] = (await chain(3)) as [TestJob, TestJob, TestJob];
    await expectRefusal(waitFor(admin, last, ['a'], first), ErrorCode.BAD_REQUEST, 'dependency-cycle');
    await waitNoMore(admin, first, [], middle);
    expect(await waitFor(admin, last, ['a'], first)).toEqual(['Success']);
  });

  test('are none where two ways lead to the same job', async () => {
    const [top, left, right, bottom] = [await job(), await job(), await job(), await job()];
    await waitFor(admin, top, ['a'], left);
    await waitFor(admin, top, ['a'], right);
    await waitFor(admin, left, ['a'], bottom);
    expect(await waitFor(admin, right, ['a'], bottom)).toEqual(['Success']);
    expect(await waitFor(admin, top, ['a'], bottom)).toEqual(['Success']);
    await expectRefusal(waitFor(admin, bottom, ['a'], top), ErrorCode.BAD_REQUEST, 'dependency-cycle');
  });

  test('are not looked for when no step can wait', async () => {
    const [first, last] = (await chain(2)) as [TestJob, TestJob];
    await last.start(ana, 'a');
    await expectNothingWritten(server, async () => {
      expect(await waitFor(admin, last, ['a'], first)).toEqual(['AlreadyExecuting']);
    });
  });
});

describe('statements', () => {
  const statements = async (act: () => Promise<unknown>): Promise<number> =>
    (await server.statementsOf(act)).statements.length;

  const many = 100;
  const titles = Array.from({ length: many }, (_, n) => `s${n}`);
  const wide = () => newJob(admin, [parallel('P', ...titles.map(title => step(title)))]);

  test('a hundred dependencies are added and released in as many as one', async () => {
    const [small, large, other] = [await job(), await wide(), await job()];
    const add = await statements(() => waitFor(admin, small, ['a'], other));
    expect(add).toBeLessThanOrEqual(14);
    expect(await statements(() => waitFor(admin, large, titles, other))).toBeLessThanOrEqual(add);
    const release = await statements(() => waitNoMore(admin, small, ['a'], other));
    expect(release).toBeLessThanOrEqual(12);
    expect(await statements(() => waitNoMore(admin, large, titles, other))).toBeLessThanOrEqual(release);
  });

  test('finishing costs none more when nobody waits, and the same few whether one waits or a hundred', async () => {
    const template = await publishedTemplate(admin, 'Waited for', [step('x'), step('y')]);
    const [alone, one, all] = [
      await jobOf(admin, template),
      await jobOf(admin, template),
      await jobOf(admin, template),
    ];
    await waitFor(admin, await job(), ['a'], one, 'x');
    const jobs: TestJob[] = [];
    for (let index = 0; index < many; index++) {
      const waiting = await job();
      await waitFor(admin, waiting, ['a'], all, 'x');
      jobs.push(waiting);
    }
    for (const started of [alone, one, all]) await started.start(ana, 'x');
    const [plain, withOne, withAll] = [
      await statements(() => alone.finish(ana, 'x')),
      await statements(() => one.finish(ana, 'x')),
      await statements(() => all.finish(ana, 'x')),
    ];
    expect(plain).toBeLessThanOrEqual(8);
    expect(withOne).toBeLessThanOrEqual(plain + 9);
    expect(withAll).toBe(withOne);
    for (const waiting of jobs)
      expect((await waiting.history(admin)).slice(2)).toEqual(['HoldReleased: a', 'Reactivated']);
  });

  test('closing a hundred jobs that others wait for takes as many as closing one of them', async () => {
    const template = await publishedTemplate(admin, 'Closed together', [step('x')]);
    const waitedFor = async () => {
      const other = await jobOf(admin, template);
      await waitFor(admin, await job(), ['a'], other);
      return other.id;
    };
    const [one, ...more] = await Promise.all(Array.from({ length: many + 1 }, waitedFor));
    const closing = await statements(() => admin.jobs.closeJobs([one!]));
    expect(await statements(() => admin.jobs.closeJobs(more))).toBe(closing);
  });
});
