/** Runs: steps of jobs at whose action the server works after the commit that started it. At most one per step. */
import { type Kysely, sql } from 'kysely';
import { insertProduct } from './bulk.ts';
import { type Engine, isOneOf } from './engine.ts';
import type { Database, Row } from './schema.ts';

export type RunRow = Row<'job_runs'>;

type StepKey = Pick<RunRow, 'team_id' | 'job_id' | 'step_id'>;

export class RunReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  /** Those of the steps that are current and started by the server. */
  async startedByServer(teamId: string, steps: readonly Pick<StepKey, 'job_id' | 'step_id'>[]): Promise<StepKey[]> {
    const asked = new Set(steps.map(({ job_id, step_id }) => JSON.stringify([job_id, step_id])));
    const rows = await this.db
      .selectFrom('job_steps')
      .select(['team_id', 'job_id', 'step_id'])
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('job_id'), [...new Set(steps.map(step => step.job_id))]))
      .where(eb => isOneOf(this.engine, eb.ref('step_id'), [...new Set(steps.map(step => step.step_id))]))
      .where('current', '=', sql.lit(1))
      .where('automatic', '=', 1)
      .execute();
    return rows.filter(({ job_id, step_id }) => asked.has(JSON.stringify([job_id, step_id])));
  }

  /** Whether any of the jobs is open. */
  async isAnyOpen(teamId: string, jobIds: readonly string[]): Promise<boolean> {
    const row = await this.db
      .selectFrom('jobs')
      .select('job_id')
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('job_id'), jobIds))
      .where('closed', '=', 0)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  /** Whether any run of these kinds is due. */
  async isDue(kinds: readonly string[], now: number): Promise<boolean> {
    const row = await this.db
      .selectFrom('job_runs')
      .select('run')
      .where('next_at', '<=', now)
      .where('kind', 'in', kinds)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }
}

export class RunTransactor extends RunReader {
  readonly #queued: () => void;

  /** @param queued heard when there is something to work on after the commit */
  constructor(db: Kysely<Database>, engine: Engine, queued: () => void) {
    super(db, engine);
    this.#queued = queued;
  }

  /** In place of earlier runs of the same steps. */
  async put(runs: readonly RunRow[]): Promise<void> {
    if (runs.length === 0) return;
    this.#queued();
    await insertProduct(this.db, this.engine, 'job_runs', runs, [], IN_PLACE);
  }

  /** Takes up to `limit` runs of these kinds that are due. Until `takenUntil` nobody else takes them. */
  async take(kinds: readonly string[], now: number, takenUntil: number, limit: number): Promise<RunRow[]> {
    const locked = this.engine === 'sqlite' ? sql`` : sql`for update skip locked`;
    const { rows } = await sql<RunRow>`
      update job_runs set next_at = ${takenUntil}, attempts = attempts + 1
      where (team_id, job_id, step_id) in (
        select team_id, job_id, step_id from job_runs
        where next_at <= ${now} and kind in (${sql.join(kinds)}) order by next_at limit ${limit} ${locked})
      returning *`.execute(this.db);
    return rows;
  }

  /** Whoever took the run is still at it. @param run as it was taken. @returns whether it is still taken by the same */
  async keepTaken(run: RunRow, takenUntil: number): Promise<boolean> {
    const { numUpdatedRows } = await this.db
      .updateTable('job_runs')
      .set({ next_at: takenUntil })
      .where('team_id', '=', run.team_id)
      .where('job_id', '=', run.job_id)
      .where('step_id', '=', run.step_id)
      .where('run', '=', run.run)
      .where('next_at', '=', run.next_at)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  /** The run as it is, kept from others until the end of the transaction; undefined when it is over. */
  async locked({ team_id, job_id, step_id, run }: RunRow): Promise<RunRow | undefined> {
    const query = this.db
      .selectFrom('job_runs')
      .selectAll()
      .where('team_id', '=', team_id)
      .where('job_id', '=', job_id)
      .where('step_id', '=', step_id)
      .where('run', '=', run);
    return (this.engine === 'sqlite' ? query : query.forUpdate()).executeTakeFirst();
  }

  /** Runs of steps of a job, as they are. */
  ofSteps(teamId: string, jobId: string, stepIds: readonly string[]): Promise<RunRow[]> {
    return this.db
      .selectFrom('job_runs')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('job_id', '=', jobId)
      .where(eb => isOneOf(this.engine, eb.ref('step_id'), stepIds))
      .execute();
  }

  /** Changes nothing when the run is over. */
  async change(run: RunRow, change: Partial<Pick<RunRow, 'state' | 'attempts' | 'next_at'>>): Promise<void> {
    await this.db
      .updateTable('job_runs')
      .set(change)
      .where('team_id', '=', run.team_id)
      .where('job_id', '=', run.job_id)
      .where('step_id', '=', run.step_id)
      .where('run', '=', run.run)
      .execute();
  }

  /** This run is over; another one of the same step is left alone. */
  async remove(run: RunRow): Promise<void> {
    await this.db
      .deleteFrom('job_runs')
      .where('team_id', '=', run.team_id)
      .where('job_id', '=', run.job_id)
      .where('step_id', '=', run.step_id)
      .where('run', '=', run.run)
      .execute();
  }

  /** Runs that wait for something else are due. In one order, so that two who wake the same never wait for each other. */
  async wake(teamId: string, steps: readonly Pick<RunRow, 'job_id' | 'step_id'>[], now: number): Promise<void> {
    if (steps.length === 0) return;
    this.#queued();
    const [jobIds, stepIds] = [new Set(steps.map(step => step.job_id)), new Set(steps.map(step => step.step_id))];
    const locked = this.engine === 'sqlite' ? sql`` : sql`order by job_id, step_id for update`;
    await sql`
      update job_runs set next_at = ${now} where (team_id, job_id, step_id) in (
        select team_id, job_id, step_id from job_runs
        where team_id = ${teamId} and ${isOneOf(this.engine, sql.ref('job_id'), [...jobIds])}
          and ${isOneOf(this.engine, sql.ref('step_id'), [...stepIds])} and kind = 'createJobs' ${locked})`.execute(
      this.db,
    );
  }

  /** Nobody works on these steps of a job any longer. */
  async drop(teamId: string, jobId: string, stepIds: readonly string[]): Promise<void> {
    if (stepIds.length === 0) return;
    await this.db
      .deleteFrom('job_runs')
      .where('team_id', '=', teamId)
      .where('job_id', '=', jobId)
      .where(eb => isOneOf(this.engine, eb.ref('step_id'), stepIds))
      .execute();
  }
}

const IN_PLACE = `
  on conflict (team_id, job_id, step_id) do update set
    run = excluded.run, kind = excluded.kind, state = excluded.state, attempts = excluded.attempts,
    queued_at = excluded.queued_at, next_at = excluded.next_at`;
