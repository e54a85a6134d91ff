/**
 * Jobs kept from other writers until the end of the transaction: for acts on several jobs, which compare no revision, and for acts on one
 * that change others.
 *
 * Everybody takes all the heads that it will need at once, before any run of their steps, and in the order of their ids: so no two ever
 * wait for each other. Which other jobs an act changes may change while it waits; what then came in addition is not taken behind the
 * rest, but the act runs again.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { type Engine, isOneOf } from './engine.ts';
import { OvertakenByWriter } from './overtaken.ts';
import type { Database, Row } from './schema.ts';

type Head = Row<'jobs'>;

/** Whom an act changes besides the jobs: nobody; those that wait for them; also those that they wait for, and those that are part of them. */
export type Reach = 'alone' | 'waiting' | 'related';

export class JobLocks {
  readonly #db: Kysely<Database>;
  readonly #engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.#db = db;
    this.#engine = engine;
  }

  /**
   * At most three statements; none on SQLite, which has one writer anyway.
   * @throws OvertakenByWriter when others came within reach meanwhile
   */
  async lock(teamIds: readonly string[], jobIds: readonly string[], reach: Reach = 'alone'): Promise<void> {
    if (this.#engine === 'sqlite') return;
    const ids = reach === 'alone' ? sql`${jobIds}::text[]` : sql`array(${reached(teamIds, jobIds, reach)})`;
    const { rows } = await sql<Pick<Head, 'job_id' | 'waited_for'>>`
      select job_id, waited_for from jobs where team_id = any(${teamIds}) and job_id = any(${ids})
      order by job_id, team_id for update`.execute(this.#db);
    if (reach === 'alone' || (reach === 'waiting' && rows.every(row => row.waited_for === 0))) return;
    const locked = new Set(rows.map(row => row.job_id));
    const now = await reached(teamIds, jobIds, reach).execute(this.#db);
    const asked = new Set(jobIds);
    if (now.rows.some(({ job_id }) => !locked.has(job_id) && !asked.has(job_id))) throw new OvertakenByWriter();
  }

  /** @returns the head rows, as they stay until the end of the transaction but for what it does itself. One statement */
  heads(teamIds: readonly string[], jobIds: readonly string[]): Promise<Head[]> {
    const heads = this.#db
      .selectFrom('jobs')
      .selectAll()
      .where(eb => isOneOf(this.#engine, eb.ref('team_id'), teamIds))
      .where(eb => isOneOf(this.#engine, eb.ref('job_id'), jobIds));
    return (this.#engine === 'sqlite' ? heads : heads.orderBy('job_id').orderBy('team_id').forUpdate()).execute();
  }
}

/** The ids of the jobs, and of those within reach. */
function reached(
  teamIds: readonly string[],
  jobIds: readonly string[],
  reach: Exclude<Reach, 'alone'>,
): RawBuilder<Pick<Head, 'job_id'>> {
  const waiting = sql`
    select unnest(${jobIds}::text[]) as job_id
    union select job_id from job_holds
    where team_id = any(${teamIds}) and dependent_job_id = any(${jobIds}) and released_date is null`;
  if (reach === 'waiting') return sql`${waiting}`;
  return sql`${waiting}
    union select dependent_job_id from job_holds
    where team_id = any(${teamIds}) and job_id = any(${jobIds}) and dependent_job_id is not null and released_date is null
    union select job_id from jobs where team_id = any(${teamIds}) and parent_job = any(${jobIds})`;
}
