/** Tokens, and who calls with one. Template locks go with the token that holds them. */
import type { Kysely } from 'kysely';
import { compiledOnce } from './compiled.ts';
import { type Engine, isOneOf } from './engine.ts';
import type { GroupsRow } from './people.ts';
import type { Database, Row } from './schema.ts';

/**
 * A token with its user, and a row for each group that the user is in, in each team that it works in: one for a team without groups,
 * and one without a team when there is none.
 */
export type CallerRow = Pick<
  Row<'tokens'>,
  'token_id' | 'user_id' | 'expires_at' | 'team_ids' | 'privileges' | 'used_at'
> &
  Pick<Row<'users'>, 'email' | 'name' | 'created_at'> &
  GroupsRow & { token_created_at: number; token_name: string | null };

const callerByTokenHash = compiledOnce(['tokenHash'], (db, _engine, { tokenHash }: { tokenHash: string }) =>
  db
    .selectFrom('tokens')
    .innerJoin('users', 'users.user_id', 'tokens.user_id')
    .leftJoin('memberships', join =>
      join.onRef('memberships.user_id', '=', 'tokens.user_id').on('memberships.removed_at', 'is', null),
    )
    .leftJoin('group_members as gm', join =>
      join.onRef('gm.team_id', '=', 'memberships.team_id').onRef('gm.user_id', '=', 'memberships.user_id'),
    )
    .leftJoin('groups', join =>
      join.onRef('groups.team_id', '=', 'gm.team_id').onRef('groups.group_id', '=', 'gm.group_id'),
    )
    .select(['tokens.token_id', 'tokens.user_id', 'tokens.expires_at', 'tokens.team_ids', 'tokens.privileges'])
    .select(['tokens.used_at', 'tokens.created_at as token_created_at', 'tokens.name as token_name'])
    .select(['users.email', 'users.name', 'users.created_at', 'memberships.team_id', 'memberships.roles'])
    .select(['groups.group_id', 'groups.kind as group_kind', 'groups.name as group_name'])
    .select(['groups.privileges as group_privileges', 'groups.archived_at as group_archived_at'])
    .where('tokens.token_hash', '=', tokenHash),
);

const keptToken = compiledOnce(['tokenId'], (db, engine, { tokenId }: { tokenId: string }) =>
  db
    .selectFrom('tokens')
    .select('token_id')
    .where('token_id', '=', tokenId)
    // SQLite has one writer anyway.
    .$if(engine === 'postgres', query => query.forKeyShare()),
);

export class TokenReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  /** Everything a call needs to know of its caller, in one statement. Empty when the token is unknown. */
  callerByTokenHash(tokenHash: string): Promise<CallerRow[]> {
    return callerByTokenHash(this.db, this.engine, { tokenHash });
  }

  /** Those of a user, the newest first. */
  tokensOf(userId: string): Promise<Row<'tokens'>[]> {
    return this.db
      .selectFrom('tokens')
      .selectAll()
      .where('user_id', '=', userId)
      .orderBy('created_at', 'desc')
      .orderBy('token_id', 'desc')
      .execute();
  }

  /** Those of the tokens that live. */
  async living(tokenIds: readonly string[], now: number): Promise<Set<string>> {
    const rows = await this.db
      .selectFrom('tokens')
      .select('token_id')
      .where(eb => isOneOf(this.engine, eb.ref('token_id'), tokenIds))
      .where('expires_at', '>', now)
      .execute();
    return new Set(rows.map(row => row.token_id));
  }

  token(tokenId: string): Promise<Row<'tokens'> | undefined> {
    return this.db.selectFrom('tokens').selectAll().where('token_id', '=', tokenId).executeTakeFirst();
  }
}

export class TokenTransactor extends TokenReader {
  readonly #callersChanged: () => void;

  /** @param callersChanged hears that a token ends, or ends later, from the commit on */
  constructor(db: Kysely<Database>, engine: Engine, callersChanged: () => void) {
    super(db, engine);
    this.#callersChanged = callersChanged;
  }

  /** The user's tokens that have expired by `now` go. */
  async deleteExpiredTokens(userId: string, now: number): Promise<void> {
    await this.db.deleteFrom('tokens').where('user_id', '=', userId).where('expires_at', '<=', now).execute();
  }

  async insertToken(token: Row<'tokens'>): Promise<void> {
    await this.db.insertInto('tokens').values(token).execute();
  }

  /** Whether the token still lives; it will, then, until the end of the transaction. */
  async keepToken(tokenId: string): Promise<boolean> {
    return (await keptToken(this.db, this.engine, { tokenId })).length > 0;
  }

  /** From now on the token was used last at `now`, and ends at `expiresAt`. */
  async useToken(tokenId: string, now: number, expiresAt: number): Promise<void> {
    this.#callersChanged();
    await this.db
      .updateTable('tokens')
      .set({ used_at: now, expires_at: expiresAt })
      .where('token_id', '=', tokenId)
      .execute();
  }

  /** The token ends, and with it the locks it holds. */
  async deleteToken(tokenId: string): Promise<void> {
    this.#callersChanged();
    await this.db.deleteFrom('tokens').where('token_id', '=', tokenId).execute();
  }
}
