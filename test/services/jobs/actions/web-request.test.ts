/** The action webRequest: sent after the commit that started the step, again after a failure that may pass, and never twice after that. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { StepFlow, WebRequestAction } from '#gen/flow_types';
import { TeamRole } from '#gen/user_types';
import {
  doing,
  events,
  jobDoing,
  leaf,
  results,
  states,
  until,
  untilClosed,
  untilState,
} from '../../../support/actions.ts';
import type { TestJob } from '../../../support/jobs.ts';
import { breaks, hangs, json, Outside, text } from '../../../support/outside.ts';
import { rowsOf } from '../../../support/rows.ts';
import { logIn, logInAdmin, newUser, type TestUser } from '../../../support/seed.ts';
import { TestServer } from '../../../support/server.ts';
import { ref } from '../../../support/trees.ts';

let server: TestServer;
let outside: Outside;
let admin: TestUser;
let ana: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  outside = await Outside.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.EXECUTOR);
});
afterAll(async () => {
  outside.stop();
  await server.stop();
});
beforeEach(() => outside.forget());

const calling = (more: Partial<WebRequestAction> = {}, flow: StepFlow = {}) =>
  doing('call', { webRequest: { httpMethod: 'POST', url: `${outside.url}/hook`, ...more } }, flow);

const started = async (more: Partial<WebRequestAction> = {}, flow: StepFlow = {}): Promise<TestJob> => {
  const job = await jobDoing(admin, [calling(more, flow), leaf('after')]);
  expect(await job.start(ana, 'call')).toEqual(['Success']);
  return job;
};

const noRunsLeft = () => until('no run is left', async () => (await rowsOf(server, 'job_runs')).length === 0);

describe('a request', () => {
  test('is sent as the step says, with the values of the job in their places', async () => {
    const job = await jobDoing(
      admin,
      [
        doing('call', {
          webRequest: {
            httpMethod: 'PUT',
            url: `${outside.url}/jobs/${ref('jobName')}?of=${ref('diagramName')}&cost=$$5`,
            headers: { 'Content-Type': 'application/json', 'X-Priority': ref('priority') },
            body: `{"name": "${ref('jobName')}", "notes": "${ref('notes')}", "closed": ${ref('closed')}}`,
          },
        }),
      ],
      { jobName: 'Pump "7"/ä', priority: 'High' },
    );
    await job.start(ana, 'call');
    await untilState(ana, job, 'call: COMPLETED');
    const { diagramName } = await job.get(ana);
    expect(outside.got).toMatchObject([
      {
        method: 'PUT',
        path: `/jobs/Pump%20%227%22%2F%C3%A4?of=${encodeURIComponent(diagramName!)}&cost=$5`,
        body: '{"name": "Pump \\"7\\"/ä", "notes": "", "closed": false}',
        headers: {
          'content-type': 'application/json',
          'x-priority': 'High',
          'user-agent': 'Jobwright',
          'x-jobwright-run': expect.stringMatching(new RegExp(`^${job.id}/call/\\d+$`)),
        },
      },
    ]);
  });

  test('runs until it is answered, and can then be finished', async () => {
    outside.answer = hangs;
    const job = await started();
    await until('it is sent', () => outside.got.length === 1);
    expect(await states(ana, job)).toEqual(['call: RUNNING']);
    expect(await job.start(ana, 'call')).toEqual(['AlreadyExecuting']);
    expect(await job.finish(ana, 'call')).toEqual(['AlreadyExecuting']);
    await ana.jobs.stopSteps(job.id, ['call']);
    outside.answer = json(201, { ok: true });
    await job.start(ana, 'call');
    await untilState(ana, job, 'call: COMPLETED');
    expect(await job.finish(ana, 'call')).toEqual(['Success']);
    expect(await job.current(ana)).toEqual(['after']);
    expect(await results(ana, job, 'call')).toEqual(['Started', 'Cancelled', 'Started', 'Completed: 201', 'Finished']);
    await noRunsLeft();
  });

  test('with proceedNext finishes the step when it is answered, by the server', async () => {
    const job = await started({}, { proceedNext: true });
    await until('the job moves on', async () => (await job.current(ana)).join() === 'after');
    const finished = (await ana.jobs.getJobHistory(job.id)).at(-1)!;
    expect([finished.username, finished.stepName]).toEqual(['system', 'call']);
    expect((await job.get(ana)).currentSteps).toMatchObject([{ assignedTo: ana.id }]);
  });

  test('of an automatic first step is sent at the creation of the job', async () => {
    const job = await jobDoing(admin, [calling({}, { automatic: true, proceedNext: true })]);
    await untilClosed(ana, job);
    expect(outside.got).toHaveLength(1);
    expect(await job.history(ana)).toEqual(['Created', 'Started: call', 'Completed: call', 'Finished: call', 'Closed']);
  });
});

describe('conditions of paths', () => {
  const forking = (condition: string) =>
    jobDoing(admin, [
      calling(
        {},
        {
          proceedNext: true,
          paths: [
            { nextStepId: 'yes', condition },
            { nextStepId: 'no', condition: `NOT (${condition})` },
          ],
        },
      ),
      leaf('yes'),
      leaf('no'),
    ]);

  test.each([
    ["result = '200'", 'yes'],
    ["response LIKE '%fine%'", 'yes'],
    ["response = 'fine'", 'no'],
  ])('see the status as result and the body as response: %s', async (condition, expected) => {
    const job = await forking(condition);
    await job.start(ana, 'call');
    await until('the job moves on', async () => (await job.current(ana)).join() === expected);
  });

  test('none of which holds leave the step completed, with what was answered', async () => {
    const flow = { proceedNext: true, paths: [{ nextStepId: 'after', condition: "response = 'never'" }] };
    const job = await started({}, flow);
    await untilState(ana, job, 'call: COMPLETED');
    expect(await events(server, job, 'StepWarningStopped')).toMatchObject([
      { stepIds: ['call'], msgCode: 'no-matching-paths' },
    ]);
    expect(await job.finish(ana, 'call')).toEqual(['NoMatchingPaths']);
    expect(await states(ana, job)).toEqual(['call: COMPLETED']);
  });
});

describe('an answer that is no success', () => {
  test.each<[string, () => void, Partial<WebRequestAction>, RegExp]>([
    [
      'is an error at once when it will not pass',
      () => {
        outside.answer = text(404, 'no');
      },
      {},
      /^Error: POST: answered with 404$/,
    ],
    [
      'is an error at once: a redirect is not followed',
      () => {
        outside.answer = text(302, '', { Location: '/other' });
      },
      {},
      /answered with 302$/,
    ],
    [
      'is an error when there are no retries',
      () => {
        outside.answer = text(500, 'no');
      },
      { retries: 0 },
      /answered with 500$/,
    ],
    [
      'is an error when it comes too late',
      () => {
        outside.answer = hangs;
      },
      { retries: 0, timeoutMs: 100 },
      /no answer within 0\.1 s$/,
    ],
    [
      'is an error when the connection breaks',
      () => {
        outside.answer = breaks;
      },
      { retries: 0 },
      /^Error: POST: .+/,
    ],
    [
      'is an error when its status is none of those wanted',
      () => {},
      { successStatuses: [201, 404] },
      /answered with 200$/,
    ],
  ])('%s', async (_name, answer, more, expected) => {
    answer();
    const job = await started(more);
    await untilState(ana, job, 'call: ERROR');
    expect((await results(ana, job, 'call')).at(-1)).toMatch(expected);
    expect(outside.got).toHaveLength(1);
    expect(await events(server, job, 'StepError')).toMatchObject([{ stepId: 'call', msgCode: 'step-failed' }]);
    expect(await job.finish(ana, 'call')).toEqual(['NoStartedStep']);
    await noRunsLeft();
  });

  test('is wanted where the step says so', async () => {
    outside.answer = text(404, 'gone');
    const job = await started({ successStatuses: [404] });
    await untilState(ana, job, 'call: COMPLETED');
    expect((await results(ana, job, 'call')).at(-1)).toBe('Completed: 404');
  });

  test('can be started anew', async () => {
    outside.next.push(text(400, 'no'));
    const job = await started();
    await untilState(ana, job, 'call: ERROR');
    expect(await job.start(ana, 'call')).toEqual(['Success']);
    await untilState(ana, job, 'call: COMPLETED');
    const names = outside.got.map(({ headers }) => headers['x-jobwright-run']);
    expect(new Set(names).size).toBe(2);
  });

  test('is retried after pauses that grow, under the same name, and says so', async () => {
    outside.next.push(text(500, 'no'), breaks, text(429, 'slow down'));
    const job = await started();
    for (const [index, seconds] of [2, 4, 8].entries()) {
      await until(
        `attempt ${index + 1} is over`,
        async () => (await events(server, job, 'StepProgress')).length === index + 1,
      );
      expect((await events(server, job, 'StepProgress')).at(-1)!.msg).toMatch(
        new RegExp(`^attempt ${index + 1} failed: .*; the next is in ${seconds} s$`),
      );
      expect(outside.got).toHaveLength(index + 1);
      server.clock.forward(seconds * 1000);
    }
    await untilState(ana, job, 'call: COMPLETED');
    expect(outside.got).toHaveLength(4);
    expect(new Set(outside.got.map(({ headers }) => headers['x-jobwright-run'])).size).toBe(1);
    expect(await results(ana, job, 'call')).toEqual(['Started', 'Completed: 200']);
  });

  test('after the last retry is an error', async () => {
    outside.answer = text(503, 'no');
    const job = await started({ retries: 1 });
    await until('the first attempt is over', async () => (await events(server, job, 'StepProgress')).length === 1);
    server.clock.forward(2000);
    await untilState(ana, job, 'call: ERROR');
    expect(outside.got).toHaveLength(2);
  });
});

test('a huge answer is read no further than 1 MB; conditions see its beginning', async () => {
  outside.answer = response => {
    response.writeHead(200);
    const piece = Buffer.alloc(65_536, 'x');
    const more = () => {
      while (response.write(piece));
    };
    response.on('drain', more).on('close', () => response.removeAllListeners('drain'));
    more();
  };
  const job = await started();
  await untilState(ana, job, 'call: COMPLETED');
  const [row] = (await rowsOf(server, 'job_steps')).filter(step => step.job_id === job.id && step.step_id === 'call');
  expect(row!.response).toBe('x'.repeat(20_000));
});

test('a step that was stopped meanwhile is not changed by the late answer', async () => {
  let late = () => {};
  outside.answer = response => {
    late = () => response.end('late');
  };
  const job = await started();
  await until('it is sent', () => outside.got.length === 1);
  await ana.jobs.stopSteps(job.id, ['call']);
  late();
  await noRunsLeft();
  expect(await states(ana, job)).toEqual(['call: CANCELLED']);
  expect(await results(ana, job, 'call')).toEqual(['Started', 'Cancelled']);
});

test('a restart of the server during a request sends it again, and nothing that was recorded', async () => {
  const done = await started();
  await untilState(ana, done, 'call: COMPLETED');
  outside.forget();
  outside.answer = hangs;
  const job = await started();
  await until('it is sent', () => outside.got.length === 1);
  outside.answer = json(200, {});
  await server.restart();
  admin = await logInAdmin(server);
  ana = await logIn(server, ana.email, ana.password);
  await untilState(ana, job, 'call: COMPLETED');
  expect(outside.got.map(({ headers }) => headers['x-jobwright-run'])).toEqual(
    Array(2).fill(expect.stringContaining(job.id)),
  );
  expect(await results(ana, job, 'call')).toEqual(['Started', 'Completed: 200']);
  expect(await results(ana, done, 'call')).toEqual(['Started', 'Completed: 200']);
});
