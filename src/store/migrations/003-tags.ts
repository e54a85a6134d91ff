/** Tags of a team. The unique constraint is also how a name is looked up. */
import type { ColumnDefinitionBuilder, Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Engine } from '../engine.ts';

const required = (column: ColumnDefinitionBuilder) => column.notNull();

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const keyed = engine === 'sqlite' ? sql`without rowid` : sql``;
  await db.schema
    .createTable('tags')
    .addColumn('team_id', 'text', c => c.notNull().references('teams.team_id'))
    .addColumn('tag_id', 'text', required)
    .addColumn('name', 'text', required)
    .addColumn('name_key', 'text', required)
    .addPrimaryKeyConstraint('tags_key', ['team_id', 'tag_id'])
    .addUniqueConstraint('tags_by_name', ['team_id', 'name_key'])
    .modifyEnd(keyed)
    .execute();
}
