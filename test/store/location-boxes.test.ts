/** SQLite's R-tree of locations: whatever happens to the rows, it has one box for each of them, around it, and none besides. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Connections } from '../../src/store/engine.ts';
import { openSqlite, type SqliteSettings } from '../../src/store/sqlite.ts';
import { close, open } from './support.ts';

let folder: string;
let connections: Connections;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jobwright-test-'));
  const settings: SqliteSettings = { engine: 'sqlite', file: join(folder, 'jobwright.db'), synchronous: 'FULL' };
  await (await open(settings)).close();
  connections = openSqlite(settings);
  // Rows without their jobs will do.
  await sql`pragma foreign_keys = off`.execute(connections.writes);
});
afterEach(async () => {
  await close(connections);
  await rm(folder, { recursive: true, force: true });
});

const row = (index: number) => ({
  team_id: `t${index % 3}`,
  job_id: `j${index}`,
  kind: 1,
  west: index + 0.1,
  south: -index / 3,
  east: index + 0.7,
  north: index / 7,
  team_number: index % 3,
  geometry: '{}',
});

async function expectInStep(locations: number): Promise<void> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from job_location_boxes as b
    join job_locations as l on l.box_id = b.box_id and l.job_id = b.job_id
      and b.team_from = l.team_number and b.team_to = l.team_number
      and l.west - b.west between 0 and 0.001 and b.east - l.east between 0 and 0.001
      and l.south - b.south between 0 and 0.001 and b.north - l.north between 0 and 0.001
    union all select count(*) from job_location_boxes
    union all select count(*) from job_locations`.execute(connections.writes);
  expect(rows.map(({ n }) => n)).toEqual([locations, locations, locations]);
  const { rows: checked } = await sql`select rtreecheck('job_location_boxes') as found`.execute(connections.writes);
  expect(checked).toEqual([{ found: 'ok' }]);
}

test('the R-tree follows what is inserted, moved and deleted, and a vacuum', async () => {
  const { writes } = connections;
  await writes
    .insertInto('job_locations')
    .values(Array.from({ length: 500 }, (_, index) => row(index)))
    .execute();
  await expectInStep(500);
  await sql`update job_locations set west = west - 1000, north = north + 1000 where job_id like '%7'`.execute(writes);
  await expectInStep(500);
  await writes.deleteFrom('job_locations').where('team_id', '=', 't1').execute();
  await expectInStep(333);
  await sql`vacuum`.execute(writes);
  await expectInStep(333);
  await writes.insertInto('job_locations').values(row(1)).execute();
  await writes
    .insertInto('job_locations')
    .values({ ...row(3), east: 9000 })
    .onConflict(conflict => conflict.columns(['team_id', 'job_id']).doUpdateSet({ east: 9000 }))
    .execute();
  await expectInStep(334);
});
