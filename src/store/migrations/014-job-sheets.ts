/** The data sheets that a job works with, and their values as of its start. */
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const column of ['planned_sheets', 'sheet_values'])
    await db.schema.alterTable('jobs').addColumn(column, 'text').execute();
}
