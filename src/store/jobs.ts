/**
 * Jobs: the head row, the current steps, what is finished, and the history.
 *
 * Writers of one job meet at its head row: every act compares and sets `revision`, and the one that comes second runs again.
 * History is numbered per job by the head's `history_seq`, so its order is the order of the acts.
 */
import { type Kysely, sql } from 'kysely';
import { type Engine, isOneOf, rowsPerInsert } from './engine.ts';
import { OvertakenByWriter } from './overtaken.ts';
import type { Database, Row } from './schema.ts';

type Head = Row<'jobs'>;
export type JobStepRow = Row<'job_steps'>;

/** A job with what it shows of the template and entry it runs. */
export type JobRow = Head & { template_title: string; root_hash: string; leaf_count: number; defaults: string };

export class JobReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  /** The jobs among `jobIds` that belong to one of the teams, each with its entry. One statement. */
  jobs(teamIds: readonly string[], jobIds: readonly string[]): Promise<JobRow[]> {
    return this.db
      .selectFrom('jobs as j')
      .innerJoin('template_entries as e', join =>
        join
          .onRef('e.team_id', '=', 'j.team_id')
          .onRef('e.template_id', '=', 'j.template_id')
          .onRef('e.internal_version', '=', 'j.internal_version'),
      )
      .selectAll('j')
      .select(['e.title as template_title', 'e.root_hash', 'e.leaf_count', 'e.defaults'])
      .where(eb => isOneOf(this.engine, eb.ref('j.team_id'), teamIds))
      .where(eb => isOneOf(this.engine, eb.ref('j.job_id'), jobIds))
      .execute();
  }

  /** The current steps of jobs of one team, by job and in the order of the tree. */
  currentSteps(teamId: string, jobIds: readonly string[]): Promise<JobStepRow[]> {
    return this.db
      .selectFrom('job_steps')
      .selectAll()
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('job_id'), jobIds))
      .where('current', '=', sql.lit(1))
      .orderBy('job_id')
      .orderBy('ordinal')
      .execute();
  }

  /** The first `limit` rows, oldest first. */
  history(teamId: string, jobId: string, limit: number): Promise<Row<'job_history'>[]> {
    return this.db
      .selectFrom('job_history')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('job_id', '=', jobId)
      .orderBy('seq')
      .limit(limit)
      .execute();
  }
}

export class JobTransactor extends JobReader {
  /** @returns how many were inserted: fewer than given when an id is taken in the team */
  async insertJobs(jobs: readonly Head[]): Promise<number> {
    let inserted = 0;
    await inChunks(jobs, async chunk => {
      const result = await this.db
        .insertInto('jobs')
        .values(chunk)
        .onConflict(conflict => conflict.columns(['team_id', 'job_id']).doNothing())
        .executeTakeFirst();
      inserted += Number(result.numInsertedOrUpdatedRows ?? 0n);
    });
    return inserted;
  }

  async insertHistory(rows: readonly Row<'job_history'>[]): Promise<void> {
    await inChunks(rows, chunk => this.db.insertInto('job_history').values(chunk).execute());
  }

  /**
   * Remembers the response of a createJobs call under its request id.
   * @returns the response of an earlier call with the same id, when there was one: nothing is remembered then
   */
  async rememberResponse(request: Row<'create_requests'>): Promise<string | undefined> {
    const { numInsertedOrUpdatedRows } = await this.db
      .insertInto('create_requests')
      .values(request)
      .onConflict(conflict => conflict.doNothing())
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows === 1n) return undefined;
    const { response } = await this.db
      .selectFrom('create_requests')
      .select('response')
      .where('team_id', '=', request.team_id)
      .where('user_id', '=', request.user_id)
      .where('request_id', '=', request.request_id)
      .executeTakeFirstOrThrow();
    return response;
  }

  /** @throws OvertakenByWriter when the job is no longer the one that was read */
  async changeJob(read: Head, change: Partial<Head>): Promise<void> {
    const { numUpdatedRows } = await this.db
      .updateTable('jobs')
      .set({ ...change, revision: read.revision + 1 })
      .where('team_id', '=', read.team_id)
      .where('job_id', '=', read.job_id)
      .where('revision', '=', read.revision)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new OvertakenByWriter();
  }

  /** Steps as they are now, whether the job had reached them before or not. */
  async putSteps(steps: readonly JobStepRow[]): Promise<void> {
    await inChunks(steps, chunk =>
      this.db
        .insertInto('job_steps')
        .values(chunk)
        .onConflict(conflict =>
          conflict.columns(['team_id', 'job_id', 'step_id']).doUpdateSet(eb => ({
            current: eb.ref('excluded.current'),
            state: eb.ref('excluded.state'),
            assigned_type: eb.ref('excluded.assigned_type'),
            assigned_to: eb.ref('excluded.assigned_to'),
            started_at: eb.ref('excluded.started_at'),
            started_by: eb.ref('excluded.started_by'),
            finished_at: eb.fn.coalesce('excluded.finished_at', 'job_steps.finished_at'),
            finished_by: eb.fn.coalesce('excluded.finished_by', 'job_steps.finished_by'),
          })),
        )
        .execute(),
    );
  }

  /**
   * Jobs of one team, kept from other writers until the end of the transaction: for acts on several jobs, which compare no
   * revision. In the order of their ids, so that two such acts never wait for each other.
   */
  async lockJobs(teamIds: readonly string[], jobIds: readonly string[]): Promise<void> {
    // SQLite has one writer anyway.
    if (this.engine === 'sqlite') return;
    await this.db
      .selectFrom('jobs')
      .select('job_id')
      .where(eb => isOneOf(this.engine, eb.ref('team_id'), teamIds))
      .where(eb => isOneOf(this.engine, eb.ref('job_id'), jobIds))
      .orderBy('job_id')
      .forUpdate()
      .execute();
  }

  /** The same change to jobs of one team that `lockJobs` keeps. Each gets one row of history. */
  async changeLockedJobs(teamId: string, jobIds: readonly string[], change: Partial<Head>): Promise<void> {
    await this.db
      .updateTable('jobs')
      .set(change)
      .set(eb => ({ revision: eb('revision', '+', 1), history_seq: eb('history_seq', '+', 1) }))
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('job_id'), jobIds))
      .execute();
  }
}

/** One insert statement per as many rows as fit into it. */
async function inChunks<T extends object>(rows: readonly T[], insert: (chunk: T[]) => Promise<unknown>): Promise<void> {
  const size = rowsPerInsert(Object.keys(rows[0] ?? {}).length || 1);
  for (let at = 0; at < rows.length; at += size) await insert(rows.slice(at, at + size));
}
