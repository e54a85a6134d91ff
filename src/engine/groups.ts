/**
 * Groups and a team's own roles, which are groups with privileges: made, renamed, archived, and who is in them. Nothing vanishes under
 * open work: a group that steps wait for is not archived and does not lose its last member. Whoever changes one keeps the team's row,
 * so that names stay unique and a member who leaves the team leaves its groups.
 */
import { MAX_GROUPS_PER_TEAM } from '#gen/common_types';
import { BadRequest, NoChange, NotFound, ResourceArchived, WrongState } from '../base/errors.ts';
import { sameName } from '../base/text.ts';
import type { Privilege } from '../domain/privileges.ts';
import type { Transactor } from '../store/database.ts';
import type { GroupKind, GroupRow, OpenAssignment } from '../store/groups.ts';
import type { Act } from './act.ts';
import { audit } from './audit.ts';

/** How a kind of group is called in slugs, messages and the audit trail. */
export const words = { ROLE: 'role', GROUP: 'group' } as const satisfies Record<GroupKind, string>;

/** What can be written of a group. */
export interface GroupContent {
  readonly name: string;
  readonly descrip: string;
  readonly privileges: readonly Privilege[];
}

/** @throws BadRequest (400) for a name that is taken, or one group too many */
export async function createGroup(
  tx: Transactor,
  act: Act,
  teamId: string,
  kind: GroupKind,
  { name, descrip, privileges }: GroupContent,
): Promise<GroupRow> {
  await tx.people.lockTeam(teamId);
  await refuseTaken(tx, teamId, kind, name);
  await refuseOneMore(tx, teamId, kind);
  const group: GroupRow = {
    team_id: teamId,
    group_id: act.ids.next(),
    kind,
    name,
    name_key: sameName(name),
    descrip,
    privileges: JSON.stringify(privileges),
    archived_at: null,
  };
  await tx.groups.insertGroup(group);
  await audit(tx, act, teamId, `${words[kind]}.created`, group.group_id, { name, privileges });
  return group;
}

/** @param group behind the team's lock. @throws BadRequest (400) for a name that is taken */
export async function changeGroup(
  tx: Transactor,
  act: Act,
  group: GroupRow,
  change: Partial<GroupContent>,
): Promise<GroupRow> {
  const { name = group.name, descrip = group.descrip } = change;
  const privileges = change.privileges ? JSON.stringify(change.privileges) : group.privileges;
  if (name === group.name && descrip === group.descrip && privileges === group.privileges) return group;
  await refuseTaken(tx, group.team_id, group.kind, name, group.group_id);
  const changed = { name, name_key: sameName(name), descrip, privileges };
  await tx.groups.changeGroup(group, changed);
  await audit(tx, act, group.team_id, `${words[group.kind]}.updated`, group.group_id, change);
  return { ...group, ...changed };
}

/** @param group behind the team's lock. @throws NoChange (414), WrongState (413) while steps wait for it */
export async function archiveGroup(tx: Transactor, act: Act, group: GroupRow): Promise<void> {
  if (group.archived_at !== null) throw new NoChange('already-archived', `${called(group)} is archived already`);
  await refuseInUse(tx, group, 'archiving it');
  await tx.groups.changeGroup(group, { archived_at: act.now });
  await audit(tx, act, group.team_id, `${words[group.kind]}.archived`, group.group_id, {});
}

/** @param group behind the team's lock. @throws NoChange (414) */
export async function unarchiveGroup(tx: Transactor, act: Act, group: GroupRow): Promise<void> {
  if (group.archived_at === null) throw new NoChange('not-archived', `${called(group)} is not archived`);
  await tx.groups.changeGroup(group, { archived_at: null });
  await audit(tx, act, group.team_id, `${words[group.kind]}.unarchived`, group.group_id, {});
}

/** @param group behind the team's lock. @throws NotFound (404) for who does not work in the team, ResourceArchived (601) */
export async function addToGroup(tx: Transactor, act: Act, group: GroupRow, userIds: readonly string[]): Promise<void> {
  if (group.archived_at !== null) {
    throw new ResourceArchived('group-archived', `${called(group)} is archived; unarchive it first, or choose another`);
  }
  const members = new Set((await tx.people.membersNamed(group.team_id, userIds)).map(member => member.user_id));
  const stranger = userIds.find(userId => !members.has(userId));
  if (stranger !== undefined) {
    throw new NotFound(
      'user-not-found',
      `userIds: no user ${stranger} works in this team; give ids of members, one group is never part of another`,
      { userId: stranger },
    );
  }
  if ((await tx.groups.addMembers(group, userIds)) === 0) return;
  await audit(tx, act, group.team_id, `${words[group.kind]}.joined`, group.group_id, { userIds });
}

/** @param group behind the team's lock. @throws WrongState (413) when nobody would be left while steps wait for it */
export async function removeFromGroup(
  tx: Transactor,
  act: Act,
  group: GroupRow,
  userIds: readonly string[],
): Promise<void> {
  if ((await tx.groups.removeMembers(group, userIds)) === 0) return;
  if ((await tx.groups.membersOf(group)).length === 0) await refuseInUse(tx, group, 'taking out its last member');
  await audit(tx, act, group.team_id, `${words[group.kind]}.left`, group.group_id, { userIds });
}

const called = ({ kind, name }: GroupRow): string => `the ${words[kind]} "${name}"`;

async function refuseTaken(
  tx: Transactor,
  teamId: string,
  kind: GroupKind,
  name: string,
  ownId?: string,
): Promise<void> {
  const taken = await tx.groups.groupNamed(teamId, kind, sameName(name));
  if (!taken || taken.group_id === ownId) return;
  throw new BadRequest(
    'duplicate-name',
    `name: the team has ${called(taken)} (${taken.group_id}) already; use that one, or choose another name`,
    { name: taken.name, [`${words[kind]}Id`]: taken.group_id },
  );
}

async function refuseOneMore(tx: Transactor, teamId: string, kind: GroupKind): Promise<void> {
  const found = await tx.groups.groupCount(teamId, kind);
  if (found < MAX_GROUPS_PER_TEAM) return;
  throw new BadRequest(
    'limit-exceeded',
    `teamId: the team has ${found} ${words[kind]}s, as many as it can; rename one that is no longer used`,
    { limit: String(MAX_GROUPS_PER_TEAM), found: String(found) },
  );
}

/** Open steps that a refusal names. */
const MOST_NAMED = 10;

async function refuseInUse(tx: Transactor, group: GroupRow, act: string): Promise<void> {
  const open = await tx.groups.openAssignments([group.team_id], group.group_id, MOST_NAMED);
  if (open.length === 0) return;
  const total = Number(open[0]!.total);
  throw new WrongState(
    'group-in-use',
    `${called(group)} has ${total} open ${total === 1 ? 'step' : 'steps'} assigned: ${inWords(open)}${total > open.length ? ', …' : ''}; assign them to others before ${act}`,
    { openSteps: String(total), jobIds: [...new Set(open.map(({ job_id }) => job_id))].join(' ') },
  );
}

const inWords = (open: readonly OpenAssignment[]): string =>
  open.map(({ step_name, job_id }) => `"${step_name}" of job ${job_id}`).join(', ');
