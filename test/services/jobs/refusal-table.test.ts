/**
 * What is refused of the acts on steps, as a table: the act, its answer, and when. The plain cases are told with their messages in
 * refusals, stopping, holding-refused and actions/; here stand the ones that come of what happened to the step before, each with nothing written,
 * and calls of which a part is done.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { JoinMode, type StepFlow } from '#gen/flow_types';
import { type JobActionResponse, JobActionStepStatus, StepState } from '#gen/jobs_types';
import type { BaseStep } from '#gen/step_types';
import { TeamRole } from '#gen/user_types';
import {
  jobOf,
  newJob,
  parallel,
  type StatusName,
  sequence,
  statusNames,
  stepOf,
  type TestJob,
} from '../../support/jobs.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { group, logInAdmin, newTemplate, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { hold, unhold, waitFor } from './held.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;
/** What dependencies wait for. */
let other: TestJob;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.EXECUTOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
  other = await newJob(admin, [step('x'), step('y')]);
});
afterAll(() => server.stop());

type Act = (user: TestUser, job: TestJob, stepIds: string[]) => Promise<JobActionResponse>;

const acts = {
  start: ({ jobs }, { id }, stepIds) => jobs.startSteps(id, stepIds),
  finish: ({ jobs }, { id }, stepIds) => jobs.finishSteps(id, stepIds),
  stop: ({ jobs }, { id }, stepIds) => jobs.stopSteps(id, stepIds),
  setCurrentStep: ({ jobs }, { id }, [stepId]) => jobs.setCurrentStep(id, stepId!),
  addHolds: ({ jobs }, { id }, stepIds) => jobs.addHolds({ jobId: id, stepIds }),
  addDependency: ({ jobs }, { id }, stepIds) => jobs.addDependency({ jobId: id, stepIds, dependentJobId: other.id }),
  releaseHolds: ({ jobs }, { id }, stepIds) => jobs.releaseHolds({ jobId: id, stepIds }),
  releaseDependency: ({ jobs }, { id }, stepIds) =>
    jobs.releaseDependency({ jobId: id, stepIds, dependentJobId: other.id }),
  refresh: ({ jobs }, { id }, stepIds) => jobs.refreshSteps(id, stepIds),
} satisfies Record<string, Act>;
type ActName = keyof typeof acts;

/** A job, and the steps of it that are asked for: by title, with `#` before it by id. */
type Case = readonly [job: TestJob, ...asked: string[]];

const idsIn = ([job, ...asked]: Case): string[] =>
  asked.map(name => (name.startsWith('#') ? name.slice(1) : job.step(name)));

const automatic = (title: string, more: StepFlow = {}): BaseStep => step(title, { flow: { automatic: true, ...more } });
const skippable = (title: string): BaseStep => step(title, { flow: { canSkip: true } });

/** A leaf whose id, given by the client, is its title. */
const named = (id: string, flow: StepFlow = {}): BaseStep => step(id, { id, clientGeneratedIds: true, flow });

async function jobOfNamed(...children: BaseStep[]): Promise<TestJob> {
  const main = group('Main', children, { clientGeneratedIds: true });
  return jobOf(admin, await publishedTemplate(admin, 'Named', [main]));
}

/** The job after what was done to it. */
async function jobAfter(job: Promise<TestJob>, ...deeds: ((job: TestJob) => Promise<unknown>)[]): Promise<TestJob> {
  const made = await job;
  for (const deed of deeds) await deed(made);
  return made;
}

const asking = (title: string): BaseStep => {
  const responses = ['yes', 'no'].map(name => ({ name, value: name }));
  const question = { question: 'Is it tight?', responses, canComment: false, commentRequired: false };
  return step(title, { flow: { action: { question } } });
};
const answer = (title: string) => (job: TestJob) =>
  ana.jobs.respondToStep(job.id, { stepId: job.step(title), questionResponse: 'yes' });

const two = () => newJob(admin, [step('a'), step('b')]);
const beside = (...titles: string[]) => newJob(admin, [parallel('P', ...titles.map(title => step(title)))]);
const run =
  (...titles: string[]) =>
  (job: TestJob) =>
    job.run(ana, ...titles);
const start = (title: string) => (job: TestJob) => job.start(ana, title);
const stop = (title: string) => (job: TestJob) => ana.jobs.stopSteps(job.id, job.steps(title));
const close = (job: TestJob) => admin.jobs.closeJobs([job.id]);
const held = (title: string) => (job: TestJob) => hold(admin, job, title);
const waiting = (title: string) => (job: TestJob) => waitFor(admin, job, [title], other);
const setCurrent = (title: string) => (job: TestJob) => admin.jobs.setCurrentStep(job.id, job.step(title));

/** A job that has come to its end and stays open. */
async function endedOpen(): Promise<TestJob> {
  const template = await newTemplate(admin, 'Stays open', [step('a')]);
  await admin.templates.acquireLock(template.id);
  await admin.templates.update(template.id, { defaults: { closeAtEnd: false } });
  return jobAfter(jobOf(admin, await admin.templates.publish(template.id)), run('a'));
}

async function groupIn(job: TestJob): Promise<string> {
  const { jobTemplateId } = await job.get(admin);
  return (await admin.templates.get(jobTemplateId)).stepGroup.children[0]!.id;
}

interface Row {
  readonly act: ActName;
  readonly status: StatusName;
  readonly when: string;
  readonly by: () => TestUser;
  readonly given: () => Promise<Case>;
}

const row = (act: ActName, status: StatusName, when: string, given: Row['given'], by = () => ana): Row => ({
  act,
  status,
  when,
  given,
  by,
});
const byAdmin = () => admin;
const byBen = () => ben;

const starting: Row[] = [
  row('start', 'StepNotInDiagram', 'a step of another job', async () => [await two(), `#${other.step('x')}`]),
  row('start', 'StepNotCurrent', 'a step that was deactivated', async () => [
    await jobAfter(two(), setCurrent('b')),
    'a',
  ]),
  row('start', 'StepNotCurrent', 'a step that was passed over', async () => {
    const job = jobOfNamed(named('a'), named('b', { condition: 'closed = 1' }), named('c'));
    return [await jobAfter(job, run('a')), 'b'];
  }),
  row('start', 'StepNotCurrent', 'a step that waits for all ways to it', async () => {
    const job = jobOfNamed(
      named('a', { paths: [{ nextStepId: 'b' }, { nextStepId: 'c' }] }),
      named('b', { paths: [{ nextStepId: 'd' }] }),
      named('c', { paths: [{ nextStepId: 'd' }] }),
      named('d', { join: JoinMode.ALL }),
    );
    return [await jobAfter(job, run('a', 'b')), 'd'];
  }),
  row('start', 'JobClosed', 'a step that the procedure does not have, of a closed job', async () => [
    await jobAfter(two(), close),
    '#no-such-step',
  ]),
  row('start', 'JobClosed', 'a held step of a closed job', async () => [await jobAfter(two(), held('a'), close), 'a']),
  row('start', 'AssignedToDifferentUser', 'a step of a role that the caller does not have', async () => [
    await newJob(admin, [stepOf('a', 'ADMIN')]),
    'a',
  ]),
  row(
    'start',
    'AssignedToDifferentUser',
    'a paused step, which stays its worker’s',
    async () => [await jobAfter(two(), start('a'), stop('a')), 'a'],
    byAdmin,
  ),
  row('start', 'AssignedToDifferentUser', 'a step that was taken from the caller', async () => {
    const take = (job: TestJob) => ben.jobs.assignStep(job.id, job.step('a'), ben.id, 2);
    return [await jobAfter(newJob(admin, [stepOf('a', ana)]), take), 'a'];
  }),
  row('start', 'AssignedToDifferentUser', 'the step behind one that somebody else ran', async () => {
    return [await jobAfter(two(), job => job.run(ben, 'a')), 'b'];
  }),
  row('start', 'Held', 'a step that waits for another job', async () => [await jobAfter(two(), waiting('a')), 'a']),
  row('start', 'Held', 'a paused step that is held', async () => [
    await jobAfter(two(), start('a'), stop('a'), held('a')),
    'a',
  ]),
  row('start', 'Held', 'a step of two holds of which one is released', async () => [
    await jobAfter(two(), held('a'), waiting('a'), job => unhold(admin, job, 'a')),
    'a',
  ]),
  row('start', 'AlreadyExecuting', 'a step that the server started', async () => [
    await newJob(admin, [automatic('a')]),
    'a',
  ]),
  row(
    'start',
    'AlreadyExecuting',
    'a running step of somebody else',
    async () => [await jobAfter(two(), start('a')), 'a'],
    byBen,
  ),
];

const finishing: Row[] = [
  row('finish', 'NoStartedStep', 'a step that was finished and is current again', async () => [
    await jobAfter(two(), run('a'), setCurrent('a')),
    'a',
  ]),
  row('finish', 'NoStartedStep', 'a step that was paused and set current anew', async () => [
    await jobAfter(two(), start('a'), stop('a'), setCurrent('a')),
    'a',
  ]),
  row('finish', 'NoStartedStep', 'the last step of a job that was reopened', async () => [
    await jobAfter(newJob(admin, [step('a')]), run('a'), job => admin.jobs.reopenJobs([job.id])),
    'a',
  ]),
  row(
    'finish',
    'AssignedToDifferentUser',
    'a running step',
    async () => [await jobAfter(two(), start('a')), 'a'],
    byAdmin,
  ),
  row('finish', 'AssignedToDifferentUser', 'a step that the server started for somebody', async () => {
    const first = stepOf('b', ben, { flow: { automatic: true } });
    return [await jobAfter(newJob(admin, [step('a'), first]), run('a')), 'b'];
  }),
  row(
    'finish',
    'AssignedToDifferentUser',
    'a step that may be skipped, but is another’s',
    async () => [await newJob(admin, [stepOf('a', ana, { flow: { canSkip: true } })]), 'a'],
    byBen,
  ),
  row('finish', 'Held', 'a paused step that is held', async () => [
    await jobAfter(two(), start('a'), stop('a'), held('a')),
    'a',
  ]),
  row('finish', 'Held', 'a step that may be skipped, and waits for another job', async () => [
    await jobAfter(newJob(admin, [skippable('a')]), waiting('a')),
    'a',
  ]),
  row('finish', 'NoMatchingPaths', 'a step that may be skipped, and leads nowhere', async () => [
    await jobOfNamed(named('a', { canSkip: true, paths: [{ nextStepId: 'a', condition: 'closed = 1' }] })),
    'a',
  ]),
];

const stopping: Row[] = [
  row('stop', 'NotRunning', 'a step that was not started', async () => [await two(), 'a']),
  row('stop', 'NotRunning', 'a step that is stopped already', async () => [
    await jobAfter(two(), start('a'), stop('a')),
    'a',
  ]),
  row('stop', 'NotRunning', 'a step of somebody else that does not run', async () => [
    await newJob(admin, [stepOf('a', ben)]),
    'a',
  ]),
  row('stop', 'NotRunning', 'a held step', async () => [await jobAfter(two(), held('a')), 'a']),
  row('stop', 'StepNotCurrent', 'a step that is finished', async () => [await jobAfter(two(), run('a')), 'a']),
  row('stop', 'StepNotInDiagram', 'a group', async () => {
    const job = await newJob(admin, [sequence('G', step('a'))]);
    return [job, `#${await groupIn(job)}`];
  }),
  row('stop', 'JobClosed', 'all current steps of a closed job', async () => [await jobAfter(two(), close)]),
  row('stop', 'NoActiveStep', 'all current steps where there is none', async () => [await endedOpen()]),
  row('stop', 'AssignedToDifferentUser', 'a step that the server started for somebody', async () => {
    const first = stepOf('b', ben, { flow: { automatic: true } });
    return [await jobAfter(newJob(admin, [step('a'), first]), run('a')), 'b'];
  }),
];

const settingCurrent: Row[] = [
  row(
    'setCurrentStep',
    'AlreadyExecuting',
    'the running step itself',
    async () => [await jobAfter(two(), start('a')), 'a'],
    byAdmin,
  ),
  row(
    'setCurrentStep',
    'AlreadyExecuting',
    'beside a step that the server started',
    async () => [await newJob(admin, [automatic('a'), step('b')]), 'b'],
    byAdmin,
  ),
  row(
    'setCurrentStep',
    'StepNotInDiagram',
    'a group',
    async () => {
      const job = await newJob(admin, [sequence('G', step('a'))]);
      return [job, `#${await groupIn(job)}`];
    },
    byAdmin,
  ),
  row(
    'setCurrentStep',
    'StepNotInDiagram',
    'an unknown step, though another runs',
    async () => [await jobAfter(two(), start('a')), '#no-such-step'],
    byAdmin,
  ),
  row(
    'setCurrentStep',
    'JobClosed',
    'a step of a job that closed itself',
    async () => [await jobAfter(newJob(admin, [step('a')]), run('a')), 'a'],
    byAdmin,
  ),
  row(
    'setCurrentStep',
    'JobClosed',
    'an unknown step of a closed job',
    async () => [await jobAfter(two(), close), '#no-such-step'],
    byAdmin,
  ),
];

const holding: Row[] = (['addHolds', 'addDependency'] as const).flatMap(act => [
  row(
    act,
    'AlreadyExecuting',
    'a step that the server started',
    async () => [await newJob(admin, [automatic('a')]), 'a'],
    byAdmin,
  ),
  row(
    act,
    'JobClosed',
    'a step of a job that closed itself',
    async () => [await jobAfter(newJob(admin, [step('a')]), run('a')), 'a'],
    byAdmin,
  ),
  row(
    act,
    'JobClosed',
    'an unknown step of a closed job',
    async () => [await jobAfter(two(), close), '#no-such-step'],
    byAdmin,
  ),
]);

const releasing: Row[] = [
  row(
    'releaseHolds',
    'NotHeld',
    'a step beside the held one',
    async () => [await jobAfter(beside('a', 'b'), held('a')), 'b'],
    byAdmin,
  ),
  row(
    'releaseHolds',
    'NotHeld',
    'a step whose hold is released, of a closed job',
    async () => [await jobAfter(two(), held('a'), job => unhold(admin, job, 'a'), close), 'a'],
    byAdmin,
  ),
  row(
    'releaseDependency',
    'NotHeld',
    'a step that waits for another job than this',
    async () => {
      const third = await two();
      return [await jobAfter(two(), job => waitFor(admin, job, ['a'], third)), 'a'];
    },
    byAdmin,
  ),
  row(
    'releaseDependency',
    'NotHeld',
    'a step that found what it waits for done',
    async () => {
      const done = await jobAfter(newJob(admin, [step('x')]), run('x'));
      return [await jobAfter(two(), job => waitFor(admin, job, ['a'], done)), 'a'];
    },
    byAdmin,
  ),
];

/** A question that waits for its answer is at work like a step that runs. */
const waitingForInfo = () => jobAfter(newJob(admin, [parallel('P', asking('a'), step('b'))]), start('a'));

const questions: Row[] = [
  row('start', 'AlreadyExecuting', 'a question that waits', async () => [await waitingForInfo(), 'a']),
  row('finish', 'WaitingForInfo', 'a question that waits', async () => [await waitingForInfo(), 'a']),
  row('finish', 'AssignedToDifferentUser', 'a question that waits', async () => [await waitingForInfo(), 'a'], byBen),
  row('finish', 'NoStartedStep', 'a question that was stopped', async () => [
    await jobAfter(waitingForInfo(), stop('a')),
    'a',
  ]),
  row('finish', 'Held', 'a question that is answered and then held', async () => [
    await jobAfter(waitingForInfo(), answer('a'), held('a')),
    'a',
  ]),
  row('stop', 'NotRunning', 'a question that is answered', async () => [
    await jobAfter(waitingForInfo(), answer('a')),
    'a',
  ]),
  row('stop', 'AssignedToDifferentUser', 'a question that waits', async () => [await waitingForInfo(), 'a'], byBen),
  row(
    'setCurrentStep',
    'AlreadyExecuting',
    'beside a question that waits',
    async () => [await waitingForInfo(), 'b'],
    byAdmin,
  ),
  row('addHolds', 'AlreadyExecuting', 'a question that waits', async () => [await waitingForInfo(), 'a'], byAdmin),
  row('addDependency', 'AlreadyExecuting', 'a question that waits', async () => [await waitingForInfo(), 'a'], byAdmin),
  row('refresh', 'StepNotAuto', 'a question that waits', async () => [await waitingForInfo(), 'a']),
  row('refresh', 'StepNotAuto', 'a manual step that the server started', async () => [
    await newJob(admin, [automatic('a')]),
    'a',
  ]),
  row('refresh', 'JobClosed', 'all current steps of a closed job', async () => [await jobAfter(two(), close)]),
];

test.each([...questions, ...starting, ...finishing, ...stopping, ...settingCurrent, ...holding, ...releasing])(
  '$act is refused with $status: $when',
  async ({ act, status, given, by }) => {
    const asked = await given();
    const [job] = asked;
    const response = await expectNothingWritten(server, () => acts[act](by(), job, idsIn(asked)));
    expect({ success: response.success, statuses: statusNames(response) }).toEqual({
      success: false,
      statuses: [status],
    });
    expect(response.stepResponses[0]!.stepId).toBe(idsIn(asked)[0] ?? '');
    expect(response.stepResponses[0]!.statusDescription).toMatch(/./);
  },
);

describe('of several steps in one call those that can, do', () => {
  interface Part {
    readonly act: ActName;
    readonly when: string;
    readonly by?: () => TestUser;
    readonly given: () => Promise<Case>;
    readonly answers: StatusName[];
    /** What history tells of the call. */
    readonly done: string[];
  }

  const parts: Part[] = [
    {
      act: 'start',
      when: 'one runs, one does not, one is another’s, one is held, one is still to come, one is unknown',
      given: async () => {
        const job = newJob(admin, [parallel('P', step('a'), step('b'), stepOf('c', ben), step('d')), step('e')]);
        return [await jobAfter(job, start('a'), held('d')), 'a', 'b', 'c', 'd', 'e', '#no-such-step'];
      },
      answers: ['AlreadyExecuting', 'Success', 'AssignedToDifferentUser', 'Held', 'StepNotCurrent', 'StepNotInDiagram'],
      done: ['Started: b'],
    },
    {
      act: 'finish',
      when: 'one runs, one was not started, one leads nowhere, one may be skipped, one is held',
      given: async () => {
        const nowhere = named('c', { paths: [{ nextStepId: 'c', condition: 'closed = 1' }] });
        const children = [named('a'), named('b'), nowhere, named('d', { canSkip: true }), named('e')];
        const job = jobOfNamed({ ...parallel('P', ...children), clientGeneratedIds: true });
        return [await jobAfter(job, start('a'), start('c'), held('e')), 'a', 'b', 'c', 'd', 'e'];
      },
      answers: ['Success', 'NoStartedStep', 'NoMatchingPaths', 'Success', 'Held'],
      done: ['Finished: a', 'Finished: d'],
    },
    {
      act: 'finish',
      when: 'all current ones are meant, and one runs',
      given: async () => [await jobAfter(beside('a', 'b'), start('b'))],
      answers: ['NoStartedStep', 'Success'],
      done: ['Finished: b'],
    },
    {
      act: 'stop',
      when: 'one runs, one was not started, one is another’s',
      given: async () => {
        const job = newJob(admin, [parallel('P', step('a'), step('b'), stepOf('c', ben))]);
        return [await jobAfter(job, start('a'), job => job.start(ben, 'c')), 'a', 'b', 'c'];
      },
      answers: ['Success', 'NotRunning', 'AssignedToDifferentUser'],
      done: ['Paused: a'],
    },
    {
      act: 'addDependency',
      by: byAdmin,
      when: 'one runs, one does not, one is still to come, one is unknown',
      given: async () => {
        const job = newJob(admin, [parallel('P', step('a'), step('b')), step('c')]);
        return [await jobAfter(job, start('a')), 'a', 'b', 'c', '#no-such-step'];
      },
      answers: ['AlreadyExecuting', 'Success', 'Success', 'StepNotInDiagram'],
      done: ['DependencyAdded: b', 'DependencyAdded: c'],
    },
    {
      act: 'addHolds',
      by: byAdmin,
      when: 'all current ones are meant, and one runs',
      given: async () => [await jobAfter(beside('a', 'b'), start('a'))],
      answers: ['AlreadyExecuting', 'Success'],
      done: ['Held: b'],
    },
    {
      act: 'releaseDependency',
      by: byAdmin,
      when: 'one waits, one is held, one is neither',
      given: async () => [await jobAfter(beside('a', 'b', 'c'), waiting('a'), held('b')), 'c', 'b', 'a'],
      answers: ['NotHeld', 'NotHeld', 'Success'],
      done: ['HoldReleased: a'],
    },
  ];

  test.each(parts)('$act: $when', async ({ act, given, by = () => ana, answers, done }) => {
    const asked = await given();
    const [job] = asked;
    const told = (await job.history(admin)).length;
    const { revision } = await job.get(admin);
    const response = await acts[act](by(), job, idsIn(asked));
    expect(response.success).toBe(false);
    expect(statusNames(response)).toEqual(answers);
    const ids = idsIn(asked);
    if (ids.length > 0) expect(response.stepResponses.map(({ stepId }) => stepId)).toEqual(ids);
    expect((await job.history(admin)).slice(told)).toEqual(done);
    expect((await job.get(admin)).revision).toBe(revision + 1);
  });

  test('start: one goes on and leads nowhere: it is started, and stays', async () => {
    const goesOn = named('a', { proceedNext: true, paths: [{ nextStepId: 'a', condition: 'closed = 1' }] });
    const job = await jobOfNamed({ ...parallel('P', goesOn, named('b')), clientGeneratedIds: true });
    const { stepResponses } = await ana.jobs.startSteps(job.id, []);
    expect(stepResponses.map(({ status }) => status)).toEqual([
      JobActionStepStatus.NoMatchingPaths,
      JobActionStepStatus.Success,
    ]);
    expect((await job.get(ana)).currentSteps.map(({ state }) => state)).toEqual([StepState.RUNNING, StepState.RUNNING]);
  });
});
