/** The database for a check: one snapshot of it, which nobody can write through. */
import { existsSync } from 'node:fs';
import type { Kysely } from 'kysely';
import { Reader } from '../aggregates.ts';
import type { StoreSettings } from '../database.ts';
import type { Connections } from '../engine.ts';
import { refuseOtherVersion } from '../migrate.ts';
import type { Database } from '../schema.ts';
import { TreeCache } from '../trees.ts';
import type { Ground } from './finding.ts';

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

async function openForReading(settings: StoreSettings): Promise<Pick<Connections, 'engine' | 'snapshot' | 'close'>> {
  if (settings.engine === 'postgres') {
    const failed = () => {};
    // A broken connection fails the statement that it breaks in, and with it the check.
    return (await import('../postgres.ts')).openPostgres({ ...settings, poolSize: 1 }, undefined, failed);
  }
  if (!existsSync(settings.file))
    throw new Error(`there is no database at ${settings.file}; JOBWRIGHT_DATA names its folder`);
  return (await import('../sqlite.ts')).openSqliteReader(settings.file);
}
