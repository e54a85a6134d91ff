/** What the runs of steps say: in events, in the state that a reader hears first, and to whom. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { StepAction } from '#gen/flow_types';
import { type Notification, NotificationType } from '#gen/notifications_types';
import { TeamRole } from '#gen/user_types';
import { uuids } from '../../../src/base/ids.ts';
import { systemAct } from '../../../src/engine/act.ts';
import { emitOne, type Particulars } from '../../../src/engine/events.ts';
import { Pruner } from '../../../src/server/pruning.ts';
import { type Reader, readerOf } from '../../support/events.ts';
import { newJob, stepOf, type TestJob } from '../../support/jobs.ts';
import { logInAdmin, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { ref } from '../../support/trees.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

let server: TestServer;
let ana: TestUser;
let ben: TestUser;
let job: TestJob;
let own: Reader;
let others: Reader;

beforeAll(async () => {
  server = await TestServer.start();
  const admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR, TeamRole.JOBCREATOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
});
afterAll(() => server.stop());

beforeEach(async () => {
  job = await newJob(ana, [stepOf('Ask', ana), step('Next')]);
  await job.start(ana, 'Ask');
  own = await (await readerOf(server, ana)).begin();
  others = await (await readerOf(server, ben)).begin();
});

/** What the engine says when it runs an action. */
async function says(type: NotificationType, particulars: Particulars): Promise<void> {
  const { jobTemplateId } = await job.get(ana);
  const subject = { team_id: ana.teamId, template_id: jobTemplateId, job_id: job.id };
  await server.store.transact(tx => emitOne(tx, systemAct(server.clock.now(), uuids), subject, type, particulars));
}

const question = (): Particulars => ({
  stepId: job.step('Ask'),
  allowedActions: 1,
  question: 'Is the valve closed?',
  questionResponses: [{ name: 'Yes', value: 'y' }],
  canComment: true,
  commentRequired: false,
  msg: 'An answer is needed',
  msgCode: 'answer-needed',
});
const ASKED = ['question', 'questionResponses', 'canComment', 'commentRequired'] as const;
const asked = (from: object): unknown[] => ASKED.map(name => (from as Partial<Notification>)[name] ?? undefined);

describe('a question', () => {
  test('is told to the assignee; others hear that there is one', async () => {
    await says(NotificationType.StepInfoRequired, question());
    const [[mine], [theirs]] = await Promise.all([own.all(), others.all()]);
    expect(mine).toMatchObject({ msgType: NotificationType.StepInfoRequired, ...question() });
    expect(theirs).toMatchObject({ stepId: job.step('Ask'), msg: 'An answer is needed', allowedActions: 1 });
    expect(asked(theirs!)).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('stands in the state of the job, for the assignee alone', async () => {
    await says(NotificationType.StepInfoRequired, question());
    const stateFor = async (reader: Reader) => {
      reader.cursor = '';
      return (await reader.poll({ jobIds: [job.id] })).events[0]!.stepStates![0]!.messageDetails!;
    };
    const [mine, theirs] = [await stateFor(own), await stateFor(others)];
    expect(mine).toMatchObject({ msgType: NotificationType.StepInfoRequired, question: 'Is the valve closed?' });
    expect(asked(theirs)).toEqual([undefined, undefined, undefined, undefined]);
    expect(theirs).toMatchObject({ msgType: NotificationType.StepInfoRequired, msgCode: 'answer-needed' });
  });
});

test('a question that waits longer than events are kept is told anew, with the values that the job has by now', async () => {
  const responses = [{ name: 'Yes', value: 'y' }];
  const asks = (action: StepAction) => stepOf('Ask', ana, { flow: { action } });
  const asking = await newJob(ana, [
    asks({
      question: { question: `Is ${ref('jobName')} clean?`, responses, canComment: true, commentRequired: false },
    }),
  ]);
  const locating = await newJob(ana, [asks({ defineLocation: { prompt: 'Where is it?', geometryTypes: [] } })]);
  for (const { id } of [asking, locating]) await ana.jobs.startSteps(id, []);
  await ana.jobs.updateJob(asking.id, { jobName: 'Tank 7' }, asking.step('Ask'));
  const statesFor = async (reader: Reader) => {
    reader.cursor = '';
    const { events } = await reader.poll({ jobIds: [asking.id, locating.id] });
    return events.map(({ stepStates }) => stepStates![0]!.messageDetails!);
  };
  const before = await statesFor(own);
  expect(before).toMatchObject([{ question: expect.stringContaining('clean?') }, { msg: 'Where is it?' }]);
  const clock = { now: () => server.clock.now() + 8 * DAY_MS };
  await new Pruner(server.store, clock, pino({ level: 'silent' })).prune();
  const [mine, theirs] = [await statesFor(own), await statesFor(others)];
  expect(mine).toMatchObject([
    {
      msgType: NotificationType.StepInfoRequired,
      allowedActions: 1,
      question: 'Is Tank 7 clean?',
      msgCode: 'question',
    },
    { msgType: NotificationType.StepInfoRequired, msg: 'Where is it?', msgCode: 'define-location' },
  ]);
  expect(asked(mine[0]!)).toEqual(['Is Tank 7 clean?', responses, true, false]);
  expect(asked(theirs[0]!)).toEqual([undefined, undefined, undefined, undefined]);
  expect(theirs[0]).toMatchObject({ msg: 'a question waits for its answer', msgCode: 'question' });
});

describe('the state of a job', () => {
  const message = async () => {
    own.cursor = '';
    return (await own.poll({ jobIds: [job.id] })).events[0]!.stepStates![0]!.messageDetails!;
  };

  test('tells the last message of the run, whatever others there were', async () => {
    for (let percent = 0; percent < 60; percent++)
      await says(NotificationType.StepProgress, {
        stepIds: [job.step('Ask')],
        allowedActions: 9,
        msg: `${percent} %`,
        msgCode: 'progress',
      });
    expect(await message()).toMatchObject({ msgType: NotificationType.StepProgress, msg: '59 %', allowedActions: 9 });
  });

  test('leaves out what other steps say', async () => {
    await says(NotificationType.StepError, { stepId: job.step('Next'), msg: 'broken', msgCode: 'broken' });
    expect(await message()).toMatchObject({ msgType: NotificationType.StepStarted });
  });
});

test('an event that is meant for others wakes nobody who does not want it', async () => {
  const polling = others.poll({ msgTypes: [NotificationType.StepInformation] }, 60_000);
  await says(NotificationType.StepProgress, { stepIds: [job.step('Ask')], allowedActions: 9, msg: '1 %' });
  await says(NotificationType.StepInformation, { stepId: job.step('Ask'), msg: 'Look', recipients: [ben.id] });
  expect((await polling).events).toMatchObject([{ msg: 'Look', recipients: [ben.id] }]);
});
