/** The life of a token: authenticate binds it, logout ends it everywhere with its template locks; it is over after
 * 12 hours without use, and after 7 days in any case. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { TeamRole } from '#gen/user_types';
import { newToken } from '../../../src/base/secrets.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logIn, logInAdmin, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

const HOUR_MS = 3_600_000;
/** Without use, and at the longest. */
const LIFE_MS = 12 * HOUR_MS;
const LONGEST_MS = 7 * 24 * HOUR_MS;

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
  ben = await newUser(server, admin, 'ben', TeamRole.AUTHOR);
});

// Tests end tokens and turn the clock: each begins with fresh ones.
beforeEach(async () => {
  [admin, ana, ben] = [
    await logInAdmin(server),
    await logIn(server, ana.email, ana.password),
    await logIn(server, ben.email, ben.password),
  ];
});

afterAll(() => server.stop());

/** A connection of its own, bound to the user's token. */
async function bound(user: TestUser) {
  const connection = await server.connect();
  const auth = connection.service('AuthenticationService');
  const login = await auth.authenticate(user.token);
  return { auth, login, teams: connection.service('TeamService') };
}

describe('authenticate', () => {
  test('binds another connection to the same token and says the same as the login', async () => {
    const first = await (await server.connect()).service('AuthenticationService').login(ana.email, ana.password, {});
    const connection = await server.connect();
    await expectRefusal(connection.service('TeamService').index(), ErrorCode.UNAUTHORIZED, 'not-logged-in');
    const second = await connection.service('AuthenticationService').authenticate(first.authToken);
    expect(second).toEqual(first);
    expect((await connection.service('TeamService').index()).map(({ id }) => id)).toEqual([ana.teamId]);
  });

  test('writes nothing, and makes no token of its own', async () => {
    await expectNothingWritten(server, () => bound(ana));
  });

  test('binds in place of another token, which lives on elsewhere', async () => {
    const { auth, teams } = await bound(ana);
    const { currentUser } = await auth.authenticate(ben.token);
    expect(currentUser.id).toBe(ben.id);
    await auth.logout();
    await expectRefusal(teams.index(), ErrorCode.UNAUTHORIZED, 'not-logged-in', /call login/);
    expect(await ana.teams.index()).toHaveLength(1);
    await expectRefusal(ben.teams.index(), ErrorCode.INVALID_TOKEN, 'invalid-token');
  });

  test('of many connections to one token has it read once for all that call at the same time', async () => {
    const many = await Promise.all(Array.from({ length: 20 }, () => bound(ana)));
    const { statements } = await server.statementsOf(() => Promise.all(many.map(({ teams }) => teams.index())));
    expect(statements.filter(text => text.includes('"token_hash" ='))).toHaveLength(1);
  });

  test.each([
    ['garbage', () => 'garbage'],
    ['nothing', () => ''],
    ['a token that was never given', newToken],
    ['half a token', () => ana.token.slice(0, 20)],
    ['a token with a space', () => ` ${ana.token}`],
    ['an e-mail address', () => ana.email],
    ['the session id', () => sessionId()],
    ['the stored hash', () => storedHash()],
  ])('with %s is 497, not repeated, and the connection keeps what it had', async (_, token) => {
    const { auth, teams } = await bound(ana);
    const given = await token();
    const refused = auth.authenticate(given);
    const refusal = await expectRefusal(
      refused,
      ErrorCode.INVALID_TOKEN,
      'invalid-token',
      /unknown or was revoked; log in/,
    );
    if (given) expect(JSON.stringify({ ...refusal, rqId: '' })).not.toContain(given);
    expect((await teams.index()).map(({ id }) => id)).toEqual([ana.teamId]);
  });

  const sessionId = async () => (await bound(ana)).login.sessionId;

  const storedHash = async () => {
    const session = await sessionId();
    return (await rowsOf(server, 'tokens')).find(row => row.token_id === session)!.token_hash;
  };
});

describe('logout', () => {
  test('ends the token on every connection; the one that logged out has none', async () => {
    const twin = await bound(ana);
    await ana.auth.logout();
    await expectRefusal(ana.teams.index(), ErrorCode.UNAUTHORIZED, 'not-logged-in', /call login, or authenticate/);
    await expectRefusal(twin.teams.index(), ErrorCode.INVALID_TOKEN, 'invalid-token', /revoked; log in again/);
    await expectRefusal(twin.auth.logout(), ErrorCode.INVALID_TOKEN, 'invalid-token');
    await expectRefusal(twin.auth.authenticate(ana.token), ErrorCode.INVALID_TOKEN, 'invalid-token');
  });

  test('ends no other session of the user', async () => {
    const tablet = await logIn(server, ana.email, ana.password);
    await ana.auth.logout();
    expect(await tablet.teams.index()).toHaveLength(1);
  });

  test('without a token is 401', async () => {
    const auth = (await server.connect()).service('AuthenticationService');
    await expectRefusal(auth.logout(), ErrorCode.UNAUTHORIZED, 'not-logged-in', /call login/);
  });

  test('frees the template locks of its token, and no others', async () => {
    const [one, two] = [await newTemplate(admin, 'One', [step('a')]), await newTemplate(admin, 'Two', [step('a')])];
    const tablet = await logIn(server, ana.email, ana.password);
    await ana.templates.acquireLock(one.id);
    await tablet.templates.acquireLock(two.id);
    await ana.auth.logout();
    expect((await rowsOf(server, 'template_locks')).map(row => row.template_id)).toEqual([two.id]);
    expect((await ben.templates.get(one.id)).locked).toBeFalsy();
    expect(await ben.templates.acquireLock(one.id)).toMatchObject({ owned: true, lockHolder: { id: ben.id } });
    await expect(ben.templates.acquireLock(two.id)).rejects.toMatchObject({
      previousLock: { lockHolder: { id: ana.id } },
    });
  });

  test('leaves no row of the token behind', async () => {
    const { login } = await bound(ana);
    await ana.auth.logout();
    expect((await rowsOf(server, 'tokens')).map(row => row.token_id)).not.toContain(login.sessionId);
  });

  test('at once on two connections ends the token once, and neither fails for a fault of the server', async () => {
    for (let round = 0; round < 20; round++) {
      const session = await logIn(server, ana.email, ana.password);
      const twin = await bound(session);
      const outcomes = await Promise.allSettled([session.auth.logout(), twin.auth.logout()]);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ slug: 'invalid-token' });
      }
      expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
    }
  });
});

describe('the end of a token by time', () => {
  test('is put off by use, and comes 12 hours after the last one', async () => {
    const { expiresAt } = (await bound(ana)).login;
    server.clock.forward(LIFE_MS - 60_000);
    expect(await ana.teams.index()).toHaveLength(1);
    const later = (await bound(ana)).login.expiresAt;
    expect(Math.abs(later - expiresAt - (LIFE_MS - 60_000) / 1000)).toBeLessThanOrEqual(30);
    server.clock.forward(LIFE_MS + 1000);
    const right = /expired at \d{4}-\d\d-\d\dT.*; log in again/;
    await expectRefusal(ana.teams.index(), ErrorCode.TOKEN_EXPIRED, 'token-expired', right);
    await expectRefusal(ana.auth.logout(), ErrorCode.TOKEN_EXPIRED, 'token-expired', right);
    const auth = (await server.connect()).service('AuthenticationService');
    await expectRefusal(auth.authenticate(ana.token), ErrorCode.TOKEN_EXPIRED, 'token-expired', right);
  });

  test('comes 7 days after the login, however often the token is used', async () => {
    const { expiresAt } = (await bound(ana)).login;
    const end = expiresAt * 1000 - LIFE_MS + LONGEST_MS;
    while (server.clock.now() < end - 6 * HOUR_MS) {
      expect(await ana.teams.index()).toHaveLength(1);
      server.clock.forward(6 * HOUR_MS);
    }
    expect(await ana.teams.index()).toHaveLength(1);
    expect((await bound(ana)).login.expiresAt).toBe(Math.floor(end / 1000));
    server.clock.forward(6 * HOUR_MS + 1000);
    await expectRefusal(ana.teams.index(), ErrorCode.TOKEN_EXPIRED, 'token-expired');
  });

  test('is put off by one write an hour, not by each call', async () => {
    const written = async () => {
      await ana.teams.index();
      return (await rowsOf(server, 'tokens')).map(row => row.used_at);
    };
    const before = await written();
    expect(await written()).toEqual(before);
    server.clock.forward(HOUR_MS);
    const after = await written();
    expect(after).not.toEqual(before);
    server.clock.forward(HOUR_MS / 2);
    expect(await written()).toEqual(after);
  });

  test('is mended by a login on the same connection', async () => {
    server.clock.forward(LIFE_MS);
    await expectRefusal(ana.teams.index(), ErrorCode.TOKEN_EXPIRED, 'token-expired');
    await ana.auth.login(ana.email, ana.password, {});
    expect(await ana.teams.index()).toHaveLength(1);
  });

  test('ends its template locks with it', async () => {
    const template = await newTemplate(admin, 'Held for long', [step('a')]);
    await ana.templates.acquireLock(template.id);
    server.clock.forward(LIFE_MS);
    const later = await logIn(server, ben.email, ben.password);
    expect((await later.templates.get(template.id)).locked).toBeFalsy();
    expect(await later.templates.acquireLock(template.id)).toMatchObject({ owned: true, lockHolder: { id: ben.id } });
  });
});

test('a token outlives the server process', async () => {
  await server.restart();
  expect((await bound(ana)).login.currentUser.id).toBe(ana.id);
});
