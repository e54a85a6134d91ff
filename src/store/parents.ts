/** The jobs above a job: the one that it is part of, the one that that is part of, and so on. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from './engine.ts';
import { JobLocks } from './job-locks.ts';
import { OvertakenByWriter } from './overtaken.ts';
import type { Database } from './schema.ts';

export class ParentTransactor {
  readonly #db: Kysely<Database>;
  readonly #engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.#db = db;
    this.#engine = engine;
  }

  /**
   * A job and those above it, the nearest first, `most` at most; kept as they are until the end of the transaction, with the job that
   * shall stand below them: of two jobs that are put below each other at once, the second sees the first.
   * @returns none when there is no such job in the team
   * @throws OvertakenByWriter when they changed meanwhile
   */
  async keptChain(teamId: string, jobId: string, below: string, most: number): Promise<string[]> {
    const chain = await this.#chain(teamId, jobId, most);
    // SQLite has one writer anyway.
    if (this.#engine === 'sqlite') return chain;
    await new JobLocks(this.#db, this.#engine).lock([teamId], [...new Set([below, ...chain])]);
    const kept = await this.#chain(teamId, jobId, most);
    if (kept.join() !== chain.join()) throw new OvertakenByWriter();
    return chain;
  }

  /**
   * A job and those above it, the nearest first, `most` at most; the job alone is kept until the end of the transaction, since what is
   * new is above nothing.
   * @returns none when there is no such job in the team
   */
  async keptParent(teamId: string, jobId: string, most: number): Promise<string[]> {
    await new JobLocks(this.#db, this.#engine).lock([teamId], [jobId]);
    return this.#chain(teamId, jobId, most);
  }

  async #chain(teamId: string, jobId: string, most: number): Promise<string[]> {
    const rows = await this.#db
      .withRecursive('chain(job_id, parent_job, height)', db =>
        db
          .selectFrom('jobs')
          .select(['job_id', 'parent_job', sql<number>`0`.as('height')])
          .where('team_id', '=', teamId)
          .where('job_id', '=', jobId)
          .unionAll(
            db
              .selectFrom('chain')
              .innerJoin('jobs as j', 'j.job_id', 'chain.parent_job')
              .select(['j.job_id', 'j.parent_job', sql<number>`chain.height + 1`.as('height')])
              .where('j.team_id', '=', teamId)
              .where('chain.height', '<', most - 1),
          ),
      )
      .selectFrom('chain')
      .select('job_id')
      .orderBy('height')
      .execute();
    return rows.map(row => row.job_id);
  }
}
