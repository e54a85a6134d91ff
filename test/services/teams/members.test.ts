/** createUser: who becomes a member with which roles, who may make one, and what is refused with nothing written. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { TeamRole } from '#gen/user_types';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logIn, logInAdmin, newOutsider, newUser, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

const PASSWORD = 'a-long-enough-password';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let outsider: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.EXECUTOR);
  outsider = await newOutsider(server, admin);
});

afterAll(() => server.stop());

const { BAD_REQUEST, NOT_FOUND, INSUFFICIENT_PERMISSIONS } = ErrorCode;

let users = 0;
const nextEmail = () => `worker${++users}@example.org`;

const create = (email: string, more: { password?: string; name?: string; roles?: TeamRole[]; by?: TestUser } = {}) => {
  const { password = PASSWORD, name = 'Worker', roles = [TeamRole.EXECUTOR], by = admin } = more;
  return by.teams.createUser(admin.teamId, email, password, name, roles);
};

const expectRefused = (call: () => Promise<void>, code: ErrorCode, slug: string, message: RegExp) =>
  expectNothingWritten(server, () => expectRefusal(call(), code, slug, message));

describe('a new user', () => {
  test('can log in at once and has the roles that were given, each once', async () => {
    const email = nextEmail();
    await create(email, { name: ' Ben Maker ', roles: [TeamRole.AUTHOR, TeamRole.EXECUTOR, TeamRole.AUTHOR] });
    const { auth, token } = await logIn(server, email, PASSWORD);
    const login = await auth.authenticate(token);
    expect(login.currentUser).toMatchObject({ email, name: 'Ben Maker' });
    expect(login.teamIdToTeamRole).toEqual({ [admin.teamId]: [TeamRole.AUTHOR, TeamRole.EXECUTOR] });
  });

  test('is known by its address in lower case', async () => {
    await create('Mixed.Case@Example.ORG');
    const { auth, token } = await logIn(server, 'mixed.case@example.org', PASSWORD);
    expect((await auth.authenticate(token)).currentUser.email).toBe('mixed.case@example.org');
  });

  test('without roles sees the team and may do nothing that takes a privilege', async () => {
    const email = nextEmail();
    await create(email, { roles: [] });
    const guest = await logIn(server, email, PASSWORD);
    expect(await guest.teams.index()).toHaveLength(1);
    const right = /your roles in this team: none/;
    const creating = guest.templates.create(guest.teamId, { title: 'Mine' }, []);
    await expectRefusal(creating, INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', right);
  });

  test('leaves a trace of who made it, without the password', async () => {
    const email = nextEmail();
    await create(email, { roles: [TeamRole.JOBCREATOR] });
    const { user_id } = (await rowsOf(server, 'users')).find(row => row.email === email)!;
    const events = (await rowsOf(server, 'audit_events')).filter(row => row.subject_id === user_id);
    expect(events.map(({ details, ...event }) => ({ ...event, details: JSON.parse(details) }))).toMatchObject([
      { team_id: admin.teamId, actor_id: admin.id, action: 'user.created', details: { email, roles: ['JOBCREATOR'] } },
    ]);
    expect(JSON.stringify(events)).not.toContain(PASSWORD);
  });

  test.each([10, 1000])('may have a password of %i characters', async length => {
    const email = nextEmail();
    const password = 'pass over '.repeat(100).slice(0, length);
    await create(email, { password });
    expect((await logIn(server, email, password)).email).toBe(email);
  });
});

describe('an address that is taken', () => {
  test('is refused in any case, and nothing of the user changes', async () => {
    const right = /ana@example\.org belongs to a user already/;
    await expectRefused(() => create(ana.email), BAD_REQUEST, 'email-taken', right);
    await expectRefused(() => create('ANA@Example.Org'), BAD_REQUEST, 'email-taken', right);
    expect(await (await logIn(server, ana.email, ana.password)).teams.index()).toHaveLength(1);
  });

  test('is taken on the whole server, whatever the team', async () => {
    await expectRefused(() => create(outsider.email), BAD_REQUEST, 'email-taken', /belongs to a user already/);
  });

  test('of two who take it at once exactly one makes the user', async () => {
    const second = await logInAdmin(server);
    for (let round = 0; round < 20; round++) {
      const email = nextEmail();
      const outcomes = await Promise.allSettled([
        create(email, { password: 'the-first-password' }),
        create(email, { password: 'the-second-password', by: second }),
      ]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const lost = outcomes.find(outcome => outcome.status === 'rejected');
      expect(lost?.reason).toMatchObject({ errorCode: BAD_REQUEST, slug: 'email-taken' });
      const ids = (await rowsOf(server, 'users')).filter(row => row.email === email).map(row => row.user_id);
      expect(ids).toHaveLength(1);
      const members = (await rowsOf(server, 'memberships')).filter(row => row.user_id === ids[0]);
      expect(members).toHaveLength(1);
      const winner = outcomes[0]!.status === 'fulfilled' ? 'the-first-password' : 'the-second-password';
      await logIn(server, email, winner);
    }
  });
});

describe('bad input', () => {
  test.each([
    '',
    '  ',
    'ben',
    '@example.org',
    'ben@',
    'ben @example.org',
    'ben@exa mple.org',
    'ben@@example.org',
    'ana,ben@example.org',
    '<ben@example.org>',
    'a;ben@example.org',
  ])('"%s" is no e-mail address', email =>
    expectRefused(() => create(email), BAD_REQUEST, 'invalid-argument', /userEmail: .*expected/),
  );

  test.each(['ben\u0007@example.org', 'ben@example.org\u202e'])('%j has a character that nobody sees', email =>
    expectRefused(() => create(email), BAD_REQUEST, 'invalid-argument', /userEmail: has the character U\+/),
  );

  test.each([320, 10_000, 1_000_000])('an address of %i characters is too long', length =>
    expectRefused(
      () => create(`${'x'.repeat(length - 12)}@example.org`),
      BAD_REQUEST,
      'limit-exceeded',
      /userEmail: \d+ characters.*254/,
    ),
  );

  test('an address of 255 characters is too long', () =>
    expectRefused(
      () => create(`${'x'.repeat(243)}@example.org`),
      BAD_REQUEST,
      'limit-exceeded',
      /userEmail: 255 characters.*254/,
    ));

  test.each(['', 'too-short', 'x'.repeat(1001)])(
    'a password is 10 to 1000 characters long (case %#)',
    async password => {
      const right = new RegExp(`password: ${password.length} characters; expected 10 to 1000`);
      const refusal = await expectRefused(
        () => create(nextEmail(), { password }),
        BAD_REQUEST,
        'invalid-argument',
        right,
      );
      if (password) expect(JSON.stringify(refusal)).not.toContain(password);
    },
  );

  test.each([
    ['', 'invalid-argument', /userName: empty; expected 1 to 250/],
    [' ', 'invalid-argument', /userName: empty/],
    ['x'.repeat(251), 'limit-exceeded', /userName: 251 characters.*250/],
  ])('a name is 1 to 250 characters long (case %#)', (name, slug, message) =>
    expectRefused(() => create(nextEmail(), { name }), BAD_REQUEST, slug, message),
  );

  test.each([0, 6, 99, -1])('%i is no role', role =>
    expectRefused(
      () => create(nextEmail(), { roles: [TeamRole.EXECUTOR, role as TeamRole] }),
      BAD_REQUEST,
      'invalid-argument',
      new RegExp(`roles.*${role} is no .*ADMIN`),
    ),
  );

  test('PARSABLE_ADMIN is no role of this server', () =>
    expectRefused(
      () => create(nextEmail(), { roles: [TeamRole.ADMIN, TeamRole.PARSABLE_ADMIN] }),
      BAD_REQUEST,
      'invalid-argument',
      /PARSABLE_ADMIN is no role of this server; expected one of ADMIN, AUTHOR, JOBCREATOR, EXECUTOR/,
    ));
});

describe('who may make users', () => {
  test.each([
    ['AUTHOR', TeamRole.AUTHOR],
    ['JOBCREATOR', TeamRole.JOBCREATOR],
    ['EXECUTOR', TeamRole.EXECUTOR],
  ])('somebody who is only %s may not', async (name, role) => {
    const by = await newUser(server, admin, `only-${name.toLowerCase()}`, role);
    await expectRefused(
      () => create(nextEmail(), { by, roles: [TeamRole.ADMIN] }),
      INSUFFICIENT_PERMISSIONS,
      'insufficient-permissions',
      new RegExp(`adminBasic, which ADMIN have; your roles in this team: ${name}`),
    );
  });

  test('nobody makes members of a team that is not its own', async () => {
    const right = /no team .*; index of the team service lists yours/;
    const refusal = await expectRefused(
      () => create(nextEmail(), { by: outsider }),
      NOT_FOUND,
      'team-not-found',
      right,
    );
    expect(JSON.stringify(refusal)).not.toContain('Plant');
    const nowhere = () => admin.teams.createUser('no-team', nextEmail(), PASSWORD, 'Worker', []);
    await expectRefused(nowhere, NOT_FOUND, 'team-not-found', right);
  });

  test('an ADMIN of two teams makes members of the one it names', async () => {
    const email = nextEmail();
    await admin.teams.createUser(outsider.teamId, email, PASSWORD, 'Worker', [TeamRole.EXECUTOR]);
    expect((await logIn(server, email, PASSWORD)).teamId).toBe(outsider.teamId);
  });
});
