/** The limits, made small: what happens beyond each, to whom, and the counter that tells whoever runs the server. */
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Limits } from '../../src/server/limits.ts';
import { select } from '../services/job-templates/selection.ts';
import { TestHttp } from '../support/http.ts';
import { expectRefusal } from '../support/refusals.ts';
import { logInAdmin, step, type TestUser } from '../support/seed.ts';
import { TestServer } from '../support/server.ts';
import { gated } from './gate.ts';
import { OwnListener } from './own-listener.ts';
import { decoded, framed, message, RawConnection, resultIn } from './raw.ts';

let server: TestServer;
let admin: TestUser;
let listener: OwnListener;
let http: TestHttp;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
});
afterEach(() => listener.stop());
afterAll(() => server.stop());

/** A server with these limits, asked once for its counters: the connection for that stays. */
async function limited(limits: Partial<Limits>): Promise<void> {
  use(await OwnListener.start(server, {}, { limits }));
  await http.text('/metrics');
}

function use(started: OwnListener): void {
  listener = started;
  http = new TestHttp(started.address);
}

const ping = (seqid = 1): Buffer => framed(message('AuthenticationService:ping', undefined, { seqid }));
const open = () => RawConnection.open(listener.address);

/** A connection that is logged in. */
async function loggedIn() {
  const connection = await listener.connect();
  await connection.service('AuthenticationService').authenticate(admin.token);
  return connection;
}

describe('of connections', () => {
  test('one more than there may be in all is closed, and the others stay', async () => {
    await limited({ connections: 3 });
    const [one, two] = [await open(), await open()];
    one.send(ping());
    await one.answer();
    expect(await (await open()).ended()).toEqual([]);
    expect(await http.refusals('connections')).toBe(1);
    for (const raw of [one, two]) {
      raw.send(ping());
      expect(decoded(await raw.answer())).toMatchObject({ kind: 'reply' });
      raw.close();
    }
  });

  test('one more than an address may have is closed, and another address is served', async () => {
    await limited({ connectionsPerAddress: 2 });
    const one = await open();
    one.send(ping());
    await one.answer();
    expect(await (await open()).ended()).toEqual([]);
    expect(await http.refusals('connections-per-address')).toBe(1);
    const elsewhere = createConnection({ ...listener.address, localAddress: '127.0.0.2' });
    elsewhere.write(ping());
    const [answer] = (await once(elsewhere, 'data')) as [Buffer];
    expect(decoded(answer.subarray(4))).toMatchObject({ kind: 'reply' });
    elsewhere.destroy();
    one.close();
  });

  test('each that has shown no token in time is closed, silent or not', async () => {
    await limited({ unauthenticatedMs: 400 });
    const [silent, asking] = [await open(), await open()];
    asking.send(ping());
    await asking.answer();
    const good = await loggedIn();
    expect(await Promise.all([silent.ended(), asking.ended()])).toEqual([[], []]);
    expect(await http.refusals('unauthenticated')).toBe(2);
    expect(await good.service('AuthenticationService').ping()).toBe('test');
    await good.close();
  });

  test('one on which nothing moves is closed', async () => {
    await limited({ idleMs: 400 });
    const raw = await open();
    raw.send(framed(message('AuthenticationService:ping')));
    await raw.answer();
    expect(await raw.ended()).toEqual([]);
    expect(await http.refusals('idle')).toBe(1);
  });
});

describe('of messages that have begun', () => {
  test('one that is not whole in time ends its connection', async () => {
    await limited({ halfMessageMs: 300 });
    const raw = await open();
    raw.send(ping().subarray(0, 9));
    expect(await raw.ended()).toEqual([]);
    expect(await http.refusals('half-message')).toBe(1);
  });

  test('the one that is too much for all together ends its connection, and the others are answered', async () => {
    await limited({ halfMessagesBytes: 100_000 });
    const unknown = message('AuthenticationService:nope');
    const whole = framed(Buffer.concat([unknown, Buffer.alloc(70_000)]));
    const [one, two] = [await open(), await open()];
    one.send(whole.subarray(0, 60_000));
    await arrived(60_000);
    two.send(whole.subarray(0, 60_000));
    expect(await two.ended()).toEqual([]);
    expect(await http.refusals('half-messages-in-all')).toBe(1);
    one.send(whole.subarray(60_000));
    expect(decoded(await one.answer())).toMatchObject({ kind: 'exception', name: 'nope' });
    one.close();
  });

  test('a body over HTTP that is not whole in time ends its connection', async () => {
    await limited({ halfMessageMs: 300 });
    const raw = await open();
    raw.send(Buffer.from('POST /api/auth HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n{"method"'));
    expect(await raw.ended()).toEqual([]);
    expect(await http.refusals('half-message')).toBe(1);
  });

  test('headers over HTTP that are not whole in time are answered with 408', async () => {
    await limited({ halfMessageMs: 300 });
    const raw = await open();
    raw.send(Buffer.from('POST /api/auth HTTP/1.1\r\nHost: te'));
    expect(String((await raw.ended())[0])).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
  });
});

/** Resolves when so many bytes of Thrift have arrived. */
async function arrived(bytes: number): Promise<void> {
  while ((await http.metric('jobwright_received_bytes_total')) < bytes);
}

test('of requests that wait for their turn, no more are read; all are answered in their order', async () => {
  const gate = await gated(server, { limits: { pipelined: 5 } });
  use(gate.listener);
  const raw = await open();
  const first = Buffer.concat([1, 2, 3, 4, 5, 6, 7, 8].map(ping));
  raw.send(first);
  await gate.entered;
  await arrived(first.length);
  expect(await http.refusals('pipelined')).toBe(1);
  raw.send(Buffer.concat([9, 10].map(ping)));
  for (let round = 0; round < 20; round++)
    expect(await http.metric('jobwright_received_bytes_total')).toBe(first.length);
  gate.open();
  for (let seqid = 1; seqid <= 10; seqid++) expect(decoded(await raw.answer())).toMatchObject({ kind: 'reply', seqid });
  raw.close();
});

test('a call more than are worked on at a time is answered with 503 at once, over Thrift and HTTP', async () => {
  const gate = await gated(server, { limits: { callsInFlight: 1 } });
  use(gate.listener);
  const busy = await open();
  busy.send(ping());
  await gate.entered;
  expect(await http.metric('jobwright_calls_running')).toBe(1);
  const connection = await listener.connect();
  const auth = connection.service('AuthenticationService');
  const message = /^the server works on 1 calls already; try again/;
  const refusal = await expectRefusal(auth.ping(), 503, 'overloaded', message);
  expect(refusal.details).toEqual({ exceeded: 'callsInFlight' });
  const overHttp = await http.send(undefined, '/api/auth', { method: 'POST', body: '{"method": "ping"}' });
  expect(await overHttp.json()).toMatchObject({ result: { err: { errorCode: 503, slug: 'overloaded' } } });
  expect(await http.refusals('overloaded')).toBe(2);
  gate.open();
  expect(resultIn('AuthenticationService', decoded(await busy.answer())).success).toBe('late');
  expect(await auth.ping()).toBe('late');
  expect(await http.metric('jobwright_calls_running')).toBe(0);
  await connection.close();
  busy.close();
});

test('a call without an outcome in time is answered with 503, over Thrift and HTTP, and its connection goes on', async () => {
  const gate = await gated(server, { limits: { requestMs: 300 } });
  use(gate.listener);
  const connection = await listener.connect();
  const auth = connection.service('AuthenticationService');
  const overHttp = http.send(undefined, '/api/auth', { method: 'POST', body: '{"method": "ping"}' });
  const message = /^no outcome after 0.3 s; the call may still be carried out/;
  await expectRefusal(auth.ping(), 503, 'request-time', message);
  expect(await (await overHttp).json()).toMatchObject({ result: { err: { errorCode: 503, slug: 'request-time' } } });
  expect(await http.refusals('request-time')).toBe(2);
  const calls = 'jobwright_calls_total{method="AuthenticationService.ping",outcome="request-time"}';
  expect(await http.metric(calls)).toBe(2);
  gate.open();
  expect(await auth.ping()).toBe('late');
  await connection.close();
});

test('a client that reads none of its answers waits, and is closed after its time', async () => {
  const large = 'x'.repeat(1024 * 1024);
  const functions = { AuthenticationService: { ping: async () => large } };
  use(await OwnListener.start(server, functions, { limits: { unreadBytes: 100_000, unreadMs: 300 } }));
  const raw = await open();
  raw.send(Buffer.concat(Array.from({ length: 100 }, (_, n) => ping(n))));
  // Once because it is not read on, once because it is closed.
  while ((await http.refusals('unread')) < 2);
  expect(await http.refusals('unread')).toBe(2);
  const answers = await raw.ended();
  expect(answers.length).toBeLessThan(100);
  expect(listener.log).toContainEqual(expect.objectContaining({ reason: 'unread', msg: 'a connection is closed' }));
});

test('bodies over HTTP that are not whole count together with half messages', async () => {
  await limited({ halfMessagesBytes: 10_000 });
  const body = Buffer.alloc(20_000, '[');
  const response = await http.send(undefined, '/api/auth', { method: 'POST', body });
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ slug: 'overloaded', details: { exceeded: 'halfMessagesBytes' } });
  expect(await http.refusals('half-messages-in-all')).toBe(1);
  expect(await http.metric('jobwright_half_message_bytes')).toBe(0);
});

test.each([
  ['first', []],
  ['later', [ping()]],
])('a %s frame that is too long is answered with the reason', async (_which, before) => {
  await limited({ messageBytes: 1000 });
  const raw = await open();
  raw.send(...before, Buffer.from([0, 0, 0x20, 0, 0x80, 1]));
  const answers = await raw.ended();
  expect(answers).toHaveLength(before.length + 1);
  expect(decoded(answers.at(-1))).toMatchObject({
    exceptionType: 7,
    exceptionMessage: 'a message of 8192 bytes; expected 1 to 1000',
  });
  expect(await http.refusals('frame-too-long')).toBe(1);
});

test('an answer that is longer than a message may be counts as what it became', async () => {
  const functions = { AuthenticationService: { ping: async () => 'x'.repeat(5000) } };
  use(await OwnListener.start(server, functions, { limits: { messageBytes: 4000 } }));
  const connection = await listener.connect();
  await expectRefusal(connection.service('AuthenticationService').ping(), 400, 'limit-exceeded', /4000 bytes/);
  const calls = (outcome: string) => `jobwright_calls_total{method="AuthenticationService.ping",outcome="${outcome}"}`;
  expect([await http.metric(calls('ok')), await http.metric(calls('limit-exceeded'))]).toEqual([0, 1]);
  await connection.close();
});

describe('of what stands in a message', () => {
  const fetch = (count: number) => async () => {
    const connection = await loggedIn();
    const ids = Array.from({ length: count }, (_, n) => `template-${n}`);
    await connection
      .service('JobTemplateService')
      .fetch(select(), ids)
      .finally(() => connection.close());
  };
  const addStep = async () => {
    const connection = await loggedIn();
    const templates = connection.service('JobTemplateService');
    await templates.addStepModular('any', 'any', step('Deep'), -1, false).finally(() => connection.close());
  };
  const login = (email: string) => async () => {
    const connection = await listener.connect();
    await connection
      .service('AuthenticationService')
      .login(email, 'a-long-password', {})
      .finally(() => connection.close());
  };

  test.each<[reason: string, limits: Partial<Limits>, beyond: () => Promise<void>, text: RegExp]>([
    ['string-bytes', { stringBytes: 100 }, login('x'.repeat(101)), /^email: /],
    ['container-elements', { containerElements: 10 }, fetch(11), /^templateIds: /],
    ['message-elements', { messageElements: 50 }, fetch(60), /50/],
    ['nesting', { nesting: 2 }, addStep, /2 levels/],
  ])('more than may is refused and counted as %s', async (reason, limits, beyond, text) => {
    await limited(limits);
    await expectRefusal(beyond(), 400, 'limit-exceeded', text);
    expect(await http.refusals(reason)).toBe(1);
  });

  test('the elements of an array in plain JSON count like those of a list', async () => {
    await limited({ containerElements: 10 });
    const templateIds = Array.from({ length: 11 }, (_, n) => `template-${n}`);
    const body = JSON.stringify({ method: 'fetch', arguments: { templateIds } });
    const response = await http.send(admin, '/api/job_templates', { method: 'POST', body });
    expect(await response.json()).toMatchObject({
      result: { err: { slug: 'limit-exceeded', message: 'templateIds: a container of 11 elements; at most 10' } },
    });
    expect(await http.refusals('container-elements')).toBe(1);
  });

  test('as much as may is taken', async () => {
    await limited({ stringBytes: 100, containerElements: 10, messageElements: 50 });
    await expectRefusal(login('x'.repeat(100))(), 401, 'bad-credentials');
    await fetch(10)();
  });
});
