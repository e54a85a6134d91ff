/** Rows of properties as structs of the interface: typed, in the order of their declaration. */
import type {
  JobExtendedPropertyTable,
  JobProperty,
  JobRelatedPropertyEntry,
  JobRelatedPropertyTable,
} from '#gen/jobs_types';
import { type RowValues, valuesFromJson } from './rows.ts';
import type { Property, PropertyTable, PropertyTables } from './tables.ts';
import { valueInStruct } from './values.ts';

/** The row_id of the one row that a job has in a one-to-one table. */
export const THE_ROW = '1';

/** A row as it is kept. */
export interface KeptRow {
  readonly table_name: string;
  readonly row_id: string;
  readonly created_at: number;
  /** RowValues as JSON. */
  readonly row_values: string;
}

export const valuesOfRow = (row: KeptRow | undefined): RowValues => valuesFromJson(row?.row_values ?? '{}');

/** That of a one-to-one table; others are of a time when it had many. */
export const theRow = <R extends Pick<KeptRow, 'row_id'>>(rows: readonly R[]): R | undefined =>
  rows.find(({ row_id }) => row_id === THE_ROW);

export const propertyStructs = (properties: readonly Property[], values: RowValues): JobProperty[] =>
  properties.map(({ name, type }) => {
    const value = values.get(name);
    return { propertyName: name, ...(value !== undefined && { value: valueInStruct(type, value) }) };
  });

export const entryStruct = (table: PropertyTable, row: KeptRow): JobRelatedPropertyEntry => ({
  id: row.row_id,
  createdDate: row.created_at,
  properties: propertyStructs(table.properties, valuesOfRow(row)),
});

/** @param rows of a job, oldest first. Those of tables that its entry does not have are left out. */
export function tableStructs(
  { tables }: PropertyTables,
  rows: readonly KeptRow[],
): { extendedProperties: JobExtendedPropertyTable[]; relatedProperties: JobRelatedPropertyTable[] } {
  const byTable = Map.groupBy(rows, row => row.table_name);
  const rowsOf = (table: PropertyTable) => byTable.get(table.name) ?? [];
  return {
    extendedProperties: tables
      .filter(({ isRelated }) => !isRelated)
      .map(table => ({
        tableName: table.name,
        properties: propertyStructs(table.properties, valuesOfRow(theRow(rowsOf(table)))),
      })),
    relatedProperties: tables
      .filter(({ isRelated }) => isRelated)
      .map(table => ({ tableName: table.name, entries: rowsOf(table).map(row => entryStruct(table, row)) })),
  };
}
