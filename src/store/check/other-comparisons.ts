/** What must hold of templates, files, data sheets, attributes and events. */
import { type Comparison, reference } from './comparison.ts';

const ofTemplate = (alias: string): string => `${alias}.team_id = t.team_id and ${alias}.template_id = t.template_id`;

const latest = (column: string): string =>
  `(select e.${column} from template_entries as e where ${ofTemplate('e')} and e.internal_version = t.version)`;

const latestFact = (what: string, column: string): Comparison => ({
  name: `heads of templates tell the ${column} of the latest entry`,
  table: 'templates',
  what,
  right: latest(column),
});

const ofBody = (alias: string): string => `${alias}.team_id = t.team_id and ${alias}.body_id = t.body_id`;

/** Elements of a column that is a JSON list of texts, as `x.value`. */
const elements = (column: string) => ({
  sqlite: `json_each(${column}) as x`,
  postgres: `jsonb_array_elements_text(cast(${column} as jsonb)) as x(value)`,
});

/** A check that all elements of a JSON list name a row. */
function list(name: string, table: 'template_entries' | 'step_nodes', what: string, target: string): Comparison {
  const from = elements(`t.${what}`);
  const there = `exists (select 1 from ${target})`;
  return {
    name,
    table,
    what: `${what} that are not there`,
    found: {
      sqlite: `(select min(x.value) from ${from.sqlite} where not ${there})`,
      postgres: `(select min(x.value) from ${from.postgres} where not ${there})`,
    },
    right: 'null',
  };
}

const templates: readonly Comparison[] = [
  {
    name: 'templates count their entries',
    table: 'templates',
    what: 'version',
    right: `(select max(e.internal_version) from template_entries as e where ${ofTemplate('e')})`,
  },
  {
    name: 'entries of templates have no gaps',
    table: 'templates',
    what: 'number of entries',
    found: `(select count(*) from template_entries as e where ${ofTemplate('e')})`,
    right: 't.version',
  },
  {
    name: 'templates count their publications',
    table: 'templates',
    what: 'publish_count',
    right: `(select coalesce(max(e.published_version), 0) from template_entries as e where ${ofTemplate('e')})`,
  },
  {
    name: 'templates name the entry that was published last',
    table: 'templates',
    what: 'published_internal_version',
    right: `(select e.internal_version from template_entries as e
      where ${ofTemplate('e')} and e.published_version = t.publish_count and e.published_version > 0)`,
  },
  {
    name: 'publications have no gaps',
    table: 'templates',
    what: 'number of publications',
    found: `(select count(*) from template_entries as e where ${ofTemplate('e')} and e.published_version > 0)`,
    right: 't.publish_count',
  },
  {
    name: 'published entries are marked as such',
    table: 'template_entries',
    what: 'status',
    of: `t.published_version > 0 or t.status = 'Published'`,
    right: `(case when t.published_version > 0 and t.public_version > 0 and t.published_at is not null then 'Published' end)`,
  },
  latestFact('latest_author_id', 'author_id'),
  latestFact('latest_authored_at', 'authored_at'),
  latestFact('latest_status', 'status'),
  reference('texts of templates are there', 'templates', 'template_id', 'template_texts as x', ofTemplate('x')),
  ...(['template_texts', 'template_tags', 'template_metadata'] as const).map(table =>
    reference(`${table} belong to templates`, table, 'template_id', 'templates as x', ofTemplate('x')),
  ),
  reference(
    'categories of templates are there',
    'templates',
    'category_id',
    'categories as c',
    'c.team_id = t.team_id and c.category_id = t.category_id',
  ),
  reference(
    'definitions of metadata are there',
    'template_metadata',
    'metadata_id',
    'metadata_definitions as d',
    'd.team_id = t.team_id and d.metadata_id = t.metadata_id',
  ),
  list(
    'documents of entries are there, and kept',
    'template_entries',
    'documents',
    'documents as d where d.team_id = t.team_id and d.document_id = x.value and d.shown = 1',
  ),
  list(
    'groups below groups of steps are there',
    'step_nodes',
    'children',
    'step_nodes as n where n.team_id = t.team_id and n.hash = x.value',
  ),
];

const files: readonly Comparison[] = [
  reference(
    'documents of icons are there',
    'icons',
    'document_id',
    'documents as d',
    'd.team_id = t.team_id and d.document_id = t.document_id',
  ),
  {
    name: 'files have the size that they tell',
    table: 'file_bodies',
    what: 'size',
    right: `(select coalesce(sum(length(c.bytes)), 0) from file_chunks as c where ${ofBody('c')})`,
  },
  {
    name: 'pieces of files have no gaps',
    table: 'file_bodies',
    what: 'number of pieces',
    found: `(select count(*) from file_chunks as c where ${ofBody('c')})`,
    right: `(select coalesce(max(c.ordinal) + 1, 0) from file_chunks as c where ${ofBody('c')})`,
  },
  {
    name: 'files are shown by something',
    table: 'file_bodies',
    what: 'body_id',
    right: `(select t.body_id where exists (select 1 from documents as d where ${ofBody('d')})
      or exists (select 1 from job_attachments as a where ${ofBody('a')}))`,
  },
  {
    name: 'pieces of files belong to files',
    table: 'file_chunks',
    what: 'body_id',
    right: `(select t.body_id where exists (select 1 from file_bodies as b where ${ofBody('b')})
      or exists (select 1 from file_uploads as u where u.team_id = t.team_id and u.upload_id = t.body_id))`,
  },
  {
    name: 'uploads count what has come',
    table: 'file_uploads',
    what: 'received',
    right: `(select coalesce(sum(length(c.bytes)), 0) from file_chunks as c
      where c.team_id = t.team_id and c.body_id = t.upload_id)`,
  },
];

const things: readonly Comparison[] = [
  reference(
    'cells belong to sheets',
    'sheet_cells',
    'sheet_id',
    'sheets as s',
    's.team_id = t.team_id and s.set_id = t.set_id and s.sheet_id = t.sheet_id',
  ),
  reference(
    'cells belong to definitions',
    'sheet_cells',
    'definition_id',
    'sheet_definitions as d',
    'd.team_id = t.team_id and d.set_id = t.set_id and d.definition_id = t.definition_id',
  ),
  reference(
    'options that others were merged into are there',
    'metadata_options',
    'merged_into',
    'metadata_options as o',
    'o.team_id = t.team_id and o.metadata_id = t.metadata_id and o.option_id = t.merged_into',
  ),
  {
    name: 'values of attributes are defined',
    table: 'attribute_values',
    what: 'value_id',
    right: {
      sqlite: `(select x.value ->> 'id' from attributes as a join json_each(a.options) as x
        where a.team_id = t.team_id and a.attribute_id = t.attribute_id and x.value ->> 'id' = t.value_id)`,
      postgres: `(select x.value ->> 'id' from attributes as a cross join jsonb_array_elements(cast(a.options as jsonb)) as x(value)
        where a.team_id = t.team_id and a.attribute_id = t.attribute_id and x.value ->> 'id' = t.value_id)`,
    },
  },
  {
    name: 'what carries values of attributes is there',
    table: 'attribute_values',
    what: 'owner_id',
    // store/attributes.ts ownerKinds.
    right: `(case t.owner_kind
      when 0 then (select u.user_id from users as u where u.user_id = t.owner_id)
      when 3 then (select x.template_id from templates as x where x.team_id = t.team_id and x.template_id = t.owner_id)
      when 6 then (select s.set_id from sheet_sets as s where s.team_id = t.team_id and s.set_id = t.owner_id) end)`,
  },
];

/** A dump that was restored into another server of PostgreSQL has transactions that are yet to come there: readers would not see them. */
const ofThePast = (table: 'events' | 'event_webhooks'): Comparison => ({
  name: `${table} are of transactions of this server`,
  table,
  what: 'xid',
  right: {
    sqlite: '0',
    postgres: '(case when t.xid <= pg_snapshot_xmax(pg_current_snapshot())::text::bigint then t.xid end)',
  },
});

export const otherComparisons: readonly Comparison[] = [
  ...templates,
  ...files,
  ...things,
  ofThePast('events'),
  ofThePast('event_webhooks'),
];
