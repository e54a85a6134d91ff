/**
 * Result rows where every row of related tables is asked for: one for each of them. It has the values of its own table; those of
 * other related tables are left to rows of their own, and what a job has once stands in all. A job without related rows has one row.
 */
import type { JobValue } from '#gen/jobs_types';
import { BadRequest } from '../../base/errors.ts';
import type { QueryField } from '../../store/job-queries/columns.ts';
import type { JobRowFound } from '../../store/job-queries/queries.ts';
import type { PropertyRow } from '../../store/properties.ts';
import { jobValue } from './cells.ts';

const MOST_ROWS = 10_000;

/** @param tables in the order in which they are told. @param rows of these tables, oldest first */
export function resultRows(
  columns: readonly QueryField[],
  page: readonly JobRowFound[],
  tables: readonly string[],
  rows: readonly PropertyRow[],
): JobValue[][] {
  const byJob = Map.groupBy(rows, row => row.job_id);
  const results = page.flatMap(job => {
    const own = Map.groupBy(byJob.get(job.jobId) ?? [], row => row.table_name);
    const told = tables.filter(table => isTold(columns, job, table)).flatMap(table => own.get(table) ?? []);
    return told.length === 0 ? [rowOf(columns, job, undefined)] : told.map(row => rowOf(columns, job, row));
  });
  if (results.length <= MOST_ROWS) return results;
  throw new BadRequest(
    'limit-exceeded',
    `num: these ${page.length} jobs have ${results.length} related rows; at most ${MOST_ROWS} in one answer, ask for fewer jobs`,
    { limit: String(MOST_ROWS), found: String(results.length) },
  );
}

/** A table may be something else in the job's own procedure: then the job has no value of it. */
const isTold = (columns: readonly QueryField[], { cells }: JobRowFound, table: string): boolean =>
  columns.some((column, index) => column.per === 'row' && column.property!.table === table && cells[index] !== null);

const rowOf = (columns: readonly QueryField[], { cells }: JobRowFound, row: PropertyRow | undefined): JobValue[] =>
  columns.map((column, index) => {
    if (column.per !== 'row') return jobValue(column, cells[index]);
    const isOfRow = row !== undefined && row.table_name === column.property!.table && cells[index] !== null;
    return jobValue(column, isOfRow ? row.row_values : null);
  });
