/** updateRootHeaders: an edit like any other, of the root group's headers. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ErrorCode, MAX_DESCRIPTION_LENGTH } from '#gen/common_types';
import type { NoticeHeader, StepGroupHeaders } from '#gen/group_headers_types';
import { TeamRole } from '#gen/user_types';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { logInAdmin, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let ana: TestUser;
let id: string;

beforeAll(async () => {
  server = await TestServer.start();
  ana = await newUser(server, await logInAdmin(server), 'ana', TeamRole.AUTHOR);
});
afterAll(() => server.stop());

beforeEach(async () => {
  ({ id } = await newTemplate(ana, 'Confined space', [step('Measure the air')]));
  await ana.templates.acquireLock(id);
});

const icon = {
  id: 'no-such-icon',
  descrip: '',
  iconDocument: { id: '', mimeType: '', name: '', size: 0, md5Checksum: '' },
};
const notice = (descrip: string, more: Partial<NoticeHeader> = {}): NoticeHeader =>
  ({ id: '', descrip, ...more }) as NoticeHeader;

const headersOf = async (): Promise<StepGroupHeaders | undefined> =>
  (await ana.templates.get(id)).stepGroup.impl.stepGroup!.headers;

test('updateRootHeaders makes a new entry with the headers and the same steps', async () => {
  const before = await ana.templates.get(id);
  const after = await ana.templates.updateRootHeaders(id, {
    condition: 'Is the tank empty?',
    notices: [notice('Danger of suffocation'), notice('Second person needed')],
  });
  expect(after).toMatchObject({ version: before.version + 1, publicVersion: 0, status: 'Unpublished' });
  expect(after.stepGroup.children).toEqual(before.stepGroup.children);
  expect(after.stepGroup.id).toBe(before.stepGroup.id);
  expect(after.stepGroup.impl.stepGroup!.headers).toMatchObject({
    condition: 'Is the tank empty?',
    notices: [{ descrip: 'Danger of suffocation' }, { descrip: 'Second person needed' }],
  });
  expect(await ana.templates.get(id)).toEqual(after);
});

test('updateRootHeaders replaces all headers: what is not sent is gone', async () => {
  await ana.templates.updateRootHeaders(id, { condition: 'Before?', notices: [notice('Before')] });
  await ana.templates.updateRootHeaders(id, { condition: 'After?' });
  expect(await headersOf()).toMatchObject({ condition: 'After?', notices: null });
  await ana.templates.updateRootHeaders(id, {});
  expect(await headersOf()).toBeNull();
});

test('updateRootHeaders with the headers that are there makes no entry', async () => {
  const headers = { condition: 'Same?' };
  const { version } = await ana.templates.updateRootHeaders(id, headers);
  expect((await ana.templates.updateRootHeaders(id, headers)).version).toBe(version);
  expect((await ana.templates.get(id)).version).toBe(version);
});

test('updateRootHeaders with the headers as they were answered, notices and their ids, makes no entry', async () => {
  const { version } = await ana.templates.updateRootHeaders(id, { notices: [notice('Danger'), notice('Again')] });
  expect((await ana.templates.updateRootHeaders(id, (await headersOf())!)).version).toBe(version);
});

test('updateRootHeaders without headers, on a group that never had any, makes no entry', async () => {
  const { version } = await ana.templates.get(id);
  expect((await ana.templates.updateRootHeaders(id, {})).version).toBe(version);
});

test('notices get ids of the server, each its own', async () => {
  await ana.templates.updateRootHeaders(id, { notices: [notice('One', { id: 'mine' }), notice('Two')] });
  const ids = (await headersOf())!.notices!.map(({ id: noticeId }) => noticeId);
  expect(ids).not.toContain('mine');
  expect(ids).not.toContain('');
  expect(new Set(ids).size).toBe(2);
});

test('updateRootHeaders refuses two notices with one id', async () => {
  await ana.templates.updateRootHeaders(id, { notices: [notice('One')] });
  const [known] = (await headersOf())!.notices!;
  await expectNothingWritten(server, () =>
    expectRefusal(
      ana.templates.updateRootHeaders(id, { notices: [known!, { ...known!, descrip: 'Two' }] }),
      ErrorCode.BAD_REQUEST,
      'duplicate-id',
      new RegExp(known!.id),
    ),
  );
});

test('headers keep nothing that only getHistory fills', async () => {
  const latestChange = { changeType: 1, version: 1 };
  await ana.templates.updateRootHeaders(id, {
    condition: 'Kept?',
    conditionDiff: { latestChange, otherValue: 'before' },
    notices: [notice('Kept', { latestChange, descriptionDiff: { latestChange, otherValue: 'before' } })],
  });
  const headers = await headersOf();
  expect(headers!.conditionDiff).toBeNull();
  expect(headers!.notices![0]).toMatchObject({ descrip: 'Kept', latestChange: null, descriptionDiff: null });
});

test.each<[string, StepGroupHeaders, ErrorCode, string, RegExp]>([
  [
    'a category of the team that is not there',
    { category: { id: 'no-such-category', name: '', color: '', archivedAt: 0 } },
    ErrorCode.NOT_FOUND,
    'category-not-found',
    /no-such-category/,
  ],
  [
    'an equipment icon that is not there',
    { equipment: [{ ...icon }] },
    ErrorCode.NOT_FOUND,
    'icon-not-found',
    /no-such-icon/,
  ],
  [
    'a notice icon that is not there',
    { notices: [notice('Hot', { icon })] },
    ErrorCode.NOT_FOUND,
    'icon-not-found',
    /no-such-icon/,
  ],
  [
    'a notice beyond the longest text',
    { notices: [notice('n'.repeat(MAX_DESCRIPTION_LENGTH + 1))] },
    ErrorCode.BAD_REQUEST,
    'limit-exceeded',
    /20001.*20000/,
  ],
])('updateRootHeaders refuses %s, and nothing is written', async (_name, headers, code, slug, message) => {
  await expectNothingWritten(server, () =>
    expectRefusal(ana.templates.updateRootHeaders(id, headers), code, slug, message),
  );
});
