/** The audit trail: what stands in it, how it is read page by page, and that nobody changes it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Kysely, sql } from 'kysely';
import type { AuditWhereOpts } from '#gen/audit_types';
import { ErrorCode } from '#gen/common_types';
import { TeamRole } from '#gen/user_types';
import type { Database } from '../../../src/store/schema.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { logInAdmin, newOutsider, newUser, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let outsider: TestUser;
let began: number;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  began = Math.floor(server.clock.now() / 1000);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
  outsider = await newOutsider(server, admin);
  server.clock.forward(10_000);
  const tags = ana.connection.service('TagService');
  for (let n = 1; n <= 5; n++) await tags.create(`Tag ${n}`, ana.teamId);
  await admin.teams.updateUserRoles(ana.teamId, ana.id, [TeamRole.AUTHOR, TeamRole.EXECUTOR]);
});
afterAll(() => server.stop());

const query = (where: AuditWhereOpts = {}, by = admin, teamId = admin.teamId) =>
  by.connection.service('AuditService').query(teamId, where);
const actions = async (where: AuditWhereOpts = {}) => (await query(where)).events.map(({ action }) => action);

describe('the trail', () => {
  test('tells who did what to whom, newest first, with the facts by name', async () => {
    const { events } = await query();
    expect(events.map(({ action }) => action)).toEqual([
      'member.roles',
      ...Array(5).fill('tag.created'),
      'user.created',
    ]);
    expect(events[0]).toMatchObject({
      actorId: admin.id,
      actorName: 'Administrator',
      subjectId: ana.id,
      details: { from: '["AUTHOR"]', to: '["AUTHOR","EXECUTOR"]' },
    });
    expect(events[1]).toMatchObject({ actorName: 'ana', details: { name: 'Tag 5' } });
    expect(events[0]!.at).toBeGreaterThanOrEqual(events.at(-1)!.at);
  });

  test.each<[string, () => AuditWhereOpts, string[]]>([
    ['by actor', () => ({ actorId: ana.id }), Array(5).fill('tag.created')],
    ['by subject', () => ({ subjectId: ana.id }), ['member.roles', 'user.created']],
    ['by action', () => ({ action: 'user.created' }), ['user.created']],
    ['by the beginning of the action', () => ({ action: 'member.' }), ['member.roles']],
    ['by what is no whole word of it', () => ({ action: 'mem' }), []],
    ['since a time', () => ({ since: began + 10, action: 'user.created' }), []],
    ['before a time', () => ({ earlierThan: began + 8 }), ['user.created']],
    [
      'by all of it',
      () => ({ actorId: admin.id, subjectId: ana.id, action: 'member.', since: began }),
      ['member.roles'],
    ],
  ])('is filtered %s', async (_, where, expected) => {
    expect(await actions(where())).toEqual(expected);
  });

  test('is read page by page, and what is added meanwhile moves nothing', async () => {
    const first = await query({ size: 3 });
    expect(first.events).toHaveLength(3);
    await ana.connection.service('TagService').create('Added meanwhile', ana.teamId);
    const second = await query({ size: 3, before: first.nextBefore! });
    const third = await query({ size: 3, before: second.nextBefore! });
    expect(third.nextBefore ?? null).toBeNull();
    const read = [first, second, third].flatMap(({ events }) => events.map(({ id }) => id));
    expect(read).toEqual([...new Set(read)]);
    expect(read).toEqual((await query()).events.slice(1).map(({ id }) => id));
  });

  test('of another team tells nothing of this one, and does not exist for strangers', async () => {
    const { events } = await query({}, outsider, outsider.teamId);
    expect(events.every(({ subjectId }) => subjectId !== ana.id)).toBe(true);
    await expectRefusal(query({}, outsider), ErrorCode.NOT_FOUND, 'team-not-found');
    await expectRefusal(query({}, ana), ErrorCode.INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', /adminBasic/);
  });

  test.each([0, -1, 1001])('refuses a size of %i', size =>
    expectRefusal(query({ size }), ErrorCode.BAD_REQUEST, 'invalid-argument', /whereOpts\.size: .*expected 1 to 1000/),
  );

  test('takes one statement for the entries and one for the names, however many', async () => {
    const one = await server.statementsOf(() => query({ size: 1 }));
    const many = await server.statementsOf(() => query());
    expect(many.statements.length).toBe(one.statements.length);
  });
});

test.each([
  ['changed', sql`update audit_events set actor_id = 'somebody-else'`],
  ['deleted', sql`delete from audit_events`],
])('no entry is ever %s, not even by SQL', async (_, statement) => {
  const before = await query();
  const change = server.store.transact(tx => statement.execute((tx.people as unknown as { db: Kysely<Database> }).db));
  await expect(change).rejects.toThrow(/only ever added to/);
  expect(await query()).toEqual(before);
});
