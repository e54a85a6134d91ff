/**
 * Events of a database that came into this server of PostgreSQL as a dump. They carry the ids of transactions of the server that they are
 * from; where those are yet to come here, nobody would see the events until then, and newer ones would stand before them.
 *
 * They all get 0 in place of it, which is before every transaction: then they stand in the order of their numbers. Webhooks go on with
 * the first of them that they have not taken.
 */
import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/** What can be seen is older than this, unless it is from elsewhere. */
const NEXT = sql`pg_snapshot_xmax(pg_current_snapshot())::text::bigint`;

/** One look into the key per team, where nothing was restored. For a transaction of its own, on PostgreSQL. */
export async function settleRestoredEvents(db: Kysely<Database>): Promise<void> {
  if (!(await isRestored(db))) return;
  await sql`lock table events, event_webhooks in share row exclusive mode`.execute(db);
  // Of two servers that start at once, the second finds it done.
  if (!(await isRestored(db))) return;
  await sql`
    update event_webhooks as w set xid = 0, event_id = coalesce(
      (select min(e.event_id) - 1 from events as e where e.team_id = w.team_id and (e.xid, e.event_id) > (w.xid, w.event_id)),
      (select max(e.event_id) from events as e where e.team_id = w.team_id),
      0)`.execute(db);
  await sql`update events set xid = 0`.execute(db);
}

async function isRestored(db: Kysely<Database>): Promise<boolean> {
  const { rows } = await sql<{ restored: boolean }>`
    select exists (select 1 from teams as t where
      (select e.xid from events as e where e.team_id = t.team_id order by e.xid desc limit 1) >= ${NEXT})
      or exists (select 1 from event_webhooks as w where w.xid > ${NEXT}) as restored`.execute(db);
  return rows[0]!.restored;
}
