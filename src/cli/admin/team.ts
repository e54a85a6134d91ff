/** `jobwright admin team`: teams, and who works in them. */
import { Option } from 'commander';
import { audit } from '../../engine/audit.ts';
import { addMember, removeMember } from '../../engine/members.ts';
import { createTeam } from '../../engine/people.ts';
import * as checks from '../../services/checks.ts';
import type { Reader } from '../../store/database.ts';
import { columns, command, noun, time } from './command.ts';
import { actOn, teamNamed, userNamed } from './desk.ts';
import { builtInRolesNamed, rolesOf } from './role.ts';

const roleOption = new Option('--role <name...>', 'ADMIN, AUTHOR, JOBCREATOR, EXECUTOR; several with spaces').default(
  [],
);

const membersOf = async (reader: Reader, teamId: string) => {
  const members = await reader.users.find({ teamIds: [teamId], isRemoved: false, words: [] }, [], 100_000);
  const memberships = await reader.users.memberships(
    [teamId],
    members.map(member => member.user_id),
  );
  const byUser = new Map(memberships.map(membership => [membership.user_id, membership]));
  return members
    .sort((a, b) => a.email.localeCompare(b.email))
    .map(member => ({
      userId: member.user_id,
      email: member.email,
      name: member.name,
      roles: rolesOf(byUser.get(member.user_id)!),
      disabled: member.disabled_at !== null,
    }));
};

const commands = [
  command({
    usage: 'list',
    what: 'tell all teams',
    run: store =>
      store.read(async reader =>
        (await reader.people.allTeams()).map(row => ({
          teamId: row.team_id,
          name: row.name,
          subdomain: row.subdomain,
          createdAt: time(row.created_at),
        })),
      ),
    tell: teams =>
      columns(
        ['id', 'name', 'short name'],
        teams.map(row => [row.teamId, row.name, row.subdomain]),
      ),
  }),
  command({
    usage: 'create <name>',
    what: 'make a team with an owner, who is its ADMIN',
    options: [new Option('--owner <email>', 'who owns it').makeOptionMandatory()],
    run: (store, [name], { owner }) => {
      const checked = checks.name('name', name);
      return store.transact(async tx => {
        const user = await userNamed(tx, owner!);
        if (user.disabled_at !== null)
          throw new Error(`the account of ${user.email} is disabled; "jobwright admin user enable" gives it back`);
        const act = actOn();
        const teamId = await createTeam(tx, act, checked, user.user_id);
        await audit(tx, act, teamId, 'team.created', teamId, { name: checked });
        return { teamId, name: checked, owner: user.email };
      });
    },
    tell: made => [`made the team "${made.name}" (${made.teamId}), owned by ${made.owner}`],
  }),
  command({
    usage: 'members <team>',
    what: 'tell who works in a team, and as what',
    run: (store, [name]) => store.read(async reader => membersOf(reader, (await teamNamed(reader, name!)).team_id)),
    tell: members =>
      columns(
        ['email', 'name', 'roles'],
        members.map(row => [row.email, row.name, row.roles.join(' ') + (row.disabled ? ' (disabled)' : '')]),
      ),
  }),
  command({
    usage: 'add <team> <email>',
    what: 'make a user a member, with these roles',
    options: [roleOption],
    run: (store, [name, email], { role }) => {
      const roles = builtInRolesNamed(role ?? []);
      return store.transact(async tx => {
        const { team_id: teamId } = await teamNamed(tx, name!);
        const user = await userNamed(tx, email!);
        await addMember(tx, actOn(teamId), teamId, user.user_id, roles);
        return { teamId, email: user.email, roles };
      });
    },
    tell: ({ email, roles }) => [`${email} is a member now, with ${roles.join(', ') || 'no roles'}`],
  }),
  command({
    usage: 'remove <team> <email>',
    what: 'end a membership, with the locks that come with it',
    run: (store, [name, email]) =>
      store.transact(async tx => {
        const { team_id: teamId } = await teamNamed(tx, name!);
        const user = await userNamed(tx, email!);
        await removeMember(tx, actOn(teamId), teamId, user.user_id);
        return { teamId, email: user.email };
      }),
    tell: ({ email }) => [`${email} is no member any more`],
  }),
];

export const team = () => noun('team', 'teams, and who works in them', commands);
