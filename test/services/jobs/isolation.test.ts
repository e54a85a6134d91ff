/**
 * Nothing of a team's jobs is there for another team: each function answers for a foreign job exactly as for one that does not exist.
 * And nothing at all for callers without a valid token.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { AssignedType } from '#gen/flow_types';
import type { JobTemplate } from '#gen/job_template_types';
import { TeamRole } from '#gen/user_types';
import { membership } from '../../../src/engine/people.ts';
import type { Clients } from '../../../src/services/generated.ts';
import { jobOf, type TestJob } from '../../support/jobs.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { logInAdmin, newOutsider, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { ADMIN, TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let outsider: TestUser;
let template: JobTemplate;
let job: TestJob;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  outsider = await newOutsider(server, admin);
  template = await publishedTemplate(admin, 'Secret recipe', [step('Stir slowly')]);
  job = await jobOf(admin, template, { jobName: 'Secret batch', notes: 'Hush' });
});

afterAll(() => server.stop());

type Jobs = Clients['JobsService'];

interface Ids {
  readonly jobId: string;
  readonly stepId: string;
  readonly templateId: string;
}

/** Every function that is served, the slug of its "not found", and a call of it with ids. */
const functions: [string, string, (jobs: Jobs, ids: Ids) => Promise<unknown>][] = [
  ['createJobs', 'template-not-found', (jobs, { templateId }) => jobs.createJobs(templateId, {})],
  ['getJob', 'job-not-found', (jobs, { jobId }) => jobs.getJob(jobId, {})],
  ['startSteps', 'job-not-found', (jobs, { jobId, stepId }) => jobs.startSteps(jobId, [stepId])],
  ['startSteps of all', 'job-not-found', (jobs, { jobId }) => jobs.startSteps(jobId, [])],
  ['finishSteps', 'job-not-found', (jobs, { jobId, stepId }) => jobs.finishSteps(jobId, [stepId])],
  ['closeJobs', 'job-not-found', (jobs, { jobId }) => jobs.closeJobs([jobId])],
  ['getJobHistory', 'job-not-found', (jobs, { jobId }) => jobs.getJobHistory(jobId)],
  ['getJobLocation', 'job-not-found', (jobs, { jobId }) => jobs.getJobLocation(jobId)],
  ['setJobLocation', 'job-not-found', (jobs, { jobId }) => jobs.setJobLocation(jobId, { x: 8.5, y: 47.4 })],
];

const own = (): Ids => ({ jobId: job.id, stepId: job.step('Stir slowly'), templateId: template.id });

describe.each(functions)('%s', (_, slug, call) => {
  test("with another team's ids is 404, word for word as with ids that do not exist", async () => {
    const foreign = await expectNothingWritten(server, () =>
      expectRefusal(call(outsider.jobs, own()), ErrorCode.NOT_FOUND, slug, /in your teams/),
    );
    const nowhere = { jobId: 'no-job', stepId: 'no-step', templateId: 'no-template' };
    const unknown = await expectRefusal(call(outsider.jobs, nowhere), ErrorCode.NOT_FOUND, slug);
    const neutral = (message: string) => message.replace(job.id, 'no-job').replace(template.id, 'no-template');
    expect(neutral(foreign.message)).toBe(unknown.message);
    const told = JSON.stringify({ ...foreign, rqId: '' });
    for (const secret of [admin.teamId, ADMIN.teamName, admin.id, 'Secret', 'Stir', 'Hush']) {
      expect(told).not.toContain(secret);
    }
  });

  test('without a token is 401', async () => {
    const connection = await server.connect();
    await expectNothingWritten(server, () =>
      expectRefusal(
        call(connection.service('JobsService'), own()),
        ErrorCode.UNAUTHORIZED,
        'not-logged-in',
        /call login, or authenticate/,
      ),
    );
  });
});

describe('roles of one team', () => {
  let mia: TestUser;
  let theirs: TestJob;

  // A user of two teams with different roles: no function that is served yet makes one.
  beforeAll(async () => {
    mia = await newUser(server, admin, 'mia', TeamRole.EXECUTOR, TeamRole.JOBCREATOR);
    await server.store.transact(tx =>
      tx.people.insertMembership(membership(outsider.teamId, mia.id, ['AUTHOR'], server.clock.now())),
    );
    const foreign = await publishedTemplate(outsider, 'Theirs', [step('Shared')]);
    theirs = await jobOf(outsider, foreign, { assignedType: AssignedType.Group, assignedTo: 'EXECUTOR' });
  });

  test('make nobody a member of the group of the same name in another', async () => {
    await expectNothingWritten(server, async () => {
      expect(await theirs.start(mia, 'Shared')).toEqual(['AssignedToDifferentUser']);
    });
  });

  test('grant nothing in another', async () => {
    const { jobTemplateId } = await theirs.get(mia);
    const right = /your roles in this team: AUTHOR/;
    for (const call of [mia.jobs.createJobs(jobTemplateId, {}), mia.jobs.closeJobs([theirs.id])]) {
      await expectRefusal(call, ErrorCode.INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', right);
    }
    expect((await mia.jobs.createJobs(template.id, {})).jobIds).toHaveLength(1);
  });
});

test('a token that has ended on another connection is 497 for every function', async () => {
  const ana = await newUser(server, admin, 'ana', TeamRole.ADMIN);
  const twin = await server.connect();
  await twin.service('AuthenticationService').authenticate(ana.token);
  await ana.auth.logout();
  const right = /unknown or was revoked; log in again/;
  for (const [, , call] of functions) {
    await expectNothingWritten(server, () =>
      expectRefusal(call(twin.service('JobsService'), own()), ErrorCode.INVALID_TOKEN, 'invalid-token', right),
    );
  }
});

test('a token that has expired is 498 for every function', async () => {
  const ben = await newUser(server, admin, 'ben', TeamRole.ADMIN);
  server.clock.forward(12 * 3_600_000);
  for (const [, , call] of functions) {
    await expectNothingWritten(server, () =>
      expectRefusal(call(ben.jobs, own()), ErrorCode.TOKEN_EXPIRED, 'token-expired', /expired at .*; log in again/),
    );
  }
});
