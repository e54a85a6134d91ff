/**
 * One SQLite connection and the transactions on it, as Kysely sees them. Kysely's own ask for a pool, a mutex, and texts of begin and
 * commit that it makes anew: on an embedded database that is more work than most transactions have.
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
import type { Database } from './schema.ts';

type Prepare = (text: string) => SQLite.Statement;

export class SqliteSession {
  readonly #database: SQLite.Database;
  readonly #connection: DatabaseConnection;
  readonly #within: (scope: Scope) => Transaction<Database>;

  constructor(database: SQLite.Database, prepare: Prepare, dialect: Dialect, log?: Logger) {
    this.#database = database;
    this.#connection = new Connection(prepare, log);
    const [compiler, adapter] = [dialect.createQueryCompiler(), dialect.createAdapter()];
    const props = { config: { dialect }, dialect, driver: dialect.createDriver() };
    this.#within = scope => new Transaction({ ...props, executor: new StraightExecutor(compiler, adapter, scope) });
  }

  /** A statement of the session itself, which nobody hears of. */
  statement(text: string): () => void {
    const statement = this.#database.prepare(text);
    return () => void statement.run();
  }

  get inTransaction(): boolean {
    return this.#database.inTransaction;
  }

  /** Runs the function on the connection as it is; afterwards the function has it no longer. */
  async lend<T>(fn: (db: Transaction<Database>) => Promise<T>): Promise<T> {
    const scope = new Scope(this.#connection);
    try {
      return await fn(this.#within(scope));
    } finally {
      scope.end();
    }
  }
}

/**
 * Without plugins and pools there is nothing between a statement and its connection: Kysely's way there takes as long as a small
 * statement. What runs on an embedded database cannot be broken off either, so there are no options.
 */
class StraightExecutor extends DefaultQueryExecutor {
  override executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return this.provideConnection(connection => connection.executeQuery<R>(query));
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
