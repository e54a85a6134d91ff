/**
 * Values of extended and related properties: a row for each row of a table, not for each value.
 *
 * `row_values` is a JSON object: name of the property, as it is declared -> its value, in the form that domain/properties/values.ts
 * gives for each data type. Null is left out; a one-to-one row of nothing but null need not be there. To compare values in SQL, take
 * `propertyExpression` of store/properties.ts: it casts each form to what sorts and compares alike on both engines.
 */
import { type Tables, text, time } from './columns.ts';

export const propertiesTables = {
  job_property_rows: {
    team_id: text,
    job_id: text,
    /** As it is declared. */
    table_name: text,
    /** Unique in its table of the job; THE_ROW in a one-to-one table. */
    row_id: text,
    created_at: time,
    row_values: text,
  },
} as const satisfies Tables;
