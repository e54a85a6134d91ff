/**
 * How the database goes about the common queries, statement by statement as the server sends them: nothing reads all jobs, and where an
 * index has the order, nothing is sorted. On as many jobs as make PostgreSQL think twice.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import pg from 'pg';
import { AssignedType } from '#gen/flow_types';
import type { JobStatisticsDetails, Query } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import type { PostgresSettings } from '../../../src/store/postgres.ts';
import { close, connectionsTo } from '../../store/support.ts';
import { engine } from '../../support/database.ts';
import { logInAdmin, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ben: TestUser;
let templateId: string;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
  const day = 86_400_000;
  for (let batch = 0; batch < 20; batch++) {
    const title = `Procedure ${batch}`;
    if (batch < 10) templateId = (await publishedTemplate(admin, title, [step(`a ${batch}`), step('b')])).id;
    const { jobIds } = await admin.jobs.createJobs(templateId, {
      numberOfJobs: 1000,
      priority: ['Low', 'Medium', 'High'][batch % 3]!,
      startDate: 0,
      dueDate: Date.UTC(2031, 0, 1) + batch * day,
      description: `Parcel ${batch}`,
    });
    if (batch % 4 === 0) await admin.jobs.closeJobs(jobIds.slice(0, 500));
  }
  await admin.jobs.createJobs(templateId, {
    numberOfJobs: 20,
    description: 'culvert',
    assignedType: AssignedType.User,
    assignedTo: ben.id,
  });
  const rare = await publishedTemplate(admin, 'Rare', [step('Tighten the flange'), step('Change the gasket')]);
  const { jobIds } = await admin.jobs.createJobs(rare.id, { numberOfJobs: 5 });
  await admin.teams.update(admin.teamId, { config: { jobStatuses: ['Open', 'Waiting', 'Closed'] } as never });
  for (const jobId of jobIds) await admin.jobs.updateJob(jobId, { jobStatus: 'Waiting' }, '');
  if (engine === 'postgres') {
    const connections = connectionsTo(server.settings);
    await sql`vacuum analyze`.execute(connections.writes);
    await close(connections);
  }
}, 120_000);

afterAll(() => server.stop());

/** The plans of the statements that ask for jobs, each as one text. */
async function plansOf(act: () => Promise<unknown>): Promise<string[]> {
  const { statements } = await server.statementsOf(act);
  const asked = statements.filter(text => /\bjobs\b[\s\S]*\bjobs\.team_id|as few\b/.test(text));
  return engine === 'postgres' ? plansOnPostgres(asked) : plansOnSqlite(asked);
}

/** Of statements whose values nobody knows, as the server plans those that come again and again. */
async function plansOnPostgres(statements: readonly string[]): Promise<string[]> {
  const client = new pg.Client({ connectionString: (server.settings as PostgresSettings).url });
  await client.connect();
  const plans: string[] = [];
  for (const text of statements) {
    const { rows } = await client.query(`explain (generic_plan, costs off) ${text}`);
    plans.push(rows.map(row => row['QUERY PLAN']).join('\n'));
  }
  await client.end();
  return plans;
}

async function plansOnSqlite(statements: readonly string[]): Promise<string[]> {
  const connections = connectionsTo(server.settings);
  const plans: string[] = [];
  for (const text of statements) {
    const parameters = Array.from({ length: text.split('?').length - 1 }, () => null);
    const compiled = sql.raw(`explain query plan ${text}`).compile(connections.reads);
    const { rows } = await connections.reads.executeQuery({ ...compiled, parameters });
    plans.push(rows.map(row => (row as { detail: string }).detail).join('\n'));
  }
  await close(connections);
  return plans;
}

const planOf = async (query: Partial<Query>, user = admin): Promise<string> => {
  const [plan, another] = await plansOf(() => user.jobs.queryJobs({ fields: ['jobName'], num: 50, ...query }));
  expect(another).toBeUndefined();
  expect(plan).not.toMatch(/SCAN jobs\b|Seq Scan on jobs\b/);
  return plan!;
};

/** The sort of the page that was found, a few rows at most, does not count. */
const sorts = (plan: string): number =>
  engine === 'sqlite'
    ? plan.split('USE TEMP B-TREE FOR ORDER BY').length - 1
    : (plan.match(/\bSort\b(?! Key)/g) ?? []).length;

const orderedPage = (plan: string): void => expect(sorts(plan)).toBeLessThanOrEqual(engine === 'sqlite' ? 0 : 1);

test('my current steps begin with the index of assignments', async () => {
  expect(await planOf({ q: "assignedType = 'User' AND closed = 0 AND assignedTo = $currentUser" }, ben)).toContain(
    'job_steps_assigned',
  );
});

test('open jobs by priority and due date come in the order of an index', async () => {
  const sortFields = ['priority', 'dueDate'].map(field => ({ field, sortOrder: 1 }));
  const plan = await planOf({ q: 'closed = 0', sortFields });
  expect(plan).toContain('jobs_by_due_date');
  orderedPage(plan);
});

test('and so do their next pages', async () => {
  const sortFields = ['priority', 'dueDate'].map(field => ({ field, sortOrder: 1 }));
  const asked = { q: 'closed = 0', sortFields, fields: ['jobName'], num: 50 };
  const { pageToken } = await admin.jobs.queryJobs(asked);
  const plan = await planOf({ ...asked, pageToken: pageToken! });
  expect(plan).toContain('jobs_by_due_date');
  orderedPage(plan);
});

test('jobs of a template, by id', async () => {
  const plan = await planOf({ q: `jobTemplateId = '${templateId}'` });
  expect(plan).toContain('jobs_by_template');
  orderedPage(plan);
});

test('all jobs by id, page by page, are not sorted', async () => {
  const asked = { q: 'createdDate < $now', fields: ['jobName'], num: 50 };
  const { pageToken } = await admin.jobs.queryJobs(asked);
  for (const start of [{}, { pageToken: pageToken! }]) orderedPage(await planOf({ ...asked, ...start }));
});

test('a word that few jobs have is found by the index of words', async () => {
  const plan = await planOf({ search: 'culvert' });
  expect(plan).toContain(engine === 'sqlite' ? 'job_text_index VIRTUAL TABLE' : 'job_texts_by_word');
});

test.each([
  ['the title of steps, of which few are current', 'flange'],
  ['the title of steps, of which none is current', 'gasket'],
  ['a status that few jobs have', 'waiting'],
])('a word that few jobs have is found by indexes, though it is %s', async (_, search) => {
  const plan = await planOf({ search });
  const { results } = await admin.jobs.queryJobs({ search, fields: ['jobName'] });
  expect(results).toHaveLength(search === 'gasket' ? 0 : 5);
  expect(plan).toContain(engine === 'sqlite' ? 'job_text_index VIRTUAL TABLE' : 'job_texts_by_word');
  expect(plan).toContain('job_steps_named');
  expect(plan).toContain('job_steps_assigned');
  expect(plan).toContain('jobs_by_status');
});

test('a word that many jobs have is asked job by job, in their order', async () => {
  orderedPage(await planOf({ search: 'parcel' }));
});

test.each([
  ['all jobs', 'closed = 0 OR closed = 1'],
  ['open jobs', 'closed = 0'],
])('statistics of %s by status read the index of statuses alone', async (_, q) => {
  const details: JobStatisticsDetails = { q, groupBy: 'jobStatus' };
  const [plan, another] = await plansOf(() => admin.jobs.calculateJobStatistics(details));
  expect(another).toBeUndefined();
  expect(plan).toMatch(engine === 'sqlite' ? /COVERING INDEX jobs_by_status/ : /Index Only Scan using jobs_by_status/);
});
