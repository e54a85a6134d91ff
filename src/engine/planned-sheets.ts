/**
 * The data sheets that a job works with: chosen when it is created, one for each set that its procedure refers to; their values are
 * kept as they are when its first step is started, whatever becomes of the sheets.
 */
import type { DataSheetValue } from '#gen/data_sheet_types';
import type { BaseStep } from '#gen/step_types';
import { BadRequest, NotFound, ResourceArchived } from '../base/errors.ts';
import { namesIn } from '../domain/references.ts';
import type { Reader, Transactor } from '../store/database.ts';
import type { CellRow } from '../store/sheets.ts';
import type { TemplateRow } from '../store/templates.ts';

/** Set id -> sheet id. */
export type PlannedSheets = { readonly [setId: string]: string };

/**
 * @returns as a row has them; null for none
 * @throws BadRequest (400) for a set that the procedure does not refer to; NotFound (404), ResourceArchived (601) for the sheet
 */
export async function plannedSheets(
  tx: Transactor,
  { team_id: teamId, root_hash }: TemplateRow,
  planned: PlannedSheets | null | undefined,
): Promise<string | null> {
  const chosen = Object.entries(planned ?? {});
  if (chosen.length === 0) return null;
  const { sheetSets } = namesIn(await tx.trees.tree(teamId, root_hash));
  const sheets = await tx.jobs.sheetsById(
    teamId,
    chosen.map(([, sheetId]) => sheetId),
  );
  for (const [setId, sheetId] of chosen) {
    if (!sheetSets.has(setId))
      throw new BadRequest(
        'invalid-argument',
        `jobOverrides.plannedDataSheetIds: the procedure does not refer to the set ${setId}; references of fetch lists those it does`,
        { setId },
      );
    const sheet = sheets.find(({ set_id, sheet_id }) => set_id === setId && sheet_id === sheetId);
    if (!sheet)
      throw new NotFound(
        'data-sheet-not-found',
        `jobOverrides.plannedDataSheetIds: the set ${setId} has no sheet ${sheetId}; querySheets lists them`,
        { setId, sheetId },
      );
    if (sheet.archived_at !== null)
      throw new ResourceArchived(
        'data-sheet-archived',
        `jobOverrides.plannedDataSheetIds: the sheet "${sheet.name}" (${sheetId}) is archived; choose another`,
        { setId, sheetId },
      );
  }
  return JSON.stringify(planned);
}

const MOST_CELLS = 100_000;

/** The values of what the procedure refers to, by definition, as a row keeps them. At most one statement. */
export async function sheetValues(
  reader: Reader,
  teamId: string,
  root: BaseStep,
  planned: PlannedSheets,
): Promise<string> {
  const { sheetDefinitions } = namesIn(root);
  const cells = await reader.sheets.cellsOfSheets(teamId, Object.values(planned), MOST_CELLS);
  const named = cells.filter(cell => sheetDefinitions.get(cell.definition_id) === cell.set_id);
  return JSON.stringify(Object.fromEntries(named.map(cell => [cell.definition_id, toSheetValue(cell)])));
}

export const toSheetValue = ({ text, number, digits }: CellRow): DataSheetValue =>
  text !== null ? { text } : { number: { number: number!, precision: digits! } };
