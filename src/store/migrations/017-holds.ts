/** Holds on steps of jobs, and dependencies of steps on other jobs. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engine.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await db.schema
    .createTable('job_holds')
    .addColumn('team_id', 'text', c => c.notNull())
    .addColumn('job_id', 'text', c => c.notNull())
    .addColumn('hold_id', 'text', c => c.notNull())
    .addColumn('step_id', 'text', c => c.notNull())
    .addColumn('step_name', 'text', c => c.notNull())
    .addColumn('set_by', 'text', c => c.notNull())
    .addColumn('set_date', 'bigint', c => c.notNull())
    .addColumn('scheduled_release', 'bigint')
    .addColumn('released_by', 'text')
    .addColumn('released_date', 'bigint')
    .addColumn('dependent_job_id', 'text')
    .addColumn('dependent_step_id', 'text')
    .addPrimaryKeyConstraint('job_holds_key', ['team_id', 'job_id', 'hold_id'])
    .addForeignKeyConstraint('job_holds_job', ['team_id', 'job_id'], 'jobs', ['team_id', 'job_id'])
    .modifyEnd(engine === 'sqlite' ? sql`without rowid` : sql``)
    .execute();
  // What releases itself next, of all teams: asked once a second.
  await db.schema
    .createIndex('job_holds_due')
    .on('job_holds')
    .columns(['scheduled_release'])
    .where('released_date' as never, 'is', null)
    .where('scheduled_release' as never, 'is not', null)
    .execute();
  // What waits for a job, asked when it moves on, closes or is deleted.
  await db.schema
    .createIndex('job_holds_waiting')
    .on('job_holds')
    .columns(['team_id', 'dependent_job_id'])
    .where('released_date' as never, 'is', null)
    .where('dependent_job_id' as never, 'is not', null)
    .execute();
}
