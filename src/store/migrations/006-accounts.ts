/** Accounts that are confirmed, invited and disabled; names that people are found by; tokens that entitle to one change; pages. */
import { randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { searchKey } from '../../base/text.ts';
import type { Engine } from '../engine.ts';
import type { Database } from '../schema.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const keyed = engine === 'sqlite' ? sql`without rowid` : sql``;

  await db.schema.alterTable('users').addColumn('validated_at', 'bigint').execute();
  await db.schema.alterTable('users').addColumn('disabled_at', 'bigint').execute();
  await db.schema
    .alterTable('users')
    .addColumn('search_key', 'text', c => c.notNull().defaultTo(''))
    .execute();
  await sql`update users set validated_at = created_at`.execute(db);
  const users = db as Kysely<Database>;
  for (const { user_id, name, email } of await users.selectFrom('users').selectAll().execute())
    await users
      .updateTable('users')
      .set({ search_key: searchKey(name, email) })
      .where('user_id', '=', user_id)
      .execute();

  await db.schema
    .createTable('change_tokens')
    .addColumn('token_hash', 'text', c => c.notNull().primaryKey())
    .addColumn('user_id', 'text', c => c.notNull().references('users.user_id'))
    .addColumn('kind', 'integer', c => c.notNull())
    .addColumn('for_team', 'text', c => c.references('teams.team_id'))
    .addColumn('roles', 'text')
    .addColumn('inviter_id', 'text')
    .addColumn('email', 'text')
    .addColumn('created_at', 'bigint', c => c.notNull())
    .addColumn('expires_at', 'bigint', c => c.notNull())
    .modifyEnd(keyed)
    .execute();
  // A new token takes the place of the one before, and the end of an account takes all.
  await db.schema.createIndex('change_tokens_by_user').on('change_tokens').columns(['user_id', 'kind']).execute();
  // The numbers of UserSelectOpts.includeStats: jobs that a user has worked on.
  await db.schema
    .createIndex('job_steps_started')
    .on('job_steps')
    .columns(['team_id', 'started_by', 'job_id'])
    .where(sql.ref('started_by'), 'is not', null)
    .execute();
  await users
    .insertInto('signing_keys')
    .values({ purpose: 'page', secret: randomBytes(32) })
    .execute();
}
