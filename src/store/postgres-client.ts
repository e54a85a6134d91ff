/**
 * A connection to PostgreSQL as Kysely sees it: its statements are named, none waits for its answer for ever, and a connection that
 * broke says so (DatabaseAway) whatever the driver calls it, and does not go back to the pool.
 *
 * Statements are named so that the server plans each once; only up to a bound, since a name is kept as long as its connection.
 */
import { createHash } from 'node:crypto';
import type { PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { DatabaseAway } from './broken.ts';
import type { Tell } from './engine.ts';

const STATEMENTS_NAMED = 500;
/** A longer text has as many parameters as its data asks for, and hardly comes twice. */
const LONGEST_NAMED = 8000;

/**
 * What the server says before it ends the connection: it is shut down, starts, has no place, or a transaction stood still. In some
 * languages FATAL is another word.
 */
const isTheEnd = (error: unknown): boolean =>
  error instanceof pg.DatabaseError &&
  (/^(FATAL|PANIC)$/.test(error.severity ?? '') || /^(08|57P0|25P03|53300)/.test(error.code ?? ''));

/**
 * lock_not_available and query_canceled: it took longer than things may take. read_only_sql_transaction: this server is not the one
 * that takes writes, or not any more; another connection may lead to the one that does.
 */
const WITHOUT_TIME = /^(55P03|57014)$/;
export const READ_ONLY = '25006';

export class Clients {
  readonly #names = new Map<string, string>();
  readonly #broken = new WeakSet<pg.ClientBase>();
  readonly #answerMs: number | undefined;

  /** @param answerMs after which a connection that does not answer is given up; longer than the server's own limits */
  constructor(answerMs: number | undefined) {
    this.#answerMs = answerMs;
  }

  /** To be called once for each connection, when it is new. */
  watch(client: pg.ClientBase, tell: Tell): void {
    client.on('error', error => {
      this.#broken.add(client);
      tell(error);
    });
  }

  /** For one use of a connection of the pool. */
  forKysely(client: pg.PoolClient): PostgresPoolClient {
    return {
      query: (text: string, values: unknown[]) => this.#query(client, text, values),
      release: (error?: Error | boolean) => client.release(error || this.#broken.has(client)),
    } as unknown as PostgresPoolClient;
  }

  async #query(client: pg.PoolClient, text: string, values: unknown[]): Promise<pg.QueryResult> {
    if (this.#broken.has(client)) throw new DatabaseAway(undefined, false);
    const patience = this.#answerMs === undefined ? undefined : setTimeout(() => this.#giveUp(client), this.#answerMs);
    try {
      return await client.query(this.#statement(text, values));
    } catch (error) {
      const code = (error as { code?: unknown } | null)?.code;
      if (isTheEnd(error) || code === READ_ONLY) this.#broken.add(client);
      if (code === READ_ONLY) throw error;
      if (this.#broken.has(client)) throw new DatabaseAway(error, true);
      throw WITHOUT_TIME.test(String(code)) ? new DatabaseAway(error, false) : error;
    } finally {
      clearTimeout(patience);
    }
  }

  /** With a statement under way this cuts the connection at once, and the statement fails. */
  #giveUp(client: pg.PoolClient): void {
    this.#broken.add(client);
    void (client as unknown as pg.Client).end();
  }

  #statement(text: string, values: unknown[]): pg.QueryConfig {
    let name = this.#names.get(text);
    if (name === undefined && this.#names.size < STATEMENTS_NAMED && text.length <= LONGEST_NAMED) {
      name = createHash('sha256').update(text).digest('base64url');
      this.#names.set(text, name);
    }
    return name === undefined ? { text, values } : { name, text, values };
  }
}
