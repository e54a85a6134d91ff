/** Roles and what they may do, in one team and across teams. */
import { describe, expect, test } from '@jest/globals';
import {
  builtInRoles,
  type Caller,
  isRoleName,
  type Privilege,
  privilegesOf,
  type Rights,
  type RoleName,
  requireAll,
  requireMember,
  requirePrivilege,
  teamsOf,
} from '../../src/domain/privileges.ts';

const rightsOf = (roles: RoleName[]): Rights => ({
  roles,
  ownRoles: [],
  groups: roles,
  privileges: privilegesOf(roles),
});

const callerWith = (rolesByTeam: Record<string, RoleName[]>): Caller => ({
  userId: 'ana',
  email: 'ana@example.org',
  name: 'Ana',
  createdAt: 0,
  tokenId: 'token',
  isProgram: false,
  expiresAt: 0,
  rights: new Map(Object.entries(rolesByTeam).map(([team, roles]) => [team, rightsOf(roles)])),
});

const all = privilegesOf(['ADMIN']);

describe('roles', () => {
  test('ADMIN may do everything that any role may', () => {
    const roles = Object.keys(builtInRoles) as RoleName[];
    expect(all).toEqual(privilegesOf(roles));
    expect(all).toEqual(expect.arrayContaining(['adminBasic', 'adminAdvanced', 'jobCreate', 'templatePublish']));
  });

  test('AUTHOR works on templates and JOBCREATOR on jobs, EXECUTOR on steps and what comes to light there', () => {
    expect(privilegesOf(['AUTHOR']).every(privilege => privilege.startsWith('template'))).toBe(true);
    expect(privilegesOf(['JOBCREATOR']).every(privilege => /^(job|workflow)/.test(privilege))).toBe(true);
    expect(privilegesOf(['EXECUTOR'])).toEqual([
      'jobAssignIndividual',
      'jobUpdateExtendedProperties',
      'jobUpdateNotes',
      'jobUpdatePercentComplete',
      'jobUpdateStatus',
    ]);
    expect(privilegesOf(['JOBCREATOR'])).toEqual(expect.arrayContaining(privilegesOf(['EXECUTOR'])));
  });

  test('add up, each privilege once and sorted', () => {
    expect(privilegesOf(['JOBCREATOR', 'AUTHOR', 'JOBCREATOR'])).toEqual(
      [...builtInRoles.AUTHOR, ...builtInRoles.JOBCREATOR].sort(),
    );
    expect(privilegesOf([])).toEqual([]);
  });

  test.each(['ADMIN', 'AUTHOR', 'JOBCREATOR', 'EXECUTOR'])('%s is a role', name => {
    expect(isRoleName(name)).toBe(true);
  });

  test.each(['', 'admin', 'PARSABLE_ADMIN', 'toString', '__proto__', 'constructor'])('"%s" is none', name => {
    expect(isRoleName(name)).toBe(false);
  });
});

describe('in a team', () => {
  const refused = all.filter(privilege => !privilegesOf(['EXECUTOR']).includes(privilege));

  test.each(refused)('%s is granted to ADMIN and refused to EXECUTOR', privilege => {
    expect(() => requirePrivilege(callerWith({ plant: ['ADMIN'] }), 'plant', privilege)).not.toThrow();
    expect(() => requirePrivilege(callerWith({ plant: ['EXECUTOR'] }), 'plant', privilege)).toThrow(
      expect.objectContaining({ kind: 'insufficientPermissions', details: { privilege } }),
    );
  });

  test('one of several roles is enough', () => {
    const ana = callerWith({ plant: ['EXECUTOR', 'JOBCREATOR'] });
    expect(() => requirePrivilege(ana, 'plant', 'jobClose')).not.toThrow();
  });

  test('a refusal names the privilege, who has it, and the roles of the caller', () => {
    const refusal = (roles: RoleName[]) => () => requirePrivilege(callerWith({ plant: roles }), 'plant', 'jobCreate');
    const who = /privilege jobCreate, which ADMIN and JOBCREATOR have; your roles in this team: /;
    expect(refusal(['AUTHOR', 'EXECUTOR'])).toThrow(new RegExp(`${who.source}AUTHOR, EXECUTOR$`));
    expect(refusal([])).toThrow(new RegExp(`${who.source}none$`));
  });
});

test('nobody gives or takes what it does not have', () => {
  const ana = callerWith({ plant: ['AUTHOR'] });
  expect(() => requireAll(ana, 'plant', ['templateEdit', 'templateCreate'])).not.toThrow();
  expect(() => requireAll(ana, 'plant', [])).not.toThrow();
  expect(() => requireAll(ana, 'plant', ['templateEdit', 'jobClose'])).toThrow(
    expect.objectContaining({ kind: 'insufficientPermissions', details: { privilege: 'jobClose' } }),
  );
});

describe('across teams', () => {
  const ana = callerWith({ plant: ['ADMIN'], depot: ['EXECUTOR'] });

  test('the teams of a caller are those with roles, also with an empty list of them', () => {
    expect(teamsOf(ana)).toEqual(['plant', 'depot']);
    expect(teamsOf(callerWith({ plant: [] }))).toEqual(['plant']);
    expect(() => requireMember(callerWith({ plant: [] }), 'plant')).not.toThrow();
  });

  test('roles of one team do not count in another', () => {
    const privilege: Privilege = 'templateEdit';
    expect(() => requirePrivilege(ana, 'plant', privilege)).not.toThrow();
    expect(() => requirePrivilege(ana, 'depot', privilege)).toThrow(
      expect.objectContaining({ kind: 'insufficientPermissions' }),
    );
  });

  test.each(['elsewhere', '', 'toString'])('a team that is not its own, "%s", does not exist', teamId => {
    const notFound = expect.objectContaining({ kind: 'notFound', slug: 'team-not-found', details: { teamId } });
    expect(() => requireMember(ana, teamId)).toThrow(notFound);
    expect(() => requirePrivilege(ana, teamId, 'jobCreate')).toThrow(notFound);
  });
});
