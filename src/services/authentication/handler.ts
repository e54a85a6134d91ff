/**
 * AuthenticationService: the table of contents. A token is 256 random bits, known to the client alone; the server keeps its hash.
 * On TCP it is bound to the connection by login or authenticate.
 */

import type { LoginOptions, LoginResult } from '#gen/authentication_types';
import { MAX_PASSWORD_LENGTH } from '#gen/common_types';
import { Unauthorized } from '../../base/errors.ts';
import { newToken, passwordFits, tokenHash } from '../../base/secrets.ts';
import { teamsOf } from '../../domain/privileges.ts';
import type { Reader, Store } from '../../store/database.ts';
import type { Call, OpenCall } from '../call.ts';
import { notServedYet } from '../checks.ts';
import type { Handler } from '../surface.ts';
import { callerOf } from './caller.ts';
import { TOKEN_LIFE_MS, toLoginResult } from './wire.ts';

export class AuthenticationHandler implements Handler<'AuthenticationService'> {
  readonly #store: Store;
  readonly #version: string;

  constructor(store: Store, version: string) {
    this.#store = store;
    this.#version = version;
  }

  async login(call: OpenCall, email: string, password: string, options: LoginOptions): Promise<LoginResult> {
    const { certificateSigningRequest, proxiedUserEmail, userPrivateKey } = options;
    notServedYet({
      'options.certificateSigningRequest': certificateSigningRequest,
      'options.proxiedUserEmail': proxiedUserEmail,
      'options.userPrivateKey': userPrivateKey,
    });
    // The password is checked between two transactions: it takes long, and nothing is awaited inside of one.
    const user = await this.#store.read(reader => reader.people.userByEmail(email.trim().toLowerCase()));
    const fits = password.length <= MAX_PASSWORD_LENGTH && (await passwordFits(password, user?.password_hash));
    if (!fits || !user) {
      throw new Unauthorized('bad-credentials', 'email and password do not fit together; check both');
    }
    const token = newToken();
    const result = await this.#store.transact(async tx => {
      await tx.people.deleteExpiredTokens(user.user_id, call.now);
      await tx.people.insertToken({
        token_id: call.ids.next(),
        token_hash: tokenHash(token),
        user_id: user.user_id,
        created_at: call.now,
        expires_at: call.now + TOKEN_LIFE_MS,
      });
      return loginResult(tx, token, call.now);
    });
    call.session.bind(token);
    return result;
  }

  async logout(call: Call): Promise<void> {
    await this.#store.transact(tx => tx.people.deleteToken(call.caller.tokenId));
    call.session.release();
  }

  async authenticate(call: OpenCall, token: string): Promise<LoginResult> {
    const result = await this.#store.read(reader => loginResult(reader, token, call.now));
    call.session.bind(token);
    return result;
  }

  async ping(_call: OpenCall): Promise<string> {
    return this.#version;
  }
}

async function loginResult(reader: Reader, token: string, now: number): Promise<LoginResult> {
  const caller = await callerOf(reader, token, now);
  const [user] = await reader.people.users([caller.userId]);
  const teams = caller.rolesByTeam.size > 0 ? await reader.people.teams(teamsOf(caller)) : [];
  return toLoginResult(token, caller, user!, teams);
}
