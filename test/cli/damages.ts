/**
 * Damage for `jobwright check` to find: for each check SQL that makes one, and what is told of it then. Foreign keys do not stand in its
 * way.
 */
import type { Engine } from '../../src/store/engine.ts';

export interface Damage {
  readonly sql: string | Readonly<Partial<Record<Engine, string>>>;
  readonly table: string;
  readonly what: string;
  /** Of the finding; left out where it follows from random ids. */
  readonly found?: unknown;
  readonly right?: unknown;
}

const held = `(select job_id from jobs where job_name = 'Held')`;
const aTeam = '(select min(team_id) from jobs)';

const raised = (table: string, column: string, where = '1 = 1'): string =>
  `update ${table} set ${column} = ${column} + 1 where ${where}`;

const named = (table: string): [string, Damage] => [
  `${table} are found by their names`,
  { sql: `update ${table} set name_key = 'other'`, table, what: 'name_key', found: 'other' },
];

const fact = (column: string, of: string, value: string): [string, Damage] => [
  `heads of templates tell the ${of} of the latest entry`,
  { sql: `update templates set ${column} = ${value}`, table: 'templates', what: column },
];

const without = (table: string): [string, Damage] => [
  `${table} belong to templates`,
  {
    sql: `update ${table} set template_id = 'gone' where template_id = (select min(template_id) from ${table})`,
    table,
    what: 'template_id',
    found: 'gone',
    right: null,
  },
];

const ofBoth: Readonly<Record<string, Damage>> = {
  'rows have the rows that they belong to': {
    sql: `update job_holds set job_id = 'gone' where hold_id = (select min(hold_id) from job_holds)`,
    table: 'job_holds',
    what: 'foreign key',
  },
  "the server's own keys are there": {
    sql: `delete from signing_keys where purpose = 'webhook'`,
    table: 'signing_keys',
    what: 'bytes of the secret',
    right: 32,
  },
  'groups of steps are what their hashes say': {
    sql: `update step_nodes set body = (select max(n.body) from step_nodes as n) where body = (select min(n.body) from step_nodes as n)`,
    table: 'step_nodes',
    what: 'hash',
  },
  'entries say what is in their trees': {
    sql: raised('template_entries', 'leaf_count'),
    table: 'template_entries',
    what: 'leaf_count',
  },
  'templates are found by their latest entries': {
    sql: `update template_texts set search_key = ' other'`,
    table: 'template_texts',
    what: 'search_key',
    found: ' other',
  },
  'templates count their entries': {
    sql: raised('templates', 'version'),
    table: 'templates',
    what: 'version',
  },
  'entries of templates have no gaps': {
    sql: `delete from template_entries where internal_version = 1`,
    table: 'templates',
    what: 'number of entries',
  },
  'templates count their publications': {
    sql: raised('templates', 'publish_count'),
    table: 'templates',
    what: 'publish_count',
  },
  'templates name the entry that was published last': {
    sql: `update templates set published_internal_version = 1 where published_internal_version > 1`,
    table: 'templates',
    what: 'published_internal_version',
    found: 1,
  },
  'publications have no gaps': {
    sql: raised('templates', 'publish_count'),
    table: 'templates',
    what: 'number of publications',
  },
  'published entries are marked as such': {
    sql: `update template_entries set status = 'Unpublished' where published_version > 0`,
    table: 'template_entries',
    what: 'status',
    found: 'Unpublished',
    right: 'Published',
  },
  'texts of templates are there': {
    sql: 'delete from template_texts',
    table: 'templates',
    what: 'template_id',
    right: null,
  },
  'categories of templates are there': {
    sql: `update templates set category_id = 'gone'`,
    table: 'templates',
    what: 'category_id',
    found: 'gone',
    right: null,
  },
  'definitions of metadata are there': {
    sql: `update template_metadata set metadata_id = 'gone'`,
    table: 'template_metadata',
    what: 'metadata_id',
    found: 'gone',
    right: null,
  },
  'documents of entries are there, and kept': {
    sql: `update template_entries set documents = '["gone"]'`,
    table: 'template_entries',
    what: 'documents that are not there',
    found: 'gone',
    right: null,
  },
  'groups below groups of steps are there': {
    sql: `update step_nodes set children = '["gone"]'`,
    table: 'step_nodes',
    what: 'children that are not there',
    found: 'gone',
    right: null,
  },
  'documents of icons are there': {
    sql: `insert into icons (team_id, icon_id, kind, document_id, descrip) values (${aTeam}, 'icon', 'NOTICE', 'gone', '')`,
    table: 'icons',
    what: 'document_id',
    found: 'gone',
    right: null,
  },
  'files have the size that they tell': { sql: raised('file_bodies', 'size'), table: 'file_bodies', what: 'size' },
  'pieces of files have no gaps': {
    sql: raised('file_chunks', 'ordinal'),
    table: 'file_bodies',
    what: 'number of pieces',
    found: 1,
    right: 2,
  },
  'files are shown by something': { sql: 'delete from documents', table: 'file_bodies', what: 'body_id', right: null },
  'pieces of files belong to files': {
    sql: 'delete from file_bodies',
    table: 'file_chunks',
    what: 'body_id',
    right: null,
  },
  'uploads count what has come': {
    sql: `insert into file_uploads (team_id, upload_id, user_id, received, last_offset, expires_at)
      select ${aTeam}, 'upload', min(user_id), 7, 0, 0 from users`,
    table: 'file_uploads',
    what: 'received',
    found: 7,
    right: 0,
  },
  'cells belong to sheets': { sql: 'delete from sheets', table: 'sheet_cells', what: 'sheet_id', right: null },
  'cells belong to definitions': {
    sql: 'delete from sheet_definitions',
    table: 'sheet_cells',
    what: 'definition_id',
    right: null,
  },
  'options that others were merged into are there': {
    sql: `update metadata_options set merged_into = 'gone'`,
    table: 'metadata_options',
    what: 'merged_into',
    found: 'gone',
    right: null,
  },
  'values of attributes are defined': {
    sql: `update attribute_values set value_id = 'gone'`,
    table: 'attribute_values',
    what: 'value_id',
    found: 'gone',
    right: null,
  },
  'what carries values of attributes is there': {
    sql: `update attribute_values set owner_id = 'gone'`,
    table: 'attribute_values',
    what: 'owner_id',
    found: 'gone',
    right: null,
  },
  'events are of transactions of this server': {
    sql: 'update events set xid = xid + 4000000000',
    table: 'events',
    what: 'xid',
  },
  'event_webhooks are of transactions of this server': {
    sql: `insert into event_webhooks (team_id, purpose, filter, created_at, xid, event_id, attempts)
      values (${aTeam}, 'events:x', '{}', 0, 4000000000, 0, 0)`,
    table: 'event_webhooks',
    what: 'xid',
    found: 4_000_000_000,
  },
  'jobs count their open holds': {
    sql: `update jobs set open_holds = 7 where job_name = 'Held'`,
    table: 'jobs',
    what: 'open_holds',
    found: 7,
    right: 1,
  },
  'jobs count who waits for them': {
    sql: `update jobs set waited_for = 7 where job_name = 'Held'`,
    table: 'jobs',
    what: 'waited_for',
    found: 7,
    right: 1,
  },
  'jobs count their history': { sql: raised('jobs', 'history_seq'), table: 'jobs', what: 'history_seq' },
  'histories have no gaps': { sql: 'delete from job_history where seq = 1', table: 'jobs', what: 'rows of history' },
  'jobs count their finished steps': {
    sql: `update jobs set finished_leaves = 2 where job_name = 'Held'`,
    table: 'jobs',
    what: 'finished_leaves',
    found: 2,
    right: 1,
  },
  'jobs are as complete as their finished steps say': {
    sql: `update jobs set percent_complete = 51 where job_name = 'Held'`,
    table: 'jobs',
    what: 'percent_complete',
    found: 51,
    right: 50,
  },
  'jobs run the publication that they name': {
    sql: raised('jobs', 'template_version'),
    table: 'jobs',
    what: 'template_version',
  },
  'parents of jobs are there': {
    sql: `update jobs set parent_job = 'gone' where job_name = 'Held'`,
    table: 'jobs',
    what: 'parent_job',
    found: 'gone',
    right: null,
  },
  'steps of jobs stand among the steps of their entry': {
    sql: 'update job_steps set ordinal = 99',
    table: 'job_steps',
    what: 'ordinal',
    found: 99,
    right: null,
  },
  'titles of steps can be searched for': {
    sql: 'delete from step_titles',
    table: 'job_steps',
    what: 'step_name',
    right: null,
  },
  'jobs that others wait for are there': {
    sql: `update job_holds set dependent_job_id = 'gone' where dependent_job_id is not null`,
    table: 'job_holds',
    what: 'dependent_job_id',
    found: 'gone',
    right: null,
  },
  'comments tell their length': {
    sql: 'update job_comments set bytes = 7',
    table: 'job_comments',
    what: 'bytes',
    found: 7,
    right: 5,
  },
  'jobs are found by their words': {
    sql: `update jobs set description = 'changed past the index' where job_id = ${held}`,
    table: 'job_texts',
    what: 'words',
  },
  'jobs are found where they are': {
    sql: `update job_locations set geometry = '{"points":[[1,2]]}'`,
    table: 'job_locations',
    what: 'west',
    right: 1,
  },
  'jobs that passed steps over are as complete as the rest says': {
    sql: `update jobs set percent_complete = 1 where flow_state is not null`,
    table: 'jobs',
    what: 'percent_complete',
    found: 1,
  },
  'people are found by their names': {
    sql: `update users set search_key = 'other'`,
    table: 'users',
    what: 'search_key',
    found: 'other',
  },
  'metadata are found by their keys': {
    sql: `update metadata_definitions set compared_key = 'other'`,
    table: 'metadata_definitions',
    what: 'compared_key',
    found: 'other',
  },
  'options are found by their texts': {
    sql: `update metadata_options set text_key = 'other' where place = 0`,
    table: 'metadata_options',
    what: 'text_key',
    found: 'other',
  },
  'titles of steps are found by their words': {
    sql: `update step_titles set words = ' other'`,
    table: 'step_titles',
    what: 'words',
    found: ' other',
  },
  'files are what their checksums say': {
    sql: { sqlite: `update file_chunks set bytes = x'00'`, postgres: `update file_chunks set bytes = '\\x00'` },
    table: 'file_bodies',
    what: 'sha256',
  },
};

const ofSqlite: Readonly<Record<string, Damage>> = {
  'job_text_index has nothing that job_texts has not': {
    sql: `insert into job_text_index (words, job_id) values (' more', 'gone')`,
    table: 'job_text_index',
    what: 'number of rows',
  },
  'job_location_boxes has nothing that job_locations has not': {
    sql: `insert into job_location_boxes values (null, 0, 1, 0, 1, 0, 0, 'gone')`,
    table: 'job_location_boxes',
    what: 'number of rows',
  },
  'locations stand in the index of rectangles': {
    sql: 'update job_location_boxes set west = west - 10',
    table: 'job_locations',
    what: 'box_id',
    right: null,
  },
  'texts of jobs stand in the index of words': {
    sql: 'delete from job_text_index where rowid = (select min(text_id) from job_texts)',
    table: 'job_texts',
    what: 'text_id',
    right: null,
  },
};

const ofPostgres: Readonly<Record<string, Damage>> = {
  'constraints are validated, indexes valid, triggers on': {
    sql: 'alter table audit_events disable trigger audit_events_no_change',
    table: 'audit_events',
    what: 'audit_events_no_change',
    found: 'a trigger that is switched off',
  },
  'locations stand in the index of rectangles': {
    sql: 'update job_locations set box_id = 7',
    table: 'job_locations',
    what: 'box_id',
    right: null,
  },
  'texts of jobs stand in the index of words': {
    sql: 'update job_texts set text_id = 7',
    table: 'job_texts',
    what: 'text_id',
    right: null,
  },
  'rows have the rows that they belong to': {
    sql: `update job_holds set job_id = 'gone' where hold_id = (select min(hold_id) from job_holds)`,
    table: 'job_holds',
    what: 'job_holds_job',
  },
};

const many = Object.fromEntries([
  ...['tags', 'categories', 'groups', 'sheet_sets', 'sheet_definitions', 'sheets', 'documents'].map(named),
  fact('latest_author_id', 'author_id', `'other'`),
  fact('latest_authored_at', 'authored_at', '7'),
  fact('latest_status', 'status', `'InReview'`),
  ...['template_texts', 'template_tags', 'template_metadata'].map(without),
]);

/** By the name of the check that finds it. */
export const damagesOn = (engine: Engine): Readonly<Record<string, Damage>> => ({
  ...ofBoth,
  ...many,
  ...(engine === 'sqlite' ? ofSqlite : ofPostgres),
});
