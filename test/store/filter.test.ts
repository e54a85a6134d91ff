/**
 * Filters in the database: the same jobs are found as in memory, whatever the filter and whatever the rows; and what a filter says
 * never becomes part of a statement.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Expression, type Kysely, type SqlBool, sql } from 'kysely';
import { type Condition, operandValue } from '../../src/domain/filter/condition.ts';
import {
  evaluateFilter,
  type Field,
  type Filter,
  type FilterContext,
  type FilterSubject,
  fieldList,
  jobFields,
  parseFilter,
  type Value,
} from '../../src/domain/filter/filter.ts';
import type { Store } from '../../src/store/database.ts';
import type { Connections } from '../../src/store/engine.ts';
import type { FilterColumns, FilterTarget } from '../../src/store/filter/compile.ts';
import { jobMeets } from '../../src/store/filter/jobs.ts';
import type { Database } from '../../src/store/schema.ts';
import { engine, freshDatabase, type TestDatabase } from '../support/database.ts';
import { condition, fields, list, NOW, valueFor, written } from '../support/filters.ts';
import { close, connectionsTo, db, open } from './support.ts';

const TEAM = 't';
const context: FilterContext = { now: NOW, callerId: 'ana', users: new Map([['ana@example.org', 'ana']]) };

const onJob = fields.filter(({ name, per }) => per === 'job' && !name.includes('.'));
const properties = fields.filter(({ name }) => name.includes('.'));
const onStep = fields.filter(({ per }) => per === 'step');
const isText = ({ type }: Field): boolean => ['text', 'user', 'dateOnly', 'timeOnly'].includes(type);

/** Where a property's value stands, by its type. */
const columnOf = (field: Field): string =>
  isText(field) ? 'text_value' : field.type === 'number' ? 'number_value' : 'integer_value';

const rowsOf = ({ name }: Field): Expression<unknown> => {
  const [table, property] = name.split('.');
  return sql`from job_properties as p where p.team_id = jobs.team_id and p.job_id = jobs.job_id
    and p.table_name = ${table} and p.property_name = ${property}`;
};

const columns: FilterColumns = {
  value: field =>
    field.name.includes('.')
      ? sql`(select ${sql.ref(`p.${columnOf(field)}`)} ${rowsOf(field)})`
      : sql.ref(`jobs.${field.name}`),
  anyRow: (field, meets) =>
    sql<SqlBool>`exists (select 1 ${rowsOf(field)} and ${meets(sql.ref(`p.${columnOf(field)}`))})`,
};

const targetFor = (columns: FilterColumns, asked = context): FilterTarget => ({
  engine,
  columns,
  operand: operand => operandValue(operand, asked),
});

const found = async (on: Kysely<Database>, filter: Filter, asked = context): Promise<string[]> => {
  const meets = jobMeets(filter, targetFor(columns, asked));
  const { rows } = await sql<{ job_id: string }>`select job_id from jobs where ${meets} order by job_id`.execute(on);
  return rows.map(row => row.job_id);
};

const filterOf = (condition: Condition): Filter => parseFilter(written(condition), list, 'q');

interface Job extends FilterSubject {
  readonly id: string;
}

describe('a filter finds in the database what it finds in memory', () => {
  let database: TestDatabase;
  let connections: Connections;
  let on: Kysely<Database>;
  let jobs: readonly Job[];

  beforeAll(async () => {
    database = await freshDatabase();
    connections = connectionsTo(database.settings);
    on = connections.writes;
    await createTables(on);
    jobs = fc.sample(job, { numRuns: 60, seed: 20260615 }).map((job, index) => ({ ...job, id: `job-${index + 10}` }));
    for (const job of jobs) await insert(on, job);
  });
  afterAll(async () => {
    await close(connections);
    await database.drop();
  });

  const expected = (filter: Filter, asked = context): string[] =>
    jobs.filter(job => evaluateFilter(filter, seen(job), asked)).map(({ id }) => id);

  test('any filter', async () => {
    let some = 0;
    await fc.assert(
      fc.asyncProperty(condition, async condition => {
        const filter = filterOf(condition);
        const inMemory = expected(filter);
        if (inMemory.length > 0 && inMemory.length < jobs.length) some++;
        expect(await found(on, filter)).toEqual(inMemory);
      }),
      { numRuns: 600 },
    );
    expect(some).toBeGreaterThan(200);
  });

  test('any pair of filters that one step must meet together', async () => {
    const ofSteps = condition.filter(each => filterOf(each).perStep);
    await fc.assert(
      fc.asyncProperty(ofSteps, fc.constantFrom(...['ana', 'ben', '$currentUser']), async (condition, who) => {
        const to = who.startsWith('$') ? who : `'${who}'`;
        const filter = parseFilter(`assignedTo = ${to} AND ${written(condition)}`, list, 'q');
        expect(await found(on, filter)).toEqual(expected(filter));
      }),
      { numRuns: 200 },
    );
  });

  test('what is compared with the caller is unknown when nobody asks', async () => {
    const nobody = { ...context, callerId: null };
    for (const text of ['assignedTo = $currentUser', 'NOT ownedBy = $currentUser', 'ownedBy NOT IN ($currentUser)']) {
      const filter = parseFilter(text, list, 'q');
      expect(expected(filter, nobody)).toEqual([]);
      expect(await found(on, filter, nobody)).toEqual([]);
    }
    const filter = parseFilter("ownedBy IN ('ana', $currentUser)", list, 'q');
    expect(await found(on, filter, nobody)).toEqual(expected(filter, nobody));
  });

  test('an e-mail address finds the user, and no other text', async () => {
    const byAddress = await found(on, parseFilter("ownedBy = 'ana@example.org'", list, 'q'));
    expect(byAddress).toEqual(await found(on, parseFilter("ownedBy = 'ana'", list, 'q')));
    expect(byAddress.length).toBeGreaterThan(0);
  });

  const statementOf = (filter: Filter): string => sql`${jobMeets(filter, targetFor(columns))}`.compile(on).sql;

  test.each([
    "'; drop table jobs; --",
    "' or 1=1 --",
    "x' union select password_hash from users --",
    '$1',
    '?1',
    '%s',
    ':name',
    '\\',
    'a\\',
  ])('the text %s is data', async text => {
    const quoted = `'${text.replaceAll("'", "''")}'`;
    for (const operator of ['=', '<>', '<', 'LIKE', 'ILIKE', 'NOT LIKE']) {
      const filter = parseFilter(`jobName ${operator} ${quoted} OR currentStep ${operator} ${quoted}`, list, 'q');
      expect(await found(on, filter)).toEqual(expected(filter));
      const harmless = parseFilter(`jobName ${operator} 'x' OR currentStep ${operator} 'x'`, list, 'q');
      expect(statementOf(filter)).toBe(statementOf(harmless));
    }
  });

  test('the longest filters are answered', async () => {
    const many = Array.from({ length: 125 }, (_, index) => `revision <> ${index + 100}`).join(' AND ');
    const nested = `${'NOT ('.repeat(98)}closed = 0${')'.repeat(98)}`;
    const inList = `jobName IN (${Array.from({ length: 498 }, (_, index) => `'${index}'`).join(', ')})`;
    for (const text of [many, nested, inList]) {
      const filter = parseFilter(text, list, 'q');
      expect(await found(on, filter)).toEqual(expected(filter));
    }
  });

  test('a LIKE bomb on a long text is answered', async () => {
    const long = { ...jobs[0]!, id: 'long', values: { ...jobs[0]!.values, notes: 'a'.repeat(20_000) } };
    await insert(on, long);
    for (const operator of ['LIKE', 'ILIKE']) {
      const bomb = `${'%a'.repeat(19)}%b`;
      const filter = parseFilter(`notes ${operator} '${bomb}'`, list, 'q');
      expect(await found(on, filter)).not.toContain('long');
      expect(evaluateFilter(filter, long, context)).toBe(false);
      const almost = parseFilter(`notes ${operator} '${bomb.slice(0, -1)}a'`, list, 'q');
      expect(await found(on, almost)).toContain('long');
      expect(evaluateFilter(almost, long, context)).toBe(true);
    }
    await sql`delete from jobs where job_id = 'long'`.execute(on);
  });
});

describe('on the schema as it is', () => {
  let database: TestDatabase;
  let store: Store;
  const jobList = fieldList(jobFields);

  beforeAll(async () => {
    database = await freshDatabase();
    store = await open(database.settings);
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  const schemaColumns: FilterColumns = { ...columns, value: () => sql.ref('jobs.closed') };
  const statement = (text: string) =>
    sql`select job_id from jobs where jobs.team_id = ${TEAM} and ${jobMeets(
      parseFilter(text, jobList, 'q'),
      targetFor(schemaColumns),
    )}`;

  test('every field of a step has its column', async () => {
    const text = "assignedType = 'User' AND assignedTo <> 'x' AND currentStep LIKE 'a%' AND currentStepId IS NOT NULL";
    await store.read(async reader => {
      expect((await statement(text).execute(db(reader))).rows).toEqual([]);
    });
  });

  test('a number that is too great for its column is no fault', async () => {
    await store.read(async reader => {
      const text = 'revision < 9007199254740991 AND diagramVersion IN (9007199254740991) AND percentComplete > 1e300';
      expect((await statement(text).execute(db(reader))).rows).toEqual([]);
    });
  });
});

const record = (of: readonly Field[]) => fc.record(Object.fromEntries(of.map(field => [field.name, valueFor(field)])));

const job: fc.Arbitrary<Omit<Job, 'id'>> = fc
  .tuple(
    record(fields.filter(({ per }) => per === 'job')),
    fc.array(record(properties.filter(({ per }) => per === 'row')), { maxLength: 3 }),
    fc.array(record(onStep), { maxLength: 3 }),
    fc.constantFrom(0, 0, 0, 1),
  )
  .map(([values, rows, steps, closed]) => ({
    values: {
      ...values,
      closed,
      ...Object.fromEntries(Object.keys(rows[0] ?? {}).map(name => [name, rows.map(row => row[name])])),
    },
    steps: steps.map((step, index) => ({
      ...step,
      assignedType: step.assignedType ?? 'Unassigned',
      currentStepId: `step ${index}`,
    })),
  }));

/** The current steps of a closed job rest. */
const seen = (job: Job): FilterSubject => ({ ...job, steps: job.values.closed === 1 ? [] : job.steps });

/** With the columns that filters see. A fresh PostgreSQL has the real tables already: these take their places. */
async function createTables(on: Kysely<Database>): Promise<void> {
  if (engine === 'postgres') {
    await sql`alter schema public rename to migrated`.execute(on);
    await sql`create schema public`.execute(on);
  }
  // Of the language, not of the bytes: as on a server that was set up for people.
  const text = engine === 'postgres' ? sql`text collate "en-US-x-icu"` : sql`text`;
  const type = (field: Field) => (isText(field) ? text : field.type === 'number' ? sql`double precision` : sql`bigint`);
  const jobColumns = onJob.map(field => sql`${sql.ref(field.name)} ${type(field)}`);
  await sql`create table jobs (team_id text, job_id text, ${sql.join(jobColumns)})`.execute(on);
  await sql`create table job_steps
    (team_id text, job_id text, step_id text, current integer, step_name ${text},
    assigned_type integer, assigned_to ${text})`.execute(on);
  await sql`create table job_properties (team_id text, job_id text, table_name text, property_name text, row_id text,
    text_value ${text}, integer_value bigint, number_value double precision)`.execute(on);
}

async function insert(on: Kysely<Database>, { id, values, steps }: Job): Promise<void> {
  const names = sql.join(onJob.map(({ name }) => sql.ref(name)));
  const cells = sql.join(onJob.map(({ name }) => sql`${values[name] ?? null}`));
  await sql`insert into jobs (team_id, job_id, ${names}) values (${TEAM}, ${id}, ${cells})`.execute(on);
  const rows = [
    ...steps.map(step => ({ ...step, current: 1 })),
    { currentStepId: 'past', current: 0, assignedTo: 'ana' },
  ];
  for (const step of rows as Record<string, Value>[]) {
    const assignedType = ['Unassigned', 'Group', 'User'].indexOf(String(step.assignedType));
    await sql`insert into job_steps (team_id, job_id, step_id, current, step_name, assigned_type, assigned_to) values
      (${TEAM}, ${id}, ${step.currentStepId}, ${step.current}, ${step.currentStep ?? null}, ${assignedType},
      ${step.assignedTo ?? null})`.execute(on);
  }
  for (const field of properties) {
    const of = values[field.name];
    for (const [row, value] of (Array.isArray(of) ? of : [of as Value]).entries()) {
      const [table, property] = field.name.split('.');
      await sql`insert into job_properties (team_id, job_id, table_name, property_name, row_id, ${sql.ref(columnOf(field))})
        values (${TEAM}, ${id}, ${table}, ${property}, ${String(row)}, ${value ?? null})`.execute(on);
    }
  }
}
