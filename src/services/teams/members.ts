/** The people of a team. */
import { TeamRole } from '#gen/user_types';
import { BadRequest } from '../../base/errors.ts';
import { hashPassword } from '../../base/secrets.ts';
import { isRoleName, type RoleName, requirePrivilege, roleNames } from '../../domain/privileges.ts';
import { audit } from '../../engine/audit.ts';
import * as people from '../../engine/people.ts';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import * as checks from '../checks.ts';

export async function createUser(
  store: Store,
  call: Call,
  teamId: string,
  user: { email: string; password: string; name: string },
  roles: TeamRole[],
): Promise<void> {
  const email = checks.emailAddress('userEmail', user.email);
  const name = checks.name('userName', user.name);
  const roleNames = known(roles);
  const password = checks.newPassword('password', user.password);
  requirePrivilege(call.caller, teamId, 'adminBasic');
  // Hashing takes long: it is done before the transaction.
  const passwordHash = await hashPassword(password);
  await store.transact(async tx => {
    const userId = await people.createUser(tx, call, { email, name, passwordHash });
    await tx.people.insertMembership(people.membership(teamId, userId, roleNames, call.now));
    await audit(tx, call, teamId, 'user.created', userId, { email, roles: roleNames });
  });
}

function known(roles: readonly TeamRole[]): RoleName[] {
  return [...new Set(roles)].map(role => {
    const roleName = TeamRole[role] ?? String(role);
    if (isRoleName(roleName)) return roleName;
    throw new BadRequest(
      'invalid-argument',
      `roles: ${roleName} is no role of this server; expected one of ${roleNames.join(', ')}`,
      { roles: roleName },
    );
  });
}
