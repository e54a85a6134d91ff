/** Logging in: from e-mail address and password to a token, and from a token to what a client learns of itself. */
import type { LoginOptions, LoginResult } from '#gen/authentication_types';
import { AccountUnvalidated } from '../../base/errors.ts';
import { newToken, passwordFits, tokenHash } from '../../base/secrets.ts';
import { teamsOf } from '../../domain/privileges.ts';
import type { Reader, Store } from '../../store/database.ts';
import type { OpenCall } from '../call.ts';
import { isPasswordLong, notServedYet } from '../checks.ts';
import { callerIn, endOfLogin } from './caller.ts';
import { type Admitted, admit, stillAdmitted } from './throttle.ts';
import { toLoginResult } from './wire.ts';

/** @throws Unauthorized (401), which does not tell an unknown address from a wrong password; LoginPaused (503), AccountUnvalidated (474) */
export async function login(
  store: Store,
  call: OpenCall,
  email: string,
  password: string,
  options: LoginOptions,
): Promise<LoginResult> {
  refuseOptions(options);
  const admitted = await admit(store, call, email.trim().toLowerCase(), async user =>
    isPasswordLong(password) ? false : passwordFits(password, user?.password_hash),
  );
  if (admitted.user.validated_at === null) {
    throw new AccountUnvalidated(
      'account-not-validated',
      'the e-mail address of this account is not confirmed yet; accept the invitation first',
    );
  }
  const result = await newSession(store, call, admitted);
  call.session.bind(result.authToken);
  return result;
}

function newSession(store: Store, call: OpenCall, admitted: Admitted): Promise<LoginResult> {
  const token = newToken();
  return store.transact(async tx => {
    const { forgotten } = admitted;
    const user = await stillAdmitted(tx, admitted);
    if (forgotten.length > 0) await tx.logins.forgetFailures(forgotten);
    await tx.tokens.deleteExpiredTokens(user.user_id, call.now);
    await tx.tokens.insertToken({
      token_id: call.ids.next(),
      token_hash: tokenHash(token),
      user_id: user.user_id,
      created_at: call.now,
      expires_at: endOfLogin(call.now, call.now),
      name: null,
      team_ids: null,
      privileges: null,
      used_at: call.now,
    });
    return loginResult(tx, token, call.now);
  });
}

/** @throws InvalidToken (497), TokenExpired (498) */
export async function loginResult(reader: Reader, token: string, now: number): Promise<LoginResult> {
  const caller = await callerIn(reader, token, now);
  const [user] = await reader.people.users([caller.userId]);
  const teams = caller.rights.size > 0 ? await reader.people.teams(teamsOf(caller)) : [];
  return toLoginResult(token, caller, user!, teams);
}

function refuseOptions({ certificateSigningRequest, proxiedUserEmail, userPrivateKey }: LoginOptions): void {
  notServedYet({
    'options.certificateSigningRequest': certificateSigningRequest,
    'options.proxiedUserEmail': proxiedUserEmail,
    'options.userPrivateKey': userPrivateKey,
  });
}
