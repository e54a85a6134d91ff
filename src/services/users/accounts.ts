/** One's own account, and those of others by whoever administers their teams: names, addresses, passwords, and their end. */
import type { AbacAttribute, AbacAttributeValue, AbacUploadBehaviour } from '#gen/abac_types';
import type { AssignedStep, User } from '#gen/user_types';
import { ChangeTokenType } from '#gen/user_types';
import { BadRequest, InsufficientPermissions, NoChange } from '../../base/errors.ts';
import { hashPassword, passwordFits } from '../../base/secrets.ts';
import { searchKey } from '../../base/text.ts';
import { has, requirePrivilege } from '../../domain/privileges.ts';
import * as accounts from '../../engine/accounts.ts';
import { requireRightsOf } from '../../engine/rights.ts';
import { ownerKinds } from '../../store/attributes.ts';
import type { Reader, Store, Transactor } from '../../store/database.ts';
import type { Row } from '../../store/schema.ts';
import { assigned } from '../abac/attributes.ts';
import { type Admitted, admit, stillAdmitted } from '../authentication/throttle.ts';
import type { Call } from '../call.ts';
import * as checks from '../checks.ts';
import { letter, type Mail } from './mail.ts';
import { userNotFound, visible } from './reading.ts';
import { toUser } from './wire.ts';

export function update(store: Store, call: Call, details: User): Promise<User> {
  const name = checks.name('details.name', details.name);
  return store.transact(async tx => {
    const seen = await visible(tx, call, details.id);
    if (seen.user_id !== call.caller.userId) await requireShared(tx, call, seen.user_id, 'adminBasic');
    const user = (await tx.users.locked(seen.user_id))!;
    refuseOtherAddress(user, details.email);
    return toUser(await accounts.renameUser(tx, call, user, name));
  });
}

/** Where mail leaves, a new address counts when it is confirmed; elsewhere at once. */
export async function updateWithPassword(
  store: Store,
  mail: Mail | undefined,
  call: Call,
  details: User,
  password: string,
): Promise<User> {
  const name = checks.name('details.name', details.name);
  const email = checks.emailAddress('details.email', details.email);
  refuseOther(call, details.id);
  const admitted = await confirmed(store, call, password);
  return store.transact(async tx => {
    const user = await accounts.renameUser(tx, call, await stillAdmitted(tx, admitted), name);
    if (email === user.email) return toUser(user);
    await refuseTaken(tx, email);
    if (!mail) return toUser(await changeAddress(tx, call, user, email));
    const kind = ChangeTokenType.UPDATE_EMAIL_TOKEN;
    const { token } = await accounts.newChangeToken(tx, call, { user_id: user.user_id, kind, email });
    tx.onCommit(() => mail.send(letter(mail, email, kind, token)));
    return toUser(user);
  });
}

/** Completes an account whose address is not confirmed yet. */
export async function validate(store: Store, call: Call, details: User, password: string): Promise<User> {
  const name = checks.name('details.name', details.name);
  checks.newPassword('password', password, call.caller.email, name);
  refuseOther(call, details.id);
  const passwordHash = await hashPassword(password);
  return store.transact(async tx => {
    const user = (await tx.users.locked(call.caller.userId))!;
    if (user.validated_at !== null)
      throw new NoChange('already-validated', 'the account is complete already; update and updatePassword change it');
    refuseOtherAddress(user, details.email);
    await tx.users.change(user.user_id, { validated_at: call.now });
    const renamed = await accounts.renameUser(tx, call, { ...user, validated_at: call.now }, name);
    return toUser(await accounts.setPassword(tx, call, renamed, passwordHash, call.caller.tokenId));
  });
}

export async function updatePassword(store: Store, call: Call, old: string, password: string): Promise<User> {
  checks.newPassword('newPassword', password, call.caller.email, call.caller.name);
  const admitted = await confirmed(store, call, old);
  const passwordHash = await hashPassword(password);
  return store.transact(async tx => {
    const user = await stillAdmitted(tx, admitted);
    return toUser(await accounts.setPassword(tx, call, user, passwordHash, call.caller.tokenId));
  });
}

export function updateAttribute(
  store: Store,
  call: Call,
  userId: string,
  teamId: string,
  attributeId: string,
  values: AbacAttributeValue[],
  behave: AbacUploadBehaviour,
): Promise<AbacAttribute[]> {
  requirePrivilege(call.caller, teamId, 'adminBasic');
  return store.transact(async tx => {
    if (!(await tx.people.member(teamId, userId))) throw userNotFound(userId);
    return assigned(tx, call, { teamId, kind: ownerKinds.user, id: userId }, attributeId, values, behave);
  });
}

export const disable = (store: Store, call: Call, userId: string): Promise<AssignedStep[]> =>
  store.transact(async tx => {
    await requireShared(tx, call, userId, 'adminAdvanced');
    const open = await accounts.disableUser(tx, call, userId);
    return open.map(step => ({
      teamId: step.team_id,
      jobId: step.job_id,
      stepId: step.step_id,
      stepName: step.step_name,
    }));
  });

export const enable = (store: Store, call: Call, userId: string): Promise<void> =>
  store.transact(async tx => {
    await requireShared(tx, call, userId, 'adminAdvanced');
    await accounts.enableUser(tx, call, userId);
  });

/**
 * Who acts on the account of somebody must have the privilege in every team that it works in: one team that takes somebody in gets
 * no power over what is of the others. What gives the account away, or takes it, takes whatever the account may do besides.
 * @throws NotFound (404) for who shares no team with the caller, InsufficientPermissions (476)
 */
export async function requireShared(
  reader: Reader,
  call: Call,
  userId: string,
  privilege: 'adminBasic' | 'adminAdvanced',
): Promise<void> {
  const teamIds = await reader.people.teamIdsOf(userId);
  if (!teamIds.some(teamId => call.caller.rights.has(teamId))) throw userNotFound(userId);
  if (!teamIds.every(teamId => has(call.caller, teamId, privilege)))
    throw new InsufficientPermissions(
      'insufficient-permissions',
      `this needs the privilege ${privilege} in every team of that user, which ADMIN has`,
      { privilege },
    );
  if (privilege === 'adminAdvanced') await requireRightsOf(reader, call.caller, userId, teamIds);
}

export async function changeAddress(
  tx: Transactor,
  call: Pick<Call, 'now' | 'ids' | 'caller'>,
  user: Row<'users'>,
  email: string,
) {
  await refuseTaken(tx, email);
  const change = { email, search_key: searchKey(user.name, email), validated_at: call.now };
  await tx.users.change(user.user_id, change);
  // Who reads the old mailbox sets no password any more.
  await tx.users.endChangeTokens(user.user_id, ChangeTokenType.FORGOT_PASSWORD_TOKEN);
  await accounts.auditUser(tx, call, user.user_id, 'user.email', { from: user.email, to: email });
  return { ...user, ...change };
}

/** Counted as an attempt to log in. @throws Unauthorized (401), LoginPaused (503) */
const confirmed = (store: Store, call: Call, password: string): Promise<Admitted> =>
  admit(store, call, call.caller.email, async user =>
    checks.isPasswordLong(password) ? false : passwordFits(password, user?.password_hash),
  );

/** @throws BadRequest (400) when another user has the address */
async function refuseTaken(tx: Transactor, email: string): Promise<void> {
  await tx.people.lockUsers();
  if (!(await tx.people.userByEmail(email))) return;
  throw new BadRequest('email-taken', `details.email: ${email} belongs to another user`, { 'details.email': email });
}

function refuseOtherAddress(user: Row<'users'>, email: string): void {
  if (email === '' || email.trim().toLowerCase() === user.email) return;
  throw new BadRequest(
    'invalid-argument',
    `details.email: not ${user.email}, the address of the account; updateWithPassword changes it`,
    { 'details.email': user.email },
  );
}

function refuseOther({ caller }: Call, userId: string): void {
  if (userId === caller.userId || userId === '') return;
  throw userNotFound(userId);
}
