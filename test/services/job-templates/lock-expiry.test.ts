/** The end of a lock with that of its token, seen by callers of another server on the same database, whose clock may be another. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { JobTemplateLockFailed } from '#gen/job_template_types';
import { TeamRole } from '#gen/user_types';
import { connect } from '../../../src/client/connect.ts';
import type { RunningServer } from '../../../src/server/server.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logIn, logInAdmin, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestClock, TestServer } from '../../support/server.ts';

const HOUR_MS = 60 * 60 * 1000;
const MINUTE_MS = 60_000;
/** Of a login that is not used. */
const IDLE_MS = 12 * HOUR_MS;

let server: TestServer;
let sibling: RunningServer;
/** The sibling's own. */
const clock = new TestClock();
let ana: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  const admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
  await newUser(server, admin, 'ben', TeamRole.AUTHOR);
  sibling = await server.sibling(clock);
});
afterAll(async () => {
  await sibling.stop();
  await server.stop();
});

const there = { connect: () => connect({ ...server.address, port: sibling.port }) };

/** ana anew at the one server: who holds the lock. */
const anaHere = async () => {
  ana = await logIn(server, ana.email, ana.password);
  return ana;
};
/** ben anew at the other. */
const benThere = () => logIn(there, 'ben@example.org', 'bens-long-password');

function forward(ms: number): void {
  server.clock.forward(ms);
  clock.forward(ms);
}

const forcedOf = async (templateId: string) =>
  (await rowsOf(server, 'audit_events')).filter(
    ({ action, subject_id }) => action === 'template.lock.forced' && subject_id === templateId,
  );

/** Tokens that end, each in a session at the one server: the clients, and when the token ends. */
const tokens: readonly [string, () => Promise<{ templates: TestUser['templates']; endsAfterMs: number }>][] = [
  ['a login', async () => ({ templates: (await anaHere()).templates, endsAfterMs: IDLE_MS })],
  [
    'a program',
    async () => {
      const expiresAt = Math.ceil((server.clock.now() + 2 * HOUR_MS) / 1000);
      const { token } = await (await anaHere()).auth.createApiToken({ name: 'editor', expiresAt });
      const connection = await server.connect();
      await connection.service('AuthenticationService').authenticate(token);
      return {
        templates: connection.service('JobTemplateService'),
        endsAfterMs: expiresAt * 1000 - server.clock.now(),
      };
    },
  ],
];

describe.each(tokens)('the lock of %s at one server', (_whose, begun) => {
  test('is held for callers of another until its token ends, and then it is free', async () => {
    const { templates, endsAfterMs } = await begun();
    const { id } = await newTemplate(ana, 'Valve', [step('Look')]);
    await templates.acquireLock(id);
    forward(endsAfterMs - MINUTE_MS);
    const ben = await benThere();
    expect((await ben.templates.get(id)).locked).toMatchObject({ owned: false, lockHolder: { id: ana.id } });
    await expect(ben.templates.acquireLock(id)).rejects.toBeInstanceOf(JobTemplateLockFailed);
    forward(MINUTE_MS);
    expect((await ben.templates.get(id)).locked).toBeNull();
    expect(await ben.templates.acquireLock(id)).toMatchObject({ owned: true, lockHolder: { id: ben.id } });
    await expectNothingWritten(server, () =>
      expectRefusal(templates.update(id, { title: 'Late' }), ErrorCode.TOKEN_EXPIRED, 'token-expired', /log in again/),
    );
    expect((await ben.templates.update(id, { title: 'By ben' })).lastAuthor).toBe(ben.id);
    await ben.connection.close();
  });

  test('is not broken by who takes it at another behind the end of its token: nothing is to be told', async () => {
    const { templates, endsAfterMs } = await begun();
    const { id } = await newTemplate(ana, 'Valve', [step('Look')]);
    await templates.acquireLock(id);
    forward(endsAfterMs);
    const ben = await benThere();
    const { previousLock, currentLock } = await ben.templates.forceAcquireLock(id);
    expect(previousLock).toBeNull();
    expect(currentLock).toMatchObject({ owned: true, lockHolder: { id: ben.id } });
    expect(currentLock.lockedAt).toBe(currentLock.lastActivityAt);
    expect(await forcedOf(id)).toEqual([]);
    await ben.connection.close();
  });
});

test('a login that is used at one server keeps its lock, whatever was its end when the lock was taken', async () => {
  const { templates } = await anaHere();
  const { id } = await newTemplate(ana, 'Valve', [step('Look')]);
  const { lockedAt } = await templates.acquireLock(id);
  forward(IDLE_MS - HOUR_MS);
  await templates.get(id);
  forward(2 * HOUR_MS);
  const ben = await benThere();
  expect((await ben.templates.get(id)).locked).toMatchObject({ owned: false, lockedAt, lockHolder: { id: ana.id } });
  await expect(ben.templates.acquireLock(id)).rejects.toBeInstanceOf(JobTemplateLockFailed);
  expect((await templates.update(id, { title: 'In time' })).locked).toMatchObject({ owned: true, lockedAt });
  await ben.connection.close();
});

test('of two who take a lock at two servers when its token has ended, one gets it', async () => {
  // Logs in no more: the login would clear away the token that has ended.
  const holder = await newUser(server, await logInAdmin(server), 'cem', TeamRole.AUTHOR);
  const ids: string[] = [];
  for (let round = 0; round < 20; round++) {
    const { id } = await newTemplate(holder, 'Valve', [step('Look')]);
    await holder.templates.acquireLock(id);
    ids.push(id);
  }
  forward(IDLE_MS);
  const both = [await anaHere(), await benThere()];
  for (const [round, id] of ids.entries()) {
    const callers = round % 2 ? both : both.toReversed();
    const outcomes = await Promise.allSettled(callers.map(({ templates }) => templates.acquireLock(id)));
    const lost = outcomes.findIndex(({ status }) => status === 'rejected');
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { reason } = outcomes[lost] as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(JobTemplateLockFailed);
    expect((reason as JobTemplateLockFailed).previousLock.lockHolder.id).toBe(callers[1 - lost]!.id);
  }
  await both[1]!.connection.close();
});

test('a server whose clock is behind lets nobody edit with a lock that another has given away', async () => {
  const { templates } = await anaHere();
  const { id } = await newTemplate(ana, 'Valve', [step('Look')]);
  await templates.acquireLock(id);
  forward(IDLE_MS - MINUTE_MS);
  // From here on the other server is two minutes ahead.
  clock.forward(2 * MINUTE_MS);
  const ben = await benThere();
  expect(await ben.templates.acquireLock(id)).toMatchObject({ owned: true, lockHolder: { id: ben.id } });
  await expectNothingWritten(
    server,
    async () => {
      await expectRefusal(
        templates.update(id, { title: 'Late' }),
        ErrorCode.TEMPLATE_NOT_LOCKED,
        'template-not-locked',
        /held by ben/,
      );
      await expectRefusal(
        templates.releaseLock(id),
        ErrorCode.TEMPLATE_NOT_LOCKED,
        'template-not-locked',
        /held by ben/,
      );
      await expect(templates.acquireLock(id)).rejects.toBeInstanceOf(JobTemplateLockFailed);
    },
    'tokens',
  );
  expect((await ben.templates.update(id, { title: 'By ben' })).lastAuthor).toBe(ben.id);
  await ben.connection.close();
});
