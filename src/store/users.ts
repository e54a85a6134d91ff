/** Users as a list: found, counted, with their teams and numbers; and the tokens that entitle to one change of an account. */
import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import { bytewise, type Engine, isOneOf } from './engine.ts';
import type { Database, Row } from './schema.ts';

/** Which users. All that is set must hold. */
export interface UserFilter {
  /** Members, present or former, of one of these. */
  readonly teamIds: readonly string[];
  /** With at least one of these in such a team; undefined: any. */
  readonly roles?: readonly string[];
  /** Of the membership; undefined: both. */
  readonly isRemoved?: boolean;
  /** Each begins a word of the name or the address; of `searchWords`. */
  readonly words: readonly string[];
  /** Among these; undefined: all. */
  readonly userIds?: readonly string[];
  /** Found whatever its teams, when the rest holds. */
  readonly self?: string;
}

export interface UserOrder {
  readonly by: 'search_key' | 'email';
  readonly descending: boolean;
}

/** Jobs of a team that a user takes part in. */
export interface UserJobs {
  readonly team_id: string;
  readonly user_id: string;
  readonly closed: number;
  readonly jobs: number;
}

export class UserReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  /** Ties by id. */
  find(filter: UserFilter, order: readonly UserOrder[], limit: number, offset = 0): Promise<Row<'users'>[]> {
    let query = this.db.selectFrom('users').selectAll().where(this.#matching(filter));
    for (const { by, descending } of order)
      query = query.orderBy(bytewise(this.engine, sql.ref(by)), descending ? 'desc' : 'asc');
    return query
      .orderBy(bytewise(this.engine, sql.ref('user_id')))
      .limit(limit)
      .offset(offset)
      .execute();
  }

  /** @param upTo counts no further */
  async count(filter: UserFilter, upTo?: number): Promise<number> {
    const matching = this.db
      .selectFrom('users')
      .select('user_id')
      .where(this.#matching(filter))
      .$if(upTo !== undefined, query => query.limit(upTo!));
    const { count } = await this.db
      .selectFrom(matching.as('matching'))
      .select(eb => eb.fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  #matching({ teamIds, roles, isRemoved, words, userIds, self }: UserFilter): RawBuilder<SqlBool> {
    const conditions = [
      isOneOf(this.engine, sql.ref('m.team_id'), teamIds),
      ...(isRemoved === undefined ? [] : [isRemoved ? sql`m.removed_at is not null` : sql`m.removed_at is null`]),
      ...(roles === undefined ? [] : [sql`(${sql.join(roles.map(hasRole), sql` or `)})`]),
    ];
    const begun = words.map(word => sql` and users.search_key like ${`% ${likeable(word)}%`} escape '\\'`);
    const among = userIds ? sql` and ${isOneOf(this.engine, sql.ref('users.user_id'), userIds)}` : sql``;
    const own = self === undefined ? sql`` : sql` or users.user_id = ${self}`;
    return sql<SqlBool>`(exists (select 1 from memberships as m where m.user_id = users.user_id
      and ${sql.join(conditions, sql` and `)})${own})${sql.join(begun, sql``)}${among}`;
  }

  /** Of these users in these teams, ended ones included. */
  memberships(teamIds: readonly string[], userIds: readonly string[]): Promise<Row<'memberships'>[]> {
    return this.db
      .selectFrom('memberships')
      .selectAll()
      .where(eb => isOneOf(this.engine, eb.ref('team_id'), teamIds))
      .where(eb => isOneOf(this.engine, eb.ref('user_id'), userIds))
      .execute();
  }

  /** Jobs that these users have worked on, or have a step of to do. */
  async jobs(teamIds: readonly string[], userIds: readonly string[]): Promise<UserJobs[]> {
    const ofTeams = isOneOf(this.engine, sql.ref('s.team_id'), teamIds);
    const { rows } = await sql<UserJobs>`
      select p.team_id, p.user_id, j.closed, count(*) as jobs from (
        select s.team_id, s.started_by as user_id, s.job_id from job_steps as s
          where ${ofTeams} and ${isOneOf(this.engine, sql.ref('s.started_by'), userIds)} and s.started_by is not null
        union
        select s.team_id, s.assigned_to as user_id, s.job_id from job_steps as s
          where ${ofTeams} and ${isOneOf(this.engine, sql.ref('s.assigned_to'), userIds)} and s.current = 1
      ) as p join jobs as j on j.team_id = p.team_id and j.job_id = p.job_id
      group by p.team_id, p.user_id, j.closed`.execute(this.db);
    return rows.map(row => ({ ...row, jobs: Number(row.jobs) }));
  }

  changeToken(tokenHash: string): Promise<Row<'change_tokens'> | undefined> {
    return this.db.selectFrom('change_tokens').selectAll().where('token_hash', '=', tokenHash).executeTakeFirst();
  }

  /** The newest of a kind, for one team where the kind is about teams. */
  changeTokenOf(userId: string, kind: number, teamId?: string): Promise<Row<'change_tokens'> | undefined> {
    return this.db
      .selectFrom('change_tokens')
      .selectAll()
      .where('user_id', '=', userId)
      .where('kind', '=', kind)
      .$if(teamId !== undefined, query => query.where('for_team', '=', teamId!))
      .orderBy('created_at', 'desc')
      .executeTakeFirst();
  }
}

const hasRole = (role: string): RawBuilder<SqlBool> => sql<SqlBool>`m.roles like ${`%"${role}"%`}`;

const likeable = (word: string): string => word.replace(/[\\%_]/g, '\\$&');

export class UserTransactor extends UserReader {
  readonly #callersChanged: () => void;

  /** @param callersChanged hears that somebody is called otherwise, or is nobody any more, from the commit on */
  constructor(db: Kysely<Database>, engine: Engine, callersChanged: () => void) {
    super(db, engine);
    this.#callersChanged = callersChanged;
  }

  /** The user, kept from other writers until the end of the transaction. */
  async locked(userId: string): Promise<Row<'users'> | undefined> {
    return (
      this.db
        .selectFrom('users')
        .selectAll()
        .where('user_id', '=', userId)
        // SQLite has one writer anyway.
        .$if(this.engine === 'postgres', query => query.forNoKeyUpdate())
        .executeTakeFirst()
    );
  }

  async change(userId: string, change: Partial<Row<'users'>>): Promise<void> {
    this.#callersChanged();
    await this.db.updateTable('users').set(change).where('user_id', '=', userId).execute();
  }

  /** All tokens of a user end, with the locks they hold; of logins alone, or but for one, when so asked. */
  async endTokens(userId: string, { loginsOnly = false, but = '' } = {}): Promise<number> {
    this.#callersChanged();
    const { numDeletedRows } = await this.db
      .deleteFrom('tokens')
      .where('user_id', '=', userId)
      .where('token_id', '<>', but)
      .$if(loginsOnly, query => query.where('name', 'is', null))
      .executeTakeFirst();
    return Number(numDeletedRows);
  }

  /** Takes the place of those that the user has of this kind, for the same team. */
  async putChangeToken(token: Row<'change_tokens'>): Promise<void> {
    await this.endChangeTokens(token.user_id, token.kind, token.for_team);
    await this.db.insertInto('change_tokens').values(token).execute();
  }

  /** @param teamId of the kind alone that is about teams; undefined: whatever the team */
  async endChangeTokens(userId: string, kind?: number, teamId?: string | null): Promise<void> {
    await this.db
      .deleteFrom('change_tokens')
      .where('user_id', '=', userId)
      .$if(kind !== undefined, query => query.where('kind', '=', kind!))
      .$if(teamId != null, query => query.where('for_team', '=', teamId!))
      .execute();
  }

  /** @returns false when it is no longer there: somebody else used it */
  async useChangeToken(tokenHash: string): Promise<boolean> {
    const { numDeletedRows } = await this.db
      .deleteFrom('change_tokens')
      .where('token_hash', '=', tokenHash)
      .executeTakeFirst();
    return numDeletedRows === 1n;
  }
}
