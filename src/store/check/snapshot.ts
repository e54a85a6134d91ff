/** The database for a check: one snapshot of it, which nobody can write through. */
import { existsSync } from 'node:fs';
import { type Kysely, sql } from 'kysely';
import { Reader } from '../aggregates.ts';
import type { StoreSettings } from '../database.ts';
import type { Connections } from '../engine.ts';
import { refuseOtherVersion } from '../migrate.ts';
import type { Database } from '../schema.ts';
import { TreeCache } from '../trees.ts';
import type { Check, Ground } from './finding.ts';

/** @throws Error when there is no database, or it has another version's schema */
export async function onSnapshot(
  settings: StoreSettings,
  look: (ground: Pick<Ground, 'engine' | 'db' | 'reader'>) => Promise<void>,
): Promise<void> {
  const connections = await openForReading(settings);
  const { engine } = connections;
  try {
    await connections.snapshot(async db => {
      await refuseOtherVersion(db);
      await look({ engine, db, reader: new Reader(db as Kysely<Database>, engine, new TreeCache()) });
    });
  } finally {
    await connections.close();
  }
}

/**
 * Runs a check. What it cannot read, a damaged page or a text that is no JSON, is a finding as well, and the next check goes on in the same
 * snapshot.
 * @throws Error when the check was told to end, or the database is gone
 */
export async function runCheck(check: Check, ground: Ground, signal?: AbortSignal): Promise<void> {
  const { db, tell } = ground;
  await sql`savepoint before_check`.execute(db);
  try {
    await check.run(ground);
  } catch (error) {
    signal?.throwIfAborted();
    await sql`rollback to savepoint before_check`.execute(db);
    const found = (error as Error).message;
    tell({ table: 'the database', key: [], what: 'what this check reads', found, right: 'all of it readable' });
  }
  await sql`release savepoint before_check`.execute(db);
}

async function openForReading(settings: StoreSettings): Promise<Pick<Connections, 'engine' | 'snapshot' | 'close'>> {
  if (settings.engine === 'postgres') {
    // A broken connection fails the statement that it breaks in, and with it the check.
    const failed = () => {};
    return (await import('../postgres.ts')).openPostgres({ ...settings, poolSize: 1 }, undefined, failed);
  }
  if (!existsSync(settings.file))
    throw new Error(`there is no database at ${settings.file}; JOBWRIGHT_DATA names its folder`);
  return (await import('../sqlite.ts')).openSqliteReader(settings.file);
}
