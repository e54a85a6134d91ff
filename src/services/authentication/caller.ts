/** From a token to the caller it stands for. */
import { InvalidToken, TokenExpired } from '../../base/errors.ts';
import { tokenHash } from '../../base/secrets.ts';
import {
  type Caller,
  isPrivilege,
  isRoleName,
  type Privilege,
  privilegesOf,
  type Rights,
} from '../../domain/privileges.ts';
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

const rowsOf = ({ rights }: Caller): number => 1 + rights.size;

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
    rights: rightsByTeam(rows, first),
  };
}

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

function rightsOf(rows: readonly CallerRow[], reach: readonly string[] | null): Rights {
  const roles = (JSON.parse(rows[0]!.roles!) as string[]).filter(isRoleName);
  const groups = rows.filter(({ group_id }) => group_id !== null);
  const ownRoles = groups.filter(group => group.group_kind === 'ROLE' && group.group_archived_at === null);
  const granted = ownRoles.flatMap(role => (JSON.parse(role.group_privileges!) as string[]).filter(isPrivilege));
  const privileges: Privilege[] = [...new Set([...privilegesOf(roles), ...granted])].sort();
  return {
    roles,
    ownRoles: ownRoles.map(role => role.group_name!).sort(),
    groups: [...roles, ...groups.map(group => group.group_id!)],
    privileges: reach ? privileges.filter(privilege => reach.includes(privilege)) : privileges,
  };
}
