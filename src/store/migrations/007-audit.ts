/** The audit trail is read by subject and by actor, and nobody changes it: not even by SQL. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engine.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  // What was done to somebody or something, and by whom, newest first.
  for (const column of ['subject_id', 'actor_id'])
    await db.schema
      .createIndex(`audit_events_by_${column.replace('_id', '')}`)
      .on('audit_events')
      .columns(['team_id', column, 'audit_id'])
      .execute();
  if (engine === 'sqlite') {
    for (const act of ['update', 'delete'])
      await sql`create trigger ${sql.raw(`audit_events_no_${act}`)} before ${sql.raw(act)} on audit_events
        begin select raise(abort, 'the audit trail is only ever added to'); end`.execute(db);
    return;
  }
  await sql`create function refuse_audit_change() returns trigger language plpgsql as $$
    begin raise exception 'the audit trail is only ever added to'; end $$`.execute(db);
  await sql`create trigger audit_events_no_change before update or delete or truncate on audit_events
    for each statement execute function refuse_audit_change()`.execute(db);
}
