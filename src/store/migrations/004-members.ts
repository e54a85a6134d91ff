/** Memberships that end and stay on record, and short names of teams that are unique on the server. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('memberships').addColumn('removed_at', 'bigint').execute();
  // Of two teams that take a short name one gets it, and a team is found by it; a team without one has ''.
  await db.schema
    .createIndex('teams_by_subdomain')
    .unique()
    .on('teams')
    .column('subdomain')
    .where(sql.ref('subdomain'), '<>', sql.lit(''))
    .execute();
}
