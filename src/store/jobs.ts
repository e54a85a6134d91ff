/**
 * Jobs: the head row, the current steps, what is finished, and the history.
 *
 * Writers of one job meet at its head row: every act compares and sets `revision`, and the one that comes second runs again.
 * History is numbered per job by the head's `history_seq`, so its order is the order of the acts.
 */
import type { Kysely } from 'kysely';
import { type Engine, isOneOf, rowsPerInsert } from './engine.ts';
import { OvertakenByWriter } from './overtaken.ts';
import type { Database, Row } from './schema.ts';

type Head = Row<'jobs'>;
export type CurrentStepRow = Row<'current_steps'>;

/** A job with what it shows of the template and entry it runs. */
export type JobRow = Head & { template_title: string; root_hash: string; leaf_count: number; defaults: string };

const JOB_COLUMNS = 24;

export class JobReader {
  protected readonly db: Kysely<Database>;
  readonly #engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.#engine = engine;
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
      .where(eb => isOneOf(this.#engine, eb.ref('j.team_id'), teamIds))
      .where(eb => isOneOf(this.#engine, eb.ref('j.job_id'), jobIds))
      .execute();
  }

  /** The current steps of jobs of one team, by job and step id. */
  currentSteps(teamId: string, jobIds: readonly string[]): Promise<CurrentStepRow[]> {
    return this.db
      .selectFrom('current_steps')
      .selectAll()
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.#engine, eb.ref('job_id'), jobIds))
      .orderBy('job_id')
      .orderBy('step_id')
      .execute();
  }

  /** Oldest first. */
  history(teamId: string, jobId: string): Promise<Row<'job_history'>[]> {
    return this.db
      .selectFrom('job_history')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('job_id', '=', jobId)
      .orderBy('seq')
      .execute();
  }

  /** The stored answer of an earlier createJobs call with this request id. */
  async createResponse(teamId: string, userId: string, requestId: string): Promise<string | undefined> {
    const row = await this.db
      .selectFrom('create_requests')
      .select('response')
      .where('team_id', '=', teamId)
      .where('user_id', '=', userId)
      .where('request_id', '=', requestId)
      .executeTakeFirst();
    return row?.response;
  }
}

export class JobTransactor extends JobReader {
  async insertJobs(jobs: readonly Head[]): Promise<void> {
    await inChunks(jobs, JOB_COLUMNS, chunk => this.db.insertInto('jobs').values(chunk).execute());
  }

  async insertCurrentSteps(steps: readonly CurrentStepRow[]): Promise<void> {
    await inChunks(steps, 10, chunk => this.db.insertInto('current_steps').values(chunk).execute());
  }

  async insertHistory(rows: readonly Row<'job_history'>[]): Promise<void> {
    await inChunks(rows, 12, chunk => this.db.insertInto('job_history').values(chunk).execute());
  }

  async insertCreateRequest(request: Row<'create_requests'>): Promise<void> {
    await this.db.insertInto('create_requests').values(request).execute();
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

  /** Current steps as they are now, whether they were current before or have just been reached. */
  async putCurrentSteps(steps: readonly CurrentStepRow[]): Promise<void> {
    await inChunks(steps, 10, chunk =>
      this.db
        .insertInto('current_steps')
        .values(chunk)
        .onConflict(conflict =>
          conflict.columns(['team_id', 'job_id', 'step_id']).doUpdateSet(eb => ({
            state: eb.ref('excluded.state'),
            assigned_type: eb.ref('excluded.assigned_type'),
            assigned_to: eb.ref('excluded.assigned_to'),
            started_at: eb.ref('excluded.started_at'),
            started_by: eb.ref('excluded.started_by'),
          })),
        )
        .execute(),
    );
  }

  async deleteCurrentSteps(teamId: string, jobIds: readonly string[], stepIds?: readonly string[]): Promise<void> {
    await this.db
      .deleteFrom('current_steps')
      .where('team_id', '=', teamId)
      .where('job_id', 'in', jobIds)
      .$if(stepIds !== undefined, query => query.where('step_id', 'in', stepIds ?? []))
      .execute();
  }

  /** @returns how many of the steps had not been finished in this job before */
  async insertFinishedSteps(steps: readonly Row<'finished_steps'>[]): Promise<number> {
    let fresh = 0;
    await inChunks(steps, 5, async chunk => {
      const { numInsertedOrUpdatedRows } = await this.db
        .insertInto('finished_steps')
        .values(chunk)
        .onConflict(conflict => conflict.doNothing())
        .executeTakeFirst();
      fresh += Number(numInsertedOrUpdatedRows ?? 0n);
    });
    return fresh;
  }
}

async function inChunks<T>(rows: readonly T[], columns: number, insert: (chunk: T[]) => Promise<unknown>): Promise<void> {
  const size = rowsPerInsert(columns);
  for (let at = 0; at < rows.length; at += size) await insert(rows.slice(at, at + size));
}
