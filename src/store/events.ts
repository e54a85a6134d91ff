/** Events of a team: written in the transaction that they tell of, in an order that no reader loses one by (migration 015 says how). */
import { type Kysely, sql } from 'kysely';
import { insertProduct } from './bulk.ts';
import type { Engine } from './engine.ts';
import type { Database, Row } from './schema.ts';

/** An event without its number, which the database gives. */
export type NewEvent = Omit<Row<'events'>, 'xid' | 'event_id'>;

export class EventReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }
}

export class EventTransactor extends EventReader {
  readonly #written: () => void;

  /** @param written heard when something was written, to be told after the commit */
  constructor(db: Kysely<Database>, engine: Engine, written: () => void) {
    super(db, engine);
    this.#written = written;
  }

  /** One statement, whatever their number. @param events all of one team, in their order */
  async add(events: readonly NewEvent[]): Promise<void> {
    if (events.length === 0) return;
    this.#written();
    if (this.engine === 'postgres') await insertProduct(this.db, this.engine, 'events', events);
    else await this.#addNumbered(events[0]!.team_id, events);
  }

  async #addNumbered(teamId: string, events: readonly NewEvent[]): Promise<void> {
    await sql`
      insert into events (team_id, xid, event_id, at, type, job_id, template_id, user_id, body)
      select ${teamId}, 0, (select coalesce(max(event_id), 0) from events where team_id = ${teamId} and xid = 0) + e.key + 1,
        e.value ->> 'at', e.value ->> 'type', e.value ->> 'job_id', e.value ->> 'template_id', e.value ->> 'user_id',
        e.value ->> 'body'
      from json_each(${JSON.stringify(events)}) e`.execute(this.db);
  }
}
