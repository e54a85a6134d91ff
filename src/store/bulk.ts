/**
 * Inserts and updates of any number of rows in one statement whose text never changes: the rows travel as JSON in one parameter, and
 * rows that differ from each other in a few columns only travel as a product, what differs times what is common.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { changed, compiledByShape } from './compiled.ts';
import type { Engine } from './engine.ts';
import { type Database, type Row, tables } from './schema.ts';

type Table = keyof Database;

/** Rows: their columns, where they come from, and their values there. */
interface Side {
  readonly columns: readonly string[];
  readonly values: readonly RawBuilder<unknown>[];
  readonly source: RawBuilder<unknown>;
}

/** What an insert depends on beside its rows. */
interface Insert {
  readonly table: Table;
  readonly columns: readonly string[];
  readonly common: readonly string[];
  readonly conflict: string;
}

/**
 * Inserts each row of `rows`, completed by each of `common`.
 * @param rows all with the same columns, and none of those of `common`
 * @param conflict SQL that says what to do with rows that are there already; nothing said, they fail the statement
 * @returns how many rows were inserted or changed
 */
export async function insertProduct<T extends Table>(
  db: Kysely<Database>,
  engine: Engine,
  table: T,
  rows: readonly Partial<Row<T>>[],
  common: readonly Partial<Row<T>>[] = [],
  conflict = '',
): Promise<number> {
  if (rows.length === 0) return 0;
  const [columns, shared] = [Object.keys(rows[0]!), Object.keys(common[0] ?? {})];
  const insert = { table, columns, common: shared, conflict };
  const { numAffectedRows } =
    rows.length === 1 && common.length <= 1
      ? await insertedOne(db, engine, insert, { ...rows[0], ...common[0] })
      : await inserted(db, engine, insert, { rows, common });
  if (engine === 'postgres' && table === 'jobs' && rows.length >= MANY) await sql`discard plans`.execute(db);
  return Number(numAffectedRows ?? 0n);
}

/**
 * PostgreSQL keeps its plans per connection, also those by which it checks foreign keys. What was planned while a table had a few rows
 * walks through all of it, for each of the rows that name one of those which were just inserted. Jobs alone are made so many at a time
 * and named by further rows in the same transaction: behind many of them plans are made anew.
 */
const MANY = 500;

/** No column has the name of what parts the two lists. */
const shapeOf = ({ table, columns, common, conflict }: Insert) => [table, conflict, ...columns, 'with', ...common];

/** Most inserts are of one row: its values need no JSON. */
const insertedOne = compiledByShape<Insert, Readonly<Record<string, unknown>>, never>(
  shapeOf,
  (db, _engine, { table, columns, common, conflict }, values) => {
    const all = [...columns, ...common];
    const insert = sql<never>`
      insert into ${sql.table(table)} (${sql.join(all.map(column => sql.ref(column)))})
      values (${sql.join(all.map(column => values[column]))}) ${sql.raw(conflict)}`;
    return { compile: () => insert.compile(db) };
  },
);

const inserted = compiledByShape<Insert, { rows: readonly object[]; common: readonly object[] }, never>(
  shapeOf,
  (db, engine, { table, columns, common, conflict }, values) => {
    const sides = [side(engine, table, 'a', columns, values.rows)];
    if (common.length > 0) sides.push(readOnce(side(engine, table, 'c', common, values.common), 'b'));
    const from = sides.map(({ source }) => source);
    const insert = sql<never>`
      insert into ${sql.table(table)} (${sql.join([...columns, ...common].map(column => sql.ref(column)))})
      select ${sql.join(sides.flatMap(({ values }) => values))}
      from ${sql.join(from, sql` cross join `)} where true ${sql.raw(conflict)}`;
    return { compile: () => insert.compile(db) };
  },
);

/** The same rows, taken out of their JSON once, not once for each row that they are joined with: the limit forbids SQLite to do that. */
const readOnce = (rows: Side, alias: string): Side => ({
  columns: rows.columns,
  values: rows.columns.map(column => sql.ref(`${alias}.${column}`)),
  source: sql`(select ${named(rows)} from ${rows.source} limit ${sql.lit(MORE_THAN_ANY)}) as ${sql.ref(alias)}`,
});

const MORE_THAN_ANY = 1_000_000_000;

const named = ({ columns, values }: Side): RawBuilder<unknown> =>
  sql.join(columns.map((column, index) => sql`${values[index]} as ${sql.ref(column)}`));

/** Rows of some of a table's columns as something to join with, in one parameter whatever their number. */
export function joined<T extends Table>(
  engine: Engine,
  table: T,
  alias: string,
  rows: readonly Partial<Row<T>>[],
): RawBuilder<unknown> {
  const all = side(engine, table, alias, Object.keys(rows[0]!), rows);
  return sql`(select ${named(all)} from ${all.source}) as ${sql.ref(alias)}`;
}

/**
 * Gives rows that are there values of their own: one statement, whatever their number.
 * @param rows all with the same columns, the keys among them
 * @param keys the columns that name a row
 * @param further what changes besides, the same for all
 */
export async function updateEach<T extends Table>(
  db: Kysely<Database>,
  engine: Engine,
  table: T,
  rows: readonly Partial<Row<T>>[],
  keys: readonly (keyof Row<T> & string)[],
  further: readonly RawBuilder<unknown>[] = [],
): Promise<void> {
  if (rows.length === 0) return;
  const all = side(engine, table, 'a', Object.keys(rows[0]!), rows);
  const changes = all.columns.filter(column => !keys.includes(column as keyof Row<T> & string));
  const pairs = keys.map(key => sql`${sql.ref(`${table}.${key}`)} = ${sql.ref(`new.${key}`)}`);
  const set = sql.join([...changes.map(column => sql`${sql.ref(column)} = ${sql.ref(`new.${column}`)}`), ...further]);
  await sql`
    update ${sql.table(table)} set ${set}
    from (select ${named(all)} from ${all.source}) as new
    where ${sql.join(pairs, sql` and `)}`.execute(db);
}

function side(engine: Engine, table: Table, alias: string, columns: readonly string[], rows: readonly object[]): Side {
  const json = changed(rows, JSON.stringify);
  if (engine === 'sqlite') {
    return {
      columns,
      values: columns.map(column => sql`${sql.ref(`${alias}.value`)} ->> ${sql.lit(`$.${column}`)}`),
      // Not json_each, which would write each row as text anew for each of its columns.
      source: sql`jsonb_each(${json}) as ${sql.ref(alias)}`,
    };
  }
  const typed = columns.map(column => sql`${sql.ref(column)} ${sql.raw(postgresTypes[typeOf(table, column)])}`);
  return {
    columns,
    values: columns.map(column => sql.ref(`${alias}.${column}`)),
    source: sql`json_to_recordset(${json}::json) as ${sql.ref(alias)}(${sql.join(typed)})`,
  };
}

const postgresTypes = {
  text: 'text',
  integer: 'integer',
  bigint: 'bigint',
  real: 'double precision',
  bytes: 'bytea',
} as const;

const typeOf = (table: Table, column: string): keyof typeof postgresTypes =>
  (tables[table] as Readonly<Record<string, { readonly type: keyof typeof postgresTypes }>>)[column]!.type;

/** What of the change is one: a column that is set to what it has makes SQLite write its indexes anew. */
export function differing<T extends object>(read: T, change: Partial<T>): Partial<T> {
  const differs: Partial<T> = {};
  for (const column of Object.keys(change) as (keyof T)[])
    if (change[column] !== read[column]) differs[column] = change[column];
  return differs;
}
