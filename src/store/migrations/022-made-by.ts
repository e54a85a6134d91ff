/** Jobs know the step that created them: it may wait for their end. */
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('jobs').addColumn('made_by', 'text').execute();
}
