/**
 * Groups and a team's own roles as the interface serves them: the same functions for both kinds. Members read them; changing a group
 * takes adminBasic, changing what a role may do takes adminAdvanced, and nobody gives or takes a privilege that it lacks.
 */
import { MAX_DESCRIPTION_LENGTH } from '#gen/common_types';
import { BadRequest, NotFound } from '../../base/errors.ts';
import { bounded } from '../../domain/limits.ts';
import {
  allPrivileges,
  isPrivilege,
  type Privilege,
  requireAll,
  requireMember,
  requirePrivilege,
  teamsOf,
} from '../../domain/privileges.ts';
import * as engine from '../../engine/groups.ts';
import type { Reader, Store, Transactor } from '../../store/database.ts';
import type { GroupKind, GroupRow } from '../../store/groups.ts';
import type { Call } from '../call.ts';
import * as checks from '../checks.ts';

/** What a client writes of a group. */
export interface SentGroup {
  readonly name?: string | null;
  readonly descrip?: string | null;
  readonly privileges?: readonly string[] | null;
}

export async function index(
  store: Store,
  call: Call,
  kind: GroupKind,
  teamId: string,
  includeArchived: boolean,
): Promise<GroupRow[]> {
  requireMember(call.caller, teamId);
  const groups = await store.read(reader => reader.groups.groupsOf(teamId, kind));
  return groups
    .filter(group => includeArchived || group.archived_at === null)
    .sort((a, b) => a.name.localeCompare(b.name) || a.group_id.localeCompare(b.group_id));
}

export const get = (store: Store, call: Call, kind: GroupKind, groupId: string): Promise<GroupRow> =>
  store.read(reader => visible(reader, call, kind, groupId));

export const members = (store: Store, call: Call, kind: GroupKind, groupId: string): Promise<string[]> =>
  store.read(async reader => reader.groups.membersOf(await visible(reader, call, kind, groupId)));

export function create(
  store: Store,
  call: Call,
  kind: GroupKind,
  teamId: string,
  params: SentGroup,
): Promise<GroupRow> {
  const content = { descrip: '', privileges: [], ...checked(params), name: checks.name('params.name', params.name) };
  requirePrivilege(call.caller, teamId, changing[kind]);
  requireAll(call.caller, teamId, content.privileges);
  return store.transact(tx => engine.createGroup(tx, call, teamId, kind, content));
}

export function update(
  store: Store,
  call: Call,
  kind: GroupKind,
  groupId: string,
  params: SentGroup,
): Promise<GroupRow> {
  const change = checked(params);
  return store.transact(async tx => {
    const group = await permitted(tx, call, kind, groupId, changing[kind]);
    // What is taken away counts as what is given.
    if (change.privileges) requireAll(call.caller, group.team_id, differing(privilegesIn(group), change.privileges));
    return engine.changeGroup(tx, call, group, change);
  });
}

export const archive = (store: Store, call: Call, kind: GroupKind, groupId: string): Promise<void> =>
  store.transact(async tx => {
    const group = await permitted(tx, call, kind, groupId, changing[kind]);
    requireAll(call.caller, group.team_id, privilegesIn(group));
    await engine.archiveGroup(tx, call, group);
  });

export const unarchive = (store: Store, call: Call, kind: GroupKind, groupId: string): Promise<void> =>
  store.transact(async tx => {
    const group = await permitted(tx, call, kind, groupId, changing[kind]);
    requireAll(call.caller, group.team_id, privilegesIn(group));
    await engine.unarchiveGroup(tx, call, group);
  });

type MembersAct = typeof engine.addToGroup;

export const add = (store: Store, call: Call, kind: GroupKind, groupId: string, userIds: string[]): Promise<void> =>
  changeMembers(store, call, kind, groupId, userIds, engine.addToGroup);

export const remove = (store: Store, call: Call, kind: GroupKind, groupId: string, userIds: string[]): Promise<void> =>
  changeMembers(store, call, kind, groupId, userIds, engine.removeFromGroup);

function changeMembers(
  store: Store,
  call: Call,
  kind: GroupKind,
  groupId: string,
  userIds: string[],
  act: MembersAct,
): Promise<void> {
  const ids = checks.idList('userIds', userIds);
  return store.transact(async tx => {
    const group = await permitted(tx, call, kind, groupId, 'adminBasic');
    requireAll(call.caller, group.team_id, privilegesIn(group));
    await act(tx, call, group, ids);
  });
}

/** What changing the thing itself takes; changing who is in it takes adminBasic. */
const changing: Readonly<Record<GroupKind, Privilege>> = { ROLE: 'adminAdvanced', GROUP: 'adminBasic' };

export const privilegesIn = ({ privileges }: GroupRow): Privilege[] =>
  (JSON.parse(privileges) as string[]).filter(isPrivilege);

const differing = (before: readonly Privilege[], after: readonly Privilege[]): Privilege[] => [
  ...before.filter(privilege => !after.includes(privilege)),
  ...after.filter(privilege => !before.includes(privilege)),
];

/** @throws BadRequest (400) */
function checked({ name, descrip, privileges }: SentGroup): Partial<engine.GroupContent> {
  return {
    ...(name == null ? {} : { name: checks.name('params.name', name) }),
    ...(descrip == null ? {} : { descrip: bounded('params.descrip', descrip, MAX_DESCRIPTION_LENGTH) }),
    ...(privileges == null ? {} : { privileges: known(privileges) }),
  };
}

/** Sorted, each once. @throws BadRequest (400) */
export const known = (privileges: readonly string[], field = 'params.permissions.privileges'): Privilege[] =>
  [...new Set(privileges)].sort().map(privilege => {
    if (isPrivilege(privilege)) return privilege;
    throw new BadRequest(
      'invalid-argument',
      `${field}: no privilege "${privilege.slice(0, 100)}"; there are ${allPrivileges.join(', ')}`,
      { [field]: privilege.slice(0, 100) },
    );
  });

/** Behind the team's lock: what was read before it may have changed since. @throws NotFound (404), InsufficientPermissions (476) */
async function permitted(
  tx: Transactor,
  call: Call,
  kind: GroupKind,
  groupId: string,
  privilege: Privilege,
): Promise<GroupRow> {
  const { team_id } = await visible(tx, call, kind, groupId);
  requirePrivilege(call.caller, team_id, privilege);
  await tx.people.lockTeam(team_id);
  return visible(tx, call, kind, groupId);
}

/** @throws NotFound (404) */
async function visible(reader: Reader, call: Call, kind: GroupKind, groupId: string): Promise<GroupRow> {
  const group = await reader.groups.group(teamsOf(call.caller), kind, groupId);
  if (group) return group;
  throw kind === 'ROLE'
    ? new NotFound('role-not-found', `roleId: no role ${groupId} in your teams; index of the role service lists them`, {
        roleId: groupId,
      })
    : new NotFound(
        'group-not-found',
        `groupId: no group ${groupId} in your teams; index of the group service lists them`,
        { groupId },
      );
}
