/** The properties that new jobs begin with: what the call gives, else the defaults. */
import { type CreateJobOverrides, MAX_RELATED_ROWS } from '#gen/jobs_types';
import { BadRequest } from '../base/errors.ts';
import { PropertyFaults } from '../domain/properties/faults.ts';
import { addedRows, extendedByTable } from '../domain/properties/given.ts';
import { newRow, type RowValues, valuesToJson } from '../domain/properties/rows.ts';
import { PropertyTables } from '../domain/properties/tables.ts';
import { type PropertyRow, THE_ROW } from '../store/properties.ts';
import type { TemplateRow } from '../store/templates.ts';
import type { Act } from './act.ts';

/** Rows, and bytes in them, that one call may make. */
const MOST_ROWS = 100_000;
const MOST_BYTES = 100 * 1024 * 1024;

/** A row of properties but for its job. */
export type StartingRow = Omit<PropertyRow, 'job_id'>;

type Given = Pick<CreateJobOverrides, 'extendedProperties' | 'relatedProperties'>;

/** The rows that each of the jobs begins with. @throws BadRequest (400) naming every value that is wrong, and every one that is missing */
export function startingProperties(act: Act, template: TemplateRow, given: Given, jobs: number): StartingRow[] {
  const isNothingGiven = !given.extendedProperties?.length && !given.relatedProperties?.length;
  if (template.property_tables === null && isNothingGiven) return [];
  const rows = startingRows(act, template, given);
  refuseTooMuch('rows of properties', jobs, rows.length, MOST_ROWS);
  const bytes = rows.reduce((sum, { row_values }) => sum + Buffer.byteLength(row_values), 0);
  refuseTooMuch('bytes of properties', jobs, bytes, MOST_BYTES);
  return rows;
}

function startingRows(act: Act, template: TemplateRow, given: Given): StartingRow[] {
  const tables = PropertyTables.of(template.property_tables);
  const faults = new PropertyFaults();
  const extended = extendedByTable(faults, tables, given.extendedProperties ?? []);
  const row = (table_name: string, row_id: string, values: RowValues) => ({
    team_id: template.team_id,
    table_name,
    row_id,
    created_at: act.now,
    row_values: valuesToJson(values),
  });
  const single = tables.tables
    .filter(({ isRelated }) => !isRelated)
    .map(table => row(table.name, THE_ROW, newRow(faults, table, extended.get(table) ?? [])))
    .filter(({ row_values }) => row_values !== '{}');
  const related = addedRows(faults, tables, given.relatedProperties ?? [], (table, values, where) =>
    row(table.name, act.ids.next(), newRow(faults, table, values, where)),
  );
  faults.refuse();
  if (related.length > MAX_RELATED_ROWS)
    throw new BadRequest(
      'limit-exceeded',
      `jobOverrides.relatedProperties: ${related.length} rows; a job may have ${MAX_RELATED_ROWS}`,
      { limit: String(MAX_RELATED_ROWS), found: String(related.length) },
    );
  return [...single, ...related];
}

function refuseTooMuch(what: string, jobs: number, each: number, most: number): void {
  if (jobs * each <= most) return;
  throw new BadRequest(
    'limit-exceeded',
    `jobOverrides.numberOfJobs: ${jobs} jobs with ${each} ${what} each; at most ${Math.floor(most / each)} of them in one call`,
    { limit: String(Math.floor(most / each)), found: String(jobs) },
  );
}
