/** reopenJobs: closed jobs are open again, where they stood. */
import { describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import type { JobDefaults } from '#gen/flow_types';
import type { JobTemplate } from '#gen/job_template_types';
import { DiagramStepProgress, StepState } from '#gen/jobs_types';
import type { BaseStep } from '#gen/step_types';
import { jobOf, newJob, parallel, type TestJob } from '../../support/jobs.ts';
import { newTemplate, publishedTemplate, step } from '../../support/seed.ts';
import { admin, ana, ben, eventsOf, outsider, refused, server } from './people.ts';

const closedJob = async (...ran: string[]): Promise<TestJob> => {
  const job = await newJob(admin, [step('a'), step('b'), step('c')]);
  await job.run(ben, ...ran);
  if (!(await job.get(ana)).closed) await ana.jobs.closeJobs([job.id]);
  return job;
};

async function templateWith(defaults: JobDefaults, ...children: BaseStep[]): Promise<JobTemplate> {
  const { id } = await newTemplate(admin, 'With defaults', children);
  await admin.templates.acquireLock(id);
  await admin.templates.update(id, { defaults });
  return admin.templates.publish(id);
}

describe('what reopening does', () => {
  test('the job is open where it stood, as far as it was, with one entry of history and one event', async () => {
    const job = await closedJob('a');
    const { revision } = await job.get(ana);
    expect(await ana.jobs.reopenJobs([job.id])).toBe(true);
    const open = await job.get(ana);
    expect(open).toMatchObject({ closed: false, percentComplete: 33, jobStatus: 'Open', revision: revision + 1 });
    expect([open.endDate ?? null, open.closedBy ?? null]).toEqual([null, null]);
    expect(open.currentSteps).toMatchObject([{ stepName: 'b', state: StepState.READY, assignedTo: ben.id }]);
    expect((await job.history(ana)).slice(-2)).toEqual(['Closed', 'Reopened']);
    const jobProperties = [
      { propertyName: 'jobStatus', value: { text: 'Open' } },
      { propertyName: 'percentComplete', value: { number: 33 } },
      { propertyName: 'endDate' },
    ];
    const says = { properties: { jobProperties, extendedProperties: [], relatedProperties: [] }, closed: false };
    expect((await eventsOf(job.id)).at(-1)).toEqual({ type: 'JobUpdated', by: ana.id, says });
    await job.run(ben, 'b', 'c');
    expect(await job.get(ana)).toMatchObject({ closed: true, percentComplete: 100 });
  });

  test('all branches at which it stood are current again, and those that were left are not', async () => {
    const job = await newJob(admin, [parallel('P', step('a'), step('b'), step('c')), step('d')]);
    await job.run(ben, 'b');
    await ana.jobs.closeJobs([job.id]);
    await ana.jobs.reopenJobs([job.id]);
    expect(await job.current(ana)).toEqual(['a', 'c']);
    await job.run(ben, 'a', 'c');
    expect(await job.current(ana)).toEqual(['d']);
  });

  test('a job that had come to its end stands at the step finished last, which is to be done anew', async () => {
    const job = await closedJob('a', 'b', 'c');
    await ana.jobs.reopenJobs([job.id]);
    const open = await job.get(ana);
    expect(open).toMatchObject({ closed: false, percentComplete: 66 });
    expect(open.currentSteps).toMatchObject([{ stepName: 'c', state: StepState.READY, assignedTo: ben.id }]);
    expect(open.currentSteps[0]!.startedAt ?? null).toBeNull();
    await job.run(ben, 'c');
    expect(await job.get(ana)).toMatchObject({ closed: true, percentComplete: 100 });
    expect((await job.history(ana)).slice(-4)).toEqual(['Reopened', 'Started: c', 'Finished: c', 'Closed']);
  });

  test('of branches that were finished in another order than that of the tree, the last one finished', async () => {
    const job = await newJob(admin, [parallel('P', step('a'), step('b'), step('c'))]);
    await job.run(ben, 'c', 'a', 'b');
    await ana.jobs.reopenJobs([job.id]);
    expect(await job.current(ana)).toEqual(['b']);
  });

  test('a job without an end of its own, closed behind its last step, stands at that', async () => {
    const job = await jobOf(ana, await templateWith({ closeAtEnd: false }, step('a'), step('b')));
    await job.run(ben, 'a', 'b');
    await ana.jobs.closeJobs([job.id]);
    await ana.jobs.reopenJobs([job.id]);
    expect(await job.current(ana)).toEqual(['b']);
    expect(await job.get(ana)).toMatchObject({ percentComplete: 50 });
  });

  test('the status is the one that new jobs of the template get', async () => {
    const template = await templateWith({ jobStatus: 'On Hold', finalStatus: 'In Progress' }, step('a'));
    const [job, other] = [await jobOf(ana, template), await closedJob()];
    await ana.jobs.closeJobs([job.id]);
    await ana.jobs.reopenJobs([job.id, other.id]);
    expect([(await job.get(ana)).jobStatus, (await other.get(ana)).jobStatus]).toEqual(['On Hold', 'Open']);
  });

  test('the status is Open when the team has dropped that of the template meanwhile', async () => {
    const job = await jobOf(ana, await templateWith({ jobStatus: 'On Hold' }, step('a')));
    await ana.jobs.closeJobs([job.id]);
    const jobStatuses = ['Open', 'Closed'];
    await admin.teams.update(admin.teamId, { config: { jobStatuses } as never });
    await ana.jobs.reopenJobs([job.id]);
    await admin.teams.update(admin.teamId, { config: { jobStatuses: [] } as never });
    expect(await job.get(ana)).toMatchObject({ jobStatus: 'Open' });
  });

  test('steps that were passed over count as done, unless the job stands there again', async () => {
    const never = { flow: { condition: "priority = 'High'" } };
    const template = await publishedTemplate(admin, 'Passing', [step('a'), step('b', never), step('c'), step('d')]);
    const [half, whole] = [await jobOf(ana, template), await jobOf(ana, template)];
    await half.run(ben, 'a');
    expect(await half.get(ana)).toMatchObject({ percentComplete: 50, currentSteps: [{ stepName: 'c' }] });
    await ana.jobs.closeJobs([half.id]);
    await whole.run(ben, 'a', 'c', 'd');
    await ana.jobs.reopenJobs([half.id, whole.id]);
    expect(await half.get(ana)).toMatchObject({ percentComplete: 50, currentSteps: [{ stepName: 'c' }] });
    expect(await whole.get(ana)).toMatchObject({ percentComplete: 75, currentSteps: [{ stepName: 'd' }] });
    await whole.run(ben, 'd');
    expect(await whole.get(ana)).toMatchObject({ closed: true });
  });

  test('what was passed over behind the last step is ahead again, and what was passed over before it is not', async () => {
    const never = { flow: { condition: "priority = 'High'" } };
    const children = [step('a', never), step('b'), step('c'), step('d', never), step('e', never)];
    const template = await publishedTemplate(admin, 'Passing to the end', children);
    const [job, urgent] = [await jobOf(ana, template), await jobOf(ana, template)];
    for (const { id } of [job, urgent]) {
      await ben.jobs.startSteps(id, []);
      await ben.jobs.finishSteps(id, []);
      await ben.jobs.startSteps(id, []);
      await ben.jobs.finishSteps(id, []);
    }
    await ana.jobs.reopenJobs([job.id, urgent.id]);
    expect(await job.get(ana)).toMatchObject({ percentComplete: 40, currentSteps: [{ stepName: 'c' }] });
    const drawn = (await ana.jobs.getJobDiagram(job.id)).steps.map(
      ({ name, progress }) => `${name}: ${DiagramStepProgress[progress]}`,
    );
    expect(drawn).toEqual(['a: PassedOver', 'b: Finished', 'c: Current', 'd: NotReached', 'e: NotReached']);
    await ana.jobs.updateJob(urgent.id, { priority: 'High' }, '');
    await urgent.run(ben, 'c');
    expect(await urgent.current(ana)).toEqual(['d']);
    expect(await urgent.get(ana)).toMatchObject({ percentComplete: 60 });
    await job.run(ben, 'c');
    expect(await job.get(ana)).toMatchObject({ closed: true, percentComplete: 100 });
  });

  test('a figure that was given is not counted: it is that of the closing until somebody gives another', async () => {
    const template = await publishedTemplate(admin, 'Given', [step('a'), step('b')]);
    const job = await jobOf(ana, template, { percentComplete: 25 });
    await ana.jobs.closeJobs([job.id]);
    await ana.jobs.reopenJobs([job.id]);
    expect(await job.get(ana)).toMatchObject({ percentComplete: 100 });
  });
});

describe('what is refused, with nothing reopened', () => {
  test('an open job', async () => {
    const [closed, open] = [await closedJob(), await newJob(admin, [step('a')])];
    const right = new RegExp(`job ${open.id} .* is open; leave it out of the list; no job was reopened`);
    const { details } = await refused(
      () => ana.jobs.reopenJobs([closed.id, open.id]),
      ErrorCode.WRONG_STATE,
      'job-open',
      right,
    );
    expect(details).toEqual({ jobId: open.id });
  });

  test('an unknown job, and one of another team', async () => {
    const closed = await closedJob();
    const foreign = await jobOf(outsider, await publishedTemplate(outsider, 'Secret recipe', [step('Stir')]));
    await outsider.jobs.closeJobs([foreign.id]);
    for (const id of ['no-such-job', foreign.id])
      await refused(
        () => ana.jobs.reopenJobs([closed.id, id]),
        ErrorCode.NOT_FOUND,
        'job-not-found',
        new RegExp(`no job ${id} in your teams`),
      );
  });

  test('somebody without jobReopenClosed', async () => {
    const job = await closedJob();
    await refused(
      () => ben.jobs.reopenJobs([job.id]),
      ErrorCode.INSUFFICIENT_PERMISSIONS,
      'insufficient-permissions',
      /jobReopenClosed/,
    );
  });

  test('an empty list, and one of more than ten thousand', async () => {
    await refused(() => ana.jobs.reopenJobs([]), ErrorCode.BAD_REQUEST, 'invalid-argument', /jobIds: empty/);
    const ids = Array.from({ length: 10_001 }, (_, index) => `job-${index}`);
    await refused(() => ana.jobs.reopenJobs(ids), ErrorCode.BAD_REQUEST, 'limit-exceeded', /10001 ids; at most 10000/);
  });
});

test('ten thousand jobs are closed and reopened, with a number of statements that does not grow with them', async () => {
  const template = await publishedTemplate(admin, 'Many', [step('a')]);
  const { jobIds } = await ana.jobs.createJobs(template.id, { numberOfJobs: 10_000 });
  const closing = await server.statementsOf(() => ana.jobs.closeJobs(jobIds));
  expect(closing.statements.length).toBeLessThanOrEqual(10);
  const { statements } = await server.statementsOf(() => ana.jobs.reopenJobs(jobIds));
  expect(statements.length).toBeLessThanOrEqual(12);
  for (const at of [0, 9_999])
    expect(await ana.jobs.getJob(jobIds[at]!, {})).toMatchObject({ closed: false, currentSteps: [{ stepName: 'a' }] });
});

test('two hundred jobs that had come to their end are reopened as cheaply', async () => {
  const template = await publishedTemplate(admin, 'Done', [step('a', { flow: { canSkip: true } })]);
  const { jobIds } = await ana.jobs.createJobs(template.id, { numberOfJobs: 200 });
  for (const jobId of jobIds) await ben.jobs.finishSteps(jobId, []);
  const { statements } = await server.statementsOf(() => ana.jobs.reopenJobs(jobIds));
  expect(statements.length).toBeLessThanOrEqual(12);
  for (const at of [0, 199])
    expect(await ana.jobs.getJob(jobIds[at]!, {})).toMatchObject({
      percentComplete: 0,
      currentSteps: [{ stepName: 'a' }],
    });
});
