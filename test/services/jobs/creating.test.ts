/** createJobs: how many, under which ids and names, from which entry of the template, and who may. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { TeamRole } from '#gen/user_types';
import { jobOf } from '../../support/jobs.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import {
  leaves,
  logInAdmin,
  newOutsider,
  newTemplate,
  newUser,
  publishedTemplate,
  step,
  type TestUser,
} from '../../support/seed.ts';
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

/** For what counts from the beginning, or leaves so much behind that the other tests would be slow. */
async function onFreshServer(act: (fresh: TestServer, first: TestUser) => Promise<void>): Promise<void> {
  const fresh = await TestServer.start();
  try {
    await act(fresh, await logInAdmin(fresh));
  } finally {
    await fresh.stop();
  }
}

describe('the number of jobs', () => {
  test('one job when nothing is said, with the template, its version and its first step', async () => {
    const template = await publishedTemplate(admin, 'Pump overhaul', [step('Isolate'), step('Drain')]);
    const { jobIds, autoExecuted } = await ana.jobs.createJobs(template.id, {});
    expect({ count: jobIds.length, autoExecuted }).toEqual({ count: 1, autoExecuted: false });
    const job = await ana.jobs.getJob(jobIds[0]!, {});
    expect(job).toMatchObject({
      jobId: jobIds[0],
      jobTemplateId: template.id,
      jobTemplateName: 'Pump overhaul',
      diagramId: template.id,
      diagramName: 'Pump overhaul',
      diagramVersion: 1,
      createdBy: ana.id,
      ownedBy: ana.id,
      closed: false,
      percentComplete: 0,
      revision: 1,
      teamId: ana.teamId,
    });
    expect(job.currentSteps).toHaveLength(1);
    expect(job.currentSteps[0]).toMatchObject({ stepId: leaves(template.stepGroup)[0]!.id, stepName: 'Isolate' });
  });

  test('ten thousand jobs in one call have ids of their own, in the order of their numbers', () =>
    onFreshServer(async (fresh, first) => {
      const template = await publishedTemplate(first, 'Meter reading', [step('Read')]);
      const { jobIds } = await first.jobs.createJobs(template.id, { numberOfJobs: 10_000 });
      expect(new Set(jobIds).size).toBe(10_000);
      const names = new Map((await rowsOf(fresh, 'jobs')).map(row => [row.job_id, row.job_name]));
      expect(jobIds.map(id => names.get(id))).toEqual(jobIds.map((_, index) => `JOB_${index + 1}`));
      const last = await first.jobs.getJob(jobIds[9_999]!, {});
      expect(last.currentSteps.map(({ stepName }) => stepName)).toEqual(['Read']);
      expect(await first.jobs.getJobHistory(jobIds[9_999]!)).toHaveLength(1);
    }));

  test.each([0, -1, 10_001])('%i jobs are refused, and none is made', async numberOfJobs => {
    const template = await publishedTemplate(admin, `Counting ${numberOfJobs}`, [step('Only')]);
    await expectNothingWritten(server, () =>
      expectRefusal(
        ana.jobs.createJobs(template.id, { numberOfJobs }),
        ErrorCode.BAD_REQUEST,
        'limit-exceeded',
        /numberOfJobs: .*expected 1 to 10000/,
      ),
    );
  });
});

describe('names', () => {
  test('jobs that nothing names are called JOB_<n>, counted up per team', () =>
    onFreshServer(async (fresh, first) => {
      const other = await newOutsider(fresh, first);
      const template = await publishedTemplate(first, 'Named by number', [step('Only')]);
      const foreign = await publishedTemplate(other, 'In the other team', [step('Only')]);
      const names = async (user: TestUser, templateId: string, numberOfJobs: number) => {
        const { jobIds } = await user.jobs.createJobs(templateId, { numberOfJobs });
        return Promise.all(jobIds.map(async id => (await user.jobs.getJob(id, {})).jobName));
      };
      expect(await names(first, template.id, 2)).toEqual(['JOB_1', 'JOB_2']);
      expect(await names(other, foreign.id, 1)).toEqual(['JOB_1']);
      expect(await names(first, template.id, 3)).toEqual(['JOB_3', 'JOB_4', 'JOB_5']);
    }));

  test('two callers at once never get the same number', async () => {
    const template = await publishedTemplate(admin, 'Numbered at once', [step('Only')]);
    const calls = [ana, admin, ana, admin].map(user => user.jobs.createJobs(template.id, { numberOfJobs: 25 }));
    const ids = new Set((await Promise.all(calls)).flatMap(({ jobIds }) => jobIds));
    const rows = await rowsOf(server, 'jobs');
    const names = rows.filter(row => ids.has(row.job_id)).map(row => row.job_name);
    expect(names).toHaveLength(100);
    expect(new Set(names).size).toBe(100);
  });

  test('a name that is given goes to every job of the call', async () => {
    const template = await publishedTemplate(admin, 'Named by the caller', [step('Only')]);
    const { jobIds } = await ana.jobs.createJobs(template.id, { numberOfJobs: 2, jobName: 'Pump 4, north' });
    for (const jobId of jobIds) expect((await ana.jobs.getJob(jobId, {})).jobName).toBe('Pump 4, north');
  });
});

describe('the entry that a job runs', () => {
  test('a job stays on its version, steps included, when the template is edited and published again', async () => {
    const template = await publishedTemplate(admin, 'Hydrant', [step('Open'), step('Flush')]);
    const job = await jobOf(ana, template);
    await admin.templates.acquireLock(template.id);
    await admin.templates.update(template.id, { title: 'Hydrant, revised' });
    await admin.templates.addStepModular(template.id, template.stepGroup.id, step('Inspect first'), 0, false);
    await admin.templates.publish(template.id);
    expect(await job.get(ana)).toMatchObject({ diagramVersion: 1, diagramName: 'Hydrant', revision: 1 });
    await job.run(ana, 'Open', 'Flush');
    expect(await job.get(ana)).toMatchObject({ diagramVersion: 1, closed: true, percentComplete: 100 });
    const later = await jobOf(ana, await admin.templates.get(template.id));
    expect(await later.get(ana)).toMatchObject({ diagramVersion: 2, diagramName: 'Hydrant, revised' });
    expect(await later.current(ana)).toEqual(['Inspect first']);
  });

  test('an edit that is not published yet changes nothing for new jobs', async () => {
    const template = await publishedTemplate(admin, 'Boiler', [step('Cool down')]);
    await admin.templates.acquireLock(template.id);
    await admin.templates.addStepModular(template.id, template.stepGroup.id, step('Draft only'), 0, false);
    const job = await jobOf(ana, template);
    expect(await job.get(ana)).toMatchObject({ diagramVersion: 1 });
    expect(await job.current(ana)).toEqual(['Cool down']);
  });

  test('a template that was never published makes no jobs', async () => {
    const template = await newTemplate(admin, 'Still a draft', [step('Only')]);
    await expectNothingWritten(server, () =>
      expectRefusal(
        ana.jobs.createJobs(template.id, {}),
        ErrorCode.INVALID_VERSION,
        'not-published',
        /no published version; publish it/,
      ),
    );
  });
});

describe('who may create jobs', () => {
  test('a template of another team is not found', async () => {
    const outsider = await newOutsider(server, admin);
    const foreign = await publishedTemplate(outsider, 'Secret recipe', [step('Stir')]);
    const refusal = await expectRefusal(
      ana.jobs.createJobs(foreign.id, {}),
      ErrorCode.NOT_FOUND,
      'template-not-found',
      /no template .* in your teams/,
    );
    expect(refusal.message).not.toMatch(/Secret recipe|Other plant/);
  });

  test.each([
    ['EXECUTOR', TeamRole.EXECUTOR],
    ['AUTHOR', TeamRole.AUTHOR],
  ])('somebody who is only %s lacks jobCreate', async (name, role) => {
    const template = await publishedTemplate(admin, `Not for ${name}`, [step('Only')]);
    const ben = await newUser(server, admin, `ben-${name.toLowerCase()}`, role);
    await expectNothingWritten(server, () =>
      expectRefusal(
        ben.jobs.createJobs(template.id, {}),
        ErrorCode.INSUFFICIENT_PERMISSIONS,
        'insufficient-permissions',
        new RegExp(`jobCreate, which ADMIN and JOBCREATOR have.*${name}`),
      ),
    );
  });
});
