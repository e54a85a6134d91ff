/** Attachments of jobs. Their writers meet at the head row of the job; the bytes of files belong to store/files.ts. */
import type { Kysely } from 'kysely';
import { type Engine, isOneOf } from './engine.ts';
import type { Database, Row } from './schema.ts';

/** An attachment with what its body is; all null for a link. */
export type AttachmentRow = Row<'job_attachments'> & {
  sha256: string | null;
  md5: string | null;
  size: number | null;
};

export class AttachmentReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  /** All of a job, oldest first. */
  attachments(teamId: string, jobId: string): Promise<AttachmentRow[]> {
    return this.#ofJob(teamId, jobId).orderBy('a.added_at').orderBy('a.attachment_id').execute();
  }

  attachment(teamId: string, jobId: string, attachmentId: string): Promise<AttachmentRow | undefined> {
    return this.#ofJob(teamId, jobId).where('a.attachment_id', '=', attachmentId).executeTakeFirst();
  }

  async count(teamId: string, jobId: string): Promise<number> {
    const { attachments } = await this.db
      .selectFrom('job_attachments')
      .select(eb => eb.fn.countAll<number>().as('attachments'))
      .where('team_id', '=', teamId)
      .where('job_id', '=', jobId)
      .executeTakeFirstOrThrow();
    return attachments;
  }

  /** The bodies of the files attached to these jobs, each once. */
  async bodiesOf(teamId: string, jobIds: readonly string[]): Promise<string[]> {
    // Links are left out below, not in the statement: SQLite would go by the index of bodies then, over all that the team has.
    const rows = await this.db
      .selectFrom('job_attachments')
      .select('body_id')
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('job_id'), jobIds))
      .execute();
    return [...new Set(rows.flatMap(({ body_id }) => body_id ?? []))];
  }

  #ofJob(teamId: string, jobId: string) {
    return this.db
      .selectFrom('job_attachments as a')
      .leftJoin('file_bodies as b', join =>
        join.onRef('b.team_id', '=', 'a.team_id').onRef('b.body_id', '=', 'a.body_id'),
      )
      .selectAll('a')
      .select(['b.sha256', 'b.md5', 'b.size'])
      .where('a.team_id', '=', teamId)
      .where('a.job_id', '=', jobId);
  }
}

export class AttachmentTransactor extends AttachmentReader {
  async insert(attachment: Row<'job_attachments'>): Promise<void> {
    await this.db.insertInto('job_attachments').values(attachment).execute();
  }

  async rename(
    { team_id, job_id, attachment_id }: AttachmentRow,
    change: Pick<AttachmentRow, 'alias' | 'folder'>,
  ): Promise<void> {
    await this.db
      .updateTable('job_attachments')
      .set(change)
      .where('team_id', '=', team_id)
      .where('job_id', '=', job_id)
      .where('attachment_id', '=', attachment_id)
      .execute();
  }

  async delete({ team_id, job_id, attachment_id }: AttachmentRow): Promise<void> {
    await this.db
      .deleteFrom('job_attachments')
      .where('team_id', '=', team_id)
      .where('job_id', '=', job_id)
      .where('attachment_id', '=', attachment_id)
      .execute();
  }
}
