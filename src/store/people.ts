/** Users, teams, memberships and the tokens they come with. */
import { type Kysely, sql } from 'kysely';
import { compiledOnce } from './compiled.ts';
import { type Engine, isOneOf } from './engine.ts';
import type { Database, Row } from './schema.ts';

/**
 * A token with its user, and a row for each group that the user is in, in each team that it works in: one for a team without groups,
 * and one without a team when there is none.
 */
export type CallerRow = Pick<
  Row<'tokens'>,
  'token_id' | 'user_id' | 'expires_at' | 'team_ids' | 'privileges' | 'used_at'
> &
  Pick<Row<'users'>, 'email' | 'name' | 'created_at'> & {
    token_created_at: number;
    token_name: string | null;
    team_id: string | null;
    roles: string | null;
    group_id: string | null;
    group_kind: string | null;
    group_name: string | null;
    group_privileges: string | null;
    group_archived_at: number | null;
  };

export type TeamWithOwner = Row<'teams'> & { owner_email: string; owner_name: string; owner_created_at: number };

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

const teams = compiledOnce(['teamIds'], (db, engine, { teamIds }: { teamIds: readonly string[] }) =>
  db
    .selectFrom('teams')
    .innerJoin('users', 'users.user_id', 'teams.owner_id')
    .selectAll('teams')
    .select(['users.email as owner_email', 'users.name as owner_name', 'users.created_at as owner_created_at'])
    .where(eb => isOneOf(engine, eb.ref('teams.team_id'), teamIds))
    .orderBy('teams.team_id'),
);

export class PeopleReader {
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

  /** @param email lower case, as stored */
  userByEmail(email: string): Promise<Row<'users'> | undefined> {
    return this.db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst();
  }

  /** Those of `idsOrEmails` that name a member of the team. E-mail addresses in lower case. */
  membersNamed(
    teamId: string,
    idsOrEmails: readonly string[],
  ): Promise<Pick<Row<'users'>, 'user_id' | 'email' | 'name'>[]> {
    return this.db
      .selectFrom('memberships')
      .innerJoin('users', 'users.user_id', 'memberships.user_id')
      .select(['users.user_id', 'users.email', 'users.name'])
      .where('memberships.team_id', '=', teamId)
      .where('memberships.removed_at', 'is', null)
      .where(eb =>
        eb.or([
          isOneOf(this.engine, eb.ref('users.user_id'), idsOrEmails),
          isOneOf(this.engine, eb.ref('users.email'), idsOrEmails),
        ]),
      )
      .execute();
  }

  users(userIds: readonly string[]): Promise<Row<'users'>[]> {
    return this.db
      .selectFrom('users')
      .selectAll()
      .where(eb => isOneOf(this.engine, eb.ref('user_id'), userIds))
      .execute();
  }

  teams(teamIds: readonly string[]): Promise<TeamWithOwner[]> {
    return teams(this.db, this.engine, { teamIds });
  }

  async teamBySubdomain(subdomain: string): Promise<string | undefined> {
    const team = await this.db
      .selectFrom('teams')
      .select('team_id')
      .where('subdomain', '=', subdomain)
      // Lets the database use the index, which has no teams without a short name.
      .where(sql.ref('subdomain'), '<>', sql.lit(''))
      .executeTakeFirst();
    return team?.team_id;
  }

  /** Of who works in the team now. */
  member(teamId: string, userId: string): Promise<Row<'memberships'> | undefined> {
    return this.db
      .selectFrom('memberships')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('user_id', '=', userId)
      .where('removed_at', 'is', null)
      .executeTakeFirst();
  }

  async hasOtherAdministrator(teamId: string, userId: string): Promise<boolean> {
    const other = await this.db
      .selectFrom('memberships')
      .select('user_id')
      .where('team_id', '=', teamId)
      .where('user_id', '<>', userId)
      .where('removed_at', 'is', null)
      .where('roles', 'like', '%"ADMIN"%')
      .limit(1)
      .executeTakeFirst();
    return other !== undefined;
  }

  async anyUser(): Promise<boolean> {
    return (await this.db.selectFrom('users').select('user_id').limit(1).executeTakeFirst()) !== undefined;
  }
}

export class PeopleTransactor extends PeopleReader {
  /** @returns false, with nothing inserted, when the e-mail address belongs to a user already */
  async insertUser(user: Row<'users'>): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await this.db
      .insertInto('users')
      .values(user)
      .onConflict(conflict => conflict.column('email').doNothing())
      .executeTakeFirst();
    return numInsertedOrUpdatedRows === 1n;
  }

  async insertTeam(team: Row<'teams'>): Promise<void> {
    await this.db.insertInto('teams').values(team).execute();
  }

  async insertMembership(membership: Row<'memberships'>): Promise<void> {
    await this.db.insertInto('memberships').values(membership).execute();
  }

  /** Others who change what is unique in the team, or counted, wait until the end of the transaction. */
  async lockTeam(teamId: string): Promise<void> {
    // SQLite has one writer anyway.
    if (this.engine === 'sqlite') return;
    await this.db.selectFrom('teams').select('team_id').where('team_id', '=', teamId).forNoKeyUpdate().execute();
  }

  /** @returns false, with nothing changed, when the user works in the team already */
  async beginMembership(membership: Row<'memberships'>): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await this.db
      .insertInto('memberships')
      .values(membership)
      .onConflict(conflict =>
        conflict
          .columns(['team_id', 'user_id'])
          .doUpdateSet(eb => ({
            roles: eb.ref('excluded.roles'),
            added_at: eb.ref('excluded.added_at'),
            updated_at: eb.ref('excluded.updated_at'),
            removed_at: null,
          }))
          .where('memberships.removed_at', 'is not', null),
      )
      .executeTakeFirst();
    return numInsertedOrUpdatedRows === 1n;
  }

  async changeMembership(teamId: string, userId: string, change: Partial<Row<'memberships'>>): Promise<void> {
    await this.db
      .updateTable('memberships')
      .set(change)
      .where('team_id', '=', teamId)
      .where('user_id', '=', userId)
      .execute();
  }

  /** Keeps other processes from changing teams until the end of the transaction. */
  async lockTeams(): Promise<void> {
    // SQLite has one writer anyway.
    if (this.engine === 'postgres') await sql`lock table teams in share row exclusive mode`.execute(this.db);
  }

  async updateTeam(teamId: string, change: Partial<Row<'teams'>>): Promise<void> {
    await this.db.updateTable('teams').set(change).where('team_id', '=', teamId).execute();
  }

  /** The user's tokens that have expired by `now` go. */
  async deleteExpiredTokens(userId: string, now: number): Promise<void> {
    await this.db.deleteFrom('tokens').where('user_id', '=', userId).where('expires_at', '<=', now).execute();
  }

  /** Keeps other processes from adding users until the end of the transaction. */
  async lockUsers(): Promise<void> {
    // SQLite has one writer anyway.
    if (this.engine === 'postgres') await sql`lock table users in share row exclusive mode`.execute(this.db);
  }

  async insertToken(token: Row<'tokens'>): Promise<void> {
    await this.db.insertInto('tokens').values(token).execute();
  }

  /** Whether the token still lives; it will, then, until the end of the transaction. */
  async keepToken(tokenId: string): Promise<boolean> {
    const row = await this.db
      .selectFrom('tokens')
      .select('token_id')
      .where('token_id', '=', tokenId)
      // SQLite has one writer anyway.
      .$if(this.engine === 'postgres', query => query.forKeyShare())
      .executeTakeFirst();
    return row !== undefined;
  }

  /** The token ends, and with it the locks it holds. */
  async deleteToken(tokenId: string): Promise<void> {
    await this.db.deleteFrom('tokens').where('token_id', '=', tokenId).execute();
  }

  /** @returns the first of `count` fresh numbers for "JOB_<n>" names */
  async takeJobNumbers(teamId: string, count: number): Promise<number> {
    const { job_number } = await this.db
      .updateTable('teams')
      .set(eb => ({ job_number: eb('job_number', '+', count) }))
      .where('team_id', '=', teamId)
      .returning('job_number')
      .executeTakeFirstOrThrow();
    return job_number - count + 1;
  }
}
