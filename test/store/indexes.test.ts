/**
 * The list of indexes (src/store/schema/indexes.ts): the databases have these and no others, and the queries for which they are there
 * go by them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Reader, Store, Transactor } from '../../src/store/database.ts';
import type { Connections } from '../../src/store/engine.ts';
import { indexes } from '../../src/store/schema/indexes.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { plansOf } from './plans-of.ts';
import { addTeam, close, connectionsTo, db, open } from './support.ts';

let database: TestDatabase;
let connections: Connections;
let store: Store;
let statements: string[] = [];

beforeAll(async () => {
  database = await freshDatabase();
  store = await open(database.settings, text => statements.push(text));
  connections = connectionsTo(database.settings);
  await addTeam(store, 't');
});
afterAll(async () => {
  await store.close();
  await close(connections);
  await database.drop();
});

type Name = keyof typeof indexes;

interface Found {
  readonly name: string;
  readonly table: string;
  readonly unique: boolean;
}

/** SQLite calls what a unique constraint makes by a number: it is found by its table. */
async function found(): Promise<Found[]> {
  if (connections.engine === 'postgres') {
    const { rows } = await sql<Found>`
      select i.relname as name, t.relname as "table", x.indisunique as unique
      from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
      where not x.indisprimary and t.relnamespace = 'public'::regnamespace`.execute(connections.writes);
    return rows;
  }
  const { rows } = await sql<{ name: string; table: string; unique: number; origin: string }>`
    select i.name, t.name as "table", i."unique", i.origin
    from pragma_table_list t join pragma_index_list(t.name) i
    where t.schema = 'main' and t.type = 'table' and i.origin <> 'pk'
    union all
    select t.name, null, 0, 'c' from pragma_table_list t where t.schema = 'main' and t.type = 'virtual'`.execute(
    connections.writes,
  );
  return rows.map(row => ({
    name: row.origin === 'u' ? constraintOn(row.table) : row.name,
    table: row.table ?? indexes[row.name as Name]?.table,
    unique: row.unique === 1,
  }));
}

const constraints = [
  'users_email_key',
  'groups_name',
  'tokens_token_hash_key',
  'tags_by_name',
  'categories_name',
] as const;
const furtherConstraints = ['sheet_sets_name', 'file_bodies_by_content'] as const;
const constraintOn = (table: string): string =>
  [...constraints, ...furtherConstraints].find(name => indexes[name].table === table) ?? `unique in ${table}`;

/** The name by which the plans of the engine call it. */
async function nameOf(name: Name): Promise<string> {
  const { table } = indexes[name];
  if (constraintOn(table) !== name || connections.engine === 'postgres') return name;
  const { rows } = await sql<{ name: string }>`
    select name from pragma_index_list(${table}) where origin = 'u'`.execute(connections.writes);
  return rows[0]!.name;
}

test('the databases have the indexes of the list, and no others', async () => {
  const listed = Object.entries(indexes)
    .filter(([, index]) => !('on' in index) || index.on === connections.engine)
    .map(([name, index]) => ({ name, table: index.table, unique: 'unique' in index }));
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  expect((await found()).sort(byName)).toEqual(listed.sort(byName));
});

test('each says for what it is there', () => {
  for (const [name, { why }] of Object.entries(indexes)) expect([name, /^\S.{15,}\.$/.test(why)]).toEqual([name, true]);
});

const reading = (ask: (reader: Reader) => Promise<unknown>) => () => store.read(ask);
const writing = (act: (tx: Transactor) => Promise<unknown>) => () => store.transact(act);

/** A query for each that is not there for uniqueness alone. */
const queries: { readonly [N in Name]?: () => Promise<unknown> } = {
  users_email_key: reading(it => it.people.userByEmail('ana@example.org')),
  teams_by_subdomain: reading(it => it.people.teamBySubdomain('plant')),
  memberships_by_user: reading(it => it.tokens.callerByTokenHash('h')),
  groups_name: reading(it => it.groups.groupNamed('t', 'ROLE', 'n')),
  group_members_by_user: writing(tx => tx.groups.leaveGroups('t', 'u')),
  tokens_token_hash_key: reading(it => it.tokens.callerByTokenHash('h')),
  tokens_by_user: writing(tx => tx.tokens.deleteExpiredTokens('u', 1)),
  change_tokens_by_user: writing(tx => tx.users.endChangeTokens('u', 1)),
  login_failures_by_time: writing(tx => tx.logins.countFailure(['k'], 2, 1)),
  attribute_values_by_value: writing(tx => tx.attributes.dropValues('t', ['v'])),
  audit_events_by_actor: reading(it => it.audit.events('t', { actorId: 'u' } as never, 10)),
  audit_events_by_subject: reading(it => it.audit.events('t', { subjectId: 'u' } as never, 10)),
  template_entries_by_public_version: writing(tx => tx.templates.greatestPublicVersion('t', 'x')),
  template_entries_in_review: reading(it => it.templates.inReview('t', 10)),
  // As the foreign key does when a token is deleted.
  template_locks_by_token: writing(tx => db(tx).deleteFrom('template_locks').where('token_id', '=', 'k').execute()),
  tags_by_name: reading(it => it.tags.tagNamed('t', 'n')),
  metadata_definitions_by_key: reading(it => it.metadata.definitionsNamed('t', ['k'])),
  sheet_sets_name: reading(it => it.sheets.setNamed('t', 'n')),
  sheets_by_name: reading(it => it.sheets.sheetsOfSets('t', ['s'], 10)),
  documents_by_body: writing(tx => tx.files.deleteUnusedBodies('t', ['b'])),
  file_uploads_by_expiry: writing(tx => tx.files.expiredUploads('t', 1, 10)),
  jobs_by_parent: writing(tx => tx.jobLists.orphan('t', ['j'])),
  job_steps_current: reading(it => it.jobs.currentSteps('t', ['j'])),
  job_steps_started: reading(it => it.users.jobs(['t'], ['u'])),
  job_holds_due: reading(it => it.holds.nextRelease()),
  job_holds_waiting: reading(it => it.holds.openOn('t', ['j'])),
  job_runs_due: reading(it => it.runs.isDue(['call'], 1)),
  job_attachments_by_body: writing(tx => tx.files.deleteUnusedBodies('t', ['b'])),
  webhook_deliveries_due: reading(it => it.webhooks.isDue(1)),
  event_webhooks_due: reading(it => it.eventWebhooks.waiting(1, 10)),
  events_of_runs: reading(it => it.events.messagesOfRuns('t', ['j'])),
};

/** Where tests ask for the plans of whole calls. */
const PLANS = {
  '../services/jobs/plans.test.ts': [
    'jobs_by_template',
    'job_steps_assigned',
    'jobs_by_status',
    'jobs_by_due_date',
    'job_texts_by_word',
    'job_text_index',
  ],
  './plans.test.ts': [
    'template_entries_by_publication',
    'templates_by_modified_at',
    'templates_by_title_key',
    'templates_by_latest_authored_at',
  ],
} as const;

describe('the query that needs it goes by', () => {
  test.each(Object.entries(queries))('%s', async (name, ask) => {
    statements = [];
    await ask();
    const own = statements.filter(text => /^\s*(select|update|delete|with)/i.test(text));
    expect(await plansOf(database.settings, own)).toMatch(new RegExp(`\\b${await nameOf(name as Name)}\\b`));
  });

  test.each(Object.entries(PLANS))('those of which %s asks for the plans', (file, names) => {
    const text = readFileSync(join(import.meta.dirname, file), 'utf8');
    for (const name of names) expect(text).toContain(name);
  });
});
