/**
 * Inserts and updates of any number of rows in one statement whose text never changes: the rows travel as JSON in one parameter, and
 * rows that differ from each other in a few columns only travel as a product, what differs times what is common.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Engine } from './engine.ts';
import { type Database, type Row, tables } from './schema.ts';

type Table = keyof Database;

/** One side of the product: its columns, where they come from, and their values there. */
interface Side {
  readonly columns: readonly string[];
  readonly values: readonly RawBuilder<unknown>[];
  readonly source: RawBuilder<unknown>;
}

/**
 * Inserts each row of `rows`, completed by each of `common`.
 * @param rows all with the same columns, and none of those of `common`
 * @param conflict what to do with rows that are there already; nothing said, they fail the statement
 * @returns how many rows were inserted or changed
 */
export async function insertProduct<T extends Table>(
  db: Kysely<Database>,
  engine: Engine,
  table: T,
  rows: readonly Partial<Row<T>>[],
  common: readonly Partial<Row<T>>[] = [],
  conflict: RawBuilder<unknown> = sql``,
): Promise<number> {
  if (rows.length === 0) return 0;
  const sides = [side(engine, table, 'a', rows), ...(common.length > 0 ? [side(engine, table, 'b', common)] : [])];
  const columns = sides.flatMap(({ columns }) => columns.map(column => sql.ref(column)));
  const values = sides.flatMap(({ values }) => values);
  const from = sql.join(
    sides.map(({ source }) => source),
    sql` cross join `,
  );
  const { numAffectedRows } = await sql`
    insert into ${sql.table(table)} (${sql.join(columns)})
    select ${sql.join(values)} from ${from} where true ${conflict}`.execute(db);
  return Number(numAffectedRows ?? 0n);
}

/** Rows of some of a table's columns as something to join with, in one parameter whatever their number. */
export function joined<T extends Table>(
  engine: Engine,
  table: T,
  alias: string,
  rows: readonly Partial<Row<T>>[],
): RawBuilder<unknown> {
  const { columns, values, source } = side(engine, table, alias, rows);
  const named = columns.map((column, index) => sql`${values[index]} as ${sql.ref(column)}`);
  return sql`(select ${sql.join(named)} from ${source}) as ${sql.ref(alias)}`;
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
  const { columns, values, source } = side(engine, table, 'a', rows);
  const named = columns.map((column, index) => ({ column, value: values[index]! }));
  const changes = named.filter(({ column }) => !keys.includes(column as keyof Row<T> & string));
  const pairs = keys.map(key => sql`${sql.ref(`${table}.${key}`)} = ${sql.ref(`new.${key}`)}`);
  const given = sql.join(named.map(({ column, value }) => sql`${value} as ${sql.ref(column)}`));
  const set = sql.join([
    ...changes.map(({ column }) => sql`${sql.ref(column)} = ${sql.ref(`new.${column}`)}`),
    ...further,
  ]);
  await sql`
    update ${sql.table(table)} set ${set}
    from (select ${given} from ${source}) as new
    where ${sql.join(pairs, sql` and `)}`.execute(db);
}

function side(engine: Engine, table: Table, alias: string, rows: readonly object[]): Side {
  const columns = Object.keys(rows[0]!);
  const json = JSON.stringify(rows);
  if (engine === 'sqlite') {
    return {
      columns,
      values: columns.map(column => sql`${sql.ref(`${alias}.value`)} ->> ${sql.lit(`$.${column}`)}`),
      source: sql`json_each(${json}) as ${sql.ref(alias)}`,
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
