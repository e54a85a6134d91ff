/** Steps of jobs at whose action the server works after the commit that started it. */
import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Engine } from '../engine.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await db.schema
    .createTable('job_runs')
    .addColumn('team_id', 'text', c => c.notNull())
    .addColumn('job_id', 'text', c => c.notNull())
    .addColumn('step_id', 'text', c => c.notNull())
    .addColumn('run', 'integer', c => c.notNull())
    .addColumn('kind', 'text', c => c.notNull())
    .addColumn('state', 'text', c => c.notNull())
    .addColumn('attempts', 'integer', c => c.notNull())
    .addColumn('queued_at', 'bigint', c => c.notNull())
    .addColumn('next_at', 'bigint')
    .addPrimaryKeyConstraint('job_runs_key', ['team_id', 'job_id', 'step_id'])
    .addForeignKeyConstraint('job_runs_step', ['team_id', 'job_id', 'step_id'], 'job_steps', [
      'team_id',
      'job_id',
      'step_id',
    ])
    .modifyEnd(engine === 'sqlite' ? sql`without rowid` : sql``)
    .execute();
  // What is due, of all teams: asked once a second.
  await db.schema
    .createIndex('job_runs_due')
    .on('job_runs')
    .columns(['next_at'])
    .where('next_at' as never, 'is not', null)
    .execute();
}
