/**
 * Puts a backup in the place of the embedded database.
 *
 * From the first to the last moment it holds the exclusive lock of the database that it replaces, or of an empty one in its place:
 * a server that runs there, or another restore, keeps it from beginning, and one that starts meanwhile is told that the database is
 * locked. A server holds a lock as long as it runs, even when nobody calls it.
 */
import { createHash } from 'node:crypto';
import { createWriteStream, linkSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import SQLite from 'better-sqlite3';
import { isDamage, readable, refuseDamaged, refuseForeign, refuseNewer } from './examine.ts';
import { pieces, readSeal, type Sealed } from './seal.ts';
import {
  datedName,
  giveToOwnerOf,
  isSameFile,
  sideFiles,
  statIfThere,
  type Watched,
  writeWhole,
} from './whole-files.ts';

export interface Restored {
  readonly bytes: number;
  /** False for a file without a seal: only its structure was checked. */
  readonly sealed: boolean;
  /** Where the database that was there is now. */
  readonly kept: string | undefined;
}

/**
 * @param target the database file
 * @param overwrite whether a database that is there makes way; it is kept under another name
 * @param now epoch milliseconds, for that name
 * @throws Error in words; the database is as it was then
 */
export async function restore(
  file: string,
  target: string,
  { overwrite, now, ...watched }: Watched & { readonly overwrite: boolean; readonly now: number },
): Promise<Restored> {
  const sealed = partsOf(file);
  const before = statIfThere(target);
  if (before && isSameFile(before, statSync(file))) throw new Error(`${file} is the database itself; name a backup`);
  const isThere = before !== undefined && before.size > 0;
  if (isThere && !overwrite)
    throw new Error(`there is a database at ${target} already; --force replaces it, and keeps it under another name`);
  mkdirSync(dirname(target), { recursive: true });
  const kept = isThere ? datedName(target, 'replaced', now) : undefined;
  const hold = takeHold(target);
  try {
    const fill = async (partial: string): Promise<void> => {
      giveToOwnerOf(isThere ? target : dirname(target), partial);
      await copy(file, partial, sealed, watched);
      watched.report('checking', 0, 1);
      checkCopy(partial, file);
      watched.report('checking', 1, 1);
    };
    await writeWhole(target, watched, fill, () => makeWay(target, kept, hold.isReadable));
    return { bytes: sealed.bytes, sealed: sealed.sha256 !== undefined, kept };
  } catch (error) {
    // What takeHold made to have something to lock.
    if (before === undefined) rmSync(target, { force: true });
    throw error;
  } finally {
    hold.release();
  }
}

/** @throws Error where the file cannot be a backup */
function partsOf(file: string): Sealed {
  const found = statIfThere(file);
  if (!found) throw new Error(`there is no file ${file}`);
  if (!found.isFile()) throw new Error(`${file} is no file`);
  const beside = sideFiles(file).find(side => (statIfThere(side)?.size ?? 0) > 0);
  if (beside !== undefined)
    throw new Error(
      `${beside} lies beside it: ${file} is a database in use, not a backup; "jobwright backup" makes one`,
    );
  return readSeal(file);
}

/** The exclusive lock of a database, until it is released. */
interface Hold {
  /** False where the file is damaged so much that SQLite cannot lock it: then nobody can work with it either. */
  readonly isReadable: boolean;
  release(): void;
}

/**
 * Brings what stands in the WAL into the database, so that it is one file. The journal is kept in memory: one beside the file would be
 * deleted at the end, when its name may belong to the journal of the new database.
 */
function takeHold(target: string): Hold {
  const db = new SQLite(target, { timeout: 0 });
  try {
    for (const pragma of ['locking_mode = exclusive', 'journal_mode = delete', 'journal_mode = memory'])
      db.pragma(pragma);
    db.exec('begin exclusive');
    return { isReadable: true, release: () => db.close() };
  } catch (error) {
    if (isDamage(error)) return { isReadable: false, release: () => db.close() };
    db.close();
    if ((error as { code?: unknown }).code !== 'SQLITE_BUSY') throw error;
    throw new Error(`${target} is in use: a server runs on it, or another command works with it; stop it first`);
  }
}

async function copy(file: string, partial: string, { bytes, sha256 }: Sealed, watched: Watched): Promise<void> {
  const hash = createHash('sha256');
  async function* hashed(): AsyncGenerator<Buffer> {
    for await (const piece of pieces(file, bytes, 'copying', watched)) {
      hash.update(piece);
      yield piece;
    }
  }
  await pipeline(hashed, createWriteStream(partial, { flags: 'r+' }));
  const found = hash.digest('hex');
  if (sha256 !== undefined && found !== sha256)
    throw new Error(`${file} is damaged: its SHA-256 is ${found}, and its seal says ${sha256}`);
}

/** @param file what it is called to whoever gave it */
function checkCopy(partial: string, file: string): void {
  const db = new SQLite(partial);
  try {
    readable(file, () => db.pragma('journal_mode = delete'));
    refuseForeign(db, file);
    refuseNewer(db, file);
    refuseWrongLength(db, partial, file);
    refuseDamaged(db, file);
  } finally {
    db.close();
  }
}

/** SQLite does not look at what comes behind the last page; we do, since it may be what is left of a seal. */
function refuseWrongLength(db: SQLite.Database, partial: string, file: string): void {
  const pages = db.pragma('page_count', { simple: true }) as number;
  const right = pages * (db.pragma('page_size', { simple: true }) as number);
  const { size } = statIfThere(partial)!;
  if (size !== right) throw new Error(`${file} is damaged: it has ${size} bytes; right would be ${right}`);
}

/** The old database gets a second name before the new one takes its first, so that there is one at every moment. */
function makeWay(target: string, kept: string | undefined, isReadable: boolean): void {
  if (kept !== undefined) linkSync(target, kept);
  for (const side of sideFiles(target)) {
    // What SQLite can read is one file by now. Of what it cannot, all belongs together.
    if (isReadable || kept === undefined) rmSync(side, { force: true });
    else if (statIfThere(side)) renameSync(side, side.replace(target, kept));
  }
}
