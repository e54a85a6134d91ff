/** A store on a fresh database, the connections beneath it, and what a test looks at in them. */
import type { Kysely } from 'kysely';
import { pino } from 'pino';
import { openStore, type Reader, type Store, type StoreSettings } from '../../src/store/database.ts';
import type { Connections } from '../../src/store/engine.ts';
import { openPostgres } from '../../src/store/postgres.ts';
import type { Database, Row } from '../../src/store/schema.ts';
import { openSqlite } from '../../src/store/sqlite.ts';

const silent = pino({ level: 'silent' });

export const open = (settings: StoreSettings, onStatement?: (text: string) => void): Promise<Store> =>
  openStore(settings, silent, onStatement);

/** Connections of the same kind as the store's own, without migration. Close them with `close`. */
export const connectionsTo = (settings: StoreSettings): Connections =>
  settings.engine === 'sqlite' ? openSqlite(settings) : openPostgres(settings, undefined, () => {});

export async function close({ reads, writes }: Connections): Promise<void> {
  await reads.destroy();
  if (writes !== reads) await writes.destroy();
}

/** The connection that a reader or a transactor works on: for statements that no function of the store makes. */
export const db = (reader: Reader): Kysely<Database> => (reader.templates as unknown as { db: Kysely<Database> }).db;

export const team = (id: string, ownerId: string): Row<'teams'> => ({
  team_id: id,
  name: `Team ${id}`,
  subdomain: '',
  owner_id: ownerId,
  config: '{}',
  job_number: 0,
  created_at: 1_767_225_600_000,
  updated_at: 1_767_225_600_000,
});

export const user = (id: string): Row<'users'> => ({
  user_id: id,
  email: `${id}@example.org`,
  name: id,
  password_hash: 'none',
  created_at: 1_767_225_600_000,
  validated_at: 1_767_225_600_000,
  disabled_at: null,
  search_key: id,
});

/** Of a login. */
export const token = (userId: string): Row<'tokens'> => ({
  token_id: 't',
  token_hash: 'h',
  user_id: userId,
  created_at: 1,
  expires_at: 2,
  name: null,
  team_ids: null,
  privileges: null,
  used_at: 1,
});

/** A team with its owner. */
export const addTeam = (store: Store, id: string): Promise<void> =>
  store.transact(async tx => {
    await tx.people.insertUser(user(`owner-of-${id}`));
    await tx.people.insertTeam(team(id, `owner-of-${id}`));
  });
