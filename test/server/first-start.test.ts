/** The first start of several servers at once on one empty database: one administrator, one team. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Kysely } from 'kysely';
import { pino } from 'pino';
import { uuids } from '../../src/base/ids.ts';
import { firstStart } from '../../src/engine/first-start.ts';
import { openStore, type Store } from '../../src/store/database.ts';
import type { Database } from '../../src/store/schema.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let stores: Store[];

beforeEach(async () => {
  database = await freshDatabase();
  stores = [];
  for (let n = 0; n < 4; n++) stores.push(await openStore(database.settings, pino({ level: 'silent' })));
});
afterEach(async () => {
  await Promise.all(stores.map(store => store.close()));
  await database.drop();
});

const count = (table: 'users' | 'teams') =>
  stores[0]!.read(async reader => {
    const { db } = reader.people as unknown as { db: Kysely<Database> };
    return (await db.selectFrom(table).selectAll().execute()).length;
  });

test.each([
  ['the same', () => 'admin@example.org'],
  ['different', (n: number) => `admin${n}@example.org`],
])('with %s administrators asked for, exactly one server makes its own', async (_what, email) => {
  const made = await Promise.all(
    stores.map((store, n) =>
      firstStart(store, Date.now(), uuids, { email: email(n), password: 'a-long-password', teamName: `Plant ${n}` }),
    ),
  );
  expect(made.filter(Boolean)).toEqual([true]);
  expect([await count('users'), await count('teams')]).toEqual([1, 1]);
});
