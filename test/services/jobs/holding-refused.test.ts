/** addHolds, addDependency, releaseHolds and releaseDependency: every refusal, and that a call in which no step can writes nothing. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { type JobActionResponse, JobActionStepStatus } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import { jobOf, newJob, type StatusName, sequence, type TestJob } from '../../support/jobs.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { logInAdmin, newOutsider, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { hold, waitFor } from './held.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let outsider: TestUser;
/** What dependencies wait for. */
let other: TestJob;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.EXECUTOR);
  outsider = await newOutsider(server, admin);
  await admin.teams.removeUserFromTeam(outsider.teamId, admin.id).catch(() => undefined);
  other = await newJob(admin, [step('x'), step('y')]);
});
afterAll(() => server.stop());

type Act = (user: TestUser, jobId: string, stepIds: string[]) => Promise<JobActionResponse>;

const acts = {
  addHolds: (user, jobId, stepIds) => user.jobs.addHolds({ jobId, stepIds }),
  addDependency: (user, jobId, stepIds) => user.jobs.addDependency({ jobId, stepIds, dependentJobId: other.id }),
  releaseHolds: (user, jobId, stepIds) => user.jobs.releaseHolds({ jobId, stepIds }),
  releaseDependency: (user, jobId, stepIds) =>
    user.jobs.releaseDependency({ jobId, stepIds, dependentJobId: other.id }),
} satisfies Record<string, Act>;
type ActName = keyof typeof acts;

const adding: ActName[] = ['addHolds', 'addDependency'];
const releasing: ActName[] = ['releaseHolds', 'releaseDependency'];
const all = [...adding, ...releasing];

/** Passes when every step asked for is refused with this status, in the order asked for, and nothing is written. */
async function expectRefused(
  act: ActName,
  job: TestJob,
  stepIds: string[],
  status: StatusName,
  description: RegExp,
): Promise<void> {
  const response = await expectNothingWritten(server, () => acts[act](admin, job.id, stepIds));
  expect(response.success).toBe(false);
  expect(response.stepResponses.map(({ stepId }) => stepId)).toEqual(stepIds.length > 0 ? stepIds : ['']);
  for (const answer of response.stepResponses) {
    expect(JobActionStepStatus[answer.status]).toBe(status);
    expect(answer.statusDescription).toMatch(description);
  }
}

/** A job that has come to its end and stays open. */
async function endedOpenJob(): Promise<TestJob> {
  const template = await newTemplate(admin, 'Stays open', [step('a')]);
  await admin.templates.acquireLock(template.id);
  await admin.templates.update(template.id, { defaults: { closeAtEnd: false } });
  const job = await jobOf(admin, await admin.templates.publish(template.id));
  await job.run(ana, 'a');
  return job;
}

describe.each(adding)('%s', act => {
  test('of a step that runs: AlreadyExecuting', async () => {
    const job = await newJob(admin, [step('a')]);
    await job.start(ana, 'a');
    await expectRefused(act, job, job.steps('a'), 'AlreadyExecuting', /running already/);
    const response = await expectNothingWritten(server, () => acts[act](admin, job.id, []));
    expect(response.stepResponses).toMatchObject([
      { stepId: job.step('a'), status: JobActionStepStatus.AlreadyExecuting },
    ]);
  });

  test('of a closed job: JobClosed', async () => {
    const job = await newJob(admin, [step('a'), step('b')]);
    await admin.jobs.closeJobs([job.id]);
    await expectRefused(act, job, job.steps('a', 'b'), 'JobClosed', /reopen it first/);
    await expectRefused(act, job, [], 'JobClosed', /reopen it first/);
  });

  test('of a job without a current step, and none named: NoActiveStep', async () => {
    await expectRefused(act, await endedOpenJob(), [], 'NoActiveStep', /no current step/);
  });
});

describe.each(all)('%s', act => {
  test('of a step that the procedure does not have, or of a group: StepNotInDiagram', async () => {
    const job = await newJob(admin, [sequence('G', step('a'))]);
    const template = await admin.templates.get((await job.get(admin)).jobTemplateId);
    const stepIds = ['no-such-step', '', template.stepGroup.children[0]!.id];
    await expectRefused(act, job, stepIds, 'StepNotInDiagram', /no such step/);
  });

  test.each<[string, () => Promise<string>]>([
    ['that does not exist', async () => 'no-such-job'],
    ['without an id', async () => ''],
    ['of another team', async () => (await newJob(outsider, [step('secret')])).id],
  ])('of a job %s: job-not-found', async (_, jobId) => {
    const id = await jobId();
    await expectNothingWritten(server, () =>
      expectRefusal(acts[act](admin, id, []), ErrorCode.NOT_FOUND, 'job-not-found', /^params\.jobId: no job /),
    );
  });

  test('by somebody without the privilege: insufficient-permissions', async () => {
    const job = await newJob(admin, [step('a')]);
    const { details } = await expectNothingWritten(server, () =>
      expectRefusal(acts[act](ana, job.id, []), ErrorCode.INSUFFICIENT_PERMISSIONS, 'insufficient-permissions'),
    );
    expect(details).toMatchObject({ privilege: 'jobUpdateHolds' });
  });

  test('of more steps than a call may name: limit-exceeded', async () => {
    const job = await newJob(admin, [step('a')]);
    const stepIds = Array.from({ length: 1001 }, (_, n) => `s${n}`);
    await expectNothingWritten(server, () =>
      expectRefusal(
        acts[act](admin, job.id, stepIds),
        ErrorCode.BAD_REQUEST,
        'limit-exceeded',
        /params\.stepIds: 1001 ids; at most 1000/,
      ),
    );
  });
});

describe.each(releasing)('%s', act => {
  test('of a step that is not held so: NotHeld', async () => {
    const job = await newJob(admin, [step('a'), step('b')]);
    await expectRefused(act, job, job.steps('a', 'b'), 'NotHeld', /nothing to release/);
    await expectRefused(act, job, [], 'NotHeld', /nothing to release/);
    // What the other of the two releases is none of its business.
    await (act === 'releaseHolds' ? waitFor(admin, job, ['a'], other) : hold(admin, job, 'a'));
    await expectRefused(act, job, job.steps('a'), 'NotHeld', /nothing to release/);
    await expectRefused(act, job, [], 'NotHeld', /nothing to release/);
  });

  test('a second time: NotHeld', async () => {
    const job = await newJob(admin, [step('a')]);
    await (act === 'releaseHolds' ? hold(admin, job, 'a') : waitFor(admin, job, ['a'], other));
    expect((await acts[act](admin, job.id, job.steps('a'))).success).toBe(true);
    await expectRefused(act, job, job.steps('a'), 'NotHeld', /nothing to release/);
  });
});

describe.each(['addDependency', 'releaseDependency'] as const)('%s on', act => {
  test.each<[string, () => Promise<string>]>([
    ['a job that does not exist', async () => 'no-such-job'],
    ['a job without an id', async () => ''],
    ['a job of another team', async () => (await newJob(outsider, [step('secret')])).id],
  ])('%s: job-not-found', async (_, dependentJobId) => {
    const job = await newJob(admin, [step('a')]);
    const params = { jobId: job.id, stepIds: [], dependentJobId: await dependentJobId() };
    await expectNothingWritten(server, () =>
      expectRefusal(admin.jobs[act](params), ErrorCode.NOT_FOUND, 'job-not-found', /^params\.dependentJobId: no job /),
    );
  });

  test('a job of another team of the caller: job-not-found', async () => {
    const team = await admin.teams.create(`Second plant for ${act}`, '');
    const both = { ...(await logInAdmin(server)), teamId: team.id };
    const there = await newJob(both, [step('x')]);
    const job = await newJob(admin, [step('a')]);
    await expectNothingWritten(server, () =>
      expectRefusal(
        both.jobs[act]({ jobId: job.id, stepIds: [], dependentJobId: there.id }),
        ErrorCode.NOT_FOUND,
        'job-not-found',
        /^params\.dependentJobId: no job /,
      ),
    );
  });
});

test('addDependency on a step that the other job does not have: step-not-found', async () => {
  const job = await newJob(admin, [step('a')]);
  for (const dependentStepId of ['no-such-step', '', job.step('a')])
    await expectNothingWritten(server, () =>
      expectRefusal(
        admin.jobs.addDependency({ jobId: job.id, stepIds: [], dependentJobId: other.id, dependentStepId }),
        ErrorCode.NOT_FOUND,
        'step-not-found',
        /^params\.dependentStepId: the procedure of job .* has no step /,
      ),
    );
});
