/**
 * Where the fields and properties of a job stand, for statements that have the table `jobs` under this name: as filters compare them,
 * as rows are ordered by them, and as they are told.
 */
import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { ExtendedPropertyDataType } from '#gen/flow_types';
import type { Field } from '../../domain/filter/filter.ts';
import { later } from '../compiled.ts';
import { bytewise, type Engine, isOneOf } from '../engine.ts';
import type { FilterColumns } from '../filter/compile.ts';
import { ITS_STEPS, stepColumn } from '../filter/jobs.ts';
import { located } from '../locations.ts';
import { propertyExpression, THE_ROW } from '../properties.ts';

/** A field that a query names. */
export interface QueryField extends Field {
  /** Of a property: where it stands. */
  readonly property?: PropertyPlace;
}

export interface PropertyPlace {
  readonly table: string;
  readonly name: string;
  readonly dataType: ExtendedPropertyDataType;
  /** In some published entries it is something else: their jobs have no value of it here. See JobQueryValues.elsewhere. */
  readonly isElsewhere: boolean;
}

const title = sql`(select e.title from template_entries as e where e.team_id = jobs.team_id
  and e.template_id = jobs.template_id and e.internal_version = jobs.internal_version)`;

const jobColumns: Readonly<Record<string, RawBuilder<unknown>>> = {
  jobId: sql`jobs.job_id`,
  jobName: sql`jobs.job_name`,
  notes: sql`jobs.notes`,
  description: sql`jobs.description`,
  parentJob: sql`jobs.parent_job`,
  priority: sql`jobs.priority`,
  jobStatus: sql`jobs.status`,
  diagramId: sql`jobs.template_id`,
  diagramName: title,
  jobTemplateId: sql`jobs.template_id`,
  jobTemplateName: title,
  ownedBy: sql`jobs.owned_by`,
  createdBy: sql`jobs.created_by`,
  closedBy: sql`jobs.closed_by`,
  createdDate: sql`jobs.created_at`,
  startDate: sql`jobs.start_date`,
  startedDate: sql`jobs.started_at`,
  dueDate: sql`jobs.due_date`,
  endDate: sql`jobs.end_date`,
  diagramVersion: sql`jobs.template_version`,
  revision: sql`jobs.revision`,
  percentComplete: sql`jobs.percent_complete`,
  closed: sql`jobs.closed`,
  hasLocation: located({ teamId: sql`jobs.team_id`, jobId: sql`jobs.job_id` }),
};

/** Fields that a job may have no value of. */
const nullable = new Set(
  'notes description parentJob ownedBy closedBy startDate startedDate dueDate endDate'.split(' '),
);

/** In a row of its table that the statement has as `p`: the value by which a property is compared, or all values as JSON. */
const comparedIn = (engine: Engine, field: QueryField): RawBuilder<unknown> =>
  unlessElsewhere(engine, field, propertyExpression(engine, 'p', field.property!.name, field.property!.dataType));

const toldIn = (engine: Engine, field: QueryField): RawBuilder<unknown> =>
  unlessElsewhere(engine, field, sql`p.row_values`);

function unlessElsewhere(
  engine: Engine,
  { name, property }: QueryField,
  value: RawBuilder<unknown>,
): RawBuilder<unknown> {
  if (!property!.isElsewhere) return value;
  const entries = later(({ elsewhere }: Elsewhere) => elsewhere[name]!);
  const entry = sql<string>`(jobs.template_id || '/' || cast(jobs.internal_version as text))`;
  return sql`case when ${isOneOf(engine, entry, entries)} then null else ${value} end`;
}

/** By `table.property`: entries, as `template/version`, in which it is something else. */
export interface Elsewhere {
  readonly elsewhere: Readonly<Record<string, readonly string[]>>;
}

const isRowOf = ({ table }: PropertyPlace): RawBuilder<unknown> =>
  sql`p.team_id = jobs.team_id and p.job_id = jobs.job_id and p.table_name = ${sql.lit(table)}`;

const rowsOf = (place: PropertyPlace): RawBuilder<unknown> => sql`job_property_rows as p where ${isRowOf(place)}`;

/** Of the one row that a job has, or of the oldest of its rows. */
const ofRow = (engine: Engine, field: QueryField, value: RawBuilder<unknown>): RawBuilder<unknown> =>
  field.per === 'row'
    ? sql`(select ${value} from ${rowsOf(field.property!)} ${oldest(engine)})`
    : sql`(select ${value} from ${rowsOf(field.property!)} and p.row_id = ${sql.lit(THE_ROW)})`;

const oldest = (engine: Engine): RawBuilder<unknown> =>
  sql`order by p.created_at, ${bytewise(engine, sql`p.row_id`)} limit 1`;

export class JobColumns implements FilterColumns {
  readonly #engine: Engine;
  readonly #step: (field: Field) => RawBuilder<unknown>;

  /** @param step where the value of a current step's field is */
  constructor(engine: Engine, step: (field: Field) => RawBuilder<unknown>) {
    this.#engine = engine;
    this.#step = step;
  }

  value(field: QueryField): RawBuilder<unknown> {
    if (field.per === 'step') return this.#step(field);
    if (!field.property) return jobColumns[field.name]!;
    return ofRow(this.#engine, field, comparedIn(this.#engine, field));
  }

  anyRow(field: QueryField, meets: (value: Expression<unknown>) => Expression<SqlBool>): Expression<SqlBool> {
    const place = field.property!;
    return sql<SqlBool>`exists (select 1 from ${rowsOf(place)} and ${meets(comparedIn(this.#engine, field))})`;
  }

  /** What is told of a job: the value, or of a property all values of the row that it stands in, as JSON. */
  cell(field: QueryField): RawBuilder<unknown> {
    return field.property ? ofRow(this.#engine, field, toldIn(this.#engine, field)) : this.value(field);
  }

  /** All values of a field of which a job may have several: the rows that it stands in, and where it stands there. */
  values(field: QueryField): { readonly rows: RawBuilder<unknown>; readonly value: RawBuilder<unknown> } {
    if (field.per === 'step') return { rows: sql`job_steps as filter_step on ${ITS_STEPS}`, value: stepColumn(field) };
    return {
      rows: sql`job_property_rows as p on ${isRowOf(field.property!)}`,
      value: comparedIn(this.#engine, field),
    };
  }

  /** Rows of a query by the values of a field: what they are ordered by, never null. */
  keys(field: QueryField, descending: boolean): SortKey[] {
    const value = this.value(field);
    const kind = keyKinds[field.type];
    const isText = kind === 'text';
    const inOrder = isText ? bytewise(this.#engine, value) : value;
    if (field.per === 'job' && !field.property && !nullable.has(field.name))
      return [{ value: inOrder, descending, kind }];
    if (kind === 'moment') {
      const last = sql.lit(descending ? -Number.MAX_SAFE_INTEGER : Number.MAX_SAFE_INTEGER);
      return [{ value: sql`coalesce(${value}, ${last})`, descending, kind }];
    }
    const none = isText ? sql.lit('') : sql.lit(0);
    return [
      { value: sql`case when ${value} is null then 1 else 0 end`, descending: false, kind: 'moment' },
      {
        value: isText ? bytewise(this.#engine, sql`coalesce(${value}, ${none})`) : sql`coalesce(${value}, ${none})`,
        descending,
        kind,
      },
    ];
  }

  /** What decides between rows that are equal in all else. */
  tie(): SortKey {
    return { value: bytewise(this.#engine, jobColumns.jobId!), descending: false, kind: 'text' };
  }
}

export interface SortKey {
  readonly value: RawBuilder<unknown>;
  readonly descending: boolean;
  readonly kind: KeyKind;
}

/** `whole`: of 64 bits, which travel as digits. `moment`: whole, too, and exact as a number. */
type KeyKind = 'text' | 'moment' | 'whole' | 'number';

const keyKinds: Readonly<Record<Field['type'], KeyKind>> = {
  text: 'text',
  user: 'text',
  dateOnly: 'text',
  timeOnly: 'text',
  integer: 'whole',
  number: 'number',
  boolean: 'moment',
  dateTime: 'moment',
  timestampOffset: 'moment',
};

const databaseTypes: Readonly<Record<Engine, Readonly<Record<KeyKind, string>>>> = {
  sqlite: { text: 'text', moment: 'integer', whole: 'integer', number: 'real' },
  postgres: { text: 'text', moment: 'bigint', whole: 'bigint', number: 'double precision' },
};

/** A key as it travels to where the next page begins, and back. */
export const keySent = ({ value, kind }: SortKey): RawBuilder<unknown> =>
  kind === 'whole' ? sql`cast(${value} as text)` : value;

export const keyGiven = (engine: Engine, { kind }: SortKey, given: unknown): RawBuilder<unknown> =>
  sql`cast(${given} as ${sql.raw(databaseTypes[engine][kind])})`;

/** What comes behind the row with these keys. @param given one for each key */
export function behind(engine: Engine, keys: readonly SortKey[], given: readonly unknown[]): RawBuilder<SqlBool> {
  const at = keys.map((key, index) => keyGiven(engine, key, given[index]));
  if (keys.every(({ descending }) => !descending)) {
    const values = keys.map(({ value }) => value);
    return keys.length === 1 ? sql`${values[0]} > ${at[0]}` : sql`(${sql.join(values)}) > (${sql.join(at)})`;
  }
  const next = keys.map(({ value, descending }, index) => sql`${value} ${descending ? sql`<` : sql`>`} ${at[index]}`);
  const equal = keys.map(({ value }, index) => sql`${value} = ${at[index]}`);
  const last = keys.length - 1;
  return keys
    .slice(0, last)
    .reduceRight<RawBuilder<SqlBool>>(
      (rest, _, index) => sql`(${next[index]} or (${equal[index]} and ${rest}))`,
      sql`(${next[last]})`,
    );
}
