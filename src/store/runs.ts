/** Runs: steps of jobs at whose action the server works after the commit that started it. At most one per step. */
import { type Kysely, sql } from 'kysely';
import { insertProduct } from './bulk.ts';
import { type Engine, isOneOf } from './engine.ts';
import type { Database, Row } from './schema.ts';

export type RunRow = Row<'job_runs'>;

export class RunReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
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

const IN_PLACE = sql`
  on conflict (team_id, job_id, step_id) do update set
    run = excluded.run, kind = excluded.kind, state = excluded.state, attempts = excluded.attempts,
    queued_at = excluded.queued_at, next_at = excluded.next_at`;
