/** login and ping: who gets a token, what the answer tells, and what a refusal does not tell. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LoginOptions } from '#gen/authentication_types';
import { ErrorCode } from '#gen/common_types';
import { TeamRole } from '#gen/user_types';
import { builtInRoles } from '../../../src/domain/privileges.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { logIn, logInAdmin, newOutsider, newUser, type TestUser } from '../../support/seed.ts';
import { ADMIN, TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let outsider: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.JOBCREATOR, TeamRole.EXECUTOR);
  outsider = await newOutsider(server, admin);
});

afterAll(() => server.stop());

const DAY_MS = 25 * 3_600_000;

/** Nothing is written but that the login failed. */
const expectOnlyCounted = <T>(act: () => Promise<T>) => expectNothingWritten(server, act, 'login_failures');

const unbound = async () => (await server.connect()).service('AuthenticationService');

const expectBadCredentials = async (email: string, password: string) => {
  // What failed before is forgotten: pauses are tested elsewhere.
  server.clock.forward(DAY_MS);
  return expectRefusal(
    (await unbound()).login(email, password, {}),
    ErrorCode.UNAUTHORIZED,
    'bad-credentials',
    /check both/,
  );
};

describe('a login', () => {
  test('tells the user, its teams, roles and privileges, and until when in seconds', async () => {
    const before = Math.floor(server.clock.now() / 1000);
    const login = await (await unbound()).login(ana.email, ana.password, {});
    const after = Math.floor(server.clock.now() / 1000);
    const team = ana.teamId;
    expect(login).toMatchObject({
      currentUser: { id: ana.id, email: 'ana@example.org', name: 'ana' },
      currentUserModular: { id: ana.id, email: 'ana@example.org', name: 'ana' },
      teamIdToTeamRole: { [team]: [TeamRole.JOBCREATOR, TeamRole.EXECUTOR] },
      teamIdToJobPermissions: {
        [team]: { privileges: [...builtInRoles.JOBCREATOR].sort() },
      },
      periods: { tokenSeconds: 604_800, idleSeconds: 43_200, maxApiTokenSeconds: 31_622_400 },
    });
    expect(login.teamIdToInfo[team]).toMatchObject({ id: team, name: ADMIN.teamName, requireReviewFlow: false });
    expect(Object.keys(login.teamIdToInfo)).toEqual([team]);
    expect(login.regionIdToRegion[login.teamIdToRegionId[team]!]).toMatchObject({ id: login.preferredRegionId });
    expect(login.expiresAt).toBeGreaterThanOrEqual(before + 43_200);
    expect(login.expiresAt).toBeLessThanOrEqual(after + 43_200);
  });

  test('of a member of two teams tells both, each with its own roles', async () => {
    const login = await (await unbound()).login(ADMIN.email, ADMIN.password, {});
    expect(Object.keys(login.teamIdToInfo).sort()).toEqual([admin.teamId, outsider.teamId].sort());
    expect(login.teamIdToTeamRole[outsider.teamId]).toEqual([TeamRole.ADMIN]);
  });

  test('gives 256 random bits, others each time, and a session id that is not the token', async () => {
    const logins = await Promise.all([1, 2, 3].map(async () => (await unbound()).login(ana.email, ana.password, {})));
    const tokens = logins.map(({ authToken }) => authToken);
    expect(new Set([...tokens, ...logins.map(({ sessionId }) => sessionId)]).size).toBe(6);
    for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(32);
  });

  test.each(['ANA@EXAMPLE.ORG', 'Ana@Example.org', ' ana@example.org '])('takes "%s" for ana', async email => {
    const login = await (await unbound()).login(email, ana.password, {});
    expect(login.currentUser).toMatchObject({ id: ana.id, email: 'ana@example.org' });
  });

  test('binds its token to the connection in place of the one before', async () => {
    const connection = await server.connect();
    const auth = connection.service('AuthenticationService');
    await auth.login(ana.email, ana.password, {});
    expect((await connection.service('TeamService').index()).map(({ id }) => id)).toEqual([ana.teamId]);
    await auth.login(outsider.email, outsider.password, {});
    expect((await connection.service('TeamService').index()).map(({ id }) => id)).toEqual([outsider.teamId]);
  });

  test('ends no other session of the user', async () => {
    const desk = await logIn(server, ana.email, ana.password);
    const tablet = await logIn(server, ana.email, ana.password);
    expect(await desk.teams.index()).toHaveLength(1);
    expect(await tablet.teams.index()).toHaveLength(1);
  });
});

describe('a refused login', () => {
  test('does not tell an unknown address from a wrong password', async () => {
    await expectOnlyCounted(async () => {
      const wrong = await expectBadCredentials(ana.email, 'not-anas-password');
      const unknown = await expectBadCredentials('zoe@example.org', ana.password);
      expect({ ...unknown, rqId: '' }).toEqual({ ...wrong, rqId: '' });
    });
  });

  test('asks the database the same whether the address is known or not', async () => {
    const { statements: wrong } = await server.statementsOf(() => expectBadCredentials(ana.email, 'not-it'));
    const { statements: unknown } = await server.statementsOf(() => expectBadCredentials('zoe@example.org', 'not-it'));
    expect(unknown).toEqual(wrong);
  });

  test.each<[string, string, string]>([
    ['a password in other letters', 'ana@example.org', 'ANAS-LONG-PASSWORD'],
    ['a password with a space behind it', 'ana@example.org', 'anas-long-password '],
    ['no password', 'ana@example.org', ''],
    ["somebody else's password", 'ana@example.org', ADMIN.password],
    ['no address', '', 'anas-long-password'],
    ['neither', '', ''],
    ['a name instead of the address', 'ana', 'anas-long-password'],
    ['a pattern instead of the address', '%@example.org', 'anas-long-password'],
    ['a very long password', 'ana@example.org', 'x'.repeat(100_000)],
  ])('%s', (_, email, password) => expectOnlyCounted(() => expectBadCredentials(email, password)));

  test.each<[string, string, string, RegExp]>([
    ['a password of 10 MB', 'ana@example.org', 'x'.repeat(10_000_000), /password/],
    ['an address of 10 MB', `${'x'.repeat(10_000_000)}@example.org`, 'a-long-password', /email/],
  ])('of %s is a bad request before anything is looked up', async (_, email, password, message) => {
    const auth = (await server.connect()).service('AuthenticationService');
    const { statements } = await server.statementsOf(() =>
      expectNothingWritten(server, () =>
        expectRefusal(auth.login(email, password, {}), ErrorCode.BAD_REQUEST, 'limit-exceeded', message),
      ),
    );
    expect(statements.filter(text => /"(users|login_failures)" where/.test(text))).toEqual([]);
  });

  test('keeps what the connection had', async () => {
    const desk = await logIn(server, ana.email, ana.password);
    await expectRefusal(desk.auth.login(ana.email, 'wrong', {}), ErrorCode.UNAUTHORIZED, 'bad-credentials');
    await expectRefusal(desk.auth.login('zoe@example.org', 'wrong', {}), ErrorCode.UNAUTHORIZED, 'bad-credentials');
    expect((await desk.teams.index()).map(({ id }) => id)).toEqual([ana.teamId]);
  });

  test('leaves a connection that had none without a token', async () => {
    const connection = await server.connect();
    const login = connection.service('AuthenticationService').login(ana.email, 'wrong', {});
    await expectRefusal(login, ErrorCode.UNAUTHORIZED, 'bad-credentials');
    await expectRefusal(connection.service('TeamService').index(), ErrorCode.UNAUTHORIZED, 'not-logged-in');
  });

  test.each<[keyof LoginOptions, LoginOptions]>([
    ['certificateSigningRequest', { certificateSigningRequest: 'a request' }],
    ['proxiedUserEmail', { proxiedUserEmail: 'ben@example.org' }],
    ['userPrivateKey', { userPrivateKey: 'the private key' }],
  ])('option %s is not served, and not repeated', async (option, options) => {
    const refusal = await expectNothingWritten(server, async () =>
      expectRefusal(
        (await unbound()).login(ana.email, ana.password, options),
        ErrorCode.UNSUPPORTED_VERSION,
        'not-implemented',
        new RegExp(`options\\.${option}: .*leave it unset`),
      ),
    );
    expect(JSON.stringify(refusal)).not.toContain(options[option]);
  });

  test('a text with U+0000 is a bad request, and not repeated', async () => {
    const refusal = await expectRefusal(
      (await unbound()).login(ana.email, `${ana.password}\0`, {}),
      ErrorCode.BAD_REQUEST,
      'invalid-argument',
      /password: .*U\+0000/,
    );
    expect(JSON.stringify(refusal)).not.toContain(ana.password);
  });
});

describe('ping', () => {
  test('answers the version without a token and without the store', async () => {
    const auth = await unbound();
    const { result, statements } = await server.statementsOf(() => auth.ping());
    expect(result).toBe('test');
    expect(statements).toEqual([]);
  });

  test('answers with a token that has ended as well', async () => {
    const desk = await logIn(server, ana.email, ana.password);
    const twin = await server.connect();
    await twin.service('AuthenticationService').authenticate(desk.token);
    await desk.auth.logout();
    expect(await twin.service('AuthenticationService').ping()).toBe('test');
  });
});
