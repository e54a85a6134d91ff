/**
 * What docs/citus.sql takes for granted, looked up in the catalog of a database as the migrations leave it: that every table is placed
 * once, and that keys, unique indexes, foreign keys and triggers are such as a table distributed by team may have.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type RawBuilder, sql } from 'kysely';
import type { Connections } from '../../src/store/engine.ts';
import { tables } from '../../src/store/schema.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { dropped, placed, placeOf, script } from '../support/team-scope/placement.ts';
import { close, connectionsTo, open } from './support.ts';

let database: TestDatabase;
let connections: Connections;

beforeAll(async () => {
  database = await freshDatabase();
  await (await open(database.settings)).close();
  connections = connectionsTo(database.settings);
});
afterAll(async () => {
  await close(connections);
  await database.drop();
});

/** What the catalog of the engine under test says. */
const catalog = async <R>(of: Record<'sqlite' | 'postgres', RawBuilder<R>>): Promise<R[]> =>
  (await of[connections.engine].execute(connections.writes)).rows;

interface UniqueIndex {
  readonly table: string;
  readonly index: string;
  /** Separated by commas. */
  readonly columns: string;
}

const uniqueIndexes = () =>
  catalog<UniqueIndex>({
    sqlite: sql`
      select t.name as "table", i.name as "index",
        (select group_concat(c.name) from pragma_index_info(i.name) c) as columns
      from pragma_table_list t join pragma_index_list(t.name) i
      where t.schema = 'main' and t.type = 'table' and i."unique" = 1 and t.name not like 'kysely%'`,
    postgres: sql`
      select t.relname as "table", i.relname as "index", string_agg(a.attname, ',' order by a.attnum) as columns
      from pg_index x join pg_class t on t.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
        join pg_namespace n on n.oid = t.relnamespace and n.nspname = 'public'
        join pg_attribute a on a.attrelid = t.oid and a.attnum = any(x.indkey)
      where x.indisunique and t.relkind = 'r' and t.relname not like 'kysely%' group by 1, 2`,
  });

interface ForeignKey {
  readonly name: string;
  readonly table: string;
  readonly target: string;
  /** "column>column of the target", separated by commas. */
  readonly pairs: string;
}

const foreignKeys = () =>
  catalog<ForeignKey>({
    sqlite: sql`
      select t.name as "table", '' as name, f."table" as target, group_concat(f."from" || '>' || f."to") as pairs
      from pragma_table_list t join pragma_foreign_key_list(t.name) f
      where t.schema = 'main' and t.type = 'table' group by t.name, f.id`,
    postgres: sql`
      select t.relname as "table", c.conname as name, r.relname as target,
        string_agg(a.attname || '>' || b.attname, ',') as pairs
      from pg_constraint c join pg_class t on t.oid = c.conrelid join pg_class r on r.oid = c.confrelid
        cross join unnest(c.conkey, c.confkey) as k(own, other)
        join pg_attribute a on a.attrelid = t.oid and a.attnum = k.own
        join pg_attribute b on b.attrelid = r.oid and b.attnum = k.other
      where c.contype = 'f' and c.connamespace = 'public'::regnamespace group by c.oid, 1, 2, 3`,
  });

test('the script is read whole, and places every table once', () => {
  expect(placed.length + dropped.length).toBe(script.length);
  expect(placed.map(({ table }) => table).sort()).toEqual(Object.keys(tables).sort());
});

test('what is distributed has a team, is distributed by it, and lies with the rest of the team', () => {
  const distributed = placed.filter(({ place }) => place === 'distributed');
  const [first, ...others] = distributed;
  expect(first!.further).toBe("'team_id', colocate_with => 'none'");
  for (const { table, further } of others)
    expect([table, further]).toEqual([table, `'team_id', colocate_with => '${first!.table}'`]);
  for (const { table } of distributed) expect(tables[table as keyof typeof tables]).toHaveProperty('team_id');
});

test('keys and unique indexes of what is distributed contain the team: no node has to ask another', async () => {
  const found = (await uniqueIndexes()).filter(({ table }) => placeOf(table) === 'distributed');
  expect(new Set(found.map(({ table }) => table)).size).toBe(
    placed.filter(({ place }) => place === 'distributed').length,
  );
  for (const { index, columns } of found)
    expect([index, columns.split(',')]).toEqual([index, expect.arrayContaining(['team_id'])]);
});

/** Unique over all teams, as people know them: such tables are never distributed. */
const UNIQUE_OVER_ALL_TEAMS: Readonly<Record<string, string>> = {
  'users user_id': 'reference',
  'users email': 'reference',
  'teams subdomain': 'reference',
  'tokens token_id': 'reference',
  'tokens token_hash': 'reference',
  'change_tokens token_hash': 'local',
  'login_failures failure_key': 'local',
  'signing_keys purpose': 'local',
};

test('what is unique over all teams is in tables that are not distributed, and there is no more of it', async () => {
  const found = (await uniqueIndexes()).filter(({ columns }) => !columns.split(',').includes('team_id'));
  expect(Object.fromEntries(found.map(({ table, columns }) => [`${table} ${columns}`, placeOf(table)]))).toEqual(
    UNIQUE_OVER_ALL_TEAMS,
  );
});

const MAY_POINT_TO: Readonly<Record<string, readonly string[]>> = {
  distributed: ['distributed', 'reference'],
  reference: ['reference'],
  local: ['local', 'reference'],
};

test('foreign keys stay on a node, and what they point to is placed first; the others are taken away', async () => {
  const keys = await foreignKeys();
  expect(keys.length).toBeGreaterThan(40);
  const order = placed.map(({ table }) => table);
  const faults = keys.filter(({ table, target, pairs }) => {
    const both = [placeOf(table)!, placeOf(target)!] as const;
    const ofTeam = both.some(place => place !== 'distributed') || pairs.split(',').includes('team_id>team_id');
    return !MAY_POINT_TO[both[0]]!.includes(both[1]) || !ofTeam || order.indexOf(target) > order.indexOf(table);
  });
  expect(faults.map(({ table, target }) => [table, target])).toEqual([['job_runs', 'job_steps']]);
  expect(dropped).toEqual([{ table: 'job_runs', name: 'job_runs_step' }]);
  if (connections.engine === 'postgres')
    expect(faults.map(({ name }) => name)).toEqual(dropped.map(({ name }) => name));
});

test('triggers are on tables of the coordinator alone', async () => {
  const found = await catalog<{ table: string }>({
    // Those of SQLite's own indexes have no counterpart on PostgreSQL.
    sqlite: sql`select distinct tbl_name as "table" from sqlite_schema where type = 'trigger' and name like 'audit%'`,
    postgres: sql`
      select distinct t.relname as "table" from pg_trigger g join pg_class t on t.oid = g.tgrelid where not g.tgisinternal`,
  });
  expect(found.map(({ table }) => [table, placeOf(table)])).toEqual([['audit_events', 'local']]);
});
