/** What members may do in their teams, from rows; and that nobody acts on somebody who may do more. */
import {
  type Caller,
  isPrivilege,
  isRoleName,
  type Privilege,
  privilegesOf,
  type Rights,
  requireAll,
} from '../domain/privileges.ts';
import type { Reader } from '../store/database.ts';
import type { GroupsRow } from '../store/people.ts';

/** @param rows of one member in one team. @param reach privileges beyond which a token does not go; null: it goes as far as its user */
export function rightsOf(rows: readonly GroupsRow[], reach: readonly string[] | null): Rights {
  const roles = builtInOf(rows);
  const groups = rows.filter(({ group_id }) => group_id !== null);
  const ownRoles = groups.filter(group => group.group_kind === 'ROLE' && group.group_archived_at === null);
  const privileges = [...new Set([...privilegesOf(roles), ...grantedBy(ownRoles)])].sort();
  return {
    roles,
    ownRoles: ownRoles.map(role => role.group_name!).sort(),
    groups: [...roles, ...groups.map(group => group.group_id!)],
    privileges: reach ? privileges.filter(privilege => reach.includes(privilege)) : privileges,
  };
}

/**
 * Who ends a membership or an account, gives it back, or gets into it, has every privilege that comes with it: those of archived roles
 * too, which may be unarchived. One statement.
 * @throws InsufficientPermissions (476)
 */
export async function requireRightsOf(
  reader: Reader,
  caller: Caller,
  userId: string,
  teamIds: readonly string[],
): Promise<void> {
  const rows = await reader.people.membersWithGroups(teamIds, [userId], 'disabled too');
  for (const [teamId, own] of Map.groupBy(rows, row => row.team_id!))
    requireAll(caller, teamId, [...privilegesOf(builtInOf(own)), ...grantedBy(own)]);
}

const builtInOf = ([first]: readonly GroupsRow[]) => (JSON.parse(first!.roles!) as string[]).filter(isRoleName);

const grantedBy = (groups: readonly GroupsRow[]): Privilege[] =>
  groups
    .filter(group => group.group_kind === 'ROLE')
    .flatMap(role => (JSON.parse(role.group_privileges!) as string[]).filter(isPrivilege));
