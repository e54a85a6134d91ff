/** Templates made of others, and earlier content made the latest. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AbacUploadBehaviour } from '#gen/abac_types';
import { ErrorCode } from '#gen/common_types';
import type { JobTemplate } from '#gen/job_template_types';
import { TeamRole } from '#gen/user_types';
import { newMetadata } from '../../support/metadata.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { group, logInAdmin, newTemplate, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { select } from './selection.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
  ben = await newUser(server, admin, 'ben', TeamRole.AUTHOR);
});
afterAll(() => server.stop());

const steps = () => [step('One'), group('Two', [step('Two one')])];
const refused = (call: () => Promise<unknown>, code: ErrorCode, slug: string, message?: RegExp) =>
  expectNothingWritten(server, () => expectRefusal(call(), code, slug, message), 'template_locks');

describe('cloneTemplate', () => {
  test('makes a template with the content of the latest entry, and stores no step again', async () => {
    const { id: metadataId } = await newMetadata(admin, 'Area');
    const original = await publishedTemplate(ana, 'Pump', steps());
    await ana.templates.acquireLock(original.id);
    await ana.templates.updateMetadata(original.id, { [metadataId]: { text: 'North' } }, []);
    const nodes = (await rowsOf(server, 'step_nodes')).length;
    const clone = await ben.templates.cloneTemplate(original.id);
    expect((await rowsOf(server, 'step_nodes')).length).toBe(nodes);
    expect(clone).toMatchObject({
      title: 'Pump',
      version: 1,
      publicVersion: 0,
      publishedVersion: 0,
      lastAuthor: ben.id,
    });
    expect(clone).toMatchObject({ status: 'Unpublished', locked: null, localTemplate: false });
    expect(clone.id).not.toBe(original.id);
    expect(clone.stepGroup).toEqual(original.stepGroup);
    expect(clone.metadataById[metadataId]!.value).toMatchObject({ text: 'North' });
  });

  test('goes its own way', async () => {
    const original = await newTemplate(ana, 'Pump', steps());
    const { id, stepGroup } = await ana.templates.cloneTemplate(original.id);
    await ana.templates.acquireLock(id);
    await ana.templates.removeStepModular(id, stepGroup.id, stepGroup.children[0]!.id, 0);
    expect((await ana.templates.get(original.id)).stepGroup.children).toHaveLength(2);
    expect((await ana.templates.get(id)).stepGroup.children).toHaveLength(1);
  });

  test('takes tags and attribute values along', async () => {
    const original = await newTemplate(ana, 'Pump', steps());
    const tag = await admin.connection.service('TagService').create('Cloned', admin.teamId);
    await ana.templates.updateTags(original.id, [{ tagId: tag.id, comment: 'why' }], []);
    const abac = admin.connection.service('AbacService');
    const values = [{ id: '', label: 'North' }];
    const attribute = (await abac.updateAttributes(admin.teamId, [{ id: '', label: 'Site', values }])).at(-1)!;
    await ana.templates.updateAttribute(original.id, attribute.id, attribute.values, AbacUploadBehaviour.CLOBBER);
    const { id } = await ana.templates.cloneTemplate(original.id);
    const { [id]: answer } = await ana.templates.fetch(select('includeTags', 'includeAttributes'), [id]);
    expect(answer!.template!.templateTags).toMatchObject([{ tagId: tag.id, comment: 'why' }]);
    expect(answer!.template!.attributes).toMatchObject([{ id: attribute.id, values: [{ label: 'North' }] }]);
  });
});

describe('createLocalTemplate', () => {
  const global = async (): Promise<JobTemplate> => {
    const { id } = await publishedTemplate(ana, 'Standard', steps());
    return admin.templates.updateMarks(id, { globalTemplate: true });
  };
  const fetched = async (id: string) => (await ana.templates.fetch(select(), [id]))[id]!.template!;

  test('makes a template of the published content that remembers where it is from', async () => {
    const source = await global();
    await ana.templates.acquireLock(source.id);
    await ana.templates.update(source.id, { title: 'Standard, next' });
    const local = await ana.templates.createLocalTemplate(source.id);
    expect(local).toMatchObject({ title: 'Standard', version: 1, localTemplate: true, globalTemplate: false });
    expect(local).toMatchObject({ sourceTemplateId: source.id, sourceTemplateVersion: 1 });
    expect(await fetched(local.id)).toMatchObject({ globalTemplateVersion: 1, localTemplateOutdated: false });
  });

  test('is outdated once the global one is published again, and may be edited all the same', async () => {
    const source = await global();
    const local = await ana.templates.createLocalTemplate(source.id);
    await ana.templates.acquireLock(source.id);
    await ana.templates.update(source.id, { descrip: 'New' });
    await ana.templates.publish(source.id);
    expect(await fetched(local.id)).toMatchObject({ globalTemplateVersion: 2, localTemplateOutdated: true });
    await ana.templates.acquireLock(local.id);
    expect((await ana.templates.update(local.id, { title: 'Ours' })).title).toBe('Ours');
    expect(await fetched(source.id)).toMatchObject({ globalTemplateVersion: null, localTemplateOutdated: null });
  });

  test('of one that is not global, was never published, or is archived is refused', async () => {
    const plain = await publishedTemplate(ana, 'Plain', steps());
    await refused(
      () => ana.templates.createLocalTemplate(plain.id),
      ErrorCode.NOT_ALLOWED,
      'not-allowed',
      /not global/,
    );
    const draft = await newTemplate(ana, 'Draft', steps());
    await admin.templates.updateMarks(draft.id, { globalTemplate: true });
    await refused(
      () => ana.templates.createLocalTemplate(draft.id),
      ErrorCode.NOT_ALLOWED,
      'not-allowed',
      /never published/,
    );
    const source = await global();
    await ana.templates.archive(source.id);
    await refused(() => ana.templates.createLocalTemplate(source.id), ErrorCode.RESOURCE_ARCHIVED, 'template-archived');
  });
});

describe('revert', () => {
  test('makes the content of an earlier entry the latest one, as a new entry', async () => {
    const first = await newTemplate(ana, 'Pump', steps());
    await ana.templates.acquireLock(first.id);
    await ana.templates.update(first.id, { title: 'Other', descrip: 'Other' });
    await ana.templates.removeStepModular(first.id, first.stepGroup.id, first.stepGroup.children[0]!.id, 0);
    const nodes = (await rowsOf(server, 'step_nodes')).length;
    await ana.templates.revert(first.id, first.version);
    expect((await rowsOf(server, 'step_nodes')).length).toBe(nodes);
    const latest = await ana.templates.get(first.id);
    expect(latest).toMatchObject({ title: 'Pump', descrip: '', version: first.version + 3, publicVersion: 0 });
    expect(latest.stepGroup).toEqual(first.stepGroup);
  });

  test('is refused without the lock, against another holder, for the latest entry and for one that is not there', async () => {
    const { id, version } = await newTemplate(ana, 'Pump', steps());
    await refused(() => ana.templates.revert(id, 1), ErrorCode.TEMPLATE_NOT_LOCKED, 'template-not-locked');
    await ben.templates.acquireLock(id);
    await refused(
      () => ana.templates.revert(id, 1),
      ErrorCode.REVERT_DISALLOWED,
      'revert-disallowed',
      /ben is editing/,
    );
    await refused(() => ben.templates.revert(id, version), ErrorCode.NOOP, 'already-latest');
    await refused(() => ben.templates.revert(id, 99), ErrorCode.INVALID_VERSION, 'version-not-found', /it has 1 to 3/);
  });
});

describe('fetching versions', () => {
  test('by public and by published versions, each in its place or with the reason why not', async () => {
    const { id } = await publishedTemplate(ana, 'Pump', steps());
    await ana.templates.acquireLock(id);
    await ana.templates.update(id, { title: 'Pump 2' });
    await ana.templates.beginReview(id);
    await ana.templates.endReview(id);
    await ana.templates.publishVersion(id, 2);
    const draft = await newTemplate(ana, 'Draft', []);
    const ask = (versions: [string, number][]) =>
      versions.map(([jobTemplateId, publicVersion]) => ({ jobTemplateId, publicVersion }));
    const asked = ask([
      [id, 0],
      [id, 1],
      [id, 2],
      [id, 3],
      [id, -1],
      [draft.id, 0],
      ['lost', 1],
    ]);
    for (const fetch of ['fetchPublicVersions', 'fetchPublishedVersions'] as const) {
      const answer = await ana.templates[fetch](select('includeSteps'), asked);
      expect(answer[id]![0]!.template).toMatchObject({ title: 'Pump 2', publicVersion: 2, publishedVersion: 2 });
      expect(answer[id]![1]!.template).toMatchObject({ title: 'Pump', publicVersion: 1, publishedVersion: 1 });
      expect(answer[id]![1]!.template!.stepGroup!.children).toHaveLength(2);
      expect(answer[id]![2]!.template).toMatchObject({ title: 'Pump 2' });
      expect(answer[id]![3]!.err).toMatchObject({ errorCode: ErrorCode.INVALID_VERSION, slug: 'version-not-found' });
      expect(answer[id]![-1]!.err).toMatchObject({ errorCode: ErrorCode.INVALID_VERSION, slug: 'version-not-found' });
      expect(answer[draft.id]![0]!.err).toMatchObject({ errorCode: ErrorCode.INVALID_VERSION, slug: 'not-published' });
      expect(answer.lost![1]!.err).toMatchObject({ errorCode: ErrorCode.NOT_FOUND, slug: 'template-not-found' });
    }
  });

  test('getLatestVersions leaves out what is not there', async () => {
    const { id, version } = await newTemplate(ana, 'Pump', steps());
    expect(await ana.templates.getLatestVersions([id, 'lost'])).toEqual({ [id]: version });
  });
});
