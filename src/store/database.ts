/**
 * The store and its two doors.
 *
 *   store.read(fn)      one snapshot, no writes; `store.look(fn)` where a replica may give it
 *   store.transact(fn)  one transaction: all of it or nothing.
 *
 * The transactor is the argument, so a write outside a transaction cannot be written. Inside, nothing is awaited but the
 * transaction. The function may run again (the database was busy, or another writer came first), so whatever leaves the
 * database, a message for instance, goes to `tx.onCommit`.
 */
import type { Logger as StatementLog } from 'kysely';
import type { BaseStep } from '#gen/step_types';
import { Busy } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { type Effects, Reader, Transactor } from './aggregates.ts';
import { DatabaseAway } from './broken.ts';
import type { Connections, Engine } from './engine.ts';
import { Kept } from './kept.ts';
import { migrate } from './migrate.ts';
import { OvertakenByWriter } from './overtaken.ts';
import type { Pen } from './pen.ts';
import type { PostgresSettings } from './postgres.ts';
import { Recent } from './recent.ts';
import { settleRestoredEvents } from './restored-events.ts';
import type { Row } from './schema.ts';
import type { SqliteSettings } from './sqlite.ts';
import { TreeCache } from './trees.ts';

export type StoreSettings = SqliteSettings | PostgresSettings;

export { Reader, Transactor };

export type TreesByHash = ReadonlyMap<string, BaseStep>;

const ATTEMPTS = 40;
const LONGEST_PAUSE_MS = 200;

export class Store {
  readonly engine: Engine;
  readonly #connections: Connections;
  readonly #cache = new TreeCache();
  readonly #kept = new Kept();
  readonly #callers = new Recent();
  readonly #workers = new Set<() => void>();
  readonly #listeners = new Set<(teamId: string) => void>();
  readonly #effects: Effects = {
    forgetCallers: () => this.#callers.forget(),
    wakeWorkers: () => {
      for (const wake of this.#workers) wake();
    },
    eventsWritten: teamId => {
      for (const hear of this.#listeners) hear(teamId);
    },
  };

  constructor(connections: Connections) {
    this.engine = connections.engine;
    this.#connections = connections;
  }

  /** @throws Busy when the snapshot could not be had in some seconds. */
  read<T>(fn: (reader: Reader) => Promise<T>): Promise<T> {
    return this.#repeated(() => this.#connections.snapshot(db => fn(new Reader(db, this.engine, this.#cache))));
  }

  /**
   * As `read`, for what only looks at jobs, templates and files: a replica may answer. Who calls and what it may do, events, and
   * what workers look for is the primary's, by `read`.
   */
  look<T>(fn: (reader: Reader) => Promise<T>): Promise<T> {
    const door = this.#connections.look ?? this.#connections.snapshot;
    return this.#repeated(() => door(db => fn(new Reader(db, this.engine, this.#cache))));
  }

  /**
   * As `look`, for what nearly every call asks: what is asked for twice serves again until somebody, in any process, has committed
   * anything. Where the database cannot tell, everything is read again.
   * @param key names what `fn` reads, apart from all else that is read so
   * @param rows that the answer has, at least 1: what is kept is bounded by them
   */
  async readKept<T extends object>(
    key: string,
    fn: (reader: Reader) => Promise<T>,
    rows: (answer: T) => number,
  ): Promise<T> {
    const { version: versionNow } = this.#connections;
    if (!versionNow || !this.#kept.isAskedAgain(key)) return this.look(fn);
    const version = versionNow();
    const kept = this.#kept.at(version, key);
    if (kept) return kept as T;
    const answer = await this.look(fn);
    // What was committed meanwhile may or may not be in it; but then nobody finds this version any more.
    this.#kept.keep(version, key, answer, rows(answer));
    return answer;
  }

  /** Who calls, by its token: read again after some seconds, and at once when this process has changed who may do what. */
  caller<T extends object>(key: string, now: number, fn: (reader: Reader) => Promise<T>): Promise<T> {
    return this.#callers.get(key, now, () => this.read(fn));
  }

  /** Tells a worker of this process when one of its transactions has queued something. @returns what ends that */
  onQueued(wake: () => void): () => void {
    this.#workers.add(wake);
    return () => this.#workers.delete(wake);
  }

  /** Tells when a transaction of this process has written events of a team. @returns what ends that */
  onEvents(hear: (teamId: string) => void): () => void {
    this.#listeners.add(hear);
    return () => this.#listeners.delete(hear);
  }

  /** Step trees by their root's hash when all of them were read before: they never change, and need no snapshot. */
  knownTrees(roots: readonly Pick<Row<'template_entries'>, 'team_id' | 'root_hash'>[]): TreesByHash | undefined {
    const trees = new Map<string, BaseStep>();
    for (const { team_id, root_hash } of roots) {
      const tree = this.#cache.tree(team_id, root_hash);
      if (!tree) return undefined;
      trees.set(root_hash, tree);
    }
    return trees;
  }

  /** @throws Busy when the transaction could not be had in some seconds; nothing was written then. */
  async transact<T>(fn: (tx: Transactor) => Promise<T>): Promise<T> {
    const { tx, result } = await this.#repeated(() =>
      this.#connections.transaction(async db => {
        const tx = new Transactor(db, this.engine, this.#cache, this.#effects);
        return { tx, result: await fn(tx) };
      }),
    );
    this.#kept.committed();
    tx.committed();
    return result;
  }

  close(): Promise<void> {
    return this.#connections.close();
  }

  #repeated<T>(run: () => Promise<T>): Promise<T> {
    return repeated(this.#connections, run);
  }
}

/** Runs until it is not overtaken and the database there and not busy. @throws Busy after many attempts, or when it is away for long */
async function repeated<T>(connections: Connections, run: () => Promise<T>): Promise<T> {
  const began = performance.now();
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (error instanceof DatabaseAway) {
        if (performance.now() - began > connections.awayMs) throw away();
      } else {
        if (!(error instanceof OvertakenByWriter) && !connections.isTransient(error)) throw error;
        if (attempt === ATTEMPTS) throw busy();
      }
      await pause(attempt);
    }
  }
}

const busy = (): Busy =>
  new Busy('busy', 'the database is busy and the call was not carried out; repeat it in a few seconds');

const away = (): Busy =>
  new Busy('busy', 'the database is busy or away, and the call was not carried out; repeat it in a few seconds');

/** Grows with each attempt and is never the same for two writers, so that they do not meet again. */
const pause = (attempt: number): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, Math.random() * Math.min(LONGEST_PAUSE_MS, 2 ** attempt)));

const TRANSACTION_CONTROL = /^(begin|start transaction|commit|rollback)\b/;

/**
 * Opens the database and brings its schema up to date.
 * @param pen the turns of SQLite's writers, where several processes share the file
 * @throws Error when it is not there, or not one that we can live in
 */
export async function openStore(
  settings: StoreSettings,
  logger: Logger,
  onStatement?: (text: string) => void,
  pen?: Pen,
): Promise<Store> {
  const log: StatementLog | undefined = onStatement
    ? ({ query: { sql } }) => {
        if (!TRANSACTION_CONTROL.test(sql)) onStatement(sql);
      }
    : undefined;
  return new Store(await opened(settings, logger, log, pen));
}

/** Only the engine in use is loaded: the other one's driver is memory for nothing. */
async function opened(settings: StoreSettings, logger: Logger, log?: StatementLog, pen?: Pen): Promise<Connections> {
  if (settings.engine === 'sqlite') {
    const connections = (await import('./sqlite.ts')).openSqlite(settings, log, pen);
    await migrated(connections);
    return connections;
  }
  return (await import('./postgres-start.ts')).startPostgres(settings, logger, log, migrated);
}

/** Closes them when that fails. */
async function migrated(connections: Connections): Promise<void> {
  try {
    await repeated(connections, () => migrate(connections));
    if (connections.engine === 'postgres')
      await repeated(connections, () => connections.transaction(settleRestoredEvents));
  } catch (error) {
    await connections.close();
    throw error;
  }
}
