/** Data sheets: from rows to the structs of the interface. Times go out in Unix seconds. */
import type { DataSheet, DataSheetDefinition, DataSheetSet } from '#gen/data_sheet_types';
import { toSeconds } from '../../base/clock.ts';
import { toSheetValue } from '../../engine/planned-sheets.ts';
import type { Row } from '../../store/schema.ts';
import type { CellRow, DefinitionRow, SetRow, SheetRow } from '../../store/sheets.ts';
import { toUserModular } from '../users/wire.ts';

export type Authors = ReadonlyMap<string, Row<'users'>>;

const dates = (row: Pick<SetRow, 'created_at' | 'updated_at' | 'archived_at'>) => ({
  createdAt: toSeconds(row.created_at),
  updatedAt: toSeconds(row.updated_at),
  archivedAt: toSeconds(row.archived_at ?? 0),
});

const author = (authors: Authors, userId: string) => {
  const user = authors.get(userId);
  return user ? { lastAuthor: toUserModular(user) } : {};
};

export const toSet = (set: SetRow, authors: Authors): DataSheetSet => ({
  id: set.set_id,
  ...dates(set),
  name: set.name,
  description: set.descrip,
  ...author(authors, set.author_id),
});

export const toSheet = (sheet: SheetRow, cells: readonly CellRow[], authors: Authors): DataSheet => ({
  id: sheet.sheet_id,
  ...dates(sheet),
  name: sheet.name,
  description: sheet.descrip,
  ...author(authors, sheet.author_id),
  idValues: Object.fromEntries(cells.map(cell => [cell.definition_id, toSheetValue(cell)])),
});

/** @param cells absent: values were not asked for */
export const toDefinition = (definition: DefinitionRow, cells?: readonly CellRow[]): DataSheetDefinition => ({
  id: definition.definition_id,
  ...dates(definition),
  name: definition.name,
  position: definition.ordinal,
  type: definition.typ,
  ...(cells && { sheetValues: Object.fromEntries(cells.map(cell => [cell.sheet_id, toSheetValue(cell)])) }),
});
