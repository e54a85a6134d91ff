/**
 * A backup of the embedded database while a server writes to it: one file, as of one moment.
 *
 * The copy is SQLite's online backup inside of one read transaction. Without that transaction it would begin anew whenever another
 * process writes between two of its steps, and under load it would never end; `VACUUM INTO` reads one snapshot, too, but tells nothing
 * until it is over and cannot be stopped. Writers do not wait for it; the WAL grows by what they write meanwhile, and is used again
 * afterwards.
 */
import { existsSync, statSync } from 'node:fs';
import SQLite from 'better-sqlite3';
import { readable, refuseDamaged, refuseForeign } from './examine.ts';
import { seal } from './seal.ts';
import { refuseNowhere, refuseTaken, type Watched, writeWhole } from './whole-files.ts';

export interface BackedUp {
  readonly bytes: number;
  /** Of the database; the seal comes behind it. */
  readonly sha256: string;
}

const BYTES_PER_STEP = 8 * 1024 * 1024;
const BUSY_MS = 10_000;

/**
 * @param source the database file
 * @param overwrite whether a file that is there is replaced, at the end and at once
 * @throws Error in words; `target` is as it was then
 */
export async function backUp(
  source: string,
  target: string,
  { overwrite, ...watched }: Watched & { readonly overwrite: boolean },
): Promise<BackedUp> {
  if (!existsSync(source)) throw new Error(`there is no database at ${source}; JOBWRIGHT_DATA names its folder`);
  const free = () => refuseTaken(target, source, overwrite);
  free();
  refuseNowhere(target);
  return writeWhole(
    target,
    watched,
    async partial => {
      await copySnapshot(source, partial, watched);
      watched.report('checking', 0, 1);
      checkCopy(partial);
      watched.report('checking', 1, 1);
      const bytes = statSync(partial).size;
      return { bytes, sha256: await seal(partial, bytes, watched) };
    },
    free,
  );
}

async function copySnapshot(source: string, partial: string, { report, signal }: Watched): Promise<void> {
  const db = openSnapshot(source);
  try {
    const pageBytes = db.pragma('page_size', { simple: true }) as number;
    const progress = ({ totalPages, remainingPages }: SQLite.BackupMetadata): number => {
      signal.throwIfAborted();
      report('copying', (totalPages - remainingPages) * pageBytes, totalPages * pageBytes);
      return Math.ceil(BYTES_PER_STEP / pageBytes);
    };
    const { totalPages } = await db.backup(partial, { progress });
    report('copying', totalPages * pageBytes, totalPages * pageBytes);
  } finally {
    db.close();
  }
}

/** A read transaction that has begun. */
function openSnapshot(source: string): SQLite.Database {
  let db: SQLite.Database | undefined;
  try {
    db = new SQLite(source, { readonly: true, timeout: BUSY_MS });
    db.exec('begin');
    refuseForeign(db, source);
    return db;
  } catch (error) {
    db?.close();
    if (!/^SQLITE_(CANTOPEN|READONLY|PERM|BUSY)/.test(String((error as { code?: unknown }).code))) throw error;
    const need = 'who makes a backup must be able to read it, and to write into its folder';
    throw new Error(`${source} could not be read: ${(error as Error).message}; ${need}`, { cause: error });
  }
}

/** The copy of a database with a WAL wants one, too; without, it is a single file, and can be read where nothing can be written. */
function checkCopy(partial: string): void {
  const copy = new SQLite(partial);
  try {
    readable(partial, () => copy.pragma('journal_mode = delete'));
    refuseDamaged(copy, 'the database');
  } finally {
    copy.close();
  }
}
