/**
 * Messages that are no good calls, and clients that behave badly: what each gets for an answer, whether its connection goes on,
 * that nothing is written, and that everybody else is served as before.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Kysely } from 'kysely';
import thrift from 'thrift';
import type { Database } from '../../src/store/schema.ts';
import { logInAdmin, newTemplate, step, type TestUser } from '../support/seed.ts';
import { TestServer } from '../support/server.ts';
import {
  args,
  binary,
  compact,
  decoded,
  framed,
  lengthOnly,
  message,
  nothing,
  RawConnection,
  type Reply,
  resultIn,
} from './raw.ts';

const { MessageType, TApplicationExceptionType } = thrift.Thrift;

let server: TestServer;
let admin: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
});
afterAll(() => server.stop());

const protocols = [
  { protocol: 'binary', Protocol: binary },
  { protocol: 'compact', Protocol: compact },
];

const authenticate = (options = {}): Buffer =>
  message('authenticate', args('AuthenticationService', 'authenticate', { token: admin.token }), options);

const create = (title: string, options = {}): Buffer =>
  message(
    'JobTemplateService:create',
    args('JobTemplateService', 'create', { teamId: admin.teamId, params: { title }, attributes: [] }),
    options,
  );

const loggedIn = async (Protocol = binary): Promise<RawConnection> => {
  const raw = await RawConnection.open(server.address);
  raw.send(framed(authenticate({ protocol: Protocol })));
  expect(decoded(await raw.answer(), Protocol).kind).toBe('reply');
  return raw;
};

const entryCount = (): Promise<number> =>
  server.store.read(async reader => {
    const { db } = reader.people as unknown as { db: Kysely<Database> };
    const row = await db
      .selectFrom('template_entries')
      .select(eb => eb.fn.countAll<number>().as('entries'))
      .executeTakeFirstOrThrow();
    return Number(row.entries);
  });

/** The same connection still answers. */
const expectGoesOn = async (raw: RawConnection, Protocol = binary): Promise<void> => {
  raw.send(framed(message('AuthenticationService:ping', nothing, { protocol: Protocol, seqid: 99 })));
  expect(decoded(await raw.answer(), Protocol)).toMatchObject({ kind: 'reply', name: 'ping', seqid: 99 });
};

const expectNestingRefused = (name: string, reply: Reply): void => {
  expect(reply).toMatchObject({ kind: 'reply', name });
  expect(resultIn('JobTemplateService', reply).err).toMatchObject({
    errorCode: 400,
    slug: 'limit-exceeded',
    message: expect.stringMatching(/nested more than 64 levels deep$/),
    details: { exceeded: 'nesting' },
  });
};

/** Somebody else is served, on a connection of before and on a new one. */
const expectServesOthers = async (): Promise<void> => {
  expect(await admin.auth.ping()).toBe('test');
  const another = await server.connect();
  expect(await another.service('AuthenticationService').ping()).toBe('test');
  await another.close();
};

describe.each(protocols)('in $protocol', ({ Protocol }) => {
  test.each([
    'noSuchFunction',
    'JobTemplateService:noSuchFunction',
    'NoSuchService:get',
    'JobTemplateService:JobTemplateService:get',
    'JobTemplateService:',
    ':get',
    '',
    'constructor',
    'toString',
    '__proto__',
    'JobTemplateService:constructor',
    'constructor:get',
    '__proto__:get',
    'get ',
    'GET',
  ])('a call of "%s", which is no function, gets a TApplicationException, and the connection goes on', async name => {
    const raw = await RawConnection.open(server.address);
    raw.send(framed(message(name, nothing, { protocol: Protocol, seqid: 41 })));
    const reply = decoded(await raw.answer(), Protocol);
    expect(reply).toMatchObject({ kind: 'exception', seqid: 41, exceptionMessage: `Unknown function ${name}` });
    expect(reply.exceptionType).toBe(TApplicationExceptionType.UNKNOWN_METHOD);
    await expectGoesOn(raw, Protocol);
    raw.close();
  });

  test('the name of an unknown function is repeated to a bounded length', async () => {
    const raw = await RawConnection.open(server.address);
    raw.send(framed(message('x'.repeat(100_000), nothing, { protocol: Protocol })));
    expect(decoded(await raw.answer(), Protocol).exceptionMessage).toBe(`Unknown function ${'x'.repeat(200)}`);
    await expectGoesOn(raw, Protocol);
    raw.close();
  });

  test.each([
    { type: 'REPLY', number: MessageType.REPLY },
    { type: 'EXCEPTION', number: MessageType.EXCEPTION },
    { type: 'ONEWAY', number: MessageType.ONEWAY },
    { type: '0, which is none', number: 0 },
    { type: '7, which is none', number: 7 },
  ])('a message of the type $type is refused, not carried out, and the connection goes on', async ({ number }) => {
    const before = await entryCount();
    const raw = await loggedIn(Protocol);
    raw.send(framed(create('Not a call', { protocol: Protocol, type: number, seqid: 5 })));
    const reply = decoded(await raw.answer(), Protocol);
    expect(reply).toMatchObject({ kind: 'exception', seqid: 5, exceptionMessage: expect.stringMatching(/call \(1\)/) });
    expect(reply.exceptionType).toBe(TApplicationExceptionType.INVALID_MESSAGE_TYPE);
    await expectGoesOn(raw, Protocol);
    expect(await entryCount()).toBe(before);
    raw.close();
  });

  test('content cut off at any byte ends its connection with nothing written, and others are served', async () => {
    const before = await entryCount();
    const whole = create('Cut off', { protocol: Protocol });
    for (let length = 1; length < whole.length; length++) {
      const raw = await loggedIn(Protocol);
      raw.send(framed(whole.subarray(0, length)));
      const answers = await raw.ended();
      for (const answer of answers) expect(decoded(answer, Protocol).kind).toBe('exception');
      expect(answers.length).toBeLessThanOrEqual(1);
    }
    expect(await entryCount()).toBe(before);
    await expectServesOthers();
  });

  test('content cut off behind the name of the function is answered with a PROTOCOL_ERROR before the end', async () => {
    const raw = await loggedIn(Protocol);
    const whole = create('Cut off', { protocol: Protocol, seqid: 12 });
    raw.send(framed(whole.subarray(0, whole.length - 1)));
    const [answer, ...more] = await raw.ended();
    const reply = decoded(answer, Protocol);
    expect(reply).toMatchObject({ kind: 'exception', name: 'create', seqid: 12 });
    expect(reply.exceptionMessage).toBe('the message ends in the middle of a value');
    expect(reply.exceptionType).toBe(TApplicationExceptionType.PROTOCOL_ERROR);
    expect(more).toEqual([]);
  });

  test('a call with any one byte changed never ends the process', async () => {
    const whole = create('Changed', { protocol: Protocol });
    for (let at = 0; at < whole.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(whole);
        changed[at]! ^= mask;
        const raw = await RawConnection.open(server.address);
        raw.send(framed(changed));
        // An answer of whatever kind, or the end.
        await raw.answer();
        raw.close();
      }
    }
    await expectServesOthers();
  });

  test('structs nested a hundred thousand deep are refused, and their connection goes on', async () => {
    const raw = await loggedIn(Protocol);
    // Behind the head of the message: field 2 of the arguments (params), a struct; in it again and again a struct that is unknown, field 99.
    const head = message('JobTemplateService:create', { write: () => {} }, { protocol: Protocol });
    const params = Protocol === binary ? Buffer.from([12, 0, 2]) : Buffer.from([0x2c]);
    const unknown = Protocol === binary ? Buffer.from([12, 0, 99]) : Buffer.from([0x0c, 0xc6, 0x01]);
    raw.send(framed(Buffer.concat([head, params, ...Array.from({ length: 100_000 }, () => unknown)])));
    expectNestingRefused('create', decoded(await raw.answer(), Protocol));
    await expectGoesOn(raw, Protocol);
    await expectServesOthers();
  });

  test('steps nested a hundred thousand deep are refused, and their connection goes on', async () => {
    const raw = await loggedIn(Protocol);
    const head = message('JobTemplateService:addStepGroupModular', { write: () => {} }, { protocol: Protocol });
    // Field 3 of the arguments is a step; field 5 of a step its children, a list of one step.
    const first = Protocol === binary ? Buffer.from([12, 0, 3]) : Buffer.from([0x3c]);
    const { id } = childrenField;
    const below = Protocol === binary ? Buffer.from([15, 0, id, 12, 0, 0, 0, 1]) : Buffer.from([(id << 4) | 9, 0x1c]);
    raw.send(framed(Buffer.concat([head, first, ...Array.from({ length: 100_000 }, () => below)])));
    expectNestingRefused('addStepGroupModular', decoded(await raw.answer(), Protocol));
    await expectGoesOn(raw, Protocol);
    await expectServesOthers();
  });

  test('a list that announces two thousand million elements is refused, and its connection goes on', async () => {
    const raw = await loggedIn(Protocol);
    const head = message('JobTemplateService:fetch', { write: () => {} }, { protocol: Protocol });
    const list =
      Protocol === binary
        ? Buffer.from([15, 0, 2, 11, 0x7f, 0xff, 0xff, 0xff])
        : Buffer.from([0x29, 0xf8, 0xff, 0xff, 0xff, 0xff, 0x07]);
    raw.send(framed(Buffer.concat([head, list])));
    const { err } = resultIn('JobTemplateService', decoded(await raw.answer(), Protocol));
    expect(err).toMatchObject({
      errorCode: 400,
      slug: 'limit-exceeded',
      message: 'templateIds: a container of 2147483647 elements; at most 100000',
      details: { exceeded: 'containerElements' },
    });
    await expectGoesOn(raw, Protocol);
    await expectServesOthers();
  });

  test('pieces of one byte make the same message', async () => {
    const raw = await RawConnection.open(server.address);
    const bytes = framed(message('AuthenticationService:ping', nothing, { protocol: Protocol, seqid: 3 }));
    for (const byte of bytes) {
      raw.socket.write(Buffer.from([byte]));
      // Each leaves as a packet of its own.
      await new Promise(setImmediate);
    }
    expect(decoded(await raw.answer(), Protocol)).toMatchObject({ kind: 'reply', name: 'ping', seqid: 3 });
    raw.close();
  });

  test('messages that arrive in one packet are answered in their order, each on top of the one before', async () => {
    const raw = await RawConnection.open(server.address);
    const ping = (seqid: number) =>
      framed(message('AuthenticationService:ping', nothing, { protocol: Protocol, seqid }));
    const titled = (seqid: number) => framed(create('', { protocol: Protocol, seqid }));
    // Without a token the second is refused as that; behind the third the same call is refused for its empty title.
    const login = framed(authenticate({ protocol: Protocol, seqid: 3 }));
    raw.send(Buffer.concat([ping(1), titled(2), login, titled(4), ping(5)]));
    const replies: Reply[] = [];
    for (let i = 0; i < 5; i++) replies.push(decoded(await raw.answer(), Protocol));
    expect(replies.map(({ seqid, name }) => [seqid, name])).toEqual([
      [1, 'ping'],
      [2, 'create'],
      [3, 'authenticate'],
      [4, 'create'],
      [5, 'ping'],
    ]);
    const slugOf = (reply: Reply) => resultIn('JobTemplateService', reply).err?.slug;
    expect(slugOf(replies[1]!)).toBe('not-logged-in');
    expect(slugOf(replies[3]!)).toBe('invalid-argument');
    raw.close();
  });

  test('a message and a half in one packet: the whole one is answered, the other when it is complete', async () => {
    const raw = await RawConnection.open(server.address);
    const ping = (seqid: number) =>
      framed(message('AuthenticationService:ping', nothing, { protocol: Protocol, seqid }));
    raw.send(Buffer.concat([ping(1), ping(2).subarray(0, 10)]));
    expect(decoded(await raw.answer(), Protocol).seqid).toBe(1);
    raw.send(ping(2).subarray(10));
    expect(decoded(await raw.answer(), Protocol).seqid).toBe(2);
    raw.close();
  });
});

const childrenField = { id: 5 };

const TLS_HELLO = Buffer.from(`160301${'0200'}01${'0001fc'}0303${'ab'.repeat(32)}${'cd'.repeat(64)}`, 'hex');

describe('what is no Thrift at all', () => {
  test.each([
    ['a frame of no bytes', lengthOnly(0)],
    ['a frame of -1 bytes', lengthOnly(-1)],
    ['a frame of -2^31 bytes', lengthOnly(-(2 ** 31))],
    ['a frame of 2^31 - 1 bytes', lengthOnly(2 ** 31 - 1)],
    ['a frame one byte longer than the longest', lengthOnly(16 * 1024 * 1024 + 1)],
    ['a frame in neither protocol', framed(Buffer.from([0x42, 1, 2, 3]))],
    ['a binary message of an unknown version', framed(Buffer.from('8002000100000004', 'hex'))],
    ['a compact message of an unknown version', framed(Buffer.from('822f0104', 'hex'))],
  ])('%s ends its connection, and others are served', async (_what, bytes) => {
    const raw = await RawConnection.open(server.address);
    raw.send(bytes);
    for (const answer of await raw.ended()) {
      const Protocol = answer[0] === 0x82 ? compact : binary;
      expect(decoded(answer, Protocol).kind).toBe('exception');
    }
    await expectServesOthers();
  });

  test.each([
    ['a TLS hello gets the alert that TLS clients understand', TLS_HELLO, Buffer.from('15030100020228', 'hex')],
    ['an SSH greeting gets the answer of HTTP', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'), Buffer.from('HTTP/1.1 400 ')],
  ])('%s, and others are served', async (_what, bytes, expected) => {
    const raw = await RawConnection.open(server.address);
    raw.send(bytes);
    const answer = Buffer.concat(await raw.ended());
    expect(answer.subarray(0, expected.length)).toEqual(expected);
    await expectServesOthers();
  });

  test('random bytes, framed and not, end their connections alone', async () => {
    const random = xorshift(20_260_101);
    for (let round = 0; round < 200; round++) {
      const bytes = Buffer.from(Array.from({ length: 1 + (random() % 300) }, () => random() % 256));
      // Every other one begins like a message of one of the protocols.
      if (round % 4 === 1) Buffer.from([0x80, 1, 0, 1]).copy(bytes);
      if (round % 4 === 3) Buffer.from([0x82, 0x21]).copy(bytes);
      const raw = await RawConnection.open(server.address);
      raw.send(round % 5 === 0 ? bytes : framed(bytes));
      raw.socket.end();
      await raw.ended();
    }
    await expectServesOthers();
  });

  test('why a connection was closed stands in the log', async () => {
    server.log.length = 0;
    const raw = await RawConnection.open(server.address);
    raw.send(lengthOnly(2 ** 31 - 1));
    await raw.ended();
    expect(server.log).toContainEqual(
      expect.objectContaining({
        msg: 'a connection is closed',
        err: expect.objectContaining({ message: expect.stringContaining('2147483647') }),
      }),
    );
  });
});

describe('clients that behave badly', () => {
  test('one that ends behind half a message harms nobody', async () => {
    const raw = await RawConnection.open(server.address);
    raw.send(framed(create('Half')).subarray(0, 20));
    raw.socket.end();
    expect(await raw.ended()).toEqual([]);
    await expectServesOthers();
  });

  test('one that goes away in the middle of its call does not stop the call, nor anybody else', async () => {
    server.log.length = 0;
    const { email, password } = admin;
    const login = args('AuthenticationService', 'login', { email, password, options: {} });
    const raw = await RawConnection.open(server.address);
    server.statements = [];
    raw.send(framed(message('login', login)));
    // Gone only when the server is at it: the user is read, and checking the password takes long.
    await pingsUntil(() => server.statements.some(text => text.includes('users')));
    raw.socket.resetAndDestroy();
    await pingsUntil(() => outcomesOf('AuthenticationService.login').length > 0);
    expect(outcomesOf('AuthenticationService.login')).toEqual(['ok']);
    expect(server.log.filter(line => Number(line.level) >= 50)).toEqual([]);
    await expectServesOthers();
  });

  test('one that does not read its answers is not read on, and does not block others', async () => {
    const large = await newTemplate(
      admin,
      'Large answers',
      Array.from({ length: 4 }, (_, index) =>
        step(`Step ${index}`, { descrip: [{ txt: { txt: 'x'.repeat(19_000) } }] } as never),
      ),
    );
    const CALLS = 2000;
    const serverSide = acceptedSocket();
    const raw = await loggedIn();
    raw.socket.pause();
    server.log.length = 0;
    const get = args('JobTemplateService', 'get', { jobTemplateId: large.id });
    raw.send(
      Buffer.concat(Array.from({ length: CALLS }, (_, index) => framed(message('get', get, { seqid: index + 1 })))),
    );
    // Somebody else works on all the while; the 150 MB of answers do not go anywhere.
    for (let i = 0; i < 3 * CALLS; i++) await admin.auth.ping();
    expect(outcomesOf('JobTemplateService.get').length).toBeGreaterThan(0);
    expect(outcomesOf('JobTemplateService.get').length).toBeLessThan(CALLS);
    // It reads at last, and finds every answer in its order.
    for (let seqid = 1; seqid <= CALLS; seqid++) {
      const content = await raw.answer();
      expect(content!.readInt32BE(4 + 4 + 'get'.length)).toBe(seqid);
    }
    // Waiting for a slow reader a thousand times piles nothing up.
    const { listeners } = await serverSide;
    expect(listeners()).toBeLessThan(10);
    raw.close();
  });

  /** The server's end of the next connection, and how many listeners wait for its close. */
  const acceptedSocket = (): Promise<{ listeners: () => number }> =>
    new Promise(resolve => {
      const accepted = (event: unknown) => {
        unsubscribe('net.server.socket', accepted);
        const { socket } = event as { socket: Socket };
        resolve({ listeners: () => socket.listenerCount('close') });
      };
      subscribe('net.server.socket', accepted);
    });

  const outcomesOf = (call: string): unknown[] =>
    server.log.filter(line => line.call === call).map(line => line.outcome);

  /** Waits for the server by talking to it. */
  const pingsUntil = async (happened: () => boolean): Promise<void> => {
    while (!happened()) await admin.auth.ping();
  };
});

/** Numbers that look random and are the same in every run. */
function xorshift(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
