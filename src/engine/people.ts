/** Making teams and users. */
import { BadRequest } from '../base/errors.ts';
import { searchKey } from '../base/text.ts';
import type { RoleName } from '../domain/privileges.ts';
import type { Transactor } from '../store/database.ts';
import type { Row } from '../store/schema.ts';
import type { Act } from './act.ts';

type Actor = Pick<Act, 'now' | 'ids'>;

export interface NewUser {
  /** Lower case. */
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
  /** The address is not confirmed before the invitation is accepted. */
  readonly isInvited?: boolean;
}

/** @throws BadRequest (400) when the e-mail address is taken */
export async function createUser(
  tx: Transactor,
  { now, ids }: Actor,
  { email, name, passwordHash, isInvited = false }: NewUser,
): Promise<string> {
  const userId = ids.next();
  const user = {
    user_id: userId,
    email,
    name,
    password_hash: passwordHash,
    created_at: now,
    validated_at: isInvited ? null : now,
    disabled_at: null,
    search_key: searchKey(name, email),
  };
  if (await tx.people.insertUser(user)) return userId;
  throw new BadRequest(
    'email-taken',
    `userEmail: ${email} belongs to a user already; add that user to the team instead`,
    { userEmail: email },
  );
}

/** A team with its owner as ADMIN. */
export async function createTeam(tx: Transactor, { now, ids }: Actor, name: string, ownerId: string): Promise<string> {
  const teamId = ids.next();
  await tx.people.insertTeam({
    team_id: teamId,
    name,
    subdomain: '',
    owner_id: ownerId,
    config: '{}',
    job_number: 0,
    created_at: now,
    updated_at: now,
  });
  await tx.people.insertMembership(membership(teamId, ownerId, ['ADMIN'], now));
  return teamId;
}

export const membership = (
  teamId: string,
  userId: string,
  roles: readonly RoleName[],
  now: number,
): Row<'memberships'> => ({
  team_id: teamId,
  user_id: userId,
  roles: JSON.stringify(roles),
  added_at: now,
  updated_at: now,
  removed_at: null,
});
