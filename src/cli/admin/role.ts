/** `jobwright admin role`: what members of a team are. */
import { builtInRoles, isRoleName, type RoleName, roleNames } from '../../domain/privileges.ts';
import { addToGroup, removeFromGroup } from '../../engine/groups.ts';
import { addMember, changeRoles } from '../../engine/members.ts';
import type { Reader, Transactor } from '../../store/database.ts';
import type { GroupRow } from '../../store/groups.ts';
import type { Row } from '../../store/schema.ts';
import { columns, command, noun } from './command.ts';
import { actOn, teamNamed, userNamed } from './desk.ts';

export const rolesOf = ({ roles }: Row<'memberships'>): RoleName[] => JSON.parse(roles);

/** @throws Error naming the one that is none */
export function builtInRolesNamed(names: readonly string[]): RoleName[] {
  const { builtIn, own } = sorted(names, []);
  if (own.length === 0) return builtIn;
  throw unknown(names, []);
}

/** Roles by their names: those that are built in, and the team's own. */
function sorted(names: readonly string[], ownRoles: readonly GroupRow[]): { builtIn: RoleName[]; own: GroupRow[] } {
  const builtIn = [...new Set(names)].filter(isRoleName);
  const own = names.filter(name => !isRoleName(name)).map(name => ownRoles.find(role => role.name === name));
  if (own.includes(undefined)) throw unknown(names, ownRoles);
  return { builtIn, own: own as GroupRow[] };
}

function unknown(names: readonly string[], ownRoles: readonly GroupRow[]): Error {
  const all = [...roleNames, ...ownRoles.map(role => role.name)];
  const wrong = names.find(name => !all.includes(name));
  return new Error(`there is no role "${wrong}"; expected some of ${all.join(', ')}`);
}

const ownRolesOf = async (reader: Reader, teamId: string): Promise<GroupRow[]> =>
  (await reader.groups.groupsOf(teamId, 'ROLE')).filter(role => role.archived_at === null);

/** The ids of the groups and own roles of the team that a member is in. */
const heldBy = async (reader: Reader, teamId: string, userId: string): Promise<ReadonlySet<string | null>> =>
  new Set((await reader.people.membersWithGroups([teamId], [userId], 'disabled too')).map(row => row.group_id));

/** Whoever is no member becomes one. */
async function setRoles(tx: Transactor, teamName: string, email: string, names: readonly string[]) {
  const { team_id: teamId } = await teamNamed(tx, teamName);
  await tx.people.lockTeam(teamId);
  const user = await userNamed(tx, email);
  const ownRoles = await ownRolesOf(tx, teamId);
  const { builtIn, own } = sorted(names, ownRoles);
  const act = actOn(teamId);
  if (await tx.people.member(teamId, user.user_id)) await changeRoles(tx, act, teamId, user.user_id, builtIn);
  else await addMember(tx, act, teamId, user.user_id, builtIn);
  const held = await heldBy(tx, teamId, user.user_id);
  for (const role of own.filter(role => !held.has(role.group_id))) await addToGroup(tx, act, role, [user.user_id]);
  for (const role of ownRoles.filter(role => held.has(role.group_id) && !own.includes(role)))
    await removeFromGroup(tx, act, role, [user.user_id]);
  return { teamId, email: user.email, roles: [...builtIn, ...own.map(role => role.name)] };
}

const commands = [
  command({
    usage: 'list [team]',
    what: 'tell the roles that every team has, and those of a team, with their privileges',
    run: async (store, [name]) => {
      const builtIn = Object.entries(builtInRoles).map(([id, privileges]) => ({
        name: id,
        privileges: [...privileges].sort(),
      }));
      if (name === undefined) return builtIn;
      const own = await store.read(async reader => ownRolesOf(reader, (await teamNamed(reader, name)).team_id));
      return [...builtIn, ...own.map(row => ({ name: row.name, privileges: JSON.parse(row.privileges) as string[] }))];
    },
    tell: roles =>
      columns(
        ['role', 'privileges'],
        roles.map(row => [row.name, row.privileges.join(' ')]),
      ),
  }),
  command({
    usage: 'set <team> <email> [role...]',
    what: 'give a member these roles, and take all others away; whoever is no member becomes one',
    run: (store, [name, email, ...roles]) => store.transact(tx => setRoles(tx, name!, email!, roles)),
    tell: ({ email, roles }) => [`${email} has ${roles.join(', ') || 'no roles'} now`],
  }),
];

export const role = () => noun('role', 'what members of a team are', commands);
