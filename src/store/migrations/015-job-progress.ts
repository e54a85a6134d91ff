/** How far a job has come beside its current steps, what holds it, and the events of a team. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engine.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  for (const column of ['open_holds', 'waited_for'])
    await db.schema
      .alterTable('jobs')
      .addColumn(column, 'integer', c => c.notNull().defaultTo(0))
      .execute();
  for (const column of ['flow_state', 'versions', 'parent_ref'])
    await db.schema.alterTable('jobs').addColumn(column, 'text').execute();
  for (const column of ['automatic', 'run'])
    await db.schema
      .alterTable('job_steps')
      .addColumn(column, 'integer', c => c.notNull().defaultTo(0))
      .execute();
  for (const column of ['response', 'result'])
    await db.schema.alterTable('job_steps').addColumn(column, 'text').execute();
  await createEvents(db, engine);
}

/**
 * SQLite has one writer at a time: there the numbers of a team's events are the order of the commits. PostgreSQL has many: an event
 * carries the id of its transaction, and readers leave out what is not older than every transaction under way.
 */
async function createEvents(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const isSqlite = engine === 'sqlite';
  if (!isSqlite) await sql`create sequence event_ids`.execute(db);
  await db.schema
    .createTable('events')
    .addColumn('team_id', 'text', c => c.notNull().references('teams.team_id'))
    .addColumn('xid', 'bigint', c => c.notNull().defaultTo(isSqlite ? 0 : sql`pg_current_xact_id()::text::bigint`))
    .addColumn('event_id', 'bigint', c => (isSqlite ? c.notNull() : c.notNull().defaultTo(sql`nextval('event_ids')`)))
    .addColumn('at', 'bigint', c => c.notNull())
    .addColumn('type', 'integer', c => c.notNull())
    .addColumn('job_id', 'text')
    .addColumn('template_id', 'text')
    .addColumn('user_id', 'text')
    .addColumn('body', 'text', c => c.notNull())
    .addPrimaryKeyConstraint('events_key', ['team_id', 'xid', 'event_id'])
    .modifyEnd(isSqlite ? sql`without rowid` : sql``)
    .execute();
}
