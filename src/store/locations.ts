/**
 * Where jobs are. Writers meet at the head row of the job. What is found by a rectangle is found through the R-tree or the GiST index of
 * migration 016, and then held against the bounds as they were stored: the R-tree rounds them, and PostgreSQL compares boxes with a
 * tolerance.
 */
import { createHash } from 'node:crypto';
import { type Expression, type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Location } from '../domain/geometry/location.ts';
import type { Extent } from '../domain/geometry/positions.ts';
import { changed } from './compiled.ts';
import { type Engine, isOneOf } from './engine.ts';
import type { Database, Row } from './schema.ts';

export class LocationReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  location(teamId: string, jobId: string): Promise<Row<'job_locations'> | undefined> {
    return this.db
      .selectFrom('job_locations')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('job_id', '=', jobId)
      .executeTakeFirst();
  }
}

export class LocationTransactor extends LocationReader {
  /** The same location for each of the jobs, in place of the one that it has. One statement. */
  async put(teamId: string, jobIds: readonly string[], { kind, geometry, extent }: Location): Promise<void> {
    const { xmin, ymin, xmax, ymax } = extent;
    const bounds = [xmin, ymin, xmax, ymax].map(bound => sql`cast(${bound} as double precision)`);
    await sql`
      insert into job_locations (team_id, job_id, kind, west, south, east, north, team_number, geometry)
      select cast(${teamId} as text), l.job_id, cast(${kind} as integer), ${sql.join(bounds)},
        cast(${teamNumber(teamId)} as integer), cast(${JSON.stringify(geometry)} as text)
      from ${this.#each(jobIds)} where true
      on conflict (team_id, job_id) do update set
        kind = excluded.kind, geometry = excluded.geometry,
        west = excluded.west, south = excluded.south, east = excluded.east, north = excluded.north`.execute(this.db);
  }

  /** Of jobs that are deleted. */
  async deleteLocations(teamId: string, jobIds: readonly string[]): Promise<void> {
    await this.db
      .deleteFrom('job_locations')
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('job_id'), jobIds))
      .execute();
  }

  #each(jobIds: readonly string[]): RawBuilder<unknown> {
    return this.engine === 'sqlite'
      ? sql`(select value as job_id from json_each(${JSON.stringify(jobIds)})) as l`
      : sql`unnest(cast(${jobIds} as text[])) as l(job_id)`;
  }
}

/** The columns of a job in a statement that asks for its location. */
export interface JobRefs {
  readonly teamId: Expression<string>;
  readonly jobId: Expression<string>;
}

/** True for jobs that have a location. */
export const isLocated = ({ teamId, jobId }: JobRefs): RawBuilder<SqlBool> =>
  sql`exists (select 1 from job_locations as l where l.team_id = ${teamId} and l.job_id = ${jobId})`;

/** `isLocated` as a column of the same values on either engine. */
export const located = (job: JobRefs): RawBuilder<0 | 1> => sql`case when ${isLocated(job)} then 1 else 0 end`;

/**
 * True for jobs whose location's extent meets the rectangle; for a statement that asks for jobs of this team only.
 * @param extent in 3857
 */
export function meets(
  engine: Engine,
  teamId: string,
  jobId: Expression<string>,
  { xmin, ymin, xmax, ymax }: Extent,
): RawBuilder<SqlBool> {
  const exactly = sql`l.west <= ${xmax} and l.east >= ${xmin} and l.south <= ${ymax} and l.north >= ${ymin}`;
  const team = changed(teamId, teamNumber);
  if (engine === 'sqlite') {
    // `cross join`: the R-tree first, then the few rows that it names.
    return sql`${jobId} in (
      select l.job_id from job_location_boxes as b cross join job_locations as l
      where b.team_from <= ${team} and b.team_to >= ${team}
        and b.west <= ${xmax} and b.east >= ${xmin} and b.south <= ${ymax} and b.north >= ${ymin}
        and l.team_id = ${teamId} and l.job_id = b.job_id and ${exactly})`;
  }
  return sql`${jobId} in (
    select l.job_id from job_locations as l
    where l.team_id = ${teamId} and int4range(l.team_number, l.team_number, '[]') @> cast(${team} as integer)
      and box(point(l.west, l.south), point(l.east, l.north)) && box(point(${xmin}, ${ymin}), point(${xmax}, ${ymax}))
      and ${exactly})`;
}

/** 24 bits: what the R-tree's numbers hold exactly. */
export const teamNumber = (teamId: string): number => createHash('sha256').update(teamId).digest().readUIntBE(0, 3);
