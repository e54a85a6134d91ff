/** What a file is, before it is taken for a database of ours. */
import SQLite from 'better-sqlite3';
import { isKnownStep } from '../migrate.ts';

/** @throws Error saying what the file is not */
export function refuseForeign(db: SQLite.Database, file: string): void {
  const steps = stepsIn(db, file);
  if (!steps.includes('001-first')) throw new Error(`${file} is not a database of Jobwright`);
}

/** @throws Error when a newer Jobwright has written it */
export function refuseNewer(db: SQLite.Database, file: string): void {
  const unknown = stepsIn(db, file).filter(name => !isKnownStep(name));
  if (unknown.length === 0) return;
  throw new Error(
    `${file} was written by a newer Jobwright (it has ${unknown.join(', ')}); restore it with that version`,
  );
}

/** The names of the migrations that a database has seen; none where it is not ours. */
function stepsIn(db: SQLite.Database, file: string): string[] {
  return readable(file, () => {
    const found = db.prepare(`select 1 from sqlite_schema where type = 'table' and name = 'kysely_migration'`).get();
    return found ? (db.prepare('select name from kysely_migration').pluck().all() as string[]) : [];
  });
}

const FAULTS_TOLD = 5;

/** @throws Error with the first faults of its structure */
export function refuseDamaged(db: SQLite.Database, file: string): void {
  const faults = readable(file, () => db.pragma('integrity_check') as { integrity_check: string }[]).map(
    row => row.integrity_check,
  );
  if (faults.length === 1 && faults[0] === 'ok') return;
  throw new Error(`${file} is damaged: ${faults.slice(0, FAULTS_TOLD).join('; ')}`);
}

/** @throws Error in words where SQLite finds that it can read no further */
export function readable<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isDamage(error)) throw error;
    throw new Error(
      error.code === 'SQLITE_NOTADB' ? `${file} is not a database` : `${file} is damaged: ${error.message}`,
      { cause: error },
    );
  }
}

/** What SQLite throws about the content of a file. */
export const isDamage = (error: unknown): error is InstanceType<typeof SQLite.SqliteError> =>
  error instanceof SQLite.SqliteError && /^SQLITE_(NOTADB|CORRUPT)/.test(error.code);
