/** Attributes of a team, and what carries their values. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engine.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const keyed = engine === 'sqlite' ? sql`without rowid` : sql``;

  await db.schema
    .createTable('attributes')
    .addColumn('team_id', 'text', c => c.notNull().references('teams.team_id'))
    .addColumn('attribute_id', 'text', c => c.notNull())
    .addColumn('ordinal', 'integer', c => c.notNull())
    .addColumn('label', 'text', c => c.notNull())
    .addColumn('options', 'text', c => c.notNull())
    .addPrimaryKeyConstraint('attributes_key', ['team_id', 'attribute_id'])
    .modifyEnd(keyed)
    .execute();

  await db.schema
    .createTable('attribute_values')
    .addColumn('team_id', 'text', c => c.notNull())
    .addColumn('owner_kind', 'integer', c => c.notNull())
    .addColumn('owner_id', 'text', c => c.notNull())
    .addColumn('attribute_id', 'text', c => c.notNull())
    .addColumn('value_id', 'text', c => c.notNull())
    .addPrimaryKeyConstraint('attribute_values_key', ['team_id', 'owner_kind', 'owner_id', 'attribute_id', 'value_id'])
    .addForeignKeyConstraint('attribute_values_attribute', ['team_id', 'attribute_id'], 'attributes', [
      'team_id',
      'attribute_id',
    ])
    .modifyEnd(keyed)
    .execute();
  // A value that is no longer defined is taken off everything that carries it.
  await db.schema
    .createIndex('attribute_values_by_value')
    .on('attribute_values')
    .columns(['team_id', 'value_id'])
    .execute();
}
