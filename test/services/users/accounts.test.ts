/** Accounts: names, addresses and passwords changed, accounts disabled and given back; who may, and what ends with it. */
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { TeamRole, type User } from '#gen/user_types';
import { newJob, stepOf } from '../../support/jobs.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import {
  logIn,
  logInAdmin,
  newOutsider,
  newTemplate,
  newUser,
  publishedTemplate,
  step,
  type TestUser,
} from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ben: TestUser;
let outsider: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
  outsider = await newOutsider(server, admin);
});
afterAll(() => server.stop());

const { BAD_REQUEST, UNAUTHORIZED, NOT_FOUND, INSUFFICIENT_PERMISSIONS, WRONG_STATE, NOOP, INVALID_TOKEN } = ErrorCode;

let people = 0;
const somebody = (...roles: TeamRole[]) => newUser(server, admin, `user${++people}`, ...roles);
const detailsOf = (user: TestUser, change: Partial<User> = {}): User => ({
  id: user.id,
  email: user.email,
  name: user.email.split('@')[0]!,
  validatedAt: 0,
  ...change,
});

const auditOf = async (subjectId: string) =>
  (await rowsOf(server, 'audit_events'))
    .filter(row => row.subject_id === subjectId && row.action !== 'user.created')
    .map(({ action }) => action)
    .sort();

const expectRefused = (call: () => Promise<unknown>, code: ErrorCode, slug: string, message: RegExp) =>
  expectNothingWritten(server, () => expectRefusal(call(), code, slug, message), 'login_failures');

describe('a name', () => {
  test('is changed by its owner, and by an administrator of its teams; history and lists show it', async () => {
    const ana = await somebody();
    expect(await ana.users.update(detailsOf(ana, { name: ' Ana Berg ' }))).toMatchObject({
      id: ana.id,
      name: 'Ana Berg',
    });
    expect(await admin.users.update(detailsOf(ana, { name: 'Ana B.', email: '' }))).toMatchObject({ name: 'Ana B.' });
    const search = { txt: { query: 'berg' } };
    expect((await ben.users.query({} as never, search, [])).users).toEqual([]);
    expect((await ben.users.index(ben.teamId, [])).map(({ name }) => name)).toContain('Ana B.');
    expect(await auditOf(ana.id)).toEqual(['user.renamed', 'user.renamed']);
  });

  test('that it has already changes nothing', async () => {
    const ana = await somebody();
    await expectNothingWritten(server, () => ana.users.update(detailsOf(ana)));
  });

  test('of somebody else is for administrators, and of strangers for nobody', async () => {
    const ana = await somebody();
    const change = detailsOf(ana, { name: 'X' });
    await expectRefused(
      () => ben.users.update(change),
      INSUFFICIENT_PERMISSIONS,
      'insufficient-permissions',
      /adminBasic/,
    );
    await expectRefused(() => outsider.users.update(change), NOT_FOUND, 'user-not-found', /no user/);
    // A team that takes somebody in does not decide what the others call it.
    await outsider.teams.addUserByEmail(outsider.teamId, ana.email, []);
    await expectRefused(
      () => outsider.users.update(change),
      INSUFFICIENT_PERMISSIONS,
      'insufficient-permissions',
      /in every team of that user/,
    );
  });

  test.each<[string, Partial<User>, string, RegExp]>([
    ['empty', { name: ' ' }, 'invalid-argument', /details\.name: empty/],
    ['too long', { name: 'x'.repeat(251) }, 'limit-exceeded', /details\.name: 251/],
    ['unseen', { name: 'a\u0007b' }, 'invalid-argument', /U\+0007/],
    [
      'beside another address',
      { name: 'x', email: 'x@example.org' },
      'invalid-argument',
      /updateWithPassword changes it/,
    ],
  ])('that is %s is refused', (_, change, slug, message) =>
    expectRefused(() => ben.users.update(detailsOf(ben, change)), BAD_REQUEST, slug, message),
  );
});

describe('an address', () => {
  test('is changed with the password, at once where no mail leaves, and logs in from then on', async () => {
    const ana = await somebody();
    const details = detailsOf(ana, { email: `New-${ana.email}`, name: 'Ana' });
    expect(await ana.users.updateWithPassword(details, ana.password)).toMatchObject({
      name: 'Ana',
      email: `new-${ana.email}`,
    });
    await logIn(server, `new-${ana.email}`, ana.password);
    await expectRefused(() => logIn(server, ana.email, ana.password), UNAUTHORIZED, 'bad-credentials', /./);
    expect(await auditOf(ana.id)).toEqual(['user.email', 'user.renamed']);
  });

  test.each<[string, string, string, RegExp]>([
    ['of another user', 'BEN@example.org', 'email-taken', /details\.email: ben@example\.org belongs/],
    ['that is none', 'nowhere', 'invalid-argument', /not an e-mail address/],
    ['of 255 characters', `${'x'.repeat(243)}@example.org`, 'limit-exceeded', /details\.email: 255/],
  ])('%s is refused', async (_, email, slug, message) => {
    const ana = await somebody();
    await expectRefused(
      () => ana.users.updateWithPassword(detailsOf(ana, { email }), ana.password),
      BAD_REQUEST,
      slug,
      message,
    );
  });

  test('of 254 characters is taken', async () => {
    const ana = await somebody();
    const email = `${'y'.repeat(242)}@example.org`;
    expect((await ana.users.updateWithPassword(detailsOf(ana, { email }), ana.password)).email).toBe(email);
  });

  test('is not changed with a wrong password, nor for somebody else', async () => {
    const ana = await somebody();
    const details = detailsOf(ana, { email: 'other@example.org' });
    await expectRefused(
      () => ana.users.updateWithPassword(details, 'not-the-one'),
      UNAUTHORIZED,
      'bad-credentials',
      /./,
    );
    await expectRefused(() => ben.users.updateWithPassword(details, ben.password), NOT_FOUND, 'user-not-found', /./);
  });

  test('that two take at once goes to one of them', async () => {
    const [one, two] = [await somebody(), await somebody()];
    const take = (user: TestUser, email: string) =>
      user.users.updateWithPassword(detailsOf(user, { email }), user.password);
    for (let round = 0; round < 5; round++) {
      const outcomes = await Promise.allSettled([
        take(one, `race${round}@example.org`),
        take(two, `race${round}@example.org`),
      ]);
      const refused = outcomes.filter(outcome => outcome.status === 'rejected').map(outcome => outcome.reason.slug);
      expect(refused).toEqual(['email-taken']);
    }
  });
});

describe('a password', () => {
  const NEW = 'a-new-long-password';

  test('is changed with the old one, and ends the other logins with their locks, not the own one, nor programs', async () => {
    const ana = await somebody(TeamRole.AUTHOR);
    const tablet = await logIn(server, ana.email, ana.password);
    const { token } = await ana.auth.createApiToken({ name: 'Report' });
    const { id } = await newTemplate(admin, 'Held', [step('a')]);
    await tablet.templates.acquireLock(id);
    expect(await ana.users.updatePassword(ana.password, NEW)).toMatchObject({ id: ana.id });
    await expectRefusal(tablet.teams.index(), INVALID_TOKEN, 'invalid-token');
    expect((await rowsOf(server, 'template_locks')).map(row => row.template_id)).not.toContain(id);
    expect(await ana.teams.index()).toHaveLength(1);
    await (await server.connect()).service('AuthenticationService').authenticate(token);
    await logIn(server, ana.email, NEW);
    await expectRefused(() => logIn(server, ana.email, ana.password), UNAUTHORIZED, 'bad-credentials', /./);
    expect(await auditOf(ana.id)).toEqual(['user.password']);
  });

  test('that was changed meanwhile lets no login in that was under way with the old one', async () => {
    for (let round = 0; round < 5; round++) {
      const ana = await somebody();
      const logins = Array.from({ length: 2 }, () => logIn(server, ana.email, ana.password));
      const reset = await admin.teams.resetPassword(admin.teamId, ana.id);
      const recovered = (await server.connect()).service('UserService').recoverPassword(reset.token, NEW);
      const outcomes = await Promise.allSettled([...logins, recovered]);
      expect(outcomes.at(-1)!.status).toBe('fulfilled');
      expect((await rowsOf(server, 'tokens')).filter(row => row.user_id === ana.id)).toEqual([]);
    }
  });

  test('of two changes at once with the same old one, one counts', async () => {
    for (let round = 0; round < 5; round++) {
      const ana = await somebody();
      const twin = await server.connect();
      await twin.service('AuthenticationService').authenticate(ana.token);
      const news = ['a-new-password-of-two', 'another-password-of-two'];
      const outcomes = await Promise.allSettled([
        ana.users.updatePassword(ana.password, news[0]!),
        twin.service('UserService').updatePassword(ana.password, news[1]!),
      ]);
      const won = outcomes.findIndex(({ status }) => status === 'fulfilled');
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect((outcomes[1 - won] as PromiseRejectedResult).reason.slug).toBe('bad-credentials');
      await logIn(server, ana.email, news[won]!);
    }
  });

  test('is not changed with a wrong old one, and guesses of it must pause like logins', async () => {
    const ana = await somebody();
    for (let n = 0; n < 5; n++)
      await expectRefused(() => ana.users.updatePassword('not-the-one', NEW), UNAUTHORIZED, 'bad-credentials', /./);
    await expectRefusal(ana.users.updatePassword(ana.password, NEW), ErrorCode.SERVICE_UNAVAILABLE, 'login-paused');
    server.clock.forward(1000);
    await ana.users.updatePassword(ana.password, NEW);
  });

  test.each<[string, string, string, RegExp]>([
    ['9 characters', 'short-one', 'invalid-argument', /newPassword: 9 characters; expected 10 to 1000/],
    ['1,001 characters', 'ab1 '.repeat(251), 'invalid-argument', /newPassword: 1004 characters/],
    ['10 MB', 'x'.repeat(10_000_000), 'limit-exceeded', /newPassword/],
    ['the address', 'ben@example.org', 'weak-password', /the name or the e-mail address/],
    ['a common one', 'Qwertyuiop1', 'weak-password', /one of the commonest/],
    ['one character', 'aaaaaaaaaaaa', 'weak-password', /fewer than four different characters/],
    ['a row', '1234567890', 'weak-password', /a row of neighbouring characters/],
  ])('of %s is refused and never repeated', async (_, password, slug, message) => {
    const refusal = await expectRefused(
      () => ben.users.updatePassword(ben.password, password),
      BAD_REQUEST,
      slug,
      message,
    );
    expect(JSON.stringify(refusal)).not.toContain(password);
  });

  test('is not completed of an account that is complete', () =>
    expectRefused(() => ben.users.validate(detailsOf(ben), NEW), NOOP, 'already-validated', /complete already/));

  test('completes an account that is not, and confirms its address', async () => {
    const ana = await somebody();
    await server.store.transact(tx => tx.users.change(ana.id, { validated_at: null }));
    const done = await ana.users.validate(detailsOf(ana, { name: 'Ana' }), NEW);
    expect(done).toMatchObject({ name: 'Ana' });
    expect(done.validatedAt).toBeGreaterThan(0);
    await logIn(server, ana.email, NEW);
  });
});

describe('a disabled account', () => {
  test('has no tokens and no locks, and nobody logs in, in the words of a wrong password', async () => {
    const ana = await somebody(TeamRole.AUTHOR);
    const { token } = await ana.auth.createApiToken({ name: 'Report' });
    const { id } = await newTemplate(admin, 'Held', [step('a')]);
    await ana.templates.acquireLock(id);
    expect(await admin.users.disableUser(ana.id)).toEqual([]);
    await expectRefusal(ana.teams.index(), INVALID_TOKEN, 'invalid-token');
    const auth = (await server.connect()).service('AuthenticationService');
    await expectRefusal(auth.authenticate(token), INVALID_TOKEN, 'invalid-token');
    await expectRefused(() => auth.login(ana.email, ana.password, {}), UNAUTHORIZED, 'bad-credentials', /do not fit/);
    expect((await rowsOf(server, 'template_locks')).map(row => row.template_id)).not.toContain(id);
    expect(await auditOf(ana.id)).toEqual(['user.disabled']);
  });

  test('has no token of a login that was under way', async () => {
    for (let round = 0; round < 5; round++) {
      const ana = await somebody();
      const auth = (await server.connect()).service('AuthenticationService');
      server.statements = [];
      const login = auth.login(ana.email, ana.password, {});
      // The server has read the account, and is at work on the password.
      while (!server.statements.some(text => text.includes('"login_failures"'))) await setImmediate();
      const [, outcome] = await Promise.allSettled([admin.users.disableUser(ana.id), login]);
      if (outcome.status === 'rejected') expect(outcome.reason.slug).toBe('bad-credentials');
      expect((await rowsOf(server, 'tokens')).filter(row => row.user_id === ana.id)).toEqual([]);
    }
  });

  test('leaves its open steps, which are told, and its name in history', async () => {
    const ana = await somebody(TeamRole.JOBCREATOR);
    const job = await newJob(admin, [stepOf('Weld', ana), stepOf('Paint', ana)]);
    await job.run(ana, 'Weld');
    const closed = await newJob(admin, [stepOf('Weld', ana)]);
    await admin.jobs.closeJobs([closed.id]);
    expect(await admin.users.disableUser(ana.id)).toEqual([
      { teamId: admin.teamId, jobId: job.id, stepId: job.step('Paint'), stepName: 'Paint' },
    ]);
    expect((await job.get(admin)).currentSteps).toMatchObject([{ assignedTo: ana.id }]);
    expect(await job.history(admin)).toContain('Finished: Weld');
    expect((await admin.users.get(ana.id)).name).toBe(ana.email.split('@')[0]);
  });

  test('is given nothing anew: no step, no job, no group, no team', async () => {
    const ana = await somebody();
    await admin.users.disableUser(ana.id);
    const { id: template } = await publishedTemplate(admin, 'Work', [step('a')]);
    const refused = (call: () => Promise<unknown>) => expectRefused(call, NOT_FOUND, 'user-not-found', /./);
    await refused(() => admin.jobs.createJobs(template, { ownedBy: ana.id }));
    await refused(() => admin.jobs.createJobs(template, { assignedType: 2, assignedTo: ana.email }));
    const groups = admin.connection.service('GroupService');
    const group = await groups.create(admin.teamId, { name: 'Crew' });
    await refused(() => groups.addMembers(group.id, [ana.id]));
    const team = await admin.teams.create('Further plant', '');
    await refused(() => admin.teams.addUserById(team.id, ana.id, []));
  });

  test('is given back with its password, its teams and roles', async () => {
    const ana = await somebody(TeamRole.AUTHOR);
    await admin.users.disableUser(ana.id);
    await admin.users.enableUser(ana.id);
    const again = await logIn(server, ana.email, ana.password);
    await again.templates.create(ana.teamId, { title: 'T' }, []);
    await expectRefused(() => admin.users.enableUser(ana.id), NOOP, 'not-disabled', /is not disabled/);
  });

  test('is disabled once', async () => {
    const ana = await somebody();
    await admin.users.disableUser(ana.id);
    await expectRefused(() => admin.users.disableUser(ana.id), NOOP, 'already-disabled', /disabled already/);
  });

  test('is never that of the last ADMIN of a team, and a disabled ADMIN counts for nothing', async () => {
    await expectRefused(() => admin.users.disableUser(admin.id), WRONG_STATE, 'last-administrator', /only ADMIN/);
    const second = await somebody(TeamRole.ADMIN);
    await admin.users.disableUser(second.id);
    const remove = () => admin.teams.removeUserFromTeam(admin.teamId, admin.id);
    await expectRefused(remove, WRONG_STATE, 'last-administrator', /only ADMIN/);
    const demote = () => admin.teams.updateUserRoles(admin.teamId, admin.id, [TeamRole.AUTHOR]);
    await expectRefused(demote, WRONG_STATE, 'last-administrator', /only ADMIN/);
  });

  test('of two ADMINs who disable each other at once, one stays', async () => {
    for (let round = 0; round < 5; round++) {
      const team = await admin.teams.create(`Duel ${round}`, '');
      const second = await somebody();
      await admin.teams.removeUserFromTeam(admin.teamId, second.id);
      await admin.teams.addUserById(team.id, second.id, [TeamRole.ADMIN]);
      const third = await somebody();
      await admin.teams.removeUserFromTeam(admin.teamId, third.id);
      await admin.teams.addUserById(team.id, third.id, [TeamRole.ADMIN]);
      await admin.teams.removeUserFromTeam(team.id, admin.id);
      const outcomes = await Promise.allSettled([
        second.users.disableUser(third.id),
        third.users.disableUser(second.id),
      ]);
      const rows = await rowsOf(server, 'users');
      const left = [second, third].filter(user => rows.find(row => row.user_id === user.id)!.disabled_at === null);
      expect(left).toHaveLength(1);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
  });

  test('is for who administers every team of the user', async () => {
    const ana = await somebody();
    await expectRefused(
      () => ben.users.disableUser(ana.id),
      INSUFFICIENT_PERMISSIONS,
      'insufficient-permissions',
      /adminAdvanced/,
    );
    await expectRefused(() => outsider.users.disableUser(ana.id), NOT_FOUND, 'user-not-found', /./);
    await expectRefused(() => outsider.users.enableUser(ana.id), NOT_FOUND, 'user-not-found', /./);
    await outsider.teams.addUserById(outsider.teamId, ana.id, []);
    await expectRefused(
      () => outsider.users.disableUser(ana.id),
      INSUFFICIENT_PERMISSIONS,
      'insufficient-permissions',
      /every team/,
    );
  });
});
