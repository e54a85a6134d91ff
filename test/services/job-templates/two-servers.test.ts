/** Locks and publishing with two server processes on one database: whichever of them is asked, one wins. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode, SystemException } from '#gen/common_types';
import { JobTemplateLockFailed } from '#gen/job_template_types';
import { TeamRole } from '#gen/user_types';
import { type ClientConnection, connect } from '../../../src/client/connect.ts';
import type { Clients } from '../../../src/services/generated.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { type ServerProcess, serve } from '../../support/process.ts';
import { step } from '../../support/trees.ts';

const ROUNDS = 200;
const PASSWORD = 'administrators-password';

/** A session of somebody at one of the servers: a token of its own. */
interface Session {
  readonly userId: string;
  readonly connection: ClientConnection;
  readonly templates: Clients['JobTemplateService'];
  readonly auth: Clients['AuthenticationService'];
  readonly token: string;
  readonly tokenId: string;
}

let database: TestDatabase;
let servers: ServerProcess[];
let one: Session;
let two: Session;
let teamId: string;

beforeAll(async () => {
  database = await freshDatabase();
  const settings = { JOBWRIGHT_ADMIN_PASSWORD: PASSWORD };
  servers = [await serve(database.settings, settings), await serve(database.settings, settings)];
  one = await logIn(servers[0]!);
  const teams = one.connection.service('TeamService');
  await teams.createUser(teamId, 'ben@example.org', PASSWORD, 'ben', [TeamRole.ADMIN]);
  two = await logIn(servers[1]!, 'ben@example.org');
}, 60_000);
afterAll(async () => {
  for (const { connection } of [one, two]) await connection.close();
  for (const server of servers) await server.end('SIGTERM');
  await database.drop();
});

async function logIn(server: ServerProcess, email = 'admin@localhost'): Promise<Session> {
  const connection = await connect(server.address);
  const auth = connection.service('AuthenticationService');
  const login = await auth.login(email, PASSWORD, {});
  teamId = Object.keys(login.teamIdToInfo)[0]!;
  const templates = connection.service('JobTemplateService');
  return {
    userId: login.currentUser.id,
    connection,
    templates,
    auth,
    token: login.authToken,
    tokenId: login.sessionId!,
  };
}

const newTemplate = async (): Promise<{ id: string; root: string }> => {
  const { id, stepGroup } = await one.templates.create(teamId, { title: 'Pump' }, []);
  return { id, root: stepGroup.id };
};

describe('two servers on one database', () => {
  test(`${ROUNDS} times, one of two who take the lock wins, and the other is told who`, async () => {
    const { id } = await newTemplate();
    for (let round = 0; round < ROUNDS; round++) {
      const outcomes = await Promise.allSettled([one, two].map(({ templates }) => templates.acquireLock(id)));
      const lost = outcomes.findIndex(({ status }) => status === 'rejected');
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const { reason } = outcomes[lost] as PromiseRejectedResult;
      expect(reason).toBeInstanceOf(JobTemplateLockFailed);
      const winner = [one, two][1 - lost]!;
      const { previousLock } = reason as JobTemplateLockFailed;
      expect(previousLock).toMatchObject({ owned: false, lockHolder: { id: winner.userId } });
      expect((await winner.templates.get(id)).locked).toMatchObject({ owned: true });
      await winner.templates.releaseLock(id);
    }
  }, 120_000);

  test('an edit at one is seen at the other at once, and fetch is never behind it', async () => {
    const { id, root } = await newTemplate();
    await one.templates.acquireLock(id);
    for (let round = 0; round < 50; round++) {
      await one.templates.addStepModular(id, root, step(`Step ${round}`), -1, false);
      const answer = await two.templates.fetch({ includeSteps: true } as never, [id]);
      expect(answer[id]!.template!.stepGroup!.children).toHaveLength(round + 1);
    }
  }, 60_000);

  test.each<[string, (holder: Session) => Promise<unknown>]>([
    ['logout', holder => holder.auth.logout()],
    ['revocation by another session', holder => one.auth.revokeToken(holder.tokenId)],
  ])('a lock at one is free at the other after %s', async (_how, end) => {
    const { id } = await newTemplate();
    const holder = await logIn(servers[0]!);
    await holder.templates.acquireLock(id);
    await expect(two.templates.acquireLock(id)).rejects.toBeInstanceOf(JobTemplateLockFailed);
    await end(holder);
    expect(await two.templates.acquireLock(id)).toMatchObject({ owned: true });
    await holder.connection.close();
  });

  test('of two who publish at once, one makes the version, and the other is told that it is made', async () => {
    for (let round = 0; round < 20; round++) {
      const { id, root } = await newTemplate();
      await one.templates.acquireLock(id);
      await one.templates.addStepModular(id, root, step('One'), -1, false);
      const outcomes = await Promise.allSettled([one, two].map(({ templates }) => templates.publish(id)));
      const lost = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
      expect(lost.reason).toBeInstanceOf(SystemException);
      expect(lost.reason).toMatchObject({ errorCode: ErrorCode.NOOP, slug: 'already-published' });
      expect(await two.templates.get(id)).toMatchObject({ publicVersion: 1, publishedVersion: 1 });
    }
  }, 60_000);
});
