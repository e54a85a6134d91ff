/** Categories and icons, which the headers of step groups choose from. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Kysely } from 'kysely';
import { ErrorCode } from '#gen/common_types';
import { MAX_CATEGORIES_PER_TEAM } from '#gen/group_headers_types';
import { TeamRole } from '#gen/user_types';
import { insertProduct } from '../../../src/store/bulk.ts';
import type { Database } from '../../../src/store/schema.ts';
import { answered, TestHttp, uploadPicture } from '../../support/http.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { logIn, logInAdmin, newOutsider, newUser, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;
let outsider: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
  outsider = await newOutsider(server, admin);
});
afterAll(() => server.stop());

const { BAD_REQUEST, NOT_FOUND, NOOP } = ErrorCode;
const headers = (user: TestUser) => user.connection.service('GroupHeaderContentService');
const expectRefused = (call: () => Promise<unknown>, code: ErrorCode, slug: string, message: RegExp) =>
  expectNothingWritten(server, () => expectRefusal(call(), code, slug, message));

let names = 0;
const nextName = () => `Category ${++names}`;
const create = (name = nextName(), color?: string) =>
  headers(ana).createCategory(ana.teamId, { name, ...(color ? { color } : {}) });

describe('a category', () => {
  test('is made with a colour, or a grey one, and read by every member', async () => {
    const made = await create(' Electrical ', '#FF8800');
    expect(made).toEqual({ id: expect.any(String), name: 'Electrical', color: '#ff8800', archivedAt: 0 });
    expect(await headers(ben).getCategory(ben.teamId, made.id)).toEqual(made);
    expect((await create()).color).toBe('#808080');
  });

  test('is listed by name, archived or not', async () => {
    const team = await admin.teams.create('Sorted plant', '');
    for (const name of ['pump', 'Axle', 'Élan']) await headers(admin).createCategory(team.id, { name });
    const [axle] = await headers(admin).indexCategories(team.id);
    await headers(admin).archiveCategory(team.id, axle!.id);
    const listed = await headers(admin).indexCategories(team.id);
    expect(listed.map(({ name, archivedAt }) => [name, archivedAt > 0])).toEqual([
      ['Axle', true],
      ['Élan', false],
      ['pump', false],
    ]);
  });

  test('is changed as far as is said', async () => {
    const { id, name } = await create();
    expect(await headers(ana).updateCategory(ana.teamId, id, { color: '#010203' })).toMatchObject({
      name,
      color: '#010203',
    });
    const renamed = nextName();
    expect(await headers(ana).updateCategory(ana.teamId, id, { name: renamed })).toMatchObject({
      name: renamed,
      color: '#010203',
    });
    await expectNothingWritten(server, () => headers(ana).updateCategory(ana.teamId, id, { name: renamed }));
  });

  test('is archived once, and unarchived once', async () => {
    const { id } = await create();
    const act = (what: 'archiveCategory' | 'unarchiveCategory') => headers(ana)[what](ana.teamId, id);
    await expectRefused(() => act('unarchiveCategory'), NOOP, 'not-archived', /is not archived/);
    await act('archiveCategory');
    expect((await headers(ben).getCategory(ben.teamId, id)).archivedAt).toBeGreaterThan(0);
    await expectRefused(() => act('archiveCategory'), NOOP, 'already-archived', /archived already/);
    await act('unarchiveCategory');
    expect((await headers(ben).getCategory(ben.teamId, id)).archivedAt).toBe(0);
  });

  test('keeps its name to itself, also of two that are made at once', async () => {
    const { id, name } = await create();
    const taken = new RegExp(`has the category "${name}" \\(${id}\\) already`);
    await expectRefused(() => create(name.toUpperCase()), BAD_REQUEST, 'duplicate-name', taken);
    const other = await create();
    await expectRefused(
      () => headers(ana).updateCategory(ana.teamId, other.id, { name }),
      BAD_REQUEST,
      'duplicate-name',
      taken,
    );
    const second = await logIn(server, ana.email, ana.password);
    for (let round = 0; round < 5; round++) {
      const same = nextName();
      const outcomes = await Promise.allSettled([
        create(same),
        headers(second).createCategory(ana.teamId, { name: same }),
      ]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
  });

  test.each<[string, { name?: string; color?: string }, string, RegExp]>([
    ['no name', {}, 'invalid-argument', /params\.name: empty/],
    ['a long name', { name: 'x'.repeat(251) }, 'limit-exceeded', /params\.name: 251/],
    ['a colour in words', { name: 'X', color: 'red' }, 'invalid-argument', /params\.color: "red"; expected "#rrggbb"/],
    ['a short colour', { name: 'X', color: '#fff' }, 'invalid-argument', /"#fff"/],
  ])('is not made with %s', (_, params, slug, message) =>
    expectRefused(() => headers(ana).createCategory(ana.teamId, params), BAD_REQUEST, slug, message),
  );

  test('of another team is none of this one', async () => {
    const foreign = await headers(outsider).createCategory(outsider.teamId, { name: 'Foreign' });
    await expectRefused(
      () => headers(ana).getCategory(ana.teamId, foreign.id),
      NOT_FOUND,
      'category-not-found',
      /no category/,
    );
    await expectRefused(
      () => headers(ana).archiveCategory(ana.teamId, foreign.id),
      NOT_FOUND,
      'category-not-found',
      /no category/,
    );
  });

  test('is one of a bounded number', async () => {
    const team = await admin.teams.create('Crowded plant', '');
    await server.store.transact(async tx => {
      const { db } = tx.people as unknown as { db: Kysely<Database> };
      const rows = Array.from({ length: MAX_CATEGORIES_PER_TEAM }, (_, n) => ({
        category_id: `c${n}`,
        name: `${n}`,
        name_key: `${n}`,
      }));
      await insertProduct(db, server.store.engine, 'categories', rows, [{ team_id: team.id, color: '#000000' }]);
    });
    const oneMore = () => headers(admin).createCategory(team.id, { name: 'One more' });
    await expectRefused(oneMore, BAD_REQUEST, 'limit-exceeded', /has 1000 categories/);
  });
});

describe('an icon', () => {
  test('is made of a picture among the documents, of equipment or for notices, and listed by what it means', async () => {
    const picture = await uploadPicture(server, ana);
    const goggles = await headers(ana).createEquipment(ana.teamId, picture, ' Goggles ');
    const boots = await headers(ana).createEquipment(ana.teamId, picture, 'Boots');
    const warning = await headers(ana).createNoticeIcon(ana.teamId, picture, 'Hot surface');
    expect(goggles).toMatchObject({
      descrip: 'Goggles',
      iconDocument: { id: picture, mimeType: 'image/png', name: 'goggles.png', size: 9 },
    });
    expect(await headers(ben).indexEquipment(ben.teamId)).toEqual([boots, goggles]);
    expect(await headers(ben).indexNoticeIcons(ben.teamId)).toEqual([warning]);
  });

  test('is not made of what is no picture, of another team, or without a meaning', async () => {
    const http = new TestHttp(server.address);
    const text = await answered<{ id: string }>(http.upload(ana, `/api/documents?name=a.txt`, 'text', 'text/plain'));
    const foreign = await uploadPicture(server, { ...outsider });
    const picture = await uploadPicture(server, ana);
    const make =
      (id: string, descrip = 'X') =>
      () =>
        headers(ana).createEquipment(ana.teamId, id, descrip);
    await expectRefused(
      make(text.id),
      BAD_REQUEST,
      'invalid-argument',
      /of the type text\/plain; an icon is a picture/,
    );
    await expectRefused(make(foreign), NOT_FOUND, 'document-not-found', /no document/);
    await expectRefused(make('lost'), NOT_FOUND, 'document-not-found', /no document lost/);
    await expectRefused(make(picture, ''), BAD_REQUEST, 'invalid-argument', /descrip: empty/);
  });
});
