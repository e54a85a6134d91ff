/** Logins that fail again and again must pause, and tell nothing of which accounts there are. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { expectRefusal, refusalOf } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logIn, logInAdmin, newUser, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

const FREE = 5;

let server: TestServer;
let ana: TestUser;

beforeEach(async () => {
  server = await TestServer.start();
  ana = await newUser(server, await logInAdmin(server), 'ana');
});
afterEach(() => server.stop());

const { UNAUTHORIZED, SERVICE_UNAVAILABLE } = ErrorCode;

const attempt = async (email: string, password: string) =>
  (await server.connect()).service('AuthenticationService').login(email, password, {});
const wrong = (email = ana.email) => attempt(email, 'not-the-password');

const expectWrong = (email?: string) => expectRefusal(wrong(email), UNAUTHORIZED, 'bad-credentials');
const expectPaused = async (call: Promise<unknown>, seconds: number) => {
  const refusal = await expectRefusal(call, SERVICE_UNAVAILABLE, 'login-paused', /too many logins failed/);
  expect(Number(refusal.details!.retryAfterSeconds)).toBe(seconds);
};

async function failFreely(email?: string): Promise<void> {
  for (let n = 0; n < FREE; n++) await expectWrong(email);
}

test('a few failures cost nothing, and the right password ends the count', async () => {
  for (let round = 0; round < 3; round++) {
    for (let n = 1; n < FREE; n++) await expectWrong();
    await logIn(server, ana.email, ana.password);
  }
});

test('the next must pause, whatever the password, and the pause doubles with each failure', async () => {
  await failFreely();
  for (const seconds of [1, 2, 4, 8, 16]) {
    await expectNothingWritten(server, async () => {
      await expectPaused(wrong(), seconds);
      await expectPaused(attempt(ana.email, ana.password), seconds);
    });
    server.clock.forward(seconds * 1000);
    await expectWrong();
  }
  server.clock.forward(32_000);
  await attempt(ana.email, ana.password);
});

test('the longest pause is 15 minutes, and after a day without failures all is forgotten', async () => {
  await failFreely();
  for (let n = 0; n < 12; n++) {
    server.clock.forward(15 * 60_000);
    await expectWrong();
  }
  await expectPaused(wrong(), 900);
  server.clock.forward(24 * 3_600_000 + 1000);
  await failFreely('zoe@example.org');
  expect((await rowsOf(server, 'login_failures')).every(row => row.failures <= FREE)).toBe(true);
  for (let n = 0; n < FREE; n++) await expectWrong();
});

test('accounts that there are not pause in the same way and in the same words', async () => {
  const refusals = [];
  for (const email of [ana.email, 'zoe@example.org']) {
    await failFreely(email);
    const refusal = await refusalOf(wrong(email));
    refusals.push({ ...refusal, rqId: '' });
  }
  expect(refusals[1]).toEqual(refusals[0]);
});

test('one account pauses, others from the same address do not', async () => {
  await failFreely('zoe@example.org');
  await expectPaused(wrong('zoe@example.org'), 1);
  await attempt(ana.email, ana.password);
});

test('an address that fails with many accounts pauses for all of them', async () => {
  for (let n = 0; n < 50; n++) await expectWrong(`user-${n}@example.org`);
  await expectPaused(attempt(ana.email, ana.password), 1);
});

test('attempts made at once are counted as if they came one after the other', async () => {
  const outcomes = await Promise.all(Array.from({ length: 30 }, () => refusalOf(wrong())));
  const slugs = outcomes.map(({ slug }) => slug);
  expect(slugs.filter(slug => slug === 'bad-credentials').length).toBeLessThanOrEqual(FREE + 2);
  expect(new Set(slugs)).toEqual(new Set(['bad-credentials', 'login-paused']));
});

test('another process pauses for the same failures', async () => {
  await failFreely();
  await server.restart();
  await expectPaused(wrong(), 1);
});

test('many right logins at once all succeed', async () => {
  const logins = await Promise.all(Array.from({ length: 20 }, () => attempt(ana.email, ana.password)));
  expect(new Set(logins.map(({ authToken }) => authToken)).size).toBe(20);
});

describe('what is remembered', () => {
  test('tells neither account nor address, nor what was typed in the wrong field', async () => {
    await expectWrong();
    await expectWrong('my-password-in-the-wrong-field');
    const rows = await rowsOf(server, 'login_failures');
    expect(rows).toHaveLength(5);
    expect(JSON.stringify(rows)).not.toMatch(/ana|my-password|127\.0\.0\.1/);
  });
});
