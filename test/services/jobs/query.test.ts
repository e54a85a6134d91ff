/** queryJobs: columns, order, pages, and which jobs are found at all. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AssignedType } from '#gen/flow_types';
import type { JobTemplate } from '#gen/job_template_types';
import { FieldType, type JobValue, type Query, type QueryResult, SortOrderType } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import { jobOf, parallel, stepOf, type TestJob } from '../../support/jobs.ts';
import { logInAdmin, newOutsider, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;
let outsider: TestUser;
let valve: JobTemplate;
let belt: JobTemplate;
const jobs: Record<string, TestJob> = {};

const DAY = 86_400_000;
const DUE = Date.UTC(2031, 11, 24);

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR, TeamRole.JOBCREATOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
  outsider = await newOutsider(server, admin);
  valve = await publishedTemplate(admin, 'Change the valve', [
    stepOf('Close the inlet', ben),
    stepOf('Replace the gasket', 'EXECUTOR'),
  ]);
  belt = await publishedTemplate(admin, 'Change the belt', [
    parallel('Both', stepOf('Stop the motor', ben), stepOf('Lock the switch', ana), step('Warn the shift')),
  ]);
  const make = async (name: string, template: JobTemplate, more: object) => {
    jobs[name] = await jobOf(admin, template, { jobName: name, ...more });
  };
  await make('alpha', valve, { priority: 'High', dueDate: DUE, startDate: DUE - 9 * DAY, description: 'Wetlands' });
  await make('beta', valve, { priority: 'Low', ownedBy: ana.id });
  await make('gamma', belt, { priority: 'High', notes: 'spare' });
  await make('delta', belt, { priority: 'High', dueDate: DUE - DAY, startDate: DUE - 9 * DAY });
  await make('Zeta', valve, { priority: 'Medium' });
  await admin.jobs.closeJobs([jobs.Zeta!.id]);
});

afterAll(() => server.stop());

const query = (more: Partial<Query>, user = admin): Promise<QueryResult> =>
  user.jobs.queryJobs({ teamId: user.teamId, start: 0, ...more });

const texts = ({ results }: QueryResult): unknown[] => results.map(row => row.map(plain));
const plain = (value: JobValue): unknown =>
  value.nullValue ? null : (value.text ?? value.integer ?? value.dateTime ?? value.flag ?? value.number);
const names = async (more: Partial<Query>, user = admin): Promise<unknown[]> =>
  texts(await query({ fields: ['jobName'], ...more }, user)).flat();
const by = (field: string, sortOrder = SortOrderType.Asc) => ({ field, sortOrder });

describe('columns', () => {
  test('unset are name, priority, due date and current step', async () => {
    const result = await query({ q: "jobName = 'alpha'" });
    expect(result.fields).toEqual([
      { name: 'jobName', fieldType: FieldType.String },
      { name: 'priority', fieldType: FieldType.String },
      { name: 'dueDate', fieldType: FieldType.DateTime },
      { name: 'currentStep', fieldType: FieldType.String },
    ]);
    expect(texts(result)).toEqual([['alpha', 'High', DUE, 'Close the inlet']]);
    expect(result).toMatchObject({ q: "jobName = 'alpha'", start: 0, nextStart: -1, num: 50 });
    expect(result.total ?? undefined).toBeUndefined();
    expect(result.pageToken ?? undefined).toBeUndefined();
  });

  test('every field of a job, in camelCase and snake_case, as the same job is read', async () => {
    const job = await jobs.alpha!.get(admin);
    const expected: Record<string, unknown> = {
      jobId: job.jobId,
      jobName: 'alpha',
      notes: null,
      description: 'Wetlands',
      parentJob: null,
      priority: 'High',
      jobStatus: 'Open',
      diagramId: valve.id,
      diagramName: 'Change the valve',
      jobTemplateId: valve.id,
      jobTemplateName: 'Change the valve',
      ownedBy: admin.id,
      createdBy: admin.id,
      closedBy: null,
      createdDate: job.createdDate,
      startDate: DUE - 9 * DAY,
      startedDate: null,
      dueDate: DUE,
      endDate: null,
      diagramVersion: 1,
      revision: job.revision,
      percentComplete: 0,
      closed: false,
      hasLocation: false,
      assignedType: 'User',
      assignedTo: ben.id,
      currentStep: 'Close the inlet',
      currentStepId: jobs.alpha!.step('Close the inlet'),
    };
    const fields = Object.keys(expected);
    const snake = fields.map(field => field.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`));
    for (const asked of [fields, snake]) {
      const result = await query({ q: "job_name = 'alpha'", fields: asked });
      expect(texts(result)).toEqual([Object.values(expected)]);
      expect(result.fields.map(({ name }) => name)).toEqual(asked);
    }
  });

  test('have the names that were asked for, and may come twice', async () => {
    const result = await query({
      q: "jobName = 'beta'",
      fields: ['jobName', 'jobName', 'job_priority'],
      displayNames: ['Name', 'Again', 'How urgent'],
    });
    expect(result.fields.map(({ name }) => name)).toEqual(['Name', 'Again', 'How urgent']);
    expect(texts(result)).toEqual([['beta', 'beta', 'Low']]);
  });

  test('of current steps show the first step in the order of the tree that meets the filter', async () => {
    const fields = ['currentStep', 'assignedTo', 'assignedType'];
    const of = async (q: string) => texts(await query({ q: `jobName = 'gamma' AND ${q}`, fields }));
    expect(await of('closed = 0')).toEqual([['Stop the motor', ben.id, 'User']]);
    expect(await of(`assignedTo = '${ana.id}'`)).toEqual([['Lock the switch', ana.id, 'User']]);
    expect(await of("assignedType = 'Unassigned'")).toEqual([['Warn the shift', null, 'Unassigned']]);
    expect(texts(await query({ q: "jobName = 'Zeta'", fields }))).toEqual([[null, null, null]]);
  });
});

describe('the jobs found', () => {
  test('are those that meet the filter, each once', async () => {
    expect(await names({ q: `assignedType = 'User'`, sortFields: [by('jobName')] })).toEqual([
      'alpha',
      'beta',
      'delta',
      'gamma',
    ]);
    expect(
      await names({ q: `assignedTo = '${ben.email}' AND currentStep LIKE 'Stop%'`, sortFields: [by('jobName')] }),
    ).toEqual(['delta', 'gamma']);
    expect(await names({ q: 'assignedTo = $currentUser' }, ana)).toEqual(expect.arrayContaining(['gamma', 'delta']));
    expect(await names({ q: 'assignedTo = $currentUser' })).toEqual([]);
  });

  test('the examples of the interface run as they are written, in double quotes', async () => {
    const q = `"assignedType='User' AND closed=0 AND assignedTo='cjones'"`;
    const fields = ['jobId', 'jobName', 'jobStatus', 'priority'];
    const sortFields = [by('jobName'), by('priority', SortOrderType.Desc)];
    expect(await query({ q, fields, sortFields })).toMatchObject({ results: [], q: q.slice(1, -1), nextStart: -1 });
    const mine = q.replace('cjones', ben.email);
    expect(texts(await query({ q: mine, fields: ['jobName'], sortFields }))).toEqual([
      ['alpha'],
      ['beta'],
      ['delta'],
      ['gamma'],
    ]);
    expect(texts(await query({ search: 'Wetlands', fields, start: 0, num: 1000 }))).toEqual([
      [jobs.alpha!.id, 'alpha', 'Open', 'High'],
    ]);
  });

  test('are those of the team asked for, and of no other', async () => {
    expect(await names({ q: 'closed = 0 OR closed = 1' }, outsider)).toEqual([]);
    expect((await query({ search: 'Wetlands' }, outsider)).results).toEqual([]);
    await expect(outsider.jobs.queryJobs({ q: 'closed = 0', teamId: admin.teamId })).rejects.toMatchObject({
      slug: 'team-not-found',
    });
    expect(texts(await ana.jobs.queryJobs({ q: "jobName = 'beta'", fields: ['jobName'] }))).toEqual([['beta']]);
  });

  test('have a location, or have none', async () => {
    await admin.jobs.setJobLocation(jobs.beta!.id, { x: -111.3, y: 52.68 });
    const all = 'jobId IS NOT NULL';
    expect(await names({ q: all, hasLocation: true })).toEqual(['beta']);
    expect((await names({ q: all, hasLocation: false })).length).toBe(4);
    expect(
      await names({
        q: all,
        spatialExtent: '{"xmin": -112, "ymin": 52, "xmax": -111, "ymax": 53, "spatialReference": {"wkid": 4326}}',
      }),
    ).toEqual(['beta']);
    expect(await names({ q: all, spatialExtent: '0,0,1,1' })).toEqual([]);
    expect(await names({ q: 'hasLocation = TRUE' })).toEqual(['beta']);
  });
});

describe('rows come', () => {
  const open = 'closed = 0';

  test('by id when nobody says otherwise', async () => {
    const ids = texts(await query({ q: open, fields: ['jobId'] })).flat() as string[];
    expect(ids).toEqual([...ids].sort());
    expect(ids.length).toBe(4);
  });

  test('in the order asked for, without a value last either way, ties by id', async () => {
    const priorityThenDue = [by('priority'), by('dueDate')];
    expect(await names({ q: open, sortFields: priorityThenDue })).toEqual(['delta', 'alpha', 'gamma', 'beta']);
    expect(await names({ q: open, sortFields: [by('dueDate', SortOrderType.Desc), by('jobName')] })).toEqual([
      'alpha',
      'delta',
      'beta',
      'gamma',
    ]);
    expect(
      await names({ q: open, sortFields: [by('notes', SortOrderType.Desc), by('jobName', SortOrderType.Desc)] }),
    ).toEqual(['gamma', 'delta', 'beta', 'alpha']);
    expect(await names({ q: open, sortFields: [by('notes'), by('job_name')] })).toEqual([
      'gamma',
      'alpha',
      'beta',
      'delta',
    ]);
  });

  test('texts in the order of their bytes', async () => {
    expect((await names({ q: 'jobId IS NOT NULL', sortFields: [by('jobName')] }))[0]).toBe('Zeta');
  });
});

describe('pages', () => {
  const all = {
    q: 'jobId IS NOT NULL',
    fields: ['jobName'],
    sortFields: [by('priority', SortOrderType.Desc), by('dueDate')],
  };

  test('by start', async () => {
    const whole = await names({ ...all });
    const found: unknown[] = [];
    for (let start = 0; start !== -1; ) {
      const page = await query({ ...all, start, num: 2, total: true });
      expect(page).toMatchObject({ start, num: 2, total: 5 });
      found.push(...texts(page).flat());
      start = page.nextStart;
    }
    expect(found).toEqual(whole);
    expect(await query({ ...all, start: 100 })).toMatchObject({ results: [], start: 100, nextStart: -1 });
  });

  test('by token, whatever the directions and the kinds of keys', async () => {
    const orders = [
      [],
      [by('jobName')],
      [by('dueDate')],
      [by('dueDate', SortOrderType.Desc), by('percentComplete')],
      [by('notes', SortOrderType.Desc), by('revision', SortOrderType.Desc)],
      [by('currentStep'), by('closed', SortOrderType.Desc)],
      [by('jobId', SortOrderType.Desc), by('jobName')],
    ];
    for (const sortFields of orders) {
      const asked = { q: 'jobId IS NOT NULL', fields: ['jobName'], sortFields };
      const whole = await names(asked);
      const found: unknown[] = [];
      let pageToken: string | undefined;
      do {
        const page: QueryResult = await query({ ...asked, num: 2, ...(pageToken && { pageToken }) });
        if (pageToken) expect(page).toMatchObject({ start: 0, nextStart: -1 });
        found.push(...texts(page).flat());
        pageToken = page.pageToken ?? undefined;
      } while (pageToken);
      expect(found).toEqual(whole);
    }
  });

  test('a token of another query, of another caller, or changed, is refused', async () => {
    const { pageToken } = await query({ ...all, num: 2 });
    const refused = { slug: 'invalid-argument', message: expect.stringContaining('pageToken') };
    await expect(query({ ...all, num: 3, pageToken: pageToken! })).rejects.toMatchObject(refused);
    await expect(query({ ...all, q: 'closed = 0', num: 2, pageToken: pageToken! })).rejects.toMatchObject(refused);
    await expect(query({ ...all, num: 2, pageToken: pageToken! }, ana)).rejects.toMatchObject(refused);
    for (const other of ['x', 'x.y', '..', `${pageToken}x`, `W10${pageToken}`, pageToken!.replace('.', '')])
      await expect(query({ ...all, num: 2, pageToken: other })).rejects.toMatchObject(refused);
    expect((await query({ ...all, num: 2, pageToken: pageToken! })).results.length).toBe(2);
  });
});

test('what was committed is found by the next query', async () => {
  const mine = { q: "jobName LIKE 'fresh%'" };
  expect(await names(mine)).toEqual([]);
  const job = await jobOf(admin, valve, { jobName: 'fresh 1' });
  expect(await names(mine)).toEqual(['fresh 1']);
  expect(AssignedType.User).toBe(2);
  await admin.jobs.closeJobs([job.id]);
  expect(await names({ q: "jobName LIKE 'fresh%' AND closed = 0" })).toEqual([]);
});

test('a query of now is asked anew each time', async () => {
  const soon = { q: 'createdDate > $now - 1h', fields: ['jobName'] };
  const before = (await query(soon)).results.length;
  expect(before).toBeGreaterThan(0);
  server.clock.forward(2 * 3_600_000);
  expect((await query(soon)).results.length).toBe(0);
});
