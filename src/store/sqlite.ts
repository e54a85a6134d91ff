/**
 * SQLite, embedded: on one file a connection that writes, one that reads, and one that only asks whether anybody has written.
 *
 * WAL lets the reader work while the writer does, and shows it only what is committed. `synchronous=FULL` flushes each commit to
 * the disk, so an acknowledged write survives a power cut; writes that arrive together share one (group-commit.ts). Write transactions
 * are `begin immediate`: they queue at the start instead of failing half-way. Statements are prepared once and kept, up to a bound.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import SQLite from 'better-sqlite3';
import { Kysely, type Logger, type QueryCompiler, SqliteAdapter, SqliteDialect, SqliteQueryCompiler } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Connections } from './engine.ts';
import { GroupCommit } from './group-commit.ts';
import type { Pen } from './pen.ts';
import type { Database } from './schema.ts';
import { SqliteSession } from './sqlite-session.ts';
import { SqliteSnapshots } from './sqlite-snapshots.ts';

export interface SqliteSettings {
  readonly engine: 'sqlite';
  /** Path of the database file; its folder is created. */
  readonly file: string;
  /** 'FULL': an acknowledged write survives a power cut. 'NORMAL': faster; a power cut may lose the last commits. */
  readonly synchronous: 'FULL' | 'NORMAL';
  /** Called after each flush, before anything of it is answered: a slow disk, in tests. */
  readonly onFlush?: () => void;
}

const STATEMENTS_KEPT = 500;
/** Of the database, by each of the two. What they do not keep is in the system's own cache, a few microseconds away. */
const KEPT_PAGES_KB = 8000;
/** A longer text has as many parameters as its data asks for, and hardly comes twice. */
const LONGEST_KEPT = 8000;

export function openSqlite(settings: SqliteSettings, log?: Logger, pen?: Pen): Connections {
  mkdirSync(dirname(settings.file), { recursive: true });
  const writer = new SQLite(settings.file, { timeout: 0 });
  writer.pragma('journal_mode = WAL');
  writer.pragma(`synchronous = ${settings.synchronous}`);
  writer.pragma('foreign_keys = on');
  writer.pragma('wal_autocheckpoint = 10000');
  // What a savepoint would put back is kept in memory, not in a file.
  writer.pragma('temp_store = memory');
  writer.pragma(`cache_size = -${KEPT_PAGES_KB}`);
  const reader = new SQLite(settings.file, { timeout: 1000 });
  reader.pragma('query_only = on');
  reader.pragma(`cache_size = -${KEPT_PAGES_KB}`);
  const watcher = new SQLite(settings.file, { timeout: 1000, readonly: true });
  const dataVersion = watcher.prepare('pragma data_version').pluck();
  const [reads, writes] = [opened(reader, 'begin', log), opened(writer, 'begin immediate', log)];
  const snapshots = new SqliteSnapshots(reads.session);
  const transactions = new GroupCommit(writes.session, settings.onFlush, pen);
  return {
    engine: 'sqlite',
    reads: reads.db,
    writes: writes.db,
    snapshot: fn => snapshots.run(fn),
    transaction: fn => transactions.run(fn),
    version: () => dataVersion.get() as number,
    // Kysely closes only what it has used.
    close: async () => {
      watcher.close();
      reader.close();
      writer.close();
    },
    isTransient: error => String((error as { code?: unknown } | null)?.code).startsWith('SQLITE_BUSY'),
    // It never is.
    awayMs: 0,
  };
}

/** One connection that cannot write, for a long look at one snapshot. */
export function openSqliteReader(file: string): Pick<Connections, 'engine' | 'snapshot' | 'close'> {
  const reader = new SQLite(file, { timeout: 1000, readonly: true });
  const snapshots = new SqliteSnapshots(opened(reader, 'begin').session);
  return { engine: 'sqlite', snapshot: fn => snapshots.run(fn), close: async () => void reader.close() };
}

/** Migrations run in one transaction, schema and all: SQLite can, whatever Kysely's adapter says. Of two servers one waits. */
class TransactionalSqlite extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalAdapter();
  }

  override createQueryCompiler(): QueryCompiler {
    return new UnpeekedCompiler();
  }
}

/**
 * SQLite plans a statement anew whenever a parameter that it compares with a column gets another value: it might choose another index by
 * it. For a join of seven tables that takes 40 times as long as answering. Ours always go by the same index, so the plus, which changes
 * nothing, keeps SQLite from looking at the value.
 */
class UnpeekedCompiler extends SqliteQueryCompiler {
  protected override getCurrentParameterPlaceholder(): string {
    return '+?';
  }
}

class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** A connection as migrations see it, and as transactions do. */
interface Opened {
  readonly db: Kysely<Database>;
  readonly session: SqliteSession;
}

/** Kysely prepares each statement anew; here it meets a database whose `prepare` remembers, and begins as told. */
function opened(database: SQLite.Database, begin: string, log?: Logger): Opened {
  const prepared = new LRUCache<string, SQLite.Statement>({ max: STATEMENTS_KEPT });
  const prepare = (text: string): SQLite.Statement => {
    const known = prepared.get(text);
    if (known) return known;
    const statement = database.prepare(text === 'begin' ? begin : text);
    if (text.length <= LONGEST_KEPT) prepared.set(text, statement);
    return statement;
  };
  const dialect = new TransactionalSqlite({
    database: { prepare, close: () => database.close() } as unknown as SQLite.Database,
  });
  return {
    db: new Kysely<Database>({ dialect, ...(log ? { log } : {}) }),
    session: new SqliteSession(database, prepare, dialect, log),
  };
}
