/**
 * The transactions of one SQLite connection, one after the other. Kysely's own ask for a pool, a mutex, and texts of begin and commit that
 * it makes anew: on an embedded database that is more work than most transactions have.
 */
import type SQLite from 'better-sqlite3';
import {
  type CompiledQuery,
  type ConnectionProvider,
  type DatabaseConnection,
  DefaultQueryExecutor,
  type Dialect,
  type Logger,
  type QueryResult,
  Transaction,
} from 'kysely';
import { Turns } from '../base/turns.ts';
import type { Pen } from './pen.ts';
import type { Database } from './schema.ts';

type Prepare = (text: string) => SQLite.Statement;

export class SqliteTransactions {
  readonly #database: SQLite.Database;
  readonly #begin: SQLite.Statement;
  readonly #commit: SQLite.Statement;
  readonly #rollback: SQLite.Statement;
  readonly #connection: DatabaseConnection;
  readonly #within: (scope: Scope) => Transaction<Database>;
  readonly #turns = new Turns(1);
  readonly #pen: Pen | undefined;

  constructor(database: SQLite.Database, prepare: Prepare, begin: string, dialect: Dialect, log?: Logger, pen?: Pen) {
    this.#database = database;
    this.#pen = pen;
    this.#begin = database.prepare(begin);
    this.#commit = database.prepare('commit');
    this.#rollback = database.prepare('rollback');
    this.#connection = new Connection(prepare, log);
    const [compiler, adapter] = [dialect.createQueryCompiler(), dialect.createAdapter()];
    const props = { config: { dialect }, dialect, driver: dialect.createDriver() };
    this.#within = scope => new Transaction({ ...props, executor: new DefaultQueryExecutor(compiler, adapter, scope) });
  }

  /** All of it or nothing. */
  run<T>(fn: (db: Transaction<Database>) => Promise<T>): Promise<T> {
    return this.#turns.take(() => (this.#pen ? this.#runInTurn(fn, this.#pen) : this.#run(fn)));
  }

  /** Among all processes. */
  async #runInTurn<T>(fn: (db: Transaction<Database>) => Promise<T>, pen: Pen): Promise<T> {
    await pen.take();
    try {
      return await this.#run(fn);
    } finally {
      pen.give();
    }
  }

  async #run<T>(fn: (db: Transaction<Database>) => Promise<T>): Promise<T> {
    this.#begin.run();
    const scope = new Scope(this.#connection);
    try {
      const result = await fn(this.#within(scope));
      scope.end();
      this.#commit.run();
      return result;
    } catch (error) {
      scope.end();
      // Some errors, a full disk for one, have undone it already.
      if (this.#database.inTransaction) this.#rollback.run();
      throw error;
    }
  }
}

/** Gives the connection to one transaction, and to nothing that comes after its end. */
class Scope implements ConnectionProvider {
  readonly #connection: DatabaseConnection;
  #isOver = false;

  constructor(connection: DatabaseConnection) {
    this.#connection = connection;
  }

  end(): void {
    this.#isOver = true;
  }

  async provideConnection<T>(consumer: (connection: DatabaseConnection) => Promise<T>): Promise<T> {
    if (this.#isOver) throw new Error('a statement came after the end of its transaction: something was not awaited');
    return consumer(this.#connection);
  }
}

class Connection implements DatabaseConnection {
  readonly #prepare: Prepare;
  readonly #log: Logger | undefined;

  constructor(prepare: Prepare, log: Logger | undefined) {
    this.#prepare = prepare;
    this.#log = log;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    this.#log?.({ level: 'query', query, queryDurationMillis: 0 });
    const statement = this.#prepare(query.sql);
    if (statement.reader) return { rows: statement.all(query.parameters) as R[] };
    return { numAffectedRows: BigInt(statement.run(query.parameters).changes), rows: [] };
  }

  streamQuery(): never {
    throw new Error('statements of transactions are not streamed');
  }
}
