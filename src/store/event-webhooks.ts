/**
 * Webhooks that are told events: each is a reader with a position of its own. Who sends for one takes it for a while, so that no two
 * processes send for it at once; what it was told is written down behind the answer, so nothing is left out when a process dies.
 */
import { type Kysely, sql } from 'kysely';
import { compiledOnce } from './compiled.ts';
import type { Engine } from './engine.ts';
import { behind } from './events.ts';
import type { Database, Row } from './schema.ts';

/** Purposes of webhooks that are told events begin so; their ids follow. */
const PURPOSE = 'events:';
export const eventPurpose = (webhookId: string): string => PURPOSE + webhookId;
export const eventWebhookId = ({ purpose }: Pick<EventWebhookRow, 'purpose'>): string => purpose.slice(PURPOSE.length);

/** With where it goes and how it is signed. */
export type EventWebhookRow = Row<'event_webhooks'> & Pick<Row<'webhooks'>, 'url' | 'generation' | 'previous_until'>;

const waiting = compiledOnce(['now', 'limit'], (db, engine, { now, limit }: { now: number; limit: number }) =>
  db
    .selectFrom('event_webhooks as w')
    .selectAll('w')
    .where('w.next_at', '<=', now)
    .where(eb =>
      eb.exists(
        eb
          .selectFrom('events as e')
          .select('e.event_id')
          .whereRef('e.team_id', '=', 'w.team_id')
          .where(behind(engine, sql`w.xid`, sql`w.event_id`)),
      ),
    )
    .orderBy('w.next_at')
    .limit(limit),
);

export class EventWebhookReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  /** Of a team, the oldest first. */
  list(teamId: string): Promise<EventWebhookRow[]> {
    return this.#joined().where('e.team_id', '=', teamId).orderBy('e.created_at').orderBy('e.purpose').execute();
  }

  one(teamId: string, webhookId: string): Promise<EventWebhookRow | undefined> {
    return this.#joined()
      .where('e.team_id', '=', teamId)
      .where('e.purpose', '=', eventPurpose(webhookId))
      .executeTakeFirst();
  }

  /** Those whose time has come and for which there are events, the longest waiting first. */
  waiting(now: number, limit: number): Promise<Row<'event_webhooks'>[]> {
    return waiting(this.db, this.engine, { now, limit });
  }

  #joined() {
    return this.db
      .selectFrom('event_webhooks as e')
      .innerJoin('webhooks as w', join =>
        join.onRef('w.team_id', '=', 'e.team_id').onRef('w.purpose', '=', 'e.purpose'),
      )
      .selectAll('e')
      .select(['w.url', 'w.generation', 'w.previous_until']);
  }
}

export class EventWebhookTransactor extends EventWebhookReader {
  async insert(webhook: Row<'event_webhooks'>): Promise<void> {
    await this.db.insertInto('event_webhooks').values(webhook).execute();
  }

  async change({ team_id, purpose }: Row<'event_webhooks'>, change: Partial<Row<'event_webhooks'>>): Promise<void> {
    await this.db
      .updateTable('event_webhooks')
      .set(change)
      .where('team_id', '=', team_id)
      .where('purpose', '=', purpose)
      .execute();
  }

  /** Takes one that waits. Until `takenUntil` nobody else does. @returns undefined when somebody came first */
  async take(waiting: Row<'event_webhooks'>, takenUntil: number): Promise<EventWebhookRow | undefined> {
    const { numUpdatedRows } = await this.db
      .updateTable('event_webhooks')
      .set({ next_at: takenUntil })
      .where('team_id', '=', waiting.team_id)
      .where('purpose', '=', waiting.purpose)
      .where('next_at', '=', waiting.next_at)
      .executeTakeFirst();
    return numUpdatedRows === 0n ? undefined : this.one(waiting.team_id, eventWebhookId(waiting));
  }

  /**
   * The outcome of what was sent for a webhook that was taken until `takenUntil`.
   * @returns false when another has taken it since, or it was changed meanwhile: nothing is noted then
   */
  async settle(
    { team_id, purpose }: Row<'event_webhooks'>,
    takenUntil: number,
    outcome: Partial<Row<'event_webhooks'>>,
  ): Promise<boolean> {
    const { numUpdatedRows } = await this.db
      .updateTable('event_webhooks')
      .set(outcome)
      .where('team_id', '=', team_id)
      .where('purpose', '=', purpose)
      .where('next_at', '=', takenUntil)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  async delete(teamId: string, webhookId: string): Promise<boolean> {
    const { numDeletedRows } = await this.db
      .deleteFrom('event_webhooks')
      .where('team_id', '=', teamId)
      .where('purpose', '=', eventPurpose(webhookId))
      .executeTakeFirst();
    await sql`delete from webhooks where team_id = ${teamId} and purpose = ${eventPurpose(webhookId)}`.execute(this.db);
    return numDeletedRows > 0n;
  }
}
