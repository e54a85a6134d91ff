/** Current steps are found by their names: searching for a word that is in the title of a step begins with those, if they are few. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engine.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await sql`create index job_steps_named on job_steps (team_id, step_name) where current = 1`.execute(db);
  if (engine === 'postgres') return;
  // As in 029: how a large team's steps are spread.
  await sql`insert into sqlite_stat1 (tbl, idx, stat) values ('job_steps', 'job_steps_named', '1000000 1000000 500')`.execute(
    db,
  );
  await sql`analyze sqlite_schema`.execute(db);
}
