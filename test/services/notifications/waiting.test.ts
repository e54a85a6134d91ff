/** A poll that waits: it wakes when something happens, ends when it should, and is in nobody's way. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { ErrorCode } from '#gen/common_types';
import { NotificationType, type PollResult } from '#gen/notifications_types';
import { TeamRole } from '#gen/user_types';
import { uuids } from '../../../src/base/ids.ts';
import { connect } from '../../../src/client/connect.ts';
import { type RunningServer, startServer } from '../../../src/server/server.ts';
import { Reader as EventReader, kindOf, type Reader, readerOf, until } from '../../support/events.ts';
import { TestHttp } from '../../support/http.ts';
import { newJob } from '../../support/jobs.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { logIn, logInAdmin, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let reader: Reader;
let http: TestHttp;

beforeAll(async () => {
  server = await TestServer.start({ limits: { callsInFlight: 3, requestMs: 2000, unreadMs: 1000 } });
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR, TeamRole.JOBCREATOR);
  http = new TestHttp(server.address);
});
afterAll(() => server.stop());
beforeEach(async () => {
  reader = await (await readerOf(server, ana)).begin();
});

const waiting = (count: number) => until(async () => (await http.metric('jobwright_calls_waiting')) === count);
const nothingWaits = () => waiting(0);
afterEach(nothingWaits);

/** Begun one after the other: few calls are worked on at a time here. */
async function waitingPolls(count: number, timeoutMs: number): Promise<Promise<PollResult>[]> {
  const polls: Promise<PollResult>[] = [];
  for (let begun = 1; begun <= count; begun++) {
    const one = await (await readerOf(server, ana)).begin();
    polls.push(one.poll({}, timeoutMs));
    await waiting(begun);
  }
  return polls;
}

describe('a poll that waits', () => {
  test('wakes for what happens, with all of one call together', async () => {
    const template = await publishedTemplate(ana, 'Pump', [step('One')]);
    await reader.begin();
    const polling = reader.poll({}, 60_000);
    await waiting(1);
    const { jobIds } = await ana.jobs.createJobs(template.id, { numberOfJobs: 5 });
    expect((await polling).events.map(({ jobId }) => jobId)).toEqual(jobIds);
  });

  test('does not wake for what its filter leaves out, and goes on behind it', async () => {
    const polling = reader.poll({ msgTypes: [NotificationType.JobUpdated] }, 60_000);
    await waiting(1);
    const job = await newJob(ana, [step('One')]);
    await ana.jobs.closeJobs([job.id]);
    const { events } = await polling;
    expect(events.map(kindOf)).toEqual(['JobUpdated']);
    expect(await reader.all()).toEqual([]);
  });

  test('answers without an event when its time is over', async () => {
    expect((await reader.poll({}, 50)).events).toEqual([]);
    await newJob(ana, [step('One')]);
    expect((await reader.all()).length).toBeGreaterThan(0);
  });

  test('outlives the time that a call may take, over TCP and over HTTP', async () => {
    const body = {
      method: 'poll',
      arguments: { cursor: reader.cursor, filter: { teamId: ana.teamId }, timeoutMs: 9000 },
    };
    const overHttp = http.send(ana, '/api/notifications', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const overTcp = reader.poll({}, 9000);
    await waiting(2);
    // Longer than requestMs, and than a silent HTTP connection may be.
    await pause(4500);
    expect(await http.metric('jobwright_calls_waiting')).toBe(2);
    await newJob(ana, [step('One')]);
    expect((await overTcp).events.length).toBeGreaterThan(0);
    const answer = (await (await overHttp).json()) as { result: { success: PollResult } };
    expect(answer.result.success.events.length).toBeGreaterThan(0);
  });

  test('is no call that is worked on: more can wait than are worked on at a time', async () => {
    const polls = await waitingPolls(10, 60_000);
    expect(await http.metric('jobwright_calls_running')).toBe(0);
    await newJob(ana, [step('One')]);
    const told = await Promise.all(polls);
    expect(told.every(({ events }) => events.length > 0)).toBe(true);
  });

  test('asks the database nothing but twice a second for all', async () => {
    const polls = await waitingPolls(5, 5000);
    server.statements = [];
    await Promise.all(polls);
    const looks = server.statements.filter(text => /from "?events/.test(text));
    expect(looks.length).toBeGreaterThan(0);
    expect(looks.length).toBeLessThanOrEqual(11);
  });

  test('ends when its client is gone', async () => {
    const connection = await server.connect();
    await connection.service('AuthenticationService').authenticate(ana.token);
    const polling = connection.service('NotificationService').poll(reader.cursor, { teamId: ana.teamId }, 60_000);
    const lost = expect(polling).rejects.toThrow(/connection/);
    await waiting(1);
    await connection.close();
    await nothingWaits();
    await lost;
  });

  test('ends when its client over HTTP is gone', async () => {
    const gone = new AbortController();
    const body = { method: 'poll', arguments: { cursor: '', filter: { teamId: ana.teamId }, timeoutMs: 60_000 } };
    const sending = fetch(`${http.origin}/api/notifications`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ana.token}` },
      body: JSON.stringify(body),
      signal: gone.signal,
    });
    await waiting(1);
    gone.abort();
    await expect(sending).rejects.toThrow();
    await nothingWaits();
  });

  test('is refused when its token has ended meanwhile, and tells nothing', async () => {
    const session = await logIn(server, ana.email, ana.password);
    const reading = await (await readerOf(server, session)).begin();
    const refused = expectRefusal(reading.poll({}, 60_000), ErrorCode.INVALID_TOKEN, 'invalid-token');
    await waiting(1);
    await session.auth.logout();
    await newJob(ana, [step('One')]);
    await refused;
  });

  test('is refused when its user works in the team no more', async () => {
    const ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
    const reading = await (await readerOf(server, ben)).begin();
    const refused = expectRefusal(reading.poll({}, 60_000), ErrorCode.NOT_FOUND, 'team-not-found');
    await waiting(1);
    await admin.teams.removeUserFromTeam(ben.teamId, ben.id);
    await newJob(ana, [step('One')]);
    await refused;
  });
});

describe('of another server process', () => {
  let other: RunningServer;
  let away: Reader;
  let isUp: boolean;

  beforeEach(async () => {
    other = await startServer(
      { store: server.settings, host: '127.0.0.1', port: 0, version: 'test' },
      { logger: pino({ level: 'silent' }), clock: server.clock, ids: uuids },
    );
    const connection = await connect({ host: other.host, port: other.port });
    await connection.service('AuthenticationService').authenticate(ana.token);
    isUp = true;
    away = await new EventReader(connection.service('NotificationService'), ana.teamId).begin();
  });
  afterEach(async () => {
    if (isUp) await other.stop();
  });

  test('events wake a poll too', async () => {
    const polling = away.poll({}, 60_000);
    const job = await newJob(ana, [step('One')]);
    const seen = [...(await polling).events, ...(await away.all())];
    while (!seen.some(({ jobId }) => jobId === job.id)) seen.push(...(await away.poll({}, 60_000)).events);
    expect(seen.map(kindOf)).toContain('Created');
  });

  test('a poll is answered without an event when that server stops, and goes on elsewhere', async () => {
    const polling = away.poll({}, 60_000);
    await until(async () => (await new TestHttp(other).metric('jobwright_calls_waiting')) === 1);
    const [{ events, cursor }] = await Promise.all([polling, other.stop()]);
    isUp = false;
    expect(events).toEqual([]);
    await newJob(ana, [step('One')]);
    reader.cursor = cursor;
    expect(await reader.kinds()).toContain('Created');
  });

  test('a cursor is good at every server of the database', async () => {
    away.cursor = reader.cursor;
    await newJob(ana, [step('One')]);
    expect(await away.kinds()).toEqual(await reader.kinds());
  });
});
