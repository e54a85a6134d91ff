/** Callers who meet at one template: of two who take its lock one wins, edits come one after the other, and none gets lost. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode, SystemException } from '#gen/common_types';
import { JobTemplateLockFailed } from '#gen/job_template_types';
import { TeamRole } from '#gen/user_types';
import { connect } from '../../../src/client/connect.ts';
import type { RunningServer } from '../../../src/server/server.ts';
import { rowsOf } from '../../support/rows.ts';
import { logIn, logInAdmin, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

type Templates = TestUser['templates'];

let server: TestServer;
/** A second server on the same database: what holds between two connections must hold between two servers. */
let sibling: RunningServer;
let ana: TestUser;
let ben: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  const admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
  ben = await newUser(server, admin, 'ben', TeamRole.AUTHOR);
  sibling = await server.sibling();
});
afterAll(async () => {
  await sibling.stop();
  await server.stop();
});

/** The templates service for a user's token over a connection of its own. */
async function session(user: TestUser, port = server.address.port): Promise<Templates> {
  const connection = await connect({ ...server.address, port });
  await connection.service('AuthenticationService').authenticate(user.token);
  return connection.service('JobTemplateService');
}

const TOKEN_LIFE_MS = 12 * 60 * 60 * 1000;

const template = () => newTemplate(ana, 'Contested', [step('One')]);

/** Both at once; in every other round the second call leaves first. */
async function race<A, B>(
  round: number,
  first: () => Promise<A>,
  second: () => Promise<B>,
): Promise<[PromiseSettledResult<A>, PromiseSettledResult<B>]> {
  if (round % 2 === 0) return Promise.allSettled([first(), second()]);
  const [b, a] = await Promise.allSettled([second(), first()]);
  return [a, b];
}

const reasonOf = (result: PromiseSettledResult<unknown>): unknown =>
  result.status === 'rejected' ? result.reason : undefined;

function expectCode(reason: unknown, ...codes: ErrorCode[]): void {
  expect(reason).toBeInstanceOf(SystemException);
  expect(codes).toContain((reason as SystemException).errorCode);
}

describe.each([
  ['two connections', () => server.address.port],
  ['two servers on one database', () => sibling.port],
])('over %s', (_name, otherPort) => {
  test('of two acquireLock calls at once exactly one wins, and the other learns who did', async () => {
    const { id } = await template();
    const callers = [
      { user: ana, templates: await session(ana) },
      { user: ben, templates: await session(ben, otherPort()) },
    ] as const;
    for (let round = 1; round <= 50; round++) {
      const results = await race(
        round,
        () => callers[0].templates.acquireLock(id),
        () => callers[1].templates.acquireLock(id),
      );
      const winners = callers.filter((_, index) => results[index]!.status === 'fulfilled');
      expect(winners).toHaveLength(1);
      const [winner] = winners;
      const failure = results.map(reasonOf).find(reason => reason !== undefined);
      expect(failure).toBeInstanceOf(JobTemplateLockFailed);
      const { previousLock } = failure as JobTemplateLockFailed;
      expect(previousLock).toMatchObject({ owned: false, lockHolder: { id: winner!.user.id } });
      expect((await winner!.templates.get(id)).locked).toMatchObject({ owned: true });
      await winner!.templates.releaseLock(id);
    }
  });

  test('an edit that meets forceAcquireLock is either in before it or refused', async () => {
    const { id } = await template();
    const author = await session(ana);
    const forcing = await session(ben, otherPort());
    for (let round = 1; round <= 30; round++) {
      await author.forceAcquireLock(id);
      const before = await author.get(id);
      const title = `Edited in round ${round}`;
      const [edited, forced] = await race(
        round,
        () => author.update(id, { title }),
        () => forcing.forceAcquireLock(id),
      );
      if (forced.status === 'rejected') throw forced.reason;
      expect(forced.value.previousLock).toMatchObject({ owned: false, lockHolder: { id: ana.id } });
      expect(forced.value.currentLock).toMatchObject({ owned: true, lockHolder: { id: ben.id } });
      const after = await forcing.get(id);
      expect(after.locked).toMatchObject({ owned: true });
      if (edited.status === 'fulfilled') {
        expect(edited.value).toMatchObject({ title, version: before.version + 1, locked: { owned: true } });
        expect(after).toMatchObject({ title, version: before.version + 1 });
      } else {
        expectCode(edited.reason, ErrorCode.TEMPLATE_NOT_LOCKED);
        expect(after).toMatchObject({ title: before.title, version: before.version });
      }
    }
  });

  test('two edits at once by one token both land, as two entries', async () => {
    const { id, stepGroup } = await template();
    const editors = [await session(ana), await session(ana, otherPort())] as const;
    await editors[0].acquireLock(id);
    for (let round = 1; round <= 20; round++) {
      const before = await editors[0].get(id);
      const results = await race(
        round,
        () => editors[0].addStepModular(id, stepGroup.id, step(`left ${round}`), -1, false),
        () => editors[1].addStepModular(id, stepGroup.id, step(`right ${round}`), -1, false),
      );
      expect(results.map(reasonOf)).toEqual([undefined, undefined]);
      const versions = results.map(result => result.status === 'fulfilled' && result.value.internalVersion);
      expect(versions.sort()).toEqual([before.version + 1, before.version + 2].sort());
      const after = await editors[1].get(id);
      expect(after.version).toBe(before.version + 2);
      const added = after.stepGroup.children.slice(before.stepGroup.children.length).map(({ title }) => title);
      expect(added.sort()).toEqual([`left ${round}`, `right ${round}`]);
    }
    const entries = (await rowsOf(server, 'template_entries')).filter(entry => entry.template_id === id);
    expect(entries.map(entry => entry.internal_version).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 42 }, (_, index) => index + 1),
    );
  });

  test('of two publish calls at once one publishes, and the other is told so', async () => {
    const { id } = await template();
    const publishers = [await session(ana), await session(ben, otherPort())] as const;
    await publishers[0].acquireLock(id);
    for (let round = 1; round <= 20; round++) {
      if (round > 1) await publishers[0].update(id, { title: `Round ${round}` });
      const results = await race(
        round,
        () => publishers[0].publish(id),
        () => publishers[1].publish(id),
      );
      const reasons = results.map(reasonOf).filter(reason => reason !== undefined);
      expect(reasons).toHaveLength(1);
      expectCode(reasons[0], ErrorCode.NOOP);
      expect(await publishers[1].get(id)).toMatchObject({ publicVersion: round, publishedVersion: round });
    }
  });

  test('an edit that meets publish lands below or above it', async () => {
    const { id } = await template();
    const author = await session(ana);
    const publisher = await session(ben, otherPort());
    await author.acquireLock(id);
    for (let round = 1; round <= 20; round++) {
      const before = await author.update(id, { title: `Round ${round}` });
      const [edited, published] = await race(
        round,
        () => author.update(id, { descrip: `Round ${round}` }),
        () => publisher.publish(id),
      );
      expect([reasonOf(edited), reasonOf(published)]).toEqual([undefined, undefined]);
      const latest = await author.get(id);
      expect(latest).toMatchObject({ version: before.version + 1, descrip: `Round ${round}` });
      const current = await author.getPublicVersion(id, 0);
      expect(current.publishedVersion).toBe(round);
      expect([before.version, latest.version]).toContain(current.version);
      expect(latest.status).toBe(current.version === latest.version ? 'Published' : 'Unpublished');
    }
  });

  test('the expiry of its token frees a lock for others, and they see none', async () => {
    const { id } = await template();
    const leaving = await session(await logIn(server, ben.email, ben.password, ben.teamId), otherPort());
    await leaving.acquireLock(id);
    server.clock.forward(TOKEN_LIFE_MS);
    ana = await logIn(server, ana.email, ana.password);
    expect((await ana.templates.get(id)).locked).toBeNull();
    expect(await ana.templates.acquireLock(id)).toMatchObject({ owned: true, lockHolder: { id: ana.id } });
    const late = await Promise.allSettled([leaving.update(id, { title: 'Late' })]);
    expectCode(reasonOf(late[0]), ErrorCode.TOKEN_EXPIRED, ErrorCode.INVALID_TOKEN);
    ben = await logIn(server, ben.email, ben.password);
  });

  test('acquireLock that meets the logout of its token leaves no lock behind', async () => {
    const { id } = await template();
    for (let round = 1; round <= 30; round++) {
      const leaving = await logIn(server, ben.email, ben.password, ben.teamId);
      const elsewhere = await session(leaving, otherPort());
      const [taken, out] = await race(
        round,
        () => elsewhere.acquireLock(id),
        () => leaving.auth.logout(),
      );
      expect(reasonOf(out)).toBeUndefined();
      if (taken.status === 'rejected') expectCode(taken.reason, ErrorCode.INVALID_TOKEN);
      expect((await ana.templates.get(id)).locked).toBeNull();
    }
  });
});

test('none of those who met another met a fault of the server', () => {
  expect(server.log.filter(line => line.outcome === 'internal-error').map(line => line.call)).toEqual([]);
});
