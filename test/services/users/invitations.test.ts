/** Invitations and forgotten passwords: secrets that work once, for a time, for one thing, brought by mail or by hand. */
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { SMTPServer } from 'smtp-server';
import { ErrorCode } from '#gen/common_types';
import { TeamRole } from '#gen/user_types';
import { tokenHash } from '../../../src/base/secrets.ts';
import { expectRefusal, refusalOf } from '../../support/refusals.ts';
import { contents, expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logIn, logInAdmin, newOutsider, newUser, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

const { BAD_REQUEST, UNAUTHORIZED, NOT_FOUND, INSUFFICIENT_PERMISSIONS, WRONG_STATE, INVALID_TOKEN, TOKEN_EXPIRED } =
  ErrorCode;
const DAY_MS = 24 * 3_600_000;
const PASSWORD = 'a-quite-long-password';

let server: TestServer;
let admin: TestUser;

const open = async () => (await server.connect()).service('UserService');
const expectRefused = (call: () => Promise<unknown>, code: ErrorCode, slug: string, message = /./) =>
  expectNothingWritten(server, () => expectRefusal(call(), code, slug, message));

let people = 0;
const address = () => `guest${++people}@example.org`;

describe('by hand', () => {
  let ben: TestUser;
  let outsider: TestUser;

  beforeAll(async () => {
    server = await TestServer.start();
    admin = await logInAdmin(server);
    ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
    outsider = await newOutsider(server, admin);
  });
  // Tests turn the clock: each begins with fresh tokens.
  beforeEach(async () => {
    admin = await logInAdmin(server);
    ben = await logIn(server, ben.email, ben.password, admin.teamId);
    outsider = await logIn(server, outsider.email, outsider.password, outsider.teamId);
  });
  afterAll(() => server.stop());

  const invite = (email: string, ...roles: TeamRole[]) => admin.teams.inviteUser(admin.teamId, email, roles);

  test('an invitation makes a member of whoever has its token, with name, password and roles', async () => {
    const email = address();
    const invitation = await invite(email.toUpperCase(), TeamRole.AUTHOR);
    expect(invitation).toMatchObject({ tokenType: 2, teamId: admin.teamId, inviterId: admin.id, inviteType: 0 });
    expect(await admin.users.index(admin.teamId, [TeamRole.AUTHOR])).toEqual([]);
    const user = await (await open()).joinWithToken(invitation.token, { name: 'Gus' }, PASSWORD);
    expect(user).toMatchObject({ id: invitation.userId, email, name: 'Gus' });
    expect(user.validatedAt).toBeGreaterThan(0);
    const gus = await logIn(server, email, PASSWORD);
    await gus.templates.create(admin.teamId, { title: 'By a guest' }, []);
  });

  test('before that nobody logs in with the account, whatever the password', async () => {
    const email = address();
    await invite(email);
    for (const password of ['', 'none', PASSWORD]) {
      server.clock.forward(DAY_MS);
      await expectRefusal(logIn(server, email, password), UNAUTHORIZED, 'bad-credentials');
    }
  });

  test('a token works once, also of two uses at once', async () => {
    for (let round = 0; round < 5; round++) {
      const { token } = await invite(address());
      const [one, two] = [await open(), await open()];
      const outcomes = await Promise.allSettled([
        one.joinWithToken(token, {}, PASSWORD),
        two.joinWithToken(token, {}, PASSWORD),
      ]);
      const refused = outcomes.filter(outcome => outcome.status === 'rejected').map(outcome => outcome.reason.slug);
      expect(refused).toEqual(['invalid-token']);
    }
  });

  test('a token ends after 14 days, with another invitation to the team, and works for nothing else', async () => {
    const email = address();
    const first = await invite(email);
    const second = await invite(email, TeamRole.EXECUTOR);
    expect(second.userId).toBe(first.userId);
    const users = await open();
    await expectRefused(
      () => users.joinWithToken(first.token, {}, PASSWORD),
      INVALID_TOKEN,
      'invalid-token',
      /changeToken/,
    );
    await expectRefused(() => users.recoverPassword(second.token, PASSWORD), INVALID_TOKEN, 'invalid-token');
    await expectRefused(() => users.validateWithToken(second.token, {}), INVALID_TOKEN, 'invalid-token');
    await expectRefused(() => users.joinWithToken('garbage', {}, PASSWORD), INVALID_TOKEN, 'invalid-token');
    server.clock.forward(14 * DAY_MS);
    await expectRefused(
      () => users.joinWithToken(second.token, {}, PASSWORD),
      TOKEN_EXPIRED,
      'token-expired',
      /it was good until/,
    );
  });

  test('a weak password or a bad name leaves the token good', async () => {
    const { token } = await invite(address());
    const users = await open();
    await expectRefused(
      () => users.joinWithToken(token, {}, 'short'),
      BAD_REQUEST,
      'invalid-argument',
      /password: 5 characters/,
    );
    await expectRefused(() => users.joinWithToken(token, {}, 'password1234'), BAD_REQUEST, 'weak-password');
    await expectRefused(
      () => users.joinWithToken(token, { name: '\u0007' }, PASSWORD),
      BAD_REQUEST,
      'invalid-argument',
      /params\.name/,
    );
    await users.joinWithToken(token, {}, PASSWORD);
  });

  test('who is invited by two teams joins both, each by its own token', async () => {
    const email = address();
    const [one, two] = [await invite(email), await outsider.teams.inviteUser(outsider.teamId, email, [])];
    expect(two.userId).toBe(one.userId);
    const users = await open();
    await users.joinWithToken(one.token, {}, PASSWORD);
    await users.joinWithToken(two.token, {}, PASSWORD);
    const gus = await logIn(server, email, PASSWORD);
    expect((await gus.teams.index()).map(({ id }) => id).sort()).toEqual([admin.teamId, outsider.teamId].sort());
  });

  test('an invitation gives nobody an account that its owner has completed for another team', async () => {
    const email = address();
    const [one, two] = [await invite(email), await outsider.teams.inviteUser(outsider.teamId, email, [])];
    const users = await open();
    await users.joinWithToken(one.token, { name: 'Gus' }, PASSWORD);
    const gus = await logIn(server, email, PASSWORD, admin.teamId);
    for (const guessed of ['a-password-of-the-inviter', '', 'x'.repeat(2000)]) {
      const join = () => users.joinWithToken(two.token, { name: 'Mallory' }, guessed);
      const refusal = await expectNothingWritten(server, () => refusalOf(join()), 'login_failures');
      expect([refusal.errorCode, refusal.slug]).toEqual([UNAUTHORIZED, 'bad-credentials']);
    }
    // Guesses of it must pause like logins.
    for (let n = 3; n < 5; n++) await refusalOf(users.joinWithToken(two.token, {}, 'a-guess-of-it'));
    const paused = users.joinWithToken(two.token, {}, PASSWORD);
    await expectRefusal(paused, ErrorCode.SERVICE_UNAVAILABLE, 'login-paused');
    server.clock.forward(1000);
    await users.joinWithToken(two.token, {}, PASSWORD);
    expect(await gus.teams.index()).toHaveLength(2);
    expect((await gus.users.get(gus.id)).name).toBe('Gus');
  });

  test('of two invitations that are accepted at once with two passwords, one sets it', async () => {
    for (let round = 0; round < 5; round++) {
      const email = address();
      const tokens = [await invite(email), await outsider.teams.inviteUser(outsider.teamId, email, [])];
      const passwords = ['the-first-of-two-passwords', 'the-second-of-two-passwords'];
      const clients = [await open(), await open()];
      const outcomes = await Promise.allSettled(
        clients.map((users, index) => users.joinWithToken(tokens[index]!.token, {}, passwords[index]!)),
      );
      const refused = outcomes.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
      expect(refused).toHaveLength(1);
      expect(['invalid-token', 'bad-credentials']).toContain(refused[0]!.reason.slug);
      await logIn(server, email, passwords[outcomes.findIndex(({ status }) => status === 'fulfilled')]!);
    }
  });

  test('who has no token is refused before a password is worked on', async () => {
    const users = await open();
    await expectRefused(() => users.joinWithToken('garbage', {}, 'short'), INVALID_TOKEN, 'invalid-token');
    await expectRefused(() => users.recoverPassword('garbage', 'short'), INVALID_TOKEN, 'invalid-token');
  });

  test('who has a confirmed account is not invited, but made a member by address', async () => {
    await expectRefused(
      () => invite('ben@example.org'),
      BAD_REQUEST,
      'email-taken',
      /addUserByEmail makes that user a member/,
    );
    await outsider.teams.addUserByEmail(outsider.teamId, ' BEN@example.org', [TeamRole.AUTHOR]);
    expect((await outsider.users.index(outsider.teamId, [TeamRole.AUTHOR])).map(({ id }) => id)).toEqual([ben.id]);
    const again = () => outsider.teams.addUserByEmail(outsider.teamId, ben.email, []);
    await expectRefused(again, ErrorCode.USER_ALREADY_PART_OF_TEAM, 'user-already-in-team');
  });

  test.each<[string, string, RegExp]>([
    ['no address', 'nobody', /email: "nobody" is not an e-mail address/],
    ['an address of 255 characters', `${'x'.repeat(243)}@example.org`, /email: 255/],
  ])('%s is not invited', async (_, email, message) => {
    const refusal = await refusalOf(invite(email));
    expect(refusal.errorCode).toBe(BAD_REQUEST);
    expect(refusal.message).toMatch(message);
  });

  test('inviting is for administrators, who give no role that they lack', async () => {
    const call = () => ben.teams.inviteUser(ben.teamId, address(), []);
    await expectRefused(call, INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', /adminBasic/);
    await expectRefused(() => outsider.teams.inviteUser(admin.teamId, address(), []), NOT_FOUND, 'team-not-found');
    const roles = admin.connection.service('RoleService');
    const { id } = await roles.create(admin.teamId, { name: 'Host', permissions: { privileges: ['adminBasic'] } });
    await roles.addHolders(id, [ben.id]);
    await ben.teams.inviteUser(ben.teamId, address(), [TeamRole.EXECUTOR]);
    const more = () => ben.teams.inviteUser(ben.teamId, address(), [TeamRole.ADMIN]);
    await expectRefused(more, INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', /can give it or take it away/);
  });

  test('a reset lets the user set another password, and ends its logins', async () => {
    const dee = await newUser(server, admin, `dee${++people}`);
    const { token, tokenType } = await admin.teams.resetPassword(admin.teamId, dee.id);
    expect(tokenType).toBe(3);
    expect(await dee.teams.index()).toHaveLength(1);
    const users = await open();
    await expectRefused(() => users.recoverPassword(token, dee.email), BAD_REQUEST, 'weak-password', /e-mail address/);
    expect(await users.recoverPassword(token, PASSWORD)).toMatchObject({ id: dee.id });
    await expectRefusal(dee.teams.index(), INVALID_TOKEN, 'invalid-token');
    await logIn(server, dee.email, PASSWORD);
    await expectRefused(() => users.recoverPassword(token, PASSWORD), INVALID_TOKEN, 'invalid-token');
  });

  test('a reset ends after an hour, with the account, and with a password that was changed meanwhile', async () => {
    const dee = await newUser(server, admin, `dee${++people}`);
    const reset = async () => (await admin.teams.resetPassword(admin.teamId, dee.id)).token;
    const users = await open();
    const changed = await reset();
    await dee.users.updatePassword(dee.password, PASSWORD);
    await expectRefused(() => users.recoverPassword(changed, PASSWORD), INVALID_TOKEN, 'invalid-token');
    const late = await reset();
    server.clock.forward(3_600_000);
    await expectRefusal(users.recoverPassword(late, PASSWORD), TOKEN_EXPIRED, 'token-expired');
    const ended = await reset();
    await admin.users.disableUser(dee.id);
    await expectRefused(() => users.recoverPassword(ended, PASSWORD), INVALID_TOKEN, 'invalid-token');
  });

  test('a reset is for who administers every team of the user', async () => {
    const dee = await newUser(server, admin, `dee${++people}`);
    const refused = (user: TestUser, message: RegExp) =>
      expectRefused(
        () => user.teams.resetPassword(user.teamId, dee.id),
        INSUFFICIENT_PERMISSIONS,
        'insufficient-permissions',
        message,
      );
    await refused(ben, /adminAdvanced/);
    await expectRefused(() => outsider.teams.resetPassword(outsider.teamId, dee.id), NOT_FOUND, 'user-not-found');
    await outsider.teams.addUserById(outsider.teamId, dee.id, []);
    await refused(outsider, /every team of that user/);
  });

  test('a reset is for who may do whatever the account may', async () => {
    const roles = admin.connection.service('RoleService');
    const host = async (name: string) => {
      const { id } = await roles.create(admin.teamId, { name, permissions: { privileges: ['adminAdvanced'] } });
      return id;
    };
    const dee = await newUser(server, admin, `dee${++people}`);
    await roles.addHolders(await host('Helper'), [dee.id]);
    const reset = (userId: string) => () => dee.teams.resetPassword(dee.teamId, userId);
    const lacking = /only who has the privilege \w+ can give it or take it away/;
    const chief = await newUser(server, admin, `chief${++people}`, TeamRole.ADMIN);
    await expectRefused(reset(chief.id), INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', lacking);
    await expectRefused(
      () => dee.users.disableUser(chief.id),
      INSUFFICIENT_PERMISSIONS,
      'insufficient-permissions',
      lacking,
    );
    // A role of the team's own counts like a built-in one, archived too.
    const eve = await newUser(server, admin, `eve${++people}`);
    await reset(eve.id)();
    const { id } = await roles.create(admin.teamId, { name: 'Closer', permissions: { privileges: ['jobClose'] } });
    await roles.addHolders(id, [eve.id]);
    await expectRefused(reset(eve.id), INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', /jobClose/);
    await roles.archive(id);
    await expectRefused(reset(eve.id), INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', /jobClose/);
    await admin.users.disableUser(eve.id);
    await expectRefused(
      () => dee.users.enableUser(eve.id),
      INSUFFICIENT_PERMISSIONS,
      'insufficient-permissions',
      /jobClose/,
    );
  });

  test('what would need a letter is refused alike for known and unknown addresses', async () => {
    const users = await open();
    for (const email of [ben.email, 'zoe@example.org']) {
      await expectRefused(
        () => users.forgotPassword(email),
        WRONG_STATE,
        'mail-not-configured',
        /JOBWRIGHT_SMTP_URL.*resetPassword/,
      );
      await expectRefused(() => users.resendConfirmation(email, ''), WRONG_STATE, 'mail-not-configured', /inviteUser/);
    }
    const add = () => admin.teams.addUserByEmail(admin.teamId, address(), []);
    await expectRefused(add, WRONG_STATE, 'mail-not-configured', /use inviteUser/);
  });

  test('tokens stand nowhere but in the answer: not in the log, not in a row', async () => {
    const dee = await newUser(server, admin, `dee${++people}`);
    const secrets = [
      (await invite(address())).token,
      (await admin.teams.resetPassword(admin.teamId, dee.id)).token,
      PASSWORD,
      dee.password,
    ];
    const users = await open();
    await refusalOf(users.joinWithToken(secrets[1]!, {}, PASSWORD));
    await refusalOf(users.recoverPassword(secrets[0]!, PASSWORD));
    const places = JSON.stringify([server.log, await contents(server)]);
    for (const secret of secrets) expect(places).not.toContain(secret);
    expect(places).toContain(tokenHash(secrets[0]!));
  });
});

describe('by mail', () => {
  /** A real mail server, which takes letters, refuses them, or says nothing at all. */
  class Postman {
    readonly letters: { to: string; text: string }[] = [];
    mode: 'takes' | 'refuses' | 'hangs' = 'takes';
    readonly #server: SMTPServer;
    readonly #waiting: (() => void)[] = [];

    constructor() {
      this.#server = new SMTPServer({
        authOptional: true,
        disabledCommands: ['STARTTLS'],
        onRcptTo: (_address, _session, answer) => {
          if (this.mode === 'hangs') return;
          answer(this.mode === 'refuses' ? new Error('no such mailbox') : null);
        },
        onData: (stream, session, answer) => {
          const chunks: Buffer[] = [];
          stream.on('data', chunk => chunks.push(chunk));
          stream.on('end', () => {
            const to = session.envelope.rcptTo.map(recipient => recipient.address).join();
            this.letters.push({
              to,
              text: Buffer.concat(chunks)
                .toString()
                .replace(/=\r?\n/g, '')
                .replace(/=3D/g, '='),
            });
            for (const wake of this.#waiting.splice(0)) wake();
            answer();
          });
        },
      });
    }

    async listen(): Promise<number> {
      this.#server.listen(0, '127.0.0.1');
      await once(this.#server.server, 'listening');
      return (this.#server.server.address() as { port: number }).port;
    }

    /** The secret of the next letter to this address. */
    async tokenFor(email: string): Promise<string> {
      for (;;) {
        const index = this.letters.findIndex(({ to }) => to === email);
        if (index >= 0) {
          const [letter] = this.letters.splice(index, 1);
          return /https:\/\/work\.example\.org\/account\?token=([\w-]{43})/.exec(letter!.text)![1]!;
        }
        await new Promise<void>(resolve => this.#waiting.push(resolve));
      }
    }

    stop(): Promise<void> {
      return new Promise(resolve => this.#server.close(() => resolve()));
    }
  }

  let postman: Postman;

  beforeEach(async () => {
    postman = new Postman();
    const mail = {
      smtpUrl: `smtp://127.0.0.1:${await postman.listen()}`,
      from: 'jobwright@example.org',
      link: 'https://work.example.org/account?token=',
    };
    server = await TestServer.start({ mail });
    admin = await logInAdmin(server);
  });
  afterEach(async () => {
    // A letter that hangs is given up when its connection ends.
    await postman.stop();
    await server.stop();
  });

  test('an invitation reaches whoever has no account, is sent again when asked for, and makes a member', async () => {
    await admin.teams.addUserByEmail(admin.teamId, 'gus@example.org', [TeamRole.EXECUTOR]);
    const first = await postman.tokenFor('gus@example.org');
    const users = await open();
    await users.resendConfirmation('GUS@example.org', admin.teamId);
    const second = await postman.tokenFor('gus@example.org');
    await expectRefusal(users.joinWithToken(first, {}, PASSWORD), INVALID_TOKEN, 'invalid-token');
    await users.joinWithToken(second, { name: 'Gus' }, PASSWORD);
    expect((await admin.users.index(admin.teamId, [TeamRole.EXECUTOR])).map(({ name }) => name)).toEqual(['Gus']);
  });

  test('a confirmation confirms the address, and joins nothing', async () => {
    await admin.teams.addUserByEmail(admin.teamId, 'gus@example.org', []);
    const invitation = await postman.tokenFor('gus@example.org');
    const users = await open();
    await users.resendConfirmation('gus@example.org', '');
    const token = await postman.tokenFor('gus@example.org');
    const user = await users.validateWithToken(token, { name: 'Gus' });
    expect(user.validatedAt).toBeGreaterThan(0);
    expect((await admin.users.index(admin.teamId, [])).map(({ name }) => name)).toEqual(['Administrator']);
    await users.joinWithToken(invitation, {}, PASSWORD);
    await logIn(server, 'gus@example.org', PASSWORD);
  });

  test('a forgotten password is set anew by whoever reads the mail', async () => {
    const ana = await newUser(server, admin, 'ana');
    const users = await open();
    await users.forgotPassword(ana.email);
    await users.recoverPassword(await postman.tokenFor(ana.email), PASSWORD);
    await logIn(server, ana.email, PASSWORD);
  });

  test('a new address counts when it is confirmed, and not before', async () => {
    const ana = await newUser(server, admin, 'ana');
    const details = { id: ana.id, email: 'new@example.org', name: 'Ana', validatedAt: 0 };
    expect(await ana.users.updateWithPassword(details, ana.password)).toMatchObject({ email: ana.email, name: 'Ana' });
    await logIn(server, ana.email, ana.password);
    const users = await open();
    const changed = await users.validateWithToken(await postman.tokenFor('new@example.org'), {});
    expect(changed).toMatchObject({ id: ana.id, email: 'new@example.org' });
    await logIn(server, 'new@example.org', ana.password);
  });

  test('a new address that waits is none any more once the password is changed; and the old mailbox sets none', async () => {
    const ana = await newUser(server, admin, 'ana');
    const details = { id: ana.id, email: 'new@example.org', name: 'Ana', validatedAt: 0 };
    const users = await open();
    await ana.users.updateWithPassword(details, ana.password);
    const stale = await postman.tokenFor('new@example.org');
    await ana.users.updatePassword(ana.password, PASSWORD);
    await expectRefused(() => users.validateWithToken(stale, {}), INVALID_TOKEN, 'invalid-token');
    await users.forgotPassword(ana.email);
    const sentToTheOld = await postman.tokenFor(ana.email);
    await ana.users.updateWithPassword(details, PASSWORD);
    await users.validateWithToken(await postman.tokenFor('new@example.org'), {});
    await expectRefused(
      () => users.recoverPassword(sentToTheOld, 'a-password-of-another'),
      INVALID_TOKEN,
      'invalid-token',
    );
  });

  test('unknown, disabled and unconfirmed addresses are answered like others, and get no letter', async () => {
    const dee = await newUser(server, admin, 'dee');
    await admin.users.disableUser(dee.id);
    await admin.teams.inviteUser(admin.teamId, 'gus@example.org', []);
    const ana = await newUser(server, admin, 'ana');
    const users = await open();
    for (const email of ['zoe@example.org', dee.email, 'gus@example.org']) await users.forgotPassword(email);
    for (const email of ['zoe@example.org', dee.email, ana.email]) await users.resendConfirmation(email, admin.teamId);
    // Letters leave in their order: when this one is there, the others would be.
    await users.forgotPassword(ana.email);
    await postman.tokenFor(ana.email);
    expect(postman.letters).toEqual([]);
  });

  test('nobody waits for a letter, and one that cannot be delivered is logged without its secret', async () => {
    const ana = await newUser(server, admin, 'ana');
    postman.mode = 'refuses';
    const users = await open();
    await users.forgotPassword(ana.email);
    const undelivered = () => server.log.find(({ msg }) => msg === 'a letter could not be delivered');
    while (!undelivered()) await new Promise(resolve => setTimeout(resolve, 10));
    expect(undelivered()).toMatchObject({ subject: 'Set a new password', responseCode: 550 });
    expect(Object.keys(undelivered()!).sort()).toEqual(
      ['code', 'hostname', 'level', 'msg', 'pid', 'reason', 'responseCode', 'subject', 'time'].sort(),
    );
    postman.mode = 'hangs';
    await users.forgotPassword(ana.email);
    expect(await (await open()).forgotPassword(ana.email)).toBeFalsy();
    // Whoever asks for many must pause.
    await expectRefusal(
      users.forgotPassword(ana.email),
      ErrorCode.SERVICE_UNAVAILABLE,
      'mail-paused',
      /try again in 1 s/,
    );
    server.clock.forward(1000);
    await users.forgotPassword(ana.email);
  });

  test('the letter holds the only copy of the secret', async () => {
    const ana = await newUser(server, admin, 'ana');
    await (await open()).forgotPassword(ana.email);
    const token = await postman.tokenFor(ana.email);
    expect(JSON.stringify([server.log, await contents(server)])).not.toContain(token);
    expect((await rowsOf(server, 'change_tokens')).map(row => row.token_hash)).toContain(tokenHash(token));
  });
});
