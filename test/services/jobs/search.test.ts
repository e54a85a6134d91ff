/** Searching jobs by words: where words are looked for, what a word is, and that what is found is what is so now. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AssignedType } from '#gen/flow_types';
import type { JobTemplate } from '#gen/job_template_types';
import { TeamRole } from '#gen/user_types';
import { stepOf } from '../../support/jobs.ts';
import { property, related, single, templateWith } from '../../support/properties.ts';
import { logInAdmin, newOutsider, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;
let outsider: TestUser;
let template: JobTemplate;
let groupId: string;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'Lopez', TeamRole.AUTHOR, TeamRole.JOBCREATOR);
  ben = await newUser(server, admin, 'Ruiz', TeamRole.EXECUTOR);
  outsider = await newOutsider(server, admin);
  const groups = admin.connection.service('GroupService');
  groupId = (await groups.create(admin.teamId, { name: 'Night-Shift' })).id;
  template = await templateWith(
    admin,
    [
      single(
        'pump',
        property('maker'),
        property('size', 'Integer'),
        property('built', 'DateOnly'),
        property('wet', 'Boolean'),
      ),
      related('parts', property('label')),
    ],
    [step('Close the inlet'), stepOf('Report', ben)],
  );
  await make('alpha', { description: 'Wetlands behind the old mill' });
  await make('beta', { notes: 'The MILL is old; Übergröße, café', priority: 'High' });
  await make('gamma', { ownedBy: ana.id });
  await make('delta', { assignedType: AssignedType.User, assignedTo: ben.id });
  await make('epsilon', { assignedType: AssignedType.Group, assignedTo: groupId });
  await make('zeta', {
    jobId: 'PARCEL-4711.x',
    extendedProperties: [
      { identifier: 'pump.maker', value: 'Kärcher & Sons' },
      { identifier: 'pump.size', value: '9007199254740993' },
      { identifier: 'pump.built', value: '2019-05-04' },
    ],
    relatedProperties: [
      { tableName: 'parts', entries: [{ properties: [{ propertyName: 'label', value: 'O-ring' }] }] },
    ],
  });
});

afterAll(() => server.stop());

const ids = new Map<string, string>();
async function make(jobName: string, more: object): Promise<string> {
  const { jobIds } = await admin.jobs.createJobs(template.id, { jobName, ...more });
  ids.set(jobName, jobIds[0]!);
  return jobIds[0]!;
}

const found = async (search: string, user = admin): Promise<string[]> => {
  const { results } = await user.jobs.queryJobs({
    search,
    teamId: user.teamId,
    fields: ['jobName'],
    sortFields: [{ field: 'jobName', sortOrder: 1 }],
  });
  const names = results.map(([name]) => name!.text!);
  const { total } = await user.jobs.calculateJobStatistics({ search, teamId: user.teamId });
  expect(total).toBe(names.length);
  return names;
};

const ALL = ['alpha', 'beta', 'delta', 'epsilon', 'gamma', 'zeta'];

describe('words are found', () => {
  test.each([
    ['in the id', 'parcel 4711', ['zeta']],
    ['in the name', 'alpha', ['alpha']],
    ['in the description', 'wetlands', ['alpha']],
    ['in the notes', 'übergröße', ['beta']],
    ['in the priority', 'high', ['beta']],
    ['in the status', 'open', ALL],
    ['in the title of the template', 'properties', ALL],
    ['in the title of a current step', 'inlet', ALL],
    ['in the name of the owner', 'lopez', ['gamma']],
    ['in the address of the owner', 'lopez@example.org', ['gamma']],
    ['in the name of the creator', 'admin', ALL],
    ['in the name of an assignee', 'ruiz', ['delta']],
    ['in the name of a group', 'shift', ['epsilon']],
    ['in a property that is a text', 'kärcher', ['zeta']],
    ['in a property that is a number, beyond what doubles hold', '9007199254740993', ['zeta']],
    ['in a property that is a day', '2019', ['zeta']],
    ['in a row of related properties', 'ring', ['zeta']],
  ])('%s', async (_, search, expected) => {
    expect(await found(search)).toEqual(expected);
  });

  test('but not in the titles of steps that are not current', async () => {
    expect(await found('report')).toEqual([]);
  });
});

describe('a word', () => {
  test('begins with what was asked, whatever the case and however accents are composed', async () => {
    expect(await found('WET')).toEqual(['alpha']);
    expect(await found('etlands')).toEqual([]);
    expect(await found('ÜBERGRÖSSE')).toEqual([]);
    expect(await found('Übergröße'.normalize('NFD'))).toEqual(['beta']);
    expect(await found('cafe')).toEqual([]);
    expect(await found('CAFÉ')).toEqual(['beta']);
  });

  test('is letters and digits: what stands between is not looked for', async () => {
    expect(await found('old; (mill)')).toEqual(['alpha', 'beta']);
  });

  test('must be met with all others, each anywhere', async () => {
    expect(await found('mill wetlands')).toEqual(['alpha']);
    expect(await found('mill lopez')).toEqual([]);
    expect(await found('mill old high')).toEqual(['beta']);
  });

  test('longer than 60 characters is looked for by its first 60', async () => {
    const long = 'x'.repeat(60);
    await make('long', { description: `${long}yz` });
    expect(await found(`${long}abc`)).toEqual(['long']);
    expect(await found('x'.repeat(59))).toEqual(['long']);
  });
});

describe('a phrase', () => {
  test('in single quotes is words that follow each other in one text', async () => {
    expect(await found("'old mill'")).toEqual(['alpha']);
    expect(await found("'the old mil'")).toEqual(['alpha']);
    expect(await found("'mill old'")).toEqual([]);
    expect(await found("'mill is old' high")).toEqual(['beta']);
    expect(await found("'close the' alpha")).toEqual(['alpha']);
  });

  test('goes on in no other text of the job', async () => {
    await make('left', { description: 'right' });
    expect(await found('left right')).toEqual(['left']);
    expect(await found("'left right'")).toEqual([]);
    expect(await found('lopez lopez')).toEqual(['gamma']);
    expect(await found("'lopez lopez'")).toEqual([]);
  });

  test('does not begin within a word', async () => {
    await make('apostrophe', { notes: "Ana's pump isn't wet" });
    expect(await found("ana's pump isn't")).toEqual(['apostrophe']);
  });
});

test('what other words there are does not make data of another team visible', async () => {
  expect(await found('wetlands', outsider)).toEqual([]);
  expect(await found('open', outsider)).toEqual([]);
});

describe('what is found is what is so now', () => {
  test('after a change of the name, the owner, a property', async () => {
    const jobId = await make('early', { description: 'unchanged' });
    await admin.jobs.updateJob(jobId, { jobName: 'late', ownedBy: ana.id }, '');
    expect(await found('early')).toEqual([]);
    expect(await found('late unchanged lopez')).toEqual(['late']);
    await admin.jobs.updateJob(jobId, { extendedProperties: [{ identifier: 'pump.maker', value: 'Grundfos' }] }, '');
    expect(await found('grundfos late')).toEqual(['late']);
    await admin.jobs.updateJob(jobId, { ownedBy: '', priority: 'Low' }, '');
    expect(await found('late lopez')).toEqual([]);
    expect(await found('late low')).toEqual(['late']);
  });

  test('after a step, an assignment, the closing', async () => {
    const jobId = await make('moving', {});
    await admin.jobs.startSteps(jobId, []);
    await admin.jobs.finishSteps(jobId, []);
    expect(await found('moving inlet')).toEqual([]);
    expect(await found('moving report')).toEqual(['moving']);
    expect(await found('moving ruiz')).toEqual(['moving']);
    await admin.jobs.closeJobs([jobId]);
    expect(await found('moving report')).toEqual([]);
    expect(await found('moving closed')).toEqual(['moving']);
  });
});

test('both a filter and words must be met', async () => {
  const { results } = await admin.jobs.queryJobs({
    search: 'mill',
    q: "priority = 'High'",
    teamId: admin.teamId,
    fields: ['jobName'],
  });
  expect(results.map(([name]) => name!.text)).toEqual(['beta']);
});

test('words that very many jobs have are found in pages, too', async () => {
  await admin.jobs.createJobs(template.id, { numberOfJobs: 2500, description: 'crowded' });
  const rows: string[] = [];
  let pageToken: string | undefined;
  do {
    const page = await admin.jobs.queryJobs({
      search: 'crowd',
      teamId: admin.teamId,
      num: 1000,
      fields: ['jobId'],
      total: true,
      ...(pageToken && { pageToken }),
    });
    expect(page.total).toBe(2500);
    rows.push(...page.results.map(([id]) => id!.text!));
    pageToken = page.pageToken ?? undefined;
  } while (pageToken);
  expect(new Set(rows).size).toBe(2500);
  expect(await found('crowded wetlands')).toEqual([]);
});
