/** Tags as things: made, read, renamed; who may, and what is refused with nothing written. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Kysely } from 'kysely';
import { ErrorCode, MAX_TAGS_PER_TEAM } from '#gen/common_types';
import { TeamRole } from '#gen/user_types';
import type { Database } from '../../../src/store/schema.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logInAdmin, newOutsider, newUser, type TestUser } from '../../support/seed.ts';
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

const { BAD_REQUEST, NOT_FOUND, INSUFFICIENT_PERMISSIONS } = ErrorCode;

const tagsOf = (user: TestUser) => user.connection.service('TagService');
const create = (name: string, by = ana) => tagsOf(by).create(name, ana.teamId);

let names = 0;
const nextName = () => `Tag ${++names}`;

const auditOf = async (tagId: string) =>
  (await rowsOf(server, 'audit_events'))
    .filter(row => row.subject_id === tagId)
    .sort((a, b) => (a.audit_id < b.audit_id ? -1 : 1))
    .map(({ team_id, actor_id, action, details }) => ({ team_id, actor_id, action, details: JSON.parse(details) }));

const expectRefused = (call: () => Promise<unknown>, code: ErrorCode, slug: string, message: RegExp) =>
  expectNothingWritten(server, () => expectRefusal(call(), code, slug, message));

describe('a new tag', () => {
  test('is read by every member of the team, alone and in the list', async () => {
    const tag = await create(' Lathe ');
    expect(tag).toEqual({ id: expect.any(String), teamId: ana.teamId, name: 'Lathe' });
    expect(await tagsOf(ben).get(tag.id)).toEqual(tag);
    expect(await tagsOf(ben).index(ben.teamId)).toContainEqual(tag);
  });

  test('leaves a trace of who made it', async () => {
    const { id, name } = await create(nextName());
    expect(await auditOf(id)).toEqual([
      { team_id: ana.teamId, actor_id: ana.id, action: 'tag.created', details: { name } },
    ]);
  });

  test('may have a name that another team uses', async () => {
    const { name } = await create(nextName());
    expect(await tagsOf(outsider).create(name, outsider.teamId)).toMatchObject({ name, teamId: outsider.teamId });
  });

  test('may be called as what JavaScript keeps for itself', async () => {
    for (const name of ['__proto__', 'constructor', 'hasOwnProperty'])
      expect(await tagsOf(ben).get((await create(name)).id)).toMatchObject({ name });
  });
});

describe('the list', () => {
  test('is empty where a team has no tags, and in the order of names where it has some', async () => {
    const team = await admin.teams.create('Tagged plant', '');
    expect(await tagsOf(admin).index(team.id)).toEqual([]);
    for (const name of ['pump', 'Élan', 'Zinc', 'axle', 'Boiler']) await tagsOf(admin).create(name, team.id);
    const sorted = (await tagsOf(admin).index(team.id)).map(({ name }) => name);
    expect(sorted).toEqual(['axle', 'Boiler', 'Élan', 'pump', 'Zinc']);
  });
});

describe('a rename', () => {
  test('shows everywhere at once and leaves a trace', async () => {
    const before = await create(nextName());
    const name = nextName();
    await tagsOf(ana).update(before.id, ` ${name} `);
    expect(await tagsOf(ben).get(before.id)).toEqual({ ...before, name });
    expect((await auditOf(before.id))[1]).toEqual({
      team_id: ana.teamId,
      actor_id: ana.id,
      action: 'tag.renamed',
      details: { from: before.name, to: name },
    });
  });

  test('may change the case of its own name, and frees the old name', async () => {
    const { id } = await create('valve');
    await tagsOf(ana).update(id, 'VALVE');
    expect(await tagsOf(ana).get(id)).toMatchObject({ name: 'VALVE' });
    await tagsOf(ana).update(id, nextName());
    expect(await create('valve')).toMatchObject({ name: 'valve' });
  });

  test('to the name that it has changes nothing: a repeated call is safe', async () => {
    const { id, name } = await create(nextName());
    await expectNothingWritten(server, () => tagsOf(ana).update(id, name));
  });
});

describe('a name that is taken', () => {
  test.each([
    ['Gear', 'Gear'],
    ['Gasket', ' gASKET'],
    ['Kälte', 'Ka\u0308lte'],
  ])('is refused with the tag that has it: %s, %s', async (first, second) => {
    const tag = await create(first);
    const other = await create(nextName());
    const right = new RegExp(`the team has the tag "${first}" \\(${tag.id}\\) already`);
    const refusal = await expectRefused(() => create(second), BAD_REQUEST, 'duplicate-name', right);
    expect(refusal.details).toEqual({ name: first, tagId: tag.id });
    await expectRefused(() => tagsOf(ana).update(other.id, second), BAD_REQUEST, 'duplicate-name', right);
  });

  test('of two who take it at once exactly one gets it', async () => {
    for (let round = 0; round < 30; round++) {
      const name = nextName();
      const other = await create(nextName());
      const outcomes = await Promise.allSettled([
        create(name),
        create(name, admin),
        tagsOf(admin).update(other.id, name),
      ]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ slug: 'duplicate-name' });
      expect((await tagsOf(ben).index(ben.teamId)).filter(tag => tag.name === name)).toHaveLength(1);
    }
  });
});

describe('bad input', () => {
  test.each([
    ['', 'invalid-argument', /^name: empty; expected 1 to 250/],
    [' \t', 'invalid-argument', /^name: empty/],
    ['x'.repeat(251), 'limit-exceeded', /^name: 251 characters; the longest may have 250/],
    ['a\u0000b', 'invalid-argument', /^name: has the character U\+0000 at 1/],
    ['a\nb', 'invalid-argument', /^name: has the character U\+000A at 1; names have no control characters/],
    ['a\u202eb', 'invalid-argument', /^name: has the character U\+202E at 1/],
  ])('a name must be readable and of bounded length (case %#)', async (name, slug, message) => {
    const { id } = await create(nextName());
    await expectRefused(() => create(name), BAD_REQUEST, slug, message);
    await expectRefused(() => tagsOf(ana).update(id, name), BAD_REQUEST, slug, message);
  });

  test('a team has a bounded number of tags', async () => {
    const team = await admin.teams.create('Full plant', '');
    await fill(team.id);
    const right = /has 10000 tags, as many as it can; rename/;
    const refusal = await expectRefusal(
      tagsOf(admin).create('Too many', team.id),
      BAD_REQUEST,
      'limit-exceeded',
      right,
    );
    expect(refusal.details).toEqual({ limit: '10000', found: '10000' });
    expect(await tagsOf(admin).index(team.id)).toHaveLength(MAX_TAGS_PER_TEAM);
  });
});

/** Rows past the interface: ten thousand calls take a minute. */
const fill = (teamId: string) =>
  server.store.transact(async tx => {
    const { db } = tx.tags as unknown as { db: Kysely<Database> };
    const rows = Array.from({ length: MAX_TAGS_PER_TEAM }, (_, n) => ({
      team_id: teamId,
      tag_id: `full-${n}`,
      name: `Tag ${n}`,
      name_key: `tag ${n}`,
    }));
    for (let n = 0; n < rows.length; n += 1000)
      await db
        .insertInto('tags')
        .values(rows.slice(n, n + 1000))
        .execute();
  });

describe('who may', () => {
  test('make and rename: whoever may edit templates', async () => {
    const { id } = await create(nextName(), admin);
    const right = /needs the privilege templateEdit/;
    await expectRefused(() => create(nextName(), ben), INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', right);
    const renaming = () => tagsOf(ben).update(id, nextName());
    await expectRefused(renaming, INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', right);
  });

  test('of another team, nobody: its tags and the team do not exist', async () => {
    const { id, name } = await create(nextName());
    const tags = tagsOf(outsider);
    const noTag = new RegExp(`no tag ${id} in your teams`);
    const refusal = await expectRefused(() => tags.get(id), NOT_FOUND, 'tag-not-found', noTag);
    expect(JSON.stringify(refusal)).not.toContain(name);
    await expectRefused(() => tags.update(id, 'Mine'), NOT_FOUND, 'tag-not-found', noTag);
    await expectRefused(() => tags.create('Mine', ana.teamId), NOT_FOUND, 'team-not-found', /no team/);
    await expectRefused(() => tags.index(ana.teamId), NOT_FOUND, 'team-not-found', /no team/);
    await expectRefused(() => tags.get('nothing'), NOT_FOUND, 'tag-not-found', /no tag nothing/);
  });
});

test('a call takes a bounded number of statements, however many tags there are', async () => {
  const counted = async (act: () => Promise<unknown>) => (await server.statementsOf(act)).statements.length;
  const { id } = await create(nextName());
  expect(await counted(() => create(nextName()))).toBeLessThanOrEqual(8);
  expect(await counted(() => tagsOf(ana).update(id, nextName()))).toBeLessThanOrEqual(9);
  expect(await counted(() => tagsOf(ana).index(ana.teamId))).toBeLessThanOrEqual(4);
});
