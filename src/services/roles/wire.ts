/** Roles: from rows, and from what is built in, to the structs of the interface. Times go out in Unix seconds. */
import type { JobRole, JobRoleParams } from '#gen/job_role_types';
import { builtInRoles } from '../../domain/privileges.ts';
import type { GroupRow } from '../../store/groups.ts';
import { privilegesIn, type SentGroup } from '../groups/groups.ts';
import { toGroup } from '../groups/wire.ts';

export const toJobRole = (role: GroupRow): JobRole => ({
  ...toGroup(role),
  systemRole: false,
  permissions: { privileges: privilegesIn(role) },
});

const descriptions: Readonly<Record<keyof typeof builtInRoles, string>> = {
  ADMIN: 'Everything, members and settings included.',
  AUTHOR: 'Writes templates.',
  JOBCREATOR: 'Creates and plans jobs.',
  EXECUTOR: 'Does the work of jobs.',
};

/** The roles that every team has. Their ids are their names. */
export const builtIn = (teamId: string): JobRole[] =>
  Object.entries(builtInRoles).map(([id, privileges]) => ({
    id,
    teamId,
    name: id,
    descrip: descriptions[id as keyof typeof builtInRoles],
    archivedAt: 0,
    systemRole: true,
    permissions: { privileges: [...privileges].sort() },
  }));

export const sent = ({ name, descrip, permissions }: JobRoleParams): SentGroup => ({
  name: name ?? null,
  descrip: descrip ?? null,
  privileges: permissions?.privileges ?? null,
});
