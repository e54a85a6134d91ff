/** The property tables of entries, and the rows that jobs have in them. */
import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Engine } from '../engine.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await db.schema.alterTable('template_entries').addColumn('property_tables', 'text').execute();
  await db.schema
    .createTable('job_property_rows')
    .addColumn('team_id', 'text', c => c.notNull())
    .addColumn('job_id', 'text', c => c.notNull())
    .addColumn('table_name', 'text', c => c.notNull())
    .addColumn('row_id', 'text', c => c.notNull())
    .addColumn('created_at', 'bigint', c => c.notNull())
    .addColumn('row_values', 'text', c => c.notNull())
    .addPrimaryKeyConstraint('job_property_rows_key', ['team_id', 'job_id', 'table_name', 'row_id'])
    .addForeignKeyConstraint('job_property_rows_job', ['team_id', 'job_id'], 'jobs', ['team_id', 'job_id'])
    .modifyEnd(engine === 'sqlite' ? sql`without rowid` : sql``)
    .execute();
}
