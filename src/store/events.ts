/**
 * Events of a team: written in the transaction that they tell of, in an order that no reader loses one by (migration 015 says how).
 *
 * Readers go on behind a position. On PostgreSQL they see an event once every transaction that began to write before its own is over:
 * what comes later then stands behind it, and nobody waited for a number. On SQLite the writers come one after the other.
 */
import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import { AssignedType } from '#gen/flow_types';
import type { Position } from '../domain/cursors.ts';
import { insertProduct } from './bulk.ts';
import { changed, compiledOnce } from './compiled.ts';
import { type Engine, isOneOf, ofLargeTeam } from './engine.ts';
import type { Database, Row } from './schema.ts';

export type EventRow = Row<'events'>;

/** An event without its number, which the database gives. */
export type NewEvent = Omit<EventRow, 'xid' | 'event_id'>;

/** A place among the events of one team. */
export type TeamPosition = Position & { readonly team_id: string };

/**
 * No transaction of this database before this one is under way. PostgreSQL counts those of all databases of its server together: one
 * that is known to be of another database cannot write events here, and nobody waits for it.
 */
const XMIN = sql`(
  select coalesce(min(own.xid), pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
  from (select xid::text::bigint as xid from pg_snapshot_xip(pg_current_snapshot()) as xid) as own
  where not exists (
    select 1 from pg_stat_activity as other
    where other.datname <> current_database() and other.backend_xid::text::bigint = own.xid % 4294967296))`;
const RUN_MESSAGES = sql`type in (9, 10, 11, 12, 13, 14, 19, 20, 21, 22)`;
/** Of the messages of a job's runs, the last so many are looked at. */
const MOST_MESSAGES = 50;

export class EventReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  /** The first events behind a position, in order. */
  after(teamId: string, position: Position, limit: number): Promise<EventRow[]> {
    return this.db
      .selectFrom('events as e')
      .selectAll('e')
      .where('e.team_id', '=', teamId)
      .where(this.#behind(sql`${position.xid}`, sql`${position.event_id}`))
      .orderBy('e.xid')
      .orderBy('e.event_id')
      .limit(limit)
      .execute();
  }

  /** Those of the teams in which there are events behind the positions. One statement. */
  async teamsWithNews(positions: readonly TeamPosition[]): Promise<string[]> {
    const json = JSON.stringify(positions.map(({ team_id, xid, event_id }) => ({ team_id, xid, event_id })));
    const source =
      this.engine === 'sqlite'
        ? sql`(select value ->> 'team_id' as team_id, value ->> 'xid' as xid, value ->> 'event_id' as event_id
            from json_each(${json})) as t`
        : sql`json_to_recordset(${json}::json) as t(team_id text, xid bigint, event_id bigint)`;
    const { rows } = await sql<{ team_id: string }>`
      select t.team_id from ${source} where exists (
        select 1 from events as e where e.team_id = t.team_id and ${this.#behind(sql`t.xid`, sql`t.event_id`)})`.execute(
      this.db,
    );
    return rows.map(row => row.team_id);
  }

  /** Behind everything that a reader can see now, and before everything else. */
  async end(teamId: string): Promise<Position> {
    const { rows } =
      this.engine === 'sqlite'
        ? await sql<Position>`
            select 0 as xid, coalesce(max(event_id), 0) as event_id from events
            where team_id = ${teamId} and xid = 0`.execute(this.db)
        : await sql<Position>`select ${XMIN} as xid, 0::bigint as event_id`.execute(this.db);
    return rows[0]!;
  }

  /** Whether there are events behind a position up to which a reader has seen all: they show when older transactions are over. */
  async isHeldBack(teamId: string, { xid, event_id }: Position): Promise<boolean> {
    if (this.engine === 'sqlite') return false;
    const { rows } = await sql<{ any: boolean }>`
      select exists (select 1 from events where team_id = ${teamId} and (xid, event_id) > (${xid}, ${event_id})) as any`.execute(
      this.db,
    );
    return rows[0]!.any;
  }

  /** Whether a position was never reached: the database is an older one than that in which it was told. */
  async isAhead(teamId: string, { xid, event_id }: Position): Promise<boolean> {
    if (this.engine === 'sqlite') return (await this.end(teamId)).event_id < event_id;
    const { rows } = await sql<{ next: number }>`
      select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next`.execute(this.db);
    return rows[0]!.next < xid;
  }

  /** Of each job the last messages of the runs of its steps, newest first. */
  async messagesOfRuns(teamId: string, jobIds: readonly string[]): Promise<EventRow[]> {
    if (jobIds.length === 0) return [];
    const jobs =
      this.engine === 'sqlite'
        ? sql`(select value as job_id from json_each(${JSON.stringify(jobIds)})) as j`
        : sql`unnest(${jobIds}::text[]) as j(job_id)`;
    const { rows } = await sql<EventRow>`
      select e.* from ${jobs} join events as e on ${ofLargeTeam(this.engine, sql.ref('e.team_id'), teamId)} and e.job_id = j.job_id
        and ${RUN_MESSAGES} and (e.xid, e.event_id) in (
          select xid, event_id from events
          where ${ofLargeTeam(this.engine, sql.ref('team_id'), teamId)} and job_id = j.job_id and ${RUN_MESSAGES}
          order by xid desc, event_id desc limit ${sql.lit(MOST_MESSAGES)})
      order by e.xid desc, e.event_id desc`.execute(this.db);
    return rows;
  }

  /** Those of the jobs that the user owns, or of which a current step is assigned to the user or one of the groups. */
  async jobsOf(userId: string, groups: readonly string[], teamId: string, jobIds: readonly string[]) {
    const rows = await this.db
      .selectFrom('jobs as j')
      .select('j.job_id')
      .where('j.team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('j.job_id'), jobIds))
      .where(eb =>
        eb.or([
          eb('j.owned_by', '=', userId),
          eb.exists(
            eb
              .selectFrom('job_steps as s')
              .select('s.step_id')
              .whereRef('s.team_id', '=', 'j.team_id')
              .whereRef('s.job_id', '=', 'j.job_id')
              .where('s.current', '=', sql.lit(1))
              .where(eb =>
                eb.or([
                  eb('s.assigned_to', '=', userId),
                  isOneOf(this.engine, eb.ref('s.assigned_to') as never, groups),
                ]),
              ),
          ),
        ]),
      )
      .execute();
    return new Set(rows.map(row => row.job_id));
  }

  /** Steps of the jobs that are assigned to the user, to one of the groups, or to nobody, as "job step". */
  async assignedSteps(userId: string, groups: readonly string[], teamId: string, jobIds: readonly string[]) {
    const rows = await this.db
      .selectFrom('job_steps as s')
      .select(['s.job_id', 's.step_id'])
      .where('s.team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('s.job_id'), jobIds))
      .where(eb =>
        eb.or([
          eb('s.assigned_type', '=', AssignedType.Unassigned),
          eb('s.assigned_to', '=', userId),
          isOneOf(this.engine, eb.ref('s.assigned_to') as never, groups),
        ]),
      )
      .execute();
    return new Set(rows.map(row => stepKey(row.job_id, row.step_id)));
  }

  /** Teams whose oldest event is from before a time. One look into the key per team. */
  async teamsWithOlder(before: number): Promise<string[]> {
    const { rows } = await sql<{ team_id: string }>`
      select t.team_id from teams as t where (
        select e.at from events as e where e.team_id = t.team_id order by e.xid, e.event_id limit 1) < ${before}`.execute(
      this.db,
    );
    return rows.map(row => row.team_id);
  }

  #behind(xid: RawBuilder<unknown>, eventId: RawBuilder<unknown>): RawBuilder<SqlBool> {
    return behind(this.engine, xid, eventId);
  }
}

/** Of an event "e": it stands behind a position, and everything up to it can be seen. */
export const behind = (engine: Engine, xid: RawBuilder<unknown>, eventId: RawBuilder<unknown>): RawBuilder<SqlBool> =>
  engine === 'sqlite'
    ? sql<SqlBool>`e.xid = 0 and e.event_id > ${eventId}`
    : sql<SqlBool>`(e.xid, e.event_id) > (${xid}, ${eventId}) and e.xid < ${XMIN}`;

export const stepKey = (jobId: string, stepId: string): string => `${jobId} ${stepId}`;

export class EventTransactor extends EventReader {
  readonly #written: (teamId: string) => void;

  /** @param written hears of the team in which something was written, to be told after the commit */
  constructor(db: Kysely<Database>, engine: Engine, written: (teamId: string) => void) {
    super(db, engine);
    this.#written = written;
  }

  /** One statement, whatever their number. @param events all of one team, in their order */
  async add(events: readonly NewEvent[]): Promise<void> {
    if (events.length === 0) return;
    this.#written(events[0]!.team_id);
    if (this.engine === 'postgres') await insertProduct(this.db, this.engine, 'events', events);
    else if (events.length === 1) await addOne(this.db, this.engine, events[0]!);
    else await addNumbered(this.db, this.engine, { teamId: events[0]!.team_id, events });
  }

  /**
   * Deletes the oldest events of a team, as far as they are from before a time. The newest stays: numbers go on from it.
   * @returns how many went: as many as `limit` when there may be more
   */
  async deleteOldest(teamId: string, before: number, limit: number): Promise<number> {
    const { numAffectedRows } = await sql`
      delete from events where team_id = ${teamId} and (xid, event_id) in (
        select o.xid, o.event_id from (
          select xid, event_id, at from events where team_id = ${teamId} order by xid, event_id limit ${limit}) as o
        where o.at < ${before} and (o.xid, o.event_id) <> (
          select n.xid, n.event_id from events as n where n.team_id = ${teamId}
          order by n.xid desc, n.event_id desc limit 1))`.execute(this.db);
    return Number(numAffectedRows ?? 0n);
  }
}

const last = (teamId: string) =>
  sql`(select coalesce(max(event_id), 0) from events where team_id = ${teamId} and xid = 0)`;

/** Most acts are one event: built once, and without a list to take apart. */
const addOne = compiledOnce(
  ['team_id', 'at', 'type', 'job_id', 'template_id', 'user_id', 'body'],
  (db, _engine, event: NewEvent) => ({
    compile: () =>
      sql<never>`
        insert into events (team_id, xid, event_id, at, type, job_id, template_id, user_id, body)
        values (${event.team_id}, 0, ${last(event.team_id)} + 1, ${event.at}, ${event.type}, ${event.job_id},
          ${event.template_id}, ${event.user_id}, ${event.body})`.compile(db),
  }),
);

/** Built once. */
const addNumbered = compiledOnce(
  ['teamId', 'events'],
  (db, _engine, { teamId, events }: { teamId: string; events: readonly NewEvent[] }) => ({
    compile: () =>
      sql<never>`
        insert into events (team_id, xid, event_id, at, type, job_id, template_id, user_id, body)
        select ${teamId}, 0, ${last(teamId)} + e.key + 1,
          e.value ->> 'at', e.value ->> 'type', e.value ->> 'job_id', e.value ->> 'template_id', e.value ->> 'user_id',
          e.value ->> 'body'
        from jsonb_each(${changed(events, JSON.stringify)}) e`.compile(db),
  }),
);
