/** upgradeJobs and previewUpgrade: jobs move to the published version of their template and keep what was done, by step id. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Kysely } from 'kysely';
import { ErrorCode } from '#gen/common_types';
import type { JobTemplate } from '#gen/job_template_types';
import { StepState } from '#gen/jobs_types';
import type { Database } from '../../../src/store/schema.ts';
import { states, untilState } from '../../support/actions.ts';
import { jobOf, newJob, sequence, TestJob } from '../../support/jobs.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { publishedTemplate, step } from '../../support/seed.ts';
import { hold, unhold } from './held.ts';
import { admin, ana, ben, eventsOf, outsider, refused, republished, server } from './people.ts';

let template: JobTemplate;
let ids: Record<string, string>;

/** "a" to "d", one after the other. */
beforeEach(async () => {
  template = await publishedTemplate(
    admin,
    'Changing',
    ['a', 'b', 'c', 'd'].map(title => step(title)),
  );
  ids = Object.fromEntries(template.stepGroup.children.map(({ title, id }) => [title, id]));
});

const remove = (...titles: string[]): Promise<JobTemplate> =>
  republished(template, async (id, root) => {
    for (const title of titles) {
      const { stepGroup } = await admin.templates.get(id);
      const position = stepGroup.children.findIndex(child => child.id === ids[title]);
      await admin.templates.removeStepModular(id, root, ids[title]!, position);
    }
  });

const add = (title: string, position = -1): Promise<JobTemplate> =>
  republished(template, (id, root) => admin.templates.addStepModular(id, root, step(title), position, false));

const idOf = (published: JobTemplate, title: string): string =>
  published.stepGroup.children.find(child => child.title === title)!.id;

describe('what upgrading does', () => {
  test('the job is on the published version, with one entry of history and one event', async () => {
    const job = await jobOf(ana, template);
    const { revision } = await job.get(ana);
    await add('e');
    expect(await ana.jobs.upgradeJobs([job.id])).toBe(true);
    expect(await job.get(ana)).toMatchObject({ diagramVersion: 2, revision: revision + 1, closed: false });
    expect((await ana.jobs.getJobHistory(job.id)).at(-1)).toMatchObject({
      action: 20,
      result: 'from version 1 to 2',
      userId: ana.id,
    });
    const properties = { jobProperties: [{ propertyName: 'diagramVersion', value: { integer: 2 } }] };
    expect((await eventsOf(job.id)).at(-1)).toMatchObject({
      type: 'JobUpdated',
      by: ana.id,
      says: { properties, closed: false },
    });
  });

  test('what was done stays done, and percents are counted anew', async () => {
    const job = await jobOf(ana, template);
    await job.run(ben, 'a', 'b');
    expect(await job.get(ana)).toMatchObject({ percentComplete: 50 });
    await add('e');
    await ana.jobs.upgradeJobs([job.id]);
    expect(await job.get(ana)).toMatchObject({ percentComplete: 40, currentSteps: [{ stepName: 'c' }] });
    await job.run(ben, 'c', 'd');
    expect(await job.current(ana)).toEqual(['e']);
    expect(await job.get(ana)).toMatchObject({ percentComplete: 80 });
  });

  test('a finished step that the new version lacks counts no more, and is still on record', async () => {
    const job = await jobOf(ana, template);
    await job.run(ben, 'a', 'b');
    await remove('a');
    await ana.jobs.upgradeJobs([job.id]);
    expect(await job.get(ana)).toMatchObject({ percentComplete: 33 });
    const rows = (await rowsOf(server, 'job_steps')).filter(row => row.job_id === job.id);
    expect(rows.find(row => row.step_id === ids.a)).toMatchObject({ ordinal: -1, finished_by: ben.id });
    expect(await job.history(ana)).toContain('Finished: a');
  });

  test('one that comes back with a later version counts again', async () => {
    const job = await jobOf(ana, template);
    await job.run(ben, 'a', 'b');
    await remove('a');
    await ana.jobs.upgradeJobs([job.id]);
    await republished(template, id => admin.templates.revert(id, template.version));
    await ana.jobs.upgradeJobs([job.id]);
    expect(await job.get(ana)).toMatchObject({ diagramVersion: 3, percentComplete: 50 });
  });

  test('a current step keeps state and assignment, and gets title, place and the rest from the new version', async () => {
    const job = await jobOf(ana, template);
    await job.run(ben, 'a');
    await republished(template, async (id, root) => {
      const changed = {
        ...template.stepGroup.children[1]!,
        title: 'b, carefully',
        clientGeneratedIds: true,
        flow: { canSkip: true },
      };
      await admin.templates.addStepModular(id, root, changed, 1, true);
      await admin.templates.addStepModular(id, root, step('new'), 0, false);
    });
    await ana.jobs.upgradeJobs([job.id]);
    const [current] = (await job.get(ana)).currentSteps;
    expect(current).toMatchObject({
      stepId: ids.b,
      stepName: 'b, carefully',
      canSkip: true,
      state: StepState.READY,
      assignedTo: ben.id,
    });
    const [row] = (await rowsOf(server, 'job_steps')).filter(
      ({ job_id, step_id }) => job_id === job.id && step_id === ids.b,
    );
    expect(row).toMatchObject({ ordinal: 2 });
  });

  test('a current step that the new version starts by itself is started, unless it is held or somebody ran it', async () => {
    const [waiting, held, failed] = [
      await jobOf(ana, template),
      await jobOf(ana, template),
      await jobOf(ana, template),
    ];
    await hold(admin, held, 'a');
    await failed.start(ben, 'a');
    await ben.jobs.stopSteps(failed.id, [ids.a!]);
    const before = await states(ana, failed);
    await republished(template, async (id, root) => {
      const flow = { automatic: true };
      const changed = { ...template.stepGroup.children[0]!, clientGeneratedIds: true, flow };
      await admin.templates.addStepModular(id, root, changed, 0, true);
    });
    await ana.jobs.upgradeJobs([waiting.id, held.id, failed.id]);
    await untilState(ana, waiting, 'a: RUNNING');
    expect((await waiting.history(ana)).slice(-2)).toEqual(['Upgraded', 'Started: a']);
    expect(await states(ana, held)).toEqual(['a: READY']);
    await unhold(admin, held);
    await untilState(ana, held, 'a: RUNNING');
    expect(await states(ana, failed)).toEqual(before);
  });

  test('a figure that was given stays', async () => {
    const job = await jobOf(ana, template, { percentComplete: 12 });
    await add('e');
    await ana.jobs.upgradeJobs([job.id]);
    expect(await job.get(ana)).toMatchObject({ percentComplete: 12 });
  });

  test('what waits at a join, and what was passed over, loses the steps that are gone', async () => {
    const job = await jobOf(ana, template);
    await setFlowState(job.id, { joining: { [ids.c!]: null, [ids.d!]: null }, passed: [ids.b, 'gone long ago'] });
    await remove('d');
    await ana.jobs.upgradeJobs([job.id]);
    const state = await flowStateOf(job.id);
    expect(JSON.parse(state!)).toEqual({ joining: { [ids.c!]: null }, passed: [ids.b] });
    expect(await job.get(ana)).toMatchObject({ percentComplete: 33 });
  });

  test('a state of which nothing is left is none', async () => {
    const job = await jobOf(ana, template);
    await setFlowState(job.id, { joining: {}, passed: [ids.d] });
    await remove('d');
    await ana.jobs.upgradeJobs([job.id]);
    expect(await flowStateOf(job.id)).toBeNull();
  });

  test('a job that is there already stays as it is', async () => {
    const job = await jobOf(ana, template);
    await expectNothingWritten(server, async () => expect(await ana.jobs.upgradeJobs([job.id])).toBe(true));
  });

  test('a draft is no version to move to', async () => {
    const job = await jobOf(ana, template);
    await admin.templates.acquireLock(template.id);
    await admin.templates.addStepModular(template.id, template.stepGroup.id, step('draft'), -1, false);
    await expectNothingWritten(server, () => ana.jobs.upgradeJobs([job.id]));
  });

  test('jobs of several templates and versions move in one call, each to its own', async () => {
    const [first, there] = [await jobOf(ana, template), await newJob(admin, [step('x')])];
    await add('e');
    const second = await jobOf(ana, template);
    await add('f');
    await ana.jobs.upgradeJobs([first.id, second.id, there.id]);
    const versions = await Promise.all([first, second, there].map(async job => (await job.get(ana)).diagramVersion));
    expect(versions).toEqual([3, 3, 1]);
    expect((await ana.jobs.getJobHistory(second.id)).at(-1)).toMatchObject({ result: 'from version 2 to 3' });
  });
});

const database = <T>(act: (db: Kysely<Database>) => Promise<T>): Promise<T> =>
  server.store.transact(tx => act((tx.people as unknown as { db: Kysely<Database> }).db));

const setFlowState = (jobId: string, state: object): Promise<unknown> =>
  database(db =>
    db
      .updateTable('jobs')
      .set({ flow_state: JSON.stringify(state) })
      .where('job_id', '=', jobId)
      .execute(),
  );

const flowStateOf = async (jobId: string): Promise<string | null> =>
  (await rowsOf(server, 'jobs')).find(row => row.job_id === jobId)!.flow_state;

describe('what is refused, with nothing upgraded', () => {
  test('a job at a step that the new version lacks', async () => {
    const [job, free] = [await jobOf(ana, template), await jobOf(ana, template)];
    await free.run(ben, 'a');
    await remove('a');
    const right = new RegExp(
      `job ${job.id} .* stands at "a", which the published version does not have; .*; no job was upgraded`,
    );
    const { details } = await refused(
      () => ana.jobs.upgradeJobs([free.id, job.id]),
      ErrorCode.WRONG_STATE,
      'upgrade-refused',
      right,
    );
    expect(details).toEqual({ jobId: job.id, stepIds: ids.a });
  });

  test('a closed job, and one with a running step', async () => {
    const [closed, running] = [await jobOf(ana, template), await jobOf(ana, template)];
    await ana.jobs.closeJobs([closed.id]);
    await running.start(ben, 'a');
    await add('e');
    const upgrade = (id: string) => () => ana.jobs.upgradeJobs([id]);
    await refused(upgrade(closed.id), ErrorCode.WRONG_STATE, 'job-closed', /is closed; reopen it first; no job was/);
    await refused(upgrade(running.id), ErrorCode.WRONG_STATE, 'job-running', /running step, "a"; finish or stop it/);
  });

  test('a job of a template of which nothing is published', async () => {
    const job = await jobOf(ana, template);
    await database(db =>
      db
        .updateTable('templates')
        .set({ published_internal_version: null })
        .where('template_id', '=', template.id)
        .execute(),
    );
    const right = /has a template of which nothing is published/;
    await refused(() => ana.jobs.upgradeJobs([job.id]), ErrorCode.WRONG_STATE, 'upgrade-refused', right);
    const [preview] = await ana.jobs.previewUpgrade([job.id]);
    expect(preview).toMatchObject({ possible: false, slug: 'upgrade-refused', fromVersion: 1, toVersion: 0 });
  });

  test('an unknown job, one of another team, and somebody without jobUpgrade', async () => {
    const job = await jobOf(ana, template);
    const foreign = await jobOf(outsider, await publishedTemplate(outsider, 'Secret recipe', [step('Stir')]));
    for (const id of ['no-such-job', foreign.id])
      for (const call of [() => ana.jobs.upgradeJobs([job.id, id]), () => ana.jobs.previewUpgrade([job.id, id])])
        await refused(call, ErrorCode.NOT_FOUND, 'job-not-found', new RegExp(`no job ${id} in your teams`));
    for (const call of [() => ben.jobs.upgradeJobs([job.id]), () => ben.jobs.previewUpgrade([job.id])])
      await refused(call, ErrorCode.INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', /jobUpgrade/);
  });

  test('an empty list, and one of more than ten thousand', async () => {
    const many = Array.from({ length: 10_001 }, (_, index) => `job-${index}`);
    for (const call of [
      (list: string[]) => ana.jobs.upgradeJobs(list),
      (list: string[]) => ana.jobs.previewUpgrade(list),
    ]) {
      await refused(() => call([]), ErrorCode.BAD_REQUEST, 'invalid-argument', /jobIds: empty/);
      await refused(() => call(many), ErrorCode.BAD_REQUEST, 'limit-exceeded', /10001 ids; at most 10000/);
    }
  });
});

describe('previewUpgrade', () => {
  test('tells what upgradeJobs would do, in order, and changes nothing', async () => {
    const [ahead, behind, closed] = [
      await jobOf(ana, template),
      await jobOf(ana, template),
      await jobOf(ana, template),
    ];
    await ahead.run(ben, 'a', 'b');
    await ana.jobs.closeJobs([closed.id]);
    await remove('a');
    const published = await add('e');
    const list = [behind.id, ahead.id, closed.id];
    const previews = await expectNothingWritten(server, () => ana.jobs.previewUpgrade(list));
    const added = [idOf(published, 'e')];
    const nothing = { keptStepIds: [], droppedStepIds: [], missingCurrentStepIds: [] };
    expect(previews).toMatchObject([
      { ...nothing, jobId: behind.id, possible: false, slug: 'upgrade-refused', missingCurrentStepIds: [ids.a] },
      { ...nothing, jobId: ahead.id, possible: true, keptStepIds: [ids.b], droppedStepIds: [ids.a] },
      { jobId: closed.id, possible: false, slug: 'job-closed', message: expect.stringMatching(/is closed; reopen it/) },
    ]);
    expect(previews.map(({ fromVersion, toVersion, addedStepIds }) => [fromVersion, toVersion, addedStepIds])).toEqual(
      list.map(() => [1, 3, added]),
    );
    const possible = previews.filter(preview => preview.possible).map(preview => preview.jobId);
    expect((await ana.jobs.upgradeJobsEach(list)).filter(({ success }) => success).map(({ jobId }) => jobId)).toEqual(
      possible,
    );
  });

  test('a job that is there already would stay as it is', async () => {
    const job = await jobOf(ana, template);
    await job.run(ben, 'a');
    const [preview] = await ana.jobs.previewUpgrade([job.id]);
    expect(preview).toMatchObject({
      possible: true,
      fromVersion: 1,
      toVersion: 1,
      keptStepIds: [ids.a],
      droppedStepIds: [],
      addedStepIds: [],
    });
  });

  test('a step within a group that came is one that was added, the group is not', async () => {
    const job = await jobOf(ana, template);
    const published = await republished(template, (id, root) =>
      admin.templates.addStepGroupModular(id, root, sequence('G', step('g')), -1, false),
    );
    const [preview] = await ana.jobs.previewUpgrade([job.id]);
    expect(preview!.addedStepIds).toEqual([published.stepGroup.children.at(-1)!.children[0]!.id]);
  });
});

test('ten thousand jobs, with two statements for a thousand of them and a dozen for all', async () => {
  const { jobIds } = await ana.jobs.createJobs(template.id, { numberOfJobs: 10_000 });
  const first = new TestJob(jobIds[0]!, template);
  await first.run(ben, 'a');
  await add('e', 0);
  const preview = await server.statementsOf(() => ana.jobs.previewUpgrade(jobIds));
  expect(preview.statements.length).toBeLessThanOrEqual(8);
  const { statements } = await server.statementsOf(() => ana.jobs.upgradeJobs(jobIds));
  expect(statements.length).toBeLessThanOrEqual(12 + 20);
  expect(await first.get(ana)).toMatchObject({ diagramVersion: 2, percentComplete: 20 });
  expect(await ana.jobs.getJob(jobIds[9_999]!, {})).toMatchObject({
    diagramVersion: 2,
    currentSteps: [{ stepName: 'a' }],
  });
});
