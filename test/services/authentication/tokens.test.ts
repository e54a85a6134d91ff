/** Tokens as things: those for programs with narrower rights, the list of one's own, and their ends by hand. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { ApiTokenParams } from '#gen/authentication_types';
import { ErrorCode, MAX_API_TOKENS_PER_USER } from '#gen/common_types';
import { TeamRole } from '#gen/user_types';
import { openStore } from '../../../src/store/database.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logIn, logInAdmin, newOutsider, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

const DAY_MS = 24 * 3_600_000;

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;
let outsider: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
  outsider = await newOutsider(server, admin);
});
afterAll(() => server.stop());

const { BAD_REQUEST, NOT_FOUND, INSUFFICIENT_PERMISSIONS, INVALID_TOKEN, TOKEN_EXPIRED } = ErrorCode;

/** A connection that shows a token. */
async function showing(token: string) {
  const connection = await server.connect();
  await connection.service('AuthenticationService').authenticate(token);
  return {
    auth: connection.service('AuthenticationService'),
    teams: connection.service('TeamService'),
    templates: connection.service('JobTemplateService'),
  };
}

const program = async (user: TestUser, params: Partial<ApiTokenParams> = {}) => {
  const made = await user.auth.createApiToken({ name: 'Report', ...params });
  return { ...made, ...(await showing(made.token)) };
};

const expectRefused = (call: () => Promise<unknown>, code: ErrorCode, slug: string, message: RegExp) =>
  expectNothingWritten(server, () => expectRefusal(call(), code, slug, message));

describe('the token of a program', () => {
  test('acts as who made it, and says what it is', async () => {
    const now = server.clock.now();
    const { token, auth: _auth, teams, templates: _templates, ...made } = await program(ana);
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(made).toMatchObject({ name: 'Report', userId: ana.id });
    expect(Math.abs(made.expiresAt * 1000 - now - 366 * DAY_MS)).toBeLessThan(60_000);
    expect(made.teamIds ?? null).toBeNull();
    expect(made.privileges ?? null).toBeNull();
    expect((await teams.index()).map(({ id }) => id)).toEqual([ana.teamId]);
  });

  test('has the privileges that it was given alone, as far as its user has them', async () => {
    const { templates } = await program(ana, { privileges: ['templateCreate', 'adminAdvanced'] });
    const { id } = await templates.create(ana.teamId, { title: 'By a program' }, []);
    await templates.acquireLock(id).then(
      () => expect('refused').toBe('allowed'),
      error =>
        expect(error).toMatchObject({ slug: 'insufficient-permissions', details: { privilege: 'templateEdit' } }),
    );
    const login = await (await program(ana, { privileges: ['templateCreate', 'adminAdvanced'] })).auth.authenticate(
      (await program(ana, { privileges: ['adminAdvanced', 'templateCreate'] })).token,
    );
    expect(login.teamIdToJobPermissions[ana.teamId]).toEqual({ privileges: ['templateCreate'] });
  });

  test('works in the teams that it was given alone', async () => {
    const { teams } = await program(admin, { teamIds: [admin.teamId] });
    expect((await teams.index()).map(({ id }) => id)).toEqual([admin.teamId]);
    await expectRefused(() => teams.get(outsider.teamId), NOT_FOUND, 'team-not-found', /no team/);
  });

  test('loses what its user loses, with the next call', async () => {
    const dee = await newUser(server, admin, 'dee', TeamRole.AUTHOR);
    const { templates } = await program(dee);
    await templates.create(dee.teamId, { title: 'Before' }, []);
    await admin.teams.updateUserRoles(dee.teamId, dee.id, [TeamRole.EXECUTOR]);
    const create = () => templates.create(dee.teamId, { title: 'After' }, []);
    await expectRefused(create, INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', /templateCreate/);
  });

  test('makes no other token', async () => {
    const { auth } = await program(ana);
    const make = () => auth.createApiToken({ name: 'Child' });
    await expectRefused(make, INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', /log in to make one/);
  });

  test('ends at its time, however often it is used, and no sooner', async () => {
    const later = await TestServer.start();
    const user = await logInAdmin(later);
    const expiresAt = Math.floor(later.clock.now() / 1000) + 30 * 24 * 3600;
    const { token } = await user.auth.createApiToken({ name: 'Month', expiresAt });
    const connection = await later.connect({});
    await connection.service('AuthenticationService').authenticate(token);
    const teams = connection.service('TeamService');
    later.clock.forward(29 * DAY_MS);
    expect(await teams.index()).toHaveLength(1);
    later.clock.forward(DAY_MS);
    await expectRefusal(teams.index(), TOKEN_EXPIRED, 'token-expired');
    await later.stop();
  });

  test('is revoked by logout', async () => {
    const { auth, token } = await program(ana);
    await auth.logout();
    await expectRefused(() => showing(token), INVALID_TOKEN, 'invalid-token', /revoked/);
  });

  test.each<[string, () => Partial<ApiTokenParams>, ErrorCode, string, RegExp]>([
    ['no name', () => ({ name: '' }), BAD_REQUEST, 'invalid-argument', /params\.name: empty/],
    ['a name of 251', () => ({ name: 'x'.repeat(251) }), BAD_REQUEST, 'limit-exceeded', /params\.name: 251/],
    ['a control character', () => ({ name: 'a\u0001b' }), BAD_REQUEST, 'invalid-argument', /U\+0001/],
    [
      'a time that is past',
      () => ({ expiresAt: 1 }),
      BAD_REQUEST,
      'invalid-argument',
      /params\.expiresAt: 1; expected/,
    ],
    ['no end', () => ({ expiresAt: 0 }), BAD_REQUEST, 'invalid-argument', /params\.expiresAt: 0; expected/],
    [
      'more than 366 days',
      () => ({ expiresAt: Math.floor((server.clock.now() + 366 * DAY_MS) / 1000) + 60 }),
      BAD_REQUEST,
      'invalid-argument',
      /params\.expiresAt/,
    ],
    [
      'a privilege that there is not',
      () => ({ privileges: ['fly'] }),
      BAD_REQUEST,
      'invalid-argument',
      /no privilege "fly"/,
    ],
    ['a team of others', () => ({ teamIds: [outsider.teamId] }), NOT_FOUND, 'team-not-found', /no team/],
  ])('is not made with %s', (_, params, code, slug, message) =>
    expectRefused(() => ana.auth.createApiToken({ name: 'Report', ...params() }), code, slug, message),
  );

  test('is not made of a token that another process has revoked, though this one has not noticed yet', async () => {
    const dee = await newUser(server, admin, 'dee-of-elsewhere');
    await dee.auth.createApiToken({ name: 'Before' });
    const elsewhere = await openStore(server.settings, pino({ level: 'silent' }));
    try {
      await elsewhere.transact(tx => tx.users.endTokens(dee.id));
      await expectRefused(() => dee.auth.createApiToken({ name: 'After' }), INVALID_TOKEN, 'invalid-token', /revoked/);
    } finally {
      await elsewhere.close();
    }
    expect((await rowsOf(server, 'tokens')).filter(row => row.user_id === dee.id)).toEqual([]);
  });

  test('is one of a bounded number', async () => {
    const dee = await newUser(server, admin, 'dee-of-many');
    for (let n = 0; n < MAX_API_TOKENS_PER_USER; n++) await dee.auth.createApiToken({ name: `Token ${n}` });
    const oneMore = () => dee.auth.createApiToken({ name: 'One more' });
    await expectRefused(oneMore, BAD_REQUEST, 'limit-exceeded', /have 100 API tokens.*revoke one/);
    const [newest] = await dee.auth.listTokens('');
    await dee.auth.revokeToken(newest!.tokenId);
    await oneMore();
  });
});

describe('the list of tokens', () => {
  test('tells those of the caller, newest first, without their secrets, and which one this is', async () => {
    const dee = await newUser(server, admin, 'dee-who-lists');
    const { tokenId, token } = await program(dee, { teamIds: [dee.teamId], privileges: ['jobClose'] });
    const tokens = await dee.auth.listTokens('');
    expect(tokens).toMatchObject([
      { tokenId, name: 'Report', userId: dee.id, teamIds: [dee.teamId], privileges: ['jobClose'], current: false },
      { userId: dee.id, current: true },
    ]);
    expect(tokens[1]!.name ?? null).toBeNull();
    for (const secret of [token, dee.token]) expect(JSON.stringify(tokens)).not.toContain(secret);
  });

  test('leaves out what has ended', async () => {
    const dee = await newUser(server, admin, 'dee-who-left');
    const desk = await logIn(server, dee.email, dee.password);
    await desk.auth.logout();
    expect(await dee.auth.listTokens('')).toHaveLength(1);
  });

  test('of others is for administrators of their teams', async () => {
    expect((await admin.auth.listTokens(ana.id)).every(token => token.userId === ana.id)).toBe(true);
    await expectRefused(
      () => ben.auth.listTokens(ana.id),
      INSUFFICIENT_PERMISSIONS,
      'insufficient-permissions',
      /privilege adminBasic/,
    );
    await expectRefused(() => outsider.auth.listTokens(ana.id), NOT_FOUND, 'user-not-found', /no user/);
    await expectRefused(() => admin.auth.listTokens('nobody'), NOT_FOUND, 'user-not-found', /no user nobody/);
  });
});

describe('revoking', () => {
  test('ends a token of a login or of a program on every connection, with its locks', async () => {
    const template = await newTemplate(admin, 'Held', [step('a')]);
    for (const make of [
      async () => (await program(ana)).token,
      async () => (await logIn(server, ana.email, ana.password)).token,
    ]) {
      const token = await make();
      const [one, two] = [await showing(token), await showing(token)];
      await one.templates.acquireLock(template.id);
      const { tokenId } = (await one.auth.listTokens('')).find(({ current }) => current)!;
      await ana.auth.revokeToken(tokenId);
      for (const gone of [one, two]) await expectRefusal(gone.teams.index(), INVALID_TOKEN, 'invalid-token');
      expect((await rowsOf(server, 'template_locks')).map(row => row.template_id)).not.toContain(template.id);
    }
  });

  test('by revokeApiToken is for those of programs alone', async () => {
    const { tokenId, teams } = await program(ana);
    await ana.auth.revokeApiToken(tokenId);
    await expectRefusal(teams.index(), INVALID_TOKEN, 'invalid-token');
    const [login] = (await ana.auth.listTokens('')).filter(({ current }) => current);
    await expectRefused(
      () => ana.auth.revokeApiToken(login!.tokenId),
      NOT_FOUND,
      'api-token-not-found',
      /no API token/,
    );
  });

  test('of somebody who works elsewhere too is for who administers all of its teams', async () => {
    const dee = await newUser(server, admin, 'dee-of-two-teams');
    await outsider.teams.addUserByEmail(outsider.teamId, dee.email, []);
    const { tokenId } = await program(dee);
    for (const act of [
      () => outsider.auth.revokeToken(tokenId),
      () => outsider.auth.revokeApiToken(tokenId),
      () => outsider.auth.listTokens(dee.id),
    ])
      await expectRefused(act, INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', /in every team of that user/);
    await admin.auth.revokeToken(tokenId);
  });

  test('a second time, as after a lost answer, tells that there is no such token', async () => {
    const { tokenId } = await program(ana);
    await ana.auth.revokeToken(tokenId);
    await expectRefused(() => ana.auth.revokeToken(tokenId), NOT_FOUND, 'token-not-found', /listTokens/);
  });

  test("of somebody else's is for administrators of their teams, and leaves a trace without the secret", async () => {
    const { tokenId, token, teams } = await program(ana);
    const refusals = [
      [ben, INSUFFICIENT_PERMISSIONS, 'insufficient-permissions'],
      [outsider, NOT_FOUND, 'token-not-found'],
    ] as const;
    for (const [user, code, slug] of refusals)
      await expectRefused(() => user.auth.revokeToken(tokenId), code, slug, /./);
    expect(await teams.index()).toHaveLength(1);
    await admin.auth.revokeToken(tokenId);
    await expectRefusal(teams.index(), INVALID_TOKEN, 'invalid-token');
    const trail = (await rowsOf(server, 'audit_events')).filter(
      row => row.action === 'token.revoked' && row.subject_id === ana.id,
    );
    expect(trail).toMatchObject([{ team_id: ana.teamId, actor_id: admin.id, subject_id: ana.id }]);
    expect(JSON.parse(trail[0]!.details)).toEqual({ tokenId, name: 'Report' });
    expect(JSON.stringify(trail)).not.toContain(token);
  });
});

describe('what a check of the caller costs', () => {
  const asked = async () => (await server.nextStatementsOf(() => ana.teams.listAllRegions())).statements.length;

  test('is no statement for a token that was seen in the last seconds, one otherwise', async () => {
    server.clock.forward(2000);
    expect(await asked()).toBe(1);
    expect(await asked()).toBe(0);
    // Writing that changes nobody's rights costs nothing either.
    await newTemplate(ana, 'Written meanwhile', []);
    expect(await asked()).toBe(0);
    server.clock.forward(2000);
    expect(await asked()).toBe(1);
  });

  test('is one statement again as soon as somebody here has other rights', async () => {
    await asked();
    await admin.teams.updateUserRoles(ben.teamId, ben.id, [TeamRole.EXECUTOR, TeamRole.AUTHOR]);
    expect(await asked()).toBe(1);
  });
});
