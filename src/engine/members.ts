/**
 * Who works in a team, and as what. A membership that ends stays on record, and begins anew when the user comes back. A team always
 * has an ADMIN: of two who take the role from each other at once, the second is refused. Nobody gives or takes a role with privileges
 * that it does not have itself.
 */
import { AlreadyMember, NotFound, WrongState } from '../base/errors.ts';
import { privilegesOf, type RoleName, requireAll } from '../domain/privileges.ts';
import type { Transactor } from '../store/database.ts';
import type { Row } from '../store/schema.ts';
import type { Act } from './act.ts';
import { audit } from './audit.ts';
import { membership } from './people.ts';
import { requireRightsOf } from './rights.ts';

/** @throws NotFound (404) for an unknown user, AlreadyMember (473) */
export async function addMember(
  tx: Transactor,
  act: Act,
  teamId: string,
  userId: string,
  roles: readonly RoleName[],
  by: 'act' | 'invited' = 'act',
): Promise<void> {
  // Of an invitation this was asked when it was made.
  if (by === 'act') requireAll(act.caller, teamId, privilegesOf(roles));
  const [user] = await tx.people.users([userId]);
  if (!user || user.disabled_at !== null)
    throw new NotFound('user-not-found', `userId: no user ${userId} on this server`, { userId });
  if (!(await tx.people.beginMembership(membership(teamId, userId, roles, act.now)))) {
    throw new AlreadyMember(
      'user-already-in-team',
      `userId: ${user.name} works in this team already; change the roles with updateUserRoles`,
      { userId },
    );
  }
  await audit(tx, act, teamId, 'member.added', userId, { roles });
}

/** The same roles change nothing. @throws NotFound (404), WrongState (413) for the last ADMIN */
export async function changeRoles(
  tx: Transactor,
  act: Act,
  teamId: string,
  userId: string,
  roles: readonly RoleName[],
): Promise<void> {
  const before = rolesOf(await lockedMember(tx, teamId, userId));
  if (roles.length === before.length && roles.every(role => before.includes(role))) return;
  requireAll(act.caller, teamId, privilegesOf([...differing(before, roles), ...differing(roles, before)]));
  if (!roles.includes('ADMIN')) await refuseLastAdministrator(tx, [teamId], userId);
  await tx.people.changeMembership(teamId, userId, { roles: JSON.stringify(roles), updated_at: act.now });
  await audit(tx, act, teamId, 'member.roles', userId, { from: before, to: roles });
}

/** Frees the locks that the user holds on the team's templates. @throws NotFound (404), WrongState (413) for the last ADMIN */
export async function removeMember(tx: Transactor, act: Act, teamId: string, userId: string): Promise<void> {
  const roles = rolesOf(await lockedMember(tx, teamId, userId));
  await requireRightsOf(tx, act.caller, userId, [teamId]);
  await refuseLastAdministrator(tx, [teamId], userId);
  await tx.people.changeMembership(teamId, userId, { removed_at: act.now, updated_at: act.now });
  await tx.groups.leaveGroups(teamId, userId);
  await tx.locks.releaseLocksOf(teamId, userId);
  await audit(tx, act, teamId, 'member.removed', userId, { roles });
}

const differing = (some: readonly RoleName[], others: readonly RoleName[]): RoleName[] =>
  some.filter(role => !others.includes(role));

const rolesOf = ({ roles }: Row<'memberships'>): RoleName[] => JSON.parse(roles);

async function lockedMember(tx: Transactor, teamId: string, userId: string): Promise<Row<'memberships'>> {
  await tx.people.lockTeam(teamId);
  const found = await tx.people.member(teamId, userId);
  if (found) return found;
  throw new NotFound('user-not-found', `userId: no user ${userId} works in this team`, { userId });
}

/** @throws WrongState (413) */
export async function refuseLastAdministrator(
  tx: Transactor,
  teamIds: readonly string[],
  userId: string,
): Promise<void> {
  const [teamId] = await tx.people.teamsAdministeredOnlyBy(userId, teamIds);
  if (teamId === undefined) return;
  throw new WrongState(
    'last-administrator',
    `userId: ${userId} is the only ADMIN of the team ${teamId}; give somebody else the role first`,
    { userId, teamId },
  );
}
