/** Webhooks of teams, and their calls on the way: who sends one takes it for a while, so that no two processes send it at once. */
import { type Kysely, sql } from 'kysely';
import { type Engine, isOneOf } from './engine.ts';
import type { Database, Row } from './schema.ts';

export type Delivery = Row<'webhook_deliveries'>;

/** A call that is due, with where it goes and how it is signed. */
export type DueDelivery = Delivery & Pick<Row<'webhooks'>, 'url' | 'generation' | 'previous_until'>;

export class WebhookReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  webhook(teamId: string, purpose: string): Promise<Row<'webhooks'> | undefined> {
    return this.db
      .selectFrom('webhooks')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('purpose', '=', purpose)
      .executeTakeFirst();
  }

  /** Oldest first. */
  undelivered(teamId: string, purpose: string, limit: number): Promise<Delivery[]> {
    return this.db
      .selectFrom('webhook_deliveries')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('purpose', '=', purpose)
      .orderBy('delivery_id')
      .limit(limit)
      .execute();
  }

  /** Whether anything is due. */
  async isDue(now: number): Promise<boolean> {
    const row = await this.db
      .selectFrom('webhook_deliveries')
      .select('delivery_id')
      .where('next_at', '<=', now)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }
}

export class WebhookTransactor extends WebhookReader {
  async putWebhook(webhook: Row<'webhooks'>): Promise<void> {
    const { url, generation, previous_until } = webhook;
    await this.db
      .insertInto('webhooks')
      .values(webhook)
      .onConflict(conflict => conflict.columns(['team_id', 'purpose']).doUpdateSet({ url, generation, previous_until }))
      .execute();
  }

  async dropDeliveries(teamId: string, purpose: string): Promise<void> {
    await this.db
      .deleteFrom('webhook_deliveries')
      .where('team_id', '=', teamId)
      .where('purpose', '=', purpose)
      .execute();
  }

  /** Those that nobody tries any more, and that were queued before a time. */
  async forgetGivenUp(before: number): Promise<void> {
    await this.db
      .deleteFrom('webhook_deliveries')
      .where('next_at', 'is', null)
      .where('queued_at', '<', before)
      .execute();
  }

  async queue(delivery: Delivery): Promise<void> {
    await this.db.insertInto('webhook_deliveries').values(delivery).execute();
  }

  /** Takes up to `limit` calls that are due. Until `takenUntil` nobody else takes them. */
  async take(now: number, takenUntil: number, limit: number): Promise<DueDelivery[]> {
    const locked = this.engine === 'sqlite' ? sql`` : sql`for update skip locked`;
    const { rows } = await sql<Delivery>`
      update webhook_deliveries set next_at = ${takenUntil}, attempts = attempts + 1
      where (team_id, delivery_id) in (
        select team_id, delivery_id from webhook_deliveries where next_at <= ${now} order by next_at limit ${limit} ${locked})
      returning *`.execute(this.db);
    const teamIds = [...new Set(rows.map(row => row.team_id))];
    const webhooks = await this.db
      .selectFrom('webhooks')
      .selectAll()
      .where(eb => isOneOf(this.engine, eb.ref('team_id'), teamIds))
      .execute();
    const of = (row: Delivery) =>
      webhooks.find(webhook => webhook.team_id === row.team_id && webhook.purpose === row.purpose)!;
    return rows.map(row => ({ ...of(row), ...row }));
  }

  async delivered({ team_id, delivery_id }: Delivery): Promise<void> {
    await this.db
      .deleteFrom('webhook_deliveries')
      .where('team_id', '=', team_id)
      .where('delivery_id', '=', delivery_id)
      .execute();
  }

  /** Nothing when somebody has taken the call since: whoever took it last says when it is due. */
  async failed(taken: Delivery, lastFailure: string, nextAt: number | null): Promise<void> {
    await this.db
      .updateTable('webhook_deliveries')
      .set({ last_failure: lastFailure, next_at: nextAt })
      .where('team_id', '=', taken.team_id)
      .where('delivery_id', '=', taken.delivery_id)
      .where('attempts', '=', taken.attempts)
      .execute();
  }
}
