/** Passwords, tokens and all that entitles to something: known to the client alone. None is found in the log or in the database, not even in its files. */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TeamRole } from '#gen/user_types';
import { tokenHash } from '../../../src/base/secrets.ts';
import { TestHttp } from '../../support/http.ts';
import { jobOf, newJob } from '../../support/jobs.ts';
import { refusalOf } from '../../support/refusals.ts';
import { contents, rowsOf } from '../../support/rows.ts';
import { logIn, logInAdmin, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { ADMIN, TestServer } from '../../support/server.ts';

const TYPED = {
  wrong: 'a-wrong-password-that-fits-elsewhere',
  short: 'too-short',
  long: `long-${'x'.repeat(1000)}`,
  withNul: 'a-password-with-nul\0',
  forNobody: 'a-password-for-a-bad-address',
  asToken: 'garbage-that-was-meant-as-a-token',
  privateKey: 'a-private-key-that-must-not-travel',
  overHttp: 'a-password-in-a-request-that-makes-no-sense',
} as const;

let server: TestServer;
let secrets: string[];

beforeAll(async () => {
  server = await TestServer.start();
  const admin = await logInAdmin(server);
  const ana = await newUser(server, admin, 'ana', TeamRole.JOBCREATOR);
  const again = await logIn(server, ana.email, ana.password);
  await mistakes(admin, ana);
  const job = await jobOf(ana, await publishedTemplate(admin, 'Ordinary work', [step('a')]));
  await job.run(ana, 'a');
  await again.auth.logout();
  secrets = [ADMIN.password, ana.password, admin.token, ana.token, again.token, ...Object.values(TYPED)];
  secrets.push(...(await givenOut(admin, ana)));
});

afterAll(() => server.stop());

/** Every way in which a secret reaches the server and is refused. */
async function mistakes(admin: TestUser, ana: TestUser): Promise<void> {
  const auth = (await server.connect()).service('AuthenticationService');
  const { teams, teamId } = admin;
  const createUser = (email: string, password: string) => teams.createUser(teamId, email, password, 'Ben', []);
  const refused = [
    auth.login(ana.email, TYPED.wrong, {}),
    auth.login('zoe@example.org', TYPED.wrong, {}),
    auth.login(ana.email, TYPED.withNul, {}),
    auth.login(ana.email, ana.password, { userPrivateKey: TYPED.privateKey }),
    auth.authenticate(TYPED.asToken),
    createUser('ben@example.org', TYPED.short),
    createUser('ben@example.org', TYPED.long),
    createUser('ben@example.org', TYPED.withNul),
    createUser('no address', TYPED.forNobody),
    createUser(ana.email, TYPED.forNobody),
    ana.teams.createUser(teamId, 'ben@example.org', TYPED.forNobody, 'Ben', []),
  ];
  for (const call of refused) {
    const refusal = JSON.stringify(await refusalOf(call));
    for (const secret of Object.values(TYPED)) expect(refusal).not.toContain(JSON.stringify(secret).slice(1, -1));
  }
}

/** Secrets that the server gives out beside logins, each used rightly and wrongly. */
async function givenOut(admin: TestUser, ana: TestUser): Promise<string[]> {
  const chosen = 'a-password-that-was-chosen-anew';
  const users = (await server.connect()).service('UserService');
  const program = await ana.auth.createApiToken({ name: 'Report' });
  const { auth } = await logIn(server, ana.email, ana.password);
  await auth.authenticate(program.token);
  await auth.revokeToken(program.tokenId);
  await refusalOf(auth.authenticate(program.token));
  const invitation = await admin.teams.inviteUser(admin.teamId, 'gus@example.org', []);
  await refusalOf(users.recoverPassword(invitation.token, chosen));
  await users.joinWithToken(invitation.token, {}, chosen);
  const reset = await admin.teams.resetPassword(admin.teamId, ana.id);
  const unused = await admin.teams.resetPassword(admin.teamId, invitation.userId);
  await refusalOf(users.joinWithToken(reset.token, {}, chosen));
  await users.recoverPassword(reset.token, chosen);
  await admin.teams.setTemplateApprovalWebhook(admin.teamId, 'http://127.0.0.1:9/');
  const { secret } = await admin.teams.rotateTemplateApprovalSecret(admin.teamId);
  return [chosen, program.token, invitation.token, reset.token, unused.token, secret, await overHttp(admin)];
}

/** @returns the secret in the address of an attachment */
async function overHttp(admin: TestUser): Promise<string> {
  const { id: jobId } = await newJob(admin, [step('b')]);
  const http = new TestHttp(server.address);
  const attachment = Buffer.from('a few bytes');
  const { attachmentId } = await admin.jobs.addAttachment({ jobId, fileName: 'a.txt', attachment });
  const address = await admin.jobs.getAttachmentUrl(jobId, attachmentId!, true);
  expect(await http.text(address)).toBe('a few bytes');
  expect((await http.send(undefined, `${address}x`)).ok).toBe(false);
  const headers = { authorization: `Bearer ${TYPED.asToken}` };
  expect((await http.send(undefined, address.split('?')[0]!, { headers })).ok).toBe(false);
  const body = JSON.stringify({
    method: 'login',
    arguments: { email: ADMIN.email, password: TYPED.overHttp, options: { no: TYPED.overHttp } },
  });
  const type = { 'content-type': 'application/json' };
  const sent = await http.send(undefined, '/api/auth', { method: 'POST', headers: type, body });
  const told = await sent.text();
  expect(told).toContain('invalid-argument');
  expect(told).not.toContain(TYPED.overHttp);
  return address.slice(address.lastIndexOf('.') + 1);
}

/** Passes when none of the secrets is in the text, as it is or as JSON writes it. */
function expectNoSecretIn(text: string): void {
  for (const secret of secrets) {
    expect(text.includes(secret.replace('\0', ''))).toBe(false);
  }
}

describe('the log', () => {
  test('tells the calls, their outcomes and request ids', () => {
    const outcomes = server.log.map(entry => `${entry.call}: ${entry.outcome}`);
    expect(outcomes).toEqual(
      expect.arrayContaining([
        'AuthenticationService.login: ok',
        'AuthenticationService.login: bad-credentials',
        'AuthenticationService.authenticate: invalid-token',
        'TeamService.createUser: ok',
        'JobsService.finishSteps: ok',
      ]),
    );
    expect(server.log.filter(entry => 'outcome' in entry).every(entry => typeof entry.requestId === 'string')).toBe(
      true,
    );
  });

  test('holds no password and no token', () => {
    expectNoSecretIn(JSON.stringify(server.log));
  });
});

describe('the database', () => {
  test('keeps of a password only what scrypt made of it, salted for each', async () => {
    const hashes = (await rowsOf(server, 'users')).map(row => row.password_hash);
    expect(hashes.length).toBeGreaterThan(1);
    for (const hash of hashes) expect(hash).toMatch(/^scrypt\$32768\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test('keeps of a token only its SHA-256', async () => {
    const tablet = await logIn(server, ADMIN.email, ADMIN.password);
    const hashes = (await rowsOf(server, 'tokens')).map(row => row.token_hash);
    expect(hashes).toContain(tokenHash(tablet.token));
    expect(JSON.stringify(hashes)).not.toContain(tablet.token);
  });

  test('holds no password and no token in any row of any table', async () => {
    const rows = JSON.stringify(await contents(server));
    expect(rows).toContain('ana@example.org');
    expectNoSecretIn(rows);
  });

  test('holds none in its files either, where it is files of ours', async () => {
    const { settings } = server;
    if (settings.engine !== 'sqlite') return expect(settings.engine).toBe('postgres');
    const folder = dirname(settings.file);
    const files = await Promise.all((await readdir(folder)).map(file => readFile(join(folder, file), 'latin1')));
    expect(files.some(file => file.includes('ana@example.org'))).toBe(true);
    for (const file of files) expectNoSecretIn(file);
  });
});
