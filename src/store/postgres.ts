/**
 * PostgreSQL, for more than one server process or machine.
 *
 * Writes run at READ COMMITTED: every act compares and sets its head row (a template's version, a job's revision), so of two
 * that meet, one runs again. Reads run at REPEATABLE READ, READ ONLY: one snapshot for all statements of a call. Statements are
 * named, so that the server plans each once; only up to a bound, since a name is kept as long as its connection.
 */
import { createHash } from 'node:crypto';
import { Kysely, type Logger, PostgresDialect, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import type { Connections } from './engine.ts';
import type { Database } from './schema.ts';

export interface PostgresSettings {
  readonly engine: 'postgres';
  /** postgres://user:password@host:port/database */
  readonly url: string;
  readonly poolSize: number;
}

const STATEMENTS_NAMED = 500;
/** A longer text has as many parameters as its data asks for, and hardly comes twice. */
const LONGEST_NAMED = 8000;
const BIGINT = 20;
/**
 * serialization_failure and deadlock_detected: the transaction is known to be undone. A connection that broke is not among them: it
 * may have broken after the commit.
 */
const TRANSIENT = /^(40001|40P01)$/;

export function openPostgres(
  settings: PostgresSettings,
  log: Logger | undefined,
  onConnectionError: (error: Error) => void,
): Connections {
  const pool = new pg.Pool({
    connectionString: settings.url,
    max: settings.poolSize,
    // BIGINT holds epoch milliseconds: well within what a number holds exactly.
    types: {
      getTypeParser: (oid, format) => (oid === BIGINT ? Number : pg.types.getTypeParser(oid, format)),
    } as pg.CustomTypesConfig,
  });
  // A connection that breaks says so here, idle or in use; the pool replaces it. Without a listener it would end the process.
  pool.on('connect', client => client.on('error', onConnectionError));
  pool.on('error', () => {});
  const names = new Map<string, string>();
  const dialect = new PostgresDialect({
    pool: {
      connect: async () => named(await pool.connect(), names),
      end: () => pool.end(),
    } as never,
  });
  const db = new Kysely<Database>({ dialect, ...(log ? { log } : {}) });
  return {
    engine: 'postgres',
    reads: db,
    writes: db,
    snapshot: fn => db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(fn),
    transaction: fn => db.transaction().setIsolationLevel('read committed').execute(fn),
    close: () => pool.end(),
    isTransient: error => TRANSIENT.test(String((error as { code?: unknown } | null)?.code)),
  };
}

/** The client as Kysely knows it, with its statements named. */
function named(client: pg.PoolClient, names: Map<string, string>): PostgresPoolClient {
  return {
    query: (text: string, parameters: unknown[]) => client.query(statement(text, parameters, names)),
    release: (error?: Error) => client.release(error),
  } as unknown as PostgresPoolClient;
}

function statement(text: string, values: unknown[], names: Map<string, string>): pg.QueryConfig {
  let name = names.get(text);
  if (name === undefined && names.size < STATEMENTS_NAMED && text.length <= LONGEST_NAMED) {
    name = createHash('sha256').update(text).digest('base64url');
    names.set(text, name);
  }
  return name === undefined ? { text, values } : { name, text, values };
}
