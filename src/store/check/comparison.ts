/** Checks that the database answers by itself: a column against what it follows from, for all rows of a page in one statement. */
import { sql } from 'kysely';
import type { Engine } from '../engine.ts';
import type { Check, Ground } from './finding.ts';
import { keyOf, stretches, type Walked } from './pages.ts';

/** SQL that may differ by engine. */
export type Sql = string | Readonly<Record<Engine, string>>;

/** `found` must be `right` in each row `t` of the table for which `of` holds. */
export interface Comparison {
  readonly name: string;
  readonly table: Walked;
  /** What a finding names; the column that is compared when `found` does not say otherwise. */
  readonly what: string;
  readonly found?: Sql;
  readonly right: Sql;
  readonly of?: Sql;
  readonly on?: Engine;
}

const ROWS_PER_PAGE = 5000;

const onEngine = (text: Sql, engine: Engine) => sql.raw(typeof text === 'string' ? text : text[engine]);

export const comparisonCheck = (comparison: Comparison): Check => ({
  name: comparison.name,
  ...(comparison.on && { on: comparison.on }),
  run: ground => compare(ground, comparison),
});

async function compare(ground: Ground, { table, what, found, right, of }: Comparison): Promise<void> {
  const { engine, db, tell } = ground;
  for await (const stretch of stretches(ground, table, ROWS_PER_PAGE)) {
    const { rows } = await sql<{ is_found: unknown; is_right: unknown }>`
      select * from (
        select t.*, ${onEngine(found ?? `t.${what}`, engine)} as is_found, ${onEngine(right, engine)} as is_right
        from ${sql.table(table)} as t where ${stretch} and ${onEngine(of ?? '1 = 1', engine)}) as compared
      where is_found is distinct from is_right`.execute(db);
    for (const row of rows) tell({ table, key: keyOf(table, row), what, found: row.is_found, right: row.is_right });
  }
}

/** A check that what a column names is there: `right` finds it, or nothing. */
export const reference = (
  name: string,
  table: Walked,
  what: string,
  target: string,
  where: string,
  of = `t.${what} is not null`,
): Comparison => ({
  name,
  table,
  what,
  of,
  right: `(select t.${what} where exists (select 1 from ${target} where ${where}))`,
});
