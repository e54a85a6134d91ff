/** What cloneTemplate and createLocalTemplate refuse, archived roles above all, and what they copy though it is archived. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode, type SystemException } from '#gen/common_types';
import type { BaseStep } from '#gen/step_types';
import { TeamRole } from '#gen/user_types';
import { stepOf } from '../../support/jobs.ts';
import { newMetadata } from '../../support/metadata.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import {
  group,
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
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
});
afterAll(() => server.stop());

const refused = (call: () => Promise<unknown>, code: ErrorCode, slug: string): Promise<SystemException> =>
  expectNothingWritten(server, () => expectRefusal(call(), code, slug));
const roleArchived = (call: () => Promise<unknown>) => refused(call, ErrorCode.RESOURCE_ARCHIVED, 'role-archived');

let names = 0;
/** What steps are assigned to and can be archived: groups, and roles of the team's own. */
const kinds = [
  {
    kind: 'group',
    create: () => admin.connection.service('GroupService').create(admin.teamId, { name: `Crew ${++names}` }),
    archive: (id: string) => admin.connection.service('GroupService').archive(id),
    unarchive: (id: string) => admin.connection.service('GroupService').unarchive(id),
  },
  {
    kind: 'role',
    create: () => admin.connection.service('RoleService').create(admin.teamId, { name: `Role ${++names}` }),
    archive: (id: string) => admin.connection.service('RoleService').archive(id),
    unarchive: (id: string) => admin.connection.service('RoleService').unarchive(id),
  },
];
const [groups, roles] = kinds as [(typeof kinds)[0], (typeof kinds)[0]];

const idIn = (root: BaseStep, title: string): string => leaves(root).find(leaf => leaf.title === title)!.id;

describe('cloneTemplate', () => {
  test.each<[string, () => Promise<string>]>([
    ['that never was', async () => 'no-such-template'],
    ['without an id', async () => ''],
    ['of another team', async () => (await newTemplate(await newOutsider(server, admin), 'Theirs', [])).id],
  ])('of a template %s is refused', async (_which, made) => {
    const templateId = await made();
    const refusal = await refused(
      () => ana.templates.cloneTemplate(templateId),
      ErrorCode.NOT_FOUND,
      'template-not-found',
    );
    expect(refusal.message).toBe(`no template ${templateId} in your teams; give the id that create returned`);
    expect(refusal.details).toEqual({ templateId });
  });

  test('by somebody who may not create templates is refused', async () => {
    const eva = await newUser(server, admin, 'eva', TeamRole.EXECUTOR);
    const { id } = await newTemplate(ana, 'Pump', [step('One')]);
    const refusal = await refused(
      () => eva.templates.cloneTemplate(id),
      ErrorCode.INSUFFICIENT_PERMISSIONS,
      'insufficient-permissions',
    );
    expect(refusal.details).toMatchObject({ privilege: 'templateCreate' });
  });

  test.each(kinds)('is refused while a step is assigned to an archived $kind, and no longer', async kind => {
    const { id: roleId } = await kind.create();
    const { id, stepGroup } = await newTemplate(ana, 'Pump', [step('Free'), stepOf('By the crew', roleId)]);
    await kind.archive(roleId);
    const refusal = await roleArchived(() => ana.templates.cloneTemplate(id));
    const stepId = idIn(stepGroup, 'By the crew');
    expect(refusal.message).toBe(
      `steps are assigned to archived roles or groups: "By the crew" (${stepId}) to ${roleId}; assign them anew, or unarchive the role`,
    );
    expect(refusal.details).toEqual({ stepIds: stepId, roleIds: roleId });
    await kind.unarchive(roleId);
    expect((await ana.templates.cloneTemplate(id)).stepGroup).toEqual(stepGroup);
  });

  test('names every step that is assigned to an archived role or group, each of these once, and no other step', async () => {
    const [crew, open, role] = [await groups.create(), await groups.create(), await roles.create()];
    const { id, stepGroup } = await newTemplate(ana, 'Pump', [
      stepOf('Second crew', crew.id),
      stepOf('Open', open.id),
      group('Below', [group('Deep', [stepOf('By the role', role.id), stepOf('Executor', 'EXECUTOR')])]),
      stepOf('By ana', ana),
      stepOf('Crew again', crew.id),
    ]);
    await groups.archive(crew.id);
    await roles.archive(role.id);
    const refusal = await roleArchived(() => ana.templates.cloneTemplate(id));
    const named = ['Second crew', 'By the role', 'Crew again'];
    expect(refusal.details).toEqual({
      stepIds: named.map(title => idIn(stepGroup, title)).join(','),
      roleIds: [crew.id, role.id].join(','),
    });
    for (const title of named) expect(refusal.message).toContain(`"${title}" (${idIn(stepGroup, title)}) to `);
    for (const title of ['Open', 'Executor', 'By ana']) expect(refusal.message).not.toContain(title);
  });

  test('names the first 20 of more steps than that, and says how many more there are', async () => {
    const { id: roleId } = await groups.create();
    const many = Array.from({ length: 25 }, (_, n) => stepOf(`Step ${n}`, roleId));
    const { id, stepGroup } = await newTemplate(ana, 'Pump', [group('Many', many)]);
    await groups.archive(roleId);
    const refusal = await roleArchived(() => ana.templates.cloneTemplate(id));
    const first = leaves(stepGroup).slice(0, 20);
    expect(refusal.details).toEqual({ stepIds: first.map(leaf => leaf.id).join(','), roleIds: roleId });
    expect(refusal.message.match(/"Step \d+"/g)).toEqual(first.map(leaf => `"${leaf.title}"`));
    expect(refusal.message).toContain('; and 5 more; assign them anew');
  });

  test('goes by the latest entry: whom earlier ones were assigned to does not matter', async () => {
    const { id: roleId } = await groups.create();
    const { id, stepGroup } = await newTemplate(ana, 'Pump', [stepOf('By the crew', roleId)]);
    await groups.archive(roleId);
    await ana.templates.acquireLock(id);
    await ana.templates.addStepModular(id, stepGroup.id, stepOf('By executors', 'EXECUTOR'), 0, true);
    expect((await ana.templates.cloneTemplate(id)).stepGroup.children).toMatchObject([{ title: 'By executors' }]);
  });

  test('copies an archived template, with content that names what was archived since', async () => {
    const { id: metadataId } = await newMetadata(admin, 'Area');
    const headers = admin.connection.service('GroupHeaderContentService');
    const category = await headers.createCategory(admin.teamId, { name: 'Electrical' });
    const { id } = await newTemplate(ana, 'Pump', [step('One')]);
    await ana.templates.acquireLock(id);
    await ana.templates.updateMetadata(id, { [metadataId]: { text: 'North' } }, []);
    await ana.templates.updateRootHeaders(id, { category });
    await admin.connection.service('MetadataService').archive(admin.teamId, metadataId);
    await headers.archiveCategory(admin.teamId, category.id);
    const original = await ana.templates.archive(id);
    const clone = await ana.templates.cloneTemplate(id);
    expect(clone).toMatchObject({ version: 1, status: 'Unpublished', archivedAt: 0 });
    expect(clone.stepGroup).toEqual(original.stepGroup);
    expect(clone.stepGroup.impl.stepGroup!.headers!.category).toMatchObject({ id: category.id });
    expect(clone.metadataById).toEqual(original.metadataById);
    expect(clone.metadataById[metadataId]!.value).toMatchObject({ text: 'North' });
  });
});

describe('createLocalTemplate', () => {
  test.each(kinds)('is refused while the published entry assigns a step to an archived $kind', async kind => {
    const { id: roleId } = await kind.create();
    const { id, stepGroup } = await publishedTemplate(ana, 'Standard', [stepOf('By the crew', roleId)]);
    await admin.templates.updateMarks(id, { globalTemplate: true });
    await kind.archive(roleId);
    // A draft does not help: what is copied is the published entry.
    await ana.templates.acquireLock(id);
    await ana.templates.addStepModular(id, stepGroup.id, step('Free'), 0, true);
    const refusal = await roleArchived(() => ana.templates.createLocalTemplate(id));
    expect(refusal.details).toEqual({ stepIds: idIn(stepGroup, 'By the crew'), roleIds: roleId });
    await ana.templates.publish(id);
    expect((await ana.templates.createLocalTemplate(id)).stepGroup.children).toMatchObject([{ title: 'Free' }]);
  });
});
