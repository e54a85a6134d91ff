/** What the store keeps of an answer serves again only as long as nobody has written anything. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { callerIn } from '../../src/services/authentication/caller.ts';
import { openStore, type Store } from '../../src/store/database.ts';
import { select } from '../services/job-templates/selection.ts';
import { logIn, logInAdmin, newTemplate, step, type TestUser } from '../support/seed.ts';
import { TestServer } from '../support/server.ts';

const HOUR_MS = 3_600_000;

let server: TestServer;
/** Another server process, as far as the database knows. */
let elsewhere: Store;
let ana: TestUser;
let templateId: string;

beforeAll(async () => {
  server = await TestServer.start();
  elsewhere = await openStore(server.settings, pino({ level: 'silent' }));
  ana = await logInAdmin(server);
  templateId = (await newTemplate(ana, 'Kept', [step('One')])).id;
});
afterAll(async () => {
  await elsewhere.close();
  await server.stop();
});

const fetched = async (user: TestUser) =>
  (await user.templates.fetch(select('includeSteps'), [templateId]))[templateId]!;

/** The statements of three fetches in a row. */
async function costs(user: TestUser): Promise<number[]> {
  const first = await server.statementsOf(() => fetched(user));
  const second = await server.nextStatementsOf(() => fetched(user));
  const third = await server.nextStatementsOf(() => fetched(user));
  return [first, second, third].map(({ statements }) => statements.length);
}

test('what was asked for twice takes no statement on SQLite, and on PostgreSQL all but the one that finds the caller', async () => {
  await newTemplate(ana, 'Written', [step('One')]);
  const [first, second, third] = await costs(ana);
  expect(first).toBeGreaterThan(1);
  expect(second).toBe(first! - 1);
  expect(third).toBe(server.store.engine === 'sqlite' ? 0 : second);
});

test('what another process commits shows in the next call', async () => {
  for (const requireReviewFlow of [true, false, true]) {
    await fetched(ana);
    await elsewhere.transact(tx => tx.people.updateTeam(ana.teamId, { config: JSON.stringify({ requireReviewFlow }) }));
    expect((await fetched(ana)).template).toMatchObject({ reviewFlowRequired: requireReviewFlow });
  }
});

test('a token that another process ended is good for nothing a second later', async () => {
  const ben = await logIn(server, ana.email, ana.password, ana.teamId);
  await fetched(ben);
  const { tokenId } = await elsewhere.read(reader => callerIn(reader, ben.token, server.clock.now()));
  await elsewhere.transact(tx => tx.tokens.deleteToken(tokenId));
  server.clock.forward(1000);
  await expect(fetched(ben)).rejects.toMatchObject({ slug: 'invalid-token' });
});

test('a token and its locks end with its time, although nobody writes then', async () => {
  const ben = await logIn(server, ana.email, ana.password, ana.teamId);
  await ben.templates.acquireLock(templateId);
  // Used once more, and the token lasts on.
  server.clock.forward(6 * HOUR_MS);
  await fetched(ben);
  server.clock.forward(6 * HOUR_MS);
  const later = await logIn(server, ana.email, ana.password, ana.teamId);
  expect((await fetched(later)).template!.locked).toMatchObject({ owned: false });
  expect((await fetched(ben)).template!.locked).toMatchObject({ owned: true });
  server.clock.forward(11 * HOUR_MS);
  expect((await fetched(later)).template!.locked).toMatchObject({ owned: false });
  server.clock.forward(2 * HOUR_MS);
  expect((await fetched(later)).template!.locked).toBeFalsy();
  await expect(fetched(ben)).rejects.toMatchObject({ slug: 'token-expired' });
});
