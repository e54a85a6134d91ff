/** getJobDiagram: the version that a job is on, drawn, with how far the job has come. */
import { describe, expect, test } from '@jest/globals';
import type { Kysely } from 'kysely';
import { ErrorCode } from '#gen/common_types';
import { AssignedType, GroupMode, JoinMode, PathAssignment, type StepFlow } from '#gen/flow_types';
import { type DiagramDetails, type DiagramStep, DiagramStepProgress, StepState } from '#gen/jobs_types';
import type { BaseStep } from '#gen/step_types';
import type { Database } from '../../../src/store/schema.ts';
import { jobOf, newJob, parallel, sequence, stepOf, type TestJob } from '../../support/jobs.ts';
import { leaves, newTemplate, publishedTemplate, step } from '../../support/seed.ts';
import { admin, ana, ben, outsider, refused, republished, server } from './people.ts';

const diagram = (job: TestJob): Promise<DiagramDetails> => ana.jobs.getJobDiagram(job.id);

const stepIn = ({ steps }: DiagramDetails, name: string): DiagramStep => steps.find(found => found.name === name)!;

/** "a: Finished" for each step, in order. */
const progress = async (job: TestJob): Promise<string[]> =>
  (await diagram(job)).steps.map(({ name, progress }) => `${name}: ${DiagramStepProgress[progress]}`);

/** "a": ["b"]: where the ways lead, by the names of the steps. */
function ways({ steps }: DiagramDetails): Record<string, string[]> {
  const names = new Map(steps.map(({ id, name }) => [id, name]));
  return Object.fromEntries(steps.map(({ name, paths }) => [name, paths.map(({ nextStep }) => names.get(nextStep)!)]));
}

describe('the drawing', () => {
  test('has the entry, the first step, every step in the order of the tree, and the groups', async () => {
    const { id } = await newTemplate(admin, 'Change the filter', [
      step('a'),
      parallel('P', step('b'), sequence('G', step('c'), step('d'))),
      step('e'),
    ]);
    await admin.templates.acquireLock(id);
    await admin.templates.update(id, { descrip: 'Twice a year' });
    const job = await jobOf(ana, await admin.templates.publish(id));
    const drawn = await diagram(job);
    expect(drawn).toMatchObject({
      diagramId: id,
      diagramVersion: 1,
      diagramName: 'Change the filter',
      description: 'Twice a year',
      initialStepId: job.step('a'),
      initialStepName: 'a',
      annotations: [],
      displayGrid: false,
    });
    expect(drawn.steps.map(({ name, position }) => `${name} at ${position}`)).toEqual([
      'a at 120,80',
      'b at 360,80',
      'c at 360,200',
      'd at 600,200',
      'e at 840,80',
    ]);
    expect(ways(drawn)).toEqual({ a: ['b', 'c'], b: ['e'], c: ['d'], d: ['e'], e: [] });
    const [outer, inner] = drawn.groups;
    expect(drawn.groups).toMatchObject([
      { name: 'P', mode: GroupMode.PARALLEL },
      { name: 'G', mode: GroupMode.SEQUENTIAL, parentGroupId: outer!.id },
    ]);
    expect(outer!.parentGroupId ?? null).toBeNull();
    expect(drawn.steps.map(({ parentGroupId }) => parentGroupId ?? null)).toEqual([
      null,
      outer!.id,
      inner!.id,
      inner!.id,
      null,
    ]);
  });

  test('tells of a step what the template says of it', async () => {
    const flow: StepFlow = {
      action: { manual: { prompt: 'Turn it left' } },
      canSkip: true,
      proceedNext: true,
      layout: { x: 10.5, y: -20 },
      helpText: 'Wear gloves',
      helpUrl: 'https://example.org/valve',
    };
    const descrip = [{ txt: { txt: 'Close the valve.' } }, { link: { label: 'Plan', url: 'https://example.org/' } }];
    const job = await newJob(admin, [step('a', { flow, descrip }), step('b')]);
    const [a, b] = (await diagram(job)).steps;
    expect(a).toMatchObject({
      id: job.step('a'),
      description: 'Close the valve.\nPlan https://example.org/',
      automatic: false,
      canSkip: true,
      proceedNext: true,
      position: '10.5,-20',
      shape: 0,
      action: { actionType: 'manual', settings: { manual: { prompt: 'Turn it left' } } },
      helpText: 'Wear gloves',
      helpUrl: 'https://example.org/valve',
      held: false,
    });
    expect(b).toMatchObject({ canSkip: false, proceedNext: false, action: { actionType: 'manual' }, paths: [] });
    expect(b!.description ?? null).toBeNull();
    expect(b!.action.settings ?? null).toBeNull();
  });

  test('tells who gets the next step where the template does, and how the line runs', async () => {
    const job = await newJob(admin, [step('a'), parallel('P', stepOf('b', 'EXECUTOR'), stepOf('c', ben), step('d'))]);
    expect(stepIn(await diagram(job), 'a').paths).toMatchObject([
      { defaultWay: true, assignedType: AssignedType.Group, assignedTo: 'EXECUTOR', points: [], ports: [1, 3] },
      {
        assignedType: AssignedType.User,
        assignedTo: ben.id,
        points: [
          { x: 240, y: 80 },
          { x: 240, y: 200 },
        ],
      },
      { assignedType: AssignedType.Unassigned, notifications: [], ports: [1, 3] },
    ]);
  });

  test('is that of the version that the job is on, until it is upgraded', async () => {
    const template = await publishedTemplate(admin, 'Changing', [step('a')]);
    const job = await jobOf(ana, template);
    await republished(template, (id, root) => admin.templates.addStepModular(id, root, step('b'), -1, false));
    expect((await diagram(job)).steps.map(({ name }) => name)).toEqual(['a']);
    await ana.jobs.upgradeJobs([job.id]);
    const drawn = await diagram(job);
    expect(drawn.diagramVersion).toBe(2);
    expect(ways(drawn)).toEqual({ a: ['b'], b: [] });
  });
});

describe('the paths that a template states', () => {
  test('take the place of the default way, with condition, text, status and whom they assign to', async () => {
    const job = await newJob(admin, [step('a'), step('b'), stepOf('c', 'AUTHOR'), step('d')]);
    const to = (title: string, assignment?: PathAssignment, assignedTo?: string) => ({
      nextStepId: job.step(title),
      ...(assignment !== undefined && { assignment }),
      ...(assignedTo !== undefined && { assignedTo }),
    });
    await withFlow(job, {
      a: {
        paths: [
          { ...to('c'), condition: "priority = 'High'", label: 'urgent', jobStatus: 'On Hold' },
          to('d', PathAssignment.User, 'BEN@example.org'),
          to('d', PathAssignment.User, ben.id),
          to('b', PathAssignment.Group, 'EXECUTOR'),
          to('c', PathAssignment.JobOwner),
          to('c', PathAssignment.LastRunBy),
        ],
      },
      c: { join: JoinMode.ALL, condition: "priority = 'Low'" },
      d: { paths: [to('a')] },
    });
    const drawn = await diagram(job);
    expect(ways(drawn)).toEqual({ a: ['c', 'd', 'd', 'b', 'c', 'c'], b: ['c'], c: ['d'], d: ['a'] });
    const { paths } = stepIn(drawn, 'a');
    expect(paths[0]).toMatchObject({
      expression: "priority = 'High'",
      label: 'urgent',
      status: 'On Hold',
      defaultWay: false,
    });
    expect(paths.map(({ assignedType, assignedTo }) => [AssignedType[assignedType], assignedTo ?? null])).toEqual([
      ['Group', 'AUTHOR'],
      ['User', ben.id],
      ['User', ben.id],
      ['Group', 'EXECUTOR'],
      ['Unassigned', null],
      ['Unassigned', null],
    ]);
    expect(paths.map(({ assignment }) => assignment ?? null)).toEqual([null, 3, 3, 4, 2, 0]);
    expect(stepIn(drawn, 'c')).toMatchObject({ join: JoinMode.ALL, condition: "priority = 'Low'" });
    expect(stepIn(drawn, 'd').paths[0]!.ports).toEqual([2, 2]);
  });

  test('a question is a diamond with its settings, what the server starts is rounded', async () => {
    const job = await newJob(admin, [step('a'), step('b')]);
    const question = {
      question: 'Tight?',
      responses: [{ name: 'Yes', value: 'y' }],
      canComment: true,
      commentRequired: false,
    };
    await withFlow(job, { a: { action: { question } }, b: { automatic: true } });
    const [a, b] = (await diagram(job)).steps;
    expect(a).toMatchObject({
      shape: 2,
      action: { actionType: 'question', settings: { question } },
      canComment: true,
      commentRequired: false,
    });
    expect(b).toMatchObject({ shape: 1, automatic: true });
  });
});

const database = <T>(act: (db: Kysely<Database>) => Promise<T>): Promise<T> =>
  server.store.transact(tx => act((tx.people as unknown as { db: Kysely<Database> }).db));

/** Gives the steps of the entry that a job is on this flow, past the checks of editing. */
async function withFlow(job: TestJob, flows: Record<string, StepFlow>): Promise<void> {
  await server.store.transact(async tx => {
    const [row] = await tx.jobs.jobs([admin.teamId], [job.id]);
    const flowing = (found: BaseStep): BaseStep => ({
      ...found,
      ...(flows[found.title] && { flow: flows[found.title]! }),
      children: found.children.map(flowing),
    });
    const { hash } = await tx.trees.save(admin.teamId, flowing(await tx.trees.tree(admin.teamId, row!.root_hash)));
    const { db } = tx.people as unknown as { db: Kysely<Database> };
    await db
      .updateTable('template_entries')
      .set({ root_hash: hash })
      .where('template_id', '=', row!.template_id)
      .where('internal_version', '=', row!.internal_version)
      .execute();
  });
}

describe('how far the job has come', () => {
  test('is told of each step', async () => {
    const job = await newJob(admin, [parallel('P', step('a'), step('b')), step('c')]);
    expect(await progress(job)).toEqual(['a: Current', 'b: Current', 'c: NotReached']);
    await job.run(ben, 'a');
    await job.start(ben, 'b');
    expect(await progress(job)).toEqual(['a: Finished', 'b: Current', 'c: NotReached']);
    const drawn = await diagram(job);
    expect(stepIn(drawn, 'b').state).toBe(StepState.RUNNING);
    expect([stepIn(drawn, 'a').state ?? null, stepIn(drawn, 'c').state ?? null]).toEqual([null, null]);
    await job.finish(ben, 'b');
    expect(await progress(job)).toEqual(['a: Finished', 'b: Finished', 'c: Current']);
  });

  test('in a closed job nothing is current; reopened, it is again', async () => {
    const job = await newJob(admin, [step('a'), step('b')]);
    await job.run(ben, 'a');
    await ana.jobs.closeJobs([job.id]);
    expect(await progress(job)).toEqual(['a: Finished', 'b: NotReached']);
    expect(stepIn(await diagram(job), 'b').state ?? null).toBeNull();
    await ana.jobs.reopenJobs([job.id]);
    expect(await progress(job)).toEqual(['a: Finished', 'b: Current']);
  });

  test('a step that is done anew after its job was reopened is current, not finished', async () => {
    const job = await newJob(admin, [step('a'), step('b')]);
    await job.run(ben, 'a', 'b');
    expect(await progress(job)).toEqual(['a: Finished', 'b: Finished']);
    await ana.jobs.reopenJobs([job.id]);
    expect(await progress(job)).toEqual(['a: Finished', 'b: Current']);
  });

  test('what was passed over, and what waits for other ways, is told', async () => {
    const job = await newJob(admin, [step('a'), sequence('G', step('b'), step('c')), step('d')]);
    const { groups } = await diagram(job);
    const flow_state = JSON.stringify({ joining: { [job.step('d')]: null }, passed: [groups[0]!.id] });
    await database(db => db.updateTable('jobs').set({ flow_state }).where('job_id', '=', job.id).execute());
    expect(await progress(job)).toEqual(['a: Current', 'b: PassedOver', 'c: PassedOver', 'd: Joining']);
  });
});

test('a job that there is not, and one of another team, has none', async () => {
  const foreign = await jobOf(outsider, await publishedTemplate(outsider, 'Secret recipe', [step('Stir')]));
  for (const id of ['no-such-job', foreign.id])
    await refused(
      () => ana.jobs.getJobDiagram(id),
      ErrorCode.NOT_FOUND,
      'job-not-found',
      new RegExp(`no job ${id} in your teams`),
    );
});

test('a procedure of a thousand steps is drawn with as few statements as one of three', async () => {
  const groups = Array.from({ length: 25 }, (_, at) =>
    parallel(`G${at}`, ...Array.from({ length: 40 }, (_, index) => step(`${at}.${index}`))),
  );
  const [large, small] = [await newJob(admin, groups), await newJob(admin, [step('a'), step('b'), step('c')])];
  const of = async (job: TestJob): Promise<number> => (await server.statementsOf(() => diagram(job))).statements.length;
  const [first, second] = [await of(small), await of(large)];
  expect(first).toBeLessThanOrEqual(6);
  expect(second).toBeLessThanOrEqual(first);
  const { steps } = await diagram(large);
  expect(steps).toHaveLength(1000);
  expect(new Set(steps.map(({ position }) => position)).size).toBe(1000);
  expect(leaves((await admin.templates.get((await diagram(large)).diagramId)).stepGroup).map(({ id }) => id)).toEqual(
    steps.map(({ id }) => id),
  );
});
