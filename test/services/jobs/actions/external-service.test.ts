/** The action externalService: work is submitted, then its state is asked for until it is over, broken off, or out of time. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ExternalServiceAction, StepFlow } from '#gen/flow_types';
import { AllowedActions } from '#gen/notifications_types';
import { TeamRole } from '#gen/user_types';
import {
  doing,
  events,
  jobDoing,
  leaf,
  published,
  results,
  states,
  until,
  untilState,
} from '../../../support/actions.ts';
import { statusNames, type TestJob } from '../../../support/jobs.ts';
import { json, Outside, text } from '../../../support/outside.ts';
import { rowsOf } from '../../../support/rows.ts';
import { logIn, logInAdmin, newUser, type TestUser } from '../../../support/seed.ts';
import { TestServer } from '../../../support/server.ts';
import { ref } from '../../../support/trees.ts';

let server: TestServer;
let outside: Outside;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;

const logInAll = async (): Promise<void> => {
  admin = await logInAdmin(server);
  ana = await logIn(server, ana.email, ana.password);
  ben = await logIn(server, ben.email, ben.password);
};

beforeAll(async () => {
  server = await TestServer.start();
  outside = await Outside.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.EXECUTOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
});
afterAll(async () => {
  outside.stop();
  await server.stop();
});
beforeEach(() => outside.forget());
/** Nobody asks for what an earlier test has begun. */
afterEach(async () => {
  admin = await logInAdmin(server);
  for (const id of begun.splice(0)) await admin.jobs.stopSteps(id, []);
});

const begun: string[] = [];

const byTicket = (): ExternalServiceAction => ({
  submitUrl: `${outside.url}/work`,
  body: `{"job": "${ref('jobName')}"}`,
  headers: { 'Content-Type': 'application/json', Authorization: 'Bearer secret' },
  ticketPointer: '/ticket',
  pollUrl: `${outside.url}/work/${ref('ticket')}`,
  statePointer: '/state',
  successStates: ['done'],
  failureStates: ['broken'],
  messagePointer: '/says',
});

async function service(action: ExternalServiceAction, flow: StepFlow = {}): Promise<TestJob> {
  const job = await jobDoing(admin, [doing('work', { externalService: action }, flow), leaf('after')]);
  begun.push(job.id);
  return job;
}

/** Started, and accepted. */
const accepted = async (action = byTicket(), flow: StepFlow = {}): Promise<TestJob> => {
  outside.next.push(json(202, { ticket: 'T/1' }));
  const job = await service(action, flow);
  await job.start(ana, 'work');
  await until('it is accepted', async () => (await pollUrl(job)) !== undefined);
  return job;
};

const kept = async (job: TestJob) => {
  const run = (await rowsOf(server, 'job_runs')).find(row => row.job_id === job.id);
  return run && { ...JSON.parse(run.state), nextAt: run.next_at };
};
const pollUrl = async (job: TestJob) => (await kept(job))?.pollUrl;

/** Turns the clock to the next question, which is answered so, and waits until that is noted. */
async function asked(job: TestJob, ...[answer]: typeof outside.next): Promise<void> {
  outside.next.push(answer!);
  const before = await kept(job);
  server.clock.forward(Math.max(0, before.nextAt - server.clock.now()));
  // Has the worker look at once; it looks once a second otherwise.
  await ana.jobs.refreshSteps(job.id, []);
  await until('the answer is noted', async () => {
    if (outside.next.length > 0) return false;
    const now = await kept(job);
    // A run that somebody is at is taken for a minute; the next question comes earlier, or it failed.
    return !now || now.failed !== before.failed || now.nextAt - server.clock.now() <= 10_000;
  });
}

describe('work that is submitted', () => {
  test('is asked for by its ticket until it is done, and says how far it is', async () => {
    const job = await accepted();
    expect(outside.got).toMatchObject([{ method: 'POST', path: '/work', headers: { authorization: 'Bearer secret' } }]);
    expect(JSON.parse(outside.got[0]!.body)).toEqual({ job: (await job.get(ana)).jobName });
    await asked(job, json(200, { state: 'queued' }));
    await asked(job, json(200, { state: 'working', says: 'half of it' }));
    await asked(job, json(200, { state: 'working', says: 'half of it' }));
    expect(await states(ana, job)).toEqual(['work: RUNNING']);
    await asked(job, json(200, { state: 'done', size: 7 }));
    await untilState(ana, job, 'work: COMPLETED');
    expect(outside.got.slice(1)).toMatchObject(
      Array(4).fill({ method: 'GET', path: '/work/T%2F1', body: '', headers: { authorization: 'Bearer secret' } }),
    );
    expect(outside.got[1]!.headers['content-type']).toBeUndefined();
    expect((await events(server, job, 'StepProgress')).map(({ msg, allowedActions }) => [msg, allowedActions])).toEqual(
      [
        ['queued', AllowedActions.Cancel],
        ['half of it', AllowedActions.Cancel],
      ],
    );
    expect(await results(ana, job, 'work')).toEqual(['Started', 'Completed: done']);
  });

  test('is asked for where the Location header says, and by status alone', async () => {
    outside.next.push(text(202, '', { Location: '/somewhere/1' }));
    const job = await service({ submitUrl: `${outside.url}/work`, pollIntervalMs: 1000 }, { proceedNext: true });
    await job.start(ana, 'work');
    await until('it is accepted', async () => (await pollUrl(job)) !== undefined);
    await asked(job, text(202, ''));
    expect(await states(ana, job)).toEqual(['work: RUNNING']);
    await asked(job, text(200, 'finished'));
    await until('the job moves on', async () => (await job.current(ana)).join() === 'after');
    expect(outside.got.map(({ path }) => path)).toEqual(['/work', '/somewhere/1', '/somewhere/1']);
    expect(await results(ana, job, 'work')).toEqual(['Started', 'Completed: 200', 'Finished']);
  });

  test('fails when the service says so, with its message', async () => {
    const job = await accepted();
    await asked(job, json(200, { state: 'broken', says: 'no such pump' }));
    await untilState(ana, job, 'work: ERROR');
    expect((await results(ana, job, 'work')).at(-1)).toBe('Error: no such pump');
    expect(await events(server, job, 'StepError')).toMatchObject([{ msg: 'no such pump', msgCode: 'step-failed' }]);
  });

  test('fails when its time is over', async () => {
    const job = await accepted({ ...byTicket(), timeoutMs: 15_000 });
    await asked(job, json(200, { state: 'working' }));
    server.clock.forward(15_000);
    await untilState(ana, job, 'work: ERROR');
    expect((await results(ana, job, 'work')).at(-1)).toMatch(/^Error: the work was not done in 15 s$/);
  });

  test('goes on over a restart of the server: it is not submitted again', async () => {
    const job = await accepted();
    await server.restart();
    await logInAll();
    await asked(job, json(200, { state: 'done' }));
    await untilState(ana, job, 'work: COMPLETED');
    expect(outside.got.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  test('is left alone when the step is stopped', async () => {
    const job = await accepted();
    expect(statusNames(await ana.jobs.stopSteps(job.id, []))).toEqual(['Success']);
    expect(await states(ana, job)).toEqual(['work: CANCELLED']);
    expect(await kept(job)).toBeUndefined();
  });
});

describe('a submission', () => {
  test.each<[string, () => (typeof outside.next)[number], Partial<ExternalServiceAction>, RegExp]>([
    ['that is refused', () => text(400, 'no'), {}, /submission: answered with 400/],
    ['that is answered without a ticket', () => json(202, {}), {}, /no ticket; the answer has nothing at \/ticket/],
    ['that is answered with what is no JSON', () => text(202, 'T1'), {}, /no ticket; the answer is no JSON/],
    [
      'that is answered without a Location',
      () => text(202, ''),
      { ticketPointer: undefined, pollUrl: undefined },
      /no Location header/,
    ],
    [
      'that leads to another server',
      () => text(202, '', { Location: 'http://localhost:1/x' }),
      { ticketPointer: undefined, pollUrl: undefined },
      /leads to another server, http:\/\/localhost:1/,
    ],
  ])('%s is an error', async (_name, answer, more, expected) => {
    outside.answer = answer();
    const job = await service({ ...byTicket(), ...more });
    await job.start(ana, 'work');
    await untilState(ana, job, 'work: ERROR');
    expect((await results(ana, job, 'work')).at(-1)).toMatch(expected);
    expect(outside.got).toHaveLength(1);
  });

  test('that may pass is sent up to four times', async () => {
    outside.answer = text(503, 'no');
    const job = await service(byTicket());
    await job.start(ana, 'work');
    for (const seconds of [2, 4, 8]) {
      await until('an attempt is over', async () => (await kept(job))?.failed === Math.log2(seconds));
      server.clock.forward(seconds * 1000);
    }
    await untilState(ana, job, 'work: ERROR');
    expect(outside.got).toHaveLength(4);
  });
});

describe('asking', () => {
  /** Ten bad answers in a row. */
  const brokenOff = async (): Promise<TestJob> => {
    const job = await accepted();
    for (let times = 0; times < 10; times++) await asked(job, text(times % 2 ? 500 : 404, 'no'));
    return job;
  };

  test('breaks off after ten bad answers in a row; refreshSteps resumes it', async () => {
    const job = await brokenOff();
    expect(await states(ana, job)).toEqual(['work: RUNNING']);
    expect(await events(server, job, 'StepError')).toMatchObject([
      { stepId: 'work', msgCode: 'asking-broken-off', allowedActions: AllowedActions.Cancel + AllowedActions.Refresh },
    ]);
    server.clock.forward(3_600_000);
    await logInAll();
    expect(outside.got).toHaveLength(11);
    outside.next.push(json(200, { state: 'done' }));
    expect(statusNames(await ana.jobs.refreshSteps(job.id, []))).toEqual(['Success']);
    await untilState(ana, job, 'work: COMPLETED');
    expect(outside.got).toHaveLength(12);
  });

  test('that has not broken off is not hurried by refreshSteps', async () => {
    const job = await accepted();
    const before = await kept(job);
    expect(statusNames(await ana.jobs.refreshSteps(job.id, ['work']))).toEqual(['Success']);
    expect(await kept(job)).toEqual(before);
  });

  test('goes on after some bad answers, and begins to count anew', async () => {
    const job = await accepted();
    await asked(job, text(500, 'no'));
    await asked(job, json(200, { says: 'there is no state' }));
    expect(await kept(job)).toMatchObject({ failed: 2 });
    await asked(job, json(200, { state: 'working' }));
    expect((await kept(job)).failed).toBeUndefined();
  });
});

describe('refreshSteps is refused', () => {
  test('for steps that the server does not carry on, that do not run, or are not there', async () => {
    const job = await jobDoing(admin, [leaf('manual'), doing('work', { externalService: byTicket() })]);
    const refresh = async (...ids: string[]) => statusNames(await ana.jobs.refreshSteps(job.id, ids));
    await job.start(ana, 'manual');
    expect(await refresh('manual', 'work', 'nowhere')).toEqual(['StepNotAuto', 'StepNotCurrent', 'StepNotInDiagram']);
    await job.finish(ana, 'manual');
    expect(await refresh()).toEqual(['NotRunning']);
    outside.answer = text(400, 'no');
    await job.start(ana, 'work');
    await untilState(ana, job, 'work: ERROR');
    expect(await refresh('work')).toEqual(['NotRunning']);
    await admin.jobs.closeJobs([job.id]);
    expect(await refresh('work')).toEqual(['JobClosed']);
  });

  test('for others than its assignee, but not for administrators', async () => {
    const job = await accepted();
    expect(statusNames(await ben.jobs.refreshSteps(job.id, []))).toEqual(['AssignedToDifferentUser']);
    expect(statusNames(await admin.jobs.refreshSteps(job.id, []))).toEqual(['Success']);
  });

  test('for a job without current steps', async () => {
    const { id } = await published(admin, leaf('only', { proceedNext: true }));
    await admin.templates.acquireLock(id);
    await admin.templates.update(id, { defaults: { closeAtEnd: false } });
    await admin.templates.publish(id);
    const { jobIds } = await admin.jobs.createJobs(id, {});
    await ana.jobs.startSteps(jobIds[0]!, []);
    expect(statusNames(await ana.jobs.refreshSteps(jobIds[0]!, []))).toEqual(['NoActiveStep']);
  });
});
