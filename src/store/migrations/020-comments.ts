/** Comments of jobs; and the children of a job are found, which lose their parent when it is deleted. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engine.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await db.schema
    .createTable('job_comments')
    .addColumn('team_id', 'text', c => c.notNull())
    .addColumn('job_id', 'text', c => c.notNull())
    .addColumn('comment_id', 'text', c => c.notNull())
    .addColumn('written_by', 'text', c => c.notNull())
    .addColumn('written_at', 'bigint', c => c.notNull())
    .addColumn('bytes', 'integer', c => c.notNull())
    .addColumn('text', 'text', c => c.notNull())
    .addPrimaryKeyConstraint('job_comments_key', ['team_id', 'job_id', 'comment_id'])
    .addForeignKeyConstraint('job_comments_job', ['team_id', 'job_id'], 'jobs', ['team_id', 'job_id'])
    .modifyEnd(engine === 'sqlite' ? sql`without rowid` : sql``)
    .execute();
  // The children of jobs that are deleted.
  await db.schema
    .createIndex('jobs_by_parent')
    .on('jobs')
    .columns(['team_id', 'parent_job'])
    .where(sql.ref('parent_job'), 'is not', null)
    .execute();
}
