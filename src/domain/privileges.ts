/**
 * What a caller may do: privileges, and the built-in roles that are sets of them.
 *
 * Nothing crosses teams. Seeing the templates, jobs and people of a team takes membership alone; what takes more stands here.
 * Working on steps takes no privilege either: the step's assignment decides.
 */
import { InsufficientPermissions, NotFound } from '../base/errors.ts';

const templatePrivileges = [
  'templateArchive',
  'templateCreate',
  'templateEdit',
  'templateForceLock',
  'templatePublish',
] as const;
const jobPrivileges = [
  'jobAssignAny',
  'jobAssignGroup',
  'jobAssignIndividual',
  'jobClose',
  'jobCreate',
  'jobDelete',
  'jobForceStop',
  'jobReopenClosed',
  'jobUpdateAny',
  'jobUpdateAttachments',
  'jobUpdateDate',
  'jobUpdateDescription',
  'jobUpdateExtendedProperties',
  'jobUpdateHolds',
  'jobUpdateLocation',
  'jobUpdateName',
  'jobUpdateNotes',
  'jobUpdateOwner',
  'jobUpdateParentJob',
  'jobUpdatePercentComplete',
  'jobUpdatePriority',
  'jobUpdateStatus',
  'jobUpdateVersions',
  'jobUpgrade',
  'workflowSetStepCurrent',
] as const;
const adminPrivileges = ['adminAdvanced', 'adminBasic'] as const;

export type Privilege = (typeof templatePrivileges | typeof jobPrivileges | typeof adminPrivileges)[number];

/** The ids of the built-in roles: also the group ids that steps are assigned to. */
export type RoleName = 'ADMIN' | 'AUTHOR' | 'JOBCREATOR' | 'EXECUTOR';

/**
 * ADMIN may do everything. EXECUTOR works on steps, may take them over, and on the jobs that they are of writes what comes to light in
 * the work: without jobUpdateAny, a job is changed by its owner and those to whom a current step is assigned.
 */
export const builtInRoles: Readonly<Record<RoleName, readonly Privilege[]>> = {
  ADMIN: [...templatePrivileges, ...jobPrivileges, ...adminPrivileges],
  AUTHOR: templatePrivileges,
  JOBCREATOR: jobPrivileges,
  EXECUTOR: [
    'jobAssignIndividual',
    'jobUpdateExtendedProperties',
    'jobUpdateNotes',
    'jobUpdatePercentComplete',
    'jobUpdateStatus',
  ],
};

export const roleNames = Object.keys(builtInRoles);

export const isRoleName = (name: string): name is RoleName => Object.hasOwn(builtInRoles, name);

export const allPrivileges: readonly Privilege[] = builtInRoles.ADMIN;

export const isPrivilege = (name: string): name is Privilege => (allPrivileges as readonly string[]).includes(name);

/** What somebody is and may do in one team. */
export interface Rights {
  readonly roles: readonly RoleName[];
  /** The names of the team's own roles that it holds. */
  readonly ownRoles: readonly string[];
  /** The groups whose steps it may take: built-in roles by name, the team's own roles and groups by id. */
  readonly groups: readonly string[];
  readonly privileges: readonly Privilege[];
}

/** Who calls: a user by way of a token, and its rights in each team it works in. */
export interface Caller {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  /** When the user was made, in epoch milliseconds. */
  readonly createdAt: number;
  readonly tokenId: string;
  /** The token is one for a program, not of a login. */
  readonly isProgram: boolean;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  readonly rights: ReadonlyMap<string, Rights>;
}

export const teamsOf = (caller: Caller): string[] => [...caller.rights.keys()];

export const rightsIn = (caller: Caller, teamId: string): Rights => caller.rights.get(teamId) ?? nothing;

const nothing: Rights = { roles: [], ownRoles: [], groups: [], privileges: [] };

/** The privileges that built-in roles add up to, sorted. */
export const privilegesOf = (roles: readonly RoleName[]): Privilege[] =>
  [...new Set(roles.flatMap(role => builtInRoles[role]))].sort();

export const has = (caller: Caller, teamId: string, privilege: Privilege): boolean =>
  rightsIn(caller, teamId).privileges.includes(privilege);

/** @throws NotFound (404) for a team that the caller does not work in */
export function requireMember(caller: Caller, teamId: string): void {
  if (!caller.rights.has(teamId)) {
    throw new NotFound('team-not-found', `teamId: no team ${teamId}; index of the team service lists yours`, {
      teamId,
    });
  }
}

/** @throws NotFound (404) for a foreign team, InsufficientPermissions (476) for an own one */
export function requirePrivilege(caller: Caller, teamId: string, privilege: Privilege): void {
  requireMember(caller, teamId);
  if (!has(caller, teamId, privilege)) throw lacks(caller, teamId, privilege);
}

/** What a caller hears that does not have a privilege. */
export function lacks(caller: Caller, teamId: string, privilege: Privilege): InsufficientPermissions {
  const granting = Object.entries(builtInRoles).filter(([, privileges]) => privileges.includes(privilege));
  const { roles, ownRoles } = rightsIn(caller, teamId);
  return new InsufficientPermissions(
    'insufficient-permissions',
    `this needs the privilege ${privilege}, which ${granting.map(([role]) => role).join(' and ')} have; your roles in this team: ${[...roles, ...ownRoles].join(', ') || 'none'}`,
    { privilege },
  );
}

/**
 * Nobody gives, or takes from others, what it does not have.
 * @throws InsufficientPermissions (476)
 */
export function requireAll(caller: Caller, teamId: string, privileges: readonly Privilege[]): void {
  const lacking = privileges.find(privilege => !has(caller, teamId, privilege));
  if (lacking === undefined) return;
  throw new InsufficientPermissions(
    'insufficient-permissions',
    `only who has the privilege ${lacking} can give it or take it away; an ADMIN can`,
    { privilege: lacking },
  );
}
