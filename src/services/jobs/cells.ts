/** Cells of query results, and values of groups: from what rows have to what the interface tells. */
import { FieldType, type JobValue } from '#gen/jobs_types';
import type { FieldType as FilterType } from '../../domain/filter/filter.ts';
import { valuesFromJson } from '../../domain/properties/rows.ts';
import { valueInStruct } from '../../domain/properties/values.ts';
import type { QueryField } from '../../store/job-queries/columns.ts';

const columnTypes: Readonly<Record<FilterType, FieldType>> = {
  text: FieldType.String,
  user: FieldType.String,
  integer: FieldType.Integer,
  number: FieldType.Double,
  boolean: FieldType.Boolean,
  dateTime: FieldType.DateTime,
  dateOnly: FieldType.String,
  timeOnly: FieldType.String,
  timestampOffset: FieldType.String,
};

export const columnType = ({ type }: QueryField): FieldType => columnTypes[type];

/** @param found what JobColumns.cell found: the value; of a property the values of its row, as JSON */
export function jobValue({ type, property }: QueryField, found: unknown): JobValue {
  if (found === null || found === undefined) return { nullValue: true };
  if (property) {
    const value = valuesFromJson(found as string).get(property.name);
    return value === undefined ? { nullValue: true } : valueInStruct(property.dataType, value);
  }
  switch (columnTypes[type]) {
    case FieldType.Integer:
      return { integer: found as number };
    case FieldType.Double:
      return { number: found as number };
    case FieldType.Boolean:
      return { flag: found === 1 };
    case FieldType.DateTime:
      return { dateTime: found as number };
    default:
      return { text: found as string };
  }
}

/** A value that jobs are grouped by, as it would stand in a filter, without quotes. */
export function groupText({ type }: QueryField, value: string | number): string {
  if (type === 'boolean') return value === 1 ? 'TRUE' : 'FALSE';
  return type === 'dateTime' || type === 'timestampOffset' ? momentText(Number(value)) : String(value);
}

/** Years that a filter cannot write as a date it takes as milliseconds. */
const momentText = (ms: number): string => {
  const text = new Date(ms).toISOString();
  return /^\d{4}-/.test(text) ? text : String(ms);
};
