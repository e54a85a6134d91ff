/** The life of a template's lock: taken, refreshed, released, broken, and ended with its token. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { JobTemplateLockFailed } from '#gen/job_template_types';
import { TeamRole } from '#gen/user_types';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logIn, logInAdmin, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

const TOKEN_LIFE_MS = 12 * 60 * 60 * 1000;

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;
let id: string;
let rootId: string;
const seconds = () => Math.floor(server.clock.now() / 1000);

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
  ben = await newUser(server, admin, 'ben', TeamRole.AUTHOR);
});
afterAll(() => server.stop());

beforeEach(async () => {
  const template = await newTemplate(ana, 'Valve inspection', [step('Look')]);
  id = template.id;
  rootId = template.stepGroup.id;
});

async function lockFailure(call: Promise<unknown>): Promise<JobTemplateLockFailed> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(JobTemplateLockFailed);
  return error as JobTemplateLockFailed;
}

const lockIn = async (user: TestUser) => (await user.templates.get(id)).locked;
const refusedEdit = (user: TestUser, message: RegExp) =>
  expectRefusal(
    user.templates.update(id, { title: 'Late' }),
    ErrorCode.TEMPLATE_NOT_LOCKED,
    'template-not-locked',
    message,
  );
const forcedRows = async () =>
  (await rowsOf(server, 'audit_events')).filter(
    event => event.action === 'template.lock.forced' && event.subject_id === id,
  );

describe('acquireLock', () => {
  test('gives the lock to the calling token, and everybody sees who has it', async () => {
    const before = seconds();
    const lock = await ana.templates.acquireLock(id);
    expect(lock).toMatchObject({ owned: true, lockHolder: { id: ana.id, email: ana.email, name: 'ana' } });
    expect(lock.lockedAt).toBeGreaterThanOrEqual(before);
    expect(lock.lockedAt).toBeLessThanOrEqual(seconds());
    expect(lock.lastActivityAt).toBe(lock.lockedAt);
    expect(await lockIn(ana)).toEqual(lock);
    expect(await lockIn(ben)).toEqual({ ...lock, owned: false });
  });

  test('names its holder as the holder knows itself', async () => {
    const { lockHolder } = await ana.templates.acquireLock(id);
    const { currentUser } = await ana.auth.authenticate(ana.token);
    expect(lockHolder).toEqual(currentUser);
  });

  test('fails while another token holds the lock, with that lock and the way out', async () => {
    const lock = await ana.templates.acquireLock(id);
    const failure = await expectNothingWritten(server, () => lockFailure(ben.templates.acquireLock(id)));
    expect(failure.previousLock).toEqual({ ...lock, owned: false });
    expect(failure.message).toMatch(/ana is editing.*forceAcquireLock/);
  });

  test('fails for the same user with another token: the lock is bound to the token', async () => {
    await ana.templates.acquireLock(id);
    const elsewhere = await logIn(server, ana.email, ana.password, ana.teamId);
    expect(await lockIn(elsewhere)).toMatchObject({ owned: false, lockHolder: { id: ana.id } });
    const failure = await lockFailure(elsewhere.templates.acquireLock(id));
    expect(failure.previousLock).toMatchObject({ owned: false, lockHolder: { id: ana.id } });
    await refusedEdit(elsewhere, /held by ana/);
  });

  test('by its holder refreshes the last activity and not the time it was taken', async () => {
    const lock = await ana.templates.acquireLock(id);
    server.clock.forward(60_000);
    const refreshed = await ana.templates.acquireLock(id);
    expect(refreshed).toMatchObject({ lockedAt: lock.lockedAt, lockHolder: lock.lockHolder, owned: true });
    expect(refreshed.lastActivityAt).toBeGreaterThanOrEqual(lock.lastActivityAt + 60);
    expect(await lockIn(ben)).toEqual({ ...refreshed, owned: false });
  });

  test('locks one template and no other', async () => {
    const other = await newTemplate(ana, 'Another', [step('Look')]);
    await ana.templates.acquireLock(id);
    expect(await ben.templates.acquireLock(other.id)).toMatchObject({ owned: true });
    await expectRefusal(
      ana.templates.update(other.id, { title: 'Late' }),
      ErrorCode.TEMPLATE_NOT_LOCKED,
      'template-not-locked',
    );
  });
});

describe('the lock', () => {
  test('stays through every save, and its last activity moves with each', async () => {
    let { lockedAt, lastActivityAt } = await ana.templates.acquireLock(id);
    const saves = [
      () => ana.templates.update(id, { title: 'Saved' }),
      () => ana.templates.addStepModular(id, rootId, step('Turn'), -1, false),
      () => ana.templates.addStepGroupModular(id, rootId, { ...step('Grouped'), impl: { stepGroup: {} } }, -1, false),
      () => ana.templates.updateRootHeaders(id, { condition: 'Saved?' }),
    ];
    for (const save of saves) {
      server.clock.forward(30_000);
      const { locked } = await save();
      expect(locked).toMatchObject({ owned: true, lockedAt });
      expect(locked!.lastActivityAt).toBeGreaterThanOrEqual(lastActivityAt + 30);
      expect(await lockIn(ana)).toEqual(locked);
      lastActivityAt = locked!.lastActivityAt;
    }
    await ana.templates.publish(id);
    expect(await lockIn(ana)).toMatchObject({ owned: true, lockedAt });
    ({ lockedAt } = await ana.templates.acquireLock(id));
    expect((await ana.templates.update(id, { title: 'Saved again' })).locked).toMatchObject({ owned: true, lockedAt });
  });

  test('keeps its last activity when an edit is refused', async () => {
    const lock = await ana.templates.acquireLock(id);
    server.clock.forward(30_000);
    await expectRefusal(
      ana.templates.addStepModular(id, 'nowhere', step('Lost'), -1, false),
      ErrorCode.NOT_FOUND,
      'step-group-not-found',
    );
    expect(await lockIn(ana)).toEqual(lock);
  });

  test('lives on when its connection ends and when the server starts anew', async () => {
    const session = await logIn(server, ben.email, ben.password, ben.teamId);
    const lock = await session.templates.acquireLock(id);
    await session.connection.close();
    await lockFailure(ana.templates.acquireLock(id));
    await server.restart();
    const connection = await server.connect();
    await connection.service('AuthenticationService').authenticate(session.token);
    const templates = connection.service('JobTemplateService');
    expect((await templates.get(id)).locked).toEqual(lock);
    expect((await templates.update(id, { title: 'Back again' })).version).toBe(3);
    [ana, ben] = [await logIn(server, ana.email, ana.password), await logIn(server, ben.email, ben.password)];
  });
});

describe('releaseLock', () => {
  test('frees the lock for others and ends the right to edit', async () => {
    await ana.templates.acquireLock(id);
    await ana.templates.releaseLock(id);
    expect(await lockIn(ana)).toBeNull();
    await refusedEdit(ana, /call acquireLock first/);
    expect(await ben.templates.acquireLock(id)).toMatchObject({ owned: true });
  });

  test('is refused without the lock: never taken, released already, or held by another token', async () => {
    const refused = (user: TestUser, message: RegExp) =>
      expectNothingWritten(server, () =>
        expectRefusal(user.templates.releaseLock(id), ErrorCode.TEMPLATE_NOT_LOCKED, 'template-not-locked', message),
      );
    await refused(ana, /does not hold the lock/);
    await ana.templates.acquireLock(id);
    const refusal = await refused(ben, /held by ana/);
    expect(refusal.details).toEqual({ lockHolder: ana.id });
    await refused(await logIn(server, ana.email, ana.password, ana.teamId), /held by ana/);
    await ana.templates.releaseLock(id);
    await refused(ana, /does not hold the lock/);
  });
});

describe('forceAcquireLock', () => {
  test('takes the lock from its holder, answers whose it was, and leaves one row in the audit trail', async () => {
    const lock = await ana.templates.acquireLock(id);
    server.clock.forward(5_000);
    const { previousLock, currentLock } = await ben.templates.forceAcquireLock(id);
    expect(previousLock).toEqual({ ...lock, owned: false });
    expect(currentLock).toMatchObject({ owned: true, lockHolder: { id: ben.id } });
    expect(currentLock.lockedAt).toBeGreaterThanOrEqual(lock.lockedAt + 5);
    expect(await lockIn(ana)).toEqual({ ...currentLock, owned: false });
    const rows = await forcedRows();
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ team_id: ana.teamId, actor_id: ben.id });
    expect(Math.floor(rows[0]!.at / 1000)).toBe(currentLock.lockedAt);
    expect(JSON.parse(rows[0]!.details)).toMatchObject({ previousHolder: ana.id });
  });

  test('leaves the one before without the lock: its edits and its release are refused', async () => {
    await ana.templates.acquireLock(id);
    await ben.templates.forceAcquireLock(id);
    await expectNothingWritten(server, async () => {
      await refusedEdit(ana, /held by ben/);
      await expectRefusal(ana.templates.releaseLock(id), ErrorCode.TEMPLATE_NOT_LOCKED, 'template-not-locked', /ben/);
    });
    expect((await ben.templates.update(id, { title: 'By ben' })).lastAuthor).toBe(ben.id);
  });

  test('takes a free lock, and refreshes one that it holds: nothing broken, nothing in the audit trail', async () => {
    const taken = await ana.templates.forceAcquireLock(id);
    expect(taken).toMatchObject({ previousLock: null, currentLock: { owned: true, lockHolder: { id: ana.id } } });
    server.clock.forward(60_000);
    const again = await ana.templates.forceAcquireLock(id);
    expect(again.previousLock).toBeNull();
    expect(again.currentLock.lockedAt).toBe(taken.currentLock.lockedAt);
    expect(again.currentLock.lastActivityAt).toBeGreaterThanOrEqual(taken.currentLock.lastActivityAt + 60);
    expect(await forcedRows()).toEqual([]);
  });
});

describe('the end of the token', () => {
  test('by logout frees its locks', async () => {
    const session = await logIn(server, ben.email, ben.password, ben.teamId);
    await session.templates.acquireLock(id);
    await session.auth.logout();
    expect(await lockIn(ana)).toBeNull();
    expect(await ana.templates.acquireLock(id)).toMatchObject({ owned: true });
  });

  test('by expiry frees its locks: nobody sees them, and taking them breaks nothing', async () => {
    const session = await logIn(server, ben.email, ben.password, ben.teamId);
    await session.templates.acquireLock(id);
    server.clock.forward(TOKEN_LIFE_MS - 60_000);
    ana = await logIn(server, ana.email, ana.password);
    expect((await lockFailure(ana.templates.acquireLock(id))).previousLock.lockHolder.id).toBe(ben.id);
    server.clock.forward(60_000);
    expect(await lockIn(ana)).toBeNull();
    await refusedEdit(ana, /call acquireLock first/);
    const { previousLock, currentLock } = await ana.templates.forceAcquireLock(id);
    expect(previousLock).toBeNull();
    expect(currentLock).toMatchObject({ owned: true, lockHolder: { id: ana.id } });
    expect(currentLock.lockedAt).toBe(currentLock.lastActivityAt);
    expect(await forcedRows()).toEqual([]);
    await expectRefusal(session.templates.update(id, { title: 'Late' }), ErrorCode.TOKEN_EXPIRED, 'token-expired');
  });
});
