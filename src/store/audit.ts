/** The audit trail: who did what to whom. Rows are only ever added. */
import type { Kysely } from 'kysely';
import type { Database, Row } from './schema.ts';

export class AuditTransactor {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async append(events: readonly Row<'audit_events'>[]): Promise<void> {
    await this.#db.insertInto('audit_events').values(events).execute();
  }
}
