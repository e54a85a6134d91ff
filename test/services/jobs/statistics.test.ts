/** calculateJobStatistics: totals and groups, by examples; any others stand against a plain filter in query.property.test.ts. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AssignedType } from '#gen/flow_types';
import type { GroupedValue, JobStatisticsDetails } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import { parallel, stepOf } from '../../support/jobs.ts';
import { property, related, single, templateWith } from '../../support/properties.ts';
import { logInAdmin, newUser, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;
let templateId: string;

const DUE = Date.UTC(2031, 11, 24, 18);

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.EXECUTOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
  const tables = [
    single('pump', property('maker'), property('size', 'Integer'), property('wet', 'Boolean')),
    related('parts', property('label')),
  ];
  const template = await templateWith(admin, tables, [
    parallel('Both', stepOf('Stop the motor', ana), stepOf('Lock the switch', ben)),
  ]);
  templateId = template.id;
  const create = (overrides: object) => admin.jobs.createJobs(templateId, overrides);
  await create({ numberOfJobs: 3, priority: 'High', description: 'Parcel 7' });
  await create({ numberOfJobs: 2, priority: 'Low', startDate: 0, dueDate: DUE });
  const parts = (...labels: string[]) => [
    { tableName: 'parts', entries: labels.map(value => ({ properties: [{ propertyName: 'label', value }] })) },
  ];
  await create({
    priority: 'Low',
    extendedProperties: [
      { identifier: 'pump.maker', value: 'Ö' },
      { identifier: 'pump.size', value: '9223372036854775807' },
      { identifier: 'pump.wet', value: 'true' },
    ],
    relatedProperties: parts('ring', 'ring', 'bolt'),
  });
  const { jobIds } = await create({ relatedProperties: parts('bolt') });
  await admin.jobs.closeJobs(jobIds);
});

afterAll(() => server.stop());

const ALL = 'closed = 0 OR closed = 1';
const statistics = (params: JobStatisticsDetails) => admin.jobs.calculateJobStatistics(params);
const groups = async (groupBy: string, q = ALL): Promise<[string | null, number][]> =>
  (await statistics({ q, groupBy })).groupedValues!.map(({ value, count }: GroupedValue) => [value ?? null, count]);

test('without groups, the total alone', async () => {
  const found = await statistics({ q: 'closed = 0' });
  expect(found.total).toBe(6);
  expect(found.groupedValues ?? undefined).toBeUndefined();
  expect(found.groupBy ?? undefined).toBeUndefined();
});

test('the examples of the interface run as they are written', async () => {
  expect(await statistics({ search: 'Parcel', groupBy: 'priority' })).toMatchObject({
    total: 3,
    groupBy: 'priority',
    groupedValues: [{ value: 'High', count: 3 }],
  });
  const q = `"assignedType='Group' AND closed=0 AND assignedTo IN ('groupId123', 'groupId456')"`;
  for (const groupBy of ['job_status', 'jobStatus'])
    expect(await statistics({ q, groupBy })).toMatchObject({ total: 0, groupBy, groupedValues: [] });
  const { jobIds } = await admin.jobs.createJobs(templateId, {
    assignedType: AssignedType.Group,
    assignedTo: 'EXECUTOR',
    priority: 'Medium',
  });
  const mine = q.replace('groupId456', 'EXECUTOR');
  expect(await statistics({ q: mine, groupBy: 'job_status' })).toMatchObject({
    total: 1,
    groupedValues: [{ value: 'Open', count: 1 }],
  });
  await admin.jobs.closeJobs(jobIds);
});

describe('groups', () => {
  test('come largest first, then by value, jobs without a value last among their like', async () => {
    expect(await groups('priority', "priority <> 'Medium'")).toEqual([
      ['High', 3],
      ['Low', 3],
    ]);
    expect(await groups('dueDate', 'closed = 0')).toEqual([
      [null, 4],
      [new Date(DUE).toISOString(), 2],
    ]);
  });

  test('of a truth value, of a whole number of 64 bits, of a property', async () => {
    expect(await groups('closed')).toEqual([
      ['FALSE', 6],
      ['TRUE', 2],
    ]);
    expect(await groups('pump.size', 'closed = 0')).toEqual([
      [null, 5],
      ['9223372036854775807', 1],
    ]);
    expect(await groups('pump.wet', 'pump.wet = TRUE')).toEqual([['TRUE', 1]]);
    expect(await groups('PUMP.maker', 'pump.maker IS NOT NULL')).toEqual([['Ö', 1]]);
  });

  test('count a job in that of each of its values, and once in the total', async () => {
    const found = await statistics({ q: 'closed = 0', groupBy: 'assignedTo' });
    expect(found.total).toBe(6);
    expect(new Map(found.groupedValues!.map(({ value, count }) => [value, count]))).toEqual(
      new Map([
        [ana.id, 6],
        [ben.id, 6],
      ]),
    );
    expect(await groups('parts.label')).toEqual([
      [null, 6],
      ['bolt', 2],
      ['ring', 1],
    ]);
  });

  test('stand for filters that find their jobs', async () => {
    for (const groupBy of ['priority', 'dueDate', 'createdDate', 'percentComplete', 'closed', 'currentStep'])
      for (const [value, count] of await groups(groupBy)) {
        const written = /^(\d+|TRUE|FALSE)$/.test(value ?? '') ? value : `'${value}'`;
        const q = value === null ? `${groupBy} IS NULL` : `${groupBy} = ${written}`;
        expect([q, (await statistics({ q })).total]).toEqual([q, count]);
      }
  });
});

test('a query needs a bounded number of statements, however many jobs, words and columns', async () => {
  const count = async (act: () => Promise<unknown>) => (await server.statementsOf(act)).statements.length;
  const query = (more: object) => () => admin.jobs.queryJobs({ q: 'closed = 0', ...more });
  expect(await count(query({}))).toBeLessThanOrEqual(2);
  expect(await count(query({ num: 1, total: true, fields: ['pump.maker', 'parts.label'] }))).toBeLessThanOrEqual(5);
  const all = {
    returnAllRelatedProperties: true,
    fields: ['jobId', 'parts.label'],
    total: true,
    search: 'a b c d e f',
  };
  expect(await count(query({ ...all, q: "ownedBy = 'ana@example.org' OR pump.size > 1" }))).toBeLessThanOrEqual(8);
  expect(await count(() => statistics({ q: 'closed = 0', groupBy: 'priority' }))).toBeLessThanOrEqual(2);
  expect(await count(() => statistics({ search: 'a b c', groupBy: 'assignedTo' }))).toBeLessThanOrEqual(5);
});

test('every row of related tables is a row of the result when it is asked for, else the oldest is shown', async () => {
  const asked = { q: 'parts.label IS NOT NULL', fields: ['priority', 'parts.label', 'pump.maker'] };
  const cells = async (returnAllRelatedProperties: boolean) =>
    (await admin.jobs.queryJobs({ ...asked, returnAllRelatedProperties })).results
      .map(row => row.map(({ text }) => text ?? null))
      .sort();
  expect(await cells(false)).toEqual([
    ['Low', 'ring', 'Ö'],
    ['Medium', 'bolt', null],
  ]);
  expect(await cells(true)).toEqual([
    ['Low', 'bolt', 'Ö'],
    ['Low', 'ring', 'Ö'],
    ['Low', 'ring', 'Ö'],
    ['Medium', 'bolt', null],
  ]);
});

test('of what a property was in an older version of the template, nothing is told', async () => {
  const owner = admin.templates;
  const { id } = await templateWith(admin, [single('tank', property('level'))]);
  await admin.jobs.createJobs(id, { extendedProperties: [{ identifier: 'tank.level', value: 'low' }] });
  await owner.acquireLock(id);
  await owner.update(id, { extendedPropertyTables: [single('tank', property('level', 'Integer'))] });
  await owner.releaseLock(id);
  await owner.publish(id);
  await admin.jobs.createJobs(id, { extendedProperties: [{ identifier: 'tank.level', value: '7' }] });
  const q = `jobTemplateId = '${id}'`;
  expect(await groups('tank.level', q)).toEqual([
    ['7', 1],
    [null, 1],
  ]);
  expect((await statistics({ q: `${q} AND tank.level > 5` })).total).toBe(1);
  const { results } = await admin.jobs.queryJobs({ q, fields: ['tank.level'], sortFields: [{ field: 'tank.level' }] });
  expect(results.map(([cell]) => cell!.integer ?? null)).toEqual([7, null]);
});
