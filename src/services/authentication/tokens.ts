/**
 * Tokens as things: made for programs, listed, revoked. Everybody does so with its own; with those of others an administrator of
 * every team that they work in. An end of a token by somebody else leaves a trace in the teams that gave the right to it.
 */
import type { ApiToken, ApiTokenParams, TokenInfo } from '#gen/authentication_types';
import { MAX_API_TOKENS_PER_USER } from '#gen/common_types';
import { toSeconds } from '../../base/clock.ts';
import { BadRequest, InsufficientPermissions, NotFound } from '../../base/errors.ts';
import { newToken, tokenHash } from '../../base/secrets.ts';
import { has, requireMember } from '../../domain/privileges.ts';
import { auditIn } from '../../engine/audit.ts';
import type { Reader, Store, Transactor } from '../../store/database.ts';
import type { Row } from '../../store/schema.ts';
import type { Call } from '../call.ts';
import * as checks from '../checks.ts';
import { known } from '../groups/groups.ts';
import { revoked } from './caller.ts';
import { LONGEST_PROGRAM_MS } from './wire.ts';

export function createApiToken(store: Store, call: Call, params: ApiTokenParams): Promise<ApiToken> {
  const name = checks.name('params.name', params.name);
  const expiresAt = checkedEnd(call, params.expiresAt);
  const teamIds = checks.idList('params.teamIds', params.teamIds ?? []);
  const privileges = known(params.privileges ?? [], 'params.privileges');
  refuseProgram(call);
  for (const teamId of teamIds) requireMember(call.caller, teamId);
  const token = newToken();
  return store.transact(async tx => {
    await refuseOneMore(tx, call);
    const row: Row<'tokens'> = {
      token_id: call.ids.next(),
      token_hash: tokenHash(token),
      user_id: call.caller.userId,
      created_at: call.now,
      expires_at: expiresAt,
      name,
      team_ids: teamIds.length > 0 ? JSON.stringify(teamIds) : null,
      privileges: privileges.length > 0 ? JSON.stringify(privileges) : null,
      used_at: call.now,
    };
    await tx.tokens.insertToken(row);
    return { ...shared(row), name, token };
  });
}

export const revokeApiToken = (store: Store, call: Call, tokenId: string): Promise<void> =>
  store.transact(async tx => {
    const token = await visible(tx, call, tokenId);
    if (token?.name == null) {
      throw new NotFound('api-token-not-found', `tokenId: no API token ${tokenId}; listTokens tells them`, { tokenId });
    }
    await end(tx, call, token);
  });

export const revoke = (store: Store, call: Call, tokenId: string): Promise<void> =>
  store.transact(async tx => {
    const token = await visible(tx, call, tokenId);
    if (!token)
      throw new NotFound('token-not-found', `tokenId: no token ${tokenId}; listTokens tells them`, { tokenId });
    await end(tx, call, token);
  });

export const list = (store: Store, call: Call, userId: string): Promise<TokenInfo[]> =>
  store.read(async reader => {
    const ofWhom = userId === '' ? call.caller.userId : userId;
    await administered(reader, call, ofWhom);
    const tokens = await reader.tokens.tokensOf(ofWhom);
    return tokens.filter(token => token.expires_at > call.now).map(token => toTokenInfo(token, call));
  });

/** A token of the caller, or of somebody who shares a team with it. */
async function visible(reader: Reader, call: Call, tokenId: string): Promise<Row<'tokens'> | undefined> {
  const token = await reader.tokens.token(tokenId);
  if (!token || token.user_id === call.caller.userId) return token;
  return (await sharesTeam(reader, call, token.user_id)) ? token : undefined;
}

async function end(tx: Transactor, call: Call, token: Row<'tokens'>): Promise<void> {
  const teams = await administered(tx, call, token.user_id);
  await tx.tokens.deleteToken(token.token_id);
  if (teams.length > 0)
    await auditIn(tx, call, teams, 'token.revoked', token.user_id, { tokenId: token.token_id, name: token.name });
}

/**
 * Tokens reach into every team of their user: who sees to those of another administers all of them. None are needed for its own.
 * @returns the teams whose trails tell of it
 * @throws NotFound (404) for who shares no team with it, InsufficientPermissions (476)
 */
async function administered(reader: Reader, call: Call, userId: string): Promise<string[]> {
  if (userId === call.caller.userId) return [];
  const teamIds = await reader.people.teamIdsOf(userId);
  if (!teamIds.some(teamId => call.caller.rights.has(teamId)))
    throw new NotFound('user-not-found', `userId: no user ${userId} works in your teams`, { userId });
  if (teamIds.every(teamId => has(call.caller, teamId, 'adminBasic'))) return teamIds;
  throw new InsufficientPermissions(
    'insufficient-permissions',
    'tokens of others need the privilege adminBasic in every team of that user, which ADMIN has',
    { privilege: 'adminBasic' },
  );
}

const sharesTeam = async (reader: Reader, call: Call, userId: string): Promise<boolean> =>
  (await reader.people.teamIdsOf(userId)).some(teamId => call.caller.rights.has(teamId));

function checkedEnd(call: Call, expiresAt: number | null | undefined): number {
  const latest = call.now + LONGEST_PROGRAM_MS;
  if (expiresAt == null) return latest;
  if (expiresAt * 1000 > call.now && expiresAt * 1000 <= latest) return expiresAt * 1000;
  throw new BadRequest(
    'invalid-argument',
    `params.expiresAt: ${expiresAt}; expected Unix seconds after ${toSeconds(call.now)} and up to ${toSeconds(latest)}`,
    { 'params.expiresAt': String(expiresAt) },
  );
}

function refuseProgram(call: Call): void {
  if (!call.caller.isProgram) return;
  throw new InsufficientPermissions(
    'insufficient-permissions',
    'the token of this call is an API token, and those make no others; log in to make one',
  );
}

async function refuseOneMore(tx: Transactor, { caller, now }: Call): Promise<void> {
  await tx.users.locked(caller.userId);
  // It may have been revoked a moment ago, elsewhere: nothing that outlives it is made of it.
  if (!(await tx.tokens.keepToken(caller.tokenId))) throw revoked();
  const alive = (await tx.tokens.tokensOf(caller.userId)).filter(
    token => token.name !== null && token.expires_at > now,
  );
  if (alive.length < MAX_API_TOKENS_PER_USER) return;
  throw new BadRequest(
    'limit-exceeded',
    `params: you have ${alive.length} API tokens, as many as you can; revoke one that is no longer used`,
    { limit: String(MAX_API_TOKENS_PER_USER), found: String(alive.length) },
  );
}

const shared = (token: Row<'tokens'>) => ({
  tokenId: token.token_id,
  userId: token.user_id,
  createdAt: toSeconds(token.created_at),
  expiresAt: toSeconds(token.expires_at),
  ...(token.team_ids === null ? {} : { teamIds: JSON.parse(token.team_ids) }),
  ...(token.privileges === null ? {} : { privileges: JSON.parse(token.privileges) }),
});

const toTokenInfo = (token: Row<'tokens'>, call: Call): TokenInfo => ({
  ...shared(token),
  ...(token.name === null ? {} : { name: token.name }),
  lastUsedAt: toSeconds(token.used_at),
  current: token.token_id === call.caller.tokenId,
});
