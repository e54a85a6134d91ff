/** Publishing: the numbers it gives, what it refuses, and that what was published once stays as it is. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import type { JobTemplate } from '#gen/job_template_types';
import type { Assignee } from '#gen/step_types';
import { AssigneeType } from '#gen/step_types';
import { TeamRole } from '#gen/user_types';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import {
  group,
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
let ben: TestUser;
const seconds = () => Math.floor(server.clock.now() / 1000);

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
  ben = await newUser(server, admin, 'ben', TeamRole.AUTHOR);
});
afterAll(() => server.stop());

const numbers = ({ version, publicVersion, publishedVersion, status }: JobTemplate) => ({
  version,
  publicVersion,
  publishedVersion,
  status,
});

const assigned = (assignee: Assignee) => ({ impl: { step: { stepFields: [], assignee } } });

describe('publish', () => {
  test('makes the latest entry public version 1 and changes nothing else of it', async () => {
    const draft = await newTemplate(ana, 'First', [step('One')]);
    server.clock.forward(20_000);
    const published = await ben.templates.publish(draft.id);
    expect(numbers(published)).toEqual({
      version: draft.version,
      publicVersion: 1,
      publishedVersion: 1,
      status: 'Published',
    });
    expect(published.publishedAt).toBeGreaterThanOrEqual(draft.lastAuthoredAt + 20);
    expect(published.publishedAt).toBeLessThanOrEqual(seconds());
    expect(published.lastPublishedAt).toBe(published.publishedAt);
    const { publicVersion, publishedVersion, status, publishedAt, lastPublishedAt, lastPublishedBy, ...rest } = draft;
    expect(published).toMatchObject({ ...rest, lastAuthor: ana.id, lastPublishedBy: ben.id });
    expect(await ana.templates.get(draft.id)).toEqual(published);
  });

  test('counts on from publication to publication, whatever lies between', async () => {
    const { id } = await newTemplate(ana, 'Counted', [step('One')]);
    await ana.templates.acquireLock(id);
    const published: JobTemplate[] = [await ana.templates.publish(id)];
    for (const draftsBetween of [1, 3, 2]) {
      for (let draft = 1; draft <= draftsBetween; draft++) {
        await ana.templates.update(id, { descrip: `draft ${published.length}.${draft}` });
      }
      published.push(await ana.templates.publish(id));
    }
    expect(published.map(numbers)).toEqual([
      { version: 2, publicVersion: 1, publishedVersion: 1, status: 'Published' },
      { version: 3, publicVersion: 2, publishedVersion: 2, status: 'Published' },
      { version: 6, publicVersion: 3, publishedVersion: 3, status: 'Published' },
      { version: 8, publicVersion: 4, publishedVersion: 4, status: 'Published' },
    ]);
  });

  test('counts per template', async () => {
    const first = await publishedTemplate(ana, 'One of two', [step('One')]);
    const second = await publishedTemplate(ana, 'Two of two', [step('One')]);
    expect([first.publicVersion, second.publicVersion]).toEqual([1, 1]);
  });

  test('needs no lock, and leaves the lock with whoever has it', async () => {
    const { id } = await newTemplate(ana, 'Locked', [step('One')]);
    await ben.templates.acquireLock(id);
    const published = await ana.templates.publish(id);
    expect(published.locked).toMatchObject({ owned: false, lockHolder: { id: ben.id } });
    expect((await ben.templates.update(id, { title: 'Locked still' })).version).toBe(published.version + 1);
  });

  test('accepts steps for users of the team and for its roles', async () => {
    const published = await publishedTemplate(ana, 'Assigned', [
      step('Ben', assigned({ id: ben.id, type: AssigneeType.User })),
      group('Below', [step('Anyone', assigned({ id: 'EXECUTOR', type: AssigneeType.Role }))]),
    ]);
    expect(published.status).toBe('Published');
  });

  test('is refused when the latest entry is published, and says as which version', async () => {
    const { id } = await publishedTemplate(ana, 'Twice', [step('One')]);
    const refusal = await expectNothingWritten(server, () =>
      expectRefusal(ana.templates.publish(id), ErrorCode.NOOP, 'already-published', /as version 1.*edit it/),
    );
    expect(refusal.details).toEqual({ publicVersion: '1' });
  });

  test('is refused without a step to run, also when there are groups', async () => {
    const { id } = await newTemplate(ana, 'Empty', []);
    const hollow = await newTemplate(ana, 'Hollow', [group('Empty', [group('Empty too', [])])]);
    for (const templateId of [id, hollow.id]) {
      await expectNothingWritten(server, () =>
        expectRefusal(
          ana.templates.publish(templateId),
          ErrorCode.BAD_REQUEST,
          'invalid-procedure',
          /no steps.*addStepModular/,
        ),
      );
    }
  });

  test('is refused for assignees who are not there, with every fault by step', async () => {
    const outsider = await newOutsider(server, admin);
    const { id } = await newTemplate(ana, 'Nobody', [
      step('For nobody', assigned({ id: 'no-such-user', type: AssigneeType.User })),
      step('For ben', assigned({ id: ben.id, type: AssigneeType.User })),
      group('Below', [
        step('For a stranger', assigned({ id: outsider.id, type: AssigneeType.User })),
        step('For no role', assigned({ id: 'WELDER', type: AssigneeType.Role })),
      ]),
    ]);
    const refusal = await expectNothingWritten(server, () =>
      expectRefusal(ana.templates.publish(id), ErrorCode.BAD_REQUEST, 'invalid-procedure'),
    );
    expect(refusal.message).toMatch(/"For nobody".*no-such-user.*"For a stranger".*"For no role".*WELDER.*EXECUTOR/);
    expect(refusal.message).not.toContain('For ben');
    expect(refusal.details).toEqual({ faults: '3' });
  });

  test('is refused in a team with review flow, which publishes with publishVersion', async () => {
    const { id } = await newTemplate(ana, 'Reviewed', [step('One')]);
    const { config } = await admin.teams.get(admin.teamId);
    await admin.teams.update(admin.teamId, { config: { ...config, requireReviewFlow: true } });
    await expectNothingWritten(server, () =>
      expectRefusal(ana.templates.publish(id), ErrorCode.WRONG_STATE, 'review-required', /publishVersion/),
    );
    await admin.teams.update(admin.teamId, { config });
    expect((await ana.templates.publish(id)).publicVersion).toBe(1);
  });
});

describe('getPublicVersion', () => {
  let id: string;
  let published: JobTemplate[];

  beforeAll(async () => {
    ({ id } = await newTemplate(ana, 'Read back', [step('One')]));
    await ana.templates.acquireLock(id);
    published = [await ana.templates.publish(id)];
    for (const title of ['Two', 'Three']) {
      await ana.templates.addStepModular(id, published[0]!.stepGroup.id, step(title), -1, false);
      published.push(await ana.templates.publish(id));
    }
    await ana.templates.update(id, { title: 'In work' });
    await ana.templates.releaseLock(id);
  });

  test('answers each published entry as it was: several are Published at once', async () => {
    for (const entry of published) {
      const read = await ben.templates.getPublicVersion(id, entry.publicVersion);
      expect(numbers(read)).toEqual(numbers(entry));
      expect(read.stepGroup).toEqual(entry.stepGroup);
      expect(read.publishedAt).toBe(entry.publishedAt);
    }
  });

  test('answers the current published entry for 0, not the draft above it', async () => {
    const current = await ben.templates.getPublicVersion(id, 0);
    expect(numbers(current)).toEqual(numbers(published[2]!));
    expect(current).toEqual(await ben.templates.getPublicVersion(id, 3));
    expect((await ben.templates.get(id)).title).toBe('In work');
  });

  test('refuses a version that no entry has', async () => {
    const refusal = await expectRefusal(
      ana.templates.getPublicVersion(id, 4),
      ErrorCode.INVALID_VERSION,
      'version-not-found',
      /no entry has the public version 4/,
    );
    expect(refusal.details).toEqual({ publicVersion: '4' });
  });

  test('refuses 0 while nothing is published, and a negative version always', async () => {
    const draft = await newTemplate(ana, 'Unpublished', [step('One')]);
    await expectRefusal(
      ana.templates.getPublicVersion(draft.id, 0),
      ErrorCode.INVALID_VERSION,
      'not-published',
      /publish makes one/,
    );
    await expectRefusal(
      ana.templates.getPublicVersion(id, -1),
      ErrorCode.BAD_REQUEST,
      'invalid-argument',
      /publicVersion: -1.*1 or more, or 0/,
    );
  });
});

describe('a published entry', () => {
  test('is answered the same, field for field, after edits of all kinds above it', async () => {
    const template = await publishedTemplate(ana, 'Kept', [step('One'), group('Two', [step('Two one')])]);
    const before = await ana.templates.getPublicVersion(template.id, 1);
    await ana.templates.acquireLock(template.id);
    const root = template.stepGroup;
    await ana.templates.update(template.id, { title: 'Edited', descrip: 'Edited', defaults: { jobName: 'Edited' } });
    await ana.templates.updateRootHeaders(template.id, { condition: 'Edited?' });
    await ana.templates.addStepModular(template.id, root.children[1]!.id, step('Deep'), 0, false);
    await ana.templates.addStepModular(template.id, root.id, step('In its place'), 0, true);
    await ana.templates.addStepGroupModular(template.id, root.id, group('In its place', [step('Leaf')]), 1, true);
    await ana.templates.releaseLock(template.id);
    expect(await ana.templates.getPublicVersion(template.id, 1)).toEqual(before);
    await server.restart();
    const { templates, auth } = await reconnected(ana);
    expect(await auth.ping()).toBe('test');
    expect(await templates.getPublicVersion(template.id, 1)).toEqual(before);
    const next = await templates.publish(template.id);
    const { lastPublishedAt, ...entry } = before;
    expect(await templates.getPublicVersion(template.id, 1)).toEqual({
      ...entry,
      lastPublishedAt: next.lastPublishedAt,
    });
  });
});

async function reconnected(user: TestUser) {
  const connection = await server.connect();
  const auth = connection.service('AuthenticationService');
  await auth.authenticate(user.token);
  return { auth, templates: connection.service('JobTemplateService') };
}
