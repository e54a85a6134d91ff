/** Before PostgreSQL is used: waits until it is there, for it may start together with us, and refuses what we cannot live in. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger as StatementLog } from 'kysely';
import pg from 'pg';
import type { Logger } from '../base/logger.ts';
import type { Connections, Tell } from './engine.ts';
import { DEFAULT_TIMES, openPostgres, openUnhurried, type PostgresSettings } from './postgres.ts';

const TRY_EVERY_MS = 500;
const TELL_EVERY_MS = 5_000;
/** invalid_authorization_specification, invalid_password, invalid_catalog_name, insufficient_privilege: waiting changes nothing. */
const FINAL = /^(28|3D|42)/;

/**
 * The connections to a database that is there and has its schema.
 * @param migrate brings the schema up to date; it closes the connections where it fails
 * @throws Error that says what is wrong with the database, or that it was not there in some time
 */
export async function startPostgres(
  settings: PostgresSettings,
  logger: Logger,
  log: StatementLog | undefined,
  migrate: (connections: Connections) => Promise<void>,
): Promise<Connections> {
  await awaitPostgres(settings, logger);
  const tell = seldom(logger);
  const unhurried = openUnhurried(settings, log, tell);
  await migrate(unhurried);
  await unhurried.close();
  return openPostgres(settings, log, tell);
}

const TOLD_EVERY_MS = 1_000;

/** Many connections break at once, and many calls try again: one of them tells enough. */
function seldom(logger: Logger): Tell {
  const toldAt = new Map<string, number>();
  return (error, what = 'a database connection broke') => {
    const now = performance.now();
    if (now - (toldAt.get(what) ?? Number.NEGATIVE_INFINITY) < TOLD_EVERY_MS) return;
    toldAt.set(what, now);
    logger.warn({ err: error }, what);
  };
}

/** @throws Error that says what is wrong with the database, or that it was not there in some time */
async function awaitPostgres(settings: PostgresSettings, logger: Logger): Promise<void> {
  const { startMs, connectMs } = { ...DEFAULT_TIMES, ...settings.times };
  const began = performance.now();
  let toldAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    const client = new pg.Client({ connectionString: settings.url, connectionTimeoutMillis: connectMs });
    // What breaks behind the connecting fails the statement, too.
    client.on('error', () => {});
    try {
      await client.connect();
      return await refuseOtherEncodings(client);
    } catch (error) {
      if (error instanceof Unfit || FINAL.test(String((error as { code?: unknown }).code))) throw error;
      const waited = performance.now() - began;
      if (waited > startMs) throw notThere(settings, startMs, error);
      if (waited - toldAt > TELL_EVERY_MS) {
        logger.warn({ err: error }, `PostgreSQL is not there yet; waiting for ${startMs / 1000} s at most`);
        toldAt = waited;
      }
      await pause(TRY_EVERY_MS);
    } finally {
      await client.end().catch(() => {});
    }
  }
}

/** Thrown when a database is not one that we can live in. */
class Unfit extends Error {}

/** Our texts are Unicode: any other encoding would refuse some of them when they are written. */
async function refuseOtherEncodings(client: pg.Client): Promise<void> {
  const { rows } = await client.query(
    'select current_database() as name, pg_encoding_to_char(encoding) as encoding from pg_database where datname = current_database()',
  );
  const { name, encoding } = rows[0];
  if (encoding === 'UTF8') return;
  throw new Unfit(
    `the database "${name}" has the encoding ${encoding}; Jobwright needs one that was made with UTF8: create database ${name} encoding 'UTF8' template template0`,
  );
}

function notThere({ url }: PostgresSettings, startMs: number, cause: unknown): Error {
  const { host, port } = new pg.Client({ connectionString: url });
  const why = cause instanceof AggregateError ? cause.errors.map(String).join('; ') : String(cause);
  return new Error(`PostgreSQL at ${host}:${port} was not there for ${startMs / 1000} s: ${why}`, { cause });
}
