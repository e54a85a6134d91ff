/**
 * Locations of jobs, found by where they are: an R-tree on SQLite, a GiST index on PostgreSQL.
 *
 * An R-tree is a table of its own, with numbers only for what is searched; triggers keep it as an index is kept. Its numbers have 32 bits
 * and are rounded outwards, so it says where to look, and job_locations what is there.
 */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engine.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  // Not `without rowid`: the geometries are large, and whether there is a row is asked far more often than what is in it.
  await db.schema
    .createTable('job_locations')
    .addColumn('team_id', 'text', c => c.notNull())
    .addColumn('job_id', 'text', c => c.notNull())
    .addColumn('kind', 'integer', c => c.notNull())
    .addColumn('west', 'double precision', c => c.notNull())
    .addColumn('south', 'double precision', c => c.notNull())
    .addColumn('east', 'double precision', c => c.notNull())
    .addColumn('north', 'double precision', c => c.notNull())
    .addColumn('team_number', 'integer', c => c.notNull())
    .addColumn('box_id', 'bigint')
    .addColumn('geometry', 'text', c => c.notNull())
    .addPrimaryKeyConstraint('job_locations_key', ['team_id', 'job_id'])
    .addForeignKeyConstraint('job_locations_job', ['team_id', 'job_id'], 'jobs', ['team_id', 'job_id'])
    .execute();
  // Query.spatialExtent.
  await (engine === 'sqlite' ? rtree(db) : gist(db));
}

async function rtree(db: Kysely<unknown>): Promise<void> {
  await sql`create virtual table job_location_boxes using rtree
    (box_id, west, east, south, north, team_from, team_to, +job_id text)`.execute(db);
  await sql`create trigger job_locations_inserted after insert on job_locations begin
    insert into job_location_boxes (box_id, west, east, south, north, team_from, team_to, job_id)
      values (null, new.west, new.east, new.south, new.north, new.team_number, new.team_number, new.job_id);
    update job_locations set box_id = last_insert_rowid() where team_id = new.team_id and job_id = new.job_id;
  end`.execute(db);
  await sql`create trigger job_locations_moved after update of west, east, south, north on job_locations begin
    update job_location_boxes set west = new.west, east = new.east, south = new.south, north = new.north
      where box_id = new.box_id;
  end`.execute(db);
  await sql`create trigger job_locations_deleted after delete on job_locations begin
    delete from job_location_boxes where box_id = old.box_id;
  end`.execute(db);
}

/** Of built-in types: `box`, and a range of one number, for which GiST needs no extension. */
async function gist(db: Kysely<unknown>): Promise<void> {
  await sql`create index job_locations_by_place on job_locations using gist
    (box(point(west, south), point(east, north)), int4range(team_number, team_number, '[]'))`.execute(db);
}
