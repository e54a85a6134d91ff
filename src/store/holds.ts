/**
 * Holds on steps and dependencies on other jobs. Whoever adds or releases one counts it in the head rows (`jobs.open_holds`,
 * `jobs.waited_for`) in the same transaction, so that jobs without any cost no statement here.
 */
import { type Kysely, sql } from 'kysely';
import { insertProduct, joined } from './bulk.ts';
import { type Engine, isOneOf, ofLargeTeam } from './engine.ts';
import type { Database, Row } from './schema.ts';

export type HoldRow = Row<'job_holds'>;

/** A dependency seen as a way from one job to another. */
export interface Waiting {
  readonly job_id: string;
  readonly dependent_job_id: string;
}

export class HoldReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  /** Open and past, oldest first. */
  all(teamId: string, jobId: string): Promise<HoldRow[]> {
    return this.db
      .selectFrom('job_holds')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('job_id', '=', jobId)
      .orderBy('set_date')
      .orderBy('hold_id')
      .execute();
  }

  /** The open ones of jobs of one team, oldest first. */
  open(teamId: string, jobIds: readonly string[]): Promise<HoldRow[]> {
    return this.db
      .selectFrom('job_holds')
      .selectAll()
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('job_id'), jobIds))
      .where('released_date', 'is', null)
      .orderBy('set_date')
      .orderBy('hold_id')
      .execute();
  }

  /** The open dependencies on jobs of one team, oldest first. */
  openOn(teamId: string, jobIds: readonly string[]): Promise<HoldRow[]> {
    return this.db
      .selectFrom('job_holds')
      .selectAll()
      .where(eb => ofLargeTeam(this.engine, eb.ref('team_id'), teamId))
      .where(eb => isOneOf(this.engine, eb.ref('dependent_job_id') as never, jobIds))
      .where('dependent_job_id', 'is not', null)
      .where('released_date', 'is', null)
      .orderBy('set_date')
      .orderBy('hold_id')
      .execute();
  }

  /** The job itself and those that wait for it, directly or through others: the first `limit` that are found. */
  async waitingFor(teamId: string, jobId: string, limit: number): Promise<string[]> {
    // SQLite goes through what a cross join names first.
    const { rows } = await sql<{ job_id: string }>`
      with recursive waiting (job_id) as (
        select cast(${jobId} as text)
        union
        select h.job_id from waiting w cross join job_holds h
        where ${ofLargeTeam(this.engine, sql.ref('h.team_id'), teamId)} and h.dependent_job_id = w.job_id
          and h.dependent_job_id is not null and h.released_date is null)
      select job_id from waiting limit ${limit}`.execute(this.db);
    return rows.map(row => row.job_id);
  }

  /** The open dependencies of these jobs on each other. */
  async among(teamId: string, jobIds: readonly string[]): Promise<Waiting[]> {
    const rows = await this.db
      .selectFrom('job_holds')
      .select(['job_id', 'dependent_job_id'])
      .where(eb => ofLargeTeam(this.engine, eb.ref('team_id'), teamId))
      .where(eb => isOneOf(this.engine, eb.ref('dependent_job_id') as never, jobIds))
      .where('dependent_job_id', 'is not', null)
      .where('released_date', 'is', null)
      .execute();
    const those = new Set(jobIds);
    return (rows as Waiting[]).filter(row => those.has(row.job_id));
  }

  /** When the next hold of any team releases itself; undefined when none does. */
  async nextRelease(): Promise<number | undefined> {
    const row = await this.db
      .selectFrom('job_holds')
      .select('scheduled_release')
      .where('scheduled_release', 'is not', null)
      .where('released_date', 'is', null)
      .orderBy('scheduled_release')
      .limit(1)
      .executeTakeFirst();
    return row?.scheduled_release ?? undefined;
  }
}

export class HoldTransactor extends HoldReader {
  async insert(holds: readonly HoldRow[]): Promise<void> {
    await insertProduct(this.db, this.engine, 'job_holds', holds);
  }

  /** Open holds of any teams whose time has come, the earliest first. */
  due(now: number, limit: number): Promise<HoldRow[]> {
    return this.db
      .selectFrom('job_holds')
      .selectAll()
      .where('scheduled_release', '<=', now)
      .where('released_date', 'is', null)
      .orderBy('scheduled_release')
      .limit(limit)
      .execute();
  }

  /** Releases those that are still open. @returns them, as they were: of two who release one, one gets it */
  async release(holds: readonly HoldRow[], now: number, by: string | null): Promise<HoldRow[]> {
    const keys = holds.map(({ team_id, job_id, hold_id }) => ({ team_id, job_id, hold_id }));
    const { rows } = await sql<{ hold_id: string }>`
      update job_holds set released_date = ${now}, released_by = ${by}
      from ${joined(this.engine, 'job_holds', 'd', keys)}
      where job_holds.team_id = d.team_id and job_holds.job_id = d.job_id and job_holds.hold_id = d.hold_id
        and job_holds.released_date is null
      returning job_holds.hold_id`.execute(this.db);
    const released = new Set(rows.map(row => row.hold_id));
    return holds.filter(hold => released.has(hold.hold_id));
  }

  /** Forgets the holds of jobs that are deleted. */
  async drop(teamId: string, jobIds: readonly string[]): Promise<void> {
    await this.db
      .deleteFrom('job_holds')
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('job_id'), jobIds))
      .execute();
  }

  /**
   * Nobody else adds dependencies in these teams until the end of the transaction: two that close a cycle together may have no row in
   * common by which they could meet.
   */
  async lockDependencies(teamIds: readonly string[]): Promise<void> {
    // SQLite has one writer anyway.
    if (this.engine === 'sqlite') return;
    const names = [...teamIds].sort().map(teamId => `dependencies of ${teamId}`);
    await sql`select pg_advisory_xact_lock(hashtextextended(name, 0)) from unnest(${names}::text[]) as name`.execute(
      this.db,
    );
  }
}
