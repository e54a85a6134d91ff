/**
 * What a caller may do: privileges, and the built-in roles that are sets of them.
 *
 * Nothing crosses teams. Seeing the templates, jobs and people of a team takes membership alone; what takes more stands here.
 * Working on steps takes no privilege either: the step's assignment decides.
 */
import { InsufficientPermissions, NotFound } from '../base/errors.ts';

const templatePrivileges = ['templateCreate', 'templateEdit', 'templateForceLock', 'templatePublish'] as const;
const jobPrivileges = ['jobCreate', 'jobAssignAny', 'jobUpdateOwner', 'jobUpdateAttachments', 'jobClose'] as const;
const adminPrivileges = ['adminBasic', 'adminAdvanced'] as const;

export type Privilege = (typeof templatePrivileges | typeof jobPrivileges | typeof adminPrivileges)[number];

/** The ids of the built-in roles: also the group ids that steps are assigned to. */
export type RoleName = 'ADMIN' | 'AUTHOR' | 'JOBCREATOR' | 'EXECUTOR';

/** ADMIN may do everything; EXECUTOR works on steps. */
export const builtInRoles: Readonly<Record<RoleName, readonly Privilege[]>> = {
  ADMIN: [...templatePrivileges, ...jobPrivileges, ...adminPrivileges],
  AUTHOR: templatePrivileges,
  JOBCREATOR: jobPrivileges,
  EXECUTOR: [],
};

export const roleNames = Object.keys(builtInRoles);

export const isRoleName = (name: string): name is RoleName => Object.hasOwn(builtInRoles, name);

/** Who calls: a user by way of a token, and its roles in each team it works in. */
export interface Caller {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  /** When the user was made, in epoch milliseconds. */
  readonly createdAt: number;
  readonly tokenId: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  readonly rolesByTeam: ReadonlyMap<string, readonly RoleName[]>;
}

export const teamsOf = (caller: Caller): string[] => [...caller.rolesByTeam.keys()];

/** The privileges that roles add up to, sorted. */
export const privilegesOf = (roles: readonly RoleName[]): Privilege[] =>
  [...new Set(roles.flatMap(role => builtInRoles[role]))].sort();

/** @throws NotFound (404) for a team that the caller does not work in */
export function requireMember(caller: Caller, teamId: string): void {
  if (!caller.rolesByTeam.has(teamId)) {
    throw new NotFound('team-not-found', `teamId: no team ${teamId}; index of the team service lists yours`, {
      teamId,
    });
  }
}

/** @throws NotFound (404) for a foreign team, InsufficientPermissions (476) for an own one */
export function requirePrivilege(caller: Caller, teamId: string, privilege: Privilege): void {
  requireMember(caller, teamId);
  const roles = caller.rolesByTeam.get(teamId) ?? [];
  if (roles.some(role => builtInRoles[role].includes(privilege))) return;
  const granting = Object.entries(builtInRoles).filter(([, privileges]) => privileges.includes(privilege));
  throw new InsufficientPermissions(
    'insufficient-permissions',
    `this needs the privilege ${privilege}, which ${granting.map(([role]) => role).join(' and ')} have; your roles in this team: ${roles.join(', ') || 'none'}`,
    { privilege },
  );
}
