/**
 * Filters of jobs: a job is found when any of its current steps, or a row of nulls where it has none, meets the whole filter. A
 * closed job has none for anybody; those that rest in its rows do not count.
 */
import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import { type Equality, equalities, type Filter } from '../../domain/filter/filter.ts';
import { compiled, type FilterColumns, type FilterTarget } from './compile.ts';

/** The fields of a current step; it stands in the statement as `filter_step`. */
const stepColumns: Readonly<Record<string, RawBuilder<unknown>>> = {
  assignedType: sql`case filter_step.assigned_type when 0 then 'Unassigned' when 1 then 'Group' when 2 then 'User' end`,
  assignedTo: sql`filter_step.assigned_to`,
  currentStep: sql`filter_step.step_name`,
  currentStepId: sql`filter_step.step_id`,
};

/**
 * Of the table `jobs`, which the statement has under this name.
 * @param target its columns know the fields of jobs and properties; those of steps are known here
 */
export function jobMeets(filter: Filter, teamId: string, target: FilterTarget): Expression<SqlBool> {
  if (!filter.perStep) return compiled(filter.condition, target);
  const columns: FilterColumns = {
    value: field => (field.per === 'step' ? stepColumns[field.name]! : target.columns.value(field)),
    anyRow: target.columns.anyRow,
  };
  const condition = compiled(filter.condition, { ...target, columns });
  const met = sql<SqlBool>`exists (
    select 1 from (select 1 as one) as one
    left join job_steps as filter_step on filter_step.team_id = jobs.team_id and filter_step.job_id = jobs.job_id
      and filter_step.current = 1 and jobs.closed = 0
    where ${condition})`;
  const sought = equalities(filter, target.context).filter(({ field }) => field.per === 'step');
  return sought.length === 0 ? met : sql<SqlBool>`(${hasStep(sought, teamId)} and ${met})`;
}

/**
 * Says nothing that the filter does not, in a form that the database can begin with: my current steps are found by an index,
 * however many jobs there are.
 */
function hasStep(sought: readonly Equality[], teamId: string): Expression<SqlBool> {
  if (sought.some(({ values }) => values.length === 0)) return sql<SqlBool>`1 = 0`;
  const parts = sought.map(({ field, values }) => sql`${stepColumns[field.name]!} in (${sql.join(values)})`);
  return sql<SqlBool>`jobs.job_id in (
    select filter_step.job_id from job_steps as filter_step
    where filter_step.team_id = ${teamId} and filter_step.current = 1 and ${sql.join(parts, sql` and `)})`;
}
