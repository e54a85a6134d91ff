/** Sets as things: found, read, made, renamed, archived. Members read them; who may edit templates changes them. */
import type { AbacAttribute, AbacAttributeValue, AbacUploadBehaviour } from '#gen/abac_types';
import { MAX_DESCRIPTION_LENGTH } from '#gen/common_types';
import {
  type DataSheetSet,
  type DataSheetSetOptions,
  DataSheetSetOrderBy,
  type DataSheetSetQueryResult,
  type DataSheetSetSelectOptions,
  MAX_DATA_SHEET_SETS,
  MAX_DATA_SHEETS,
} from '#gen/data_sheet_types';
import { BadRequest, NoChange } from '../../base/errors.ts';
import { sameName } from '../../base/text.ts';
import { bounded } from '../../domain/limits.ts';
import { requireMember, requirePrivilege } from '../../domain/privileges.ts';
import { assignAll, attributesOf } from '../../engine/attributes.ts';
import { audit } from '../../engine/audit.ts';
import { ownerKinds } from '../../store/attributes.ts';
import type { Reader, Store, Transactor } from '../../store/database.ts';
import type { SetRow, SheetOrder } from '../../store/sheets.ts';
import { assigned, toAbacAttribute } from '../abac/attributes.ts';
import type { Call } from '../call.ts';
import * as checks from '../checks.ts';
import {
  authorsOf,
  filterOf,
  MOST_CELLS,
  openSet,
  ordered,
  paged,
  permittedSet,
  refuseTooManyCells,
  visibleSet,
} from './access.ts';
import { addDefinitions, addSheets } from './edits.ts';
import { toDefinition, toSet, toSheet } from './wire.ts';

export function querySets(
  store: Store,
  call: Call,
  teamId: string,
  opts: DataSheetSetOptions,
  select: DataSheetSetSelectOptions,
): Promise<DataSheetSetQueryResult> {
  const filter = {
    ...filterOf(opts),
    ...(opts.lastUpdatedAt == null ? {} : { updatedSince: opts.lastUpdatedAt * 1000 }),
  };
  const order = ordered(opts.order ?? [], setOrders);
  requireMember(call.caller, teamId);
  return store.read(async reader => {
    const { rows, info } = await paged(
      reader,
      opts.pageReq,
      ['sheet sets', teamId, filter, order],
      slice => reader.sheets.sets(teamId, filter, order, slice),
      upTo => reader.sheets.countSets(teamId, filter, upTo),
    );
    return { sets: await encoded(reader, rows, select), pageInfo: info };
  });
}

export const getSet = (
  store: Store,
  call: Call,
  setId: string,
  select: DataSheetSetSelectOptions,
): Promise<DataSheetSet> =>
  store.read(async reader => {
    const [set] = await encoded(reader, [await visibleSet(reader, call, setId)], select);
    return set!;
  });

/** Everything that a set has. */
const ALL: DataSheetSetSelectOptions = {
  includeDefinitions: true,
  includeSheets: true,
  sheetPageSize: 0,
  includeActiveSheetCount: true,
  includeArchivedSheetCount: true,
  includeAttributes: true,
};

export function createSet(
  store: Store,
  call: Call,
  teamId: string,
  sent: DataSheetSet,
  attributes: AbacAttribute[],
): Promise<DataSheetSet> {
  const content = contentOf(sent);
  requirePrivilege(call.caller, teamId, 'templateEdit');
  return store.transact(async tx => {
    await tx.people.lockTeam(teamId);
    await refuseTaken(tx, teamId, content.name);
    await refuseOneMore(tx, teamId);
    const set: SetRow = {
      team_id: teamId,
      set_id: call.ids.next(),
      ...content,
      created_at: call.now,
      updated_at: call.now,
      archived_at: null,
      author_id: call.caller.userId,
    };
    await tx.sheets.insertSet(set);
    const definitions = await addDefinitions(tx, call, set, sent.definitions ?? []);
    await addSheets(tx, call, set, definitions, sent.sheets ?? []);
    await assignAll(tx, { teamId, kind: ownerKinds.sheetSet, id: set.set_id }, attributes);
    await audit(tx, call, teamId, 'sheets.created', set.set_id, { name: content.name });
    const [made] = await encoded(tx, [set], ALL);
    return made!;
  });
}

export function updateSet(store: Store, call: Call, setId: string, sent: DataSheetSet): Promise<DataSheetSet> {
  const content = contentOf(sent);
  return store.transact(async tx => {
    const set = await openSet(tx, call, setId);
    if (content.name !== set.name || content.descrip !== set.descrip) {
      await tx.people.lockTeam(set.team_id);
      await refuseTaken(tx, set.team_id, content.name, setId);
      await tx.sheets.changeSet(set, { ...content, updated_at: call.now, author_id: call.caller.userId });
      await audit(tx, call, set.team_id, 'sheets.updated', setId, { name: content.name });
    }
    return again(tx, call, setId);
  });
}

export const archiveSet = (store: Store, call: Call, setId: string): Promise<DataSheetSet> =>
  store.transact(async tx => {
    const set = await permittedSet(tx, call, setId);
    if (set.archived_at !== null) throw new NoChange('already-archived', `the set "${set.name}" is archived already`);
    await tx.sheets.changeSet(set, { archived_at: call.now, updated_at: call.now, author_id: call.caller.userId });
    await audit(tx, call, set.team_id, 'sheets.archived', setId, {});
    return again(tx, call, setId);
  });

export const unarchiveSet = (store: Store, call: Call, setId: string): Promise<DataSheetSet> =>
  store.transact(async tx => {
    const set = await permittedSet(tx, call, setId);
    if (set.archived_at === null) throw new NoChange('not-archived', `the set "${set.name}" is not archived`);
    await tx.sheets.changeSet(set, { archived_at: null, updated_at: call.now, author_id: call.caller.userId });
    await audit(tx, call, set.team_id, 'sheets.unarchived', setId, {});
    return again(tx, call, setId);
  });

export const updateAttribute = (
  store: Store,
  call: Call,
  setId: string,
  attributeId: string,
  values: AbacAttributeValue[],
  behave: AbacUploadBehaviour,
): Promise<AbacAttribute[]> =>
  store.transact(async tx => {
    const { team_id: teamId } = await permittedSet(tx, call, setId);
    return assigned(tx, call, { teamId, kind: ownerKinds.sheetSet, id: setId }, attributeId, values, behave);
  });

/** The set without what hangs on it. */
async function again(tx: Transactor, call: Call, setId: string): Promise<DataSheetSet> {
  const set = await visibleSet(tx, call, setId);
  return toSet(set, await authorsOf(tx, [set]));
}

/** With what select asks for: one statement per kind of thing, whatever the number of sets. All of one team. */
async function encoded(
  reader: Reader,
  sets: readonly SetRow[],
  select: DataSheetSetSelectOptions,
): Promise<DataSheetSet[]> {
  checkedPage(select.sheetPageSize ?? 0);
  if (sets.length === 0) return [];
  const teamId = sets[0]!.team_id;
  const ids = sets.map(set => set.set_id);
  const definitions = select.includeDefinitions ? await reader.sheets.definitions(teamId, ids) : [];
  const sheets = select.includeSheets
    ? await reader.sheets.sheetsOfSets(teamId, ids, select.sheetPageSize || MAX_DATA_SHEETS)
    : [];
  const sheetIds = sheets.map(sheet => sheet.sheet_id);
  const cells = sheets.length > 0 ? await reader.sheets.cellsOfSheets(teamId, sheetIds, MOST_CELLS + 1) : [];
  refuseTooManyCells(cells);
  const counted = select.includeActiveSheetCount || select.includeArchivedSheetCount;
  const counts = counted ? await reader.sheets.sheetCounts(teamId, ids) : [];
  const attributes = select.includeAttributes ? await attributesOf(reader, [teamId], 'sheetSet', ids) : undefined;
  const authors = await authorsOf(reader, [...sets, ...sheets]);
  const cellsBySheet = Map.groupBy(cells, cell => cell.sheet_id);
  const title = sameName(select.definitionTitle ?? '');
  const types = select.definitionTypes ?? [];
  const count = (setId: string, archived: number) =>
    counts.find(row => row.set_id === setId && row.archived === archived)?.sheets ?? 0;
  return sets.map(set => ({
    ...toSet(set, authors),
    ...(select.includeDefinitions && {
      definitions: definitions
        .filter(row => row.set_id === set.set_id && row.name_key.includes(title))
        .filter(row => types.length === 0 || types.includes(row.typ))
        .map(row => toDefinition(row)),
    }),
    ...(select.includeSheets && {
      sheets: sheets
        .filter(row => row.set_id === set.set_id)
        .map(row => toSheet(row, cellsBySheet.get(row.sheet_id) ?? [], authors)),
    }),
    ...(select.includeActiveSheetCount && { activeSheetCount: count(set.set_id, 0) }),
    ...(select.includeArchivedSheetCount && { archivedSheetCount: count(set.set_id, 1) }),
    ...(attributes && { attributes: attributes(teamId, set.set_id).map(toAbacAttribute) }),
  }));
}

const setOrders: Readonly<Record<number, SheetOrder['by']>> = {
  [DataSheetSetOrderBy.TITLE]: 'name_key',
  [DataSheetSetOrderBy.LAST_UPDATED_AT]: 'updated_at',
  [DataSheetSetOrderBy.CREATED_AT]: 'created_at',
};

/** @throws BadRequest (400) */
function checkedPage(size: number): void {
  if (size >= 0 && size <= MAX_DATA_SHEETS) return;
  throw new BadRequest('invalid-argument', `selectOpts.sheetPageSize: ${size}; expected 0 to ${MAX_DATA_SHEETS}`, {
    'selectOpts.sheetPageSize': String(size),
  });
}

function contentOf({ name, description }: DataSheetSet): Pick<SetRow, 'name' | 'name_key' | 'descrip'> {
  const checked = checks.name('dsSet.name', name);
  const descrip = bounded('dsSet.description', description, MAX_DESCRIPTION_LENGTH);
  return { name: checked, name_key: sameName(checked), descrip };
}

async function refuseTaken(tx: Transactor, teamId: string, name: string, ownId?: string): Promise<void> {
  const taken = await tx.sheets.setNamed(teamId, sameName(name));
  if (!taken || taken.set_id === ownId) return;
  throw new BadRequest(
    'duplicate-name',
    `dsSet.name: the team has the set "${taken.name}" (${taken.set_id}) already; use that one, or choose another name`,
    { name: taken.name, dsSetId: taken.set_id },
  );
}

async function refuseOneMore(tx: Transactor, teamId: string): Promise<void> {
  const found = await tx.sheets.countSets(teamId);
  if (found < MAX_DATA_SHEET_SETS) return;
  throw new BadRequest('limit-exceeded', `teamId: the team has ${found} data sheet sets, as many as it can`, {
    limit: String(MAX_DATA_SHEET_SETS),
    found: String(found),
  });
}
