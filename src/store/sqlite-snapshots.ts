/** The snapshots of the SQLite connection that reads, one after the other: each begins and ends a transaction of its own. */
import type { Transaction } from 'kysely';
import { Turns } from '../base/turns.ts';
import type { Database } from './schema.ts';
import type { SqliteSession } from './sqlite-session.ts';

export class SqliteSnapshots {
  readonly #session: SqliteSession;
  readonly #begin: () => void;
  readonly #end: () => void;
  readonly #turns = new Turns(1);

  constructor(session: SqliteSession) {
    this.#session = session;
    this.#begin = session.statement('begin');
    this.#end = session.statement('commit');
  }

  run<T>(fn: (db: Transaction<Database>) => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      this.#begin();
      try {
        return await this.#session.lend(fn);
      } finally {
        // Some errors have ended it already.
        if (this.#session.inTransaction) this.#end();
      }
    });
  }
}
