/** From a token to the caller it stands for. */
import { InvalidToken, TokenExpired } from '../../base/errors.ts';
import { tokenHash } from '../../base/secrets.ts';
import type { Caller, Rights } from '../../domain/privileges.ts';
import { rightsOf } from '../../engine/rights.ts';
import type { Reader, Store } from '../../store/database.ts';
import type { CallerRow } from '../../store/tokens.ts';

/** How long a token of a login lasts that is not used, and at most. */
export const IDLE_MS = 12 * 60 * 60 * 1000;
export const LONGEST_MS = 7 * 24 * 60 * 60 * 1000;

/** Use is noted, and life prolonged, so seldom that it costs nothing. */
const NOTED_EVERY_MS = 60 * 60 * 1000;

/** A caller, with what is known of its token. */
interface Known {
  readonly caller: Caller;
  readonly tokenCreatedAt: number;
  readonly usedAt: number;
}

/** Of a call. No statement when the token was seen in the last seconds, else one. @throws InvalidToken (497), TokenExpired (498) */
export async function callerOf(store: Store, token: string, now: number): Promise<Caller> {
  const known = await store.caller(token, now, reader => byToken(reader, token));
  const caller = unexpired(known.caller, now);
  return now - known.usedAt < NOTED_EVERY_MS ? caller : used(store, known, now);
}

/** In a transaction that is under way. One statement. @throws InvalidToken (497), TokenExpired (498) */
export const callerIn = async (reader: Reader, token: string, now: number): Promise<Caller> =>
  unexpired((await byToken(reader, token)).caller, now);

/** When a login's token ends that was made and used at these times. */
export const endOfLogin = (createdAt: number, usedAt: number): number =>
  Math.min(usedAt + IDLE_MS, createdAt + LONGEST_MS);

async function used(store: Store, { caller, tokenCreatedAt }: Known, now: number): Promise<Caller> {
  const expiresAt = caller.isProgram ? caller.expiresAt : endOfLogin(tokenCreatedAt, now);
  await store.transact(tx => tx.tokens.useToken(caller.tokenId, now, expiresAt));
  return { ...caller, expiresAt };
}

function unexpired(caller: Caller, now: number): Caller {
  if (caller.expiresAt > now) return caller;
  throw new TokenExpired(
    'token-expired',
    `the token expired at ${new Date(caller.expiresAt).toISOString()}; log in again`,
  );
}

async function byToken(reader: Reader, token: string): Promise<Known> {
  const rows = await reader.tokens.callerByTokenHash(tokenHash(token));
  const [first] = rows;
  if (!first) throw revoked();
  const caller = {
    userId: first.user_id,
    email: first.email,
    name: first.name,
    createdAt: first.created_at,
    tokenId: first.token_id,
    isProgram: first.token_name !== null,
    expiresAt: first.expires_at,
    rights: rightsByTeam(rows, first),
  };
  return { caller, tokenCreatedAt: first.token_created_at, usedAt: first.used_at };
}

export const revoked = (): InvalidToken =>
  new InvalidToken('invalid-token', 'the token is unknown or was revoked; log in again');

/** The user's rights, as far as the token reaches: one for programs may have fewer. */
function rightsByTeam(rows: readonly CallerRow[], token: CallerRow): Map<string, Rights> {
  const teams: readonly string[] | null = token.team_ids && JSON.parse(token.team_ids);
  const privileges: readonly string[] | null = token.privileges && JSON.parse(token.privileges);
  const byTeam = Map.groupBy(
    rows.filter(({ team_id }) => team_id !== null && (teams?.includes(team_id) ?? true)),
    ({ team_id }) => team_id!,
  );
  return new Map([...byTeam].map(([teamId, own]) => [teamId, rightsOf(own, privileges)]));
}
