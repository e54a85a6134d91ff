/** Checks of the database as such: what SQLite and PostgreSQL themselves promise, and what could have come past them. */
import { type RawBuilder, sql } from 'kysely';
import type { Check, Finding, Ground } from './finding.ts';

const only = (on: Ground['engine'], name: string, run: Check['run']): Check => ({ name, on, run });

interface Told {
  readonly table_name: string;
  readonly key?: string | null;
  readonly what: string;
  readonly found: unknown;
  readonly is_right: unknown;
}

async function tellAll({ db, tell }: Ground, statement: RawBuilder<Told>): Promise<void> {
  for (const { table_name, key, what, found, is_right } of (await statement.execute(db)).rows)
    tell({ table: table_name, key: key == null ? [] : [key], what, found, right: is_right });
}

/** An index of SQLite's own has as many rows as the table that it is kept for. */
const sameNumber = (index: string, table: string): Check =>
  only('sqlite', `${index} has nothing that ${table} has not`, ground =>
    tellAll(
      ground,
      sql`select * from (select ${sql.lit(index)} as table_name, 'number of rows' as what,
        (select count(*) from ${sql.table(index)}) as found, (select count(*) from ${sql.table(table)}) as is_right)
      where found <> is_right`,
    ),
  );

/** Rows whose owner is gone, for each foreign key: it may have been switched off while data came in. */
async function orphans(ground: Ground): Promise<void> {
  const { rows } = await sql<{ name: string; child: string; parent: string; columns: string[]; parents: string[] }>`
    select c.conname as name, c.conrelid::regclass::text as child, c.confrelid::regclass::text as parent,
      array(select a.attname::text from unnest(c.conkey) with ordinality as k(n, place)
        join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = k.n order by k.place) as columns,
      array(select a.attname::text from unnest(c.confkey) with ordinality as k(n, place)
        join pg_attribute as a on a.attrelid = c.confrelid and a.attnum = k.n order by k.place) as parents
    from pg_constraint as c
    where c.contype = 'f' and c.connamespace = current_schema()::regnamespace order by 1`.execute(ground.db);
  for (const [index, { name, child, parent, columns, parents }] of rows.entries()) {
    const own = columns.map(column => sql.ref(`c.${column}`));
    const same = columns.map((column, at) => sql`${sql.ref(`p.${parents[at]}`)} = ${sql.ref(`c.${column}`)}`);
    await tellAll(
      ground,
      sql`select ${sql.lit(child)} as table_name, concat_ws(', ', ${sql.join(own)}) as key,
        ${sql.lit(name)} as what, 'a row without its owner' as found, ${sql.lit(`a row of ${parent}`)} as is_right
      from ${sql.table(child)} as c where num_nulls(${sql.join(own)}) = 0
        and not exists (select 1 from ${sql.table(parent)} as p where ${sql.join(same, sql` and `)})`,
    );
    ground.progress(index + 1, rows.length);
  }
}

const PURPOSES = ['attachment-address', 'cursor', 'page', 'webhook'];

async function signingKeys({ db, tell }: Ground): Promise<void> {
  const { rows } = await sql<{ purpose: string; bytes: number }>`
    select purpose, length(secret) as bytes from signing_keys`.execute(db);
  const lengths = new Map(rows.map(row => [row.purpose, Number(row.bytes)]));
  for (const purpose of PURPOSES) {
    const found = lengths.get(purpose);
    if (found !== 32) tell({ table: 'signing_keys', key: [purpose], what: 'bytes of the secret', found, right: 32 });
  }
}

const inDatabase = (what: string, found: string): Finding => ({
  table: 'the database',
  key: [],
  what,
  found,
  right: 'ok',
});

export const structureChecks: readonly Check[] = [
  only('sqlite', 'the file is whole: pages, indexes, full-text index and R-tree', async ({ db, tell }) => {
    const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db);
    for (const row of rows) if (row.integrity_check !== 'ok') tell(inDatabase('integrity_check', row.integrity_check));
  }),
  only('sqlite', 'rows have the rows that they belong to', async ({ db, tell }) => {
    const { rows } = await sql<{ table: string; rowid: number | null; parent: string }>`
      pragma foreign_key_check`.execute(db);
    for (const { table, rowid, parent } of rows)
      tell({
        table,
        key: rowid === null ? [] : [`rowid ${rowid}`],
        what: 'foreign key',
        found: 'a row without its owner',
        right: `a row of ${parent}`,
      });
  }),
  sameNumber('job_text_index', 'job_texts'),
  sameNumber('job_location_boxes', 'job_locations'),
  only('postgres', 'rows have the rows that they belong to', orphans),
  only('postgres', 'constraints are validated, indexes valid, triggers on', ground =>
    tellAll(
      ground,
      sql`
      select conrelid::regclass::text as table_name, conname::text as what, 'a constraint that is not validated' as found,
        'validated' as is_right
      from pg_constraint where connamespace = current_schema()::regnamespace and not convalidated
      union all
      select i.indrelid::regclass::text, c.relname::text, 'an index that is not valid', 'valid'
      from pg_index as i join pg_class as c on c.oid = i.indexrelid
      where c.relnamespace = current_schema()::regnamespace and not (i.indisvalid and i.indisready)
      union all
      select t.tgrelid::regclass::text, t.tgname::text, 'a trigger that is switched off', 'on'
      from pg_trigger as t join pg_class as c on c.oid = t.tgrelid
      where c.relnamespace = current_schema()::regnamespace and t.tgenabled <> 'O'`,
    ),
  ),
  { name: "the server's own keys are there", run: signingKeys },
];
