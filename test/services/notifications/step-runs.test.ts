/** What is told of the runs of steps: that they were started, paused, cancelled, and are over; each event with all that it says. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AssignedType, type QuestionAction } from '#gen/flow_types';
import { JobHistoryAction } from '#gen/jobs_types';
import { type Notification, NotificationType } from '#gen/notifications_types';
import { TeamRole } from '#gen/user_types';
import { automatic, doing, jobDoing, leaf, untilState } from '../../support/actions.ts';
import { type Reader, readerOf } from '../../support/events.ts';
import { newJob, parallel, statusNames, stepOf, type TestJob } from '../../support/jobs.ts';
import { logInAdmin, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let reader: Reader;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.EXECUTOR);
  reader = await readerOf(server, ana);
});
afterAll(() => server.stop());

type Kind = 'StepStarted' | 'StepPaused' | 'StepCancelled' | 'StepStopped';

/** The events of these kinds, with the fields that are set and no others. */
async function heard(...kinds: Kind[]): Promise<object[]> {
  const events = await reader.all({ msgTypes: kinds.map(kind => NotificationType[kind]) });
  return events.map(event => Object.fromEntries(Object.entries(event).filter(([, value]) => value != null)));
}

/** What an event says of the job, in the moment of the newest entry of this kind in its history, and besides. */
async function told(
  job: TestJob,
  kind: Kind,
  entry: keyof typeof JobHistoryAction,
  says: Partial<Notification>,
): Promise<object> {
  const history = await ana.jobs.getJobHistory(job.id);
  return {
    msgType: NotificationType[kind],
    jobId: job.id,
    timestamp: history.findLast(({ action }) => action === JobHistoryAction[entry])!.date,
    teamId: admin.teamId,
    templateId: (await job.get(ana)).jobTemplateId,
    cursor: expect.any(String),
    ...says,
  };
}

const stop = async (user: TestUser, job: TestJob, ...titles: string[]): Promise<void> =>
  expect(statusNames(await user.jobs.stopSteps(job.id, job.steps(...titles)))).toEqual(titles.map(() => 'Success'));

const assignments = async (job: TestJob): Promise<unknown[]> =>
  (await job.get(ana)).currentSteps.map(({ assignedType, assignedTo }) => [assignedType, assignedTo ?? null]);

const question: QuestionAction = {
  question: 'Is it tight?',
  responses: [{ name: 'Yes', value: 'y' }],
  canComment: false,
  commentRequired: false,
};

describe('StepStarted', () => {
  test('names the steps of one call, which are from then on of who started them', async () => {
    const job = await newJob(admin, [parallel('P', step('a'), stepOf('b', 'EXECUTOR'))]);
    await reader.begin();
    await job.start(ana, 'a', 'b');
    expect(await heard('StepStarted')).toEqual([
      await told(job, 'StepStarted', 'Started', { userId: ana.id, stepIds: job.steps('a', 'b') }),
    ]);
    expect(await assignments(job)).toEqual([
      [AssignedType.User, ana.id],
      [AssignedType.User, ana.id],
    ]);
  });

  test('of a step that the server starts names nobody, and the step stays nobody’s', async () => {
    await reader.begin();
    const job = await jobDoing(admin, [doing('ask', { question }, { automatic: true })]);
    expect(await heard('StepStarted')).toEqual([
      await told(job, 'StepStarted', 'Started', { stepIds: job.steps('ask') }),
    ]);
    expect(await assignments(job)).toEqual([[AssignedType.Unassigned, null]]);
  });
});

describe('StepPaused', () => {
  test('names the steps that one call stopped and that can go on', async () => {
    const job = await newJob(admin, [parallel('P', step('a'), step('b'))]);
    await job.start(ana, 'a', 'b');
    await reader.begin();
    await stop(ana, job, 'a', 'b');
    expect(await heard('StepPaused', 'StepCancelled', 'StepStopped')).toEqual([
      await told(job, 'StepPaused', 'Paused', { userId: ana.id, stepIds: job.steps('a', 'b') }),
    ]);
  });

  test('names who stopped a step, not whose it is', async () => {
    const job = await newJob(admin, [step('a')]);
    await job.start(ana, 'a');
    await reader.begin();
    await stop(admin, job, 'a');
    expect(await heard('StepPaused')).toEqual([
      await told(job, 'StepPaused', 'Paused', { userId: admin.id, stepIds: job.steps('a') }),
    ]);
    expect(await assignments(job)).toEqual([[AssignedType.User, ana.id]]);
  });
});

test('StepCancelled names the steps whose run one call gave up', async () => {
  const job = await jobDoing(admin, [parallel('P', doing('ask', { question }), doing('ask too', { question }))]);
  await job.start(ana, 'ask', 'ask too');
  await reader.begin();
  await stop(ana, job, 'ask', 'ask too');
  expect(await heard('StepPaused', 'StepCancelled', 'StepStopped')).toEqual([
    await told(job, 'StepCancelled', 'Cancelled', { userId: ana.id, stepIds: job.steps('ask', 'ask too') }),
  ]);
});

test('steps that are stopped together are told apart by what became of their runs', async () => {
  const job = await jobDoing(admin, [parallel('P', leaf('a'), doing('ask', { question }))]);
  await job.start(ana, 'a', 'ask');
  await reader.begin();
  await stop(ana, job, 'a', 'ask');
  expect(await heard('StepPaused', 'StepCancelled', 'StepStopped')).toEqual([
    await told(job, 'StepPaused', 'Paused', { userId: ana.id, stepIds: job.steps('a') }),
    await told(job, 'StepCancelled', 'Cancelled', { userId: ana.id, stepIds: job.steps('ask') }),
  ]);
});

describe('StepStopped', () => {
  test('names the step whose run is over, what it came to, and who brought that about; it can be finished', async () => {
    const job = await jobDoing(admin, [doing('ask', { question }), leaf('after')]);
    await job.start(ana, 'ask');
    await reader.begin();
    await ana.jobs.respondToStep(job.id, { stepId: 'ask', questionResponse: 'y' });
    expect(await heard('StepStopped')).toEqual([
      await told(job, 'StepStopped', 'Completed', { userId: ana.id, stepIds: ['ask'], msg: 'y' }),
    ]);
    expect(await job.finish(ana, 'ask')).toEqual(['Success']);
  });

  test('of a run of the server names nobody, and has no msg where the run came to nothing that could be said', async () => {
    const properties = [{ identifier: 'notes', value: 'set' }];
    const job = await jobDoing(admin, [doing('set', { updateJob: { properties } }), leaf('after')]);
    await reader.begin();
    await job.start(ana, 'set');
    await untilState(ana, job, 'set: COMPLETED');
    expect(await heard('StepStopped')).toEqual([await told(job, 'StepStopped', 'Completed', { stepIds: ['set'] })]);
  });

  test('comes once for each step, also where one is over as soon as it is started, and is finished by that', async () => {
    const opening = (id: string) => doing(id, { openUrl: { url: `https://example.org/${id}` } }, automatic);
    await reader.begin();
    const job = await jobDoing(admin, [opening('x'), opening('y'), leaf('z')]);
    expect(await job.current(ana)).toEqual(['z']);
    expect(await heard('StepStopped')).toEqual([
      await told(job, 'StepStopped', 'Completed', { stepIds: ['x'], msg: 'https://example.org/x' }),
      await told(job, 'StepStopped', 'Completed', { stepIds: ['y'], msg: 'https://example.org/y' }),
    ]);
  });
});
