/** `jobwright backup` and `jobwright restore`: the embedded database as one file, and back. */
import { resolve } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { environment } from '../config/env.ts';
import { version } from '../config/version.ts';
import { backUp } from '../store/backup/backup.ts';
import { restore } from '../store/backup/restore.ts';
import { watched } from './progress.ts';

type Print = (text: string) => void;

export async function backup(file: string, { force }: { readonly force: boolean }, print: Print): Promise<void> {
  const source = databaseFile('backup', 'pg_dump');
  const target = resolve(file);
  const { bytes, sha256 } = await watched('everywhere', ({ report }, signal) =>
    backUp(source, target, { report, signal, overwrite: force }),
  );
  print(`${target}: the database as of the beginning of the backup, ${megabytes(bytes)}, SHA-256 ${sha256}`);
}

export async function restoreBackup(file: string, { force }: { readonly force: boolean }, print: Print): Promise<void> {
  const target = databaseFile('restore', 'pg_restore');
  const now = systemClock.now();
  const done = await watched('everywhere', ({ report }, signal) =>
    restore(resolve(file), target, { report, signal, overwrite: force, now }),
  );
  print(`${target}: restored, ${megabytes(done.bytes)}`);
  if (!done.sealed)
    print(
      'The file has no seal of "jobwright backup": its structure is right; "jobwright check" looks at its content.',
    );
  if (done.kept !== undefined) print(`The database that was there is ${done.kept} now.`);
  print('Logins and passwords are as they were at the time of the backup; docs/admin.md says what else to look at.');
}

/** @throws Error on PostgreSQL, which has tools of its own */
function databaseFile(command: string, tool: string): string {
  const { store } = environment(version).server;
  if (store.engine === 'sqlite') return store.file;
  throw new Error(
    `"jobwright ${command}" is for the embedded database, and JOBWRIGHT_DATABASE_URL names PostgreSQL: use ${tool} (docs/admin.md)`,
  );
}

const megabytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MB`;
