/**
 * The tables as data, and the row types derived from them. The migrations create what stands here; a test compares both engines'
 * real schemas with it, column by column.
 *
 * Conventions: snake_case; ids are text; times are epoch milliseconds; truth values are 0 or 1; JSON is text; 0 or '' never stand
 * for "absent", null does. Rows of a team begin with `team_id`, and so do their keys: it is what a larger installation shards by.
 */

import type { Column, Tables } from './schema/columns.ts';
import { commentsTables } from './schema/comments.ts';
import { eventsTables } from './schema/events.ts';
import { filesTables } from './schema/files.ts';
import { holdsTables } from './schema/holds.ts';
import { jobsTables } from './schema/jobs.ts';
import { metadataTables } from './schema/metadata.ts';
import { peopleTables } from './schema/people.ts';
import { propertiesTables } from './schema/properties.ts';
import { searchTables } from './schema/search.ts';
import { sheetsTables } from './schema/sheets.ts';
import { templatesTables } from './schema/templates.ts';
import { webhooksTables } from './schema/webhooks.ts';

export const tables = {
  ...peopleTables,
  ...templatesTables,
  ...metadataTables,
  ...jobsTables,
  ...holdsTables,
  ...propertiesTables,
  ...searchTables,
  ...filesTables,
  ...sheetsTables,
  ...webhooksTables,
  ...eventsTables,
  ...commentsTables,
} as const satisfies Tables;

type All = typeof tables;
type Value<C> = C extends Column<infer T> ? T : never;

/** What Kysely is typed by. */
export type Database = {
  [T in keyof All]: { -readonly [C in keyof All[T]]: Value<All[T][C]> };
};

/** A row of a table as it is read and written. */
export type Row<T extends keyof Database> = Database[T];
