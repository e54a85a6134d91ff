/**
 * Rows of extended and related properties (schema/properties.ts says how values are kept). Their writers meet at the head row of the
 * job.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { ExtendedPropertyDataType } from '#gen/flow_types';
import { insertProduct } from './bulk.ts';
import { type Engine, isOneOf } from './engine.ts';
import type { Database, Row } from './schema.ts';

export type PropertyRow = Row<'job_property_rows'>;

export { THE_ROW } from '../domain/properties/structs.ts';

/** What names a row of a job. */
export type RowKey = Pick<PropertyRow, 'table_name' | 'row_id'>;

/** A job, with the entry that it stands on. */
type JobKey = Pick<Row<'jobs'>, 'team_id' | 'job_id' | 'template_id' | 'internal_version'>;

/** Names the entry that a job stands on. */
export const entryKey = ({ template_id, internal_version }: Pick<JobKey, 'template_id' | 'internal_version'>): string =>
  `${template_id} ${internal_version}`;

export class PropertyReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  /** The property tables of a job's entry, as JSON, with all rows of the job, oldest first. One statement. */
  async ofJob({ team_id, job_id, template_id, internal_version }: JobKey): Promise<{
    readonly tables: string | null;
    readonly rows: PropertyRow[];
  }> {
    // The tables come as a row of a table without a name: once, whatever the number of rows.
    const found = await this.db
      .selectFrom('template_entries')
      .select([
        'team_id',
        sql<string>`cast(${job_id} as text)`.as('job_id'),
        sql<string>`''`.as('table_name'),
        sql<string>`''`.as('row_id'),
        sql<number>`cast(0 as bigint)`.as('created_at'),
        'property_tables as row_values',
      ])
      .where('team_id', '=', team_id)
      .where('template_id', '=', template_id)
      .where('internal_version', '=', internal_version)
      .unionAll(
        this.db
          .selectFrom('job_property_rows')
          .select(['team_id', 'job_id', 'table_name', 'row_id', 'created_at', 'row_values'])
          .where('team_id', '=', team_id)
          .where('job_id', '=', job_id),
      )
      .orderBy('created_at')
      .orderBy('row_id')
      .execute();
    const isTables = ({ table_name }: { table_name: string }) => table_name === '';
    return {
      tables: found.find(isTables)?.row_values ?? null,
      rows: found.filter(row => !isTables(row)) as PropertyRow[],
    };
  }

  /** The property tables of the entries that jobs of one team stand on, as JSON, by `entryKey`; none where an entry has none. */
  async tablesOf(teamId: string, jobIds: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.db
      .selectFrom('jobs as j')
      .innerJoin('template_entries as e', join =>
        join
          .onRef('e.team_id', '=', 'j.team_id')
          .onRef('e.template_id', '=', 'j.template_id')
          .onRef('e.internal_version', '=', 'j.internal_version'),
      )
      .select(['e.template_id', 'e.internal_version', 'e.property_tables'])
      .distinct()
      .where('j.team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('j.job_id'), jobIds))
      .where('e.property_tables', 'is not', null)
      .execute();
    return new Map(rows.map(row => [entryKey(row), row.property_tables!]));
  }

  /** All rows of jobs of one team, oldest first. */
  rows(teamId: string, jobIds: readonly string[]): Promise<PropertyRow[]> {
    return this.db
      .selectFrom('job_property_rows')
      .selectAll()
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('job_id'), jobIds))
      .orderBy('job_id')
      .orderBy('created_at')
      .orderBy('row_id')
      .execute();
  }

  /** The property tables of all entries of a team that were ever published, the newest entry of a template first. */
  publishedTables(teamId: string): Promise<PublishedTables[]> {
    return this.db
      .selectFrom('template_entries as e')
      .innerJoin('templates as t', join =>
        join.onRef('t.team_id', '=', 'e.team_id').onRef('t.template_id', '=', 'e.template_id'),
      )
      .select(['e.template_id', 'e.internal_version', 'e.title', 'e.property_tables as tables'])
      .select(eb =>
        eb
          .case()
          .whenRef('e.internal_version', '=', 't.published_internal_version')
          .then(eb.lit(1))
          .else(eb.lit(0))
          .end()
          .as('is_published'),
      )
      .where('e.team_id', '=', teamId)
      .where('e.published_version', '>', 0)
      .where('e.property_tables', 'is not', null)
      .orderBy('e.template_id')
      .orderBy('e.internal_version', 'desc')
      .$narrowType<{ tables: string }>()
      .execute();
  }
}

/** The property tables of an entry. */
export interface PublishedTables {
  readonly template_id: string;
  readonly internal_version: number;
  readonly title: string;
  /** flow.ExtendedPropertyTable list as JSON. */
  readonly tables: string;
  /** 1 for the entry that is its template's published one. */
  readonly is_published: number;
}

export class PropertyTransactor extends PropertyReader {
  /** The same rows for each of the jobs. */
  async insert(jobIds: readonly string[], rows: readonly Omit<PropertyRow, 'job_id'>[]): Promise<void> {
    if (rows.length === 0) return;
    await insertProduct(
      this.db,
      this.engine,
      'job_property_rows',
      jobIds.map(job_id => ({ job_id })),
      rows,
    );
  }

  /** Rows as they are now, whether they were there before or not. */
  async put(rows: readonly PropertyRow[]): Promise<void> {
    await insertProduct(this.db, this.engine, 'job_property_rows', rows, [], REPLACING);
  }

  /** Rows of one job. */
  async deleteRows(teamId: string, jobId: string, keys: readonly RowKey[]): Promise<void> {
    if (keys.length === 0) return;
    const pairs = keys.map(({ table_name, row_id }) => JSON.stringify([table_name, row_id]));
    const pair =
      this.engine === 'sqlite'
        ? sql<string>`json_array(table_name, row_id)`
        : sql<string>`'[' || to_json(table_name)::text || ',' || to_json(row_id)::text || ']'`;
    await this.db
      .deleteFrom('job_property_rows')
      .where('team_id', '=', teamId)
      .where('job_id', '=', jobId)
      .where(isOneOf(this.engine, sql`(${pair})`, pairs))
      .execute();
  }

  /** All rows of jobs that are deleted. */
  async deleteProperties(teamId: string, jobIds: readonly string[]): Promise<void> {
    await this.db
      .deleteFrom('job_property_rows')
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('job_id'), jobIds))
      .execute();
  }
}

const REPLACING = 'on conflict (team_id, job_id, table_name, row_id) do update set row_values = excluded.row_values';

/**
 * The value of a property in a row, as SQL that compares and sorts alike on both engines: a number for integers (64 bits), doubles,
 * moments (epoch milliseconds) and truth values (1, 0), else a text in the order of its bytes. Null where there is no value.
 * @param alias of job_property_rows in the statement
 * @param name of the property as it is declared: letters, digits and underscores
 */
export function propertyExpression(
  engine: Engine,
  alias: string,
  name: string,
  type: ExtendedPropertyDataType,
): RawBuilder<string | number> {
  const column = sql.ref(`${alias}.row_values`);
  const isTimestamp = type === ExtendedPropertyDataType.TimestampOffset;
  if (engine === 'sqlite') {
    const value = sql`${column} ->> ${sql.lit(`$.${name}${isTimestamp ? '.ms' : ''}`)}`;
    const as = sqliteCasts[type];
    return as ? sql`cast(${value} as ${sql.raw(as)})` : sql`(${value})`;
  }
  const value = isTimestamp
    ? sql`${column}::json -> ${sql.lit(name)} ->> 'ms'`
    : sql`${column}::json ->> ${sql.lit(name)}`;
  return sql`(${value})${sql.raw(postgresCasts[type])}`;
}

const sqliteCasts: Readonly<Partial<Record<ExtendedPropertyDataType, string>>> = {
  [ExtendedPropertyDataType.Integer]: 'integer',
  [ExtendedPropertyDataType.Double]: 'real',
};

const BYTEWISE = ' collate "C"';
const postgresCasts: Readonly<Record<ExtendedPropertyDataType, string>> = {
  [ExtendedPropertyDataType.String]: BYTEWISE,
  [ExtendedPropertyDataType.Integer]: '::bigint',
  [ExtendedPropertyDataType.DateTime]: '::bigint',
  [ExtendedPropertyDataType.DateOnly]: BYTEWISE,
  [ExtendedPropertyDataType.TimeOnly]: BYTEWISE,
  [ExtendedPropertyDataType.TimestampOffset]: '::bigint',
  [ExtendedPropertyDataType.Boolean]: '::integer',
  [ExtendedPropertyDataType.Double]: '::double precision',
};
