/** Users as others see them: alone, in lists, by ids, by words, page by page; and whom nobody sees. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode, MAX_IDS_PER_CALL, type PageReq } from '#gen/common_types';
import { TeamRole, type UserOrder, UserOrderBy, type UserSelectOpts, type UserWhereOpts } from '#gen/user_types';
import { newJob, stepOf } from '../../support/jobs.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { logInAdmin, newOutsider, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;
let outsider: TestUser;
/** Left the team; and disabled. */
let leaver: TestUser;
let disabled: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR, TeamRole.JOBCREATOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
  leaver = await newUser(server, admin, 'leo', TeamRole.EXECUTOR);
  disabled = await newUser(server, admin, 'dora', TeamRole.AUTHOR);
  outsider = await newOutsider(server, admin);
  await admin.teams.removeUserFromTeam(admin.teamId, leaver.id);
  await admin.users.disableUser(disabled.id);
});
afterAll(() => server.stop());

const { BAD_REQUEST, NOT_FOUND } = ErrorCode;

const nothing: UserSelectOpts = { includeTeamMembership: false, includeStats: false, includeAttributes: false };
const names = (users: { name: string }[]) => users.map(({ name }) => name);

describe('index', () => {
  test('tells the present members by name, whatever the case, without who left or is disabled', async () => {
    expect(names(await ben.users.index(ben.teamId, []))).toEqual(['Administrator', 'ana', 'ben']);
  });

  test('of roles tells who has one of them at least', async () => {
    expect(names(await ben.users.index(ben.teamId, [TeamRole.AUTHOR, TeamRole.EXECUTOR]))).toEqual(['ana', 'ben']);
    expect(names(await ben.users.index(ben.teamId, [TeamRole.ADMIN]))).toEqual(['Administrator']);
  });

  test('of another team does not exist', () =>
    expectRefusal(outsider.users.index(ben.teamId, []), NOT_FOUND, 'team-not-found'));

  test('of a role that is none of this server is refused', () =>
    expectRefusal(
      ben.users.index(ben.teamId, [TeamRole.PARSABLE_ADMIN]),
      BAD_REQUEST,
      'invalid-argument',
      /teamRoles/,
    ));
});

describe('get', () => {
  test('tells whoever shares a team, and keeps the names of those who left or are disabled', async () => {
    expect(await ben.users.get(ana.id)).toMatchObject({ id: ana.id, email: ana.email, name: 'ana' });
    expect((await ben.users.get(ana.id)).validatedAt).toBeGreaterThan(0);
    expect((await ben.users.get(leaver.id)).name).toBe('leo');
    expect((await ben.users.get(disabled.id)).name).toBe('dora');
  });

  test('tells the caller, also one that works in no team', async () => {
    expect(await leaver.users.get(leaver.id)).toMatchObject({ id: leaver.id });
    await expectRefusal(leaver.users.get(ana.id), NOT_FOUND, 'user-not-found');
  });

  test('does not tell people of other teams, nor that they are there', async () => {
    const refusal = await expectRefusal(outsider.users.get(ana.id), NOT_FOUND, 'user-not-found', /no user/);
    expect(refusal.message).not.toContain('ana@');
    const unknown = await expectRefusal(outsider.users.get('nobody'), NOT_FOUND, 'user-not-found');
    expect(unknown.message.replace('nobody', ana.id)).toBe(refusal.message);
  });
});

describe('fetch', () => {
  test('answers for each id, with a refusal in the place of those that are not seen', async () => {
    const found = await ana.users.fetch([ben.id, outsider.id, 'nobody', ben.id]);
    expect(Object.keys(found).sort()).toEqual([ben.id, outsider.id, 'nobody'].sort());
    expect(found[ben.id]!.user).toMatchObject({ id: ben.id, name: 'ben' });
    for (const id of [outsider.id, 'nobody'])
      expect(found[id]!.err).toMatchObject({ slug: 'user-not-found', errorCode: NOT_FOUND });
    expect(await ana.users.fetch([])).toEqual({});
  });

  test('takes as many ids as any call, each of which can be a key', async () => {
    const many = Array.from({ length: MAX_IDS_PER_CALL + 1 }, (_, n) => `id-${n}`);
    await expectRefusal(ana.users.fetch(many), BAD_REQUEST, 'limit-exceeded', /userIds: 1001 ids/);
    await expectRefusal(ana.users.fetch(['__proto__']), BAD_REQUEST, 'invalid-argument', /"__proto__" is no id/);
  });

  test('takes the same number of statements, whatever the number of ids', async () => {
    const one = await server.statementsOf(() => ana.users.fetch([ben.id]));
    const three = await server.statementsOf(() => ana.users.fetch([ben.id, ana.id, admin.id]));
    expect(three.statements.length).toBe(one.statements.length);
  });
});

describe('fetchByTeam', () => {
  const fetched = async (select: Partial<UserSelectOpts>, user = ben) =>
    (await ana.users.fetchByTeam({ ...nothing, ...select }, ana.teamId, [user.id]))[user.id]!;

  test('without flags fills the basic fields alone', async () => {
    const { user } = await fetched({});
    for (const field of ['teamIdToMembership', 'teamIdToStats', 'teamIdToAttributes'] as const)
      expect(user![field] ?? null).toBeNull();
  });

  test('tells memberships, those that ended included, of this team alone', async () => {
    const { user } = await fetched({ includeTeamMembership: true });
    expect(user!.teamIdToMembership).toEqual({
      [ana.teamId]: {
        addedAt: expect.any(Number),
        updatedAt: expect.any(Number),
        removedAt: 0,
        roles: [TeamRole.EXECUTOR],
      },
    });
    const left = (await fetched({ includeTeamMembership: true }, leaver)).user!.teamIdToMembership![ana.teamId]!;
    expect(left.removedAt).toBeGreaterThan(0);
    const both = await ana.users.fetchByTeam({ ...nothing, includeTeamMembership: true }, ana.teamId, [admin.id]);
    expect(Object.keys(both[admin.id]!.user!.teamIdToMembership!)).toEqual([ana.teamId]);
  });

  test('counts the jobs that somebody has a step of, or has worked on, open and closed', async () => {
    const [one, two, three] = [
      await newJob(ana, [stepOf('a', ben), stepOf('b', ana)]),
      await newJob(ana, [stepOf('a', ben), stepOf('b', ana)]),
      await newJob(ana, [stepOf('a', ben)]),
    ];
    await newJob(ana, [step('a')]);
    await two!.run(ben, 'a');
    await three!.run(ben, 'a');
    expect(one).toBeDefined();
    expect((await fetched({ includeStats: true })).user!.teamIdToStats).toEqual({
      [ana.teamId]: { completedJobs: 1, activeJobs: 2 },
    });
  });

  test('does not find who never was a member, and no team of others', async () => {
    expect((await fetched({}, outsider)).err).toMatchObject({ slug: 'user-not-found' });
    await expectRefusal(outsider.users.fetchByTeam(nothing, ana.teamId, []), NOT_FOUND, 'team-not-found');
  });
});

describe('query', () => {
  const query = async (where: Partial<UserWhereOpts> = {}, order: UserOrder[] = [], by = ana) =>
    by.users.query(nothing, where, order);
  const found = async (where: Partial<UserWhereOpts> = {}, order: UserOrder[] = []) =>
    names((await query(where, order)).users);

  test('finds everybody of the teams of the caller, by name', async () => {
    expect(await found()).toEqual(['Administrator', 'ana', 'ben', 'dora', 'leo']);
  });

  test.each<[string, () => Partial<UserWhereOpts>, string[]]>([
    ['of a team', () => ({ teamId: ana.teamId }), ['Administrator', 'ana', 'ben', 'dora', 'leo']],
    ['present ones', () => ({ isRemoved: false }), ['Administrator', 'ana', 'ben', 'dora']],
    ['former ones', () => ({ isRemoved: true }), ['leo']],
    ['with one of two roles', () => ({ teamRoles: [TeamRole.ADMIN, TeamRole.JOBCREATOR] }), ['Administrator', 'ana']],
    ['by the beginning of the name', () => ({ txt: { query: 'AN' } }), ['ana']],
    ['by the beginning of the address', () => ({ txt: { query: 'ben@example.org' } }), ['ben']],
    ['by a word of the address', () => ({ txt: { query: 'example' } }), ['Administrator', 'ana', 'ben', 'dora', 'leo']],
    ['by two words', () => ({ txt: { query: 'org ana' } }), ['ana']],
    ['by what is no beginning', () => ({ txt: { query: 'na' } }), []],
    ['by a pattern, which is none', () => ({ txt: { query: 'a%' } }), ['Administrator', 'ana']],
    ['all together', () => ({ isRemoved: true, teamRoles: [TeamRole.EXECUTOR], txt: { query: 'l' } }), ['leo']],
  ])('%s', async (_, where, expected) => {
    expect(await found(where())).toEqual(expected);
  });

  test('orders by name and by address, both ways', async () => {
    const by = (field: UserOrderBy, asc: boolean) => [{ field, asc }];
    const up = ['Administrator', 'ana', 'ben', 'dora', 'leo'];
    expect(await found({}, by(UserOrderBy.NAME, false))).toEqual([...up].reverse());
    const emails = async (asc: boolean) =>
      (await query({}, by(UserOrderBy.EMAIL, asc))).users.map(({ email }) => email);
    expect(await emails(true)).toEqual([...(await emails(false))].reverse());
    expect(await emails(true)).toEqual([...(await emails(true))].sort());
  });

  test('gives pages that lead from one to the next', async () => {
    const seen: string[] = [];
    let pageReq: PageReq = { size: 2 };
    for (const [num, left] of [
      [1, 2],
      [2, 1],
      [3, 0],
    ] as const) {
      const { users, pageInfo } = await query({ pageReq });
      seen.push(...names(users));
      expect(pageInfo).toMatchObject({ num, left });
      pageReq = { size: 2, ...(left > 0 ? { pageToken: pageInfo!.pageTokens[num + 1]! } : {}) };
    }
    expect(seen).toEqual(['Administrator', 'ana', 'ben', 'dora', 'leo']);
  });

  test('jumps over pages, tells tokens of further ones, and may leave counting', async () => {
    const jumped = await query({ pageReq: { size: 1, skip: 3, preview: 5 } });
    expect(names(jumped.users)).toEqual(['dora']);
    expect(jumped.pageInfo).toEqual({ num: 4, left: 1, pageTokens: { 5: expect.any(String) } });
    const previewed = await query({ pageReq: { size: 1, preview: 2, count: false } });
    expect(previewed.pageInfo!.left).toBe(1);
    expect(Object.keys(previewed.pageInfo!.pageTokens)).toEqual(['2', '3', '4']);
    const fourth = await query({ pageReq: { size: 1, pageToken: previewed.pageInfo!.pageTokens[4]! } });
    expect(names(fourth.users)).toEqual(['dora']);
    expect((await query({ pageReq: { size: 5, count: false } })).pageInfo).toEqual({ num: 1, left: 0, pageTokens: {} });
  });

  test('refuses a token that was changed, or is of another query, page size or caller', async () => {
    const token = (await query({ pageReq: { size: 2 } })).pageInfo!.pageTokens[2]!;
    const refused = (call: Promise<unknown>) =>
      expectRefusal(call, BAD_REQUEST, 'invalid-argument', /pageReq\.pageToken: not a token of this query/);
    await refused(query({ pageReq: { size: 2, pageToken: token.replace(/^2/, '3') } }));
    await refused(query({ pageReq: { size: 2, pageToken: `${token}x` } }));
    await refused(query({ pageReq: { size: 2, pageToken: 'garbage' } }));
    await refused(query({ pageReq: { size: 3, pageToken: token } }));
    await refused(query({ isRemoved: false, pageReq: { size: 2, pageToken: token } }));
    await refused(query({ pageReq: { size: 2, pageToken: token } }, [{ field: UserOrderBy.EMAIL, asc: true }]));
    await refused(query({ pageReq: { size: 2, pageToken: token } }, [], outsider));
  });

  test.each<[string, PageReq]>([
    ['size: 0', { size: 0 }],
    ['size: 1001', { size: 1001 }],
    ['skip: -1', { size: 1, skip: -1 }],
    ['skip: 2147483647', { size: 25, skip: 2147483647 }],
    ['preview: 101', { size: 1, preview: 101 }],
  ])('refuses pageReq.%s', async (what, pageReq) => {
    await expectRefusal(query({ pageReq }), BAD_REQUEST, 'invalid-argument', new RegExp(`pageReq\\.${what}; expected`));
  });

  test('refuses a key of order that says nothing', () =>
    expectRefusal(
      query({}, [{} as UserOrder]),
      BAD_REQUEST,
      'invalid-argument',
      /a key without its field; expected NAME/,
    ));

  test('refuses a long search and too many keys of order', async () => {
    await expectRefusal(query({ txt: { query: 'x'.repeat(201) } }), BAD_REQUEST, 'limit-exceeded', /txt\.query: 201/);
    const order = { field: UserOrderBy.NAME, asc: true };
    await expectRefusal(query({}, [order, order, order]), BAD_REQUEST, 'limit-exceeded', /order: 3 keys/);
  });

  test('in a team of others does not exist', () =>
    expectRefusal(query({ teamId: ana.teamId }, [], outsider), NOT_FOUND, 'team-not-found'));
});
