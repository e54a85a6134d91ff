/** Comments of jobs: written once, never changed. Their writers meet at the head row of the job. */
import type { Kysely } from 'kysely';
import type { Database, Row } from './schema.ts';

export class CommentReader {
  protected readonly db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.db = db;
  }

  /** All of a job, oldest first. */
  comments(teamId: string, jobId: string): Promise<Row<'job_comments'>[]> {
    return this.db
      .selectFrom('job_comments')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('job_id', '=', jobId)
      .orderBy('written_at')
      .orderBy('comment_id')
      .execute();
  }

  /** How many comments a job has, and how many bytes of text. */
  async taken(teamId: string, jobId: string): Promise<{ count: number; bytes: number }> {
    const { count, bytes } = await this.db
      .selectFrom('job_comments')
      .select(eb => [eb.fn.countAll().as('count'), eb.fn.sum('bytes').as('bytes')])
      .where('team_id', '=', teamId)
      .where('job_id', '=', jobId)
      .executeTakeFirstOrThrow();
    return { count: Number(count), bytes: Number(bytes ?? 0) };
  }
}

export class CommentTransactor extends CommentReader {
  async insert(comment: Row<'job_comments'>): Promise<void> {
    await this.db.insertInto('job_comments').values(comment).execute();
  }
}
