/** Edits of a set's definitions and sheets: lists of actions, all or none. */
import { MAX_DESCRIPTION_LENGTH } from '#gen/common_types';
import {
  type DataSheet,
  type DataSheetAction,
  type DataSheetDefinition,
  type DataSheetDefinitionAction,
  type DataSheetOptions,
  DataSheetOrderBy,
  type DataSheetQueryResult,
  DefinitionType,
  MAX_DATA_SHEET_DEFINITIONS,
  MAX_DATA_SHEETS,
} from '#gen/data_sheet_types';
import { BadRequest } from '../../base/errors.ts';
import { sameName } from '../../base/text.ts';
import { bounded } from '../../domain/limits.ts';
import { audit } from '../../engine/audit.ts';
import { type DefinitionContent, DefinitionsEdit, type SheetContent, SheetsEdit } from '../../engine/sheets.ts';
import type { Reader, Store, Transactor } from '../../store/database.ts';
import type { DefinitionRow, SetRow, SheetRow } from '../../store/sheets.ts';
import type { Call } from '../call.ts';
import * as checks from '../checks.ts';
import { authorsOf, filterOf, MOST_CELLS, openSet, ordered, paged, refuseTooManyCells, visibleSet } from './access.ts';
import { toDefinition, toSheet } from './wire.ts';

export function definitionOps(
  store: Store,
  call: Call,
  setId: string,
  actions: DataSheetDefinitionAction[],
): Promise<DataSheetDefinition[]> {
  refuseTooMany('defActions', actions.length);
  const contents = actions.map(action => definitionContent(action.add ?? action.update));
  return store.transact(async tx => {
    const set = await openSet(tx, call, setId);
    const edit = await definitionsEdit(tx, call, set, contents);
    const ids = actions.map((action, index) => define(edit, action, contents[index]!).definition_id);
    await writeDefinitions(tx, call, edit);
    const asked = actions.flatMap(({ getId }) => getId ?? []);
    const cells = asked.length > 0 ? await tx.sheets.cellsOfDefinitions(set, asked, MOST_CELLS + 1) : [];
    refuseTooManyCells(cells);
    return ids.map((id, index) =>
      toDefinition(
        edit.get(id),
        actions[index]!.getId == null ? undefined : cells.filter(cell => cell.definition_id === id),
      ),
    );
  });
}

function define(edit: DefinitionsEdit, action: DataSheetDefinitionAction, content: DefinitionContent | undefined) {
  const { update, getId, archiveId, unarchiveId, checkArchiveId } = action;
  if (archiveId != null) return edit.archive(archiveId);
  if (unarchiveId != null) return edit.unarchive(unarchiveId);
  // Texts that refer to a definition go on doing so, so nothing keeps it from being archived.
  if (getId != null || checkArchiveId != null) return edit.get((getId ?? checkArchiveId)!);
  return update ? edit.update(update.id, content!) : edit.add(content!);
}

export function sheetOps(store: Store, call: Call, setId: string, actions: DataSheetAction[]): Promise<DataSheet[]> {
  refuseTooMany('sheetActions', actions.length);
  const contents = actions.map(action => sheetContent(action.add ?? action.update));
  return store.transact(async tx => {
    const set = await openSet(tx, call, setId);
    const definitions = await tx.sheets.definitions(set.team_id, [setId]);
    const named = actions.flatMap(({ update, getId, archiveId, unarchiveId }) =>
      [update?.id, getId, archiveId, unarchiveId].flatMap(id => id ?? []),
    );
    const edit = await sheetsEdit(tx, call, set, definitions, named, contents);
    const ids = actions.map((action, index) => write(edit, action, contents[index]).sheet_id);
    await writeSheets(tx, call, edit);
    return encoded(
      tx,
      set,
      ids.map(id => edit.get(id)),
    );
  });
}

function write(edit: SheetsEdit, action: DataSheetAction, content: SheetContent | undefined): SheetRow {
  const { update, getId, archiveId, unarchiveId } = action;
  if (archiveId != null) return edit.archive(archiveId);
  if (unarchiveId != null) return edit.unarchive(unarchiveId);
  if (getId != null) return edit.get(getId);
  return update ? edit.update(update.id, content!) : edit.add(content!);
}

/** The first definitions of a new set. */
export async function addDefinitions(
  tx: Transactor,
  call: Call,
  set: SetRow,
  sent: readonly DataSheetDefinition[],
): Promise<DefinitionRow[]> {
  const contents = sent.map(definition => definitionContent({ ...definition, position: -1, sheetValues: {} }));
  const edit = await definitionsEdit(tx, call, set, contents);
  const ids = contents.map(content => edit.add(content!).definition_id);
  await writeDefinitions(tx, call, edit);
  return ids.map(id => edit.get(id));
}

/** The first sheets of a new set. The definitions have no ids before: values stand under their names, or not at all. */
export async function addSheets(
  tx: Transactor,
  call: Call,
  set: SetRow,
  definitions: readonly DefinitionRow[],
  sent: readonly DataSheet[],
): Promise<void> {
  const idOf = new Map(definitions.map(row => [row.name, row.definition_id]));
  const contents = sent.map(sheet => {
    const content = sheetContent(sheet)!;
    return { ...content, values: new Map([...content.values].map(([name, value]) => [idOf.get(name) ?? name, value])) };
  });
  const edit = await sheetsEdit(tx, call, set, definitions, [], contents);
  for (const content of contents) edit.add(content);
  await writeSheets(tx, call, edit);
}

export async function querySheets(
  store: Store,
  call: Call,
  setId: string,
  opts: DataSheetOptions,
): Promise<DataSheetQueryResult> {
  const filter = filterOf(opts);
  const order = ordered(opts.order ?? [], {
    [DataSheetOrderBy.TITLE]: 'name_key',
    [DataSheetOrderBy.LAST_UPDATED_AT]: 'updated_at',
  });
  return store.read(async reader => {
    const set = await visibleSet(reader, call, setId);
    const { rows, info } = await paged(
      reader,
      opts.pageReq,
      ['sheets', setId, filter, order],
      slice => reader.sheets.sheets(set, filter, order, slice),
      upTo => reader.sheets.countSheets(set, filter, upTo),
    );
    return { sheets: await encoded(reader, set, rows), pageInfo: info };
  });
}

async function encoded(reader: Reader, set: SetRow, sheets: readonly SheetRow[]): Promise<DataSheet[]> {
  const ids = sheets.map(sheet => sheet.sheet_id);
  const cells = sheets.length > 0 ? await reader.sheets.cellsOfSheets(set.team_id, ids, MOST_CELLS + 1) : [];
  refuseTooManyCells(cells);
  const bySheet = Map.groupBy(cells, cell => cell.sheet_id);
  const authors = await authorsOf(reader, sheets);
  return sheets.map(sheet => toSheet(sheet, bySheet.get(sheet.sheet_id) ?? [], authors));
}

async function definitionsEdit(
  tx: Transactor,
  call: Call,
  set: SetRow,
  contents: readonly (DefinitionContent | undefined)[],
): Promise<DefinitionsEdit> {
  const definitions = await tx.sheets.definitions(set.team_id, [set.set_id]);
  const named = [...new Set(contents.flatMap(content => [...(content?.values.keys() ?? [])]))];
  const sheets = named.length > 0 ? await tx.sheets.sheetsAbout(set, named, []) : [];
  return new DefinitionsEdit(call, set, definitions, new Set(sheets.map(sheet => sheet.sheet_id)));
}

async function sheetsEdit(
  tx: Transactor,
  call: Call,
  set: SetRow,
  definitions: readonly DefinitionRow[],
  ids: readonly string[],
  contents: readonly (SheetContent | undefined)[],
): Promise<SheetsEdit> {
  const names = contents.flatMap(content => (content ? sameName(content.name) : []));
  return new SheetsEdit(call, set, await tx.sheets.sheetsAbout(set, ids, names), definitions);
}

async function writeDefinitions(tx: Transactor, call: Call, edit: DefinitionsEdit): Promise<void> {
  if (edit.changed.size === 0) return;
  const { set } = edit;
  await tx.sheets.putDefinitions([...edit.changed.values()]);
  await tx.sheets.putCells(set, [...edit.cells.values()]);
  const found = (await tx.sheets.definitions(set.team_id, [set.set_id])).length;
  refuseBeyond('definitions', found, MAX_DATA_SHEET_DEFINITIONS);
  await touched(tx, call, set, 'sheets.definitions', edit.changed.size);
}

async function writeSheets(tx: Transactor, call: Call, edit: SheetsEdit): Promise<void> {
  if (edit.changed.size === 0) return;
  const { set } = edit;
  await tx.sheets.putSheets([...edit.changed.values()]);
  await tx.sheets.putCells(set, [...edit.cells.values()]);
  refuseBeyond('sheets', await tx.sheets.countSheets(set), MAX_DATA_SHEETS);
  await touched(tx, call, set, 'sheets.edited', edit.changed.size);
}

async function touched(
  tx: Transactor,
  call: Call,
  set: SetRow,
  action: 'sheets.definitions' | 'sheets.edited',
  changed: number,
): Promise<void> {
  await tx.sheets.changeSet(set, { updated_at: call.now, author_id: call.caller.userId });
  await audit(tx, call, set.team_id, action, set.set_id, { changed });
}

function definitionContent(sent: DataSheetDefinition | null | undefined): DefinitionContent | undefined {
  if (!sent) return undefined;
  if (DefinitionType[sent.type] === undefined)
    throw new BadRequest('invalid-argument', 'definition.type: unset; expected TEXT or NUMBER', {
      field: 'definition.type',
    });
  return {
    name: checks.name('definition.name', sent.name),
    position: sent.position,
    typ: sent.type,
    values: new Map(Object.entries(sent.sheetValues ?? {})),
  };
}

function sheetContent(sent: DataSheet | null | undefined): SheetContent | undefined {
  if (!sent) return undefined;
  return {
    name: checks.name('sheet.name', sent.name),
    descrip: bounded('sheet.description', sent.description, MAX_DESCRIPTION_LENGTH),
    values: new Map(Object.entries(sent.idValues ?? {})),
  };
}

const MOST_ACTIONS = 1000;

const refuseTooMany = (field: string, found: number): void => refuseBeyond(field, found, MOST_ACTIONS);

function refuseBeyond(what: string, found: number, limit: number): void {
  if (found <= limit) return;
  throw new BadRequest('limit-exceeded', `${what}: ${found}; at most ${limit}`, {
    limit: String(limit),
    found: String(found),
  });
}
