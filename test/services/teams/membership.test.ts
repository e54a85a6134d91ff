/** Who works in a team: coming, going, coming back, and changing roles; a team keeps an ADMIN. Short names of teams. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { TeamRole } from '#gen/user_types';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logIn, logInAdmin, newOutsider, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
/** No ADMIN of any team. */
let ben: TestUser;
let outsider: TestUser;
/** A team of its own for each test. */
let teamId: string;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
  ben = await newUser(server, admin, 'ben', TeamRole.AUTHOR);
  outsider = await newOutsider(server, admin);
});
afterAll(() => server.stop());

let teams = 0;
beforeEach(async () => {
  teamId = (await admin.teams.create(`Plant ${++teams}`, '')).id;
});

const { BAD_REQUEST, NOT_FOUND, INSUFFICIENT_PERMISSIONS, WRONG_STATE } = ErrorCode;
const { USER_ALREADY_PART_OF_TEAM, TEAM_ALREADY_EXISTS } = ErrorCode;

const rolesOf = async (user: TestUser) => (await user.auth.authenticate(user.token)).teamIdToTeamRole[teamId];

const auditOf = async (action: string) =>
  (await rowsOf(server, 'audit_events'))
    .filter(row => row.team_id === teamId && row.action === action)
    .map(({ actor_id, subject_id, details }) => ({ actor_id, subject_id, details: JSON.parse(details) }));

const expectRefused = (call: () => Promise<unknown>, code: ErrorCode, slug: string, message: RegExp) =>
  expectNothingWritten(server, () => expectRefusal(call(), code, slug, message));

describe('addUserById', () => {
  test('makes a user of another team a member, at once and for the token that it has', async () => {
    await admin.teams.addUserById(teamId, ana.id, [TeamRole.JOBCREATOR, TeamRole.EXECUTOR, TeamRole.JOBCREATOR]);
    expect(await rolesOf(ana)).toEqual([TeamRole.JOBCREATOR, TeamRole.EXECUTOR]);
    expect(await ana.teams.get(teamId)).toMatchObject({ id: teamId });
    expect(await auditOf('member.added')).toEqual([
      { actor_id: admin.id, subject_id: ana.id, details: { roles: ['JOBCREATOR', 'EXECUTOR'] } },
    ]);
  });

  test('refuses a member, and whom nobody knows', async () => {
    await admin.teams.addUserById(teamId, ana.id, []);
    const again = () => admin.teams.addUserById(teamId, ana.id, [TeamRole.ADMIN]);
    await expectRefused(again, USER_ALREADY_PART_OF_TEAM, 'user-already-in-team', /ana works in this team already/);
    const nobody = () => admin.teams.addUserById(teamId, 'nobody', []);
    await expectRefused(nobody, NOT_FOUND, 'user-not-found', /userId: no user nobody on this server/);
  });

  test('of two at once one makes the member', async () => {
    for (let round = 0; round < 20; round++) {
      const { id } = await admin.teams.create(`Contested ${round}`, '');
      const add = () => admin.teams.addUserById(id, ana.id, [TeamRole.AUTHOR]);
      const other = await logInAdmin(server);
      const outcomes = await Promise.allSettled([add(), other.teams.addUserById(id, ana.id, [TeamRole.EXECUTOR])]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      await other.connection.close();
    }
  });
});

describe('updateUserRoles', () => {
  test('replaces the roles: what they allow holds from the next call on', async () => {
    await admin.teams.addUserById(teamId, ana.id, [TeamRole.AUTHOR]);
    const mine = { ...ana, teamId };
    await newTemplate(mine, 'Before', [step('a')]);
    await admin.teams.updateUserRoles(teamId, ana.id, [TeamRole.EXECUTOR]);
    const after = newTemplate(mine, 'After', [step('a')]);
    await expectRefusal(after, INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', /roles in this team: EXECUTOR/);
    expect(await auditOf('member.roles')).toEqual([
      { actor_id: admin.id, subject_id: ana.id, details: { from: ['AUTHOR'], to: ['EXECUTOR'] } },
    ]);
  });

  test('with the same roles changes nothing', async () => {
    await admin.teams.addUserById(teamId, ana.id, [TeamRole.AUTHOR, TeamRole.EXECUTOR]);
    await expectNothingWritten(server, () =>
      admin.teams.updateUserRoles(teamId, ana.id, [TeamRole.EXECUTOR, TeamRole.AUTHOR]),
    );
  });

  test('refuses who is no member, former members too', async () => {
    const update = () => admin.teams.updateUserRoles(teamId, ana.id, [TeamRole.AUTHOR]);
    await expectRefused(update, NOT_FOUND, 'user-not-found', /no user .* works in this team/);
    await admin.teams.addUserById(teamId, ana.id, []);
    await admin.teams.removeUserFromTeam(teamId, ana.id);
    await expectRefused(update, NOT_FOUND, 'user-not-found', /no user .* works in this team/);
  });
});

describe('removeUserFromTeam', () => {
  test('ends what the user sees of the team, at once', async () => {
    await admin.teams.addUserById(teamId, ana.id, [TeamRole.AUTHOR]);
    const { id } = await newTemplate({ ...ana, teamId }, 'Kept', [step('a')]);
    await admin.teams.removeUserFromTeam(teamId, ana.id);
    await expectRefusal(ana.teams.get(teamId), NOT_FOUND, 'team-not-found');
    await expectRefusal(ana.templates.get(id), NOT_FOUND, 'template-not-found');
    expect(await rolesOf(ana)).toBeUndefined();
    // What the user made stays.
    expect(await admin.templates.get(id)).toMatchObject({ title: 'Kept', lastAuthor: ana.id });
    expect(await auditOf('member.removed')).toEqual([
      { actor_id: admin.id, subject_id: ana.id, details: { roles: ['AUTHOR'] } },
    ]);
  });

  test("frees the locks on the team's templates, and no others", async () => {
    await admin.teams.addUserById(teamId, ana.id, [TeamRole.AUTHOR]);
    const here = await newTemplate({ ...ana, teamId }, 'Here', [step('a')]);
    const there = await newTemplate(ana, 'There', [step('a')]);
    await ana.templates.acquireLock(here.id);
    await ana.templates.acquireLock(there.id);
    await admin.teams.removeUserFromTeam(teamId, ana.id);
    await admin.templates.acquireLock(here.id);
    await expect(admin.templates.acquireLock(there.id)).rejects.toMatchObject({ previousLock: expect.anything() });
    await ana.templates.releaseLock(there.id);
  });

  test('nobody can be given work afterwards who does not work there', async () => {
    await admin.teams.addUserById(teamId, ana.id, []);
    const template = await newTemplate({ ...admin, teamId }, 'Work', [step('a')]);
    await admin.templates.publish(template.id);
    await admin.jobs.createJobs(template.id, { ownedBy: ana.id });
    await admin.teams.removeUserFromTeam(teamId, ana.id);
    const creating = () => admin.jobs.createJobs(template.id, { ownedBy: ana.id });
    await expectRefused(creating, NOT_FOUND, 'user-not-found', /works in this team/);
  });

  test('a former member comes back with new roles', async () => {
    await admin.teams.addUserById(teamId, ana.id, [TeamRole.AUTHOR]);
    await admin.teams.removeUserFromTeam(teamId, ana.id);
    await admin.teams.addUserById(teamId, ana.id, [TeamRole.EXECUTOR]);
    expect(await rolesOf(ana)).toEqual([TeamRole.EXECUTOR]);
    const memberships = (await rowsOf(server, 'memberships')).filter(row => row.team_id === teamId);
    expect(memberships.filter(row => row.user_id === ana.id)).toMatchObject([{ removed_at: null }]);
  });

  test('who is no member cannot be removed', () =>
    expectRefused(
      () => admin.teams.removeUserFromTeam(teamId, ana.id),
      NOT_FOUND,
      'user-not-found',
      /no user .* works in this team/,
    ));
});

describe('the last ADMIN', () => {
  test('cannot go, nor lose the role; with another it can do both', async () => {
    const leave = () => admin.teams.removeUserFromTeam(teamId, admin.id);
    const stepDown = () => admin.teams.updateUserRoles(teamId, admin.id, [TeamRole.AUTHOR]);
    await admin.teams.addUserById(teamId, ana.id, [TeamRole.AUTHOR]);
    await expectRefused(leave, WRONG_STATE, 'last-administrator', /give somebody else the role first/);
    await expectRefused(stepDown, WRONG_STATE, 'last-administrator', /is the only ADMIN/);
    await admin.teams.updateUserRoles(teamId, ana.id, [TeamRole.ADMIN]);
    await stepDown();
    expect(await rolesOf(admin)).toEqual([TeamRole.AUTHOR]);
    await ana.teams.removeUserFromTeam(teamId, admin.id);
    const alone = () => ana.teams.removeUserFromTeam(teamId, ana.id);
    await expectRefused(alone, WRONG_STATE, 'last-administrator', /is the only ADMIN/);
  });

  test('a former ADMIN does not count', async () => {
    await admin.teams.addUserById(teamId, ana.id, [TeamRole.ADMIN]);
    await admin.teams.removeUserFromTeam(teamId, ana.id);
    const leave = () => admin.teams.removeUserFromTeam(teamId, admin.id);
    await expectRefused(leave, WRONG_STATE, 'last-administrator', /is the only ADMIN/);
  });

  test('of two who remove each other at once one stays', async () => {
    for (let round = 0; round < 20; round++) {
      const { id } = await admin.teams.create(`Duel ${round}`, '');
      await admin.teams.addUserById(id, ana.id, [TeamRole.ADMIN]);
      const outcomes = await Promise.allSettled([
        admin.teams.removeUserFromTeam(id, ana.id),
        ana.teams.removeUserFromTeam(id, admin.id),
      ]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const left = (await rowsOf(server, 'memberships')).filter(row => row.team_id === id && row.removed_at === null);
      expect(left).toHaveLength(1);
    }
  });
});

describe('who may', () => {
  test('change the members: an ADMIN of that team', async () => {
    await admin.teams.addUserById(teamId, ana.id, [TeamRole.AUTHOR]);
    const right = /needs the privilege adminBasic/;
    for (const call of [
      () => ana.teams.addUserById(teamId, outsider.id, []),
      () => ana.teams.updateUserRoles(teamId, ana.id, [TeamRole.ADMIN]),
      () => ana.teams.removeUserFromTeam(teamId, admin.id),
    ])
      await expectRefused(call, INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', right);
    for (const call of [
      () => outsider.teams.addUserById(teamId, outsider.id, [TeamRole.ADMIN]),
      () => outsider.teams.updateUserRoles(teamId, ana.id, []),
      () => outsider.teams.removeUserFromTeam(teamId, ana.id),
    ])
      await expectRefused(call, NOT_FOUND, 'team-not-found', /no team/);
  });

  test('make a team with its owner: an ADMIN of some team', async () => {
    const make = (by: TestUser, email: string) =>
      by.teams.createWithUser('New plant', email, 'owners-long-password', 'Owner', '');
    const team = await make(admin, 'owner@example.org');
    const owner = await logIn(server, 'owner@example.org', 'owners-long-password');
    expect(team.owner).toMatchObject({ id: owner.id, name: 'Owner' });
    expect((await owner.auth.authenticate(owner.token)).teamIdToTeamRole).toEqual({ [team.id]: [TeamRole.ADMIN] });
    await expectRefusal(admin.teams.get(team.id), NOT_FOUND, 'team-not-found');
    const byBen = () => make(ben, 'second@example.org');
    await expectRefused(byBen, INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', /adminAdvanced/);
    const taken = () => make(admin, 'OWNER@example.org');
    await expectRefused(taken, BAD_REQUEST, 'email-taken', /owner@example.org belongs to a user/);
    const elsewhere = admin.teams.createWithUser('New', 'third@example.org', 'owners-long-password', 'Owner', 'mars');
    await expectRefusal(elsewhere, ErrorCode.INVALID_REGION, 'region-not-found');
  });

  test('know the regions: everybody', async () => {
    const [regionId] = await outsider.teams.listAllRegions();
    expect(await admin.teams.get(teamId)).toMatchObject({ regionId });
  });
});

describe('a short name', () => {
  test('finds the team for its members, and for nobody else', async () => {
    const team = await admin.teams.update(teamId, { subdomain: 'north-1' });
    expect(team.subdomain).toBe('north-1');
    expect(await admin.teams.getTeamBySubdomain('north-1')).toEqual(team);
    const foreign = await expectRefusal(ana.teams.getTeamBySubdomain('north-1'), NOT_FOUND, 'team-not-found');
    const unknown = await expectRefusal(ana.teams.getTeamBySubdomain('south-1'), NOT_FOUND, 'team-not-found');
    expect(foreign.message.replace('north-1', 'south-1')).toBe(unknown.message);
    await expectRefusal(admin.teams.getTeamBySubdomain(''), NOT_FOUND, 'team-not-found');
  });

  test('is unique on the server, can be kept, and given up', async () => {
    await admin.teams.update(teamId, { subdomain: 'east' });
    await admin.teams.update(teamId, { subdomain: 'east' });
    const take = () => outsider.teams.update(outsider.teamId, { subdomain: 'east' });
    await expectRefused(take, TEAM_ALREADY_EXISTS, 'team-already-exists', /"east" is taken/);
    await admin.teams.update(teamId, { subdomain: '' });
    expect(await take()).toMatchObject({ subdomain: 'east' });
    await outsider.teams.update(outsider.teamId, { subdomain: '' });
  });

  test('of two teams that take it at once one gets it', async () => {
    for (let round = 0; round < 20; round++) {
      const subdomain = `contested-${round}`;
      const outcomes = await Promise.allSettled([
        admin.teams.update(teamId, { subdomain }),
        outsider.teams.update(outsider.teamId, { subdomain }),
      ]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const lost = outcomes.find(outcome => outcome.status === 'rejected');
      expect(lost?.reason).toMatchObject({ slug: 'team-already-exists' });
    }
  });
});
