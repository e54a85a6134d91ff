/**
 * PostgreSQL, for more than one server process or machine.
 *
 * Writes run at READ COMMITTED: every act compares and sets its head row (a template's version, a job's revision), so of two
 * that meet, one runs again. Reads run at REPEATABLE READ, READ ONLY: one snapshot for all statements of a call.
 *
 * A connection may break at any time. What broke before its commit was sent is undone for certain, and may run again; what broke
 * behind it may have been carried out, and is told as OutcomeUnknown. Nothing here waits without a limit.
 */
import { type ControlledTransaction, Kysely, type Logger, PostgresDialect } from 'kysely';
import pg from 'pg';
import { DatabaseAway, outcomeUnknown } from './broken.ts';
import type { Connections, Tell } from './engine.ts';
import { Clients, READ_ONLY } from './postgres-client.ts';
import { Replica } from './replica.ts';
import type { Database } from './schema.ts';

export interface PostgresSettings {
  readonly engine: 'postgres';
  /** postgres://user:password@host:port/database */
  readonly url: string;
  readonly poolSize: number;
  /** Of a replica that answers what only looks; with a pool of its own, of the same size. */
  readonly replicaUrl?: string;
  /** What is left out has its default. */
  readonly times?: Partial<PostgresTimes>;
}

/** Milliseconds. */
export interface PostgresTimes {
  /** The longest that one statement may take, and that a transaction may stand still; Infinity: as long as it likes. */
  readonly statementMs: number;
  /** The longest that a statement waits for rows that another transaction keeps. */
  readonly lockMs: number;
  /** The longest that a transaction waits for a connection of the pool. */
  readonly poolMs: number;
  /** The longest that the making of a connection may take. */
  readonly connectMs: number;
  /** For so long a transaction is tried again when the database is not there; at the start of the server, `startMs`. */
  readonly awayMs: number;
  readonly startMs: number;
}

export const DEFAULT_TIMES: PostgresTimes = {
  statementMs: 60_000,
  lockMs: 30_000,
  poolMs: 30_000,
  connectMs: 5_000,
  awayMs: 10_000,
  startMs: 30_000,
};

/** The server tells first that time is up; a connection that is silent even then leads nowhere. */
const GRACE_MS = 5_000;
const KEEP_ALIVE_AFTER_MS = 10_000;
const BIGINT = 20;
/** serialization_failure and deadlock_detected: the transaction is known to be undone, and the next time may pass. */
const CONTENDED = /^(40001|40P01)$/;

export function openPostgres(settings: PostgresSettings, log: Logger | undefined, tell: Tell): Connections {
  const times = { ...DEFAULT_TIMES, ...settings.times };
  const isBounded = times.statementMs !== Infinity;
  const clients = new Clients(isBounded ? times.statementMs + GRACE_MS : undefined);
  const pool = new pg.Pool(poolConfig(settings, times));
  // A connection that breaks says so here, idle or in use; the pool replaces it. Without a listener it would end the process.
  pool.on('connect', client => clients.watch(client, tell));
  pool.on('error', () => {});
  const connect = async () => {
    try {
      return clients.forKysely(await pool.connect());
    } catch (error) {
      if (pool.ending) throw error;
      tell(error as Error);
      throw new DatabaseAway(error, false);
    }
  };
  const dialect = new PostgresDialect({ pool: { connect, end: () => pool.end() } as never });
  const db = new Kysely<Database>({ dialect, ...(log ? { log } : {}) });
  const snapshots = db.startTransaction().setIsolationLevel('repeatable read').setAccessMode('read only');
  const transactions = db.startTransaction().setIsolationLevel('read committed');
  const primary: Connections = {
    engine: 'postgres',
    reads: db,
    writes: db,
    snapshot: async fn => ended(await snapshots.execute(), fn),
    transaction: async fn => {
      try {
        return await ended(await transactions.execute(), fn);
      } catch (error) {
        if (error instanceof BrokenCommit) throw outcomeUnknown();
        throw codeOf(error) === READ_ONLY ? new DatabaseAway(error, false) : error;
      }
    },
    close: () => pool.end(),
    isTransient: error => CONTENDED.test(codeOf(error)),
    awayMs: times.awayMs,
  };
  return settings.replicaUrl === undefined ? primary : withReplica(primary, settings, times, log, tell);
}

/** A statement that takes the replica too long is the primary's. */
const REPLICA_STATEMENT_MS = 15_000;

function withReplica(
  primary: Connections,
  { replicaUrl, ...settings }: PostgresSettings,
  times: PostgresTimes,
  log: Logger | undefined,
  tell: Tell,
): Connections {
  const bounded = { ...times, statementMs: Math.min(times.statementMs, REPLICA_STATEMENT_MS) };
  const connections = openPostgres({ ...settings, url: replicaUrl!, times: bounded }, log, tell);
  const replica = new Replica(primary, connections, tell);
  return {
    ...primary,
    look: fn => replica.snapshot(fn),
    close: async () => void (await Promise.all([primary.close(), connections.close()])),
  };
}

/** For migrations: on many rows they take as long as they take, and others wait for them. */
export const openUnhurried: typeof openPostgres = (settings, log, tell) =>
  openPostgres(
    { engine: 'postgres', url: settings.url, poolSize: 1, times: { ...settings.times, statementMs: Infinity } },
    log,
    tell,
  );

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code);

function poolConfig({ url, poolSize }: PostgresSettings, times: PostgresTimes): pg.PoolConfig {
  const { statementMs, lockMs, poolMs, connectMs } = times;
  return {
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: poolMs,
    // The pool's own limit is for whoever waits for it, this one for the network.
    Client: class extends pg.Client {
      constructor(config?: pg.ClientConfig) {
        super({ ...config, connectionTimeoutMillis: connectMs });
      }
    },
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    fallback_application_name: 'jobwright',
    ...(statementMs !== Infinity && {
      statement_timeout: statementMs,
      idle_in_transaction_session_timeout: statementMs,
      lock_timeout: lockMs,
    }),
    // BIGINT holds epoch milliseconds: well within what a number holds exactly.
    types: {
      getTypeParser: (oid, format) => (oid === BIGINT ? Number : pg.types.getTypeParser(oid, format)),
    } as pg.CustomTypesConfig,
  };
}

/** The commit may or may not have come to the database. */
class BrokenCommit extends DatabaseAway {}

/** Runs `fn` in a transaction that has begun, and ends it. */
async function ended<T>(tx: ControlledTransaction<Database>, fn: (db: Kysely<Database>) => Promise<T>): Promise<T> {
  let hasRun = false;
  try {
    const result = await fn(tx);
    hasRun = true;
    await tx.commit().execute();
    return result;
  } catch (error) {
    // Where this fails the connection is gone, and the server undoes what it knows nothing more of.
    await tx
      .rollback()
      .execute()
      .catch(() => {});
    throw hasRun && error instanceof DatabaseAway && error.wasSent ? new BrokenCommit(error, true) : error;
  }
}
