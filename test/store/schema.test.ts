/**
 * The schema: both engines have the tables of src/store/schema.ts, column by column; migrations run once; a database of a newer
 * version is refused untouched.
 */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Connections } from '../../src/store/engine.ts';
import { type Database, tables } from '../../src/store/schema.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { addTeam, close, connectionsTo, db, open, team, token } from './support.ts';

let database: TestDatabase;
let connections: Connections;

beforeEach(async () => {
  database = await freshDatabase();
  await (await open(database.settings)).close();
  connections = connectionsTo(database.settings);
});
afterEach(async () => {
  await close(connections);
  await database.drop();
});

interface ColumnFound {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly nullable: boolean;
}

/** As the engine itself tells it. An R-tree is an index, though it is made as a table, and of tables. */
async function columnsFound({ engine, writes }: Connections): Promise<ColumnFound[]> {
  const statement =
    engine === 'sqlite'
      ? sql<{ table: string; column: string; type: string; nullable: number | boolean }>`
          select t.name as "table", c.name as "column", lower(c.type) as type, c."notnull" = 0 as nullable
          from pragma_table_list t join pragma_table_info(t.name) c where t.schema = 'main' and t.type = 'table'`
      : sql<{ table: string; column: string; type: string; nullable: number | boolean }>`
          select table_name as "table", column_name as "column", data_type as type, is_nullable = 'YES' as nullable
          from information_schema.columns where table_schema = 'public'`;
  const { rows } = await statement.execute(writes);
  return rows
    .filter(row => !/^(kysely|sqlite)_/.test(row.table))
    .map(row => ({ ...row, nullable: Boolean(row.nullable) }));
}

/** The columns of each primary key, in the key's order. */
async function keysFound({ engine, writes }: Connections): Promise<Map<string, string[]>> {
  const statement =
    engine === 'sqlite'
      ? sql<{ table: string; column: string }>`
          select t.name as "table", c.name as "column"
          from pragma_table_list t join pragma_table_info(t.name) c
          where t.schema = 'main' and t.type = 'table' and c.pk > 0
          order by t.name, c.pk`
      : sql<{ table: string; column: string }>`
          select k.table_name as "table", k.column_name as "column"
          from information_schema.key_column_usage k
          join information_schema.table_constraints c using (constraint_schema, constraint_name, table_name)
          where c.constraint_type = 'PRIMARY KEY' and k.table_schema = 'public'
          order by k.table_name, k.ordinal_position`;
  const { rows } = await statement.execute(writes);
  const keys = Map.groupBy(rows, row => row.table);
  return new Map([...keys].map(([table, columns]) => [table, columns.map(({ column }) => column)]));
}

/** What else the schema consists of: indexes and constraints, as text. */
async function definitions({ engine, writes }: Connections): Promise<unknown[]> {
  const statement =
    engine === 'sqlite'
      ? sql`select name, sql from sqlite_schema order by name`
      : sql`select indexname as name, indexdef as sql from pg_indexes where schemaname = 'public'
            union all
            select conname, pg_get_constraintdef(oid) from pg_constraint where connamespace = 'public'::regnamespace
            order by 1, 2`;
  return (await statement.execute(writes)).rows;
}

const typeNames: Readonly<Record<'sqlite' | 'postgres', Readonly<Record<string, string>>>> = {
  sqlite: { text: 'text', integer: 'integer', bigint: 'bigint', real: 'double precision', bytes: 'blob' },
  postgres: { text: 'text', integer: 'integer', bigint: 'bigint', real: 'double precision', bytes: 'bytea' },
};

const declared = (engine: 'sqlite' | 'postgres'): ColumnFound[] =>
  Object.entries(tables).flatMap(([table, columns]) =>
    Object.entries(columns).map(([column, { type, nullable }]) => ({
      table,
      column,
      type: typeNames[engine][type]!,
      nullable,
    })),
  );

const inOrder = (columns: readonly ColumnFound[]): ColumnFound[] =>
  [...columns].sort((a, b) => a.table.localeCompare(b.table) || a.column.localeCompare(b.column));

test('every table and column of the code is in the database with its kind, and no other', async () => {
  expect(inOrder(await columnsFound(connections))).toEqual(inOrder(declared(connections.engine)));
});

test('every table has a primary key, and those of a team begin it with the team', async () => {
  const keys = await keysFound(connections);
  for (const [table, columns] of Object.entries(tables)) {
    expect([table, keys.get(table)?.length ?? 0]).not.toEqual([table, 0]);
    if ('team_id' in columns) expect([table, keys.get(table)![0]]).toEqual([table, 'team_id']);
  }
  expect([...keys.keys()].filter(table => !table.startsWith('kysely')).sort()).toEqual(Object.keys(tables).sort());
});

test('the columns of a primary key are never null', async () => {
  const columns = await columnsFound(connections);
  for (const [table, key] of await keysFound(connections))
    for (const column of columns.filter(found => found.table === table && key.includes(found.column)))
      expect(column).toMatchObject({ nullable: false });
});

describe('migrations', () => {
  const applied = () =>
    connections.writes
      .selectFrom('kysely_migration' as keyof Database)
      .selectAll()
      .orderBy('name' as never)
      .execute();

  test('run a second time do nothing', async () => {
    const before = [await applied(), await definitions(connections), await columnsFound(connections)];
    expect(before[0]!.length).toBeGreaterThan(0);
    const statements: string[] = [];
    await (await open(database.settings, text => statements.push(text))).close();
    expect([await applied(), await definitions(connections), await columnsFound(connections)]).toEqual(before);
    expect(statements.filter(text => /^\s*(alter|drop|create (unique )?(table|index))\b/i.test(text))).toEqual([]);
  });

  test('run by several servers that start at once are done once', async () => {
    const empty = await emptyDatabase();
    const stores = await Promise.all([1, 2, 3].map(() => open(empty.settings)));
    await addTeam(stores[0]!, 'a');
    expect(await stores[2]!.read(reader => reader.people.anyUser())).toBe(true);
    await Promise.all(stores.map(store => store.close()));
    await empty.drop();
  });

  test('broken off in the middle leave nothing half done: the next start does them whole', async () => {
    const empty = await emptyDatabase();
    const atJobs = (text: string) => {
      if (text.startsWith('create table "jobs"')) throw new Error('the power went');
    };
    await expect(open(empty.settings, atJobs)).rejects.toThrow('the power went');
    const store = await open(empty.settings);
    await addTeam(store, 'a');
    await store.close();
    const after = connectionsTo(empty.settings);
    expect(inOrder(await columnsFound(after))).toEqual(inOrder(declared(after.engine)));
    await close(after);
    await empty.drop();
  });

  /** A database before its first start. */
  const emptyDatabase = async (): Promise<TestDatabase> => {
    const empty = await freshDatabase();
    const found = connectionsTo(empty.settings);
    if (found.engine === 'postgres') {
      await sql`drop schema public cascade`.execute(found.writes);
      await sql`create schema public`.execute(found.writes);
    }
    await close(found);
    return empty;
  };

  test('of a newer version are refused with what to do, and nothing is touched', async () => {
    await connections.writes
      .insertInto('kysely_migration' as never)
      .values({ name: '999-from-the-future', timestamp: '2030-01-01T00:00:00.000Z' } as never)
      .execute();
    const before = [await applied(), await definitions(connections)];
    await expect(open(database.settings)).rejects.toThrow(
      /written by a newer Jobwright \(it has 999-from-the-future\); start that version, or restore a backup/,
    );
    expect([await applied(), await definitions(connections)]).toEqual(before);
  });
});

describe('constraints', () => {
  test.each<[what: string, write: (store: Awaited<ReturnType<typeof open>>) => Promise<unknown>]>([
    ['a team without its owner', store => store.transact(tx => tx.people.insertTeam(team('t', 'nobody')))],
    [
      'a member without a team',
      store =>
        store.transact(tx =>
          tx.people.insertMembership({
            team_id: 'no',
            user_id: 'owner-of-a',
            roles: '[]',
            added_at: 1,
            updated_at: 1,
            removed_at: null,
          }),
        ),
    ],
    ['a token without a user', store => store.transact(tx => tx.tokens.insertToken(token('nobody')))],
    [
      'an entry without its tree',
      store =>
        store.transact(async tx => {
          const head = { team_id: 'a', template_id: 'x', typ: 0, version: 1, publish_count: 0, revision: 1 };
          const made = { created_by: 'owner-of-a', created_at: 1, modified_at: 1, published_internal_version: null };
          const marks = {
            read_only: 0,
            global: 0,
            archive_disabled: 0,
            system: 0,
            archived_at: null,
            reviewed_at: null,
          };
          const source = { source_template_id: null, source_version: null, category_id: null };
          const latest = { title_key: 't', latest_author_id: 'owner-of-a', latest_authored_at: 1, latest_status: '' };
          await tx.templates.insertHead({ ...head, ...made, ...marks, ...source, ...latest });
          await tx.templates.insertEntry({
            team_id: 'a',
            template_id: 'x',
            internal_version: 1,
            public_version: 0,
            published_version: 0,
            status: 'Unpublished',
            title: 'T',
            descrip: '',
            root_hash: 'no such tree',
            root_id: 'root',
            leaf_count: 0,
            first_steps: '[]',
            defaults: '{}',
            property_tables: null,
            metadata: '{}',
            documents: '[]',
            author_id: 'owner-of-a',
            authored_at: 1,
            published_by: null,
            published_at: null,
          });
        }),
    ],
    [
      'a team whose owner is deleted',
      store => store.transact(tx => db(tx).deleteFrom('users').where('user_id', '=', 'owner-of-a').execute()),
    ],
  ])('keep %s out, with all of its transaction', async (_what, write) => {
    const store = await open(database.settings);
    await addTeam(store, 'a');
    const before = await counts();
    await expect(write(store)).rejects.toMatchObject({
      code: connections.engine === 'sqlite' ? 'SQLITE_CONSTRAINT_FOREIGNKEY' : '23503',
    });
    expect(await counts()).toEqual(before);
    await store.close();
  });

  const counts = () =>
    Promise.all(
      (Object.keys(tables) as (keyof Database)[]).map(async table => {
        const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(
          connections.writes,
        );
        return [table, Number(rows[0]!.n)];
      }),
    );
});

test('numbers come back as numbers, however large, and bytes as bytes', async () => {
  const store = await open(database.settings);
  await addTeam(store, 'a');
  const large = Number.MAX_SAFE_INTEGER;
  await store.transact(async tx => {
    await tx.tokens.insertToken({ ...token('owner-of-a'), created_at: -large, expires_at: large });
    await db(tx)
      .insertInto('step_nodes')
      .values({ team_id: 'a', hash: 'h', children: '[]', title_key: '', body: Buffer.from([0, 127, 128, 255]) })
      .execute();
  });
  const [caller] = await store.read(reader => reader.tokens.callerByTokenHash('h'));
  expect(caller).toMatchObject({ expires_at: large, team_id: null });
  const node = await store.read(reader => db(reader).selectFrom('step_nodes').selectAll().executeTakeFirstOrThrow());
  expect(Buffer.from(node.body)).toEqual(Buffer.from([0, 127, 128, 255]));
  await store.close();
});
