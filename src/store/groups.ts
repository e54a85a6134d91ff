/** Groups of a team, its own roles among them (a role is a group with privileges), their members, and what is assigned to them. */
import { type Kysely, sql } from 'kysely';
import { insertProduct } from './bulk.ts';
import { type Engine, isOneOf } from './engine.ts';
import type { Database, Row } from './schema.ts';

export type GroupKind = 'ROLE' | 'GROUP';

export type GroupRow = Row<'groups'>;

/** An open step of an open job. */
export type OpenAssignment = Pick<Row<'job_steps'>, 'team_id' | 'job_id' | 'step_id' | 'step_name'> & { total: number };

export class GroupReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  groupsOf(teamId: string, kind: GroupKind): Promise<GroupRow[]> {
    return this.db.selectFrom('groups').selectAll().where('team_id', '=', teamId).where('kind', '=', kind).execute();
  }

  /** Those of any kind among `ids` that the team has, archived or not. */
  groups(teamId: string, ids: readonly string[]): Promise<GroupRow[]> {
    return this.db
      .selectFrom('groups')
      .selectAll()
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('group_id'), ids))
      .execute();
  }

  /** In one of these teams. */
  group(teamIds: readonly string[], kind: GroupKind, groupId: string): Promise<GroupRow | undefined> {
    return this.db
      .selectFrom('groups')
      .selectAll()
      .where(eb => isOneOf(this.engine, eb.ref('team_id'), teamIds))
      .where('group_id', '=', groupId)
      .where('kind', '=', kind)
      .executeTakeFirst();
  }

  /** @param nameKey of `sameName` */
  groupNamed(teamId: string, kind: GroupKind, nameKey: string): Promise<GroupRow | undefined> {
    return this.db
      .selectFrom('groups')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('kind', '=', kind)
      .where('name_key', '=', nameKey)
      .executeTakeFirst();
  }

  async groupCount(teamId: string, kind: GroupKind): Promise<number> {
    const { count } = await this.db
      .selectFrom('groups')
      .select(eb => eb.fn.countAll().as('count'))
      .where('team_id', '=', teamId)
      .where('kind', '=', kind)
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  /** The ids of a group's members, sorted. */
  async membersOf({ team_id, group_id }: Pick<GroupRow, 'team_id' | 'group_id'>): Promise<string[]> {
    const rows = await this.db
      .selectFrom('group_members')
      .select('user_id')
      .where('team_id', '=', team_id)
      .where('group_id', '=', group_id)
      .execute();
    return rows.map(row => row.user_id).sort();
  }

  /** Who is in which of these groups, built-in roles among them; only those who work in the team. */
  async membersIn(teamId: string, groupIds: readonly string[]): Promise<{ group_id: string; user_id: string }[]> {
    const roles =
      this.engine === 'sqlite'
        ? sql`cross join json_each(m.roles) r`
        : sql`cross join lateral json_array_elements_text(m.roles::json) r(value)`;
    const { rows } = await sql<{ group_id: string; user_id: string }>`
      with m as (
        select user_id, roles from memberships join users using (user_id)
        where team_id = ${teamId} and removed_at is null and disabled_at is null)
      select gm.group_id, m.user_id from m join group_members gm on gm.user_id = m.user_id
      where gm.team_id = ${teamId} and ${isOneOf(this.engine, sql.ref('gm.group_id'), groupIds)}
      union all
      select r.value as group_id, m.user_id from m ${roles}
      where ${isOneOf(this.engine, sql.ref('r.value'), groupIds)}`.execute(this.db);
    return rows;
  }

  /**
   * Current steps of open jobs that are assigned to this user or group: the first `limit` by job and step, each with how many there
   * are in all.
   */
  openAssignments(teamIds: readonly string[], to: string, limit: number): Promise<OpenAssignment[]> {
    return this.db
      .selectFrom('job_steps')
      .innerJoin('jobs', join =>
        join.onRef('jobs.team_id', '=', 'job_steps.team_id').onRef('jobs.job_id', '=', 'job_steps.job_id'),
      )
      .select(['job_steps.team_id', 'job_steps.job_id', 'job_steps.step_id', 'job_steps.step_name'])
      .select(sql<number>`count(*) over ()`.as('total'))
      .where(eb => isOneOf(this.engine, eb.ref('job_steps.team_id'), teamIds))
      .where('job_steps.assigned_to', '=', to)
      .where('job_steps.current', '=', sql.lit(1))
      .where('jobs.closed', '=', 0)
      .orderBy('job_steps.job_id')
      .orderBy('job_steps.step_id')
      .limit(limit)
      .execute();
  }
}

export class GroupTransactor extends GroupReader {
  readonly #callersChanged: () => void;

  /** @param callersChanged hears that somebody has other rights from the commit on */
  constructor(db: Kysely<Database>, engine: Engine, callersChanged: () => void) {
    super(db, engine);
    this.#callersChanged = callersChanged;
  }

  async insertGroup(group: GroupRow): Promise<void> {
    await this.db.insertInto('groups').values(group).execute();
  }

  async changeGroup({ team_id, group_id }: GroupRow, change: Partial<GroupRow>): Promise<void> {
    this.#callersChanged();
    await this.db
      .updateTable('groups')
      .set(change)
      .where('team_id', '=', team_id)
      .where('group_id', '=', group_id)
      .execute();
  }

  /** @returns how many were none of its members before */
  addMembers({ team_id, group_id }: GroupRow, userIds: readonly string[]): Promise<number> {
    this.#callersChanged();
    return insertProduct(
      this.db,
      this.engine,
      'group_members',
      userIds.map(user_id => ({ user_id })),
      [{ team_id, group_id }],
      'on conflict (team_id, group_id, user_id) do nothing',
    );
  }

  /** @returns how many were members */
  async removeMembers({ team_id, group_id }: GroupRow, userIds: readonly string[]): Promise<number> {
    this.#callersChanged();
    const { numDeletedRows } = await this.db
      .deleteFrom('group_members')
      .where('team_id', '=', team_id)
      .where('group_id', '=', group_id)
      .where(eb => isOneOf(this.engine, eb.ref('user_id'), userIds))
      .executeTakeFirst();
    return Number(numDeletedRows);
  }

  /** Out of every group of the team. */
  async leaveGroups(teamId: string, userId: string): Promise<void> {
    this.#callersChanged();
    await this.db.deleteFrom('group_members').where('team_id', '=', teamId).where('user_id', '=', userId).execute();
  }
}
