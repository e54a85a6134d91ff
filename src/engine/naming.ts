/** From what a caller names (a user by id or e-mail address, a group by id) to the ids that rows carry. */
import { AssignedType } from '#gen/flow_types';
import { BadRequest, NotFound, ResourceArchived } from '../base/errors.ts';
import { type Assignment, unassigned } from '../domain/jobs.ts';
import { isRoleName, roleNames } from '../domain/privileges.ts';
import type { Reader } from '../store/database.ts';

/** @throws NotFound (404) when no such user works in the team */
export async function resolveUser(reader: Reader, teamId: string, field: string, idOrEmail: string): Promise<string> {
  const [user] = await reader.people.membersNamed(teamId, [idOrEmail, idOrEmail.toLowerCase()]);
  if (user) return user.user_id;
  throw new NotFound(
    'user-not-found',
    `${field}: no user "${idOrEmail}" works in this team; give a user's id or e-mail address`,
    { [field]: idOrEmail },
  );
}

/** @throws NotFound (404) for an unknown user or group; BadRequest (400) when nobody is named */
export async function resolveAssignment(
  reader: Reader,
  teamId: string,
  type: AssignedType,
  to: string,
): Promise<Assignment> {
  if (type === AssignedType.Unassigned) return unassigned;
  if (to === '') {
    throw new BadRequest(
      'invalid-argument',
      `assignedTo: empty; assignedType ${AssignedType[type]} needs the ${type === AssignedType.User ? 'user' : 'group'} to assign to`,
    );
  }
  if (type === AssignedType.User) return { type, to: await resolveUser(reader, teamId, 'assignedTo', to) };
  const group = (await resolveGroups(reader, teamId, [to])).get(to);
  if (group === 'open') return { type, to };
  if (group === 'archived') {
    throw new ResourceArchived('group-archived', `assignedTo: the group "${to}" is archived; choose another`, {
      assignedTo: to,
    });
  }
  throw new NotFound(
    'group-not-found',
    `assignedTo: no group "${to}"; groups are the roles ${roleNames.join(', ')}, and the team's own roles and groups by id`,
    { assignedTo: to },
  );
}

/** Those of `ids` that name a group of the team: a built-in role, one of its own, or a group. At most one statement. */
export async function resolveGroups(
  reader: Reader,
  teamId: string,
  ids: readonly string[],
): Promise<Map<string, 'open' | 'archived'>> {
  const own = ids.filter(id => !isRoleName(id));
  const found = own.length > 0 ? await reader.groups.groups(teamId, own) : [];
  return new Map([
    ...ids.filter(isRoleName).map(id => [id, 'open'] as const),
    ...found.map(group => [group.group_id, group.archived_at === null ? 'open' : 'archived'] as const),
  ]);
}
