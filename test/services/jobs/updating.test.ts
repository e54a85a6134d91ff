/** updateJob: what is given changes, and nothing besides; what is so already is left alone. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode, SystemException } from '#gen/common_types';
import type { JobTemplate } from '#gen/job_template_types';
import { JobHistoryAction, type UpdateJobOverrides } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import { TeamRole } from '#gen/user_types';
import { evaluateFilter, fieldList, jobFields, parseFilter } from '../../../src/domain/filter/filter.ts';
import { PropertyTables } from '../../../src/domain/properties/tables.ts';
import { jobValues, propertyFields } from '../../../src/engine/job-values.ts';
import { jobOf, newJob, parallel, stepOf, type TestJob } from '../../support/jobs.ts';
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
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logIn, logInAdmin, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR, TeamRole.JOBCREATOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
});

afterAll(() => server.stop());

const update = (user: TestUser, job: TestJob, changes: UpdateJobOverrides, allowed = '') =>
  user.jobs.updateJob(job.id, changes, allowed);

const read = (job: TestJob) => ana.jobs.getJob(job.id, { extProps: true });

const newest = async (job: TestJob) => (await ana.jobs.getJobHistory(job.id)).at(-1)!;

/** The events of a job, oldest first, as they are kept. */
const eventsOf = async (job: TestJob) =>
  (await rowsOf(server, 'events'))
    .filter(({ job_id }) => job_id === job.id)
    .sort((a, b) => a.event_id - b.event_id)
    .map(({ type, user_id, body }) => ({ type: NotificationType[type], userId: user_id, ...JSON.parse(body) }));

describe('fields', () => {
  const START = Date.UTC(2031, 0, 1);

  test.each<[string, UpdateJobOverrides, object, string]>([
    ['jobName', { jobName: ' Pump 7 ' }, { jobName: 'Pump 7' }, 'jobName: Pump 7'],
    ['startDate', { startDate: START }, { startDate: START }, 'startDate: 2031-01-01T00:00:00.000Z'],
    ['dueDate', { dueDate: START * 2 }, { dueDate: START * 2 }, 'dueDate: 2092-01-01T00:00:00.000Z'],
    ['priority', { priority: 'High' }, { priority: 'High' }, 'priority: High'],
    ['description', { description: 'All of it' }, { description: 'All of it' }, 'description changed'],
    ['notes', { notes: 'Bring a lamp' }, { notes: 'Bring a lamp' }, 'notes changed'],
    ['jobStatus', { jobStatus: 'On Hold' }, { jobStatus: 'On Hold' }, 'jobStatus: On Hold'],
    ['percentComplete', { percentComplete: 33.5 }, { percentComplete: 33.5 }, 'percentComplete: 33.5'],
    [
      'versions',
      { versions: [{ dataSourceName: 'gis', versionName: 'v1' }, { dataSourceName: 'crm' }] },
      { activeVersions: [{ dataSourceName: 'gis', versionName: 'v1' }, { dataSourceName: 'crm' }] },
      'activeVersions changed',
    ],
  ])(
    '%s alone changes, with one more revision, one line of history and one event',
    async (_field, changes, expected, result) => {
      const job = await newJob(ana, [step('a')], { startDate: 1000, dueDate: START * 1.5 });
      const before = await job.get(ana);
      expect(await update(ana, job, changes)).toBe(true);
      const after = await job.get(ana);
      expect(after).toMatchObject(expected);
      expect(after).toEqual({ ...before, ...pickFrom(after, Object.keys(expected)), revision: before.revision + 1 });
      expect(await newest(job)).toMatchObject({ action: JobHistoryAction.Updated, userId: ana.id, result });
      const events = await eventsOf(job);
      expect(events.filter(({ type }) => type === 'JobUpdated')).toHaveLength(1);
      expect(events.at(-1)!.properties.jobProperties).toEqual([
        { propertyName: Object.keys(expected)[0], value: expect.anything() },
      ]);
    },
  );

  const pickFrom = (job: object, names: string[]) =>
    Object.fromEntries(Object.entries(job).filter(([name]) => names.includes(name)));

  test('are cleared by 0 and by nothing', async () => {
    const job = await newJob(ana, [step('a')], { dueDate: START * 2, description: 'd', notes: 'n', ownedBy: ben.id });
    const parent = await newJob(ana, [step('a')]);
    await update(ana, job, { parentJob: parent.id, versions: [{ dataSourceName: 'gis' }] });
    expect(await job.get(ana)).toMatchObject({ parentJob: parent.id, parentJobRefId: parent.id });
    await update(ana, job, {
      startDate: 0,
      dueDate: 0,
      description: '',
      notes: '',
      ownedBy: '',
      parentJob: '',
      versions: [],
    });
    expect(await job.get(ana)).toMatchObject({
      startDate: null,
      dueDate: null,
      description: null,
      notes: null,
      ownedBy: null,
      parentJob: null,
      parentJobRefId: null,
      activeVersions: [],
    });
    expect((await newest(job)).result).toBe(
      'startDate cleared; dueDate cleared; description cleared; ownedBy cleared; notes cleared; parentJob cleared; activeVersions cleared',
    );
    expect((await eventsOf(job)).at(-1)!.properties.jobProperties).toContainEqual({ propertyName: 'ownedBy' });
  });

  test('that name people take an id or an e-mail address', async () => {
    const job = await newJob(ana, [step('a')]);
    await update(ana, job, { ownedBy: 'BEN@example.org' });
    expect(await job.get(ana)).toMatchObject({ ownedBy: ben.id });
    await update(ana, job, { ownedBy: ana.id });
    expect(await job.get(ana)).toMatchObject({ ownedBy: ana.id });
  });

  test('are what they are already: nothing is written, and the revision stays', async () => {
    const job = await newJob(ana, [step('a')], { percentComplete: 10 });
    const { jobName, startDate, priority, jobStatus, ownedBy } = await job.get(ana);
    const same = { jobName, startDate, priority, jobStatus, ownedBy, percentComplete: 10, description: '', dueDate: 0 };
    await expectNothingWritten(server, async () => {
      expect(await update(ana, job, same as UpdateJobOverrides)).toBe(true);
      expect(await update(ana, job, {})).toBe(true);
    });
  });

  test('a progress that is set is not counted any more, though it is what was counted', async () => {
    const job = await newJob(ana, [step('a'), step('b')]);
    await update(ana, job, { percentComplete: 0 });
    expect((await newest(job)).result).toBe('percentComplete: 0');
    await job.run(ana, 'a');
    expect(await job.get(ana)).toMatchObject({ percentComplete: 0 });
  });

  test('a parent may stand below others, a hundred at most', async () => {
    const template = await templateWith(admin, []);
    const { jobIds } = await ana.jobs.createJobs(template.id, { numberOfJobs: 102 });
    const link = (at: number) => ana.jobs.updateJob(jobIds[at]!, { parentJob: jobIds[at + 1]! }, '');
    for (let at = 99; at >= 0; at--) await link(at + 1);
    await expect(link(0)).rejects.toMatchObject({ slug: 'limit-exceeded' });
    const { statements } = await server.statementsOf(() => link(1).then(() => ana.jobs.getJob(jobIds[1]!, {})));
    expect(statements.length).toBeLessThanOrEqual(12);
  });
});

describe('who may', () => {
  test('the owner, and whom a current step is assigned to, itself or by a group; each field with its privilege', async () => {
    const changes = { notes: 'n', percentComplete: 50, jobStatus: 'In Progress' };
    const jobs = [
      await newJob(ana, [step('a')], { ownedBy: ben.id }),
      await newJob(ana, [stepOf('a', ben)]),
      await newJob(ana, [parallel('P', step('a'), stepOf('b', 'EXECUTOR'))]),
    ];
    for (const job of jobs) expect(await update(ben, job, changes)).toBe(true);
    for (const job of jobs) expect(await job.get(ana)).toMatchObject(changes);
  });

  test('with jobUpdateAny everybody', async () => {
    const cleo = await newUser(server, admin, 'cleo', TeamRole.JOBCREATOR);
    const job = await newJob(ana, [step('a')]);
    await update(cleo, job, { jobName: 'Of all' });
    expect(await job.get(ana)).toMatchObject({ jobName: 'Of all' });
  });
});

describe('while a step runs', () => {
  const running = async (): Promise<TestJob> => {
    const job = await newJob(ana, [parallel('P', step('a'), step('b'))]);
    await job.start(ana, 'a');
    return job;
  };

  test('notes change, and all else when the step is named', async () => {
    const job = await running();
    await update(ana, job, { notes: 'Hot' });
    await update(ana, job, { priority: 'Low' }, job.step('a'));
    expect(await job.get(ana)).toMatchObject({ notes: 'Hot', priority: 'Low' });
  });

  test('a step that is named and does not run stands in nobody’s way', async () => {
    const job = await newJob(ana, [step('a'), step('b')]);
    await update(ana, job, { priority: 'Low' }, job.step('b'));
    expect(await job.get(ana)).toMatchObject({ priority: 'Low' });
  });
});

describe('properties', () => {
  let template: JobTemplate;

  beforeAll(async () => {
    template = await templateWith(admin, [
      single('table1', property('property3', 'Integer'), property('property4')),
      single('table2', property('property5'), property('other', 'String', { defaultValue: 'kept' })),
      related('table3', property('property7', 'Boolean'), property('property8', 'Double')),
      related('table4', property('property10', 'Integer'), property('property11')),
      related('table5', property('property14', 'Double'), property('property15'), property('left', 'DateOnly')),
      related('table6', property('p')),
      related('table7', property('p')),
    ]);
  });

  /** A job whose rows have the ids of the example. */
  async function exampleJob(jobId?: string): Promise<TestJob> {
    const rows = (tableName: string, ...entries: Record<string, string>[]) => ({
      tableName,
      entries: entries.map(values => ({ properties: given(values) })),
    });
    const job = await jobOf(ana, template, {
      ...(jobId && { jobId }),
      relatedProperties: [
        rows('table4', { property10: '1' }),
        rows('table5', { property14: '1', left: '2031-12-24' }),
        rows('table6', { p: 'x' }, { p: 'stays' }),
        rows('table7', { p: 'x' }, { p: 'y' }),
      ],
    });
    const ids = ['1000001', '1200002', '1300001', '1300002', '1500008', '1500009'];
    const own = (await rowsOf(server, 'job_property_rows')).filter(({ job_id }) => job_id === job.id);
    const inOrder = own.sort((a, b) => (a.row_id < b.row_id ? -1 : 1));
    expect(inOrder).toHaveLength(ids.length + 1);
    const byId = inOrder.filter(({ row_id }) => row_id !== '1').map((row, at) => ({ ...row, row_id: ids[at]! }));
    await server.store.transact(async tx => {
      await tx.properties.deleteRows(
        ana.teamId,
        job.id,
        own.filter(({ row_id }) => row_id !== '1'),
      );
      await tx.properties.put(byId);
    });
    return job;
  }

  /** As a client of a jobs manager writes it. */
  const example: UpdateJobOverrides = {
    jobStatus: 'In Progress',
    priority: 'Medium',
    extendedProperties: [
      { identifier: 'table1.property3', value: '4' },
      { identifier: 'table1.property4', value: 'Zone8' },
      { identifier: 'table2.property5', value: 'Parcel3' },
    ],
    relatedProperties: {
      adds: [
        {
          tableName: 'table3',
          entries: [
            { properties: given({ property7: 'true', property8: '12.6' }) },
            { properties: given({ property7: 'false', property8: '17.3' }) },
          ],
        },
      ],
      updates: [
        {
          tableName: 'table4',
          entries: [{ id: '1000001', properties: given({ property10: '10000', property11: 'cjones' }) }],
        },
        {
          tableName: 'table5',
          entries: [{ id: '1200002', properties: given({ property14: '19.1', property15: 'Z12' }) }],
        },
      ],
      deletes: [
        { tableName: 'table6', ids: ['1300001'] },
        { tableName: 'table7', ids: ['1500008', '1500009'] },
      ],
    },
  };

  test('of all kinds change in one call: rows go, change and come, and what is not named stays', async () => {
    const job = await exampleJob('job1');
    const before = await job.get(ana);
    expect(await ana.jobs.updateJob('job1', example, '')).toBe(true);
    const after = await read(job);
    expect(after).toMatchObject({ jobStatus: 'In Progress', priority: 'Medium', revision: before.revision + 1 });
    expect(extendedOf(after)).toEqual({
      table1: { property3: 4, property4: 'Zone8' },
      table2: { property5: 'Parcel3', other: 'kept' },
    });
    expect(relatedOf(after)).toEqual({
      table3: [
        { property7: true, property8: 12.6 },
        { property7: false, property8: 17.3 },
      ],
      table4: [{ property10: 10_000, property11: 'cjones' }],
      table5: [{ property14: 19.1, property15: 'Z12', left: '2031-12-24' }],
      table6: [{ p: 'stays' }],
      table7: [],
    });
    const ids = after.relatedProperties!.map(({ entries }) => entries.map(({ id }) => id));
    expect(ids[1]).toEqual(['1000001']);
    expect((await newest(job)).result).toBe(
      'jobStatus: In Progress; table1.property3: 4; table1.property4: Zone8; table2.property5: Parcel3; ' +
        'table6: 1 deleted; table7: 2 deleted; table4: 1 changed; table5: 1 changed; table3: 2 added',
    );
    const { properties } = (await eventsOf(job)).at(-1)!;
    expect(properties.jobProperties).toEqual([{ propertyName: 'jobStatus', value: { text: 'In Progress' } }]);
    expect(extendedOf(properties)).toEqual({
      table1: { property3: 4, property4: 'Zone8' },
      table2: { property5: 'Parcel3' },
    });
    expect(relatedOf(properties)).toEqual({
      table3: relatedOf(after).table3,
      table4: relatedOf(after).table4,
      table5: relatedOf(after).table5,
    });
  });

  test('are what they are already: nothing is written', async () => {
    const job = await exampleJob();
    await update(ana, job, example);
    const { relatedProperties, ...fields } = example;
    const again = { ...fields, relatedProperties: { updates: relatedProperties!.updates! } };
    await expectNothingWritten(server, () => update(ana, job, again));
  });

  test('are cleared where no value is given, and a row without any value stays a row', async () => {
    const job = await exampleJob();
    await update(ana, job, {
      extendedProperties: [{ identifier: 'table2.other' }],
      relatedProperties: {
        updates: [{ tableName: 'TABLE4', entries: [{ id: '1000001', properties: [{ propertyName: 'PROPERTY10' }] }] }],
      },
    });
    const after = await read(job);
    expect(extendedOf(after).table2).toEqual({ property5: null, other: null });
    expect(relatedOf(after).table4).toEqual([{ property10: null, property11: null }]);
    expect((await newest(job)).result).toBe('table2.other cleared; table4: 1 changed');
  });

  test('a row is deleted and a thousand are added with as many statements as one', async () => {
    const adds = (count: number) => ({
      adds: [
        {
          tableName: 'table6',
          entries: Array.from({ length: count }, (_, n) => ({ properties: given({ p: `${n}` }) })),
        },
      ],
      deletes: [{ tableName: 'table6', ids: ['1300001'] }],
    });
    const statements = async (count: number) => {
      const job = await exampleJob();
      const { statements } = await server.statementsOf(() => update(ana, job, { relatedProperties: adds(count) }));
      const needed = statements.length;
      expect(relatedOf(await read(job)).table6).toHaveLength(count + 1);
      return needed;
    };
    const one = await statements(1);
    expect(await statements(1000)).toBe(one);
    expect(one).toBeLessThanOrEqual(12);
  });

  test('of each type can be set, and conditions see them as they are compared', async () => {
    const all = await templateWith(admin, [single('all', ...everyType()), related('rows', property('n', 'Integer'))]);
    const job = await jobOf(ana, all, {
      relatedProperties: [{ tableName: 'rows', entries: [{ properties: given({ n: '1' }) }, { properties: [] }] }],
    });
    const texts = {
      aString: 'Zone8',
      aInteger: '9223372036854775807',
      aDateTime: '1955898000000',
      aDateOnly: '2031-12-24',
      aTimeOnly: '23:59:59',
      aTimestampOffset: '2031-12-24T18:00:00+01:00',
      aBoolean: '1',
      aDouble: '12.6',
    };
    const extendedProperties = Object.entries(texts).map(([name, value]) => ({ identifier: `all.${name}`, value }));
    await update(ana, job, { extendedProperties });
    const seen = await server.store.read(async reader => {
      const [row] = await reader.jobs.jobs([ana.teamId], [job.id]);
      return jobValues(reader, row!);
    });
    expect(Object.fromEntries(Object.entries(seen.values).filter(([name]) => name.startsWith('all.')))).toEqual({
      'all.aString': 'Zone8',
      'all.aInteger': 2 ** 63,
      'all.aDateTime': 1955898000000,
      'all.aDateOnly': '2031-12-24',
      'all.aTimeOnly': '23:59:59',
      'all.aTimestampOffset': 1955898000000,
      'all.aBoolean': 1,
      'all.aDouble': 12.6,
    });
    expect(seen.values['rows.n']).toEqual([1, null]);
    const fields = fieldList([...jobFields, ...propertyFields(new PropertyTables(all.extendedPropertyTables!))]);
    const isMet = (text: string) =>
      evaluateFilter(parseFilter(text, fields, 'q'), seen, { now: 0, callerId: null, users: new Map() });
    expect(isMet("all.aDateOnly = '2031-12-24' AND ALL.aDouble > 12.5 AND all.aBoolean = TRUE AND rows.n = 1")).toBe(
      true,
    );
    expect(isMet("all.aTimestampOffset < '2031-12-24T17:00:00Z' OR rows.n = 2")).toBe(false);
    const { jobName, createdDate } = await job.get(ana);
    expect(seen.values.jobName).toBe(jobName);
    expect(seen.values.createdDate).toBe(createdDate);
    expect(seen.values.closed).toBe(0);
    expect(seen.values.dueDate).toBeNull();
    expect(seen.steps).toEqual([
      { assignedType: 'Unassigned', assignedTo: null, currentStep: 'a', currentStepId: job.step('a') },
    ]);
  });
});

describe('two at once', () => {
  test('without a revision both are carried out, one after the other', async () => {
    const second = await logIn(server, ana.email, ana.password);
    const template = await templateWith(admin, [
      single('t', property('x'), property('y')),
      related('r', property('p')),
    ]);
    for (let round = 0; round < 10; round++) {
      const job = await jobOf(ana, template);
      const add = { adds: [{ tableName: 'r', entries: [{ properties: [] }] }] };
      const { revision } = await job.get(ana);
      await Promise.all([
        update(ana, job, { extendedProperties: [{ identifier: 't.x', value: 'X' }], relatedProperties: add }),
        update(second, job, { extendedProperties: [{ identifier: 't.y', value: 'Y' }], relatedProperties: add }),
      ]);
      const after = await read(job);
      expect(after.revision).toBe(revision + 2);
      expect(extendedOf(after)).toEqual({ t: { x: 'X', y: 'Y' } });
      expect(relatedOf(after).r).toHaveLength(2);
    }
  });

  test('with the same revision one is carried out, and the other is told both revisions', async () => {
    const second = await logIn(server, ana.email, ana.password);
    for (let round = 0; round < 10; round++) {
      const job = await newJob(ana, [step('a')]);
      const { revision } = await job.get(ana);
      const outcomes = await Promise.all(
        [ana, second].map((user, index) =>
          update(user, job, { jobName: `By ${index}`, expectedRevision: revision }).catch((error: unknown) => error),
        ),
      );
      const refused = outcomes.filter(outcome => outcome instanceof SystemException);
      expect(outcomes.filter(outcome => outcome === true)).toHaveLength(1);
      expect(refused).toHaveLength(1);
      expect(refused[0]).toMatchObject({
        errorCode: ErrorCode.INVALID_VERSION,
        slug: 'revision-conflict',
        details: { expected: String(revision), actual: String(revision + 1) },
      });
      const { jobName } = await job.get(ana);
      expect(jobName).toBe(`By ${outcomes.indexOf(true)}`);
    }
  });

  test('two jobs that are put below each other make no circle: one of them is refused', async () => {
    const second = await logIn(server, ana.email, ana.password);
    for (let round = 0; round < 10; round++) {
      const [one, other] = [await newJob(ana, [step('a')]), await newJob(ana, [step('a')])];
      const outcomes = await Promise.all([
        update(ana, one, { parentJob: other.id }).catch(error => error.slug),
        update(second, other, { parentJob: one.id }).catch(error => error.slug),
      ]);
      expect(outcomes.map(String).sort()).toEqual(['parent-cycle', 'true']);
    }
  });
});
