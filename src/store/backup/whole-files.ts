/**
 * Files that are whole or not there: written under another name beside the final one, brought to the disk, and only then renamed.
 * Whatever ends the process, nothing half stands under the final name.
 */
import { randomBytes } from 'node:crypto';
import { chownSync, lstatSync, type Stats, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Hears how far a stage has come. `total` may grow. */
export type Report = (stage: string, done: number, total: number) => void;

export interface Watched {
  readonly report: Report;
  /** Aborted when somebody wants an end of it: nothing is left then. */
  readonly signal: AbortSignal;
}

/** What SQLite may put beside a database. */
export const sideFiles = (file: string): string[] => ['-journal', '-wal', '-shm'].map(suffix => `${file}${suffix}`);

/** Secrets and hashes of passwords stand in it: nobody but its owner reads it. */
const OWNER_ONLY = 0o600;

/**
 * @param write fills the file whose name it is given; it is there, empty, for its owner alone
 * @param beforeNaming runs when the file is whole and on the disk; what it throws keeps the name as it is
 * @throws Error saying what could not be written; nothing of it is left then
 */
export async function writeWhole<T>(
  target: string,
  { signal }: Watched,
  write: (partial: string) => Promise<T>,
  beforeNaming: () => void,
): Promise<T> {
  const partial = `${target}.partial-${randomBytes(4).toString('hex')}`;
  try {
    await (await open(partial, 'wx', OWNER_ONLY)).close();
    const result = await write(partial);
    await flush(partial);
    // A signal that came during a long statement is heard now.
    await nextTurn();
    signal.throwIfAborted();
    beforeNaming();
    await rename(partial, target);
    await flush(dirname(resolve(target)));
    return result;
  } catch (error) {
    for (const file of [partial, ...sideFiles(partial)]) await rm(file, { force: true });
    if (signal.aborted) throw new Error(`interrupted; ${target} is as it was`);
    if (!isOfTheDisk(error)) throw error;
    throw new Error(`${target} could not be written: ${error.message}; nothing of it is left`, { cause: error });
  }
}

/** Errors of the file system, and of SQLite about it. */
const isOfTheDisk = (error: unknown): error is Error & { code: string } =>
  /^(E[A-Z0-9]+|SQLITE_(FULL|IOERR.*|CANTOPEN.*|READONLY.*|PERM))$/.test(
    String((error as { code?: unknown } | null)?.code),
  );

/** Brings a file, or the names in a folder, to the disk. */
async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @throws Error where there is something that must not be replaced */
export function refuseTaken(target: string, source: string, overwrite: boolean): void {
  const found = statIfThere(target);
  if (!found) return;
  if (!found.isFile()) throw new Error(`${target} is no file; name one that is there or shall be`);
  if (isSameFile(found, statSync(source))) throw new Error(`${target} is ${source} itself; name another file`);
  if (!overwrite) throw new Error(`${target} is there already; --force replaces it`);
}

/** @throws Error where its folder is none */
export function refuseNowhere(target: string): void {
  const folder = dirname(resolve(target));
  if (!statIfThere(folder)?.isDirectory()) throw new Error(`there is no folder ${folder}; make it first`);
}

/** Under whatever names. */
export const isSameFile = (one: Stats, other: Stats): boolean => one.ino === other.ino && one.dev === other.dev;

export const statIfThere = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false });

/** A file that root makes for a server that is not root belongs to whom its neighbour belongs to. */
export function giveToOwnerOf(neighbour: string, file: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = lstatSync(neighbour);
  chownSync(file, uid, gid);
}

/** A name beside a file's, with a time in it. */
export const datedName = (file: string, what: string, now: number): string =>
  join(dirname(file), `${basename(file)}.${what}-${new Date(now).toISOString().replaceAll(':', '-')}`);
