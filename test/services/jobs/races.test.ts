/** Jobs under several hands at once: whoever comes second meets what the first has done, and nothing is done twice or lost. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { ErrorCode, SystemException } from '#gen/common_types';
import { StepState } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import type { Address } from '../../../src/client/connect.ts';
import { type RunningServer, startServer } from '../../../src/server/server.ts';
import type { Clients } from '../../../src/services/generated.ts';
import { jobOf, newJob, parallel, type StatusName, statusNames } from '../../support/jobs.ts';
import { rowsOf } from '../../support/rows.ts';
import { logInAdmin, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

const ROUNDS = 50;

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

/** A connection of its own for the user: calls on one connection are answered one after the other. */
async function anotherConnection(user: TestUser, address: Partial<Address> = {}): Promise<Clients['JobsService']> {
  const connection = await server.connect(address);
  await connection.service('AuthenticationService').authenticate(user.token);
  return connection.service('JobsService');
}

test('two users start the same unassigned step: exactly one has it, the other is refused', async () => {
  const template = await publishedTemplate(admin, 'One step', [step('a')]);
  for (let round = 0; round < ROUNDS; round++) {
    const job = await jobOf(admin, template);
    const first = round % 2 ? [ana, ben] : [ben, ana];
    const answers = await Promise.all(first.map(async user => ({ user, status: (await job.start(user, 'a'))[0]! })));
    const won = answers.filter(({ status }) => status === 'Success');
    expect(won).toHaveLength(1);
    const lost = answers.find(answer => answer !== won[0])!;
    expect(['AlreadyExecuting', 'AssignedToDifferentUser']).toContain(lost.status);
    expect((await job.get(ana)).currentSteps).toMatchObject([
      { startedBy: won[0]!.user.id, assignedTo: won[0]!.user.id },
    ]);
    expect(await job.history(ana)).toEqual(['Created', 'Started: a']);
  }
});

test('the same user finishes the same step twice at once: the job moves on once', async () => {
  const template = await publishedTemplate(admin, 'Two steps', [step('a'), step('b')]);
  const second = await anotherConnection(ana);
  for (let round = 0; round < ROUNDS; round++) {
    const job = await jobOf(admin, template);
    await job.start(ana, 'a');
    const answers = await Promise.all([ana.jobs, second].map(jobs => jobs.finishSteps(job.id, job.steps('a'))));
    const statuses: StatusName[] = answers.flatMap(statusNames).sort();
    expect(statuses).toEqual(['StepNotCurrent', 'Success']);
    expect(await job.history(ana)).toEqual(['Created', 'Started: a', 'Finished: a']);
    expect(await job.get(ana)).toMatchObject({ percentComplete: 50 });
  }
});

test('two parallel steps are finished at once: both land, and the job moves on exactly once', async () => {
  const children = [parallel('P', step('a'), step('b')), step('c')];
  const template = await publishedTemplate(admin, 'Two beside each other', children);
  for (let round = 0; round < ROUNDS; round++) {
    const job = await jobOf(admin, template);
    await job.start(ana, 'a');
    await job.start(ben, 'b');
    const answers = await Promise.all([job.finish(ana, 'a'), job.finish(ben, 'b')]);
    expect(answers).toEqual([['Success'], ['Success']]);
    expect(await job.current(ana)).toEqual(['c']);
    expect(await job.get(ana)).toMatchObject({ percentComplete: 66, closed: false });
    const history = await job.history(ana);
    expect(history.slice(0, 3)).toEqual(['Created', 'Started: a', 'Started: b']);
    expect(history.slice(3).sort()).toEqual(['Finished: a', 'Finished: b']);
  }
});

test('the last two steps are finished at once: the job closes exactly once', async () => {
  const template = await publishedTemplate(admin, 'The last two', [parallel('P', step('a'), step('b'))]);
  for (let round = 0; round < ROUNDS; round++) {
    const job = await jobOf(admin, template);
    await job.start(ana, 'a');
    await job.start(ben, 'b');
    await Promise.all([job.finish(ana, 'a'), job.finish(ben, 'b')]);
    expect(await job.get(ana)).toMatchObject({ closed: true, percentComplete: 100 });
    const history = await job.history(ana);
    expect(history.filter(entry => entry === 'Closed')).toHaveLength(1);
    expect(history.at(-1)).toBe('Closed');
  }
});

test('ten steps started and finished on ten connections at once: each lands once, in one unbroken history', async () => {
  const titles = Array.from({ length: 10 }, (_, index) => `s${index}`);
  const job = await newJob(admin, [parallel('P', ...titles.map(title => step(title)))]);
  const connections = await Promise.all(titles.map((_, index) => anotherConnection(index % 2 ? ana : ben)));
  const all = async (act: 'startSteps' | 'finishSteps') => {
    const calls = connections.map((jobs, index) => jobs[act](job.id, job.steps(titles[index]!)));
    return (await Promise.all(calls)).flatMap(statusNames);
  };
  expect(await all('startSteps')).toEqual(titles.map(() => 'Success'));
  expect(await all('finishSteps')).toEqual(titles.map(() => 'Success'));
  const seqs = (await rowsOf(server, 'job_history')).filter(row => row.job_id === job.id).map(row => row.seq);
  expect(seqs.sort((a, b) => a - b)).toEqual(Array.from({ length: 22 }, (_, index) => index + 1));
  expect(await job.get(ana)).toMatchObject({ closed: true, percentComplete: 100, revision: 21 });
});

describe('two servers on one database', () => {
  let second: RunningServer;
  let benThere: TestUser;

  beforeAll(async () => {
    second = await startServer(
      { store: server.settings, host: '127.0.0.1', port: 0, version: 'test' },
      { logger: pino({ level: 'silent' }), clock: server.clock },
    );
    benThere = { ...ben, jobs: await anotherConnection(ben, { host: second.host, port: second.port }) };
  });

  afterAll(() => second.stop());

  test('of two who start a step through different servers exactly one has it', async () => {
    const template = await publishedTemplate(admin, 'Through two servers', [step('a')]);
    for (let round = 0; round < ROUNDS; round++) {
      const job = await jobOf(admin, template);
      const statuses = (await Promise.all([job.start(ana, 'a'), job.start(benThere, 'a')])).flat();
      expect(statuses.filter(status => status === 'Success')).toHaveLength(1);
      expect(await job.history(ana)).toEqual(['Created', 'Started: a']);
    }
  });

  test('the last two steps are finished through different servers: the job closes exactly once', async () => {
    const template = await publishedTemplate(admin, 'Ended by two servers', [parallel('P', step('a'), step('b'))]);
    for (let round = 0; round < ROUNDS; round++) {
      const job = await jobOf(admin, template);
      await job.start(ana, 'a');
      await job.start(benThere, 'b');
      expect(await Promise.all([job.finish(ana, 'a'), job.finish(benThere, 'b')])).toEqual([['Success'], ['Success']]);
      expect((await job.history(ana)).filter(entry => entry === 'Closed')).toHaveLength(1);
    }
  });
});

describe('starting and closing at once', () => {
  test('a closed job never has a running step, and a running job is never closed', async () => {
    const template = await publishedTemplate(admin, 'Close or start', [step('a')]);
    for (let round = 0; round < ROUNDS; round++) {
      const job = await jobOf(admin, template);
      const start = () => job.start(ana, 'a').then(([status]) => status);
      const close = () => admin.jobs.closeJobs([job.id]).then(String, (error: unknown) => error);
      const [status, closed] =
        round % 2 ? await Promise.all([start(), close()]) : (await Promise.all([close(), start()])).reverse();
      const [row] = (await rowsOf(server, 'job_steps')).filter(({ job_id }) => job_id === job.id);
      const running = row!.state === StepState.RUNNING;
      const { closed: isClosed } = await job.get(admin);
      expect(running && isClosed).toBe(false);
      if (isClosed) {
        expect([status, closed]).toEqual(['JobClosed', 'true']);
        expect(await job.history(admin)).toEqual(['Created', 'Closed']);
      } else {
        expect(status).toBe('Success');
        expect(closed).toBeInstanceOf(SystemException);
        expect(closed).toMatchObject({ errorCode: ErrorCode.WRONG_STATE, slug: 'job-running' });
        expect(await job.history(admin)).toEqual(['Created', 'Started: a']);
      }
    }
  });

  test('two who close the same jobs in different order: one does, the other hears that they are closed', async () => {
    const template = await publishedTemplate(admin, 'Closed twice', [step('a')]);
    const second = await anotherConnection(admin);
    for (let round = 0; round < ROUNDS; round++) {
      const { jobIds } = await admin.jobs.createJobs(template.id, { numberOfJobs: 5 });
      const outcomes = await Promise.allSettled([
        admin.jobs.closeJobs(jobIds),
        second.closeJobs([...jobIds].reverse()),
      ]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const lost = outcomes.find(outcome => outcome.status === 'rejected');
      expect(lost?.reason).toMatchObject({ errorCode: ErrorCode.WRONG_STATE, slug: 'job-closed' });
      for (const id of jobIds) expect(await ana.jobs.getJobHistory(id)).toHaveLength(2);
    }
  });
});
