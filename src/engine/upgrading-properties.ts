/**
 * What an upgrade does to properties: values that the new entry declares with another type become of that type, or none where their
 * text is none of it. What the new entry does not declare is not seen any more, and stays: a later one may declare it again.
 */
import { convertedRow, valuesToJson } from '../domain/properties/rows.ts';
import { valuesOfRow } from '../domain/properties/structs.ts';
import { PropertyTables } from '../domain/properties/tables.ts';
import type { Transactor } from '../store/database.ts';
import type { JobRow } from '../store/jobs.ts';
import { entryKey, type PropertyRow } from '../store/properties.ts';
import type { TemplateRow } from '../store/templates.ts';
import { idsOf } from './job-lists.ts';

/** Jobs whose rows are read and written at once, so that memory does not grow with the list. */
const SLICE = 1000;

/**
 * No statement where the new entries have no property tables, one where they have those of the old ones.
 * @param jobs of one team, still on their old entries
 * @param entries the new ones, by template id
 */
export async function convertProperties(
  tx: Transactor,
  teamId: string,
  jobs: readonly JobRow[],
  entries: ReadonlyMap<string, TemplateRow>,
): Promise<void> {
  const declared = (job: JobRow) => entries.get(job.template_id)!.property_tables;
  const moving = jobs.filter(job => declared(job) !== null);
  if (moving.length === 0) return;
  const before = await tx.properties.tablesOf(teamId, idsOf(moving));
  const changing = moving.filter(job => before.get(entryKey(job)) !== declared(job));
  const parsed = new Map<string | null, PropertyTables>();
  const tablesOf = (json: string | null): PropertyTables => {
    const tables = parsed.get(json) ?? PropertyTables.of(json);
    parsed.set(json, tables);
    return tables;
  };
  for (let at = 0; at < changing.length; at += SLICE) {
    const slice = new Map(changing.slice(at, at + SLICE).map(job => [job.job_id, job]));
    const rows = await tx.properties.rows(teamId, [...slice.keys()]);
    const converted = rows.map(row => {
      const job = slice.get(row.job_id)!;
      return inTables(row, tablesOf(before.get(entryKey(job)) ?? null), tablesOf(declared(job)));
    });
    await tx.properties.put(converted.filter((row, index) => row.row_values !== rows[index]!.row_values));
  }
}

function inTables(row: PropertyRow, before: PropertyTables, after: PropertyTables): PropertyRow {
  const table = after.table(row.table_name);
  if (!table) return row;
  return { ...row, row_values: valuesToJson(convertedRow(valuesOfRow(row), before.table(row.table_name), table)) };
}
