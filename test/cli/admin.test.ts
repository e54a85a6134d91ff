/** `jobwright admin` as its user runs it: a process of its own on the database, beside a running server. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { TeamRole } from '#gen/user_types';
import { admin as adminCommand } from '../../src/cli/admin/admin.ts';
import { privilegesOf } from '../../src/domain/privileges.ts';
import { newJob, stepOf } from '../support/jobs.ts';
import { run, storeVariables } from '../support/process.ts';
import { expectRefusal } from '../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../support/rows.ts';
import { logIn, logInAdmin, newTemplate, newUser, step, type TestUser } from '../support/seed.ts';
import { ADMIN, TestServer } from '../support/server.ts';

let server: TestServer;
let admin: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
});
afterAll(() => server.stop());

const cli = (args: string[], env: Record<string, string> = {}) =>
  run(['admin', ...args], { ...storeVariables(server.settings), JOBWRIGHT_LOG_LEVEL: 'silent', ...env });

/** What the command says in words. */
async function told(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await cli(args);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  // A running server notices after a while.
  server.clock.forward(2000);
  return stdout;
}

/** What it answers with --json. */
const answered = async (...args: string[]) => JSON.parse(await told(...args, '--json'));

async function refused(args: string[], message: RegExp, env: Record<string, string> = {}): Promise<void> {
  const { exitCode, stdout, stderr } = await expectNothingWritten(server, () => cli(args, env));
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toMatch(message);
}

let people = 0;
const somebody = (...roles: TeamRole[]) => newUser(server, admin, `user${++people}`, ...roles);

describe('team', () => {
  test('is made with an owner, listed, and its members told', async () => {
    const made = await answered('team', 'create', 'North plant', '--owner', ADMIN.email);
    expect(made).toEqual({ teamId: expect.any(String), name: 'North plant', owner: ADMIN.email });
    expect(await answered('team', 'list')).toContainEqual(
      expect.objectContaining({ teamId: made.teamId, name: 'North plant' }),
    );
    expect(await answered('team', 'members', 'North plant')).toEqual([
      { userId: admin.id, email: ADMIN.email, name: 'Administrator', roles: ['ADMIN'], disabled: false },
    ]);
    const { stdout } = await cli(['team', 'members', made.teamId]);
    expect(stdout).toBe('email              name           roles\nadmin@example.org  Administrator  ADMIN\n');
  });

  test('gains and loses members, whose running sessions notice', async () => {
    const ana = await somebody();
    await told('team', 'create', 'South plant', '--owner', ADMIN.email);
    await told('team', 'add', 'South plant', ana.email, '--role', 'AUTHOR', 'EXECUTOR');
    const names = async () => (await ana.teams.index()).map(({ name }) => name);
    expect(await names()).toContain('South plant');
    await refused(['team', 'add', 'South plant', ana.email], /user-already-in-team: /);
    await told('team', 'remove', 'South plant', ana.email);
    expect(await names()).not.toContain('South plant');
  });

  test('keeps an ADMIN', () => refused(['team', 'remove', ADMIN.teamName, ADMIN.email], /last-administrator: /));

  test('that there is not, or twice, is refused with what to do', async () => {
    await refused(['team', 'members', 'Nowhere'], /there is no team "Nowhere"; "jobwright admin team list"/);
    await told('team', 'create', 'Twin', '--owner', ADMIN.email);
    await told('team', 'create', 'Twin', '--owner', ADMIN.email);
    await refused(['team', 'members', 'Twin'], /several teams are called "Twin"; give the id/);
    await refused(['team', 'create', 'A\u0007', '--owner', ADMIN.email], /name: has the character U\+0007/);
    await refused(['team', 'create', 'T', '--owner', 'zoe@example.org'], /there is no user "zoe@example\.org"/);
    const gone = await somebody();
    await admin.users.disableUser(gone.id);
    await refused(['team', 'create', 'T', '--owner', gone.email], /is disabled; "jobwright admin user enable"/);
  });
});

describe('user', () => {
  test('is made with a password that is told once, and logs in', async () => {
    const made = await answered(
      'user',
      'create',
      'New1@example.org',
      '--name',
      'Nia',
      '--team',
      ADMIN.teamName,
      '--role',
      'AUTHOR',
    );
    expect(made).toEqual({
      userId: expect.any(String),
      email: 'new1@example.org',
      name: 'Nia',
      password: expect.any(String),
    });
    const nia = await logIn(server, made.email, made.password);
    await nia.templates.create(admin.teamId, { title: 'T' }, []);
    expect(JSON.stringify(await rowsOf(server, 'audit_events'))).not.toContain(made.password);
  });

  test('is made with the password of the environment, which is not told', async () => {
    const password = 'a-password-of-the-environment';
    const { exitCode, stdout } = await cli(['user', 'create', 'new2@example.org'], { JOBWRIGHT_PASSWORD: password });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^made the user new2@example\.org \([0-9a-f-]+\)\n$/);
    await logIn(server, 'new2@example.org', password, 'none');
  });

  test('that is locked out gets in again: the logins of before end', async () => {
    const ana = await somebody(TeamRole.AUTHOR);
    const { id } = await newTemplate(admin, 'Held', [step('a')]);
    await ana.templates.acquireLock(id);
    const { password } = await answered('user', 'password', ana.email);
    await expectRefusal(ana.teams.index(), ErrorCode.INVALID_TOKEN, 'invalid-token');
    expect((await rowsOf(server, 'template_locks')).map(row => row.template_id)).not.toContain(id);
    await logIn(server, ana.email, password);
  });

  test('is renamed, disabled with its open steps told, and given back', async () => {
    const ana = await somebody(TeamRole.JOBCREATOR);
    await told('user', 'rename', ana.email, 'Ana Berg');
    const job = await newJob(admin, [stepOf('Weld', ana)]);
    expect(await told('user', 'disable', ana.email)).toBe(
      `the account of ${ana.email} is disabled; open steps: 1\n  "Weld" of job ${job.id}\n`,
    );
    await expectRefusal(ana.teams.index(), ErrorCode.INVALID_TOKEN, 'invalid-token');
    const listed = await answered('user', 'list', '--team', ADMIN.teamName);
    expect(listed).toContainEqual(expect.objectContaining({ email: ana.email, name: 'Ana Berg', disabled: true }));
    await refused(['user', 'disable', ana.email], /already-disabled: /);
    await told('user', 'enable', ana.email);
    await logIn(server, ana.email, ana.password);
  });

  test.each<[string, string[], RegExp]>([
    [
      'a password that is guessed',
      ['create', 'w@example.org', '--password', 'password123'],
      /weak-password: password: it is one of/,
    ],
    [
      'a password that is short',
      ['password', ADMIN.email, '--password', 'short'],
      /invalid-argument: password: 5 characters/,
    ],
    ['an address that is none', ['create', 'nowhere'], /not an e-mail address/],
    ['an address that is taken', ['create', ADMIN.email], /email-taken: /],
    [
      'a role that there is not',
      ['create', 'w@example.org', '--role', 'BOSS'],
      /there is no role "BOSS"; expected some of ADMIN/,
    ],
    ['a team that there is not', ['create', 'w@example.org', '--team', 'Nowhere'], /there is no team/],
    ['an unknown user', ['disable', 'zoe@example.org'], /there is no user/],
    ['the last ADMIN', ['disable', ADMIN.email], /last-administrator: /],
  ])('refuses %s', (_, args, message) => refused(['user', ...args], message));
});

describe('role', () => {
  test('lists what roles may, and those of a team', async () => {
    expect((await answered('role', 'list')).map(({ name }: { name: string }) => name)).toEqual([
      'ADMIN',
      'AUTHOR',
      'JOBCREATOR',
      'EXECUTOR',
    ]);
    await admin.connection
      .service('RoleService')
      .create(admin.teamId, { name: 'Closer', permissions: { privileges: ['jobClose'] } });
    expect(await answered('role', 'list', ADMIN.teamName)).toContainEqual({ name: 'Closer', privileges: ['jobClose'] });
  });

  test('set gives exactly these, the own ones of the team among them', async () => {
    const ana = await somebody(TeamRole.AUTHOR);
    await admin.connection
      .service('RoleService')
      .create(admin.teamId, { name: 'Opener', permissions: { privileges: ['jobCreate'] } });
    const rights = async () => (await ana.auth.authenticate(ana.token)).teamIdToJobPermissions[ana.teamId]!.privileges;
    await told('role', 'set', ADMIN.teamName, ana.email, 'EXECUTOR', 'Opener');
    expect(await rights()).toEqual([...privilegesOf(['EXECUTOR']), 'jobCreate'].sort());
    await told('role', 'set', ADMIN.teamName, ana.email);
    expect(await rights()).toEqual([]);
    await refused(
      ['role', 'set', ADMIN.teamName, ana.email, 'BOSS'],
      /there is no role "BOSS"; expected some of ADMIN.*Opener/,
    );
  });

  test('set lets a locked-out owner in again, and a team keeps an ADMIN', async () => {
    const ana = await somebody();
    await told('team', 'create', 'Orphan', '--owner', ana.email);
    await refused(['role', 'set', 'Orphan', ana.email, 'AUTHOR'], /last-administrator: /);
    await told('role', 'set', 'Orphan', ADMIN.email, 'ADMIN');
    expect((await admin.teams.index()).map(({ name }) => name)).toContain('Orphan');
  });
});

describe('token', () => {
  test('is listed without its secret, and revoked, alone or with all of the user', async () => {
    const ana = await somebody();
    const { token, tokenId } = await ana.auth.createApiToken({ name: 'Report' });
    const listed = await told('token', 'list', ana.email);
    expect(listed).toMatch(/Report/);
    expect(listed).toMatch(/a login/);
    for (const secret of [token, ana.token]) expect(listed).not.toContain(secret);
    await told('token', 'revoke', tokenId);
    const auth = (await server.connect()).service('AuthenticationService');
    await expectRefusal(auth.authenticate(token), ErrorCode.INVALID_TOKEN, 'invalid-token');
    expect(await ana.teams.index()).toHaveLength(1);
    expect(await answered('token', 'revoke-all', ana.email)).toMatchObject({ email: ana.email, ended: 1 });
    await expectRefusal(ana.teams.index(), ErrorCode.INVALID_TOKEN, 'invalid-token');
    await refused(['token', 'revoke', tokenId], /there is no token .*; "jobwright admin token list"/);
  });
});

describe('each command', () => {
  /** Every one of them, called so that it succeeds. */
  const calls: Readonly<Record<string, () => Promise<string[]>>> = {
    'team list': async () => [],
    'team create': async () => [`Plant ${++people}`, '--owner', ADMIN.email],
    'team members': async () => [ADMIN.teamName],
    'team add': async () => {
      const { email, id } = await somebody();
      await admin.teams.removeUserFromTeam(admin.teamId, id);
      return [ADMIN.teamName, email, '--role', 'AUTHOR'];
    },
    'team remove': async () => [ADMIN.teamName, (await somebody()).email],
    'user list': async () => ['--team', ADMIN.teamName],
    'user create': async () => [`made${++people}@example.org`],
    'user password': async () => [(await somebody()).email],
    'user rename': async () => [(await somebody()).email, 'Nia'],
    'user disable': async () => [(await somebody()).email],
    'user enable': async () => {
      const { email, id } = await somebody();
      await admin.users.disableUser(id);
      return [email];
    },
    'role list': async () => [ADMIN.teamName],
    'role set': async () => [ADMIN.teamName, (await somebody()).email, 'EXECUTOR'],
    'token list': async () => [ADMIN.email],
    'token revoke': async () => [(await (await somebody()).auth.createApiToken({ name: 'Report' })).tokenId],
    'token revoke-all': async () => [(await somebody()).email],
  };

  test('is among those that answer with JSON', () => {
    const names = adminCommand().commands.flatMap(noun => noun.commands.map(one => `${noun.name()} ${one.name()}`));
    expect(Object.keys(calls).sort()).toEqual(names.sort());
  });

  test.each(Object.entries(calls))(
    '%s answers one JSON document with --json, and in words without',
    async (name, args) => {
      const answer = await answered(...name.split(' '), ...(await args()));
      expect(Object.keys(answer).length).toBeGreaterThan(0);
      const words = await told(...name.split(' '), ...(await args()));
      expect(words.trim()).not.toBe('');
      expect(() => JSON.parse(words)).toThrow(SyntaxError);
    },
  );

  test('stands in the audit trail, by the command line', async () => {
    const ana = await somebody();
    await told('role', 'set', ADMIN.teamName, ana.email, 'AUTHOR');
    const { events } = await admin.connection.service('AuditService').query(admin.teamId, { subjectId: ana.id });
    expect(events[0]).toMatchObject({ actorId: 'command-line', actorName: 'command-line', action: 'member.roles' });
  });

  test('makes no database where there is none', async () => {
    const nowhere = { JOBWRIGHT_DATA: '/nonexistent/jobwright', JOBWRIGHT_DATABASE_URL: '' };
    const { exitCode, stdout, stderr } = await run(['admin', 'team', 'list'], nowhere);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(
      /there is no database at \/nonexistent\/jobwright\/jobwright\.db; JOBWRIGHT_DATA names its folder/,
    );
  });

  test('says how it is used', async () => {
    const { stdout } = await run(['admin', '--help']);
    for (const word of ['team', 'user', 'role', 'token', 'Locked out?']) expect(stdout).toContain(word);
    const { exitCode, stderr } = await run(['admin', 'team', 'create', 'T']);
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(/--owner/);
  });
});
