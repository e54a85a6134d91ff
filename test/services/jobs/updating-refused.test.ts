/** updateJob: what is refused, with nothing written. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { StepState, type UpdateJobOverrides } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import { uuids } from '../../../src/base/ids.ts';
import { updateOf } from '../../../src/domain/job-updates.ts';
import type { Privilege } from '../../../src/domain/privileges.ts';
import { systemAct } from '../../../src/engine/act.ts';
import { applyUpdate } from '../../../src/engine/updating.ts';
import { jobOf, newJob, parallel, stepOf, type TestJob } from '../../support/jobs.ts';
import { extendedOf, given, property, related, single, templateWith } from '../../support/properties.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { logInAdmin, newOutsider, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

const { BAD_REQUEST, INSUFFICIENT_PERMISSIONS, INVALID_VERSION, NOT_FOUND, WRONG_STATE } = ErrorCode;

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;
/** Her one role has what a test gives it. */
let mia: TestUser;
let role: string;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR, TeamRole.JOBCREATOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
  mia = await newUser(server, admin, 'mia');
  const roles = admin.connection.service('RoleService');
  role = (await roles.create(admin.teamId, { name: 'Probe' })).id;
  await roles.addHolders(role, [mia.id]);
});

afterAll(() => server.stop());

const give = (...privileges: Privilege[]) =>
  admin.connection.service('RoleService').update(role, { permissions: { privileges } });

const refused = (
  user: TestUser,
  job: TestJob,
  changes: UpdateJobOverrides,
  code: ErrorCode,
  slug: string,
  message: RegExp,
  allowed = '',
) =>
  expectNothingWritten(server, () => expectRefusal(user.jobs.updateJob(job.id, changes, allowed), code, slug, message));

const versions = (...names: string[]) => ({ versions: names.map(dataSourceName => ({ dataSourceName })) });

describe('values', () => {
  let job: TestJob;

  beforeAll(async () => {
    job = await newJob(ana, [step('a')], { startDate: 1000, dueDate: 2000 });
  });

  test.each<[string, UpdateJobOverrides, ErrorCode, string, RegExp]>([
    ['an empty name', { jobName: ' ' }, BAD_REQUEST, 'invalid-argument', /^jobUpdates\.jobName: empty/],
    [
      'a name that is too long',
      { jobName: 'x'.repeat(501) },
      BAD_REQUEST,
      'limit-exceeded',
      /jobUpdates\.jobName: 501/,
    ],
    [
      'notes that are too long',
      { notes: 'x'.repeat(20_001) },
      BAD_REQUEST,
      'limit-exceeded',
      /jobUpdates\.notes: 20001/,
    ],
    [
      'an unknown priority',
      { priority: 'Urgent' },
      BAD_REQUEST,
      'unknown-priority',
      /"Urgent"; there are Low, Medium, High/,
    ],
    ['no priority', { priority: '' }, BAD_REQUEST, 'unknown-priority', /""/],
    ['an unknown status', { jobStatus: 'Begun' }, BAD_REQUEST, 'unknown-status', /"Begun"; there are Open/],
    [
      'a due date before the start that it has',
      { dueDate: 999 },
      BAD_REQUEST,
      'dates-out-of-order',
      /dueDate: 999 lies before startDate 1000/,
    ],
    [
      'a start behind the due date that it has',
      { startDate: 2001 },
      BAD_REQUEST,
      'dates-out-of-order',
      /dueDate: 2000 lies before startDate 2001/,
    ],
    [
      'a date beyond all calendars',
      { dueDate: 8.65e15 },
      BAD_REQUEST,
      'invalid-argument',
      /dueDate: 8650000000000000; expected/,
    ],
    [
      'a progress beyond 100',
      { percentComplete: 100.5 },
      BAD_REQUEST,
      'invalid-argument',
      /percentComplete: 100\.5; expected 0 to 100/,
    ],
    ['a negative progress', { percentComplete: -1 }, BAD_REQUEST, 'invalid-argument', /percentComplete: -1/],
    [
      'an unknown owner',
      { ownedBy: 'nobody@example.org' },
      NOT_FOUND,
      'user-not-found',
      /jobUpdates\.ownedBy: no user "nobody@example\.org"/,
    ],
    [
      'an unknown parent',
      { parentJob: 'no-such-job' },
      NOT_FOUND,
      'job-not-found',
      /jobUpdates\.parentJob: no job no-such-job/,
    ],
    [
      'a version without a data source',
      versions(' '),
      BAD_REQUEST,
      'invalid-argument',
      /versions\[0\]\.dataSourceName: empty/,
    ],
    [
      'a data source that is there twice',
      versions('gis', 'gis'),
      BAD_REQUEST,
      'invalid-argument',
      /"gis" is there twice/,
    ],
    [
      'a hundred versions and one',
      versions(...Array.from({ length: 101 }, (_, n) => `v${n}`)),
      BAD_REQUEST,
      'limit-exceeded',
      /101 versions; at most 100/,
    ],
    [
      'a name of a version that is too long',
      versions('x'.repeat(251)),
      BAD_REQUEST,
      'limit-exceeded',
      /versions\[0\]\.dataSourceName: 251/,
    ],
    [
      'another revision',
      { expectedRevision: 7, jobName: 'x' },
      INVALID_VERSION,
      'revision-conflict',
      /expectedRevision: 7, but the job has the revision 1/,
    ],
    [
      'properties of a procedure without tables',
      { extendedProperties: [{ identifier: 'a.b', value: '1' }] },
      BAD_REQUEST,
      'invalid-property',
      /^a\.b: names no property; .*the procedure of the job has no table/,
    ],
  ])('%s', (_what, changes, code, slug, message) => refused(ana, job, changes, code, slug, message));

  test('another revision is told with both, whatever else is changed', async () => {
    const refusal = await refused(ana, job, { expectedRevision: 0 }, INVALID_VERSION, 'revision-conflict', /./);
    expect(refusal.details).toEqual({ expected: '0', actual: '1' });
  });

  test('of several changes with one that is wrong, none is made', () =>
    refused(ana, job, { jobName: 'New', notes: 'n', priority: 'Urgent' }, BAD_REQUEST, 'unknown-priority', /./));
});

describe('parents', () => {
  test('a job below itself, directly or round others, is refused with the circle', async () => {
    const [one, two, three] = [
      await newJob(ana, [step('a')]),
      await newJob(ana, [step('a')]),
      await newJob(ana, [step('a')]),
    ];
    const circle = (job: TestJob, parent: TestJob, ...ids: TestJob[]) =>
      refused(
        ana,
        job,
        { parentJob: parent.id },
        BAD_REQUEST,
        'parent-cycle',
        new RegExp(ids.map(({ id }) => id).join(' → ')),
      );
    await circle(one, one, one, one);
    await ana.jobs.updateJob(one.id, { parentJob: two.id }, '');
    await ana.jobs.updateJob(two.id, { parentJob: three.id }, '');
    const refusal = await circle(three, one, three, one, two, three);
    expect(refusal.details).toEqual({ cycle: [three, one, two, three].map(({ id }) => id).join(',') });
  });

  test('a job of another team is no parent, whatever the caller sees of it', async () => {
    const outsider = await newOutsider(server, admin);
    const theirs = await newJob(outsider, [step('a')]);
    const ours = await newJob(ana, [step('a')]);
    await refused(admin, ours, { parentJob: theirs.id }, NOT_FOUND, 'job-not-found', /in the team of this job/);
    await expectRefusal(outsider.jobs.updateJob(ours.id, {}, ''), NOT_FOUND, 'job-not-found', /no job/);
  });
});

describe('who may not', () => {
  const fields: readonly (readonly [Privilege, UpdateJobOverrides])[] = [
    ['jobUpdateName', { jobName: 'x' }],
    ['jobUpdateDate', { startDate: 5 }],
    ['jobUpdateDate', { dueDate: 9e12 }],
    ['jobUpdatePriority', { priority: 'High' }],
    ['jobUpdateDescription', { description: 'x' }],
    ['jobUpdateOwner', { ownedBy: '' }],
    ['jobUpdateNotes', { notes: 'x' }],
    ['jobUpdateParentJob', { parentJob: '' }],
    ['jobUpdateExtendedProperties', { extendedProperties: [{ identifier: 't.p', value: 'x' }] }],
    [
      'jobUpdateExtendedProperties',
      { relatedProperties: { adds: [{ tableName: 'r', entries: [{ properties: [] }] }] } },
    ],
    ['jobUpdateStatus', { jobStatus: 'On Hold' }],
    ['jobUpdatePercentComplete', { percentComplete: 5 }],
    ['jobUpdateVersions', { versions: [] }],
  ];
  const others = (without: Privilege): Privilege[] =>
    [...new Set(fields.map(([privilege]) => privilege))].filter(privilege => privilege !== without);

  test.each(fields.map(([privilege, changes]) => ({ privilege, changes, field: Object.keys(changes)[0]! })))(
    '$field takes $privilege, and with it alone the owner changes it',
    async ({ privilege, changes }) => {
      const template = await templateWith(ana, [single('t', property('p')), related('r', property('p'))]);
      const job = await jobOf(ana, template, { ownedBy: mia.id });
      await give(...others(privilege));
      const refusal = await refused(
        mia,
        job,
        changes,
        INSUFFICIENT_PERMISSIONS,
        'insufficient-permissions',
        new RegExp(privilege),
      );
      expect(refusal.details).toEqual({ privilege });
      await give(privilege);
      expect(await mia.jobs.updateJob(job.id, changes, '')).toBe(true);
    },
  );

  test('somebody to whom nothing of the job is assigned, without jobUpdateAny', async () => {
    const right = /jobUpdateAny, which ADMIN and JOBCREATOR have/;
    for (const steps of [[step('free')], [step('first'), stepOf('later', ben)], [stepOf('others', ana)]])
      await refused(
        ben,
        await newJob(ana, steps),
        { notes: 'x' },
        INSUFFICIENT_PERMISSIONS,
        'insufficient-permissions',
        right,
      );
  });

  test('an EXECUTOR does not rename what it works on', async () => {
    const job = await newJob(ana, [stepOf('a', ben)]);
    await refused(ben, job, { jobName: 'Mine' }, INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', /jobUpdateName/);
  });
});

describe('while a step runs', () => {
  let job: TestJob;

  beforeAll(async () => {
    job = await newJob(ana, [parallel('P', step('a'), step('b')), step('c')]);
    await job.start(ana, 'a', 'b');
  });

  const right = /has a running step, "a"; finish or stop it first, or name it in allowRunningStepId/;

  test('more than notes', async () => {
    await refused(ana, job, { jobName: 'x' }, WRONG_STATE, 'job-running', right);
    await refused(ana, job, { notes: 'n', jobName: 'x' }, WRONG_STATE, 'job-running', right);
  });

  test('one of two that run is named', () =>
    refused(ana, job, { jobName: 'x' }, WRONG_STATE, 'job-running', /running step, "b"/, job.step('a')));

  test('a step is named that is none of the procedure', () =>
    refused(
      ana,
      job,
      { notes: 'x' },
      NOT_FOUND,
      'step-not-found',
      /allowRunningStepId: .* no step nowhere/,
      'nowhere',
    ));

  test('a step that waits for an answer runs too', async () => {
    const waiting = await newJob(ana, [step('asks')]);
    await waiting.start(ana, 'asks');
    await server.store.transact(async tx => {
      const [row] = await tx.jobs.currentSteps(ana.teamId, [waiting.id]);
      await tx.jobs.putSteps([{ ...row!, state: StepState.WAITING_FOR_INFO }]);
    });
    await refused(ana, waiting, { jobName: 'x' }, WRONG_STATE, 'job-running', /"asks"/);
  });
});

test('a closed job does not change, not even its notes', async () => {
  const job = await newJob(ana, [step('a')]);
  await ana.jobs.closeJobs([job.id]);
  await refused(ana, job, { notes: 'x' }, WRONG_STATE, 'job-closed', /is closed; reopen it before changing it/);
});

describe('properties', () => {
  let job: TestJob;
  let rowId: string;

  beforeAll(async () => {
    const template = await templateWith(ana, [
      single(
        'Pump',
        property('serial', 'String', { isRequired: true, defaultValue: 'S1', fieldLength: 5 }),
        property('fixed', 'Integer', { editable: false }),
      ),
      related(
        'Readings',
        property('bar', 'Double', { isRequired: true }),
        property('by', 'String', { editable: false }),
        property('kind', 'String', { domain: [{ name: 'A', code: 'A' }] }),
      ),
    ]);
    job = await jobOf(ana, template, {
      extendedProperties: [{ identifier: 'Pump.fixed', value: '1' }],
      relatedProperties: [{ tableName: 'Readings', entries: [{ properties: given({ bar: '1', by: 'ana' }) }] }],
    });
    const read = await ana.jobs.getJob(job.id, { extProps: true });
    rowId = read.relatedProperties![0]!.entries[0]!.id;
  });

  const edits = (changes: object): UpdateJobOverrides => ({ relatedProperties: changes });
  const entry = (id: string, values: Record<string, string | undefined>) => ({ id, properties: given(values) });

  test.each<[string, () => UpdateJobOverrides, RegExp]>([
    [
      'null for a required one',
      () => ({ extendedProperties: [{ identifier: 'Pump.serial' }] }),
      /^Pump\.serial: may not be null/,
    ],
    [
      'what is not editable',
      () => ({ extendedProperties: [{ identifier: 'Pump.fixed', value: '2' }] }),
      /^Pump\.fixed: is not editable/,
    ],
    [
      'another type',
      () => ({ extendedProperties: [{ identifier: 'Pump.fixed', value: 'x' }] }),
      /^Pump\.fixed: "x"; expected a whole number/,
    ],
    [
      'a text that is too long',
      () => ({ extendedProperties: [{ identifier: 'Pump.serial', value: 'S12345' }] }),
      /^Pump\.serial: "S12345" has 6 characters; the longest may have 5/,
    ],
    [
      'a new row with a value outside the domain',
      () => edits({ adds: [{ tableName: 'Readings', entries: [{ properties: given({ bar: '1', kind: 'a' }) }] }] }),
      /^Readings\.kind of new row 1: "a" is not in the domain/,
    ],
    [
      'a value outside the domain in a row that is there',
      () => edits({ updates: [{ tableName: 'Readings', entries: [entry(rowId, { kind: 'a' })] }] }),
      /^Readings\.kind of row .*: "a" is not in the domain/,
    ],
    [
      'an unknown row to change',
      () => edits({ updates: [{ tableName: 'Readings', entries: [entry('17', { bar: '1' })] }] }),
      /^Readings: the job has no row "17" there/,
    ],
    [
      'an unknown row to delete',
      () => edits({ deletes: [{ tableName: 'Readings', ids: [rowId, '17'] }] }),
      /^Readings: the job has no row "17" there/,
    ],
    [
      'a row that is deleted before it is changed',
      () =>
        edits({
          deletes: [{ tableName: 'Readings', ids: [rowId] }],
          updates: [{ tableName: 'Readings', entries: [entry(rowId, { bar: '2' })] }],
        }),
      /the job has no row/,
    ],
    [
      'an unknown table',
      () => edits({ deletes: [{ tableName: 'Motor', ids: ['1'] }] }),
      /^Motor: no such table; of Readings/,
    ],
    [
      'the one row of a table',
      () => edits({ deletes: [{ tableName: 'Pump', ids: ['1'] }] }),
      /^Pump: has one row for a job/,
    ],
    [
      'no ids',
      () => edits({ deletes: [{ tableName: 'Readings', ids: [] }] }),
      /^Readings: ids: 0 rows; expected 1 to 1000/,
    ],
    [
      'too many rows',
      () =>
        edits({
          adds: [
            {
              tableName: 'Readings',
              entries: Array.from({ length: 1001 }, () => ({ properties: given({ bar: '1' }) })),
            },
          ],
        }),
      /entries: 1001 rows/,
    ],
    [
      'what is not editable in a row',
      () => edits({ updates: [{ tableName: 'Readings', entries: [entry(rowId, { by: 'ben' })] }] }),
      /^Readings\.by of row .*: is not editable/,
    ],
    [
      'null for what a row requires',
      () => edits({ updates: [{ tableName: 'Readings', entries: [entry(rowId, { bar: undefined })] }] }),
      /^Readings\.bar of row .*: may not be null/,
    ],
    [
      'a new row without it',
      () => edits({ adds: [{ tableName: 'Readings', entries: [{ properties: [] }] }] }),
      /^Readings\.bar of new row 1: has no value/,
    ],
    [
      'one right and one wrong',
      () => ({
        jobName: 'New',
        extendedProperties: [
          { identifier: 'Pump.serial', value: 'S2' },
          { identifier: 'Pump.colour', value: 'x' },
        ],
      }),
      /^Pump\.colour: no such property/,
    ],
  ])('%s', (_what, changes, message) => refused(ana, job, changes(), BAD_REQUEST, 'invalid-property', message));

  test('more rows than a job may have', async () => {
    const adds = (lists: number) =>
      Array.from({ length: lists }, () => ({
        tableName: 'Readings',
        entries: Array.from({ length: 1000 }, () => ({ properties: given({ bar: '1' }) })),
      }));
    await expectRefusal(
      ana.jobs.updateJob(job.id, edits({ adds: adds(11) }), ''),
      BAD_REQUEST,
      'limit-exceeded',
      /would have 11\d\d\d rows; it may have 10000/,
    );
  });
});

describe('a step that sets something, with the rights of the server', () => {
  const apply = (job: TestJob, ...values: { identifier: string; value?: string }[]) =>
    server.store.transact(async tx => {
      const [row] = await tx.jobs.jobs([ana.teamId], [job.id]);
      await applyUpdate(tx, systemAct(server.clock.now(), uuids), row!, updateOf(values), { byServer: true });
    });

  const newOne = async () =>
    jobOf(
      ana,
      await templateWith(ana, [
        single('t', property('fixed', 'Integer', { editable: false }), property('p', 'Boolean')),
      ]),
      { description: 'd', dueDate: 9e12 },
    );

  test('sets fields and properties from texts, editable or not, and clears them', async () => {
    const job = await newOne();
    await apply(
      job,
      { identifier: 't.fixed', value: '4' },
      { identifier: 'priority', value: 'High' },
      { identifier: 'percentComplete', value: '12.5' },
      { identifier: 'startDate', value: '2031-12-24T18:00:00Z' },
      { identifier: 'dueDate', value: '' },
      { identifier: 'description' },
      { identifier: 'ownedBy', value: ben.email },
    );
    const after = await ana.jobs.getJob(job.id, { extProps: true });
    expect(after).toMatchObject({
      priority: 'High',
      percentComplete: 12.5,
      startDate: Date.UTC(2031, 11, 24, 18),
      dueDate: null,
      description: null,
      ownedBy: ben.id,
    });
    expect(extendedOf(after)).toEqual({ t: { fixed: 4, p: null } });
    expect((await ana.jobs.getJobHistory(job.id)).at(-1)).toMatchObject({ username: 'system' });
    await apply(job, { identifier: 't.fixed', value: '' });
    expect(extendedOf(await ana.jobs.getJob(job.id, { extProps: true }))).toEqual({ t: { fixed: null, p: null } });
  });

  test.each<[string, { identifier: string; value?: string }[], object]>([
    [
      'a field that nobody sets',
      [{ identifier: 'jobId', value: 'x' }],
      {
        slug: 'invalid-property',
        message: expect.stringMatching(/^jobId: no field that can be set; expected table\.property, or one of jobName/),
      },
    ],
    ['a name of JavaScript', [{ identifier: 'constructor', value: 'x' }], { slug: 'invalid-property' }],
    [
      'a field that is named twice',
      [{ identifier: 'notes', value: 'x' }, { identifier: 'notes' }],
      { slug: 'invalid-property', message: expect.stringMatching(/^notes: is named twice/) },
    ],
    [
      'a text that is no number',
      [{ identifier: 'percentComplete', value: '' }],
      { slug: 'invalid-property', message: expect.stringMatching(/^percentComplete: ""; expected a number/) },
    ],
    ['a text that is no date', [{ identifier: 'dueDate', value: 'soon' }], { slug: 'invalid-property' }],
    ['an empty name', [{ identifier: 'jobName', value: '' }], { slug: 'invalid-argument' }],
    ['an unknown priority', [{ identifier: 'priority', value: 'Urgent' }], { slug: 'unknown-priority' }],
    [
      'a wrong value of a property',
      [{ identifier: 't.p', value: 'maybe' }],
      { slug: 'invalid-property', message: expect.stringMatching(/^t\.p: "maybe"; expected true or false/) },
    ],
  ])('is refused: %s', async (_what, values, refusal) => {
    const job = await newOne();
    await expectNothingWritten(server, () => expect(apply(job, ...values)).rejects.toMatchObject(refusal));
  });
});
