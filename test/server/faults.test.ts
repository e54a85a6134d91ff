/**
 * Faults of ours: whatever a function throws that is no domain error, or answers that is no answer. The caller hears that there
 * was one, under an id; the log has the rest under the same id; the connection and the process go on.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { BadRequest } from '../../src/base/errors.ts';
import { refusalOf } from '../support/refusals.ts';
import { logInAdmin, type TestUser } from '../support/seed.ts';
import { TestServer } from '../support/server.ts';
import { OwnListener } from './own-listener.ts';

let server: TestServer;
let admin: TestUser;
let listener: OwnListener;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
});
afterEach(() => listener.stop());
afterAll(() => server.stop());

const SECRET = 'postgres://jobwright:hunter2@db/jobwright';

class CodedError extends Error {
  readonly errorCode = 400;
  readonly slug = 'invalid-argument';
}

const thrown: readonly [what: string, value: unknown][] = [
  ['an Error', new Error(SECRET)],
  ['a TypeError', new TypeError(SECRET)],
  ['an Error that looks like a domain error', new CodedError(SECRET)],
  ['an AggregateError', new AggregateError([new Error(SECRET)], SECRET)],
  ['an Error whose cause goes in a circle', Object.assign(new Error(SECRET), { cause: undefined as unknown })],
  ['undefined', undefined],
  ['null', null],
  ['a text', SECRET],
  ['a number', 42],
  ['a plain object', { message: SECRET, errorCode: 400, slug: 'invalid-argument' }],
  ['an object without a prototype', Object.assign(Object.create(null), { message: SECRET })],
  ['a symbol', Symbol(SECRET)],
  ['a function', () => SECRET],
];
const circular = thrown[4]![1] as Error;
circular.cause = circular;

describe.each(['binary', 'compact'] as const)('over %s', protocol => {
  test.each(thrown)('%s thrown by a function reaches the caller as an id alone', async (_what, value) => {
    listener = await OwnListener.start(server, {
      AuthenticationService: {
        ping: async () => {
          throw value;
        },
      },
    });
    const connection = await listener.connect({ protocol });
    const auth = connection.service('AuthenticationService');
    const refusal = await refusalOf(auth.ping());
    expect(refusal.rqId).toMatch(/^[0-9a-f-]{36}$/);
    expect({ ...refusal }).toEqual(
      expect.objectContaining({
        errorCode: ErrorCode.INTERNAL_SERVER_ERROR,
        slug: 'internal-error',
        message: `internal error ${refusal.rqId}`,
        localizedMessage: `internal error ${refusal.rqId}`,
        errorKey: null,
        details: null,
      }),
    );
    expect(listener.log).toContainEqual(
      expect.objectContaining({
        level: 50,
        call: 'AuthenticationService.ping',
        requestId: refusal.rqId,
        outcome: 'internal-error',
      }),
    );
    // The same connection is served on.
    expect((await auth.authenticate(admin.token)).currentUser.id).toBe(admin.id);
    await connection.close();
  });
});

test('the log has the message and the stack of a thrown Error', async () => {
  listener = await OwnListener.start(server, { AuthenticationService: { ping: brokenAtHeart } });
  const connection = await listener.connect();
  const { rqId } = await refusalOf(connection.service('AuthenticationService').ping());
  const [line] = listener.log.filter(entry => entry.requestId === rqId);
  expect(line).toMatchObject({ level: 50, err: { type: 'RangeError', message: 'out of bearings' } });
  expect((line!.err as { stack: string }).stack).toMatch(/brokenAtHeart.*faults\.test/s);
  await connection.close();
});

async function brokenAtHeart(): Promise<never> {
  throw new RangeError('out of bearings');
}

test('a function that throws before it returns a promise is answered like any other', async () => {
  listener = await OwnListener.start(server, {
    AuthenticationService: {
      ping: () => {
        throw new Error(SECRET);
      },
    },
  });
  const connection = await listener.connect();
  const refusal = await refusalOf(connection.service('AuthenticationService').ping());
  expect(refusal).toMatchObject({ slug: 'internal-error', message: `internal error ${refusal.rqId}` });
  await connection.close();
});

test('a function that answers nothing where the interface promises something is a fault of ours', async () => {
  listener = await OwnListener.start(server, { AuthenticationService: { ping: async () => undefined } });
  const connection = await listener.connect();
  const { rqId, slug } = await refusalOf(connection.service('AuthenticationService').ping());
  expect(slug).toBe('internal-error');
  expect(listener.log).toContainEqual(
    expect.objectContaining({
      requestId: rqId,
      err: expect.objectContaining({ message: 'AuthenticationService.ping returned nothing' }),
    }),
  );
  await connection.close();
});

describe.each(['binary', 'compact'] as const)('over %s', protocol => {
  test('an answer that cannot be written is a fault of ours, under its id, and the connection goes on', async () => {
    listener = await OwnListener.start(server, { AuthenticationService: { ping: async () => ({ no: 'text' }) } });
    const connection = await listener.connect({ protocol });
    const auth = connection.service('AuthenticationService');
    const refusal = await refusalOf(auth.ping());
    expect(refusal).toMatchObject({
      errorCode: ErrorCode.INTERNAL_SERVER_ERROR,
      slug: 'internal-error',
      message: `internal error ${refusal.rqId}`,
    });
    expect(listener.log).toContainEqual(expect.objectContaining({ level: 50, requestId: refusal.rqId }));
    expect((await auth.authenticate(admin.token)).currentUser.id).toBe(admin.id);
    await connection.close();
  });
});

test('a domain error is no fault: its message reaches the caller, and the log names it without a stack', async () => {
  listener = await OwnListener.start(server, {
    AuthenticationService: {
      ping: async () => {
        throw new BadRequest('invalid-argument', 'x: 1; expected 2', { x: '1' });
      },
    },
  });
  const connection = await listener.connect();
  const refusal = await refusalOf(connection.service('AuthenticationService').ping());
  expect(refusal).toMatchObject({
    errorCode: ErrorCode.BAD_REQUEST,
    slug: 'invalid-argument',
    message: 'x: 1; expected 2',
    localizedMessage: 'x: 1; expected 2',
    details: { x: '1' },
  });
  const line = listener.log.find(entry => entry.requestId === refusal.rqId);
  expect(line).toMatchObject({ level: 40, outcome: 'invalid-argument', message: 'x: 1; expected 2' });
  expect(line).not.toHaveProperty('err');
  await connection.close();
});

test('a fault inside a transaction leaves nothing behind', async () => {
  listener = await OwnListener.start(server, {
    TeamService: {
      index: () =>
        server.store.transact(async tx => {
          await tx.people.updateTeam(admin.teamId, { name: 'Half done' });
          throw new Error(SECRET);
        }),
    },
  });
  const connection = await listener.connect();
  await connection.service('AuthenticationService').authenticate(admin.token);
  const { slug } = await refusalOf(connection.service('TeamService').index());
  expect(slug).toBe('internal-error');
  expect((await admin.teams.get(admin.teamId)).name).toBe('Plant');
  await connection.close();
});
