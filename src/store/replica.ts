/**
 * Reads from a replica of PostgreSQL, which follows its primary and is a little behind. It answers only when it has replayed all that
 * the primary had written when the question came, so an answer is never older than its question, whichever process wrote what. That
 * costs the primary one small statement, for all who ask at the same time. A replica that does not get there in a moment, breaks, or is
 * none, is left alone for a while: the primary answers instead.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { DatabaseAway } from './broken.ts';
import type { Connections, Tell } from './engine.ts';
import type { Database } from './schema.ts';

/** Pauses between the looks whether it has come so far. */
const LOOKS_AFTER_MS = [0, 2, 4, 8, 16, 32] as const;
const LOOK_MS = 1_000;
const RESTS_MS = { behind: 250, broken: 2_000 } as const;

export class Replica {
  readonly #primary: Connections;
  readonly #replica: Connections;
  readonly #tell: Tell;
  readonly #written: Latest<bigint>;
  readonly #replayed: Latest<bigint>;
  #restsUntil = 0;
  #isOurs = false;

  /** @param tell hears why the replica is left alone */
  constructor(primary: Connections, replica: Connections, tell: Tell) {
    this.#primary = primary;
    this.#replica = replica;
    this.#tell = tell;
    this.#written = new Latest(() => position(primary.reads, sql`pg_current_wal_insert_lsn()`));
    this.#replayed = new Latest(() => position(replica.reads, sql`pg_last_wal_replay_lsn()`));
  }

  async snapshot<T>(fn: (db: Kysely<Database>) => Promise<T>): Promise<T> {
    if (performance.now() >= this.#restsUntil && (await this.#hasCaughtUp())) {
      try {
        return await this.#replica.snapshot(fn);
      } catch (error) {
        // isTransient: it had to undo what it was just reading, to go on following.
        if (!(error instanceof DatabaseAway) && !this.#replica.isTransient(error)) throw error;
        this.#rest('broken', error as Error);
      }
    }
    return this.#primary.snapshot(fn);
  }

  async #hasCaughtUp(): Promise<boolean> {
    try {
      const written = await this.#written.ask();
      if (await inTime(this.#comesTo(written))) return true;
      this.#rest('behind', new Error('the replica is behind'));
    } catch (error) {
      this.#rest('broken', error as Error);
    }
    return false;
  }

  async #comesTo(written: bigint): Promise<boolean> {
    await this.#check();
    for (const millis of LOOKS_AFTER_MS) {
      if (millis > 0) await pause(millis);
      if ((await this.#replayed.ask()) >= written) return true;
    }
    return false;
  }

  /** @throws Error where a server that follows nobody, or somebody else, would answer with other data */
  async #check(): Promise<void> {
    if (this.#isOurs) return;
    const [ours, its] = await Promise.all([this.#primary, this.#replica].map(({ reads }) => identity(reads)));
    if (ours!.system !== its!.system || !its!.follows)
      throw new Error('JOBWRIGHT_REPLICA_URL names no replica of the database');
    this.#isOurs = true;
  }

  #rest(how: keyof typeof RESTS_MS, why: Error): void {
    this.#restsUntil = performance.now() + RESTS_MS[how];
    this.#tell(why, 'the replica is left alone for a moment');
  }
}

/** Asks once at a time, for all who came before it asked. */
class Latest<T> {
  readonly #get: () => Promise<T>;
  #next: Promise<T> | undefined;
  #current: Promise<unknown> = Promise.resolve();

  constructor(get: () => Promise<T>) {
    this.#get = get;
  }

  ask(): Promise<T> {
    this.#next ??= this.#current.then(() => {
      this.#next = undefined;
      const asked = this.#get();
      this.#current = asked.catch(() => {});
      return asked;
    });
    return this.#next;
  }
}

/** In the bytes of the write-ahead log. */
async function position(db: Kysely<Database>, at: RawBuilder<unknown>): Promise<bigint> {
  const { rows } = await sql<{ bytes: string }>`select ${at} - '0/0'::pg_lsn as bytes`.execute(db);
  return BigInt(rows[0]!.bytes);
}

async function identity(db: Kysely<Database>): Promise<{ system: string; follows: boolean }> {
  const { rows } = await sql<{ system: string; follows: boolean }>`
    select system_identifier::text as system, pg_is_in_recovery() as follows from pg_control_system()`.execute(db);
  return rows[0]!;
}

/** A replica that hangs is as good as none. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  const ending = new AbortController();
  const late = pause(LOOK_MS, undefined, { signal: ending.signal }).then(() => {
    throw new Error('the replica does not answer');
  });
  late.catch(() => {});
  work.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    ending.abort();
  }
}
