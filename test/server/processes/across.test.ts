/** Two processes on one database: what one of them does holds at the other, and what the server does by itself is done by one of them. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { JobTemplateLockFailed } from '#gen/job_template_types';
import { StepState } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import { hold, holdsOf, holdUntil, unhold, waitFor } from '../../services/jobs/held.ts';
import { doing } from '../../support/actions.ts';
import { kindOf, Reader, until } from '../../support/events.ts';
import { jobOf, newJob } from '../../support/jobs.ts';
import { Receiver } from '../../support/receiver.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { logInAdmin, newTemplate, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestSocket } from '../../support/web-socket.ts';
import { type Pair, pairs } from './pair.ts';

const ROUNDS = 20;
/** What another process has done shows after so long. */
const WITHIN_MS = 1000;

describe.each(pairs)('%s', (_name, start) => {
  let pair: Pair;
  /** The administrator at one of the processes, and at the other. */
  let here: TestUser;
  let there: TestUser;
  let people = 0;

  beforeAll(async () => {
    pair = await start();
    here = await logInAdmin(pair.sides[0]);
    there = await logInAdmin(pair.sides[1]);
  }, 60_000);
  afterAll(() => pair.stop());

  /** The same token at the other process. */
  async function alsoThere(user: TestUser): Promise<TestUser> {
    const connection = await pair.sides[1].connect();
    const auth = connection.service('AuthenticationService');
    await auth.authenticate(user.token);
    const [jobs, templates] = [connection.service('JobsService'), connection.service('JobTemplateService')];
    return { ...user, connection, auth, jobs, templates, teams: connection.service('TeamService') };
  }

  const somebody = (...roles: TeamRole[]) => newUser(pair.sides[0], here, `user${++people}`, ...roles);

  const readerAt = async (user: TestUser, side: 0 | 1): Promise<Reader> => {
    const connection = await pair.sides[side].connect();
    await connection.service('AuthenticationService').authenticate(user.token);
    return new Reader(connection.service('NotificationService'), user.teamId).begin();
  };

  test('of two who take a lock at once one wins, and the other is told who', async () => {
    const ben = await alsoThere(await somebody(TeamRole.AUTHOR));
    const { id } = await newTemplate(here, 'Contested', [step('a')]);
    for (let round = 0; round < ROUNDS; round++) {
      const callers = round % 2 ? [here, ben] : [ben, here];
      const outcomes = await Promise.allSettled(callers.map(({ templates }) => templates.acquireLock(id)));
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const winner = callers[outcomes.findIndex(({ status }) => status === 'fulfilled')]!;
      const { reason } = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
      expect(reason).toBeInstanceOf(JobTemplateLockFailed);
      expect(reason.previousLock).toMatchObject({ owned: false, lockHolder: { id: winner.id } });
      await winner.templates.releaseLock(id);
    }
  });

  test('a token that is revoked at one is good for nothing at the other a second later, and its locks are free at once', async () => {
    const { id } = await newTemplate(here, 'Left behind', [step('a')]);
    for (let round = 0; round < 3; round++) {
      const ana = await somebody(TeamRole.AUTHOR);
      const anaThere = await alsoThere(ana);
      await anaThere.templates.acquireLock(id);
      await ana.auth.logout();
      await there.templates.acquireLock(id);
      await there.templates.releaseLock(id);
      // Her last call there was a moment ago: the other process still remembers her.
      await pause(WITHIN_MS);
      await expectRefusal(anaThere.templates.get(id), ErrorCode.INVALID_TOKEN, 'invalid-token');
    }
  });

  test('web sockets at both end when their token is revoked at one', async () => {
    const ana = await somebody(TeamRole.AUTHOR);
    const job = await newJob(here, [step('a')]);
    const sockets = [];
    for (const address of pair.addresses) sockets.push(await TestSocket.open(address, { user: ana }));
    for (const socket of sockets) socket.subscribe([job.id]);
    for (const socket of sockets) await socket.hears(1);
    await ana.auth.logout();
    for (const socket of sockets)
      expect(await socket.isClosed()).toEqual({ code: 1008, reason: 'the token has ended' });
  });

  test('roles that are given and taken at one hold at the other a second later', async () => {
    const ana = await somebody(TeamRole.EXECUTOR);
    const anaThere = await alsoThere(ana);
    const create = () => anaThere.templates.create(ana.teamId, { title: 'Hers' }, []);
    for (let round = 0; round < 2; round++) {
      await expectRefusal(create(), ErrorCode.INSUFFICIENT_PERMISSIONS, 'insufficient-permissions');
      await here.teams.updateUserRoles(ana.teamId, ana.id, [TeamRole.AUTHOR]);
      await pause(WITHIN_MS);
      await create();
      await here.teams.updateUserRoles(ana.teamId, ana.id, [TeamRole.EXECUTOR]);
      await pause(WITHIN_MS);
    }
  });

  test('an account that is disabled at one is shut out of the other a second later', async () => {
    const ana = await alsoThere(await somebody(TeamRole.AUTHOR));
    await ana.templates.create(ana.teamId, { title: 'Hers' }, []);
    await here.users.disableUser(ana.id);
    await pause(WITHIN_MS);
    await expectRefusal(ana.teams.listAllRegions(), ErrorCode.INVALID_TOKEN, 'invalid-token');
  });

  test('who waits at one hears within a second what happens at the other', async () => {
    const job = await newJob(here, [step('a')]);
    const reader = await readerAt(here, 1);
    const waited: number[] = [];
    for (let round = 0; round < 5; round++) {
      const news = reader.poll({}, 60_000);
      await pause(100);
      const at = performance.now();
      await here.jobs.addJobComment(job.id, `Round ${round}`);
      expect((await news).events.map(kindOf)).toEqual(['JobCommentUpdated']);
      waited.push(performance.now() - at);
    }
    // One of five, since the machine may be busy with something else for a while.
    expect(Math.min(...waited)).toBeLessThan(WITHIN_MS);
  });

  test('readers at both get every event of writers at both, once, and in the same order', async () => {
    const template = await publishedTemplate(here, 'Pump', [step('a')]);
    const readers = [await readerAt(here, 0), await readerAt(here, 1)];
    let writing = true;
    const write = async (user: TestUser) => {
      const deeds: string[] = [];
      for (let round = 0; round < 40; round++) {
        const { jobIds } = await user.jobs.createJobs(template.id, { numberOfJobs: 1 + (round % 3) });
        deeds.push(...jobIds);
      }
      return deeds;
    };
    const read = async (reader: Reader) => {
      const got: string[] = [];
      const take = async (waitMs: number) => {
        const { events } = await reader.poll({}, waitMs);
        got.push(...events.map(event => `${kindOf(event)} ${event.jobId}`));
        return events.length;
      };
      while (writing) await take(200);
      while ((await take(0)) > 0);
      return got;
    };
    const reading = readers.map(read);
    const deeds = (await Promise.all([here, there].map(write))).flat();
    writing = false;
    const [one, two] = (await Promise.all(reading)) as [string[], string[]];
    expect([...one].sort()).toEqual(deeds.map(jobId => `Created ${jobId}`).sort());
    expect(two).toEqual(one);
  });

  test('a request id that was used at one gives the same jobs at the other, also when both come at once', async () => {
    const template = await publishedTemplate(here, 'Ordered', [step('a')]);
    const create = ({ jobs }: TestUser, requestId: string) =>
      jobs.createJobs(template.id, { requestId, numberOfJobs: 3 });
    const first = await create(here, 'order-1');
    expect(first.jobIds).toHaveLength(3);
    const same = await alsoThere(here);
    expect((await create(same, 'order-1')).jobIds).toEqual(first.jobIds);
    for (let round = 0; round < ROUNDS; round++) {
      const made = await Promise.all([here, same].map(user => create(user, `both-${round}`)));
      expect(made[0]!.jobIds).toEqual(made[1]!.jobIds);
    }
  });

  test('a step that is started at both at once is started by one', async () => {
    const template = await publishedTemplate(here, 'Raced', [step('a'), step('b')]);
    const ben = await alsoThere(await somebody(TeamRole.EXECUTOR));
    for (let round = 0; round < ROUNDS; round++) {
      const job = await jobOf(here, template);
      const statuses = (await Promise.all([job.start(here, 'a'), job.start(ben, 'a')])).flat();
      expect(statuses.filter(status => status === 'Success')).toHaveLength(1);
      expect(await job.history(ben)).toEqual(['Created', 'Started: a']);
    }
  });

  test('a hold that is released at both at once is released once', async () => {
    const template = await publishedTemplate(here, 'Held', [step('a')]);
    for (let round = 0; round < ROUNDS; round++) {
      const job = await jobOf(here, template);
      await hold(here, job, 'a');
      await Promise.all([unhold(here, job, 'a'), unhold(there, job, 'a')]);
      expect((await job.history(there)).filter(entry => entry === 'HoldReleased: a')).toHaveLength(1);
      expect(await job.start(there, 'a')).toEqual(['Success']);
    }
  });

  test('a job that waits for steps that are done at both at once goes on, once', async () => {
    const template = await publishedTemplate(here, 'Waiting', [step('a'), step('b')]);
    for (let round = 0; round < ROUNDS; round++) {
      const [waiting, one, two] = [
        await jobOf(here, template),
        await jobOf(here, template),
        await jobOf(there, template),
      ];
      await waitFor(here, waiting, ['a'], one, 'a');
      await waitFor(there, waiting, ['a'], two, 'a');
      await one.start(here, 'a');
      await two.start(there, 'a');
      expect(await Promise.all([one.finish(here, 'a'), two.finish(there, 'a')])).toEqual([['Success'], ['Success']]);
      expect((await waiting.history(here)).slice(3)).toEqual(['HoldReleased: a', 'HoldReleased: a', 'Reactivated']);
      expect(await waiting.start(there, 'a')).toEqual(['Success']);
    }
  });

  test('what is due is released by one of them, once', async () => {
    const template = await publishedTemplate(here, 'Due', [step('a')]);
    const at = Date.now() + 2000;
    const jobs = [];
    for (let n = 0; n < 20; n++) {
      const job = await jobOf([here, there][n % 2]!, template);
      await holdUntil([here, there][n % 2]!, job, at, 'a');
      jobs.push(job);
    }
    for (const job of jobs) {
      await until(async () => (await holdsOf(there, job))[0]!.releasedDate != null);
      expect((await job.history(here)).filter(entry => entry === 'HoldReleased: a')).toHaveLength(1);
    }
  });

  test('a call to a service is made by one of them, once', async () => {
    const service = new Receiver();
    const url = await service.start();
    const call = doing('call', { webRequest: { httpMethod: 'POST', url } }, { automatic: true });
    const template = await publishedTemplate(here, 'Calling', [call, step('after')]);
    const made = await Promise.all(
      [here, there].map(({ jobs }) => jobs.createJobs(template.id, { numberOfJobs: 20 }).then(({ jobIds }) => jobIds)),
    );
    await until(async () => {
      const jobs = await Promise.all(made.flat().map(jobId => here.jobs.getJob(jobId, {})));
      return jobs.every(({ currentSteps }) => currentSteps.every(({ state }) => state === StepState.COMPLETED));
    });
    const runs = service.got.map(({ headers }) => headers['x-jobwright-run']);
    expect(runs).toHaveLength(40);
    expect(new Set(runs).size).toBe(40);
    service.stop();
  });

  test('a webhook is told each event by one of them, once and in order', async () => {
    const hook = new Receiver();
    const url = await hook.start();
    const notifications = here.connection.service('NotificationService');
    const template = await publishedTemplate(here, 'Told', [step('a')]);
    const { webhookId } = await notifications.setEventWebhook(here.teamId, '', url, {});
    const made = await Promise.all(
      [here, there].map(async ({ jobs }) => {
        const ids: string[] = [];
        for (let n = 0; n < 15; n++) ids.push(...(await jobs.createJobs(template.id, {})).jobIds);
        return ids;
      }),
    );
    const told = () =>
      hook.got.flatMap(({ body }) => JSON.parse(body).events.map((event: Told) => event.message.jobId));
    await until(() => told().length >= 30);
    expect([...told()].sort()).toEqual(made.flat().sort());
    for (const ids of made) expect(told().filter(jobId => ids.includes(jobId))).toEqual(ids);
    await notifications.removeEventWebhook(here.teamId, webhookId);
    hook.stop();
  });
});

interface Told {
  readonly message: { readonly jobId: string };
}
