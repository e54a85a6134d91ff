/** The way of a job through its tree: which steps become current, in which order, through which groups. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { StepState } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import { jobOf, newJob, parallel, sequence, type TestJob } from '../../support/jobs.ts';
import { logInAdmin, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
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

/** Runs each step in turn. @returns what was current before the first, and after each; 'closed' at the end */
async function trace(job: TestJob, ...titles: string[]): Promise<string[]> {
  const seen: string[] = [];
  const look = async () => {
    const { closed, currentSteps } = await job.get(ana);
    seen.push(closed ? 'closed' : currentSteps.map(({ stepName }) => stepName).join(' '));
  };
  await look();
  for (const title of titles) {
    await job.run(ana, title);
    await look();
  }
  return seen;
}

describe('sequential', () => {
  test('steps become current one after the other', async () => {
    const job = await newJob(admin, [step('a'), step('b'), step('c')]);
    expect(await trace(job, 'a', 'b', 'c')).toEqual(['a', 'b', 'c', 'closed']);
  });

  test('a group says SEQUENTIAL by saying nothing, and the way goes on behind it', async () => {
    const job = await newJob(admin, [sequence('G', step('a'), step('b')), step('c')]);
    expect(await trace(job, 'a', 'b', 'c')).toEqual(['a', 'b', 'c', 'closed']);
  });

  test('the way comes out of several groups at once', async () => {
    const job = await newJob(admin, [sequence('G', sequence('H', sequence('I', step('a')))), step('b')]);
    expect(await trace(job, 'a', 'b')).toEqual(['a', 'b', 'closed']);
  });
});

describe('parallel', () => {
  test('all children become current, and the group is done when all of them are', async () => {
    const job = await newJob(admin, [parallel('P', step('a'), step('b'), step('c')), step('d')]);
    expect(await trace(job, 'b', 'a', 'c', 'd')).toEqual(['a b c', 'a c', 'c', 'd', 'closed']);
  });

  test('two parallel groups in a row do not mix', async () => {
    const job = await newJob(admin, [parallel('P', step('a'), step('b')), parallel('Q', step('c'), step('d'))]);
    expect(await trace(job, 'a', 'b', 'd', 'c')).toEqual(['a b', 'b', 'c d', 'c', 'closed']);
  });

  test('a parallel group of one step is done with it', async () => {
    const job = await newJob(admin, [parallel('P', step('a')), step('b')]);
    expect(await trace(job, 'a', 'b')).toEqual(['a', 'b', 'closed']);
  });

  test('a parallel group at the end ends the job with its last step, not before', async () => {
    const job = await newJob(admin, [step('a'), parallel('P', step('b'), step('c'))]);
    expect(await trace(job, 'a', 'c', 'b')).toEqual(['a', 'b c', 'b', 'closed']);
  });
});

describe('nested', () => {
  test('sequences beside each other run on their own, and meet behind the parallel group', async () => {
    const children = [sequence('S', step('a'), step('b')), sequence('T', step('c'), step('d'))];
    const job = await newJob(admin, [parallel('P', ...children), step('e')]);
    const seen = await trace(job, 'c', 'd', 'a', 'b', 'e');
    expect(seen.map(titles => titles.split(' ').sort())).toEqual([
      ['a', 'c'],
      ['a', 'd'],
      ['a'],
      ['b'],
      ['e'],
      ['closed'],
    ]);
  });

  test('a parallel group inside a sequence holds up that sequence alone', async () => {
    const inner = sequence('S', step('a'), parallel('Q', step('b'), step('c')), step('d'));
    const job = await newJob(admin, [parallel('P', inner, step('e')), step('f')]);
    const seen = await trace(job, 'a', 'b', 'e', 'c', 'd', 'f');
    expect(seen.map(titles => titles.split(' ').sort())).toEqual([
      ['a', 'e'],
      ['b', 'c', 'e'],
      ['c', 'e'],
      ['c'],
      ['d'],
      ['f'],
      ['closed'],
    ]);
  });

  test('parallel in parallel: everything at once, done when everything is', async () => {
    const job = await newJob(admin, [parallel('P', parallel('Q', step('a'), step('b')), step('c')), step('d')]);
    expect(await trace(job, 'a', 'b', 'c', 'd')).toEqual(['a b c', 'b c', 'c', 'd', 'closed']);
  });
});

describe('empty groups', () => {
  test.each([
    ['at the beginning', [sequence('E'), parallel('F'), step('a'), step('b')]],
    ['in the middle', [step('a'), sequence('E', sequence('F'), parallel('G')), step('b')]],
    ['at the end', [step('a'), step('b'), parallel('E'), sequence('F')]],
  ])('%s are passed over', async (_, children) => {
    const job = await newJob(admin, children);
    expect(await trace(job, 'a', 'b')).toEqual(['a', 'b', 'closed']);
    expect(await job.get(ana)).toMatchObject({ percentComplete: 100 });
  });

  test('in a parallel group they are done from the start', async () => {
    const job = await newJob(admin, [parallel('P', sequence('E'), step('a'), parallel('F')), step('b')]);
    expect(await trace(job, 'a', 'b')).toEqual(['a', 'b', 'closed']);
  });
});

describe('steps that go on by themselves or may be left out', () => {
  test('starting a proceedNext step finishes it too, and the next step waits to be started', async () => {
    const job = await newJob(admin, [step('a', { flow: { proceedNext: true } }), step('b')]);
    expect(await job.start(ana, 'a')).toEqual(['Success']);
    const { currentSteps } = await job.get(ana);
    expect(currentSteps).toMatchObject([{ stepName: 'b', state: StepState.READY, startedAt: null }]);
    expect(await job.history(ana)).toEqual(['Created', 'Started: a', 'Finished: a']);
  });

  test('starting the last step with proceedNext closes the job', async () => {
    const job = await newJob(admin, [step('a', { flow: { proceedNext: true } })]);
    expect(await job.start(ana, 'a')).toEqual(['Success']);
    expect(await job.get(ana)).toMatchObject({ closed: true, percentComplete: 100 });
    expect(await job.history(ana)).toEqual(['Created', 'Started: a', 'Finished: a', 'Closed']);
  });

  test('two proceedNext steps started at once both finish, and the job moves on once', async () => {
    const flow = { proceedNext: true };
    const job = await newJob(admin, [parallel('P', step('a', { flow }), step('b', { flow })), step('c')]);
    expect(await job.start(ana)).toEqual(['Success', 'Success']);
    expect(await job.current(ana)).toEqual(['c']);
  });

  test('a step that may be skipped is finished without having been started', async () => {
    const job = await newJob(admin, [step('a', { flow: { canSkip: true } }), step('b')]);
    expect((await job.get(ana)).currentSteps).toMatchObject([{ stepName: 'a', canSkip: true }]);
    expect(await job.finish(ana, 'a')).toEqual(['Success']);
    expect((await job.get(ana)).currentSteps).toMatchObject([{ stepName: 'b', canSkip: false }]);
  });
});

describe('the order of current steps', () => {
  test('is that of the tree, also for steps that were added between others later', async () => {
    const template = await publishedTemplate(admin, 'Grown', [step('a'), parallel('P', step('b'), step('d'))]);
    const group = template.stepGroup.children[1]!;
    await admin.templates.acquireLock(template.id);
    await admin.templates.addStepModular(template.id, group.id, step('c'), 1, false);
    const job = await jobOf(admin, await admin.templates.publish(template.id));
    await job.run(ana, 'a');
    expect(await job.current(ana)).toEqual(['b', 'c', 'd']);
    const { stepResponses } = await ana.jobs.startSteps(job.id, []);
    expect(stepResponses.map(({ stepId }) => stepId)).toEqual(job.steps('b', 'c', 'd'));
  });
});
