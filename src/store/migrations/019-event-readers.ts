/** Readers of events: the key of cursors, webhooks that are told events, and what the runs of steps said last. */
import { randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engine.ts';

const KEY_BYTES = 32;

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  // Of the messages of runs alone (store/events.ts names the types in the same words): creating and finishing do not pay for it.
  await sql`
    create index events_of_runs on events (team_id, job_id, xid, event_id)
    where type in (9, 10, 11, 12, 13, 14, 19, 20, 21, 22)`.execute(db);
  await db.schema
    .createTable('event_webhooks')
    .addColumn('team_id', 'text', c => c.notNull())
    .addColumn('purpose', 'text', c => c.notNull())
    .addColumn('filter', 'text', c => c.notNull())
    .addColumn('created_at', 'bigint', c => c.notNull())
    .addColumn('xid', 'bigint', c => c.notNull())
    .addColumn('event_id', 'bigint', c => c.notNull())
    .addColumn('next_at', 'bigint')
    .addColumn('attempts', 'integer', c => c.notNull())
    .addColumn('failing_since', 'bigint')
    .addColumn('last_failure', 'text')
    .addPrimaryKeyConstraint('event_webhooks_key', ['team_id', 'purpose'])
    .addForeignKeyConstraint('event_webhooks_webhook', ['team_id', 'purpose'], 'webhooks', ['team_id', 'purpose'])
    .modifyEnd(engine === 'sqlite' ? sql`without rowid` : sql``)
    .execute();
  // Who may be sent something, of all teams: asked once a second.
  await db.schema
    .createIndex('event_webhooks_due')
    .on('event_webhooks')
    .columns(['next_at'])
    .where('next_at' as never, 'is not', null)
    .execute();
  await (db as Kysely<{ signing_keys: { purpose: string; secret: Buffer } }>)
    .insertInto('signing_keys')
    .values({ purpose: 'cursor', secret: randomBytes(KEY_BYTES) })
    .execute();
}
