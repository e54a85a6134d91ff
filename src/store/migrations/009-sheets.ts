/** Categories and icons of step groups' headers, and data sheets. */
import { type CreateTableBuilder, type Kysely, sql } from 'kysely';
import type { Engine } from '../engine.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const keyed = engine === 'sqlite' ? sql`without rowid` : sql``;
  const real = sql`double precision`;
  const ofTeam = (name: string) =>
    db.schema.createTable(name).addColumn('team_id', 'text', c => c.notNull().references('teams.team_id'));
  const named = <T extends string, C extends string>(table: CreateTableBuilder<T, C>) =>
    table
      .addColumn('name', 'text', c => c.notNull())
      .addColumn('name_key', 'text', c => c.notNull())
      .addColumn('archived_at', 'bigint');
  const dated = <T extends string, C extends string>(table: CreateTableBuilder<T, C>) =>
    table.addColumn('created_at', 'bigint', c => c.notNull()).addColumn('updated_at', 'bigint', c => c.notNull());

  await named(ofTeam('categories').addColumn('category_id', 'text', c => c.notNull()))
    .addColumn('color', 'text', c => c.notNull())
    .addPrimaryKeyConstraint('categories_key', ['team_id', 'category_id'])
    .addUniqueConstraint('categories_name', ['team_id', 'name_key'])
    .modifyEnd(keyed)
    .execute();
  await ofTeam('icons')
    .addColumn('icon_id', 'text', c => c.notNull())
    .addColumn('kind', 'text', c => c.notNull())
    .addColumn('document_id', 'text', c => c.notNull())
    .addColumn('descrip', 'text', c => c.notNull())
    .addPrimaryKeyConstraint('icons_key', ['team_id', 'icon_id'])
    .modifyEnd(keyed)
    .execute();

  await dated(named(ofTeam('sheet_sets').addColumn('set_id', 'text', c => c.notNull())))
    .addColumn('descrip', 'text', c => c.notNull())
    .addColumn('author_id', 'text', c => c.notNull())
    .addPrimaryKeyConstraint('sheet_sets_key', ['team_id', 'set_id'])
    .addUniqueConstraint('sheet_sets_name', ['team_id', 'name_key'])
    .modifyEnd(keyed)
    .execute();
  const ofSet = (name: string) => ofTeam(name).addColumn('set_id', 'text', c => c.notNull());
  await dated(named(ofSet('sheet_definitions').addColumn('definition_id', 'text', c => c.notNull())))
    .addColumn('ordinal', 'integer', c => c.notNull())
    .addColumn('typ', 'integer', c => c.notNull())
    .addPrimaryKeyConstraint('sheet_definitions_key', ['team_id', 'set_id', 'definition_id'])
    .addForeignKeyConstraint('sheet_definitions_set', ['team_id', 'set_id'], 'sheet_sets', ['team_id', 'set_id'])
    .modifyEnd(keyed)
    .execute();
  await dated(named(ofSet('sheets').addColumn('sheet_id', 'text', c => c.notNull())))
    .addColumn('descrip', 'text', c => c.notNull())
    .addColumn('author_id', 'text', c => c.notNull())
    .addPrimaryKeyConstraint('sheets_key', ['team_id', 'set_id', 'sheet_id'])
    .addForeignKeyConstraint('sheets_set', ['team_id', 'set_id'], 'sheet_sets', ['team_id', 'set_id'])
    .modifyEnd(keyed)
    .execute();
  // Whether a name is taken in the set, and the sheets of a set by name.
  await db.schema.createIndex('sheets_by_name').on('sheets').columns(['team_id', 'set_id', 'name_key']).execute();
  await ofSet('sheet_cells')
    .addColumn('sheet_id', 'text', c => c.notNull())
    .addColumn('definition_id', 'text', c => c.notNull())
    .addColumn('text', 'text')
    .addColumn('number', real)
    .addColumn('digits', 'integer')
    .addPrimaryKeyConstraint('sheet_cells_key', ['team_id', 'set_id', 'sheet_id', 'definition_id'])
    .modifyEnd(keyed)
    .execute();
}
