/** Users, teams, and who works in them. */
import { type Kysely, sql } from 'kysely';
import { compiledByCounts, compiledOnce } from './compiled.ts';
import { type Engine, isAmong, isOneOf } from './engine.ts';
import type { Database, Row } from './schema.ts';

/** One team that somebody works in, with one group that it is in there; the columns are null without. */
export interface GroupsRow {
  readonly team_id: string | null;
  readonly roles: string | null;
  readonly group_id: string | null;
  readonly group_kind: string | null;
  readonly group_name: string | null;
  readonly group_privileges: string | null;
  readonly group_archived_at: number | null;
}

export type TeamWithOwner = Row<'teams'> & { owner_email: string; owner_name: string; owner_created_at: number };

const jobNumbersTaken = compiledOnce(
  ['teamId', 'count'],
  (db, _engine, { teamId, count }: { teamId: string; count: number }) =>
    db
      .updateTable('teams')
      .set(eb => ({ job_number: eb('job_number', '+', count) }))
      .where('team_id', '=', teamId)
      .returning('job_number'),
);

interface TeamsAsked {
  readonly teamIds: readonly string[];
}

const teams = compiledByCounts(['teamIds'], (db, engine, like: TeamsAsked, { teamIds }) =>
  db
    .selectFrom('teams')
    .innerJoin('users', 'users.user_id', 'teams.owner_id')
    .selectAll('teams')
    .select(['users.email as owner_email', 'users.name as owner_name', 'users.created_at as owner_created_at'])
    .where(eb => isAmong(engine, eb.ref('teams.team_id'), like.teamIds, teamIds))
    .orderBy('teams.team_id'),
);

export class PeopleReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
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
      .where('users.disabled_at', 'is', null)
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

  /** Those of the teams that nobody but the user administers; who is disabled does not. */
  async teamsAdministeredOnlyBy(userId: string, teamIds: readonly string[]): Promise<string[]> {
    const administrators = await this.db
      .selectFrom('memberships')
      .innerJoin('users', 'users.user_id', 'memberships.user_id')
      .select('memberships.team_id')
      .select(eb => eb.fn.max('memberships.user_id').as('last'))
      .select(eb => eb.fn.min('memberships.user_id').as('first'))
      .where(eb => isOneOf(this.engine, eb.ref('memberships.team_id'), teamIds))
      .where('memberships.removed_at', 'is', null)
      .where('users.disabled_at', 'is', null)
      .where('memberships.roles', 'like', '%"ADMIN"%')
      .groupBy('memberships.team_id')
      .execute();
    return administrators.filter(({ first, last }) => first === userId && last === userId).map(row => row.team_id);
  }

  /** The ids of the teams that a user works in. */
  async teamIdsOf(userId: string): Promise<string[]> {
    const rows = await this.db
      .selectFrom('memberships')
      .select('team_id')
      .where('user_id', '=', userId)
      .where('removed_at', 'is', null)
      .execute();
    return rows.map(row => row.team_id);
  }

  /**
   * These users where they work in these teams: a row for each group that one is in, and one for who is in none. Those who are
   * disabled have no rights; `which` tells whether they are asked for all the same.
   */
  membersWithGroups(
    teamIds: readonly string[],
    userIds: readonly string[],
    which: 'present' | 'disabled too' = 'present',
  ): Promise<(GroupsRow & { user_id: string })[]> {
    return this.db
      .selectFrom('memberships')
      .innerJoin('users', 'users.user_id', 'memberships.user_id')
      .leftJoin('group_members as gm', join =>
        join.onRef('gm.team_id', '=', 'memberships.team_id').onRef('gm.user_id', '=', 'memberships.user_id'),
      )
      .leftJoin('groups', join =>
        join.onRef('groups.team_id', '=', 'gm.team_id').onRef('groups.group_id', '=', 'gm.group_id'),
      )
      .select(['memberships.user_id', 'memberships.team_id', 'memberships.roles'])
      .select(['groups.group_id', 'groups.kind as group_kind', 'groups.name as group_name'])
      .select(['groups.privileges as group_privileges', 'groups.archived_at as group_archived_at'])
      .where(eb => isOneOf(this.engine, eb.ref('memberships.team_id'), teamIds))
      .where(eb => isOneOf(this.engine, eb.ref('memberships.user_id'), userIds))
      .where('memberships.removed_at', 'is', null)
      .$if(which === 'present', query => query.where('users.disabled_at', 'is', null))
      .execute();
  }

  /** For whoever owns the server: nothing that is served reads all of them. */
  allTeams(): Promise<Row<'teams'>[]> {
    return this.db.selectFrom('teams').selectAll().orderBy('created_at').orderBy('team_id').execute();
  }

  /** For whoever owns the server. */
  allUsers(): Promise<Row<'users'>[]> {
    return this.db.selectFrom('users').selectAll().execute();
  }

  async anyUser(): Promise<boolean> {
    return (await this.db.selectFrom('users').select('user_id').limit(1).executeTakeFirst()) !== undefined;
  }
}

export class PeopleTransactor extends PeopleReader {
  readonly #callersChanged: () => void;

  /** @param callersChanged hears that somebody is or may do something else from the commit on */
  constructor(db: Kysely<Database>, engine: Engine, callersChanged: () => void) {
    super(db, engine);
    this.#callersChanged = callersChanged;
  }

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
    this.#callersChanged();
    await this.db.insertInto('memberships').values(membership).execute();
  }

  /** Others who change what is unique in these teams, or counted, wait until the end of the transaction. */
  async lockTeam(...teamIds: string[]): Promise<void> {
    // SQLite has one writer anyway.
    if (this.engine === 'sqlite') return;
    await this.db
      .selectFrom('teams')
      .select('team_id')
      .where(eb => isOneOf(this.engine, eb.ref('team_id'), teamIds))
      .orderBy('team_id')
      .forNoKeyUpdate()
      .execute();
  }

  /** @returns false, with nothing changed, when the user works in the team already */
  async beginMembership(membership: Row<'memberships'>): Promise<boolean> {
    this.#callersChanged();
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
    this.#callersChanged();
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

  /** Keeps other processes from adding users until the end of the transaction. */
  async lockUsers(): Promise<void> {
    // SQLite has one writer anyway.
    if (this.engine === 'postgres') await sql`lock table users in share row exclusive mode`.execute(this.db);
  }

  /** @returns the first of `count` fresh numbers for "JOB_<n>" names */
  async takeJobNumbers(teamId: string, count: number): Promise<number> {
    const [row] = await jobNumbersTaken(this.db, this.engine, { teamId, count });
    return row!.job_number - count + 1;
  }
}
