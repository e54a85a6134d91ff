/** Groups and a team's own roles: both are people that steps are assigned to; a role besides gives them privileges. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Kysely } from 'kysely';
import { ErrorCode, MAX_GROUPS_PER_TEAM, MAX_IDS_PER_CALL } from '#gen/common_types';
import { AssignedType } from '#gen/flow_types';
import { TeamRole } from '#gen/user_types';
import { insertProduct } from '../../../src/store/bulk.ts';
import type { Database } from '../../../src/store/schema.ts';
import { jobOf, newJob, stepOf } from '../../support/jobs.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import {
  logIn,
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
let cem: TestUser;
let outsider: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR, TeamRole.JOBCREATOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
  cem = await newUser(server, admin, 'cem', TeamRole.EXECUTOR);
  outsider = await newOutsider(server, admin);
});
afterAll(() => server.stop());

const { BAD_REQUEST, NOT_FOUND, INSUFFICIENT_PERMISSIONS, WRONG_STATE, NOOP, RESOURCE_ARCHIVED } = ErrorCode;

const groupsOf = (user: TestUser) => user.connection.service('GroupService');
const rolesOf = (user: TestUser) => user.connection.service('RoleService');

let names = 0;
const nextName = () => `Crew ${++names}`;

const newGroup = async (...members: TestUser[]): Promise<string> => {
  const { id } = await groupsOf(admin).create(admin.teamId, { name: nextName() });
  if (members.length > 0)
    await groupsOf(admin).addMembers(
      id,
      members.map(member => member.id),
    );
  return id;
};
const newRole = async (privileges: string[], ...holders: TestUser[]): Promise<string> => {
  const { id } = await rolesOf(admin).create(admin.teamId, { name: nextName(), permissions: { privileges } });
  if (holders.length > 0)
    await rolesOf(admin).addHolders(
      id,
      holders.map(holder => holder.id),
    );
  return id;
};

const auditOf = async (subjectId: string) =>
  (await rowsOf(server, 'audit_events'))
    .filter(row => row.subject_id === subjectId)
    .sort((a, b) => (a.audit_id < b.audit_id ? -1 : 1))
    .map(({ action }) => action);

const expectRefused = (call: () => Promise<unknown>, code: ErrorCode, slug: string, message: RegExp) =>
  expectNothingWritten(server, () => expectRefusal(call(), code, slug, message));

/** The functions of the two services under one set of names. */
const kinds = [
  {
    kind: 'group',
    create: (user: TestUser, name: string) => groupsOf(user).create(admin.teamId, { name }),
    rename: (user: TestUser, id: string, name: string) => groupsOf(user).update(id, { name }),
    index: async (user: TestUser, archived: boolean) => groupsOf(user).index(user.teamId, archived),
    get: (user: TestUser, id: string) => groupsOf(user).get(id),
    archive: (user: TestUser, id: string) => groupsOf(user).archive(id),
    unarchive: (user: TestUser, id: string) => groupsOf(user).unarchive(id),
    members: (user: TestUser, id: string) => groupsOf(user).getMembers(id),
    add: (user: TestUser, id: string, ids: string[]) => groupsOf(user).addMembers(id, ids),
    remove: (user: TestUser, id: string, ids: string[]) => groupsOf(user).removeMembers(id, ids),
    privilege: 'adminBasic',
  },
  {
    kind: 'role',
    create: (user: TestUser, name: string) => rolesOf(user).create(admin.teamId, { name }),
    rename: (user: TestUser, id: string, name: string) => rolesOf(user).update(id, { name }),
    index: async (user: TestUser, archived: boolean) =>
      (await rolesOf(user).index(user.teamId, archived)).filter(role => !role.systemRole),
    get: (user: TestUser, id: string) => rolesOf(user).get(id),
    archive: (user: TestUser, id: string) => rolesOf(user).archive(id),
    unarchive: (user: TestUser, id: string) => rolesOf(user).unarchive(id),
    members: (user: TestUser, id: string) => rolesOf(user).getHolders(id),
    add: (user: TestUser, id: string, ids: string[]) => rolesOf(user).addHolders(id, ids),
    remove: (user: TestUser, id: string, ids: string[]) => rolesOf(user).removeHolders(id, ids),
    privilege: 'adminAdvanced',
  },
];

describe.each(kinds)('a $kind', ({ kind, privilege, ...api }) => {
  const make = () => api.create(admin, nextName());

  test('is made, and read by every member, alone and in the list by name', async () => {
    const made = await api.create(admin, ' Zinc workers ');
    const earlier = await api.create(admin, 'axle workers');
    expect(made).toMatchObject({ teamId: admin.teamId, name: 'Zinc workers', descrip: '', archivedAt: 0 });
    expect(await api.get(ben, made.id)).toEqual(made);
    const listed = (await api.index(ben, false)).map(({ id }) => id).filter(id => [made.id, earlier.id].includes(id));
    expect(listed).toEqual([earlier.id, made.id]);
  });

  test('leaves a trace of everything that was done to it, and none of what changed nothing', async () => {
    const { id, name } = await make();
    await api.rename(admin, id, name);
    await api.rename(admin, id, `${name}!`);
    await api.add(admin, id, [ben.id]);
    await api.add(admin, id, [ben.id]);
    await api.remove(admin, id, [ben.id, cem.id]);
    await api.remove(admin, id, [ben.id]);
    await api.archive(admin, id);
    await api.unarchive(admin, id);
    expect(await auditOf(id)).toEqual(
      ['created', 'updated', 'joined', 'left', 'archived', 'unarchived'].map(act => `${kind}.${act}`),
    );
  });

  test('has members, each once, told sorted', async () => {
    const { id } = await make();
    await api.add(admin, id, [cem.id, ben.id, ben.id]);
    await api.add(admin, id, [ben.id]);
    expect(await api.members(ana, id)).toEqual([ben.id, cem.id].sort());
    await api.remove(admin, id, [cem.id]);
    expect(await api.members(ana, id)).toEqual([ben.id]);
  });

  test('takes users of the team alone: no stranger, nobody who left, and no group', async () => {
    const { id } = await make();
    const dee = await newUser(server, admin, `dee${++names}`);
    await admin.teams.removeUserFromTeam(admin.teamId, dee.id);
    for (const stranger of [outsider.id, dee.id, id, await newGroup(), 'nobody', 'ADMIN'])
      await expectRefused(
        () => api.add(admin, id, [ben.id, stranger]),
        NOT_FOUND,
        'user-not-found',
        /works in this team/,
      );
    expect(await api.members(admin, id)).toEqual([]);
  });

  test('loses who leaves the team, for good', async () => {
    const { id } = await make();
    const dee = await newUser(server, admin, `dee${++names}`);
    await api.add(admin, id, [dee.id, ben.id]);
    await admin.teams.removeUserFromTeam(admin.teamId, dee.id);
    expect(await api.members(admin, id)).toEqual([ben.id]);
    await admin.teams.addUserById(admin.teamId, dee.id, []);
    expect(await api.members(admin, id)).toEqual([ben.id]);
  });

  test('keeps its name to itself, in any case of letters, archived as well', async () => {
    const { id, name } = await make();
    await api.archive(admin, id);
    const taken = new RegExp(`has the ${kind} "${name}" \\(${id}\\) already`);
    await expectRefused(() => api.create(admin, name.toUpperCase()), BAD_REQUEST, 'duplicate-name', taken);
    const other = await make();
    await expectRefused(() => api.rename(admin, other.id, name), BAD_REQUEST, 'duplicate-name', taken);
  });

  test('of two of the same name that are made at once, one is', async () => {
    const second = await logIn(server, admin.email, admin.password, admin.teamId);
    for (let round = 0; round < 10; round++) {
      const name = nextName();
      const outcomes = await Promise.allSettled([api.create(admin, name), api.create(second, name)]);
      const refused = outcomes.filter(outcome => outcome.status === 'rejected').map(outcome => outcome.reason.slug);
      expect(refused).toEqual(['duplicate-name']);
    }
  });

  test('is archived once and unarchived once, and is listed meanwhile only when asked for', async () => {
    const { id } = await make();
    const listed = async (archived: boolean) => (await api.index(ben, archived)).some(found => found.id === id);
    await expectRefused(() => api.unarchive(admin, id), NOOP, 'not-archived', /is not archived/);
    await api.archive(admin, id);
    expect([await listed(false), await listed(true)]).toEqual([false, true]);
    expect((await api.get(ben, id)).archivedAt).toBeGreaterThan(0);
    await expectRefused(() => api.archive(admin, id), NOOP, 'already-archived', /is archived already/);
    await expectRefused(() => api.add(admin, id, [ben.id]), RESOURCE_ARCHIVED, 'group-archived', /unarchive it first/);
    await api.unarchive(admin, id);
    expect([await listed(false), await listed(true)]).toEqual([true, true]);
  });

  test.each<[string, string, RegExp]>([
    ['no name', ' ', /params\.name: empty/],
    ['a control character in its name', 'Crew\u0007', /params\.name: has the character U\+0007 at 4/],
    ['a mark of direction in its name', 'Crew\u202eA', /U\+202E/],
  ])('is not made with %s', (_, name, message) =>
    expectRefused(() => api.create(admin, name), BAD_REQUEST, 'invalid-argument', message),
  );

  test('is not made with a name of 251 characters, and is with one of 250', async () => {
    await expectRefused(() => api.create(admin, 'x'.repeat(251)), BAD_REQUEST, 'limit-exceeded', /params\.name: 251/);
    const name = nextName().padEnd(250, 'x');
    expect((await api.create(admin, name)).name).toBe(name);
  });

  test('takes at most so many members in one call', async () => {
    const { id } = await make();
    const many = Array.from({ length: MAX_IDS_PER_CALL + 1 }, (_, index) => `user-${index}`);
    await expectRefused(
      () => api.add(admin, id, many),
      BAD_REQUEST,
      'limit-exceeded',
      /userIds: 1001 ids; at most 1000/,
    );
    await expectRefused(() => api.remove(admin, id, many), BAD_REQUEST, 'limit-exceeded', /userIds: 1001 ids/);
  });

  test('is changed by who may alone', async () => {
    const { id } = await make();
    const refused = (call: () => Promise<unknown>, needed: string) =>
      expectRefused(call, INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', new RegExp(`privilege ${needed}`));
    await refused(() => api.create(ana, nextName()), privilege);
    await refused(() => api.rename(ana, id, nextName()), privilege);
    await refused(() => api.archive(ana, id), privilege);
    await refused(() => api.unarchive(ana, id), privilege);
    await refused(() => api.add(ana, id, [ben.id]), 'adminBasic');
    await refused(() => api.remove(ana, id, [ben.id]), 'adminBasic');
  });

  test('does not exist for other teams', async () => {
    const { id, name } = await make();
    const slug = `${kind}-not-found`;
    for (const call of [
      () => api.get(outsider, id),
      () => api.members(outsider, id),
      () => api.rename(outsider, id, nextName()),
      () => api.archive(outsider, id),
      () => api.unarchive(outsider, id),
      () => api.add(outsider, id, [outsider.id]),
      () => api.remove(outsider, id, [ben.id]),
    ]) {
      const refusal = await expectRefused(call, NOT_FOUND, slug, new RegExp(id));
      expect(refusal.message).not.toContain(name);
    }
    await expectRefused(() => api.create(outsider, nextName()), NOT_FOUND, 'team-not-found', /no team/);
    expect((await api.index(outsider, true)).map(found => found.id)).not.toContain(id);
  });

  test('is one of a bounded number', async () => {
    const team = await admin.teams.create(`Crowded plant ${kind}`, '');
    await server.store.transact(async tx => {
      const { db } = tx.people as unknown as { db: Kysely<Database> };
      const rows = Array.from({ length: MAX_GROUPS_PER_TEAM - 1 }, (_, n) => ({
        group_id: `${kind}-${n}`,
        name: `${n}`,
        name_key: `${n}`,
      }));
      const common = {
        team_id: team.id,
        kind: kind === 'role' ? ('ROLE' as const) : ('GROUP' as const),
        descrip: '',
        privileges: '[]',
      };
      await insertProduct(db, server.store.engine, 'groups', rows, [common]);
    });
    const create = (name: string) =>
      kind === 'role' ? rolesOf(admin).create(team.id, { name }) : groupsOf(admin).create(team.id, { name });
    await create('The last one');
    await expectRefused(() => create('One more'), BAD_REQUEST, 'limit-exceeded', /has 1000 \w+s, as many as it can/);
  });
});

test('a group and a role may have the same name', async () => {
  const name = nextName();
  await groupsOf(admin).create(admin.teamId, { name });
  expect(await rolesOf(admin).create(admin.teamId, { name })).toMatchObject({ name });
});

describe('work of a group', () => {
  const assigned = (assignedTo: string) => ({ assignedType: AssignedType.Group, assignedTo });

  test('is taken by a member, by creation, by the procedure, and by its defaults', async () => {
    const crew = await newGroup(ben);
    const role = await newRole([], ben);
    for (const id of [crew, role]) {
      const byCreation = await newJob(ana, [step('Weld')], assigned(id));
      const byProcedure = await newJob(ana, [stepOf('Weld', id)]);
      const { id: template } = await newTemplate(ana, `Defaults of ${id}`, [step('Weld')]);
      await ana.templates.acquireLock(template);
      await ana.templates.update(template, { defaults: assigned(id) });
      const byDefaults = await jobOf(ana, await ana.templates.publish(template));
      for (const job of [byCreation, byProcedure, byDefaults]) {
        expect(await job.start(cem, 'Weld')).toEqual(['AssignedToDifferentUser']);
        expect(await job.start(ben, 'Weld')).toEqual(['Success']);
        expect(await job.finish(ben, 'Weld')).toEqual(['Success']);
      }
    }
  });

  test('is open to whoever joins, and closed to whoever leaves, with the next call', async () => {
    const crew = await newGroup(ben);
    const job = await newJob(ana, [stepOf('Rig', crew), stepOf('Lift', crew)]);
    await groupsOf(admin).addMembers(crew, [cem.id]);
    await job.run(cem, 'Rig');
    await groupsOf(admin).removeMembers(crew, [cem.id]);
    expect(await job.start(cem, 'Lift')).toEqual(['AssignedToDifferentUser']);
  });

  test('keeps the group from vanishing, and the refusal names the steps', async () => {
    const crew = await newGroup(ben);
    const job = await newJob(ana, [stepOf('Weld', crew), stepOf('Paint', crew)]);
    const inUse = (act: string) => new RegExp(`has 1 open step assigned: "Weld" of job ${job.id}; .* before ${act}`);
    const refusal = await expectRefused(
      () => groupsOf(admin).archive(crew),
      WRONG_STATE,
      'group-in-use',
      inUse('archiving it'),
    );
    expect(refusal.details).toEqual({ openSteps: '1', jobIds: job.id });
    await expectRefused(
      () => groupsOf(admin).removeMembers(crew, [ben.id]),
      WRONG_STATE,
      'group-in-use',
      inUse('taking out its last member'),
    );
    await job.run(ben, 'Weld', 'Paint');
    await groupsOf(admin).removeMembers(crew, [ben.id]);
    await groupsOf(admin).archive(crew);
  });

  test('names the first ten of many steps', async () => {
    const crew = await newGroup(ben);
    const template = await publishedTemplate(ana, nextName(), [stepOf('Weld', crew)]);
    const { jobIds } = await ana.jobs.createJobs(template.id, { numberOfJobs: 12 });
    const refusal = await expectRefused(
      () => groupsOf(admin).archive(crew),
      WRONG_STATE,
      'group-in-use',
      /12 open steps.*, …;/,
    );
    expect(refusal.details!.jobIds!.split(' ')).toEqual([...jobIds].sort().slice(0, 10));
  });

  test('of a closed job holds nothing back', async () => {
    const crew = await newGroup(ben);
    const job = await newJob(ana, [stepOf('Weld', crew)]);
    await ana.jobs.closeJobs([job.id]);
    await groupsOf(admin).archive(crew);
  });

  test('is not given to an archived group, and a procedure that names it is not published', async () => {
    const crew = await newGroup(ben);
    const old = await publishedTemplate(ana, nextName(), [stepOf('Weld', crew)]);
    await groupsOf(admin).archive(crew);
    await expectRefused(
      () => ana.jobs.createJobs(old.id, assigned(crew)),
      RESOURCE_ARCHIVED,
      'group-archived',
      /is archived; choose another/,
    );
    const { id } = await newTemplate(ana, nextName(), [stepOf('Weld', crew)]);
    await expectRefused(() => ana.templates.publish(id), BAD_REQUEST, 'invalid-procedure', /"Weld".* is archived/);
    // What was published before goes on: the members still take its steps.
    const job = await jobOf(ana, old);
    expect(await job.start(ben, 'Weld')).toEqual(['Success']);
  });

  test('is not given to a group of another team', async () => {
    const { id } = await groupsOf(outsider).create(outsider.teamId, { name: 'Strangers' });
    const { id: template } = await publishedTemplate(ana, nextName(), [step('Weld')]);
    await expectRefused(() => ana.jobs.createJobs(template, assigned(id)), NOT_FOUND, 'group-not-found', /no group/);
    const { id: draft } = await newTemplate(ana, nextName(), [stepOf('Weld', id)]);
    await expectRefused(() => ana.templates.publish(draft), BAD_REQUEST, 'invalid-procedure', /no role "/);
  });
});

describe('privileges of a role', () => {
  const create = (user: TestUser) => user.templates.create(user.teamId, { title: nextName() }, []);
  const refused = (call: () => Promise<unknown>, message: RegExp) =>
    expectRefused(call, INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', message);

  test('add to those of the built-in roles, with the next call, and end with the role', async () => {
    await refused(
      () => create(cem),
      /privilege templateCreate, which ADMIN and AUTHOR have; your roles in this team: EXECUTOR$/,
    );
    const role = await newRole(['templateCreate'], cem);
    await create(cem);
    await rolesOf(admin).update(role, { permissions: { privileges: ['templateEdit'] } });
    const { name } = await rolesOf(cem).get(role);
    await refused(() => create(cem), new RegExp(`your roles in this team: EXECUTOR, ${name}$`));
    await rolesOf(admin).update(role, { permissions: { privileges: ['templateCreate'] } });
    await create(cem);
    await rolesOf(admin).archive(role);
    await refused(() => create(cem), /your roles in this team: EXECUTOR$/);
    await rolesOf(admin).unarchive(role);
    await create(cem);
    await rolesOf(admin).removeHolders(role, [cem.id]);
    await refused(() => create(cem), /EXECUTOR$/);
  });

  test('count in the team of the role alone', async () => {
    const role = await newRole(['templateCreate'], cem);
    const elsewhere = await admin.teams.create(nextName(), '');
    await admin.teams.addUserById(elsewhere.id, cem.id, []);
    await create(cem);
    await refused(() => cem.templates.create(elsewhere.id, { title: 'T' }, []), /your roles in this team: none/);
    await rolesOf(admin).removeHolders(role, [cem.id]);
  });

  test('stand in the answer of a login', async () => {
    const before = (await cem.auth.login(cem.email, cem.password, {})).teamIdToJobPermissions[cem.teamId]!.privileges!;
    const role = await newRole(['jobClose', 'templateCreate'], cem);
    const login = await cem.auth.login(cem.email, cem.password, {});
    const privileges = [...before, 'jobClose', 'templateCreate'].sort();
    expect(login.teamIdToJobPermissions[cem.teamId]).toEqual({ privileges });
    await rolesOf(admin).removeHolders(role, [cem.id]);
  });

  test('are told by the service, and are those of ADMIN', async () => {
    const all = await rolesOf(ben).listPrivileges();
    const builtIn = (await rolesOf(ben).index(ben.teamId, false)).filter(role => role.systemRole);
    expect(builtIn.map(({ id }) => id)).toEqual(['ADMIN', 'AUTHOR', 'JOBCREATOR', 'EXECUTOR']);
    expect([...builtIn[0]!.permissions!.privileges!].sort()).toEqual(all);
    expect(all).toEqual(expect.arrayContaining(['adminAdvanced', 'jobCreate', 'templatePublish']));
  });

  test('that there are not are refused by name', () =>
    expectRefused(
      () => rolesOf(admin).create(admin.teamId, { name: nextName(), permissions: { privileges: ['fly'] } }),
      BAD_REQUEST,
      'invalid-argument',
      /params\.permissions\.privileges: no privilege "fly"; there are .*templateEdit/,
    ));

  test('are neither given nor taken away by who lacks them', async () => {
    const manager = await newRole(['adminBasic', 'adminAdvanced'], cem);
    const mighty = await newRole(['templatePublish'], ben);
    const lacking = /only who has the privilege templatePublish can give it or take it away/;
    const name = nextName();
    await refused(
      () => rolesOf(cem).create(cem.teamId, { name, permissions: { privileges: ['templatePublish'] } }),
      lacking,
    );
    await refused(() => rolesOf(cem).update(mighty, { permissions: { privileges: [] } }), lacking);
    await refused(() => rolesOf(cem).addHolders(mighty, [cem.id]), lacking);
    await refused(() => rolesOf(cem).removeHolders(mighty, [ben.id]), lacking);
    await refused(() => rolesOf(cem).archive(mighty), lacking);
    await refused(() => cem.teams.removeUserFromTeam(cem.teamId, ben.id), lacking);
    const any = /can give it or take it away/;
    await refused(() => cem.teams.updateUserRoles(cem.teamId, cem.id, [TeamRole.ADMIN]), any);
    await refused(() => cem.teams.updateUserRoles(cem.teamId, ana.id, []), any);
    await refused(() => cem.teams.removeUserFromTeam(cem.teamId, admin.id), any);
    await refused(() => cem.teams.addUserById(cem.teamId, outsider.id, [TeamRole.AUTHOR]), any);
    await refused(
      () => cem.teams.createUser(cem.teamId, 'dee@example.org', 'dees-long-password', 'dee', [TeamRole.JOBCREATOR]),
      any,
    );
    // What it has itself it may give.
    await rolesOf(cem).create(cem.teamId, { name, permissions: { privileges: ['adminBasic'] } });
    await cem.teams.updateUserRoles(cem.teamId, ben.id, []);
    await cem.teams.updateUserRoles(cem.teamId, ben.id, [TeamRole.EXECUTOR]);
    await rolesOf(admin).removeHolders(manager, [cem.id]);
  });
});

test('every function takes a bounded number of statements, however many members there are', async () => {
  const count = async (members: TestUser[]) => {
    const { statements } = await server.statementsOf(async () => {
      const id = await newGroup(...members);
      await groupsOf(ben).getMembers(id);
    });
    return statements.length;
  };
  expect(await count([ana, ben, cem])).toBe(await count([ana]));
});
