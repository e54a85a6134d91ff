/** What a team sets for its templates and jobs: names of statuses and priorities, the prefix of numbers, the limit of attachments. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Kysely } from 'kysely';
import { ErrorCode } from '#gen/common_types';
import { MAX_JOB_NAMES, type TeamConfig } from '#gen/team_types';
import { TeamRole } from '#gen/user_types';
import type { Database } from '../../../src/store/schema.ts';
import { jobOf } from '../../support/jobs.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { logInAdmin, newTemplate, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
});
afterAll(() => server.stop());

const { BAD_REQUEST, WRONG_STATE } = ErrorCode;
const configure = (config: Partial<TeamConfig>, teamId = admin.teamId) =>
  admin.teams.update(teamId, { config: config as TeamConfig });
const expectRefused = (call: () => Promise<unknown>, code: ErrorCode, slug: string, message: RegExp) =>
  expectNothingWritten(server, () => expectRefusal(call(), code, slug, message));

describe('jobs of a team', () => {
  test('have its statuses and priorities, and no others', async () => {
    const jobStatuses = ['Open', 'Waiting for parts', 'Closed'];
    const jobPriorities = ['Medium', 'Urgent'];
    expect((await configure({ jobStatuses, jobPriorities })).config).toMatchObject({ jobStatuses, jobPriorities });
    const template = await publishedTemplate(admin, 'Repair', [step('Look')]);
    const job = await jobOf(admin, template, { jobStatus: 'Waiting for parts', priority: 'Urgent' });
    expect(await job.get(admin)).toMatchObject({ jobStatus: 'Waiting for parts', priority: 'Urgent' });
    expect(await (await jobOf(admin, template)).get(admin)).toMatchObject({ jobStatus: 'Open', priority: 'Medium' });
    const create = (overrides: object) => () => admin.jobs.createJobs(template.id, overrides);
    await expectRefused(
      create({ jobStatus: 'On Hold' }),
      BAD_REQUEST,
      'unknown-status',
      /there are Open, Waiting for parts, Closed/,
    );
    await expectRefused(create({ priority: 'High' }), BAD_REQUEST, 'unknown-priority', /there are Medium, Urgent/);
    await configure({});
    await create({ jobStatus: 'On Hold', priority: 'High' })();
    await expectRefused(create({ priority: 'Urgent' }), BAD_REQUEST, 'unknown-priority', /there are Low, Medium, High/);
  });

  test("have them in their templates' defaults too", async () => {
    await configure({ jobStatuses: ['Open', 'Done', 'Closed'], jobPriorities: ['Medium', 'Urgent'] });
    const { id } = await newTemplate(admin, 'With defaults', [step('Look')]);
    await admin.templates.acquireLock(id);
    const update = (defaults: object) => () => admin.templates.update(id, { defaults });
    await update({ priority: 'Urgent', jobStatus: 'Open', finalStatus: 'Done' })();
    await expectRefused(update({ priority: 'High' }), BAD_REQUEST, 'unknown-priority', /there are Medium, Urgent/);
    await expectRefused(
      update({ finalStatus: 'On Hold' }),
      BAD_REQUEST,
      'unknown-status',
      /^finalStatus: .*Open, Done, Closed/,
    );
    const create = () => admin.templates.create(admin.teamId, { title: 'T', defaults: { jobStatus: 'On Hold' } }, []);
    await expectRefused(create, BAD_REQUEST, 'unknown-status', /Open, Done, Closed/);
    await configure({});
  });

  test('are numbered behind its prefix', async () => {
    await configure({ jobNumberPrefix: 'WO-' });
    const template = await publishedTemplate(admin, 'Numbered', [step('Look')]);
    const { jobName } = await (await jobOf(admin, template)).get(admin);
    expect(jobName).toMatch(/^WO-\d+$/);
    await configure({});
    expect((await (await jobOf(admin, template)).get(admin)).jobName).toBe(`JOB_${Number(jobName!.slice(3)) + 1}`);
  });

  test('take attachments up to its limit', async () => {
    await configure({ maxAttachmentBytes: 10 });
    const job = await jobOf(admin, await publishedTemplate(admin, 'Small files', [step('Look')]));
    const add = (bytes: number) => () =>
      admin.jobs.addAttachment({ jobId: job.id, fileName: 'a.txt', attachment: Buffer.alloc(bytes) });
    await add(10)();
    await expectRefused(add(11), BAD_REQUEST, 'limit-exceeded', /file: 11 bytes/);
    const begin = () => admin.jobs.beginAttachmentUpload({ jobId: job.id, fileName: 'a.txt' }, 11);
    await expectRefused(begin, BAD_REQUEST, 'limit-exceeded', /size: 11 bytes/);
    await configure({ maxAttachmentBytes: 0 });
    await add(11)();
    await configure({});
  });
});

test.each<[string, Partial<TeamConfig>, string, RegExp]>([
  [
    'statuses without Open',
    { jobStatuses: ['Closed'] },
    'invalid-argument',
    /jobStatuses: no "Open"; expected Open and Closed among them/,
  ],
  ['statuses without Closed', { jobStatuses: ['Open'] }, 'invalid-argument', /jobStatuses: no "Closed"/],
  ['priorities without Medium', { jobPriorities: ['High'] }, 'invalid-argument', /jobPriorities: no "Medium"/],
  [
    'a status twice',
    { jobStatuses: ['Open', 'open', 'Closed'] },
    'invalid-argument',
    /"open" is there twice|"Open" is there twice/,
  ],
  ['an empty status', { jobStatuses: ['Open', '', 'Closed'] }, 'invalid-argument', /jobStatuses: ""/],
  [
    'a status with a control character',
    { jobStatuses: ['Open', 'a\u0007', 'Closed'] },
    'invalid-argument',
    /jobStatuses/,
  ],
  ['a long status', { jobStatuses: ['Open', 'x'.repeat(251), 'Closed'] }, 'limit-exceeded', /jobStatuses: 251/],
  [
    'too many',
    { jobPriorities: Array.from({ length: MAX_JOB_NAMES + 1 }, (_, n) => `${n}`) },
    'limit-exceeded',
    /51 names; at most 50/,
  ],
  ['no prefix', { jobNumberPrefix: '' }, 'invalid-argument', /jobNumberPrefix: ""; expected 1 to 20/],
  ['a prefix with a space', { jobNumberPrefix: 'W O' }, 'invalid-argument', /jobNumberPrefix: "W O"/],
  ['a negative limit', { maxAttachmentBytes: -1 }, 'invalid-argument', /maxAttachmentBytes: -1/],
  ['a long language', { defaultLocale: 'x'.repeat(251) }, 'limit-exceeded', /defaultLocale: 251/],
])('%s is refused', (_, config, slug, message) => expectRefused(() => configure(config), BAD_REQUEST, slug, message));

describe('the review flow', () => {
  test('is switched on and off, but not off while templates wait for approval: they are named', async () => {
    const team = await admin.teams.create('Reviewed plant', '');
    await configure({ requireReviewFlow: true }, team.id);
    const author = { ...admin, teamId: team.id };
    const waiting = await newTemplate(author, 'Waiting', [step('Look')]);
    await newTemplate(author, 'Not waiting', [step('Look')]);
    const setStatus = (status: string) =>
      server.store.transact(async tx => {
        const { db } = tx.people as unknown as { db: Kysely<Database> };
        await db
          .updateTable('template_entries')
          .set({ status })
          .where('template_id', '=', waiting.id)
          .where('internal_version', '=', 2)
          .execute();
      });
    await setStatus('InReview');
    const off = () => configure({ requireReviewFlow: false }, team.id);
    const refusal = await expectRefused(
      off,
      WRONG_STATE,
      'templates-in-review',
      /in review: "Waiting"; end their reviews/,
    );
    expect(refusal.details).toEqual({ templateIds: waiting.id });
    await configure({ requireReviewFlow: true, showStepHierarchyPos: true }, team.id);
    await setStatus('Unpublished');
    expect((await off()).config.requireReviewFlow).toBe(false);
  });

  test('does not depend on other teams', async () => {
    const dee = await newUser(server, admin, 'dee', TeamRole.ADMIN);
    await dee.teams.update(dee.teamId, { config: { requireReviewFlow: false } as TeamConfig });
  });
});
