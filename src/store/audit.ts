/** The audit trail: who did what to whom. Rows are only ever added; the database itself refuses anything else. */
import type { Kysely } from 'kysely';
import { insertProduct } from './bulk.ts';
import { bytewise, type Engine, isOfFew } from './engine.ts';
import type { Database, Row } from './schema.ts';

/** Which rows. All that is set must hold. */
export interface AuditFilter {
  readonly actorId?: string | undefined;
  readonly subjectId?: string | undefined;
  readonly action?: string | undefined;
  /** Beginning of the action. */
  readonly actionPrefix?: string | undefined;
  /** Epoch milliseconds; `until` is not included. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly before?: string | undefined;
}

export class AuditReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  /** Newest first: ids grow with time. */
  events(teamId: string, filter: AuditFilter, limit: number): Promise<Row<'audit_events'>[]> {
    const { actorId, subjectId, action, actionPrefix, since, until, before } = filter;
    return (
      this.db
        .selectFrom('audit_events')
        .selectAll()
        .where('team_id', '=', teamId)
        .$if(actorId !== undefined, query => query.where(eb => isOfFew(this.engine, eb.ref('actor_id'), actorId!)))
        .$if(subjectId !== undefined, query =>
          query.where(eb => isOfFew(this.engine, eb.ref('subject_id'), subjectId!)),
        )
        .$if(action !== undefined, query => query.where('action', '=', action!))
        // '/' is the character behind '.'.
        .$if(actionPrefix !== undefined, query =>
          query.where('action', '>=', `${actionPrefix}.`).where('action', '<', `${actionPrefix}/`),
        )
        .$if(since !== undefined, query => query.where('at', '>=', since!))
        .$if(until !== undefined, query => query.where('at', '<', until!))
        .$if(before !== undefined, query =>
          query.where(eb => eb(bytewise(this.engine, eb.ref('audit_id')), '<', before!)),
        )
        .orderBy(eb => bytewise(this.engine, eb.ref('audit_id')), 'desc')
        .limit(limit)
        .execute()
    );
  }
}

export class AuditTransactor extends AuditReader {
  async append(events: readonly Row<'audit_events'>[]): Promise<void> {
    await insertProduct(this.db, this.engine, 'audit_events', events);
  }
}
