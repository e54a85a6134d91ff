/**
 * Walking through a table by its key, a page at a time, whatever its size: a page is a stretch of keys, and what is asked of its rows is
 * one statement.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Database, Row } from '../schema.ts';
import type { Ground } from './finding.ts';

export type Table = keyof Database;

/** The primary keys of the tables that are walked through. */
export const keys = {
  attribute_values: ['team_id', 'owner_kind', 'owner_id', 'attribute_id', 'value_id'],
  categories: ['team_id', 'category_id'],
  documents: ['team_id', 'document_id'],
  event_webhooks: ['team_id', 'purpose'],
  events: ['team_id', 'xid', 'event_id'],
  file_bodies: ['team_id', 'body_id'],
  file_chunks: ['team_id', 'body_id', 'ordinal'],
  file_uploads: ['team_id', 'upload_id'],
  groups: ['team_id', 'group_id'],
  icons: ['team_id', 'icon_id'],
  job_comments: ['team_id', 'job_id', 'comment_id'],
  job_holds: ['team_id', 'job_id', 'hold_id'],
  job_locations: ['team_id', 'job_id'],
  job_steps: ['team_id', 'job_id', 'step_id'],
  job_texts: ['team_id', 'job_id', 'part'],
  jobs: ['team_id', 'job_id'],
  metadata_definitions: ['team_id', 'metadata_id'],
  metadata_options: ['team_id', 'metadata_id', 'option_id'],
  sheet_cells: ['team_id', 'set_id', 'sheet_id', 'definition_id'],
  sheet_definitions: ['team_id', 'set_id', 'definition_id'],
  sheet_sets: ['team_id', 'set_id'],
  sheets: ['team_id', 'set_id', 'sheet_id'],
  signing_keys: ['purpose'],
  step_nodes: ['team_id', 'hash'],
  step_titles: ['team_id', 'title'],
  tags: ['team_id', 'tag_id'],
  template_entries: ['team_id', 'template_id', 'internal_version'],
  template_metadata: ['team_id', 'template_id', 'metadata_id', 'option_id'],
  template_tags: ['team_id', 'template_id', 'tag_id'],
  template_texts: ['team_id', 'template_id'],
  templates: ['team_id', 'template_id'],
  users: ['user_id'],
} as const satisfies { readonly [T in Table]?: readonly (keyof Row<T>)[] };

export type Walked = keyof typeof keys;

/** Columns of the table `t` as a list. */
const listed = (columns: readonly string[]): RawBuilder<unknown> =>
  sql.join(columns.map(column => sql.ref(`t.${column}`)));

const tuple = (values: readonly unknown[]): RawBuilder<unknown> => sql`(${sql.join(values)})`;

/**
 * The stretches of a table's keys, each as a condition on the table `t`, telling how far it is.
 * @param rows of a page
 */
export async function* stretches(
  { db, progress }: Ground,
  table: Walked,
  rows: number,
): AsyncGenerator<RawBuilder<SqlBool>> {
  const columns = keys[table];
  const key = sql`(${listed(columns)})`;
  const { total } = (
    await sql<{ total: number | string }>`select count(*) as total from ${sql.table(table)}`.execute(db)
  ).rows[0]!;
  let after: readonly unknown[] | undefined;
  for (let done = 0; ; done += rows) {
    const behind: RawBuilder<SqlBool> = after ? sql`${key} > ${tuple(after)}` : sql`1 = 1`;
    const { rows: ends } = await sql<Record<string, unknown>>`
      select ${listed(columns)} from ${sql.table(table)} as t where ${behind}
      order by ${listed(columns)} limit 1 offset ${sql.lit(rows - 1)}`.execute(db);
    const end = ends[0] && columns.map(column => ends[0]![column]);
    yield end ? sql`${behind} and ${key} <= ${tuple(end)}` : behind;
    // Statements of SQLite leave nothing else a turn: no signal, no timer.
    await nextTurn();
    progress(Math.min(done + rows, Number(total)), Number(total));
    if (!end) return;
    after = end;
  }
}

/** The rows of a table in the order of the key, in pages. */
export async function* pages<T extends Walked>(
  ground: Ground,
  table: T,
  rows: number,
  columns?: readonly (keyof Row<T> & string)[],
): AsyncGenerator<Row<T>[]> {
  const asked = columns ? listed([...keys[table], ...columns]) : sql`t.*`;
  for await (const stretch of stretches(ground, table, rows)) {
    const page = await sql<Row<T>>`
      select ${asked} from ${sql.table(table)} as t where ${stretch} order by ${listed(keys[table])}`.execute(
      ground.db,
    );
    yield page.rows;
  }
}

/** Of a row of a table that is walked through. */
export const keyOf = (table: Walked, row: object): unknown[] =>
  keys[table].map(column => (row as Record<string, unknown>)[column]);
