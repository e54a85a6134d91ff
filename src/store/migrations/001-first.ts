/** The first schema. Each index beside the keys names the query that needs it. */
import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely';
import type { Engine } from '../engine.ts';

const required = (column: ColumnDefinitionBuilder) => column.notNull();

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const bytes = engine === 'sqlite' ? sql`blob` : sql`bytea`;
  // SQLite keeps small keyed rows in the key's own tree: one page per write less.
  const keyed = engine === 'sqlite' ? sql`without rowid` : sql``;

  await db.schema
    .createTable('users')
    .addColumn('user_id', 'text', c => c.notNull().primaryKey())
    .addColumn('email', 'text', c => c.notNull().unique())
    .addColumn('name', 'text', required)
    .addColumn('password_hash', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .modifyEnd(keyed)
    .execute();

  await db.schema
    .createTable('teams')
    .addColumn('team_id', 'text', c => c.notNull().primaryKey())
    .addColumn('name', 'text', required)
    .addColumn('subdomain', 'text', required)
    .addColumn('owner_id', 'text', c => c.notNull().references('users.user_id'))
    .addColumn('config', 'text', required)
    .addColumn('job_number', 'integer', required)
    .addColumn('created_at', 'bigint', required)
    .addColumn('updated_at', 'bigint', required)
    .modifyEnd(keyed)
    .execute();

  await db.schema
    .createTable('memberships')
    .addColumn('team_id', 'text', c => c.notNull().references('teams.team_id'))
    .addColumn('user_id', 'text', c => c.notNull().references('users.user_id'))
    .addColumn('roles', 'text', required)
    .addColumn('added_at', 'bigint', required)
    .addColumn('updated_at', 'bigint', required)
    .addPrimaryKeyConstraint('memberships_key', ['team_id', 'user_id'])
    .modifyEnd(keyed)
    .execute();
  // The teams of a caller: read with every call.
  await db.schema.createIndex('memberships_by_user').on('memberships').column('user_id').execute();

  await db.schema
    .createTable('tokens')
    .addColumn('token_id', 'text', c => c.notNull().primaryKey())
    .addColumn('token_hash', 'text', c => c.notNull().unique())
    .addColumn('user_id', 'text', c => c.notNull().references('users.user_id'))
    .addColumn('created_at', 'bigint', required)
    .addColumn('expires_at', 'bigint', required)
    .modifyEnd(keyed)
    .execute();
  // A login removes the user's tokens that have expired.
  await db.schema.createIndex('tokens_by_user').on('tokens').column('user_id').execute();

  await db.schema
    .createTable('templates')
    .addColumn('team_id', 'text', c => c.notNull().references('teams.team_id'))
    .addColumn('template_id', 'text', required)
    .addColumn('typ', 'integer', required)
    .addColumn('version', 'integer', required)
    .addColumn('publish_count', 'integer', required)
    .addColumn('published_internal_version', 'integer')
    .addColumn('created_by', 'text', c => c.notNull().references('users.user_id'))
    .addColumn('created_at', 'bigint', required)
    .addColumn('modified_at', 'bigint', required)
    .addColumn('revision', 'integer', required)
    .addPrimaryKeyConstraint('templates_key', ['team_id', 'template_id'])
    .modifyEnd(keyed)
    .execute();

  await db.schema
    .createTable('step_nodes')
    .addColumn('team_id', 'text', c => c.notNull().references('teams.team_id'))
    .addColumn('hash', 'text', required)
    .addColumn('children', 'text', required)
    .addColumn('body', bytes, required)
    .addPrimaryKeyConstraint('step_nodes_key', ['team_id', 'hash'])
    .execute();

  await db.schema
    .createTable('template_entries')
    .addColumn('team_id', 'text', required)
    .addColumn('template_id', 'text', required)
    .addColumn('internal_version', 'integer', required)
    .addColumn('public_version', 'integer', required)
    .addColumn('published_version', 'integer', required)
    .addColumn('status', 'text', required)
    .addColumn('title', 'text', required)
    .addColumn('descrip', 'text', required)
    .addColumn('root_hash', 'text', required)
    .addColumn('leaf_count', 'integer', required)
    .addColumn('first_steps', 'text', required)
    .addColumn('defaults', 'text', required)
    .addColumn('author_id', 'text', c => c.notNull().references('users.user_id'))
    .addColumn('authored_at', 'bigint', required)
    .addColumn('published_by', 'text')
    .addColumn('published_at', 'bigint')
    .addPrimaryKeyConstraint('template_entries_key', ['team_id', 'template_id', 'internal_version'])
    .addForeignKeyConstraint('template_entries_head', ['team_id', 'template_id'], 'templates', [
      'team_id',
      'template_id',
    ])
    .addForeignKeyConstraint('template_entries_tree', ['team_id', 'root_hash'], 'step_nodes', ['team_id', 'hash'])
    .modifyEnd(keyed)
    .execute();
  // Public versions are unique per template once they are given, and getPublicVersion looks entries up by them.
  await db.schema
    .createIndex('template_entries_by_public_version')
    .unique()
    .on('template_entries')
    .columns(['team_id', 'template_id', 'public_version'])
    .where(sql.ref('public_version'), '>', sql.lit(0))
    .execute();

  await db.schema
    .createTable('template_locks')
    .addColumn('team_id', 'text', required)
    .addColumn('template_id', 'text', required)
    .addColumn('token_id', 'text', c => c.notNull().references('tokens.token_id').onDelete('cascade'))
    .addColumn('user_id', 'text', c => c.notNull().references('users.user_id'))
    .addColumn('locked_at', 'bigint', required)
    .addColumn('last_activity_at', 'bigint', required)
    .addPrimaryKeyConstraint('template_locks_key', ['team_id', 'template_id'])
    .addForeignKeyConstraint('template_locks_head', ['team_id', 'template_id'], 'templates', ['team_id', 'template_id'])
    .modifyEnd(keyed)
    .execute();
  // The end of a token frees its locks: the cascade looks them up by token.
  await db.schema.createIndex('template_locks_by_token').on('template_locks').column('token_id').execute();

  await db.schema
    .createTable('jobs')
    .addColumn('team_id', 'text', c => c.notNull().references('teams.team_id'))
    .addColumn('job_id', 'text', required)
    .addColumn('template_id', 'text', required)
    .addColumn('template_version', 'integer', required)
    .addColumn('internal_version', 'integer', required)
    .addColumn('job_name', 'text', required)
    .addColumn('description', 'text')
    .addColumn('notes', 'text')
    .addColumn('owned_by', 'text')
    .addColumn('created_by', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addColumn('start_date', 'bigint')
    .addColumn('started_at', 'bigint')
    .addColumn('due_date', 'bigint')
    .addColumn('end_date', 'bigint')
    .addColumn('priority', 'text', required)
    .addColumn('status', 'text', required)
    .addColumn('percent_complete', 'double precision', required)
    .addColumn('percent_given', 'integer', required)
    .addColumn('finished_leaves', 'integer', required)
    .addColumn('parent_job', 'text')
    .addColumn('closed', 'integer', required)
    .addColumn('closed_by', 'text')
    .addColumn('revision', 'integer', required)
    .addColumn('history_seq', 'integer', required)
    .addPrimaryKeyConstraint('jobs_key', ['team_id', 'job_id'])
    .addForeignKeyConstraint('jobs_entry', ['team_id', 'template_id', 'internal_version'], 'template_entries', [
      'team_id',
      'template_id',
      'internal_version',
    ])
    .modifyEnd(keyed)
    .execute();
  // The counts of TemplateSelectOpts.includeStats: active and completed jobs of a template.
  await db.schema.createIndex('jobs_by_template').on('jobs').columns(['team_id', 'template_id', 'closed']).execute();

  await db.schema
    .createTable('job_steps')
    .addColumn('team_id', 'text', required)
    .addColumn('job_id', 'text', required)
    .addColumn('step_id', 'text', required)
    .addColumn('current', 'integer', required)
    .addColumn('step_name', 'text', required)
    .addColumn('ordinal', 'integer', required)
    .addColumn('state', 'integer', required)
    .addColumn('can_skip', 'integer', required)
    .addColumn('proceed_next', 'integer', required)
    .addColumn('assigned_type', 'integer', required)
    .addColumn('assigned_to', 'text')
    .addColumn('started_at', 'bigint')
    .addColumn('started_by', 'text')
    .addColumn('finished_at', 'bigint')
    .addColumn('finished_by', 'text')
    .addPrimaryKeyConstraint('job_steps_key', ['team_id', 'job_id', 'step_id'])
    .addForeignKeyConstraint('job_steps_job', ['team_id', 'job_id'], 'jobs', ['team_id', 'job_id'])
    .modifyEnd(keyed)
    .execute();
  // The current steps of a job, read with every act on it, however many steps it has behind it.
  await db.schema
    .createIndex('job_steps_current')
    .on('job_steps')
    .columns(['team_id', 'job_id', 'step_id'])
    .where(sql.ref('current'), '=', sql.lit(1))
    .execute();

  await db.schema
    .createTable('job_history')
    .addColumn('team_id', 'text', required)
    .addColumn('job_id', 'text', required)
    .addColumn('seq', 'integer', required)
    .addColumn('date', 'bigint', required)
    .addColumn('user_id', 'text', required)
    .addColumn('username', 'text', required)
    .addColumn('action', 'integer', required)
    .addColumn('step_id', 'text')
    .addColumn('step_name', 'text')
    .addColumn('result', 'text')
    .addColumn('start_date', 'bigint')
    .addColumn('end_date', 'bigint')
    .addPrimaryKeyConstraint('job_history_key', ['team_id', 'job_id', 'seq'])
    .addForeignKeyConstraint('job_history_job', ['team_id', 'job_id'], 'jobs', ['team_id', 'job_id'])
    .modifyEnd(keyed)
    .execute();

  await db.schema
    .createTable('create_requests')
    .addColumn('team_id', 'text', c => c.notNull().references('teams.team_id'))
    .addColumn('user_id', 'text', required)
    .addColumn('request_id', 'text', required)
    .addColumn('fingerprint', 'text', required)
    .addColumn('response', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addPrimaryKeyConstraint('create_requests_key', ['team_id', 'user_id', 'request_id'])
    .modifyEnd(keyed)
    .execute();

  await db.schema
    .createTable('audit_events')
    .addColumn('team_id', 'text', c => c.notNull().references('teams.team_id'))
    .addColumn('audit_id', 'text', required)
    .addColumn('at', 'bigint', required)
    .addColumn('actor_id', 'text', required)
    .addColumn('action', 'text', required)
    .addColumn('subject_id', 'text', required)
    .addColumn('details', 'text', required)
    .addPrimaryKeyConstraint('audit_events_key', ['team_id', 'audit_id'])
    .modifyEnd(keyed)
    .execute();
}
