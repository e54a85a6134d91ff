/** The statements of queries and statistics, built for a shape: their values come when they run (queries.ts). */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { type Operand, operandValue } from '../../domain/filter/condition.ts';
import { later } from '../compiled.ts';
import { bytewise, type Engine } from '../engine.ts';
import type { FilterTarget } from '../filter/compile.ts';
import { inFirstStep, jobMeets, stepMeets, stepSought } from '../filter/jobs.ts';
import { isLocated, meets } from '../locations.ts';
import { behind, JobColumns, keySent, type QueryField, type SortKey } from './columns.ts';
import type { JobOrder, JobSelection, RunValues } from './queries.ts';
import { hasTerm, listed } from './searched.ts';

const given = <T>(of: (values: RunValues) => T): T => later(of);
const teamId = given(values => values.teamId);

/** What a selection is made of: where its jobs come from, and what they must meet. */
class Selected {
  readonly engine: Engine;
  readonly columns: JobColumns;
  readonly #selection: JobSelection;
  readonly #target: FilterTarget;

  constructor(engine: Engine, selection: JobSelection) {
    this.engine = engine;
    this.#selection = selection;
    this.columns = new JobColumns(engine, field => inFirstStep(field, selection.filter, this.#target));
    this.#target = {
      engine,
      columns: this.columns,
      operand: (operand: Exclude<Operand, { kind: 'field' }>) => given(values => operandValue(operand, values)),
    };
  }

  /** Selects these columns of the jobs, which are `jobs`, each job once. `job_id` is one of them. */
  jobs(columns: RawBuilder<unknown>, further: RawBuilder<unknown> = sql``): RawBuilder<unknown> {
    const { filter, fromTerm } = this.#selection;
    const sought = filter && !fromTerm ? stepSought(filter, teamId, this.#target) : undefined;
    // `cross join`: where indexes name the few jobs that it can be, SQLite's planner begins with them.
    if (sought)
      return sql`select distinct ${columns} from job_steps as filter_step cross join jobs
        where ${sought} and jobs.team_id = ${teamId} and jobs.job_id = filter_step.job_id and jobs.closed = 0
          and ${stepMeets(filter!, this.#target)} ${this.#conditions} ${further}`;
    const few = sql`(select distinct job_id from (${listed(this.engine)}) as any_few) as few cross join `;
    const meets = filter ? sql`and ${jobMeets(filter, this.#target)}` : sql``;
    return sql`select ${columns} from ${fromTerm ? few : sql``}jobs
      where jobs.team_id = ${teamId} ${fromTerm ? sql`and jobs.job_id = few.job_id` : sql``}
        ${meets} ${this.#conditions} ${further}`;
  }

  /** But for the filter. */
  get #conditions(): RawBuilder<unknown> {
    const { inExtent, hasLocation, terms } = this.#selection;
    const job = { teamId: sql<string>`jobs.team_id`, jobId: sql<string>`jobs.job_id` };
    const conditions: RawBuilder<SqlBool>[] = [];
    if (hasLocation !== undefined) conditions.push(hasLocation ? isLocated(job) : sql`not (${isLocated(job)})`);
    if (inExtent) conditions.push(meets(this.engine, teamId, job.jobId, EXTENT));
    for (let place = 0; place < terms; place++) conditions.push(hasTerm(this.engine, place));
    return sql.join(
      conditions.map(condition => sql`and ${condition}`),
      sql` `,
    );
  }
}

const EXTENT = {
  xmin: given(({ extent }) => extent!.xmin),
  ymin: given(({ extent }) => extent!.ymin),
  xmax: given(({ extent }) => extent!.xmax),
  ymax: given(({ extent }) => extent!.ymax),
};

const LIMIT = given(({ limit }) => limit);

/** `job_id`, the keys `k0`, `k1`, … of the order, and the cells `c0`, `c1`, …. */
export function pageStatement(
  engine: Engine,
  selection: JobSelection,
  fields: readonly QueryField[],
  order: readonly JobOrder[],
  isBehind: boolean,
): RawBuilder<unknown> {
  const selected = new Selected(engine, selection);
  const { columns } = selected;
  const keys = orderKeys(columns, order);
  const named = keys.map(({ value }, index) => sql`${value} as ${sql.ref(`k${index}`)}`);
  const after = keys.map((_, index) => given(({ start }) => start.after![index]));
  const onward = isBehind ? sql`and ${behind(engine, keys, after)}` : sql``;
  const sent = keys.map((key, index) => {
    const name = sql.ref(`k${index}`);
    return sql`${keySent({ ...key, value: sql`page.${name}` })} as ${name}`;
  });
  const cells = fields.map((field, index) => sql`${columns.cell(field)} as ${sql.ref(`c${index}`)}`);
  return sql`
    select page.job_id, ${sql.join([...sent, ...cells])} from (
      ${selected.jobs(sql`jobs.job_id, ${sql.join(named)}`, onward)}
      order by ${directions(keys)} limit ${LIMIT} offset ${given(({ start }) => start.offset)}
    ) as page cross join ${theJob(engine)}
    order by ${directions(keys, sql`page.`)}`;
}

/**
 * The jobs of the page, by their key. PostgreSQL, which plans without knowing how few they are, would read all jobs instead, unless
 * `offset 0` has each looked up.
 */
const theJob = (engine: Engine): RawBuilder<unknown> =>
  engine === 'sqlite'
    ? sql`jobs where jobs.team_id = ${teamId} and jobs.job_id = page.job_id`
    : sql`lateral (select * from jobs where jobs.team_id = ${teamId} and jobs.job_id = page.job_id offset 0) as jobs`;

const directions = (keys: readonly SortKey[], table = sql``): RawBuilder<unknown> =>
  sql.join(
    keys.map(({ descending }, index) => sql`${table}${sql.ref(`k${index}`)} ${descending ? sql`desc` : sql`asc`}`),
  );

/** The same field again decides nothing. The id of the job comes last. */
function orderKeys(columns: JobColumns, order: readonly JobOrder[]): SortKey[] {
  const keys: SortKey[] = [];
  const seen = new Set<string>();
  for (const { field, descending } of order) {
    if (!seen.has(field.name)) keys.push(...columns.keys(field, descending));
    seen.add(field.name);
    if (field.name === 'jobId') return keys;
  }
  return [...keys, columns.tie()];
}

export function countStatement(engine: Engine, selection: JobSelection): RawBuilder<unknown> {
  const selected = new Selected(engine, selection);
  return sql`select count(*) as n from (${selected.jobs(sql`jobs.job_id`)}) as found`;
}

/** `value` and `n`, whole numbers as digits. A job of several values counts in the group of each. */
export function groupStatement(engine: Engine, selection: JobSelection, by: QueryField): RawBuilder<unknown> {
  const selected = new Selected(engine, selection);
  const isText = ['text', 'user', 'dateOnly', 'timeOnly'].includes(by.type);
  const inOrder = (value: RawBuilder<unknown>) => (isText ? bytewise(engine, value) : value);
  const told = by.type === 'integer' ? sql`cast(counted.value as text)` : sql`counted.value`;
  const each =
    by.per === 'job'
      ? selected.jobs(sql`jobs.job_id, ${inOrder(selected.columns.value(by))} as value`)
      : eachValue(selected, by, inOrder);
  return sql`select ${told} as value, counted.n as n from (
      select each_value.value as value, count(*) as n from (${each}) as each_value group by 1
    ) as counted order by counted.n desc, counted.value asc nulls last limit ${LIMIT}`;
}

/** Each job with each of its values once, or with null where it has none. */
function eachValue(
  selected: Selected,
  by: QueryField,
  inOrder: (value: RawBuilder<unknown>) => RawBuilder<unknown>,
): RawBuilder<unknown> {
  const { rows, value } = selected.columns.values(by);
  return sql`select distinct jobs.job_id, ${inOrder(value)} as value
    from (${selected.jobs(sql`jobs.*`)}) as jobs left join ${rows} and ${value} is not null`;
}
