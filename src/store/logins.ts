/** Logins that failed, by keys that tell neither the account nor the address. */
import type { Kysely } from 'kysely';
import { insertProduct } from './bulk.ts';
import { type Engine, isOneOf } from './engine.ts';
import type { Database, Row } from './schema.ts';

export class LoginReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  failures(keys: readonly string[]): Promise<Row<'login_failures'>[]> {
    return this.db
      .selectFrom('login_failures')
      .selectAll()
      .where(eb => isOneOf(this.engine, eb.ref('failure_key'), keys))
      .execute();
  }
}

export class LoginTransactor extends LoginReader {
  /** One failure more under each key; those that are older than `forgetBefore` count no longer. */
  async countFailure(keys: readonly string[], now: number, forgetBefore: number): Promise<void> {
    await this.db.deleteFrom('login_failures').where('last_at', '<', forgetBefore).execute();
    // In one order: two writers never wait for each other.
    const rows = [...keys].sort().map(failure_key => ({ failure_key }));
    await insertProduct(
      this.db,
      this.engine,
      'login_failures',
      rows,
      [{ failures: 1, last_at: now }],
      'on conflict (failure_key) do update set failures = login_failures.failures + 1, last_at = excluded.last_at',
    );
  }

  async forgetFailures(keys: readonly string[]): Promise<void> {
    await this.db
      .deleteFrom('login_failures')
      .where(eb => isOneOf(this.engine, eb.ref('failure_key'), keys))
      .execute();
  }
}
