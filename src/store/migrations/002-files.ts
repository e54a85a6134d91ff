/** Files: uploads, bodies in chunks, and the documents and attachments that show them. Each index beside the keys names its query. */
import { randomBytes } from 'node:crypto';
import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely';
import type { Engine } from '../engine.ts';

const required = (column: ColumnDefinitionBuilder) => column.notNull();
const KEY_BYTES = 32;

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const bytes = engine === 'sqlite' ? sql`blob` : sql`bytea`;
  const keyed = engine === 'sqlite' ? sql`without rowid` : sql``;

  await db.schema
    .createTable('file_uploads')
    .addColumn('team_id', 'text', c => c.notNull().references('teams.team_id'))
    .addColumn('upload_id', 'text', required)
    .addColumn('user_id', 'text', c => c.notNull().references('users.user_id'))
    .addColumn('details', 'text')
    .addColumn('size', 'bigint')
    .addColumn('received', 'bigint', required)
    .addColumn('last_offset', 'bigint', required)
    .addColumn('expires_at', 'bigint', required)
    .addPrimaryKeyConstraint('file_uploads_key', ['team_id', 'upload_id'])
    .modifyEnd(keyed)
    .execute();
  // The uploads that are thrown away when another begins.
  await db.schema.createIndex('file_uploads_by_expiry').on('file_uploads').columns(['team_id', 'expires_at']).execute();

  // Not in the key's own tree: a search by key would step over the bytes of the rows between.
  await db.schema
    .createTable('file_chunks')
    .addColumn('team_id', 'text', required)
    .addColumn('body_id', 'text', required)
    .addColumn('ordinal', 'integer', required)
    .addColumn('bytes', bytes, required)
    .addPrimaryKeyConstraint('file_chunks_key', ['team_id', 'body_id', 'ordinal'])
    .execute();
  // Most files are compressed already: PostgreSQL need not try.
  if (engine === 'postgres') await sql`alter table file_chunks alter column bytes set storage external`.execute(db);

  await db.schema
    .createTable('file_bodies')
    .addColumn('team_id', 'text', c => c.notNull().references('teams.team_id'))
    .addColumn('body_id', 'text', required)
    .addColumn('sha256', 'text', required)
    .addColumn('md5', 'text', required)
    .addColumn('size', 'bigint', required)
    .addPrimaryKeyConstraint('file_bodies_key', ['team_id', 'body_id'])
    .addUniqueConstraint('file_bodies_by_content', ['team_id', 'sha256'])
    .modifyEnd(keyed)
    .execute();

  await db.schema
    .createTable('documents')
    .addColumn('team_id', 'text', c => c.notNull().references('teams.team_id'))
    .addColumn('document_id', 'text', required)
    .addColumn('body_id', 'text', required)
    .addColumn('name', 'text', required)
    .addColumn('mime_type', 'text', required)
    .addColumn('created_by', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addPrimaryKeyConstraint('documents_key', ['team_id', 'document_id'])
    .addForeignKeyConstraint('documents_body', ['team_id', 'body_id'], 'file_bodies', ['team_id', 'body_id'])
    .modifyEnd(keyed)
    .execute();
  // Whether a body is shown by any document: asked when an attachment is deleted.
  await db.schema.createIndex('documents_by_body').on('documents').columns(['team_id', 'body_id']).execute();

  await db.schema
    .createTable('job_attachments')
    .addColumn('team_id', 'text', required)
    .addColumn('job_id', 'text', required)
    .addColumn('attachment_id', 'text', required)
    .addColumn('alias', 'text', required)
    .addColumn('folder', 'text')
    .addColumn('step_id', 'text')
    .addColumn('url', 'text')
    .addColumn('body_id', 'text')
    .addColumn('file_name', 'text')
    .addColumn('mime_type', 'text')
    .addColumn('added_by', 'text', required)
    .addColumn('added_at', 'bigint', required)
    .addPrimaryKeyConstraint('job_attachments_key', ['team_id', 'job_id', 'attachment_id'])
    .addForeignKeyConstraint('job_attachments_job', ['team_id', 'job_id'], 'jobs', ['team_id', 'job_id'])
    .addForeignKeyConstraint('job_attachments_body', ['team_id', 'body_id'], 'file_bodies', ['team_id', 'body_id'])
    .modifyEnd(keyed)
    .execute();
  // Whether a body is shown by any attachment: asked when one is deleted.
  await db.schema
    .createIndex('job_attachments_by_body')
    .on('job_attachments')
    .columns(['team_id', 'body_id'])
    .where('body_id', 'is not', null)
    .execute();

  await db.schema
    .createTable('signing_keys')
    .addColumn('purpose', 'text', c => c.notNull().primaryKey())
    .addColumn('secret', bytes, required)
    .execute();
  await (db as Kysely<{ signing_keys: { purpose: string; secret: Buffer } }>)
    .insertInto('signing_keys')
    .values({ purpose: 'attachment-address', secret: randomBytes(KEY_BYTES) })
    .execute();
}
