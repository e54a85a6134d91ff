/**
 * Filters of jobs: a job is found when any of its current steps, or a row of nulls where it has none, meets the whole filter. A
 * closed job has none for anybody; those that rest in its rows do not count.
 */
import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import { equalities, type Field, type Filter } from '../../domain/filter/filter.ts';
import { compiled, type FilterColumns, type FilterTarget } from './compile.ts';

/** The fields of a current step; it stands in the statement as `filter_step`. */
const stepColumns: Readonly<Record<string, RawBuilder<unknown>>> = {
  assignedType: sql`case filter_step.assigned_type when 0 then 'Unassigned' when 1 then 'Group' when 2 then 'User' end`,
  assignedTo: sql`filter_step.assigned_to`,
  currentStep: sql`filter_step.step_name`,
  currentStepId: sql`filter_step.step_id`,
};

export const stepColumn = ({ name }: Field): RawBuilder<unknown> => stepColumns[name]!;

/** The current steps of a job, as a condition that joins them to it. */
export const ITS_STEPS = sql`filter_step.team_id = jobs.team_id and filter_step.job_id = jobs.job_id
  and filter_step.current = 1 and jobs.closed = 0`;

/**
 * Of the table `jobs`, which the statement has under this name.
 * @param target its columns know the fields of jobs and properties; those of steps are known here
 */
export function jobMeets(filter: Filter, target: FilterTarget): Expression<SqlBool> {
  if (!filter.perStep) return compiled(filter.condition, target);
  return sql<SqlBool>`exists (
    select 1 from (select 1 as one) as one
    left join job_steps as filter_step on ${ITS_STEPS}
    where ${stepMeets(filter, target)})`;
}

/** Whether the job `jobs` with its step `filter_step` meets the filter. */
export function stepMeets(filter: Filter, target: FilterTarget): Expression<SqlBool> {
  const columns: FilterColumns = {
    value: field => (field.per === 'step' ? stepColumn(field) : target.columns.value(field)),
    anyRow: (field, meets) => target.columns.anyRow(field, meets),
  };
  return compiled(filter.condition, { ...target, columns });
}

/** The value of a field in the first current step, in the order of the tree, that meets the filter; null where there is none. */
export function inFirstStep(field: Field, filter: Filter | undefined, target: FilterTarget): RawBuilder<unknown> {
  const met = filter?.perStep ? sql`and ${stepMeets(filter, target)}` : sql``;
  return sql`(select ${stepColumn(field)} from job_steps as filter_step where ${ITS_STEPS} ${met}
    order by filter_step.ordinal limit 1)`;
}

/**
 * Where the filter asks for current steps of somebody: that `filter_step` is one of them. It says nothing that the filter does not, in
 * a form that the database can begin with: my current steps are found by an index, however many jobs there are.
 */
export function stepSought(filter: Filter, teamId: string, target: FilterTarget): RawBuilder<SqlBool> | undefined {
  const sought = equalities(filter).filter(({ field }) => field.name === 'assignedTo');
  if (sought.length === 0) return undefined;
  const parts = sought.map(({ field, operands }) => {
    const values = operands.map(operand => sql`${target.operand(operand)}`);
    return sql`${stepColumn(field)} in (${sql.join(values)})`;
  });
  return sql`filter_step.team_id = ${teamId} and filter_step.current = 1 and ${sql.join(parts, sql` and `)}`;
}
