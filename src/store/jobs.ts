/**
 * Jobs: the head row, the current steps, what is finished, and the history.
 *
 * Writers of one job meet at its head row: an act on one job compares and sets `revision`, and the one that comes second runs
 * again; an act on several jobs keeps their rows from others first (job-locks.ts).
 * History is numbered per job by the head's `history_seq`, so its order is the order of the acts.
 */
import { type Compilable, type Kysely, sql } from 'kysely';
import { insertProduct, joined } from './bulk.ts';
import { compiledByColumns, compiledOnce } from './compiled.ts';
import { type Engine, isOneOf } from './engine.ts';
import { putSteps } from './job-steps.ts';
import { located } from './locations.ts';
import { OvertakenByWriter } from './overtaken.ts';
import type { Database, Row } from './schema.ts';

type Head = Row<'jobs'>;
export type JobStepRow = Row<'job_steps'>;

/** A job with what it shows of the template and entry it runs. */
export type JobRow = Head & {
  template_title: string;
  root_hash: string;
  leaf_count: number;
  defaults: string;
  has_location: 0 | 1;
  /** Whether its template is. */
  archived: 0 | 1;
  /** Whether its entry has property tables. */
  has_properties: 0 | 1;
};

/** What is added to the counts of one head; less than 0 takes away. */
export type HeadSums = Pick<Head, 'team_id' | 'job_id' | 'open_holds' | 'waited_for' | 'history_seq' | 'revision'>;

const jobsById = compiledOnce(
  ['teamIds', 'jobIds'],
  (db, engine, { teamIds, jobIds }: { teamIds: readonly string[]; jobIds: readonly string[] }): Compilable<JobRow> =>
    db
      .selectFrom('jobs as j')
      .innerJoin('template_entries as e', join =>
        join
          .onRef('e.team_id', '=', 'j.team_id')
          .onRef('e.template_id', '=', 'j.template_id')
          .onRef('e.internal_version', '=', 'j.internal_version'),
      )
      .innerJoin('templates as t', join =>
        join.onRef('t.team_id', '=', 'j.team_id').onRef('t.template_id', '=', 'j.template_id'),
      )
      .selectAll('j')
      .select(['e.title as template_title', 'e.root_hash', 'e.leaf_count', 'e.defaults'])
      .select(eb => located({ teamId: eb.ref('j.team_id'), jobId: eb.ref('j.job_id') }).as('has_location'))
      .select(sql<0 | 1>`case when t.archived_at is null then 0 else 1 end`.as('archived'))
      .select(sql<0 | 1>`case when e.property_tables is null then 0 else 1 end`.as('has_properties'))
      .where(eb => isOneOf(engine, eb.ref('j.team_id'), teamIds))
      .where(eb => isOneOf(engine, eb.ref('j.job_id'), jobIds)),
);

const currentSteps = compiledOnce(
  ['teamId', 'jobIds'],
  (db, engine, { teamId, jobIds }: { teamId: string; jobIds: readonly string[] }) =>
    db
      .selectFrom('job_steps')
      .selectAll()
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(engine, eb.ref('job_id'), jobIds))
      .where('current', '=', sql.lit(1))
      .orderBy('job_id')
      .orderBy('ordinal'),
);

const changedHead = compiledByColumns(
  (db, { teamId, jobId, before, ...change }: Partial<Head> & { teamId: string; jobId: string; before: number }) =>
    db
      .updateTable('jobs')
      .set(change)
      .where('team_id', '=', teamId)
      .where('job_id', '=', jobId)
      .where('revision', '=', before),
);

export class JobReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  /** The jobs among `jobIds` that belong to one of the teams, each with its entry. One statement. */
  jobs(teamIds: readonly string[], jobIds: readonly string[]): Promise<JobRow[]> {
    return jobsById(this.db, this.engine, { teamIds, jobIds });
  }

  /** Data sheets with these ids, of whatever sets. */
  sheetsById(teamId: string, sheetIds: readonly string[]): Promise<Row<'sheets'>[]> {
    return this.db
      .selectFrom('sheets')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('set_id', 'in', eb =>
        eb.selectFrom('sheet_sets').select('sheet_sets.set_id').where('sheet_sets.team_id', '=', teamId),
      )
      .where(eb => isOneOf(this.engine, eb.ref('sheet_id'), sheetIds))
      .execute();
  }

  /** The current steps of jobs of one team, by job and in the order of the tree. */
  currentSteps(teamId: string, jobIds: readonly string[]): Promise<JobStepRow[]> {
    return currentSteps(this.db, this.engine, { teamId, jobIds });
  }

  /** The steps that a job has finished, current again or not, without those that its entry does not have any more. */
  async finishedSteps(teamId: string, jobId: string): Promise<Set<string>> {
    const rows = await this.db
      .selectFrom('job_steps')
      .select('step_id')
      .where('team_id', '=', teamId)
      .where('job_id', '=', jobId)
      .where('finished_at', 'is not', null)
      .where('ordinal', '>=', 0)
      .execute();
    return new Set(rows.map(row => row.step_id));
  }

  /** One step of a job, current or not; undefined when the job has not reached it. */
  step(teamId: string, jobId: string, stepId: string): Promise<JobStepRow | undefined> {
    return this.db
      .selectFrom('job_steps')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('job_id', '=', jobId)
      .where('step_id', '=', stepId)
      .executeTakeFirst();
  }

  /** Every step that a job has reached; `ordinal` is -1 where its entry does not have the step any more. */
  reachedSteps(teamId: string, jobId: string): Promise<JobStepRow[]> {
    return this.db
      .selectFrom('job_steps')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('job_id', '=', jobId)
      .execute();
  }

  /** Up to `limit` rows behind the one numbered `after`, oldest first. Their numbers begin at 1 and have no gaps. */
  history(teamId: string, jobId: string, limit: number, after = 0): Promise<Row<'job_history'>[]> {
    return this.db
      .selectFrom('job_history')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('job_id', '=', jobId)
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(limit)
      .execute();
  }
}

export class JobTransactor extends JobReader {
  /**
   * @param jobs what they differ in, each row with the same columns
   * @param common what they have in common
   * @returns how many were inserted: fewer than given when an id is taken in the team
   */
  insertJobs(jobs: readonly Partial<Head>[], common?: Partial<Head>): Promise<number> {
    const shared = common ? [common] : [];
    return insertProduct(this.db, this.engine, 'jobs', jobs, shared, 'on conflict (team_id, job_id) do nothing');
  }

  /** The same steps for each of the jobs. */
  async insertSteps(jobIds: readonly string[], steps: readonly Omit<JobStepRow, 'job_id'>[]): Promise<void> {
    if (steps.length > 0)
      await insertProduct(
        this.db,
        this.engine,
        'job_steps',
        jobIds.map(job_id => ({ job_id })),
        steps,
      );
  }

  async insertHistory(rows: readonly Row<'job_history'>[]): Promise<void> {
    await insertProduct(this.db, this.engine, 'job_history', rows);
  }

  /** What a createJobs call of the same caller with the same request id answered, when that was not before `since`. */
  rememberedResponse(
    { team_id, user_id, request_id }: Pick<Row<'create_requests'>, 'team_id' | 'user_id' | 'request_id'>,
    since: number,
  ): Promise<Pick<Row<'create_requests'>, 'response' | 'fingerprint'> | undefined> {
    return this.db
      .selectFrom('create_requests')
      .select(['response', 'fingerprint'])
      .where('team_id', '=', team_id)
      .where('user_id', '=', user_id)
      .where('request_id', '=', request_id)
      .where('created_at', '>=', since)
      .executeTakeFirst();
  }

  /**
   * Remembers the response of a createJobs call under its request id, and forgets the caller's that are older than `keptSince`.
   * @throws OvertakenByWriter when another call with the same id came first
   */
  async rememberResponse(request: Row<'create_requests'>, keptSince: number): Promise<void> {
    await this.db
      .deleteFrom('create_requests')
      .where('team_id', '=', request.team_id)
      .where('user_id', '=', request.user_id)
      .where('created_at', '<', keptSince)
      .execute();
    const { numInsertedOrUpdatedRows } = await this.db
      .insertInto('create_requests')
      .values(request)
      .onConflict(conflict => conflict.doNothing())
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows !== 1n) throw new OvertakenByWriter();
  }

  /** @throws OvertakenByWriter when the job is no longer the one that was read */
  async changeJob(read: Head, change: Partial<Head>): Promise<void> {
    const { team_id: teamId, job_id: jobId, revision: before } = read;
    const values = { ...change, revision: before + 1, teamId, jobId, before };
    const { numAffectedRows } = await changedHead(this.db, this.engine, values);
    if (numAffectedRows === 0n) throw new OvertakenByWriter();
  }

  /**
   * Steps as they are now, whether the job had reached them before or not.
   * @param read the rows of some of them, as they stand in the database
   */
  putSteps(steps: readonly JobStepRow[], read: readonly JobStepRow[] = []): Promise<void> {
    return putSteps(this.db, this.engine, steps, read);
  }

  /** Adds to the counts of jobs whose heads are locked: to each its own numbers. */
  async addToHeads(sums: readonly HeadSums[]): Promise<void> {
    if (sums.length === 0) return;
    await sql`
      update jobs set open_holds = jobs.open_holds + d.open_holds, waited_for = jobs.waited_for + d.waited_for,
        history_seq = jobs.history_seq + d.history_seq, revision = jobs.revision + d.revision
      from ${joined(this.engine, 'jobs', 'd', sums)}
      where jobs.team_id = d.team_id and jobs.job_id = d.job_id`.execute(this.db);
  }

  /** The same change to jobs of one team that are locked. Each gets one row of history. */
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
