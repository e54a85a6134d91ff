/** Changes of a job's properties: what is given against what there is, gathered and written at the end. */
import {
  type JobExtendedPropertyTable,
  type JobRelatedPropertyTable,
  MAX_RELATED_ROWS,
  type UpdateJobOverrides,
} from '#gen/jobs_types';
import { BadRequest } from '../base/errors.ts';
import { PropertyFaults, shown } from '../domain/properties/faults.ts';
import { addedRows, checkRowCount, extendedByTable, givenValues, relatedTable } from '../domain/properties/given.ts';
import { changedRow, differing, newRow, type RowValues, valuesToJson } from '../domain/properties/rows.ts';
import { entryStruct, propertyStructs, valuesOfRow } from '../domain/properties/structs.ts';
import { type PropertyTable, PropertyTables } from '../domain/properties/tables.ts';
import { valueText } from '../domain/properties/values.ts';
import type { Transactor } from '../store/database.ts';
import type { JobRow } from '../store/jobs.ts';
import { type PropertyRow, THE_ROW } from '../store/properties.ts';
import type { Act } from './act.ts';

type Given = Pick<UpdateJobOverrides, 'extendedProperties' | 'relatedProperties'>;

/** What changes; nothing where it is so already. */
export class PropertyChanges {
  readonly #act: Act;
  readonly #job: JobRow;
  readonly #tables: PropertyTables;
  readonly #byServer: boolean;
  readonly #faults = new PropertyFaults();
  /** The rows as they will be, by table and id. */
  readonly #rows: Map<string, PropertyRow>;
  readonly #put = new Map<string, PropertyRow>();
  readonly #deleted: PropertyRow[] = [];
  readonly #extended: JobExtendedPropertyTable[] = [];
  /** For people: what changed, and to what. */
  readonly facts: string[] = [];

  /**
   * At most one statement; none when nothing is given.
   * @param byServer as changedRow
   * @throws BadRequest (400) naming every fault
   */
  static async of(tx: Transactor, act: Act, job: JobRow, given: Given, byServer: boolean): Promise<PropertyChanges> {
    const isNothing = given.extendedProperties == null && given.relatedProperties == null;
    const { tables, rows } =
      isNothing || job.has_properties === 0 ? { tables: null, rows: [] } : await tx.properties.ofJob(job);
    const changes = new PropertyChanges(act, job, PropertyTables.of(tables), rows, byServer);
    changes.#take(given);
    changes.#faults.refuse();
    changes.#refuseTooMany();
    return changes;
  }

  private constructor(act: Act, job: JobRow, tables: PropertyTables, rows: readonly PropertyRow[], byServer: boolean) {
    this.#act = act;
    this.#job = job;
    this.#tables = tables;
    this.#byServer = byServer;
    this.#rows = new Map(rows.map(row => [keyOf(row.table_name, row.row_id), row]));
  }

  get extended(): JobExtendedPropertyTable[] {
    return this.#extended;
  }

  /** The rows that were added or changed, by table. */
  get related(): JobRelatedPropertyTable[] {
    return this.#tables.tables
      .filter(({ isRelated }) => isRelated)
      .map(table => ({
        tableName: table.name,
        entries: [...this.#put.values()]
          .filter(row => row.table_name === table.name)
          .map(row => entryStruct(table, row)),
      }))
      .filter(({ entries }) => entries.length > 0);
  }

  async write(tx: Transactor): Promise<void> {
    await tx.properties.deleteRows(this.#job.team_id, this.#job.job_id, this.#deleted);
    await tx.properties.put([...this.#put.values()]);
  }

  /** Deletes before updates before adds. */
  #take({ extendedProperties, relatedProperties }: Given): void {
    for (const [table, given] of extendedByTable(this.#faults, this.#tables, extendedProperties ?? [])) {
      const before = valuesOfRow(this.#rows.get(keyOf(table.name, THE_ROW)));
      const after = changedRow(this.#faults, table, before, given, this.#byServer);
      this.#setExtended(table, before, after);
    }
    const { deletes, updates, adds } = relatedProperties ?? {};
    for (const { tableName, ids } of deletes ?? []) this.#delete(tableName, [...new Set(ids)]);
    for (const { tableName, entries } of updates ?? []) this.#update(tableName, entries);
    const added = addedRows(this.#faults, this.#tables, adds ?? [], (table, given, where) => {
      this.#putRow(table, this.#act.ids.next(), newRow(this.#faults, table, given, where));
      return table.name;
    });
    for (const [name, rows] of Map.groupBy(added, name => name)) this.facts.push(`${name}: ${rows.length} added`);
  }

  #setExtended(table: PropertyTable, before: RowValues, after: RowValues): void {
    const changed = differing(table, before, after);
    if (changed.length === 0) return;
    this.#putRow(table, THE_ROW, after);
    this.#extended.push({ tableName: table.name, properties: propertyStructs(changed, after) });
    for (const { name, identifier, type } of changed) {
      const value = after.get(name);
      this.facts.push(
        value === undefined ? `${identifier} cleared` : `${identifier}: ${shown(valueText(type, value))}`,
      );
    }
  }

  #delete(tableName: string, ids: readonly string[]): void {
    const table = relatedTable(this.#faults, this.#tables, tableName);
    checkRowCount(this.#faults, tableName, 'ids', ids.length);
    const rows = table ? ids.map(id => this.#row(table, id)).filter(row => row !== undefined) : [];
    for (const row of rows) this.#rows.delete(keyOf(row.table_name, row.row_id));
    this.#deleted.push(...rows);
    if (table && rows.length > 0) this.facts.push(`${table.name}: ${rows.length} deleted`);
  }

  #update(
    tableName: string,
    entries: readonly { readonly id: string; readonly properties: Parameters<typeof givenValues>[0] }[],
  ): void {
    const table = relatedTable(this.#faults, this.#tables, tableName);
    checkRowCount(this.#faults, tableName, 'entries', entries.length);
    if (!table) return;
    const changed = entries.filter(({ id, properties }) => {
      const row = this.#row(table, id);
      if (!row) return false;
      const before = valuesOfRow(row);
      const where = ` of row ${shown(id)}`;
      const after = changedRow(this.#faults, table, before, givenValues(properties), this.#byServer, where);
      if (differing(table, before, after).length === 0) return false;
      this.#putRow(table, id, after);
      return true;
    });
    if (changed.length > 0) this.facts.push(`${table.name}: ${changed.length} changed`);
  }

  #row(table: PropertyTable, id: string): PropertyRow | undefined {
    const row = this.#rows.get(keyOf(table.name, id));
    if (!row)
      this.#faults.add(table.name, `the job has no row "${shown(id)}" there; getJob with extProps lists its rows`);
    return row;
  }

  #putRow(table: PropertyTable, rowId: string, values: RowValues): void {
    const key = keyOf(table.name, rowId);
    const row = {
      team_id: this.#job.team_id,
      job_id: this.#job.job_id,
      table_name: table.name,
      row_id: rowId,
      created_at: this.#rows.get(key)?.created_at ?? this.#act.now,
      row_values: valuesToJson(values),
    };
    this.#rows.set(key, row);
    this.#put.set(key, row);
  }

  #refuseTooMany(): void {
    if (this.#rows.size <= MAX_RELATED_ROWS + this.#tables.tables.length || this.#put.size === 0) return;
    throw new BadRequest(
      'limit-exceeded',
      `relatedProperties: the job would have ${this.#rows.size} rows; it may have ${MAX_RELATED_ROWS}; delete some first`,
      { limit: String(MAX_RELATED_ROWS), found: String(this.#rows.size) },
    );
  }
}

const keyOf = (tableName: string, rowId: string): string => `${tableName} ${rowId}`;
