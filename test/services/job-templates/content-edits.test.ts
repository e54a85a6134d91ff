/** Every function that edits content: with the lock each makes one entry, and where content may not be edited each is refused alike. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import type { BaseStep } from '#gen/step_types';
import { TeamRole } from '#gen/user_types';
import { uploadPicture } from '../../support/http.ts';
import { newMetadata } from '../../support/metadata.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { group, logInAdmin, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;
let metadataId: string;
/** Two that the template shows, and one that it does not. */
let documents: readonly string[];

let id: string;
let root: BaseStep;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
  ben = await newUser(server, admin, 'ben', TeamRole.AUTHOR);
  metadataId = (await newMetadata(admin, 'Area')).id;
  documents = [await uploadPicture(server, ana), await uploadPicture(server, ana), await uploadPicture(server, ana)];
});
afterAll(() => server.stop());

beforeEach(async () => {
  const children = [step('One'), group('Two', [step('Two one')])];
  ({ id, stepGroup: root } = await newTemplate(ana, 'Pump', children));
  await ana.templates.acquireLock(id);
  for (const document of documents.slice(0, 2)) await ana.templates.addDocument(id, 0, document);
});

const leaf = () => root.children[0]!;
const branch = () => root.children[1]!;

const edits: readonly (readonly [string, (templates: TestUser['templates']) => Promise<unknown>])[] = [
  ['update', templates => templates.update(id, { title: 'Edited' })],
  ['updateStepGroup', templates => templates.updateStepGroup(id, { ...root, children: [leaf()] })],
  ['updateRootHeaders', templates => templates.updateRootHeaders(id, { condition: 'Edited?' })],
  ['updateMetadata', templates => templates.updateMetadata(id, { [metadataId]: { text: 'North' } }, [])],
  ['addDocument', templates => templates.addDocument(id, 0, documents[2]!)],
  ['removeDocument', templates => templates.removeDocument(id, documents[0]!)],
  ['updateDocument', templates => templates.updateDocument(id, documents[0]!, 1)],
  ['addStep', templates => templates.addStep(id, root.id, step('New'), -1, false)],
  ['addStepGroup', templates => templates.addStepGroup(id, root.id, group('New', []), -1, false)],
  ['cloneStep', templates => templates.cloneStep(id, root.id, leaf().id, -1)],
  ['cloneStepGroup', templates => templates.cloneStepGroup(id, root.id, branch().id, -1)],
  ['addStepModular', templates => templates.addStepModular(id, root.id, step('New'), -1, false)],
  ['addStepGroupModular', templates => templates.addStepGroupModular(id, root.id, group('New', []), -1, false)],
  ['moveStepModular', templates => templates.moveStepModular(id, root.id, leaf().id, 0, branch().id, 0)],
  ['moveStepGroupModular', templates => templates.moveStepGroupModular(id, root.id, branch().id, 1, root.id, 0)],
  ['removeStepModular', templates => templates.removeStepModular(id, root.id, leaf().id, 0)],
  ['removeStepGroupModular', templates => templates.removeStepGroupModular(id, root.id, branch().id, 1)],
  ['cloneStepModular', templates => templates.cloneStepModular(id, root.id, leaf().id, 0, branch().id, 0)],
  ['cloneStepGroupModular', templates => templates.cloneStepGroupModular(id, root.id, branch().id, 1, root.id, 0)],
];

describe.each(edits)('%s', (_name, edit) => {
  const refused = (code: ErrorCode, slug: string, message: RegExp, user = ana) =>
    expectNothingWritten(server, () => expectRefusal(edit(user.templates), code, slug, message));

  test('by the holder of the lock makes one entry, Unpublished, on top of the latest', async () => {
    const before = await ana.templates.publish(id);
    await edit(ana.templates);
    expect(await ana.templates.get(id)).toMatchObject({
      version: before.version + 1,
      status: 'Unpublished',
      publicVersion: 0,
      publishedVersion: 0,
      locked: { owned: true },
    });
    expect(await ana.templates.getPublicVersion(id, 0)).toEqual({ ...before, locked: expect.anything() });
  });

  test('without the lock is refused, whoever has it', async () => {
    await refused(ErrorCode.TEMPLATE_NOT_LOCKED, 'template-not-locked', /held by ana.*forceAcquireLock/, ben);
    await ana.templates.releaseLock(id);
    await refused(ErrorCode.TEMPLATE_NOT_LOCKED, 'template-not-locked', /call acquireLock first/);
  });

  test('is refused while in review, of an archived template, and of one that is marked', async () => {
    await ana.templates.beginReview(id);
    await refused(ErrorCode.WRONG_STATE, 'template-in-review', /endReview first/);
    await ana.templates.endReview(id);
    for (const mark of ['readOnly', 'system'] as const) {
      await admin.templates.updateMarks(id, { [mark]: true });
      await refused(ErrorCode.NOT_ALLOWED, 'not-allowed', new RegExp(`is marked ${mark}`));
      await admin.templates.updateMarks(id, { [mark]: false });
    }
    await ana.templates.archive(id);
    await refused(ErrorCode.RESOURCE_ARCHIVED, 'template-archived', /unarchive it first/);
  });
});
