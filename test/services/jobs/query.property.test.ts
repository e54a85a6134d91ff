/**
 * Queries and statistics against a plain filter in memory: jobs, filters, orders and groups made by chance, over the wire, in pages.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AssignedType } from '#gen/flow_types';
import { type Job, type JobValue, type QueryResult, SortOrderType } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import {
  evaluateFilter,
  type Field,
  type FilterContext,
  type FilterSubject,
  parseFilter,
  type Value,
} from '../../../src/domain/filter/filter.ts';
import { condition, fields, list, valueFor, written } from '../../support/filters.ts';
import { parallel } from '../../support/jobs.ts';
import { extendedOf, given, property, related, relatedOf, single, templateWith } from '../../support/properties.ts';
import { logInAdmin, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

const JOBS = 48;

let server: TestServer;
let admin: TestUser;
let context: FilterContext;
let jobs: readonly Subject[];

/** A job as filters see it. */
interface Subject extends FilterSubject {
  readonly id: string;
}

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  const ana = await newUser(server, admin, 'ana', TeamRole.EXECUTOR);
  const ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
  const users = new Map([ana, ben].map(({ email, id }) => [email, id]));
  context = { now: Date.now(), callerId: admin.id, users };
  const tables = [
    single(
      'pump',
      property('day', 'DateOnly'),
      property('hour', 'TimeOnly'),
      property('signed', 'TimestampOffset'),
      property('running', 'Boolean'),
      property('label'),
    ),
    related('parts', property('size', 'Double'), property('label')),
  ];
  const templates = [
    await templateWith(admin, tables, [step('a'), step('b')]),
    await templateWith(admin, tables, [parallel('P', step('b'), step('Pump'), step('a'))]),
  ];
  const made = fc.sample(newJob, { numRuns: JOBS, seed: 20260616 });
  jobs = await Promise.all(made.map((job, index) => create(job, templates[index % 2]!.id, [ana, ben, admin], index)));
}, 60_000);

afterAll(() => server.stop());

const at = (name: string): Field => fields.find(field => field.name === name)!;
const valuesOf = (...names: string[]) => fc.record(Object.fromEntries(names.map(name => [name, valueFor(at(name))])));

const newJob = fc.record({
  own: valuesOf('jobName', 'notes', 'dueDate', 'startDate'),
  percent: fc.constantFrom(0, 0.1, 1, 2.5, 100),
  pump: valuesOf('pump.day', 'pump.hour', 'pump.signed', 'pump.running', 'pump.label'),
  parts: fc.array(valuesOf('parts.size', 'parts.label'), { maxLength: 3 }),
});

async function create(
  { own, percent, pump, parts }: typeof newJob extends fc.Arbitrary<infer T> ? T : never,
  templateId: string,
  people: readonly TestUser[],
  index: number,
): Promise<Subject> {
  const { jobName, notes, dueDate, startDate } = own as Record<string, never>;
  const text = (value: Value, name: string): string | undefined =>
    value === null || value === undefined
      ? undefined
      : name === 'pump.signed'
        ? new Date(Number(value)).toISOString()
        : String(value);
  const { jobIds } = await admin.jobs.createJobs(templateId, {
    jobName: String(jobName ?? '').trim() || 'Pump',
    ...(notes !== null && { notes }),
    startDate: Math.min(startDate ?? -1, dueDate ?? Number.POSITIVE_INFINITY),
    ...(dueDate !== null && { dueDate }),
    percentComplete: percent,
    ownedBy: people[index % 3]!.id,
    ...(index % 4 === 0
      ? { assignedType: AssignedType.Unassigned }
      : { assignedType: AssignedType.User, assignedTo: people[index % 2]!.id }),
    extendedProperties: Object.entries(pump).flatMap(([identifier, value]) => {
      const given = text(value, identifier);
      return given === undefined ? [] : [{ identifier, value: given }];
    }),
    relatedProperties: parts.length
      ? [
          {
            tableName: 'parts',
            entries: parts.map(row => ({
              properties: given(
                Object.fromEntries(Object.entries(row).map(([name, value]) => [name.slice(6), text(value, name)])),
              ),
            })),
          },
        ]
      : [],
  });
  if (index % 7 === 0) await admin.jobs.closeJobs(jobIds);
  if (index % 5 === 1) await admin.jobs.startSteps(jobIds[0]!, []);
  return subjectOf(await admin.jobs.getJob(jobIds[0]!, { extProps: true }));
}

function subjectOf(job: Job): Subject {
  const { pump = {} } = extendedOf(job);
  const { parts = [] } = relatedOf(job);
  const { signed, ...rest } = pump;
  return {
    id: job.jobId,
    values: {
      ...(Object.fromEntries(
        Object.entries(job).filter(([name]) => fields.some(field => field.name === name)),
      ) as object),
      ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [`pump.${name}`, value as Value])),
      'pump.signed': signed == null ? null : Date.parse(String(signed)),
      'parts.size': parts.map(row => row.size as Value),
      'parts.label': parts.map(row => row.label as Value),
    },
    steps: job.currentSteps.map(current => ({
      assignedType: AssignedType[current.assignedType]!,
      assignedTo: current.assignedTo,
      currentStep: current.stepName,
      currentStepId: current.stepId,
    })),
  };
}

const known = (value: Value): string | number | null => (typeof value === 'boolean' ? Number(value) : (value ?? null));

/** What a result shows, and what it is ordered by: of steps the first that meets the filter, of many rows the oldest. */
function shownOf(job: Subject, field: Field, filter: ReturnType<typeof parseFilter>): string | number | null {
  if (field.per === 'step') {
    const steps = filter.perStep
      ? job.steps.filter(step => evaluateFilter(filter, { ...job, steps: [step] }, context))
      : job.steps;
    return known(steps[0]?.[field.name]);
  }
  const value = job.values[field.name];
  return known(Array.isArray(value) ? value[0] : (value as Value));
}

const compare = (a: string | number, b: string | number): number =>
  typeof a === 'string' ? Buffer.compare(Buffer.from(a), Buffer.from(String(b))) : a - Number(b);

const cell = ({ nullValue, text, integer, dateTime, flag, number }: JobValue, field: Field): unknown => {
  if (nullValue) return null;
  if (field.type === 'timestampOffset') return Date.parse(text!);
  return text ?? integer ?? dateTime ?? number ?? Number(flag);
};

const order = fc.array(fc.record({ field: fc.constantFrom(...fields), descending: fc.boolean() }), { maxLength: 3 });

test('any query finds, orders and shows what a plain filter does, in pages', async () => {
  let some = 0;
  await fc.assert(
    fc.asyncProperty(
      condition,
      order,
      fc.array(fc.constantFrom(...fields), { minLength: 1, maxLength: 4 }),
      async (condition, order, columns) => {
        const filter = parseFilter(written(condition), list, 'q');
        const found = jobs.filter(job => evaluateFilter(filter, job, context));
        if (found.length > 0 && found.length < JOBS) some++;
        const expected = [...found].sort((a, b) => {
          for (const { field, descending } of order) {
            const [x, y] = [shownOf(a, field, filter), shownOf(b, field, filter)];
            if (x === y) continue;
            if (x === null || y === null) return x === null ? 1 : -1;
            return descending ? compare(y, x) : compare(x, y);
          }
          return compare(a.id, b.id);
        });
        const rows: JobValue[][] = [];
        let pageToken: string | undefined;
        do {
          const page: QueryResult = await admin.jobs.queryJobs({
            q: written(condition),
            teamId: admin.teamId,
            fields: ['jobId', ...columns.map(({ name }) => name)],
            sortFields: order.map(({ field, descending }) => ({
              field: field.name,
              sortOrder: descending ? SortOrderType.Desc : SortOrderType.Asc,
            })),
            num: 17,
            total: true,
            ...(pageToken && { pageToken }),
          });
          expect(page.total).toBe(found.length);
          rows.push(...page.results);
          pageToken = page.pageToken ?? undefined;
        } while (pageToken);
        expect(rows.map(([id]) => id!.text)).toEqual(expected.map(({ id }) => id));
        expect(rows.map(row => columns.map((column, index) => cell(row[index + 1]!, column)))).toEqual(
          expected.map(job => columns.map(column => shownOf(job, column, filter))),
        );
      },
    ),
    { numRuns: 120 },
  );
  expect(some).toBeGreaterThan(30);
}, 120_000);

test('any statistics count what a plain filter finds, in the group of each value', async () => {
  await fc.assert(
    fc.asyncProperty(condition, fc.constantFrom(...fields), async (condition, field) => {
      const filter = parseFilter(written(condition), list, 'q');
      const found = jobs.filter(job => evaluateFilter(filter, job, context));
      const groups = new Map<string | number | null, number>();
      for (const job of found) {
        const all =
          field.per === 'step' ? job.steps.map(step => step[field.name]) : [job.values[field.name] as Value].flat();
        const values = new Set(all.map(known).filter(value => value !== null));
        for (const value of values.size > 0 ? values : [null]) groups.set(value, (groups.get(value) ?? 0) + 1);
      }
      const expected = [...groups].sort(([a, m], [b, n]) =>
        m !== n ? n - m : a === null || b === null ? (a === null ? 1 : -1) : compare(a, b),
      );
      const statistics = await admin.jobs.calculateJobStatistics({
        q: written(condition),
        groupBy: field.name,
        teamId: admin.teamId,
      });
      expect(statistics.total).toBe(found.length);
      expect(statistics.groupedValues!.map(({ count }) => count)).toEqual(expected.map(([, count]) => count));
      expect(statistics.groupedValues!.map(({ value }) => asFilterWrites(value ?? null, field))).toEqual(
        expected.map(([value]) => value),
      );
    }),
    { numRuns: 120 },
  );
}, 120_000);

/** What the text of a group stands for. */
function asFilterWrites(value: string | null, { type }: Field): string | number | null {
  if (value === null) return null;
  if (type === 'boolean') return Number(value === 'TRUE');
  if (type === 'dateTime' || type === 'timestampOffset') return Date.parse(value);
  return type === 'integer' || type === 'number' ? Number(value) : value;
}
