/** Groups of a team and its own roles, tokens for programs, and what is remembered of logins that failed. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engine.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const keyed = engine === 'sqlite' ? sql`without rowid` : sql``;

  await db.schema
    .createTable('groups')
    .addColumn('team_id', 'text', c => c.notNull().references('teams.team_id'))
    .addColumn('group_id', 'text', c => c.notNull())
    .addColumn('kind', 'text', c => c.notNull())
    .addColumn('name', 'text', c => c.notNull())
    .addColumn('name_key', 'text', c => c.notNull())
    .addColumn('descrip', 'text', c => c.notNull())
    .addColumn('privileges', 'text', c => c.notNull())
    .addColumn('archived_at', 'bigint')
    .addPrimaryKeyConstraint('groups_key', ['team_id', 'group_id'])
    // Of two who take a name one gets it, and the other hears which group has it.
    .addUniqueConstraint('groups_name', ['team_id', 'kind', 'name_key'])
    .modifyEnd(keyed)
    .execute();

  await db.schema
    .createTable('group_members')
    .addColumn('team_id', 'text', c => c.notNull())
    .addColumn('group_id', 'text', c => c.notNull())
    .addColumn('user_id', 'text', c => c.notNull())
    .addPrimaryKeyConstraint('group_members_key', ['team_id', 'group_id', 'user_id'])
    .addForeignKeyConstraint('group_members_group', ['team_id', 'group_id'], 'groups', ['team_id', 'group_id'])
    .addForeignKeyConstraint('group_members_member', ['team_id', 'user_id'], 'memberships', ['team_id', 'user_id'])
    .modifyEnd(keyed)
    .execute();
  // The groups of a caller in its teams: read whenever the caller is; and those of a member who leaves.
  await db.schema.createIndex('group_members_by_user').on('group_members').columns(['team_id', 'user_id']).execute();

  // The open assignments of a user or a group, asked before it goes.
  await db.schema
    .createIndex('job_steps_assigned')
    .on('job_steps')
    .columns(['team_id', 'assigned_to'])
    .where(sql.ref('current'), '=', sql.lit(1))
    .execute();

  await db.schema.alterTable('tokens').addColumn('name', 'text').execute();
  await db.schema.alterTable('tokens').addColumn('team_ids', 'text').execute();
  await db.schema.alterTable('tokens').addColumn('privileges', 'text').execute();
  await db.schema
    .alterTable('tokens')
    .addColumn('used_at', 'bigint', c => c.notNull().defaultTo(0))
    .execute();
  await sql`update tokens set used_at = created_at`.execute(db);

  await db.schema
    .createTable('login_failures')
    .addColumn('failure_key', 'text', c => c.notNull().primaryKey())
    .addColumn('failures', 'integer', c => c.notNull())
    .addColumn('last_at', 'bigint', c => c.notNull())
    .modifyEnd(keyed)
    .execute();
  // What is long past is forgotten.
  await db.schema.createIndex('login_failures_by_time').on('login_failures').column('last_at').execute();
}
