/**
 * What a secret that was sent to somebody entitles to: joining a team, confirming an address, setting a new password. Each works once
 * and for a time; whoever has it needs no login. What asks for a letter answers alike whether there is such an account or not.
 */
import { ChangeTokenType, type User, type UserParams } from '#gen/user_types';
import { InvalidToken, LoginPaused, TokenExpired } from '../../base/errors.ts';
import { hashPassword, NO_PASSWORD, passwordFits, tokenHash } from '../../base/secrets.ts';
import { FORGOTTEN_AFTER_MS, pauseAfter } from '../../domain/login-pauses.ts';
import type { Caller } from '../../domain/privileges.ts';
import * as accounts from '../../engine/accounts.ts';
import type { Act } from '../../engine/act.ts';
import { addMember } from '../../engine/members.ts';
import type { Reader, Store, Transactor } from '../../store/database.ts';
import type { Row } from '../../store/schema.ts';
import { type Admitted, admit, stillAdmitted } from '../authentication/throttle.ts';
import type { OpenCall } from '../call.ts';
import * as checks from '../checks.ts';
import { changeAddress } from './accounts.ts';
import { letter, type Mail, requireMail } from './mail.ts';
import { toUser } from './wire.ts';

const { VALIDATE_TOKEN, JOIN_TOKEN, FORGOT_PASSWORD_TOKEN, UPDATE_EMAIL_TOKEN } = ChangeTokenType;

export function forgotPassword(store: Store, mail: Mail | undefined, call: OpenCall, sent: string): Promise<void> {
  const email = checks.emailAddress('email', sent);
  const post = requireMail(mail, 'ask an administrator, who has resetPassword of the team service,');
  return store.transact(async tx => {
    await countLetter(tx, call, email);
    const user = await tx.people.userByEmail(email);
    if (!user || user.disabled_at !== null || user.validated_at === null) return;
    await sendToken(tx, call, post, email, { user_id: user.user_id, kind: FORGOT_PASSWORD_TOKEN });
  });
}

export function resendConfirmation(
  store: Store,
  mail: Mail | undefined,
  call: OpenCall,
  sent: string,
  teamId: string,
): Promise<void> {
  const email = checks.emailAddress('email', sent);
  const post = requireMail(mail, 'ask an administrator, who has inviteUser of the team service,');
  return store.transact(async tx => {
    await countLetter(tx, call, email);
    const user = await tx.people.userByEmail(email);
    if (!user || user.disabled_at !== null || user.validated_at !== null) return;
    if (teamId === '') return sendToken(tx, call, post, email, { user_id: user.user_id, kind: VALIDATE_TOKEN });
    const invitation = await tx.users.changeTokenOf(user.user_id, JOIN_TOKEN, teamId);
    if (invitation) await sendToken(tx, call, post, email, invitation);
  });
}

export function validateWithToken(
  store: Store,
  call: OpenCall,
  changeToken: string,
  params: UserParams,
): Promise<User> {
  const name = checkedName(params);
  return store.transact(async tx => {
    const { act, token, user } = await used(tx, call, changeToken, [VALIDATE_TOKEN, UPDATE_EMAIL_TOKEN]);
    const renamed = await accounts.renameUser(tx, act, user, name ?? user.name);
    if (token.email !== null) return toUser(await changeAddress(tx, act, renamed, token.email));
    await tx.users.change(user.user_id, { validated_at: call.now });
    return toUser({ ...renamed, validated_at: call.now });
  });
}

export async function joinWithToken(
  store: Store,
  call: OpenCall,
  changeToken: string,
  params: UserParams,
  password: string,
): Promise<User> {
  const name = checkedName(params);
  const { user: owner } = await store.read(reader => good(reader, call, changeToken, [JOIN_TOKEN]));
  // Whoever has the invitation alone does not get an account that has a password: it may have been completed for another team since.
  const isComplete = owner.password_hash !== NO_PASSWORD;
  const admitted = isComplete ? await admitOwner(store, call, owner, password) : undefined;
  const passwordHash = isComplete ? undefined : await hashed(password, owner.email, name ?? owner.name);
  return store.transact(async tx => {
    const { act, token, user } = await used(tx, call, changeToken, [JOIN_TOKEN]);
    if (admitted) await stillAdmitted(tx, admitted);
    // Another invitation was accepted a moment ago.
    else if (user.password_hash !== NO_PASSWORD) throw unknownToken();
    await addMember(tx, act, token.for_team!, user.user_id, JSON.parse(token.roles!), 'invited');
    const validated = { ...user, validated_at: user.validated_at ?? call.now };
    await tx.users.change(user.user_id, { validated_at: validated.validated_at });
    const renamed = await accounts.renameUser(tx, act, validated, name ?? user.name);
    return toUser(passwordHash ? await accounts.setPassword(tx, act, renamed, passwordHash) : renamed);
  });
}

/** Counted as an attempt to log in. @throws Unauthorized (401), LoginPaused (503) */
const admitOwner = (store: Store, call: OpenCall, { email }: Row<'users'>, password: string): Promise<Admitted> =>
  admit(store, call, email, async user =>
    checks.isPasswordLong(password) ? false : passwordFits(password, user?.password_hash),
  );

const hashed = (password: string, ...whose: readonly string[]): Promise<string> =>
  hashPassword(checks.newPassword('password', password, ...whose));

export async function recoverPassword(
  store: Store,
  call: OpenCall,
  changeToken: string,
  password: string,
): Promise<User> {
  const { user: owner } = await store.read(reader => good(reader, call, changeToken, [FORGOT_PASSWORD_TOKEN]));
  const passwordHash = await hashed(password, owner.email, owner.name);
  return store.transact(async tx => {
    const { act, user } = await used(tx, call, changeToken, [FORGOT_PASSWORD_TOKEN]);
    return toUser(await accounts.setPassword(tx, act, user, passwordHash));
  });
}

interface Used {
  /** What is done is done by the user itself. */
  readonly act: Act;
  readonly token: Row<'change_tokens'>;
  readonly user: Row<'users'>;
}

/** Asked before a password is hashed, which costs too much for whoever has no token. @throws InvalidToken (497) also for one of another kind, TokenExpired (498) */
async function good(
  reader: Reader,
  call: OpenCall,
  changeToken: string,
  kinds: readonly ChangeTokenType[],
): Promise<Omit<Used, 'act'>> {
  const token = await reader.users.changeToken(tokenHash(changeToken));
  const [user] = token && kinds.includes(token.kind) ? await reader.people.users([token.user_id]) : [];
  if (!token || !user || user.disabled_at !== null) throw unknownToken();
  if (token.expires_at > call.now) return { token, user };
  throw new TokenExpired(
    'token-expired',
    `changeToken: it was good until ${new Date(token.expires_at).toISOString()}; ask for another`,
  );
}

/** @throws InvalidToken (497), TokenExpired (498) */
async function used(
  tx: Transactor,
  call: OpenCall,
  changeToken: string,
  kinds: readonly ChangeTokenType[],
): Promise<Used> {
  const { token } = await good(tx, call, changeToken, kinds);
  const user = (await tx.users.locked(token.user_id))!;
  // Of two who use it at once, one does.
  if (user.disabled_at !== null || !(await tx.users.useChangeToken(token.token_hash))) throw unknownToken();
  return { act: { now: call.now, ids: call.ids, caller: asCaller(user) }, token, user };
}

const unknownToken = (): InvalidToken =>
  new InvalidToken('invalid-token', 'changeToken: unknown, used, or replaced by a later one; ask for another');

/** The user itself, with no rights but those of the secret. */
const asCaller = (user: Row<'users'>): Caller => ({
  userId: user.user_id,
  email: user.email,
  name: user.name,
  createdAt: user.created_at,
  tokenId: '',
  isProgram: false,
  expiresAt: 0,
  rights: new Map(),
});

async function sendToken(
  tx: Transactor,
  call: OpenCall,
  mail: Mail,
  to: string,
  entitlement: accounts.Entitlement,
): Promise<void> {
  const { token } = await accounts.newChangeToken(tx, call, entitlement);
  tx.onCommit(() => mail.send(letter(mail, to, entitlement.kind, token)));
}

/** Letters to one address without a pause, and the longest pause then. */
const LETTERS = { free: 3, longestMs: 60 * 60 * 1000 };

/** Nobody's mailbox is flooded. @throws LoginPaused (503) */
async function countLetter(tx: Transactor, call: OpenCall, email: string): Promise<void> {
  const key = tokenHash(`letter\n${email}`);
  const [before] = await tx.logins.failures([key]);
  const wait = before ? before.last_at + pauseAfter(before.failures, LETTERS) - call.now : 0;
  if (wait > 0) {
    const seconds = String(Math.ceil(wait / 1000));
    throw new LoginPaused('mail-paused', `email: too many letters to this address; try again in ${seconds} s`, {
      retryAfterSeconds: seconds,
    });
  }
  await tx.logins.countFailure([key], call.now, call.now - FORGOTTEN_AFTER_MS);
}

const checkedName = ({ name }: UserParams): string | undefined =>
  name == null ? undefined : checks.name('params.name', name);
