/** Values as calls give them, sorted by the table that they are for. What names no table goes to the faults. */
import type { ExtendedProperty, JobRelatedPropertyAdd, RelatedPropertyValue } from '#gen/jobs_types';
import { MAX_RELATED_ROWS_PER_TABLE } from '#gen/jobs_types';
import { type PropertyFaults, shown } from './faults.ts';
import type { GivenValue } from './rows.ts';
import type { PropertyTable, PropertyTables } from './tables.ts';

/** Values of extended properties by their one-to-one table. */
export function extendedByTable(
  faults: PropertyFaults,
  tables: PropertyTables,
  given: readonly ExtendedProperty[],
): Map<PropertyTable, GivenValue[]> {
  const byTable = new Map<PropertyTable, GivenValue[]>();
  for (const { identifier, value } of given) {
    const [tableName, name, more] = identifier.split('.', 3);
    const table = tables.table(tableName!);
    if (name === undefined || more !== undefined || !table)
      faults.add(identifier || '(empty)', `names no property; expected table.property, ${tablesOf(tables, false)}`);
    else if (table.isRelated)
      faults.add(identifier, `${table.name} has many rows for a job; write them with relatedProperties`);
    else byTable.set(table, [...(byTable.get(table) ?? []), { name, text: value }]);
  }
  return byTable;
}

/** The one-to-many table of this name. */
export function relatedTable(faults: PropertyFaults, tables: PropertyTables, name: string): PropertyTable | undefined {
  const table = tables.table(name);
  if (table?.isRelated) return table;
  if (table) faults.add(name, 'has one row for a job; write it with extendedProperties');
  else faults.add(name || '(empty)', `no such table; ${tablesOf(tables, true)}`);
  return undefined;
}

/** How many rows one list may name for a table. @param place of the list in the call */
export function checkRowCount(faults: PropertyFaults, tableName: string, place: string, found: number): void {
  if (found < 1 || found > MAX_RELATED_ROWS_PER_TABLE)
    faults.add(tableName, `${place}: ${found} rows; expected 1 to ${MAX_RELATED_ROWS_PER_TABLE}`);
}

export const givenValues = (values: readonly RelatedPropertyValue[]): GivenValue[] =>
  values.map(({ propertyName, value }) => ({ name: propertyName, text: value }));

/** Rows to add, each with its table, in the order given. @param rowOf makes a row; `where` says which of its list it is */
export function addedRows<T>(
  faults: PropertyFaults,
  tables: PropertyTables,
  adds: readonly JobRelatedPropertyAdd[],
  rowOf: (table: PropertyTable, given: readonly GivenValue[], where: string) => T,
): T[] {
  return adds.flatMap(({ tableName, entries }) => {
    const table = relatedTable(faults, tables, tableName);
    checkRowCount(faults, tableName, 'entries', entries.length);
    if (!table) return [];
    return entries
      .slice(0, MAX_RELATED_ROWS_PER_TABLE)
      .map(({ properties }, index) => rowOf(table, givenValues(properties), ` of new row ${index + 1}`));
  });
}

const tablesOf = ({ tables }: PropertyTables, related: boolean): string => {
  const names = tables.filter(({ isRelated }) => isRelated === related).map(({ name }) => name);
  return names.length > 0
    ? `of ${names.map(name => shown(name)).join(', ')}`
    : `but the procedure of the job has no table ${related ? 'with many rows' : 'with one row'} for a job`;
};
