/** Holds are found by keys and indexes, however many jobs there are: no statement about them goes through a whole table. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CompiledQuery, type Kysely, type LogEvent, sql } from 'kysely';
import type { Connections } from '../../src/store/engine.ts';
import { HoldTransactor } from '../../src/store/holds.ts';
import { JobLocks, type Reach } from '../../src/store/job-locks.ts';
import { JobTransactor } from '../../src/store/jobs.ts';
import { openPostgres } from '../../src/store/postgres.ts';
import { type Database, type Row, tables } from '../../src/store/schema.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { close, open } from './support.ts';

let database: TestDatabase;
let connections: Connections;
let asked: CompiledQuery[] = [];

beforeAll(async () => {
  database = await freshDatabase();
  await (await open(database.settings)).close();
  const { settings } = database;
  const log = ({ query }: LogEvent) => void asked.push(query);
  connections = settings.engine === 'sqlite' ? openSqlite(settings, log) : openPostgres(settings, log, () => {});
  if (settings.engine === 'postgres') await fill();
});
afterAll(async () => {
  await close(connections);
  await database.drop();
});

const ids = Array.from({ length: 50 }, (_, n) => `j${n}`);
const holds = ids.map(job_id => ({ team_id: 't', job_id, hold_id: `h-${job_id}` }) as Row<'job_holds'>);
const sums = ids.map(job_id => ({ team_id: 't', job_id, open_holds: -1, waited_for: 0, history_seq: 1, revision: 1 }));

test.each<[string, (holds: HoldTransactor, jobs: JobTransactor, locks: JobLocks) => Promise<unknown>]>([
  ['all of a job', store => store.all('t', 'j1')],
  ['the open ones of jobs', store => store.open('t', ids)],
  ['what waits for jobs', store => store.openOn('t', ids)],
  ['what waits for a job through others', store => store.waitingFor('t', 'j1', 100)],
  ['what waits for each other', store => store.among('t', ids)],
  ['what releases itself next', store => store.nextRelease()],
  ['what is due', store => store.due(1, 100)],
  ['releasing', store => store.release(holds, 1, null)],
  ['forgetting those of deleted jobs', store => store.drop('t', ids)],
  ['the heads of jobs', (_, _jobs, locks) => locks.heads(['t'], ids)],
  ['counting in the heads', (_, jobs) => jobs.addToHeads(sums)],
])('%s', async (_, ask) => {
  await connections.writes.transaction().execute(async db => {
    asked = [];
    const { engine } = connections;
    await ask(new HoldTransactor(db, engine), new JobTransactor(db, engine), new JobLocks(db, engine));
    expect(asked).toHaveLength(1);
    await expectByIndex(db, asked);
  });
});

test.each<Reach>(['alone', 'waiting', 'related'])('jobs are kept from others, %s, by index', async reach => {
  await connections.writes.transaction().execute(async db => {
    asked = [];
    await new JobLocks(db, connections.engine).lock(['t'], ids, reach);
    // SQLite has one writer, and nobody to keep them from.
    expect(asked.length > 0).toBe(connections.engine === 'postgres');
    await expectByIndex(db, asked);
  });
});

async function expectByIndex(db: Kysely<Database>, statements: readonly CompiledQuery[]): Promise<void> {
  for (const { sql: text, parameters } of [...statements]) {
    const explain = connections.engine === 'sqlite' ? 'explain query plan' : 'explain';
    const { rows } = await db.executeQuery<Record<string, string>>(
      CompiledQuery.raw(`${explain} ${text}`, [...parameters]),
    );
    const plan = rows.map(row => row.detail ?? row['QUERY PLAN']!);
    expect(plan.join('\n')).toMatch(/\b(jobs|job_holds|h)\b/);
    expect(plan.filter((line, index) => isWhole(line, plan[index + 1] ?? ''))).toEqual([]);
  }
}

/** Whether a line of a plan goes through all of a table, or through all that a team has there. */
function isWhole(line: string, next: string): boolean {
  // Its rows are what is asked for, in their order.
  if (/job_holds_due/.test(line)) return false;
  if (connections.engine === 'sqlite') return /^SCAN (jobs|job_holds|h)\b|\(team_id=\?\)$/.test(line);
  if (/Seq Scan on job/.test(line)) return true;
  return /Index.* Scan .*\bon job/.test(line) && !/Cond: .*(job_id|hold_id|parent_job)/.test(next);
}

/** PostgreSQL chooses its ways by what there is: rows as a large team has them, whatever they refer to. */
async function fill(): Promise<void> {
  await connections.writes.transaction().execute(async db => {
    await sql`set local session_replication_role = replica`.execute(db);
    const own = {
      jobs: sql`jsonb_build_object('job_id', 'j' || n)`,
      job_holds: sql`jsonb_build_object('job_id', 'j' || n, 'hold_id', 'h' || n, 'dependent_job_id', 'j' || (n + 1),
        'released_date', case when n % 10 = 0 then null else n end)`,
    };
    for (const table of ['jobs', 'job_holds'] as const) {
      const common = Object.entries(tables[table])
        .filter(([, { nullable }]) => !nullable)
        .map(([column, { type }]) => [column, column === 'team_id' ? 't' : type === 'text' ? '' : 0]);
      const row = sql`jsonb_populate_record(null::${sql.table(table)}, ${JSON.stringify(Object.fromEntries(common))}::jsonb || ${own[table]})`;
      await sql`insert into ${sql.table(table)}
        select r.* from generate_series(1, 60000) as n cross join lateral ${row} as r`.execute(db);
      await sql`analyze ${sql.table(table)}`.execute(db);
    }
  });
}
