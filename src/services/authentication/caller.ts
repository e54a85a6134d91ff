/** From a token to the caller it stands for. */
import { InvalidToken, TokenExpired } from '../../base/errors.ts';
import { tokenHash } from '../../base/secrets.ts';
import { type Caller, isRoleName } from '../../domain/privileges.ts';
import type { Reader } from '../../store/database.ts';
import type { CallerRow } from '../../store/people.ts';

/** One statement. @throws InvalidToken (497), TokenExpired (498) */
export async function callerOf(reader: Reader, token: string, now: number): Promise<Caller> {
  const rows = await reader.people.callerByTokenHash(tokenHash(token));
  const [first] = rows;
  if (!first) throw new InvalidToken('invalid-token', 'the token is unknown or was revoked; log in again');
  if (first.expires_at <= now) {
    throw new TokenExpired(
      'token-expired',
      `the token expired at ${new Date(first.expires_at).toISOString()}; log in again`,
    );
  }
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
