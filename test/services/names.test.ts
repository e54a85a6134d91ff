/** Names of what people define: none has characters that nobody sees, none is empty or endless; nothing is written then. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode, MAX_NAME_LENGTH } from '#gen/common_types';
import { type Metadata, MetadataType, Owner } from '#gen/metadata_types';
import { uploadPicture } from '../support/http.ts';
import { expectRefusal, refusalOf } from '../support/refusals.ts';
import { expectNothingWritten } from '../support/rows.ts';
import { logInAdmin, type TestUser } from '../support/seed.ts';
import { TestServer } from '../support/server.ts';

const PASSWORD = 'a-quite-long-password';

let server: TestServer;
let admin: TestUser;
let made: { role: string; group: string; tag: string; category: string; picture: string; set: string };

const service = <S extends Parameters<TestUser['connection']['service']>[0]>(name: S) => admin.connection.service(name);

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  made = {
    role: (await service('RoleService').create(admin.teamId, { name: 'Role' })).id,
    group: (await service('GroupService').create(admin.teamId, { name: 'Group' })).id,
    tag: (await service('TagService').create('Tag', admin.teamId)).id,
    category: (await service('GroupHeaderContentService').createCategory(admin.teamId, { name: 'Category' })).id,
    picture: await uploadPicture(server, admin),
    set: (await service('DataSheetService').createSet(admin.teamId, { name: 'Set' } as never, [])).id,
  };
});
afterAll(() => server.stop());

const metadata = (key: string, options: string[]) =>
  ({ key, type: MetadataType.LIST, owner: Owner.JOB, constraints: { listOptions: { options } } }) as Metadata;

/** Everything that is called something, and how it comes to be called so. */
const naming: Readonly<Record<string, (name: string) => Promise<unknown>>> = {
  'a new team': name => admin.teams.create(name, ''),
  'a new team with its owner': name => admin.teams.createWithUser(name, 'o@example.org', PASSWORD, 'Owner', ''),
  'the owner of a new team': name => admin.teams.createWithUser('Team', 'o@example.org', PASSWORD, name, ''),
  'a team': name => admin.teams.update(admin.teamId, { name }),
  'a new user': name => admin.teams.createUser(admin.teamId, 'u@example.org', PASSWORD, name, []),
  'a user': name => admin.users.update({ id: admin.id, email: '', name, validatedAt: 0 }),
  'a token of a program': name => admin.auth.createApiToken({ name }),
  'a new role': name => service('RoleService').create(admin.teamId, { name }),
  'a role': name => service('RoleService').update(made.role, { name }),
  'a new group': name => service('GroupService').create(admin.teamId, { name }),
  'a group': name => service('GroupService').update(made.group, { name }),
  'a new tag': name => service('TagService').create(name, admin.teamId),
  'a tag': name => service('TagService').update(made.tag, name),
  metadata: name => service('MetadataService').add(admin.teamId, metadata(name, [])),
  'an option': name => service('MetadataService').add(admin.teamId, metadata('Key', [name])),
  'an attribute': name => service('AbacService').updateAttributes(admin.teamId, [{ id: '', label: name, values: [] }]),
  'a value of an attribute': name =>
    service('AbacService').updateAttributes(admin.teamId, [
      { id: '', label: 'Attribute', values: [{ id: '', label: name }] },
    ]),
  'a new category': name => service('GroupHeaderContentService').createCategory(admin.teamId, { name }),
  'a category': name => service('GroupHeaderContentService').updateCategory(admin.teamId, made.category, { name }),
  'an icon': name => service('GroupHeaderContentService').createNoticeIcon(admin.teamId, made.picture, name),
  'a new data sheet set': name => service('DataSheetService').createSet(admin.teamId, { name } as never, []),
  'a data sheet set': name => service('DataSheetService').updateSet(made.set, { name } as never),
  'a data sheet': name => service('DataSheetService').sheetOps(made.set, [{ add: { name } as never }]),
  'a column of data sheets': name =>
    service('DataSheetService').definitionOps(made.set, [{ add: { name, type: 1, position: -1 } as never }]),
  'a document': name => service('DocumentService').beginUpload({ teamId: admin.teamId, name, size: 1 }),
  'a document that is there': name => service('DocumentService').rename(made.picture, name),
};

describe.each(Object.entries(naming))('%s', (_, call) => {
  test.each<[string, string]>([
    ['a control character', 'a\u0007b'],
    ['an end of a line', 'a\nb'],
    ['U+0000', 'a\0b'],
    ['a mark that turns the direction', 'a\u202eb'],
    ['an invisible end of a paragraph', 'a\u2029b'],
    ['nothing', ' '],
  ])('has %s in its name: refused', (_what, name) =>
    expectNothingWritten(server, () => expectRefusal(call(name), ErrorCode.BAD_REQUEST, 'invalid-argument')),
  );

  test.each([2001, 1_000_000])('has a name of %i characters: refused', async length => {
    const refusal = await expectNothingWritten(server, () => refusalOf(call('x'.repeat(length))));
    expect([refusal.errorCode, refusal.slug]).toEqual([ErrorCode.BAD_REQUEST, 'limit-exceeded']);
    // The refusal does not send the name back.
    expect(JSON.stringify(refusal).length).toBeLessThan(2000);
  });
});

test('a name of as many characters as there may be is taken', async () => {
  const name = 'ü'.repeat(MAX_NAME_LENGTH);
  expect((await service('GroupService').create(admin.teamId, { name })).name).toBe(name);
});
