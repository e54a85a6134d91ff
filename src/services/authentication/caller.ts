/** From a token to the caller it stands for. */
import { InvalidToken, TokenExpired } from '../../base/errors.ts';
import { tokenHash } from '../../base/secrets.ts';
import { type Caller, isRoleName } from '../../domain/privileges.ts';
import type { Reader, Store } from '../../store/database.ts';
import type { CallerRow } from '../../store/people.ts';

/** Of a call: read once until somebody commits something. @throws InvalidToken (497), TokenExpired (498) */
export const callerOf = async (
  store: Store,
  token: string,
  now: number,
  version: number | undefined,
): Promise<Caller> =>
  unexpired(await store.readKept(`caller ${token}`, reader => callerByToken(reader, token), rowsOf, version), now);

/** In a transaction that is under way. One statement. @throws InvalidToken (497), TokenExpired (498) */
export const callerIn = async (reader: Reader, token: string, now: number): Promise<Caller> =>
  unexpired(await callerByToken(reader, token), now);

const rowsOf = ({ rolesByTeam }: Caller): number => 1 + rolesByTeam.size;

function unexpired(caller: Caller, now: number): Caller {
  if (caller.expiresAt > now) return caller;
  throw new TokenExpired(
    'token-expired',
    `the token expired at ${new Date(caller.expiresAt).toISOString()}; log in again`,
  );
}

async function callerByToken(reader: Reader, token: string): Promise<Caller> {
  const rows = await reader.people.callerByTokenHash(tokenHash(token));
  const [first] = rows;
  if (!first) throw new InvalidToken('invalid-token', 'the token is unknown or was revoked; log in again');
  return {
    userId: first.user_id,
    email: first.email,
    name: first.name,
    createdAt: first.created_at,
    tokenId: first.token_id,
    expiresAt: first.expires_at,
    rolesByTeam: new Map(rows.flatMap(rolesInTeam)),
  };
}

function rolesInTeam({
  team_id,
  roles,
}: CallerRow): [string, Caller['rolesByTeam'] extends ReadonlyMap<string, infer R> ? R : never][] {
  return team_id === null || roles === null ? [] : [[team_id, (JSON.parse(roles) as string[]).filter(isRoleName)]];
}
