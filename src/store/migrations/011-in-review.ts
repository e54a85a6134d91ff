/** The templates that wait for approval: asked before a team switches its review flow off. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('template_entries_in_review')
    .on('template_entries')
    .columns(['team_id', 'template_id'])
    .where(sql.ref('status'), '=', sql.lit('InReview'))
    .execute();
}
