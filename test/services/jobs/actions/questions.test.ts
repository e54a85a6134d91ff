/** Steps that wait for people: questions and their answers, and the location of the job. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { AssignedType, GeometryType, type QuestionAction, type StepFlow } from '#gen/flow_types';
import { AllowedActions } from '#gen/notifications_types';
import { TeamRole } from '#gen/user_types';
import { doing, events, jobDoing, leaf, results, states } from '../../../support/actions.ts';
import { statusNames, type TestJob } from '../../../support/jobs.ts';
import { expectRefusal } from '../../../support/refusals.ts';
import { expectNothingWritten } from '../../../support/rows.ts';
import { logInAdmin, newUser, type TestUser } from '../../../support/seed.ts';
import { TestServer } from '../../../support/server.ts';
import { ref } from '../../../support/trees.ts';

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

const tight: QuestionAction = {
  question: `Is ${ref('jobName')} tight?`,
  responses: [
    { name: 'Yes, it is', value: 'yes' },
    { name: 'No', value: 'no' },
  ],
  canComment: false,
  commentRequired: false,
};

const asking = async (question: Partial<QuestionAction> = {}, flow: StepFlow = {}): Promise<TestJob> => {
  const job = await jobDoing(
    admin,
    [doing('ask', { question: { ...tight, ...question } }, flow), leaf('yes'), leaf('no')],
    { jobName: 'Valve 7' },
  );
  expect(await job.start(ana, 'ask')).toEqual(['Success']);
  return job;
};

const answer = async (user: TestUser, job: TestJob, questionResponse: string, comment?: string) =>
  statusNames(await user.jobs.respondToStep(job.id, { stepId: 'ask', questionResponse, comment }));

describe('a question', () => {
  test('waits for its answer, and says what it asks', async () => {
    const job = await asking({ canComment: true }, { helpText: 'Listen', helpUrl: 'https://example.org/tight' });
    expect(await states(ana, job)).toEqual(['ask: WAITING_FOR_INFO']);
    expect(await events(server, job, 'StepInfoRequired')).toEqual([
      {
        type: 'StepInfoRequired',
        stepId: 'ask',
        question: 'Is Valve 7 tight?',
        questionResponses: tight.responses,
        canComment: true,
        commentRequired: false,
        helpText: 'Listen',
        helpLink: 'https://example.org/tight',
        isInvalid: false,
        allowedActions: AllowedActions.Cancel,
        msg: 'Is Valve 7 tight?',
        msgCode: 'question',
      },
    ]);
    expect(await job.start(ana, 'ask')).toEqual(['AlreadyExecuting']);
    expect(await job.finish(ana, 'ask')).toEqual(['WaitingForInfo']);
  });

  test('is over with its answer, and is then finished', async () => {
    const job = await asking();
    expect(await answer(ana, job, 'no')).toEqual(['Success']);
    expect(await states(ana, job)).toEqual(['ask: COMPLETED']);
    expect(await job.finish(ana, 'ask')).toEqual(['Success']);
    expect(await results(ana, job, 'ask')).toEqual(['Started', 'Completed: no', 'Finished']);
  });

  test('with proceedNext goes where the answer leads', async () => {
    const paths = ['yes', 'no'].map(value => ({
      nextStepId: value,
      condition: `response = '${value}' AND result = '${value}'`,
    }));
    for (const value of ['yes', 'no']) {
      const job = await asking({}, { proceedNext: true, paths });
      expect(await answer(ana, job, value)).toEqual(['Success']);
      expect(await job.current(ana)).toEqual([value]);
    }
  });

  test('keeps its answer when it leads nowhere', async () => {
    const paths = [{ nextStepId: 'yes', condition: "response = 'yes' OR priority = 'High'" }];
    const job = await asking({}, { proceedNext: true, paths });
    expect(await answer(ana, job, 'no')).toEqual(['NoMatchingPaths']);
    expect(await states(ana, job)).toEqual(['ask: COMPLETED']);
    await admin.jobs.updateJob(job.id, { priority: 'High' }, '');
    expect(await job.finish(ana, 'ask')).toEqual(['Success']);
  });

  test('that the server has asked is answered by whoever takes it', async () => {
    const job = await jobDoing(admin, [
      doing('ask', { question: tight }, { automatic: true, proceedNext: true }),
      leaf('yes'),
    ]);
    expect(await states(ana, job)).toEqual(['ask: WAITING_FOR_INFO']);
    expect(await answer(ben, job, 'yes')).toEqual(['Success']);
    expect((await job.get(ana)).currentSteps).toMatchObject([{ assignedType: AssignedType.User, assignedTo: ben.id }]);
  });

  test('is asked anew after it was stopped', async () => {
    const job = await asking();
    expect(statusNames(await ana.jobs.stopSteps(job.id, ['ask']))).toEqual(['Success']);
    expect(await states(ana, job)).toEqual(['ask: CANCELLED']);
    expect(await answer(ana, job, 'yes')).toEqual(['NotRunning']);
    expect(await job.finish(ana, 'ask')).toEqual(['NoStartedStep']);
    await job.start(ana, 'ask');
    expect(await answer(ana, job, 'yes')).toEqual(['Success']);
    expect(await events(server, job, 'StepInfoRequired')).toHaveLength(2);
  });
});

describe('an answer is refused, and the question waits on', () => {
  const refused = async (job: TestJob, value: string, comment: string | undefined, message: RegExp) => {
    await expectNothingWritten(server, () =>
      expectRefusal(answer(ana, job, value, comment), ErrorCode.BAD_REQUEST, 'invalid-argument', message),
    );
    expect(await states(ana, job)).toEqual(['ask: WAITING_FOR_INFO']);
  };

  test('when it was not offered', async () => {
    await refused(await asking(), 'Yes, it is', undefined, /"Yes, it is" was not offered; expected one of "yes", "no"/);
  });

  test('without the comment that it asks for', async () => {
    const job = await asking({ canComment: true, commentRequired: true });
    await refused(job, 'yes', undefined, /response\.comment: empty/);
    await refused(job, 'yes', '  ', /response\.comment: empty/);
    expect(await answer(ana, job, 'yes', 'by ear')).toEqual(['Success']);
    expect(await ana.jobs.getJobComments(job.id)).toMatchObject([{ comment: 'by ear', lastModifiedBy: ana.id }]);
  });

  test('with a comment that it does not take', async () => {
    await refused(await asking(), 'yes', 'by ear', /takes no comment/);
  });

  test('with a comment that is too long', async () => {
    const job = await asking({ canComment: true });
    await expectNothingWritten(server, () =>
      expectRefusal(
        answer(ana, job, 'yes', 'x'.repeat(20_001)),
        ErrorCode.BAD_REQUEST,
        'limit-exceeded',
        /response\.comment/,
      ),
    );
  });
});

describe('respondToStep says', () => {
  const respond = async (user: TestUser, job: TestJob, stepId: string) =>
    statusNames(await user.jobs.respondToStep(job.id, { stepId, questionResponse: 'yes' }));

  test('NotRunning, StepNotCurrent, StepNotInDiagram, AssignedToDifferentUser, JobClosed', async () => {
    const job = await jobDoing(admin, [doing('ask', { question: tight }), leaf('after')]);
    expect(await respond(ana, job, 'ask')).toEqual(['NotRunning']);
    await job.start(ana, 'ask');
    expect(await respond(ana, job, 'after')).toEqual(['StepNotCurrent']);
    expect(await respond(ana, job, 'nowhere')).toEqual(['StepNotInDiagram']);
    expect(await respond(ben, job, 'ask')).toEqual(['AssignedToDifferentUser']);
    await ana.jobs.stopSteps(job.id, []);
    await admin.jobs.closeJobs([job.id]);
    expect(await respond(ana, job, 'ask')).toEqual(['JobClosed']);
  });
});

describe('defineLocation', () => {
  const locating = async (action: object = {}, flow: StepFlow = {}): Promise<TestJob> => {
    const job = await jobDoing(admin, [doing('ask', { defineLocation: action }, flow), leaf('after')]);
    expect(await job.start(ana, 'ask')).toEqual(['Success']);
    return job;
  };
  const point = { x: 8.5, y: 47.4 };
  const line = {
    paths: [
      [
        [8.5, 47.4],
        [8.6, 47.5],
      ],
    ],
  };

  test('waits for the location of the job, and is over with it', async () => {
    const job = await locating({ prompt: 'Where is it?' });
    expect(await states(ana, job)).toEqual(['ask: WAITING_FOR_INFO']);
    expect(await events(server, job, 'StepInfoRequired')).toMatchObject([
      { stepId: 'ask', msg: 'Where is it?', msgCode: 'define-location', allowedActions: AllowedActions.Pause },
    ]);
    expect(await job.finish(ana, 'ask')).toEqual(['WaitingForInfo']);
    await admin.jobs.setJobLocation(job.id, point as never);
    expect(await states(ana, job)).toEqual(['ask: COMPLETED']);
    expect(await job.finish(ana, 'ask')).toEqual(['Success']);
    expect((await results(ana, job, 'ask')).slice(0, 2)).toEqual(['Started', 'Completed: Point']);
  });

  test('with proceedNext lets the job move on with the location', async () => {
    const job = await locating({}, { proceedNext: true });
    await admin.jobs.setJobLocation(job.id, line as never);
    expect(await job.current(ana)).toEqual(['after']);
  });

  test('goes on waiting after a location of a kind that it does not want; then it may be finished as it is', async () => {
    const job = await locating({ geometryTypes: [GeometryType.Polyline] });
    await admin.jobs.setJobLocation(job.id, point as never);
    expect(await states(ana, job)).toEqual(['ask: WAITING_FOR_INFO']);
    expect(await job.finish(ana, 'ask')).toEqual(['Success']);
  });

  test('that needs no location is finished without one', async () => {
    const job = await locating({ isRequired: false });
    expect(await events(server, job, 'StepInfoRequired')).toMatchObject([
      { allowedActions: AllowedActions.Pause + AllowedActions.Finish },
    ]);
    expect(await job.finish(ana, 'ask')).toEqual(['Success']);
  });

  test('is paused when it is stopped, and takes no answer of a question', async () => {
    const job = await locating();
    await expectRefusal(
      answer(ana, job, 'yes'),
      ErrorCode.BAD_REQUEST,
      'invalid-argument',
      /asks no question.*setJobLocation/,
    );
    await ana.jobs.stopSteps(job.id, ['ask']);
    expect(await states(ana, job)).toEqual(['ask: PAUSED']);
    await admin.jobs.setJobLocation(job.id, point as never);
    expect(await states(ana, job)).toEqual(['ask: PAUSED']);
  });
});
