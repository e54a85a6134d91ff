/** Definitions of metadata and the options of their lists. */
import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely';
import type { Engine } from '../engine.ts';

const required = (column: ColumnDefinitionBuilder) => column.notNull();

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const keyed = engine === 'sqlite' ? sql`without rowid` : sql``;

  await db.schema
    .createTable('metadata_definitions')
    .addColumn('team_id', 'text', c => c.notNull().references('teams.team_id'))
    .addColumn('metadata_id', 'text', required)
    .addColumn('key', 'text', required)
    .addColumn('compared_key', 'text', required)
    .addColumn('type', 'integer', required)
    .addColumn('owner', 'integer', required)
    .addColumn('range_start', 'double precision')
    .addColumn('range_end', 'double precision')
    .addColumn('is_required', 'integer', required)
    .addColumn('position', 'double precision')
    .addColumn('default_value', 'text')
    .addColumn('externally_managed', 'integer', required)
    .addColumn('bytes', 'integer', required)
    .addColumn('created_at', 'bigint', required)
    .addColumn('updated_at', 'bigint', required)
    .addColumn('archived_at', 'bigint')
    .addPrimaryKeyConstraint('metadata_definitions_key', ['team_id', 'metadata_id'])
    .modifyEnd(keyed)
    .execute();
  // Whether a key is taken; archived definitions have given theirs back.
  await db.schema
    .createIndex('metadata_definitions_by_key')
    .unique()
    .on('metadata_definitions')
    .columns(['team_id', 'compared_key', 'owner'])
    .where(sql.ref('archived_at'), 'is', null)
    .execute();

  await db.schema
    .createTable('metadata_options')
    .addColumn('team_id', 'text', required)
    .addColumn('metadata_id', 'text', required)
    .addColumn('option_id', 'text', required)
    .addColumn('text', 'text', required)
    .addColumn('text_key', 'text', required)
    .addColumn('place', 'integer')
    .addColumn('merged_into', 'text')
    .addPrimaryKeyConstraint('metadata_options_key', ['team_id', 'metadata_id', 'option_id'])
    .addForeignKeyConstraint('metadata_options_definition', ['team_id', 'metadata_id'], 'metadata_definitions', [
      'team_id',
      'metadata_id',
    ])
    .modifyEnd(keyed)
    .execute();
  // The list as it is shown, without what has gone from it.
  await db.schema
    .createIndex('metadata_options_by_place')
    .unique()
    .on('metadata_options')
    .columns(['team_id', 'metadata_id', 'place'])
    .where(sql.ref('place'), 'is not', null)
    .execute();
  await db.schema
    .createIndex('metadata_options_by_text')
    .unique()
    .on('metadata_options')
    .columns(['team_id', 'metadata_id', 'text_key'])
    .where(sql.ref('place'), 'is not', null)
    .execute();
}
