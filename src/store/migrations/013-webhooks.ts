/** Webhooks of teams, and their calls on the way. */
import { randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engine.ts';

const KEY_BYTES = 32;

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const keyed = engine === 'sqlite' ? sql`without rowid` : sql``;
  await db.schema
    .createTable('webhooks')
    .addColumn('team_id', 'text', c => c.notNull().references('teams.team_id'))
    .addColumn('purpose', 'text', c => c.notNull())
    .addColumn('url', 'text', c => c.notNull())
    .addColumn('generation', 'integer', c => c.notNull())
    .addColumn('previous_until', 'bigint')
    .addPrimaryKeyConstraint('webhooks_key', ['team_id', 'purpose'])
    .modifyEnd(keyed)
    .execute();
  await db.schema
    .createTable('webhook_deliveries')
    .addColumn('team_id', 'text', c => c.notNull())
    .addColumn('delivery_id', 'text', c => c.notNull())
    .addColumn('purpose', 'text', c => c.notNull())
    .addColumn('body', 'text', c => c.notNull())
    .addColumn('queued_at', 'bigint', c => c.notNull())
    .addColumn('attempts', 'integer', c => c.notNull())
    .addColumn('next_at', 'bigint')
    .addColumn('last_failure', 'text')
    .addPrimaryKeyConstraint('webhook_deliveries_key', ['team_id', 'delivery_id'])
    .addForeignKeyConstraint('webhook_deliveries_webhook', ['team_id', 'purpose'], 'webhooks', ['team_id', 'purpose'])
    .modifyEnd(keyed)
    .execute();
  // What is due, of all teams: asked once a second.
  await db.schema
    .createIndex('webhook_deliveries_due')
    .on('webhook_deliveries')
    .columns(['next_at'])
    .where('next_at' as never, 'is not', null)
    .execute();
  await (db as Kysely<{ signing_keys: { purpose: string; secret: Buffer } }>)
    .insertInto('signing_keys')
    .values({ purpose: 'webhook', secret: randomBytes(KEY_BYTES) })
    .execute();
}
