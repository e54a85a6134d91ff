/**
 * The versions of a template, act by act: what publish, review, archive and content edits make of its numbers, and what they are
 * refused with. Each test reads like a row of the table in the interface's introduction.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AbacUploadBehaviour } from '#gen/abac_types';
import { ErrorCode } from '#gen/common_types';
import { type JobTemplate, JobTemplateLockFailed } from '#gen/job_template_types';
import { TeamRole } from '#gen/user_types';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { logIn, logInAdmin, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { select } from './selection.ts';

let server: TestServer;
let ana: TestUser;
let ben: TestUser;
/** Author of a team that requires reviews. */
let rita: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  const admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR, TeamRole.JOBCREATOR);
  ben = await newUser(server, admin, 'ben', TeamRole.AUTHOR);
  const reviewed = await admin.teams.create('Reviewed', '');
  await admin.teams.update(reviewed.id, { config: { requireReviewFlow: true } });
  await admin.teams.createUser(reviewed.id, 'rita@example.org', 'ritas-long-password', 'rita', [
    TeamRole.AUTHOR,
    TeamRole.JOBCREATOR,
  ]);
  rita = await logIn(server, 'rita@example.org', 'ritas-long-password', reviewed.id);
});
afterAll(() => server.stop());

const draft = (author = ana) => newTemplate(author, 'Filter', [step('Close the valve')]);

/** A content edit by the holder of the lock. */
let edits = 0;
const edited = async (id: string, author = ana): Promise<JobTemplate> => {
  await author.templates.acquireLock(id);
  const template = await author.templates.update(id, { descrip: `Edit ${++edits}` });
  await author.templates.releaseLock(id);
  return template;
};

/** What counts of an entry. */
const numbers = ({ version, publicVersion, publishedVersion, status }: JobTemplate) => [
  version,
  publicVersion,
  publishedVersion,
  status,
];

const refused = (call: () => Promise<unknown>, code: ErrorCode, slug: string, message?: RegExp) =>
  expectNothingWritten(server, () => expectRefusal(call(), code, slug, message));

describe('create', () => {
  test('makes entry 1: publicVersion 0, Unpublished', async () => {
    expect(numbers(await ana.templates.create(ana.teamId, { title: 'T' }, []))).toEqual([1, 0, 0, 'Unpublished']);
  });
});

describe('a content edit', () => {
  test('makes a new entry on top of the latest: publicVersion 0, Unpublished', async () => {
    const { id } = await draft();
    await ana.templates.publish(id);
    expect(numbers(await edited(id))).toEqual([3, 0, 0, 'Unpublished']);
  });

  test('that changes nothing returns the latest entry and makes none', async () => {
    const { id, title } = await draft();
    await ana.templates.publish(id);
    await ana.templates.acquireLock(id);
    expect(numbers(await ana.templates.update(id, { title }))).toEqual([2, 1, 1, 'Published']);
  });

  test('without the lock is refused', async () => {
    const { id } = await draft();
    await refused(() => ana.templates.update(id, { title: 'T' }), ErrorCode.TEMPLATE_NOT_LOCKED, 'template-not-locked');
  });
});

describe('publish', () => {
  test('gives the latest entry the last published publicVersion + 1', async () => {
    const { id } = await draft();
    expect(numbers(await ana.templates.publish(id))).toEqual([2, 1, 1, 'Published']);
    await edited(id);
    expect(numbers(await ana.templates.publish(id))).toEqual([3, 2, 2, 'Published']);
  });

  test('never takes a number that a review has given', async () => {
    const { id } = await draft();
    expect(await ana.templates.beginReview(id)).toBe(1);
    await ana.templates.endReview(id);
    await edited(id);
    expect(numbers(await ana.templates.publish(id))).toEqual([3, 2, 1, 'Published']);
  });

  test('of a published entry is refused', async () => {
    const { id } = await draft();
    await ana.templates.publish(id);
    await refused(() => ana.templates.publish(id), ErrorCode.NOOP, 'already-published');
  });

  test('in a team with review flow is refused, and names publishVersion', async () => {
    const { id } = await draft(rita);
    await refused(() => rita.templates.publish(id), ErrorCode.WRONG_STATE, 'review-required', /publishVersion/);
  });
});

describe('beginReview', () => {
  test('gives the latest entry the greatest publicVersion + 1 and puts it into review', async () => {
    const { id } = await draft(rita);
    expect(await rita.templates.beginReview(id)).toBe(1);
    expect(numbers(await rita.templates.get(id))).toEqual([2, 1, 0, 'InReview']);
  });

  test('again after endReview keeps the publicVersion of the earlier review', async () => {
    const { id } = await draft(rita);
    await rita.templates.beginReview(id);
    await rita.templates.endReview(id);
    expect(await rita.templates.beginReview(id)).toBe(1);
  });

  test('after an edit gives a new one', async () => {
    const { id } = await draft(rita);
    await rita.templates.beginReview(id);
    await rita.templates.endReview(id);
    await edited(id, rita);
    expect(await rita.templates.beginReview(id)).toBe(2);
  });

  test('in review is refused', async () => {
    const { id } = await draft(rita);
    await rita.templates.beginReview(id);
    await refused(() => rita.templates.beginReview(id), ErrorCode.NOOP, 'already-in-review', /as version 1/);
  });

  test('of a published entry is refused', async () => {
    const { id } = await draft();
    await ana.templates.publish(id);
    await refused(() => ana.templates.beginReview(id), ErrorCode.WRONG_STATE, 'template-published');
  });

  test('while another token holds the lock is refused; its own lock is kept', async () => {
    const { id } = await draft();
    await ben.templates.acquireLock(id);
    await refused(() => ana.templates.beginReview(id), ErrorCode.WRONG_STATE, 'locked-by-other', /ben is editing/);
    expect(await ben.templates.beginReview(id)).toBe(1);
    expect((await ben.templates.get(id)).locked).toMatchObject({ owned: true });
  });
});

/** Edits of content: content-edits.test.ts has them all. */
describe('while in review', () => {
  test.each<[string, (id: string) => Promise<unknown>, ErrorCode, string]>([
    ['publish', id => ana.templates.publish(id), ErrorCode.WRONG_STATE, 'template-in-review'],
    ['acquireLock', id => ana.templates.acquireLock(id), ErrorCode.WRONG_STATE, 'template-in-review'],
    [
      'forceAcquireLock by another',
      id => ben.templates.forceAcquireLock(id),
      ErrorCode.WRONG_STATE,
      'template-in-review',
    ],
    ['revert', id => ana.templates.revert(id, 1), ErrorCode.REVERT_DISALLOWED, 'revert-disallowed'],
  ])('%s is refused, and nothing changes, though the caller holds the lock', async (_name, call, code, slug) => {
    const { id } = await draft();
    await ana.templates.acquireLock(id);
    await ana.templates.beginReview(id);
    await refused(() => call(id), code, slug);
  });
});

describe('endReview', () => {
  test('makes the entry Unpublished, releases the lock and returns the publicVersion', async () => {
    const { id } = await draft(rita);
    await rita.templates.acquireLock(id);
    await rita.templates.beginReview(id);
    expect(await rita.templates.endReview(id)).toBe(1);
    const template = await rita.templates.get(id);
    expect(numbers(template)).toEqual([2, 1, 0, 'Unpublished']);
    expect(template.locked).toBeNull();
  });

  test('without a review is refused', async () => {
    const { id } = await draft();
    await refused(() => ana.templates.endReview(id), ErrorCode.WRONG_STATE, 'not-in-review');
  });
});

describe('publishVersion', () => {
  test('publishes the entry with that publicVersion, an earlier one too', async () => {
    const { id } = await draft(rita);
    for (const publicVersion of [1, 2]) {
      expect(await rita.templates.beginReview(id)).toBe(publicVersion);
      await rita.templates.endReview(id);
      await edited(id, rita);
    }
    expect(numbers(await rita.templates.publishVersion(id, 2))).toEqual([3, 2, 1, 'Published']);
    expect(numbers(await rita.templates.publishVersion(id, 1))).toEqual([2, 1, 2, 'Published']);
    // The one that was published last is the current one, whatever its number.
    expect(numbers(await rita.templates.getPublicVersion(id, 0))).toEqual([2, 1, 2, 'Published']);
    expect(numbers(await rita.templates.get(id))).toEqual([4, 0, 0, 'Unpublished']);
    // By its place among the publications, which is not its public number.
    for (const [place, publicVersion] of [
      [1, 2],
      [2, 1],
    ] as const) {
      const asked = [{ jobTemplateId: id, publicVersion: place }];
      const answer = await rita.templates.fetchPublishedVersions(select(), asked);
      expect(answer[id]![place]!.template).toMatchObject({ publishedVersion: place, publicVersion });
    }
    const { jobIds } = await rita.jobs.createJobs(id, {});
    expect(await rita.jobs.getJob(jobIds[0]!, {})).toMatchObject({ diagramVersion: 2 });
  });

  test('of a number that no entry has is refused', async () => {
    const { id } = await draft(rita);
    await refused(() => rita.templates.publishVersion(id, 7), ErrorCode.INVALID_VERSION, 'version-not-found', /7/);
  });

  test('of an entry that is still in review is refused', async () => {
    const { id } = await draft(rita);
    await rita.templates.beginReview(id);
    await refused(() => rita.templates.publishVersion(id, 1), ErrorCode.WRONG_STATE, 'template-in-review');
  });

  test.each([0, -1])('of %i is refused as malformed', async version => {
    const { id } = await draft(rita);
    await refused(() => rita.templates.publishVersion(id, version), ErrorCode.BAD_REQUEST, 'invalid-argument');
  });

  test('of an entry that is published is refused', async () => {
    const { id } = await draft();
    await ana.templates.publish(id);
    await edited(id);
    await refused(() => ana.templates.publishVersion(id, 1), ErrorCode.NOOP, 'already-published');
  });
});

describe('archive', () => {
  test('covers all versions, and unarchive has them all again', async () => {
    const { id } = await draft();
    await ana.templates.publish(id);
    await edited(id);
    const archived = await ana.templates.archive(id);
    expect(archived.archivedAt).toBeGreaterThan(0);
    expect((await ana.templates.getPublicVersion(id, 1)).archivedAt).toBe(archived.archivedAt);
    expect((await ana.templates.unarchive(id)).archivedAt).toBe(0);
    expect(numbers(await ana.templates.getPublicVersion(id, 0))).toEqual([2, 1, 1, 'Published']);
  });

  test('again is refused, and so is unarchive of what is not archived', async () => {
    const { id } = await draft();
    await refused(() => ana.templates.unarchive(id), ErrorCode.NOOP, 'not-archived');
    await ana.templates.archive(id);
    await refused(() => ana.templates.archive(id), ErrorCode.NOOP, 'already-archived');
  });

  test('ends the lock', async () => {
    const { id } = await draft();
    await ben.templates.acquireLock(id);
    expect((await ana.templates.archive(id)).locked).toBeNull();
  });

  test.each<[string, (id: string) => Promise<unknown>]>([
    ['acquireLock', id => ana.templates.acquireLock(id)],
    ['forceAcquireLock', id => ana.templates.forceAcquireLock(id)],
    ['beginReview', id => ana.templates.beginReview(id)],
    ['endReview', id => ana.templates.endReview(id)],
    ['publish', id => ana.templates.publish(id)],
    ['publishVersion', id => ana.templates.publishVersion(id, 1)],
    ['revert', id => ana.templates.revert(id, 1)],
    ['updateTags', id => ana.templates.updateTags(id, [], [])],
    ['updateAttribute', id => ana.templates.updateAttribute(id, 'a', [], AbacUploadBehaviour.MERGE)],
    ['createJobs', id => ana.jobs.createJobs(id, {})],
  ])('then %s is refused', async (_name, call) => {
    const { id } = await draft();
    await ana.templates.publish(id);
    await ana.templates.archive(id);
    await refused(() => call(id), ErrorCode.RESOURCE_ARCHIVED, 'template-archived', /unarchive it first/);
  });
});

describe('marks', () => {
  let admin: TestUser;
  beforeAll(async () => {
    admin = await logInAdmin(server);
  });

  test.each<[string, object, (id: string) => Promise<unknown>]>([
    ['readOnly', { readOnly: true }, id => ana.templates.acquireLock(id)],
    ['readOnly', { readOnly: true }, id => ana.templates.publish(id)],
    ['readOnly', { readOnly: true }, id => ana.templates.beginReview(id)],
    ['readOnly', { readOnly: true }, id => ana.templates.archive(id)],
    ['readOnly', { readOnly: true }, id => ana.templates.forceAcquireLock(id)],
    ['readOnly', { readOnly: true }, id => ana.templates.updateTags(id, [], [])],
    ['system', { system: true }, id => ana.templates.publish(id)],
    ['system', { system: true }, id => ana.templates.beginReview(id)],
    ['system', { system: true }, id => ana.templates.acquireLock(id)],
    ['system', { system: true }, id => ana.templates.archive(id)],
    ['archiveDisabled', { archiveDisabled: true }, id => ana.templates.archive(id)],
  ])('%s keeps it as it is', async (mark, marks, call) => {
    const { id } = await draft();
    expect(await admin.templates.updateMarks(id, marks)).toMatchObject(marks);
    await refused(() => call(id), ErrorCode.NOT_ALLOWED, 'not-allowed', new RegExp(mark));
    const off = Object.fromEntries(Object.keys(marks).map(name => [name, false]));
    expect(await admin.templates.updateMarks(id, off)).toMatchObject(off);
    await call(id);
  });
});

test.each(['readOnly', 'system'])('%s keeps an archived template in the archive', async mark => {
  const admin = await logInAdmin(server);
  const { id } = await draft();
  await ana.templates.archive(id);
  await admin.templates.updateMarks(id, { [mark]: true });
  await refused(() => ana.templates.unarchive(id), ErrorCode.NOT_ALLOWED, 'not-allowed', new RegExp(mark));
});

test('archiveDisabled keeps a template out of the archive, and no more: it is taken out of it', async () => {
  const admin = await logInAdmin(server);
  const { id } = await draft();
  await ana.templates.archive(id);
  await admin.templates.updateMarks(id, { archiveDisabled: true });
  expect((await ana.templates.unarchive(id)).archivedAt).toBe(0);
  await refused(() => ana.templates.archive(id), ErrorCode.NOT_ALLOWED, 'not-allowed', /archiveDisabled/);
});

test.each(['readOnly', 'system'])('%s keeps it from being reverted', async mark => {
  const admin = await logInAdmin(server);
  const { id } = await draft();
  const { version } = await edited(id);
  await admin.templates.updateMarks(id, { [mark]: true });
  await refused(() => ana.templates.revert(id, 1), ErrorCode.NOT_ALLOWED, 'not-allowed', new RegExp(mark));
  expect((await ana.templates.get(id)).version).toBe(version);
});

test('readOnly keeps a version that was reviewed from being published', async () => {
  const admin = await logInAdmin(server);
  const { id } = await draft(ana);
  await ana.templates.beginReview(id);
  await ana.templates.endReview(id);
  await admin.templates.updateMarks(id, { readOnly: true });
  await refused(() => ana.templates.publishVersion(id, 1), ErrorCode.NOT_ALLOWED, 'not-allowed', /readOnly/);
});

test('the time of the last create, publication or end of review is told', async () => {
  const { id } = await draft();
  const at = () => ana.templates.get(id).then(({ lastPublishedAt }) => lastPublishedAt);
  const created = await at();
  // The clock runs on while the test does: seconds are not of interest.
  const minutes = async () => Math.floor(((await at()) - created) / 60);
  server.clock.forward(60_000);
  await ana.templates.beginReview(id);
  expect(await minutes()).toBe(1);
  server.clock.forward(60_000);
  await ana.templates.endReview(id);
  expect(await minutes()).toBe(2);
  server.clock.forward(60_000);
  await ana.templates.publishVersion(id, 1);
  expect(await minutes()).toBe(3);
});

test('of two who begin a review and take the lock at once, one is refused, and nobody edits what is in review', async () => {
  for (let round = 0; round < 30; round++) {
    const { id } = await draft();
    const [review, lock] = await Promise.allSettled([ana.templates.beginReview(id), ben.templates.acquireLock(id)]);
    expect([review.status, lock.status].sort()).toEqual(['fulfilled', 'rejected']);
    if (lock.status === 'rejected') expect(lock.reason).not.toBeInstanceOf(JobTemplateLockFailed);
  }
});
