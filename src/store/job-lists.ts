/**
 * Many jobs of one team at once: what acts on lists of jobs read and write, each in one statement whatever the number of jobs. Whoever
 * writes keeps the jobs from others first (job-locks.ts, or a change of the one head row), and so compares no revision here.
 */
import { type Kysely, sql } from 'kysely';
import { JobHistoryAction } from '#gen/jobs_types';
import { updateEach } from './bulk.ts';
import { type Engine, isOneOf } from './engine.ts';
import type { JobStepRow } from './jobs.ts';
import type { Database, Row } from './schema.ts';

type StepKey = Pick<JobStepRow, 'team_id' | 'job_id' | 'step_id'>;

/** What the entry of a job says of a step that the job has reached. */
export type StepOfEntry = Pick<JobStepRow, 'step_name' | 'ordinal' | 'can_skip' | 'proceed_next' | 'automatic'>;

/**
 * The tables whose rows belong to a job and go with it; what rows of another one name comes behind that. The bodies of its attachments
 * belong to the team, its events are no part of it.
 */
const ofAJob = [
  'job_runs',
  'job_locations',
  'job_comments',
  'job_property_rows',
  'job_texts',
  'job_attachments',
  'job_history',
  'job_steps',
] as const satisfies readonly {
  [T in keyof Database]: 'job_id' extends keyof Database[T] ? T : never;
}[keyof Database][];

/** A job that lost its parent. */
export type Orphan = Pick<Row<'jobs'>, 'team_id' | 'job_id' | 'template_id' | 'closed' | 'parent_ref' | 'history_seq'>;

/** The ordinal of a step that the entry of its job does not have any more: it is on record, and counts for nothing. */
export const GONE = -1;

export class JobListReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  /** The steps that jobs have reached, with what their entry says of them, and whether they are finished (0 or 1). */
  reachedSteps(teamId: string, jobIds: readonly string[]): Promise<(StepKey & StepOfEntry & { finished: number })[]> {
    return this.db
      .selectFrom('job_steps')
      .select(['team_id', 'job_id', 'step_id', 'step_name', 'ordinal', 'can_skip', 'proceed_next', 'automatic'])
      .select(sql<number>`case when finished_at is null then 0 else 1 end`.as('finished'))
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('job_id'), jobIds))
      .execute();
  }

  /** The ids of the finished steps of each job, by job id, without those that its entry does not have any more. */
  async finishedSteps(teamId: string, jobIds: readonly string[]): Promise<Map<string, string[]>> {
    const list =
      this.engine === 'sqlite' ? sql<string>`json_group_array(step_id)` : sql<string>`json_agg(step_id)::text`;
    const rows = await this.db
      .selectFrom('job_steps')
      .select(['job_id', list.as('step_ids')])
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('job_id'), jobIds))
      .where('finished_at', 'is not', null)
      .where('ordinal', '>', GONE)
      .groupBy('job_id')
      .execute();
    return new Map(rows.map(({ job_id, step_ids }) => [job_id, JSON.parse(step_ids)]));
  }

  /** The step that each job finished last, of those that its entry has. */
  async finishedLast(teamId: string, jobIds: readonly string[]): Promise<StepKey[]> {
    return this.db
      .selectFrom(
        this.db
          .selectFrom('job_history as h')
          .innerJoin('job_steps as s', join =>
            join
              .onRef('s.team_id', '=', 'h.team_id')
              .onRef('s.job_id', '=', 'h.job_id')
              .onRef('s.step_id', '=', 'h.step_id'),
          )
          .select(['s.team_id', 's.job_id', 's.step_id'])
          .select(sql<number>`row_number() over (partition by h.job_id order by h.seq desc)`.as('place'))
          .where('h.team_id', '=', teamId)
          .where(eb => isOneOf(this.engine, eb.ref('h.job_id'), jobIds))
          .where('h.action', '=', JobHistoryAction.Finished)
          .where('s.ordinal', '>', GONE)
          .as('finished'),
      )
      .select(['team_id', 'job_id', 'step_id'])
      .where('place', '=', 1)
      .execute();
  }
}

export class JobListTransactor extends JobListReader {
  /** Changes of each job's own. Each gets one row of history. @param changes all with the same columns */
  async changeEach(
    changes: readonly (Partial<Row<'jobs'>> & Pick<Row<'jobs'>, 'team_id' | 'job_id'>)[],
  ): Promise<void> {
    await updateEach(
      this.db,
      this.engine,
      'jobs',
      changes,
      ['team_id', 'job_id'],
      [sql`revision = jobs.revision + 1`, sql`history_seq = jobs.history_seq + 1`],
    );
  }

  /** Steps that jobs have reached, as they are from now on. @param steps all with the same columns */
  async changeSteps(steps: readonly (Partial<JobStepRow> & StepKey)[]): Promise<void> {
    await updateEach(this.db, this.engine, 'job_steps', steps, ['team_id', 'job_id', 'step_id']);
  }

  /** Jobs with all that belongs to them: one statement per table. */
  async deleteJobs(teamId: string, jobIds: readonly string[]): Promise<void> {
    for (const table of [...ofAJob, 'jobs'] as const)
      await this.db
        .deleteFrom(table as 'jobs')
        .where('team_id', '=', teamId)
        .where(eb => isOneOf(this.engine, eb.ref('job_id'), jobIds))
        .execute();
  }

  /**
   * Takes these parents from the jobs that have them, and says in `parent_ref` which it was. Each gets one row of history.
   * @returns the jobs that lost their parent, as they are then
   */
  async orphan(teamId: string, parentIds: readonly string[]): Promise<Orphan[]> {
    // SQLite goes by the index of parents only when it is told to begin with them.
    const children =
      this.engine === 'sqlite'
        ? sql`job_id in (
            select c.job_id from json_each(${JSON.stringify(parentIds)}) as gone
            cross join jobs as c on c.team_id = ${teamId} and c.parent_job = gone.value)`
        : sql`parent_job = any(${parentIds})`;
    const { rows } = await sql<Orphan>`
      update jobs set parent_job = null, parent_ref = parent_job, revision = revision + 1, history_seq = history_seq + 1
      where team_id = ${teamId} and ${children}
      returning team_id, job_id, template_id, closed, parent_ref, history_seq`.execute(this.db);
    return rows;
  }
}
