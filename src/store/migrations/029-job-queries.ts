/** What queries of jobs begin with: indexes for the common ones, and the texts that jobs are searched by. */
import { type Kysely, sql } from 'kysely';
import { searchedText } from '../../domain/search.ts';
import type { Engine } from '../engine.ts';
import { postgresWords, sharedTexts, type TextSource, teamKey, textsOf } from '../job-texts.ts';
import { groupOf } from '../step-nodes.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await createTexts(db, engine);
  await (engine === 'sqlite' ? indexTextsOnSqlite(db) : createPostgresTextIndex(db));
  await writeTexts(db, engine);
  await writeTitles(db);
  await createIndexes(db, engine);
  if (engine === 'sqlite') await tellPlanner(db);
}

async function createTexts(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const keyed = engine === 'sqlite' ? sql`without rowid` : sql``;
  await db.schema
    .createTable('job_texts')
    .addColumn('team_id', 'text', c => c.notNull())
    .addColumn('job_id', 'text', c => c.notNull())
    .addColumn('part', 'integer', c => c.notNull())
    .addColumn('words', 'text', c => c.notNull())
    .addColumn('team_key', 'text', c => c.notNull())
    .addColumn('text_id', 'bigint')
    .addPrimaryKeyConstraint('job_texts_key', ['team_id', 'job_id', 'part'])
    .addForeignKeyConstraint('job_texts_job', ['team_id', 'job_id'], 'jobs', ['team_id', 'job_id'])
    .modifyEnd(keyed)
    .execute();
  await db.schema
    .createTable('step_titles')
    .addColumn('team_id', 'text', c => c.notNull())
    .addColumn('title', 'text', c => c.notNull())
    .addColumn('words', 'text', c => c.notNull())
    .addPrimaryKeyConstraint('step_titles_key', ['team_id', 'title'])
    .modifyEnd(keyed)
    .execute();
}

/**
 * `ascii` splits between letters and digits of ASCII and what else is in ASCII, and takes all other characters for letters: so words
 * stay as we made them. The index has no text of its own but the id of the job.
 */
async function indexTextsOnSqlite(db: Kysely<unknown>): Promise<void> {
  await sql`create virtual table job_text_index using fts5
    (words, job_id unindexed, content='', contentless_delete=1, contentless_unindexed=1, detail=none, tokenize='ascii')`.execute(
    db,
  );
  await sql`create trigger job_texts_inserted after insert on job_texts begin
    insert into job_text_index (words, job_id) values (replace(new.words, ' ', ' ' || new.team_key), new.job_id);
    update job_texts set text_id = last_insert_rowid()
      where team_id = new.team_id and job_id = new.job_id and part = new.part;
  end`.execute(db);
  await sql`create trigger job_texts_deleted after delete on job_texts begin
    delete from job_text_index where rowid = old.text_id;
  end`.execute(db);
}

async function createPostgresTextIndex(db: Kysely<unknown>): Promise<void> {
  await sql`create index job_texts_by_word on job_texts using gin (${postgresWords})`.execute(db);
}

const BATCH = 1000;

type Named = { readonly team_id: string; readonly job_id: string; readonly job_name: string };

/** Of the jobs that are there already. */
async function writeTexts(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const rowValues =
    engine === 'sqlite' ? sql`json_group_array(json(p.row_values))` : sql`json_agg(p.row_values::json)::text`;
  let after = { team_id: '', job_id: '' };
  for (;;) {
    const { rows } = await sql<TextSource & Named & { properties: string | null }>`
      select j.*, e.title as template_title, (
          select ${rowValues} from job_property_rows p where p.team_id = j.team_id and p.job_id = j.job_id
        ) as properties
      from jobs j join template_entries e
        on e.team_id = j.team_id and e.template_id = j.template_id and e.internal_version = j.internal_version
      where (j.team_id, j.job_id) > (${after.team_id}, ${after.job_id})
      order by j.team_id, j.job_id limit ${sql.lit(BATCH)}`.execute(db);
    for (const row of rows) {
      const { parts } = textsOf(row, sharedTexts(row, valuesOf(row.properties)));
      for (const [part, words] of parts.entries())
        await sql`insert into job_texts (team_id, job_id, part, words, team_key)
          values (${row.team_id}, ${row.job_id}, ${part}, ${words}, ${teamKey(row.team_id)})`.execute(db);
    }
    if (rows.length < BATCH) return;
    after = rows.at(-1)!;
  }
}

const valuesOf = (json: string | null | undefined): string[] =>
  (JSON.parse(json ?? '[]') as Record<string, unknown>[]).flatMap(row =>
    Object.values(row).map(value => String((value as { text?: unknown } | null)?.text ?? value)),
  );

/** Of all steps in the trees that are there already, and of those that jobs have reached. */
async function writeTitles(db: Kysely<unknown>): Promise<void> {
  const { rows: reached } = await sql<{ team_id: string; title: string }>`
    select distinct team_id, step_name as title from job_steps`.execute(db);
  const { rows: nodes } = await sql<{ team_id: string; body: Buffer }>`select team_id, body from step_nodes`.execute(
    db,
  );
  const inTrees = nodes.flatMap(({ team_id, body }) =>
    groupOf(body).children.flatMap(({ title }) => (title ? [{ team_id, title }] : [])),
  );
  for (const { team_id, title } of [...reached, ...inTrees])
    await sql`insert into step_titles (team_id, title, words) values (${team_id}, ${title}, ${searchedText([title])})
      on conflict (team_id, title) do nothing`.execute(db);
}

async function createIndexes(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const bytewise = engine === 'sqlite' ? sql`` : sql` collate "C"`;
  // Jobs of a template, in the order in which queries have them when nobody says otherwise; and the counts of active and completed
  // ones, for which the index that it replaces was made.
  await sql`drop index jobs_by_template`.execute(db);
  await sql`create index jobs_by_template on jobs (team_id, template_id, job_id${bytewise}, closed)`.execute(db);
  // Statistics by status, over all jobs or the open ones, which read this index alone; and words that are a status.
  await sql`create index jobs_by_status on jobs (team_id, status${bytewise}, closed)`.execute(db);
  // Open jobs by priority and due date, as queries order them: without a date last, ties by id.
  await sql`create index jobs_by_due_date on jobs
    (team_id, closed, priority${bytewise}, coalesce(due_date, 9007199254740991), job_id${bytewise})`.execute(db);
  // The order of queries when nobody says otherwise. SQLite has it in the table.
  if (engine === 'postgres') await sql`create index jobs_by_id on jobs (team_id, job_id${bytewise})`.execute(db);
}

/**
 * SQLite's planner takes ten rows for what any index leaves of a table, until it is told otherwise, and then sorts a million jobs to
 * save the walk along ten. It is told how a large team's jobs are spread; the plans are right for small ones, too.
 */
async function tellPlanner(db: Kysely<unknown>): Promise<void> {
  await sql`analyze jobs`.execute(db);
  await sql`delete from sqlite_stat1 where tbl in ('jobs', 'job_steps')`.execute(db);
  const spread = [
    ['jobs', 'jobs', '1000000 1000000 1'],
    ['jobs', 'jobs_by_template', '1000000 1000000 50000 1 1'],
    ['jobs', 'jobs_by_status', '1000000 1000000 200000 100000 1'],
    ['jobs', 'jobs_by_due_date', '1000000 1000000 500000 100000 50 1'],
    ['job_steps', 'job_steps', '5000000 5000000 5 1'],
    ['job_steps', 'job_steps_current', '1000000 1000000 2 1'],
    ['job_steps', 'job_steps_assigned', '1000000 1000000 100'],
  ] as const;
  for (const [table, index, rows] of spread)
    await sql`insert into sqlite_stat1 (tbl, idx, stat) values (${table}, ${index}, ${rows})`.execute(db);
  await sql`analyze sqlite_schema`.execute(db);
}
