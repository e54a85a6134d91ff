/**
 * AuthenticationService: the table of contents. A token is 256 random bits, known to the client alone; the server keeps its hash.
 * On TCP it is bound to the connection by login or authenticate.
 */

import type { ApiToken, ApiTokenParams, LoginOptions, LoginResult, TokenInfo } from '#gen/authentication_types';
import type { Store } from '../../store/database.ts';
import type { Call, OpenCall } from '../call.ts';
import type { Handler } from '../surface.ts';
import { login, loginResult } from './login.ts';
import * as tokens from './tokens.ts';

export class AuthenticationHandler implements Handler<'AuthenticationService'> {
  readonly #store: Store;
  readonly #version: string;

  constructor(store: Store, version: string) {
    this.#store = store;
    this.#version = version;
  }

  login(call: OpenCall, email: string, password: string, options: LoginOptions): Promise<LoginResult> {
    return login(this.#store, call, email, password, options);
  }

  async logout(call: Call): Promise<void> {
    await this.#store.transact(tx => tx.tokens.deleteToken(call.caller.tokenId));
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

  createApiToken(call: Call, params: ApiTokenParams): Promise<ApiToken> {
    return tokens.createApiToken(this.#store, call, params);
  }

  revokeApiToken(call: Call, tokenId: string): Promise<void> {
    return tokens.revokeApiToken(this.#store, call, tokenId);
  }

  listTokens(call: Call, userId: string): Promise<TokenInfo[]> {
    return tokens.list(this.#store, call, userId);
  }

  revokeToken(call: Call, tokenId: string): Promise<void> {
    return tokens.revoke(this.#store, call, tokenId);
  }
}
