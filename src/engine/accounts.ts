/**
 * Accounts: names, passwords, and their end. An account is never deleted, only disabled: history keeps its name. Disabled, it has no
 * tokens and no locks, nobody logs in, and nothing is assigned to it anew; the open steps it has stay its own until somebody assigns
 * them anew. What concerns an account stands in the audit trail of every team that the user works in.
 */
import { ChangeTokenType } from '#gen/user_types';
import { NoChange } from '../base/errors.ts';
import { newToken, tokenHash } from '../base/secrets.ts';
import { searchKey } from '../base/text.ts';
import type { Transactor } from '../store/database.ts';
import type { OpenAssignment } from '../store/groups.ts';
import type { Row } from '../store/schema.ts';
import type { Act } from './act.ts';
import { type AuditedAction, auditIn } from './audit.ts';
import { refuseLastAdministrator } from './members.ts';

type User = Row<'users'>;

const HOUR_MS = 60 * 60 * 1000;

/** How long a secret that was sent to somebody can be used. */
export const changeTokenLife: Readonly<Record<ChangeTokenType, number>> = {
  [ChangeTokenType.VALIDATE_TOKEN]: 48 * HOUR_MS,
  [ChangeTokenType.JOIN_TOKEN]: 14 * 24 * HOUR_MS,
  [ChangeTokenType.FORGOT_PASSWORD_TOKEN]: HOUR_MS,
  [ChangeTokenType.UPDATE_EMAIL_TOKEN]: 48 * HOUR_MS,
};

/** Open steps that the end of an account tells at most. */
export const MOST_ASSIGNMENTS = 1000;

/** In the trail of every team of the user. */
export async function auditUser(
  tx: Transactor,
  act: Act,
  userId: string,
  action: AuditedAction,
  details: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const teamIds = await tx.people.teamIdsOf(userId);
  if (teamIds.length > 0) await auditIn(tx, act, teamIds, action, userId, details);
}

export async function renameUser(tx: Transactor, act: Act, user: User, name: string): Promise<User> {
  if (name === user.name) return user;
  const change = { name, search_key: searchKey(name, user.email) };
  await tx.users.change(user.user_id, change);
  await auditUser(tx, act, user.user_id, 'user.renamed', { from: user.name, to: name });
  return { ...user, ...change };
}

/** A new password ends the logins of the user, but for one, and what was sent to set another, or to change the address. */
export async function setPassword(
  tx: Transactor,
  act: Act,
  user: User,
  passwordHash: string,
  keepTokenId?: string,
): Promise<User> {
  await tx.users.change(user.user_id, { password_hash: passwordHash });
  await tx.users.endTokens(user.user_id, { loginsOnly: true, but: keepTokenId ?? '' });
  for (const kind of [ChangeTokenType.FORGOT_PASSWORD_TOKEN, ChangeTokenType.UPDATE_EMAIL_TOKEN])
    await tx.users.endChangeTokens(user.user_id, kind);
  await auditUser(tx, act, user.user_id, 'user.password');
  return { ...user, password_hash: passwordHash };
}

/**
 * @returns the open steps that the user has, the first MOST_ASSIGNMENTS of them
 * @throws WrongState (413) for the last ADMIN of a team, NoChange (414) when the account is disabled already
 */
export async function disableUser(tx: Transactor, act: Act, userId: string): Promise<OpenAssignment[]> {
  const teamIds = await tx.people.teamIdsOf(userId);
  await tx.people.lockTeam(...teamIds);
  const user = (await tx.users.locked(userId))!;
  if (user.disabled_at !== null)
    throw new NoChange('already-disabled', `userId: the account of ${user.name} is disabled already`, { userId });
  await refuseLastAdministrator(tx, teamIds, userId);
  await tx.users.change(userId, { disabled_at: act.now });
  await tx.users.endTokens(userId);
  await tx.users.endChangeTokens(userId);
  if (teamIds.length > 0) await auditIn(tx, act, teamIds, 'user.disabled', userId, {});
  return tx.groups.openAssignments(teamIds, userId, MOST_ASSIGNMENTS);
}

/** The user logs in again, with the password and the memberships there were. @throws NoChange (414) */
export async function enableUser(tx: Transactor, act: Act, userId: string): Promise<void> {
  const user = (await tx.users.locked(userId))!;
  if (user.disabled_at === null)
    throw new NoChange('not-disabled', `userId: the account of ${user.name} is not disabled`, { userId });
  await tx.users.change(userId, { disabled_at: null });
  await auditUser(tx, act, userId, 'user.enabled');
}

/** What a secret shall entitle to. */
export type Entitlement = Pick<Row<'change_tokens'>, 'user_id' | 'kind'> &
  Partial<Pick<Row<'change_tokens'>, 'for_team' | 'roles' | 'inviter_id' | 'email'>>;

/** @returns the secret, which nobody can tell again, and what is kept of it */
export async function newChangeToken(
  tx: Transactor,
  { now }: Pick<Act, 'now'>,
  entitlement: Entitlement,
): Promise<{ token: string; row: Row<'change_tokens'> }> {
  const token = newToken();
  const row = {
    for_team: null,
    roles: null,
    inviter_id: null,
    email: null,
    ...entitlement,
    token_hash: tokenHash(token),
    created_at: now,
    expires_at: now + changeTokenLife[entitlement.kind as ChangeTokenType],
  };
  await tx.users.putChangeToken(row);
  return { token, row };
}
