/**
 * Files: what is on its way in, and the bodies that documents and attachments show.
 *
 * A body is content-addressed: a team stores the same bytes once (`keepBody`). Its bytes lie in chunks of one size, so that any range
 * is found by counting. An upload is a body without its row: `file_chunks` has the bytes under the upload's id, and nobody sees them.
 * Whoever is about to show a body keeps its row from others by `keepBody`, whoever may be the last to show it by `lockBodies`; so a
 * body is never deleted under the hands of somebody who was just given it.
 */
import type { KeyObject } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { type Engine, isOneOf } from './engine.ts';
import { OvertakenByWriter } from './overtaken.ts';
import type { Database, Row } from './schema.ts';
import { type Purpose, signingKey } from './signing-keys.ts';

export const CHUNK_BYTES = 256 * 1024;

export type UploadRow = Row<'file_uploads'>;

export class FileReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  /** Up to `count` chunks of a body or an upload, from the one numbered `first` on. */
  async chunks(teamId: string, bodyId: string, first: number, count: number): Promise<Buffer[]> {
    const rows = await this.db
      .selectFrom('file_chunks')
      .select('bytes')
      .where('team_id', '=', teamId)
      .where('body_id', '=', bodyId)
      .where('ordinal', '>=', first)
      .where('ordinal', '<', first + count)
      .orderBy('ordinal')
      .execute();
    return rows.map(row => row.bytes);
  }

  /** The upload with this id, when it belongs to one of the teams. */
  upload(teamIds: readonly string[], uploadId: string): Promise<UploadRow | undefined> {
    return this.db
      .selectFrom('file_uploads')
      .selectAll()
      .where(eb => isOneOf(this.engine, eb.ref('team_id'), teamIds))
      .where('upload_id', '=', uploadId)
      .executeTakeFirst();
  }

  /** A key of the server's own. One statement. */
  signingKey(purpose: Purpose): Promise<KeyObject> {
    return signingKey(this.db, this.engine, purpose);
  }
}

export class FileTransactor extends FileReader {
  async insertUpload(upload: UploadRow): Promise<void> {
    await this.db.insertInto('file_uploads').values(upload).execute();
  }

  /** @throws OvertakenByWriter when the upload is no longer the one that was read */
  async advanceUpload(
    read: UploadRow,
    change: Pick<UploadRow, 'received' | 'last_offset' | 'expires_at'>,
  ): Promise<void> {
    const { numUpdatedRows } = await this.db
      .updateTable('file_uploads')
      .set(change)
      .where('team_id', '=', read.team_id)
      .where('upload_id', '=', read.upload_id)
      .where('received', '=', read.received)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new OvertakenByWriter();
  }

  /** A chunk as it is now: the last one of an upload grows until it is full. */
  async putChunk(chunk: Row<'file_chunks'>): Promise<void> {
    await this.db
      .insertInto('file_chunks')
      .values(chunk)
      .onConflict(conflict =>
        conflict.columns(['team_id', 'body_id', 'ordinal']).doUpdateSet(eb => ({ bytes: eb.ref('excluded.bytes') })),
      )
      .execute();
  }

  /** Ends an upload; its chunks stay. @returns whether it was there */
  async deleteUpload(teamId: string, uploadId: string): Promise<boolean> {
    const { numDeletedRows } = await this.db
      .deleteFrom('file_uploads')
      .where('team_id', '=', teamId)
      .where('upload_id', '=', uploadId)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }

  /** The bytes of bodies or uploads. */
  async deleteChunks(teamId: string, bodyIds: readonly string[]): Promise<void> {
    await this.db
      .deleteFrom('file_chunks')
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('body_id'), bodyIds))
      .execute();
  }

  /** Ids of up to `limit` uploads whose time is over, the oldest first. */
  async expiredUploads(teamId: string, now: number, limit: number): Promise<string[]> {
    const rows = await this.db
      .selectFrom('file_uploads')
      .select('upload_id')
      .where('team_id', '=', teamId)
      .where('expires_at', '<=', now)
      .orderBy('expires_at')
      .limit(limit)
      .execute();
    return rows.map(row => row.upload_id);
  }

  /**
   * Makes a body, unless the team has one with the same content; keeps either from being deleted until the end of the transaction.
   * @returns the id of the body that the team has now
   */
  async keepBody(body: Row<'file_bodies'>): Promise<string> {
    const { body_id } = await this.db
      .insertInto('file_bodies')
      .values(body)
      .onConflict(conflict =>
        conflict.columns(['team_id', 'sha256']).doUpdateSet(eb => ({ size: eb.ref('excluded.size') })),
      )
      .returning('body_id')
      .executeTakeFirstOrThrow();
    return body_id;
  }

  /** Keeps others from showing these bodies anew, until the end of the transaction. */
  async lockBodies(teamId: string, bodyIds: readonly string[]): Promise<void> {
    // SQLite has one writer anyway.
    if (this.engine === 'sqlite') return;
    await this.db
      .selectFrom('file_bodies')
      .select('body_id')
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('body_id'), bodyIds))
      .orderBy('body_id')
      .forUpdate()
      .execute();
  }

  /** @returns the ids of those that were deleted: no document and no attachment shows them */
  async deleteUnusedBodies(teamId: string, bodyIds: readonly string[]): Promise<string[]> {
    const deleted = await this.db
      .deleteFrom('file_bodies')
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('body_id'), bodyIds))
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('documents')
              .select(sql.lit(1).as('one'))
              .where('team_id', '=', teamId)
              .whereRef('documents.body_id', '=', 'file_bodies.body_id'),
          ),
        ),
      )
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('job_attachments')
              .select(sql.lit(1).as('one'))
              .where('team_id', '=', teamId)
              .whereRef('job_attachments.body_id', '=', 'file_bodies.body_id'),
          ),
        ),
      )
      .returning('body_id')
      .execute();
    return deleted.map(({ body_id }) => body_id);
  }
}
