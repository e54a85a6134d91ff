/** Extended and related properties: defined by templates, begun by createJobs, read by getJob, with the type that each has. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Kysely } from 'kysely';
import { ErrorCode } from '#gen/common_types';
import { ChangeType } from '#gen/diff_types';
import { ExtendedPropertyDataType as Type } from '#gen/flow_types';
import type { CreateJobOverrides } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import { propertyExpression } from '../../../src/store/properties.ts';
import type { Database } from '../../../src/store/schema.ts';
import { TestHttp } from '../../support/http.ts';
import { jobOf } from '../../support/jobs.ts';
import {
  everyType,
  extendedOf,
  given,
  property,
  related,
  relatedOf,
  single,
  templateWith,
} from '../../support/properties.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logInAdmin, newTemplate, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.JOBCREATOR);
});

afterAll(() => server.stop());

const LARGEST = '9223372036854775807';

/** A text of each type, and what getJob answers for it. */
const values = {
  aString: ['Zone8', 'Zone8'],
  aInteger: ['-4', -4],
  aDateTime: ['2031-12-24T18:00:00+01:00', Date.UTC(2031, 11, 24, 17)],
  aDateOnly: ['2031-12-24', '2031-12-24'],
  aTimeOnly: ['23:59', '23:59:00'],
  aTimestampOffset: ['2031-12-24 18:00:00+0100', '2031-12-24T18:00:00+01:00'],
  aBoolean: ['true', true],
  aDouble: ['12.6', 12.6],
} as const;
const texts = Object.fromEntries(Object.entries(values).map(([name, [text]]) => [name, text]));
const answers = Object.fromEntries(Object.entries(values).map(([name, [, answer]]) => [name, answer]));
const nulls = Object.fromEntries(Object.keys(values).map(name => [name, null]));

const extended = (table: string, properties: Record<string, string | undefined>) =>
  Object.entries(properties).map(([name, value]) => ({ identifier: `${table}.${name}`, value }));

const read = async (jobId: string) => ana.jobs.getJob(jobId, { extProps: true });

describe('tables of a template', () => {
  const tables = () => [
    single('Pump', property('serial', 'String', { fieldLength: 20, propertyAlias: 'Serial number' })),
    related('Readings', property('bar', 'Double', { domain: [{ name: 'Low', code: '1.5' }] })),
  ];

  test('are content: one edit is one entry, the same again is none, and get, fetch and copies have them', async () => {
    const { id } = await newTemplate(admin, 'Pump', [step('a')]);
    await admin.templates.acquireLock(id);
    const before = await admin.templates.get(id);
    expect(before.extendedPropertyTables).toBeNull();
    const edited = await admin.templates.update(id, { extendedPropertyTables: tables() });
    expect(edited.version).toBe(before.version + 1);
    expect(edited.extendedPropertyTables).toMatchObject(tables());
    expect((await admin.templates.update(id, { extendedPropertyTables: tables() })).version).toBe(edited.version);
    expect((await admin.templates.update(id, { descrip: 'Else' })).extendedPropertyTables).toMatchObject(tables());
    const fetched = await admin.templates.fetch({} as never, [id]);
    expect(fetched[id]!.template!.extendedPropertyTables).toMatchObject(tables());
    const copy = await admin.templates.cloneTemplate(id);
    expect(copy.extendedPropertyTables).toMatchObject(tables());
    expect((await admin.templates.update(id, { extendedPropertyTables: [] })).extendedPropertyTables).toBeNull();
  });

  test('come back with revert, and the history tells that they changed', async () => {
    const { id, version } = await newTemplate(admin, 'Pump', [step('a')]);
    await admin.templates.acquireLock(id);
    await admin.templates.update(id, { extendedPropertyTables: tables() });
    await admin.templates.revert(id, version);
    expect((await admin.templates.get(id)).extendedPropertyTables).toBeNull();
    const history = await admin.templates.getHistory(id, [version + 1, version], 0);
    const { structDiff, extendedPropertyTablesDiff } = history[version + 1]!.template!;
    expect(structDiff).toBe(ChangeType.MODIFIED);
    expect(extendedPropertyTablesDiff).toMatchObject({ latestChange: { changeType: ChangeType.ADDED } });
    expect(extendedPropertyTablesDiff!.otherTables).toBeNull();
    expect(history[version]!.template!.extendedPropertyTablesDiff).toBeNull();
    const back = await admin.templates.getHistory(id, [version], version + 1);
    expect(back[version]!.template!.extendedPropertyTablesDiff).toMatchObject({
      latestChange: { changeType: ChangeType.REMOVED },
      otherTables: tables(),
    });
  });

  test('can be there from the beginning', async () => {
    const made = await admin.templates.create(admin.teamId, { title: 'P', extendedPropertyTables: tables() }, []);
    expect(made.extendedPropertyTables).toMatchObject(tables());
  });

  test('with faults are refused with all of them, by table and property, and nothing is written', async () => {
    const { id } = await newTemplate(admin, 'Pump', [step('a')]);
    await admin.templates.acquireLock(id);
    const wrong = [
      single('Pump', property('n', 'Integer', { defaultValue: 'x' }), property('N')),
      related('pump', property('d', 'DateOnly', { domain: [{ name: 'Never', code: '2031-02-30' }] })),
    ];
    const update = () => admin.templates.update(id, { extendedPropertyTables: wrong });
    await expectNothingWritten(server, () =>
      expectRefusal(
        update(),
        ErrorCode.BAD_REQUEST,
        'invalid-property',
        /^pump: this tableName is there twice.*; Pump\.N: .*; Pump\.n: defaultValue "x".*; pump\.d: code "2031-02-30"/,
      ),
    );
  });
});

describe('what jobs begin with', () => {
  test('is what the call gives, each type by its member, in the declared order', async () => {
    const { id } = await templateWith(admin, [
      { ...single('Later', ...everyType()), tableOrder: 5 },
      { ...related('Rows', property('last', 'String', { propertyOrder: 9 }), ...everyType()), tableOrder: 1 },
      single('First', property('p')),
    ]);
    const overrides = {
      extendedProperties: extended('later', texts),
      relatedProperties: [{ tableName: 'rows', entries: [{ properties: given(texts) }, { properties: [] }] }],
    };
    const job = await read((await jobOf(ana, { id } as never, overrides)).id);
    expect(job.extendedProperties!.map(({ tableName }) => tableName)).toEqual(['First', 'Later']);
    expect(extendedOf(job)).toEqual({ First: { p: null }, Later: answers });
    expect(relatedOf(job)).toEqual({
      Rows: [
        { ...answers, last: null },
        { ...nulls, last: null },
      ],
    });
    const names = job.relatedProperties![0]!.entries[0]!.properties.map(({ propertyName }) => propertyName);
    expect(names).toEqual([...Object.keys(values), 'last']);
    const [first, second] = job.relatedProperties![0]!.entries;
    expect(first!.id).not.toBe(second!.id);
    expect(first!.createdDate).toBe(job.createdDate);
  });

  test('is the default where nothing is given; null is given too', async () => {
    const withDefault = everyType().map(definition => ({
      ...definition,
      defaultValue: texts[definition.propertyName]!,
    }));
    const { id } = await templateWith(admin, [single('One', ...withDefault), related('Many', ...withDefault)]);
    const none = await read((await jobOf(ana, { id } as never)).id);
    expect(extendedOf(none)).toEqual({ One: answers });
    expect(relatedOf(none)).toEqual({ Many: [] });
    const cleared = await read(
      (
        await jobOf(ana, { id } as never, {
          extendedProperties: [{ identifier: 'One.aDouble' }],
          relatedProperties: [{ tableName: 'Many', entries: [{ properties: [{ propertyName: 'aString' }] }] }],
        })
      ).id,
    );
    expect(extendedOf(cleared)).toEqual({ One: { ...answers, aDouble: null } });
    expect(relatedOf(cleared)).toEqual({ Many: [{ ...answers, aString: null }] });
  });

  test('comes with getJob only when it is asked for', async () => {
    const { id } = await templateWith(admin, [single('One', property('p', 'String', { defaultValue: 'x' }))]);
    const job = await jobOf(ana, { id } as never);
    const slim = await job.get(ana);
    expect([slim.extendedProperties, slim.relatedProperties]).toEqual([null, null]);
    expect(extendedOf(await read(job.id))).toEqual({ One: { p: 'x' } });
  });

  test('keeps the tables of the entry that the job was made from', async () => {
    const template = await templateWith(admin, [single('One', property('p', 'String', { defaultValue: 'x' }))]);
    const job = await jobOf(ana, template);
    await admin.templates.acquireLock(template.id);
    await admin.templates.update(template.id, { extendedPropertyTables: [single('Two', property('q'))] });
    await admin.templates.publish(template.id);
    expect(extendedOf(await read(job.id))).toEqual({ One: { p: 'x' } });
    expect(extendedOf(await read((await jobOf(ana, template)).id))).toEqual({ Two: { q: null } });
  });

  test('a whole number of 64 bits survives to its last digit, over every protocol and in plain JSON', async () => {
    const { id } = await templateWith(admin, [single('One', property('big', 'Integer'), property('small', 'Integer'))]);
    const overrides = {
      extendedProperties: [
        { identifier: 'One.big', value: LARGEST },
        { identifier: 'One.small', value: '-9223372036854775808' },
      ],
    };
    const { jobIds } = await ana.jobs.createJobs(id, overrides);
    for (const protocol of ['binary', 'compact', 'json'] as const) {
      const connection = await server.connect({ protocol });
      await connection.service('AuthenticationService').authenticate(ana.token);
      const job = await connection.service('JobsService').getJob(jobIds[0]!, { extProps: true });
      expect(extendedOf(job)).toEqual({ One: { big: LARGEST, small: '-9223372036854775808' } });
    }
    const response = await new TestHttp(server.address).send(ana, '/api/jobs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ method: 'getJob', arguments: { jobId: jobIds[0], options: { extProps: true } } }),
    });
    expect(await response.text()).toContain(`{"propertyName":"big","value":{"integer":"${LARGEST}"}}`);
  });
});

describe('what is wrong creates nothing', () => {
  let templateId: string;

  beforeAll(async () => {
    const { id } = await templateWith(admin, [
      single(
        'Pump',
        property('serial', 'String', { isRequired: true, fieldLength: 5 }),
        property('count', 'Integer'),
        property('kind', 'String', { domain: [{ name: 'A', code: 'A' }] }),
      ),
      related('Readings', property('bar', 'Double', { isRequired: true })),
    ]);
    templateId = id;
  });

  const serial = { identifier: 'Pump.serial', value: 'S1' };
  const row = (...properties: { propertyName: string; value?: string }[]) => ({
    relatedProperties: [{ tableName: 'Readings', entries: [{ properties }] }],
    extendedProperties: [serial],
  });

  test.each<[string, CreateJobOverrides, RegExp]>([
    ['a required property without value', {}, /^Pump\.serial: has no value; it is required and has no default$/],
    ['null for it', { extendedProperties: [{ identifier: 'Pump.serial' }] }, /^Pump\.serial: may not be null/],
    [
      'a value of another type',
      { extendedProperties: [serial, { identifier: 'Pump.count', value: '4.5' }] },
      /^Pump\.count: "4\.5"; expected a whole number/,
    ],
    [
      'a text that is too long',
      { extendedProperties: [{ identifier: 'Pump.serial', value: 'S12345' }] },
      /^Pump\.serial: "S12345" has 6 characters; the longest may have 5/,
    ],
    [
      'a value outside the domain',
      { extendedProperties: [serial, { identifier: 'Pump.kind', value: 'a' }] },
      /^Pump\.kind: "a" is not in the domain/,
    ],
    [
      'an unknown property',
      { extendedProperties: [serial, { identifier: 'Pump.colour', value: 'x' }] },
      /^Pump\.colour: no such property; Pump has serial, count, kind/,
    ],
    [
      'an unknown table',
      { extendedProperties: [serial, { identifier: 'Motor.p', value: 'x' }] },
      /^Motor\.p: names no property; expected table\.property, of Pump/,
    ],
    ['no identifier at all', { extendedProperties: [serial, { identifier: '' }] }, /^\(empty\): names no property/],
    [
      'a table of many rows as one',
      { extendedProperties: [serial, { identifier: 'Readings.bar', value: '1' }] },
      /^Readings\.bar: Readings has many rows for a job; write them with relatedProperties/,
    ],
    [
      'a table of one row as many',
      { relatedProperties: [{ tableName: 'Pump', entries: [{ properties: [] }] }], extendedProperties: [serial] },
      /^Pump: has one row for a job; write it with extendedProperties/,
    ],
    ['a row without a required value', row(), /^Readings\.bar of new row 1: has no value/],
    [
      'a row with a wrong value',
      row({ propertyName: 'bar', value: '1,5' }),
      /^Readings\.bar of new row 1: "1,5"; expected a/,
    ],
    [
      'no rows',
      { relatedProperties: [{ tableName: 'Readings', entries: [] }], extendedProperties: [serial] },
      /^Readings: entries: 0 rows; expected 1 to 1000/,
    ],
    [
      'several at once',
      { ...row({ propertyName: 'bar' }), extendedProperties: [{ identifier: 'pump.COUNT', value: 'x' }] },
      /^Pump\.count: "x".*; Pump\.serial: has no value.*; Readings\.bar of new row 1: may not be null/,
    ],
  ])('%s', async (_what, overrides, message) => {
    await expectNothingWritten(server, () =>
      expectRefusal(ana.jobs.createJobs(templateId, overrides), ErrorCode.BAD_REQUEST, 'invalid-property', message),
    );
  });

  test('properties of a template without tables', async () => {
    const { id } = await publishedTemplate(admin, 'Without', [step('a')]);
    await expectRefusal(
      ana.jobs.createJobs(id, { extendedProperties: [serial] }),
      ErrorCode.BAD_REQUEST,
      'invalid-property',
      /^Pump\.serial: names no property; expected table\.property, but the procedure of the job has no table with one row/,
    );
  });

  test('more rows than a job, or a call, may have', async () => {
    const { id } = await templateWith(admin, [related('Many', property('n'))]);
    const entries = Array.from({ length: 1000 }, () => ({ properties: [] }));
    const adds = (lists: number) => Array.from({ length: lists }, () => ({ tableName: 'Many', entries }));
    const create = (overrides: CreateJobOverrides) => ana.jobs.createJobs(id, overrides);
    const refused = (overrides: CreateJobOverrides, message: RegExp) =>
      expectRefusal(create(overrides), ErrorCode.BAD_REQUEST, 'limit-exceeded', message);
    await refused({ relatedProperties: adds(11) }, /relatedProperties: 11000 rows; a job may have 10000/);
    await refused({ numberOfJobs: 101, relatedProperties: adds(1) }, /101 jobs with 1000 rows .*; at most 100 of them/);
    expect((await create({ relatedProperties: adds(10) })).jobIds).toHaveLength(1);
  });
});

describe('SQL compares values as they are meant', () => {
  const ordered: readonly [keyof typeof values, readonly string[]][] = [
    ['aString', ['', 'A', 'Z', 'a', 'ä', '🙂']],
    ['aInteger', ['-9223372036854775808', '-10', '-9', '9', '10', '9007199254740993', LARGEST]],
    ['aDateTime', ['-86400000', '0', '2031-12-24T18:00:00+01:00', '2031-12-24T17:00:00.001Z']],
    ['aDateOnly', ['0999-12-31', '2031-12-24', '2032-01-01']],
    ['aTimeOnly', ['09:00', '09:00:00.001', '09:00:01', '23:59']],
    ['aTimestampOffset', ['2031-12-24T18:00:00+02:00', '2031-12-24T17:00:00+00:00', '2031-12-24T15:00:00-05:00']],
    ['aBoolean', ['false', 'true']],
    ['aDouble', ['-1e300', '-2', '0.1', '9', '10', '1e300']],
  ];

  test.each(ordered)('%s', async (name, inOrder) => {
    const { id } = await templateWith(admin, [related('Rows', ...everyType())]);
    const entries = inOrder.map(value => ({ properties: given({ [name]: value }) })).reverse();
    const { id: jobId } = await jobOf(ana, { id } as never, { relatedProperties: [{ tableName: 'Rows', entries }] });
    const listed = relatedOf(await read(jobId)).Rows!.map(row => row[name]);
    const sorted = await server.store.read(async reader => {
      const { db } = reader.people as unknown as { db: Kysely<Database> };
      const value = propertyExpression(server.store.engine, 'r', name, Type[name.slice(1) as keyof typeof Type]);
      const rows = await db
        .selectFrom('job_property_rows as r')
        .select(['row_values'])
        .where('job_id', '=', jobId)
        .where(eb => eb(value, 'is not', null))
        .orderBy(value)
        .execute();
      return rows.map(row => row.row_values);
    });
    expect(listed).toHaveLength(inOrder.length);
    const kept = (await rowsOf(server, 'job_property_rows')).filter(row => row.job_id === jobId);
    const inTime = [...kept].sort((a, b) => (a.row_id < b.row_id ? 1 : -1)).map(row => row.row_values);
    expect(sorted).toEqual(inTime);
  });
});

test('properties of jobs that are deleted go, and those of others stay', async () => {
  const template = await templateWith(admin, [single('One', property('p', 'String', { defaultValue: 'x' }))]);
  const [gone, alsoGone, kept] = (await ana.jobs.createJobs(template.id, { numberOfJobs: 3 })).jobIds;
  await server.store.transact(tx => tx.properties.deleteProperties(ana.teamId, [gone!, alsoGone!]));
  const left = (await rowsOf(server, 'job_property_rows')).map(({ job_id }) => job_id);
  expect([gone, alsoGone, kept].filter(jobId => left.includes(jobId!))).toEqual([kept]);
});
