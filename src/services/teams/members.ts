/** The people of a team. */
import { TeamRole } from '#gen/user_types';
import { BadRequest } from '../../base/errors.ts';
import { hashPassword } from '../../base/secrets.ts';
import {
  isRoleName,
  privilegesOf,
  type RoleName,
  requireAll,
  requirePrivilege,
  roleNames,
} from '../../domain/privileges.ts';
import { audit } from '../../engine/audit.ts';
import * as members from '../../engine/members.ts';
import * as people from '../../engine/people.ts';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import * as checks from '../checks.ts';

export function add(store: Store, call: Call, teamId: string, userId: string, roles: TeamRole[]): Promise<void> {
  const roleNames = known(roles);
  requirePrivilege(call.caller, teamId, 'adminBasic');
  return store.transact(tx => members.addMember(tx, call, teamId, userId, roleNames));
}

export async function createUser(
  store: Store,
  call: Call,
  teamId: string,
  sent: SentUser,
  roles: TeamRole[],
): Promise<void> {
  const user = checkedUser(sent);
  const roleNames = known(roles);
  requirePrivilege(call.caller, teamId, 'adminBasic');
  requireAll(call.caller, teamId, privilegesOf(roleNames));
  const newUser = await withHash(user);
  await store.transact(async tx => {
    const userId = await people.createUser(tx, call, newUser);
    await tx.people.insertMembership(people.membership(teamId, userId, roleNames, call.now));
    await audit(tx, call, teamId, 'user.created', userId, { email: user.email, roles: roleNames });
  });
}

export function updateRoles(
  store: Store,
  call: Call,
  teamId: string,
  userId: string,
  roles: TeamRole[],
): Promise<void> {
  const roleNames = known(roles);
  requirePrivilege(call.caller, teamId, 'adminBasic');
  return store.transact(tx => members.changeRoles(tx, call, teamId, userId, roleNames));
}

export function remove(store: Store, call: Call, teamId: string, userId: string): Promise<void> {
  requirePrivilege(call.caller, teamId, 'adminBasic');
  return store.transact(tx => members.removeMember(tx, call, teamId, userId));
}

/** A user as a client describes it. */
export interface SentUser {
  readonly email: string;
  readonly password: string;
  readonly name: string;
}

/** @throws BadRequest (400) */
export const checkedUser = ({ email, password, name }: SentUser): SentUser => ({
  email: checks.emailAddress('userEmail', email),
  name: checks.name('userName', name),
  password: checks.newPassword('password', password, email, name),
});

/** Hashing takes long: it is done before the transaction. */
export const withHash = async ({ email, name, password }: SentUser): Promise<people.NewUser> => ({
  email,
  name,
  passwordHash: await hashPassword(password),
});

/** Each once. @throws BadRequest (400) */
export function known(roles: readonly TeamRole[], field = 'roles'): RoleName[] {
  return [...new Set(roles)].map(role => {
    const roleName = TeamRole[role] ?? String(role);
    if (isRoleName(roleName)) return roleName;
    throw new BadRequest(
      'invalid-argument',
      `${field}: ${roleName} is no role of this server; expected one of ${roleNames.join(', ')}`,
      { [field]: roleName },
    );
  });
}
