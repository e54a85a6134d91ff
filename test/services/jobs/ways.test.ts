/** The way of a job where the procedure says more than its order: conditions, paths, joins, loops, and steps that the server starts. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  AssignedType,
  ExtendedPropertyDataType,
  ExtendedPropertyRelationshipType,
  type ExtendedPropertyTable,
  JoinMode,
  PathAssignment,
  type StepFlow,
  type StepPath,
} from '#gen/flow_types';
import type { JobTemplate } from '#gen/job_template_types';
import { type CreateJobOverrides, StepState } from '#gen/jobs_types';
import type { BaseStep } from '#gen/step_types';
import { TeamRole } from '#gen/user_types';
import { jobOf, parallel, sequence, type TestJob } from '../../support/jobs.ts';
import {
  group,
  leaves,
  logIn,
  logInAdmin,
  newUser,
  publishedTemplate,
  step,
  type TestUser,
} from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.EXECUTOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
});

afterAll(() => server.stop());

/** A leaf whose id, given by the client, is its title. */
const leaf = (id: string, flow: StepFlow = {}): BaseStep => step(id, { id, clientGeneratedIds: true, flow });
const to = (nextStepId: string, more: Partial<StepPath> = {}): StepPath => ({ nextStepId, ...more });
const withFlow = (given: BaseStep, flow: StepFlow): BaseStep => ({
  ...given,
  id: given.title,
  clientGeneratedIds: true,
  flow: { ...given.flow, ...flow },
});

let templates = 0;

/** All in one group of the template, so that steps can be named before they are there. */
const published = (...children: BaseStep[]): Promise<JobTemplate> =>
  publishedTemplate(admin, `Way ${++templates}`, [group('Main', children, { clientGeneratedIds: true })]);

const newJob = async (children: BaseStep[], overrides: CreateJobOverrides = {}): Promise<TestJob> =>
  jobOf(admin, await published(...children), overrides);

/** Runs each step in turn. @returns what was current before the first, and after each; 'closed' at the end */
async function trace(job: TestJob, ...titles: string[]): Promise<string[]> {
  const look = async () => ((await job.get(ana)).closed ? 'closed' : (await job.current(ana)).join(' '));
  const seen = [await look()];
  for (const title of titles) {
    await job.run(ana, title);
    seen.push(await look());
  }
  return seen;
}

describe('conditions', () => {
  const children = [leaf('a'), leaf('b', { condition: "priority = 'High'" }), leaf('c')];

  test('that do not hold on arrival pass the step over; it counts as done', async () => {
    const job = await newJob(children);
    expect(await trace(job, 'a')).toEqual(['a', 'c']);
    expect(await job.get(ana)).toMatchObject({ percentComplete: 66 });
    await job.run(ana, 'c');
    expect(await job.get(ana)).toMatchObject({ percentComplete: 100, closed: true });
  });

  test('that hold let the way go through it', async () => {
    expect(await trace(await newJob(children, { priority: 'High' }), 'a', 'b', 'c')).toEqual(['a', 'b', 'c', 'closed']);
  });

  test('decide about the first steps for each job of a call', async () => {
    const template = await published(leaf('first', { condition: "jobName LIKE '%2'" }), leaf('second'));
    const { jobIds } = await admin.jobs.createJobs(template.id, { numberOfJobs: 12 });
    const begun = await Promise.all(jobIds.map(id => admin.jobs.getJob(id, {})));
    for (const { jobName, currentSteps, percentComplete } of begun)
      expect([jobName, currentSteps[0]!.stepName, percentComplete]).toEqual(
        jobName!.endsWith('2') ? [jobName, 'first', 0] : [jobName, 'second', 50],
      );
    expect(begun.filter(({ jobName }) => jobName!.endsWith('2')).length).toBeGreaterThan(0);
  });

  test('that pass over everything end the job at its creation', async () => {
    const job = await newJob([leaf('a', { condition: 'percentComplete > 50' })]);
    expect(await job.get(ana)).toMatchObject({ closed: true, percentComplete: 100, currentSteps: [] });
    expect(await job.history(ana)).toEqual(['Created', 'Closed']);
  });

  test('that pass over everything, where the job stays open at its end, are its whole progress', async () => {
    const { id } = await published(leaf('a', { condition: 'closed = 1' }), leaf('b', { condition: 'closed = 1' }));
    await admin.templates.acquireLock(id);
    await admin.templates.update(id, { defaults: { closeAtEnd: false } });
    const job = await jobOf(admin, await admin.templates.publish(id));
    expect(await job.get(ana)).toMatchObject({ closed: false, percentComplete: 100, currentSteps: [] });
    expect(await job.history(ana)).toEqual(['Created']);
  });

  test('of a group pass over all of it', async () => {
    const skipped = withFlow(sequence('G', leaf('b'), leaf('c')), { condition: 'closed = 1' });
    expect(await trace(await newJob([leaf('a'), skipped, leaf('d')]), 'a', 'd')).toEqual(['a', 'd', 'closed']);
  });

  test('of all children of a parallel group make it done', async () => {
    const never = { condition: 'closed = 1' };
    const job = await newJob([leaf('a'), parallel('P', leaf('b', never), leaf('c', never)), leaf('d')]);
    expect(await trace(job, 'a')).toEqual(['a', 'd']);
  });

  test('see who has the current steps, by e-mail address too', async () => {
    const children = [leaf('a'), leaf('b', { condition: `assignedTo = '${ana.email}'` }), leaf('c')];
    expect(await trace(await newJob(children), 'a')).toEqual(['a', 'c']);
    const beside = parallel('P', sequence('S', ...children), leaf('x'));
    const job = await newJob([beside]);
    await job.start(ana, 'x');
    expect(await trace(job, 'a')).toEqual(['a x', 'b x']);
  });
});

describe('conditions about properties', () => {
  const tables: ExtendedPropertyTable[] = [
    {
      tableName: 'pump',
      relationshipType: ExtendedPropertyRelationshipType.OneToOne,
      properties: [{ propertyName: 'pressure', dataType: ExtendedPropertyDataType.Double, defaultValue: '1.5' }],
    },
    {
      tableName: 'reading',
      relationshipType: ExtendedPropertyRelationshipType.OneToMany,
      properties: [{ propertyName: 'level', dataType: ExtendedPropertyDataType.Integer }],
    },
  ];

  async function template(): Promise<JobTemplate> {
    const { id } = await admin.templates.create(admin.teamId, { title: 'Pumps', extendedPropertyTables: tables }, []);
    await admin.templates.acquireLock(id);
    const children = [
      leaf('relieve', { condition: 'pump.pressure > 2' }),
      leaf('look', {
        paths: [to('refill', { condition: 'reading.level < 10' }), to('done', { condition: 'reading.level >= 10' })],
      }),
      leaf('refill', { paths: [to('done')] }),
      leaf('done', { join: JoinMode.ALL }),
    ];
    const { stepGroup } = await admin.templates.get(id);
    const main = group('Main', children, { clientGeneratedIds: true });
    await admin.templates.addStepGroupModular(id, stepGroup.id, main, -1, false);
    await admin.templates.publish(id);
    return admin.templates.get(id);
  }

  test('see what a job begins with, given or by default, and what it has later', async () => {
    const pumps = await template();
    expect(await (await jobOf(admin, pumps)).current(admin)).toEqual(['look']);
    const job = await jobOf(admin, pumps, { extendedProperties: [{ identifier: 'pump.pressure', value: '2.5' }] });
    expect(await trace(job, 'relieve')).toEqual(['relieve', 'look']);
    await job.start(ana, 'look');
    expect(await job.finish(ana, 'look')).toEqual(['NoMatchingPaths']);
    const entries = [{ properties: [{ propertyName: 'level', value: '7' }] }];
    await admin.jobs.updateJob(
      job.id,
      { relatedProperties: { adds: [{ tableName: 'reading', entries }] } },
      job.step('look'),
    );
    expect(await job.finish(ana, 'look')).toEqual(['Success']);
    expect(await job.current(ana)).toEqual(['refill']);
  });

  test('that name what there is not are faults at publishing', async () => {
    const { id, stepGroup } = await template();
    const bad = leaf('bad', { condition: 'pump.presure > 2' });
    await admin.templates.addStepModular(id, stepGroup.children[0]!.id, bad, -1, false);
    const refusal = await admin.templates.publish(id).catch(error => error);
    expect(refusal).toMatchObject({ slug: 'invalid-procedure' });
    expect(refusal.message).toMatch(/"bad" \(bad\): flow\.condition.*pump\.pressure/);
  });
});

describe('paths', () => {
  test('lead where they say, back too: loops are legal', async () => {
    const job = await newJob(
      [
        leaf('a'),
        leaf('b', { paths: [to('a', { condition: "priority = 'Low'" }), to('c', { condition: "priority <> 'Low'" })] }),
        leaf('c'),
      ],
      { priority: 'Low' },
    );
    expect(await trace(job, 'a', 'b', 'a')).toEqual(['a', 'b', 'a', 'b']);
    expect(await job.get(ana)).toMatchObject({ percentComplete: 66 });
    await job.run(ana, 'b');
    expect(await job.get(ana)).toMatchObject({ percentComplete: 66 });
  });

  test('that lead back in the call that finished the step: it counts once, and is done once it is left', async () => {
    const again = leaf('again', { proceedNext: true, paths: [to('again'), to('other')] });
    const job = await newJob([again, leaf('other'), leaf('never', { condition: 'closed = 1' })]);
    for (let round = 0; round < 3; round++) {
      expect(await job.start(ana, 'again')).toEqual(['Success']);
      expect(await job.get(ana)).toMatchObject({ percentComplete: 33, closed: false });
    }
  });

  test('that lead past a step of the server again and again: it counts once', async () => {
    const bySelf = leaf('b', { automatic: true, proceedNext: true, paths: [to('a')] });
    const job = await newJob([leaf('a', { paths: [to('b'), to('c')] }), bySelf, leaf('c')]);
    await job.run(ana, 'a');
    await job.run(ana, 'a');
    await job.run(ana, 'a');
    expect(await job.get(ana)).toMatchObject({ percentComplete: 66 });
  });

  test('are all followed whose condition holds, and an empty one always does', async () => {
    const job = await newJob([
      leaf('a', { paths: [to('b'), to('c', { condition: '' }), to('d', { condition: 'closed = 1' })] }),
      leaf('b', { paths: [to('d')] }),
      leaf('c', { paths: [to('d')] }),
      leaf('d'),
    ]);
    expect(await trace(job, 'a', 'b', 'c', 'd')).toEqual(['a', 'b c', 'c d', 'd', 'closed']);
  });

  test('none of which is open answer NoMatchingPaths, and nothing changes', async () => {
    const job = await newJob([leaf('a', { paths: [to('b', { condition: "priority = 'High'" })] }), leaf('b')]);
    expect(await job.start(ana, 'a')).toEqual(['Success']);
    const before = [await job.get(ana), await job.history(ana)];
    expect(await job.finish(ana, 'a')).toEqual(['NoMatchingPaths']);
    expect([await job.get(ana), await job.history(ana)]).toEqual(before);
  });

  test('with proceedNext that are not open leave the step started', async () => {
    const flow = { proceedNext: true, paths: [to('b', { condition: "priority = 'High'" })] };
    const job = await newJob([leaf('a', flow), leaf('b')]);
    expect(await job.start(ana, 'a')).toEqual(['NoMatchingPaths']);
    expect((await job.get(ana)).currentSteps).toMatchObject([{ stepName: 'a', state: StepState.RUNNING }]);
  });

  test('set the status of the job', async () => {
    const job = await newJob([leaf('a', { paths: [to('b', { jobStatus: 'On Hold' })] }), leaf('b')]);
    await job.run(ana, 'a');
    expect(await job.get(ana)).toMatchObject({ jobStatus: 'On Hold' });
  });

  test.each<[keyof typeof PathAssignment, () => string | undefined, () => object]>([
    ['LastRunBy', () => undefined, () => ({ assignedType: AssignedType.User, assignedTo: ana.id })],
    ['JobCreator', () => undefined, () => ({ assignedType: AssignedType.User, assignedTo: admin.id })],
    ['JobOwner', () => undefined, () => ({ assignedType: AssignedType.User, assignedTo: ben.id })],
    ['User', () => ben.email, () => ({ assignedType: AssignedType.User, assignedTo: ben.id })],
    ['Group', () => 'EXECUTOR', () => ({ assignedType: AssignedType.Group, assignedTo: 'EXECUTOR' })],
    ['Unassigned', () => undefined, () => ({ assignedType: AssignedType.Unassigned })],
  ])('give the next step to %s', async (assignment, assignedTo, expected) => {
    const path = to('b', { assignment: PathAssignment[assignment], assignedTo: assignedTo() });
    const job = await newJob([leaf('a', { paths: [path] }), leaf('b')], { ownedBy: ben.id });
    await job.run(ana, 'a');
    expect((await job.get(ana)).currentSteps).toMatchObject([{ stepName: 'b', ...expected() }]);
  });

  test('give the job its status before one arrives: conditions there see it', async () => {
    const job = await newJob([
      leaf('a', { paths: [to('b', { jobStatus: 'On Hold' })] }),
      leaf('b', { condition: "jobStatus = 'On Hold'" }),
      leaf('c', { condition: "jobStatus = 'Open'" }),
      leaf('d'),
    ]);
    expect(await trace(job, 'a', 'b')).toEqual(['a', 'b', 'd']);
  });

  test('that lead back through steps that the server does count each step once', async () => {
    const bySelf = { automatic: true, proceedNext: true };
    const job = await newJob([
      leaf('a'),
      leaf('b', {
        ...bySelf,
        paths: [to('a', { condition: "priority = 'Medium'" }), to('c', { condition: "priority = 'Low'" })],
      }),
      leaf('c'),
      leaf('d'),
    ]);
    expect(await trace(job, 'a', 'a', 'a', 'a')).toEqual(['a', 'a', 'a', 'a', 'a']);
    expect(await job.get(ana)).toMatchObject({ percentComplete: 50 });
  });

  test('lead into groups, at their beginning', async () => {
    const job = await newJob([leaf('a', { paths: [to('G')] }), withFlow(sequence('G', leaf('b'), leaf('c')), {})]);
    expect(await trace(job, 'a', 'b', 'c')).toEqual(['a', 'b', 'c', 'closed']);
  });
});

describe('joins of ALL ways', () => {
  const diamond = [
    leaf('a', { paths: [to('b'), to('c')] }),
    leaf('b', { paths: [to('d')] }),
    leaf('c', { paths: [to('d')] }),
    leaf('d', { join: JoinMode.ALL }),
  ];

  test('wait for whatever can still come', async () => {
    const job = await newJob(diamond);
    expect(await trace(job, 'a', 'b', 'c', 'd')).toEqual(['a', 'b c', 'c', 'd', 'closed']);
  });

  test('do not wait for what has gone elsewhere', async () => {
    const job = await newJob([
      leaf('a', { paths: [to('b'), to('c')] }),
      leaf('b', { paths: [to('d')] }),
      leaf('c', { paths: [to('d', { condition: "priority = 'High'" }), to('e', { condition: "priority <> 'High'" })] }),
      leaf('d', { join: JoinMode.ALL, paths: [to('f')] }),
      leaf('e', { paths: [to('f')] }),
      leaf('f'),
    ]);
    expect(await trace(job, 'a', 'b', 'c')).toEqual(['a', 'b c', 'c', 'd e']);
  });

  test('wait from the beginning of the job on', async () => {
    const elsewhere = [to('c', { condition: "priority = 'High'" }), to('d', { condition: "priority <> 'High'" })];
    const all = leaf('c', { join: JoinMode.ALL, paths: [to('d')] });
    const job = await newJob([parallel('P', leaf('a', { paths: elsewhere }), leaf('b'), all), leaf('d')]);
    expect(await trace(job, 'a')).toEqual(['a b', 'b c d']);
  });

  test('keep what they wait for through a restart of the server', async () => {
    const job = await newJob(diamond);
    await job.run(ana, 'a');
    await job.run(ana, 'b');
    await server.restart();
    admin = await logInAdmin(server);
    ana = await logIn(server, ana.email, ana.password);
    ben = await logIn(server, ben.email, ben.password);
    expect(await trace(job, 'c', 'd')).toEqual(['c', 'd', 'closed']);
  });
});

describe('steps that the server starts', () => {
  test('are started on arrival, by nobody, and wait for a person to finish them', async () => {
    const job = await newJob([leaf('a'), leaf('b', { automatic: true }), leaf('c')]);
    await job.run(ana, 'a');
    const [b] = (await job.get(ana)).currentSteps;
    expect(b).toMatchObject({ stepName: 'b', state: StepState.RUNNING });
    expect(b!.startedBy ?? undefined).toBeUndefined();
    const started = (await ana.jobs.getJobHistory(job.id)).at(-1)!;
    expect(started).toMatchObject({ username: 'system', stepName: 'b' });
    expect(started.userId ?? undefined).toBeUndefined();
    expect(await job.finish(ana, 'b')).toEqual(['Success']);
  });

  test('with proceedNext are done at once, one after the other', async () => {
    const bySelf = { automatic: true, proceedNext: true };
    const job = await newJob([leaf('a'), leaf('b', bySelf), leaf('c', bySelf), leaf('d')]);
    expect(await trace(job, 'a')).toEqual(['a', 'd']);
    expect(await job.history(ana)).toEqual([
      'Created',
      'Started: a',
      'Finished: a',
      'Started: b',
      'Finished: b',
      'Started: c',
      'Finished: c',
    ]);
    expect((await job.get(ana)).currentSteps).toMatchObject([{ assignedType: AssignedType.User, assignedTo: ana.id }]);
  });

  test('at the beginning are started for the first 25 jobs of a call', async () => {
    const template = await published(leaf('a', { automatic: true, proceedNext: true }), leaf('b'));
    const { jobIds, autoExecuted } = await admin.jobs.createJobs(template.id, { numberOfJobs: 30 });
    const jobs = await Promise.all(jobIds.map(id => admin.jobs.getJob(id, {})));
    const names = jobs.map(({ currentSteps }) => currentSteps[0]!.stepName);
    expect([autoExecuted, names]).toEqual([true, [...Array(25).fill('b'), ...Array(5).fill('a')]]);
    expect(jobs[0]).toMatchObject({ percentComplete: 50 });
    expect(jobs[0]!.startedDate).toBe(jobs[0]!.createdDate);
    expect(jobs[29]!.startedDate ?? undefined).toBeUndefined();
  });

  test('at the beginning are not started when they are somebody else’s', async () => {
    const template = await published(leaf('a', { automatic: true }));
    const overrides = { assignedType: AssignedType.User, assignedTo: ana.id };
    const { jobIds, autoExecuted } = await admin.jobs.createJobs(template.id, overrides);
    expect(autoExecuted).toBe(false);
    expect((await admin.jobs.getJob(jobIds[0]!, {})).currentSteps).toMatchObject([{ state: StepState.READY }]);
    expect((await admin.jobs.createJobs(template.id, { ...overrides, assignedTo: admin.id })).autoExecuted).toBe(true);
  });

  test('are created once, whoever repeats the request', async () => {
    const template = await published(leaf('a', { automatic: true }));
    const first = await admin.jobs.createJobs(template.id, { requestId: 'once' });
    expect(first.autoExecuted).toBe(true);
    expect(await admin.jobs.createJobs(template.id, { requestId: 'once' })).toEqual(first);
  });
});

test('what a procedure says of its ways is checked when it is published, all faults at once', async () => {
  const template = await published(leaf('a'));
  await admin.templates.acquireLock(template.id);
  const bad = { paths: [to('nowhere', { condition: 'x =' })] };
  await admin.templates.addStepModular(template.id, template.stepGroup.children[0]!.id, leaf('b', bad), -1, false);
  const refusal = await admin.templates.publish(template.id).catch(error => error);
  expect(refusal).toMatchObject({ slug: 'invalid-procedure', errorCode: 400, details: { faults: '2' } });
  expect(refusal.message).toMatch(/"b" \(b\): flow\.paths\[0\]\.nextStepId.*flow\.paths\[0\]\.condition/);
  expect(leaves((await admin.templates.get(template.id)).stepGroup)).toHaveLength(2);
});
