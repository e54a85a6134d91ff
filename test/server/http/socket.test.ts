/** The web socket: subscribing to jobs, what is told of them, answers to steps, and its bounds. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import WebSocket from 'ws';
import { TeamRole } from '#gen/user_types';
import { until } from '../../support/events.ts';
import { TestHttp } from '../../support/http.ts';
import { newJob, stepOf } from '../../support/jobs.ts';
import { logIn, logInAdmin, newOutsider, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { type Opening, TestSocket } from '../../support/web-socket.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let outsider: TestUser;
let http: TestHttp;
const sockets: TestSocket[] = [];

beforeAll(async () => {
  server = await TestServer.start({
    limits: {
      sockets: 6,
      socketsPerUser: 4,
      subscriptions: 50,
      unauthenticatedMs: 2000,
      jsonBytes: 100_000,
      unreadBytes: 100_000,
    },
  });
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR, TeamRole.JOBCREATOR);
  outsider = await newOutsider(server, admin);
  http = new TestHttp(server.address);
});
afterAll(() => server.stop());
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.end();
  await until(async () => (await http.metric('jobwright_sockets')) === 0);
});

async function open(opening: Opening = { user: ana }): Promise<TestSocket> {
  const socket = await TestSocket.open(server.address, opening);
  sockets.push(socket);
  return socket;
}

describe('who subscribes', () => {
  test('hears where each job stands, and then what becomes of it, in order', async () => {
    const job = await newJob(ana, [stepOf('One', ana)]);
    const other = await newJob(ana, [step('One')]);
    const socket = await open();
    socket.subscribe([job.id, other.id], { senderId: 'me' });
    const [state] = await socket.hears(2);
    expect(state).toEqual({
      msgType: 'JobState',
      timestamp: expect.any(Number),
      message: {
        jobId: job.id,
        jobStatus: 'Open',
        closed: false,
        senderId: 'me',
        teamId: ana.teamId,
        templateId: expect.any(String),
        stepStates: [
          {
            stepId: job.step('One'),
            stepName: 'One',
            assignedTo: ana.id,
            assignedType: 'User',
            canSkip: false,
            state: 'READY',
          },
        ],
      },
    });
    await ana.jobs.closeJobs([other.id, job.id]);
    const heard = (await socket.hears(4)).slice(2);
    expect(heard.map(({ msgType, message }) => [msgType, message.jobId, message.closed])).toEqual([
      ['JobUpdated', other.id, true],
      ['JobUpdated', job.id, true],
    ]);
  });

  test('hears nothing of other jobs, nor of those that it may not see', async () => {
    const job = await newJob(ana, [step('One')]);
    const other = await newJob(ana, [step('One')]);
    const [socket, foreign] = [await open(), await open({ user: outsider })];
    socket.subscribe([job.id]);
    foreign.subscribe([job.id]);
    await socket.hears(1);
    await ana.jobs.closeJobs([other.id]);
    await ana.jobs.closeJobs([job.id]);
    await socket.hears(2);
    expect(socket.heard.map(({ message }) => message.jobId)).toEqual([job.id, job.id]);
    foreign.say({ msgType: 'end' });
    expect((await foreign.hears(1)).map(({ msgType }) => msgType)).toEqual(['Error']);
  });

  test('and ends it, hears nothing more: of some jobs, or of all', async () => {
    const jobs = [await newJob(ana, [step('A')]), await newJob(ana, [step('B')]), await newJob(ana, [step('C')])];
    const [one, two, three] = jobs.map(({ id }) => id) as [string, string, string];
    const socket = await open();
    socket.subscribe([one, two, three]);
    await socket.hears(3);
    socket.say({ msgType: 'unsubscribe', jobIds: [one] });
    socket.subscribe([two]);
    await socket.hears(4);
    await ana.jobs.closeJobs([one, two]);
    expect((await socket.hears(5))[4]!.message.jobId).toBe(two);
    socket.say({ msgType: 'unsubscribe', all: true });
    socket.subscribe([one]);
    await socket.hears(6);
    await ana.jobs.closeJobs([three]);
    await ana.jobs.createJobs((await jobs[0]!.get(ana)).jobTemplateId, {});
    await pause(300);
    expect(socket.heard).toHaveLength(6);
  });

  test('hears every event once and in order, however many write', async () => {
    const template = await publishedTemplate(ana, 'Pump', [step('One')]);
    const { jobIds } = await ana.jobs.createJobs(template.id, { numberOfJobs: 40 });
    const [one, two] = [await open(), await open()];
    for (const socket of [one, two]) socket.subscribe(jobIds);
    await Promise.all([one.hears(40), two.hears(40)]);
    const writers = await Promise.all([logIn(server, ana.email, ana.password), logIn(server, ana.email, ana.password)]);
    await Promise.all(jobIds.map((jobId, index) => writers[index % 2]!.jobs.closeJobs([jobId])));
    await Promise.all([one.hears(80), two.hears(80)]);
    const closed = one.heard.slice(40).map(({ message }) => message.jobId);
    expect([...closed].sort()).toEqual([...jobIds].sort());
    expect(two.heard.slice(40)).toEqual(one.heard.slice(40));
  });

  test('gets with each event a cursor from which poll goes on', async () => {
    const jobs = [await newJob(ana, [step('A')]), await newJob(ana, [step('B')])];
    const socket = await open();
    socket.subscribe([jobs[0]!.id]);
    await socket.hears(1);
    await ana.jobs.closeJobs([jobs[0]!.id]);
    const cursor = (await socket.hears(2))[1]!.message.cursor as string;
    await ana.jobs.closeJobs([jobs[1]!.id]);
    const { events } = await ana.connection.service('NotificationService').poll(cursor, {}, 0);
    expect(events.map(({ jobId }) => jobId)).toEqual([jobs[1]!.id]);
  });
});

describe('the token', () => {
  test.each([
    ['in the header', (): Opening => ({ user: ana })],
    ['in the address', (): Opening => ({ query: `?token=${ana.token}` })],
  ])('comes %s', async (_, opening) => {
    const job = await newJob(ana, [step('One')]);
    const socket = await open(opening());
    socket.subscribe([job.id]);
    expect((await socket.hears(1))[0]!.msgType).toBe('JobState');
  });

  test('comes in the message', async () => {
    const job = await newJob(ana, [step('One')]);
    const socket = await open({});
    socket.subscribe([job.id], { token: ana.token });
    expect((await socket.hears(1))[0]!.msgType).toBe('JobState');
  });

  test.each([
    ['is missing', {}, 'not-logged-in'],
    ['is none', { token: 'guess' }, 'invalid-token'],
  ])('that %s is refused with a message', async (_, more, slug) => {
    const job = await newJob(ana, [step('One')]);
    const socket = await open({});
    socket.subscribe([job.id], more);
    const [heard] = await socket.hears(1);
    expect(heard).toMatchObject({ msgType: 'Error', message: { msgCode: slug } });
  });

  test("of another user is refused: a socket is one user's", async () => {
    const job = await newJob(ana, [step('One')]);
    const socket = await open();
    socket.subscribe([job.id]);
    await socket.hears(1);
    socket.subscribe([job.id], { token: admin.token });
    expect((await socket.hears(2))[1]).toMatchObject({ msgType: 'Error', message: { msgCode: 'invalid-argument' } });
  });

  test('that ends, ends the socket, though nothing happens', async () => {
    const session = await logIn(server, ana.email, ana.password);
    const job = await newJob(ana, [step('One')]);
    const socket = await open({ user: session });
    socket.subscribe([job.id]);
    await socket.hears(1);
    await session.auth.logout();
    expect(await socket.isClosed()).toEqual({ code: 1008, reason: 'the token has ended' });
    expect(socket.heard.at(-1)).toMatchObject({ msgType: 'Error', message: { msgCode: 'invalid-token' } });
  });

  test('that never comes closes the socket', async () => {
    const socket = await open({});
    expect(await socket.isClosed()).toEqual({ code: 1008, reason: 'no token came' });
    expect(await http.refusals('unauthenticated')).toBeGreaterThan(0);
  });
});

describe('an answer to a step', () => {
  test('goes to respondToStep like a call; what refuses it comes back as an Error', async () => {
    const job = await newJob(ana, [step('One')]);
    const socket = await open();
    const calls = 'jobwright_call_seconds_count{method="JobsService.respondToStep"}';
    const before = await http.metric(calls);
    const message = { jobId: job.id, stepId: job.step('One'), questionResponse: 'yes' };
    socket.say({ msgType: 'StepInfoResponse', message });
    const [heard] = await socket.hears(1);
    expect(heard).toMatchObject({ message: { jobId: job.id, stepId: job.step('One'), msgCode: expect.any(String) } });
    expect(heard!.msgType).toMatch(/^(Error|StepInfoRequiredError)$/);
    expect(await http.metric(calls)).toBe(before + 1);
  });

  test.each([
    ['no message', undefined],
    ['no job', { stepId: 's', questionResponse: 'yes', stranger: 1 }],
    ['a number', { jobId: 7, stepId: 's', questionResponse: 'yes' }],
  ])('with %s is refused', async (_, message) => {
    const socket = await open();
    socket.say({ msgType: 'StepInfoResponse', message });
    expect((await socket.hears(1))[0]).toMatchObject({ msgType: 'Error', message: { msgCode: 'invalid-argument' } });
  });
});

describe('what cannot be meant is refused, and the socket goes on:', () => {
  test.each([
    ['no JSON', '{"msgType"'],
    ['no object', '[]'],
    ['no msgType', { jobIds: [] }],
    ['an unknown msgType', { msgType: 'dance' }],
    ['jobIds that are none', { msgType: 'subscribe', jobIds: 'all' }],
    ['no jobIds', { msgType: 'subscribe', jobIds: [] }],
    ['jobIds of numbers', { msgType: 'unsubscribe', jobIds: [1] }],
    ['U+0000 in a jobId', { msgType: 'subscribe', jobIds: ['a\0b'] }],
    ['half of a surrogate pair in a jobId', { msgType: 'subscribe', jobIds: ['\ud83d'] }],
    ['depth without end', `{"msgType":"subscribe","jobIds":${'['.repeat(5000)}${']'.repeat(5000)}}`],
  ])('%s', async (_, said) => {
    const job = await newJob(ana, [step('One')]);
    const socket = await open();
    socket.say(said);
    socket.subscribe([job.id]);
    const [error] = await socket.hears(2);
    expect(socket.kinds).toEqual(['Error', 'JobState']);
    expect(error).toMatchObject({ message: { msgCode: expect.stringMatching(/^(invalid-argument|limit-exceeded)$/) } });
  });
});

describe('bounds:', () => {
  test('subscriptions of a socket', async () => {
    const socket = await open();
    socket.subscribe(Array.from({ length: 51 }, (_, index) => `job${index}`));
    expect((await socket.hears(1))[0]).toMatchObject({ message: { msgCode: 'limit-exceeded' } });
    expect(await http.refusals('subscriptions')).toBe(1);
  });

  test('sockets of a user', async () => {
    const job = await newJob(ana, [step('One')]);
    for (let count = 0; count < 4; count++) (await open()).subscribe([job.id]);
    await Promise.all(sockets.map(socket => socket.hears(1)));
    const fifth = await open();
    fifth.subscribe([job.id]);
    expect(await fifth.isClosed()).toEqual({ code: 1013, reason: 'overloaded' });
    expect(await http.refusals('sockets-per-user')).toBe(1);
    sockets[0]!.end();
    await until(async () => (await http.metric('jobwright_sockets')) === 3);
    const again = await open();
    again.subscribe([job.id]);
    expect((await again.hears(1))[0]!.msgType).toBe('JobState');
  });

  test('sockets in all', async () => {
    for (let count = 0; count < 6; count++) await open({});
    const seventh = new WebSocket(`ws://${server.address.host}:${server.address.port}/api/notifications/socket`);
    const [error] = await once(seventh, 'error');
    expect(String(error)).toMatch(/503/);
    expect(await http.refusals('sockets')).toBe(1);
  });

  test('bytes of a message', async () => {
    const socket = await open();
    socket.say('x'.repeat(100_001));
    expect((await socket.isClosed()).code).toBe(1009);
    expect(await http.refusals('json-bytes')).toBe(1);
  });

  test('messages in binary are none', async () => {
    const socket = await open();
    socket.socket.send(Buffer.from('{}'));
    expect((await socket.isClosed()).code).toBe(1003);
  });

  test('a client that reads nothing is closed', async () => {
    const socket = await open();
    const job = await newJob(ana, [step('One')]);
    socket.subscribe([job.id]);
    await socket.hears(1);
    socket.socket.pause();
    const unread = await http.refusals('unread');
    // Each is answered with an Error that names it: more than the systems on the way hold for a client.
    for (let round = 0; round < 1000 && (await http.refusals('unread')) === unread; round++)
      for (let count = 0; count < 200; count++) socket.say({ msgType: 'x'.repeat(80) });
    await until(async () => (await http.refusals('unread')) > unread);
    socket.socket.resume();
    await socket.isClosed();
  });
});

test('other paths, and other protocols, are no web socket', async () => {
  const elsewhere = new WebSocket(`ws://${server.address.host}:${server.address.port}/api/jobs`);
  const [error] = await once(elsewhere, 'error');
  expect(String(error)).toMatch(/Unexpected server response: 40[45]/);
  const plain = await http.send(undefined, '/api/notifications/socket');
  expect(plain.status).toBe(404);
});

test('a socket whose handshake makes no sense is closed', async () => {
  const raw = connect(server.address);
  raw.write(
    'GET /api/notifications/socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 1\r\n\r\n',
  );
  const [answer] = await once(raw, 'data');
  expect(String(answer)).toMatch(/^HTTP\/1.1 400/);
  raw.destroy();
});

test('a server that stops closes its sockets, and says why', async () => {
  const job = await newJob(ana, [step('One')]);
  const socket = await open();
  socket.subscribe([job.id]);
  await socket.hears(1);
  await server.restart();
  expect(await socket.isClosed()).toEqual({ code: 1001, reason: 'the server stops' });
  http = new TestHttp(server.address);
});
