/**
 * What a template is beside its entries: archived, marked, taken from another one, tagged; and what templates are found by. The facts
 * of the latest entry that queries ask for stand in the head, so that a query reads heads alone.
 */
import { inflateRawSync } from 'node:zlib';
import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely';
import { sortKey, textKey } from '../../base/text.ts';
import type { Engine } from '../engine.ts';

const zero = (column: ColumnDefinitionBuilder) => column.notNull().defaultTo(0);
const empty = (column: ColumnDefinitionBuilder) => column.notNull().defaultTo('');

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await widen(db, engine);
  await relate(db, engine);
  await fill(db as Kysely<Rows>);
  // The orders of query: last modified first, by title, by time of authoring.
  for (const column of ['modified_at', 'title_key', 'latest_authored_at']) {
    await db.schema
      .createIndex(`templates_by_${column}`)
      .on('templates')
      .columns(['team_id', column, 'template_id'])
      .execute();
  }
  // publishVersion and fetchPublishedVersions name an entry by a number; and no publication ever takes another's number.
  await db.schema
    .createIndex('template_entries_by_publication')
    .unique()
    .on('template_entries')
    .columns(['team_id', 'template_id', 'published_version'])
    .where(sql.ref('published_version'), '>', sql.lit(0))
    .execute();
}

async function widen(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const bytewise = engine === 'sqlite' ? sql`text` : sql`text collate "C"`;
  const add = (table: string, column: string, type: 'text' | 'integer' | 'bigint' | typeof bytewise, more = plain) =>
    db.schema.alterTable(table).addColumn(column, type, more).execute();
  for (const time of ['archived_at', 'reviewed_at']) await add('templates', time, 'bigint');
  for (const mark of ['read_only', 'global', 'archive_disabled', 'system'])
    await add('templates', mark, 'integer', zero);
  await add('templates', 'source_template_id', 'text');
  await add('templates', 'source_version', 'integer');
  await add('templates', 'title_key', bytewise, empty);
  await add('templates', 'latest_author_id', 'text', empty);
  await add('templates', 'latest_authored_at', 'bigint', zero);
  await add('templates', 'latest_status', 'text', empty);
  await add('templates', 'category_id', 'text');
  await add('template_entries', 'metadata', 'text', column => column.notNull().defaultTo('{}'));
  await add('template_entries', 'documents', 'text', column => column.notNull().defaultTo('[]'));
  await add('template_entries', 'root_id', 'text', empty);
  await add('step_nodes', 'title_key', 'text', empty);
  await add('documents', 'shown', 'integer', zero);
  await add('documents', 'name_key', 'text', empty);
}

const plain = (column: ColumnDefinitionBuilder) => column;

async function relate(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const keyed = engine === 'sqlite' ? sql`without rowid` : sql``;
  const ofTemplate = (name: string) =>
    db.schema
      .createTable(name)
      .addColumn('team_id', 'text', c => c.notNull())
      .addColumn('template_id', 'text', c => c.notNull());
  await ofTemplate('template_texts')
    .addColumn('search_key', 'text', c => c.notNull())
    .addPrimaryKeyConstraint('template_texts_key', ['team_id', 'template_id'])
    .modifyEnd(keyed)
    .execute();
  await ofTemplate('template_tags')
    .addColumn('tag_id', 'text', c => c.notNull())
    .addColumn('comment', 'text')
    .addPrimaryKeyConstraint('template_tags_key', ['team_id', 'template_id', 'tag_id'])
    .addForeignKeyConstraint('template_tags_tag', ['team_id', 'tag_id'], 'tags', ['team_id', 'tag_id'])
    .modifyEnd(keyed)
    .execute();
  await ofTemplate('template_metadata')
    .addColumn('metadata_id', 'text', c => c.notNull())
    .addColumn('option_id', 'text', c => c.notNull())
    .addColumn('text_key', 'text')
    .addColumn('number', sql`double precision`)
    .addPrimaryKeyConstraint('template_metadata_key', ['team_id', 'template_id', 'metadata_id', 'option_id'])
    .modifyEnd(keyed)
    .execute();
}

interface Rows {
  templates: {
    team_id: string;
    template_id: string;
    version: number;
    title_key: string;
    latest_author_id: string;
    latest_authored_at: number;
    latest_status: string;
  };
  template_entries: {
    team_id: string;
    template_id: string;
    internal_version: number;
    title: string;
    descrip: string;
    author_id: string;
    authored_at: number;
    status: string;
    root_hash: string;
    root_id: string;
  };
  template_texts: { team_id: string; template_id: string; search_key: string };
  documents: { team_id: string; document_id: string; name: string; name_key: string };
  step_nodes: { team_id: string; hash: string; body: Buffer; title_key: string };
}

/** What earlier versions did not write. */
async function fill(db: Kysely<Rows>): Promise<void> {
  const entries = await db
    .selectFrom('templates as t')
    .innerJoin('template_entries as e', join =>
      join
        .onRef('e.team_id', '=', 't.team_id')
        .onRef('e.template_id', '=', 't.template_id')
        .onRef('e.internal_version', '=', 't.version'),
    )
    .selectAll('e')
    .execute();
  for (const { team_id, template_id, title, descrip, author_id, authored_at, status } of entries) {
    const facts = {
      title_key: sortKey(title),
      latest_author_id: author_id,
      latest_authored_at: authored_at,
      latest_status: status,
    };
    await db
      .updateTable('templates')
      .set(facts)
      .where('team_id', '=', team_id)
      .where('template_id', '=', template_id)
      .execute();
    const search_key = textKey(`${title}\n${descrip}`);
    await db.insertInto('template_texts').values({ team_id, template_id, search_key }).execute();
  }
  for (const { team_id, document_id, name } of await db.selectFrom('documents').selectAll().execute()) {
    await db
      .updateTable('documents')
      .set({ name_key: textKey(name) })
      .where('team_id', '=', team_id)
      .where('document_id', '=', document_id)
      .execute();
  }
  for (const { team_id, hash } of await db.selectFrom('step_nodes').select(['team_id', 'hash']).execute()) {
    const node = db.selectFrom('step_nodes').select('body').where('team_id', '=', team_id).where('hash', '=', hash);
    const { id, title } = JSON.parse(inflateRawSync((await node.executeTakeFirstOrThrow()).body).toString());
    await db
      .updateTable('template_entries')
      .set({ root_id: id })
      .where('team_id', '=', team_id)
      .where('root_hash', '=', hash)
      .execute();
    await db
      .updateTable('step_nodes')
      .set({ title_key: sortKey(title) })
      .where('team_id', '=', team_id)
      .where('hash', '=', hash)
      .execute();
  }
}
