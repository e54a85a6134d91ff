/**
 * What content names is looked up when it is written: documents, categories, icons, data sheets and metadata must be the team's. What is
 * archived is not named anew, but stays where it is named already. Documents that an entry shows are kept from being deleted.
 */
import { isDeepStrictEqual } from 'node:util';
import { Owner } from '#gen/metadata_types';
import type { BaseStep } from '#gen/step_types';
import { BadRequest, NotFound, ResourceArchived } from '../base/errors.ts';
import { checkedValue } from '../domain/metadata.ts';
import { type Names, namesIn, namesNothing, type StoredMetadata } from '../domain/references.ts';
import { isGroup, walk } from '../domain/tree.ts';
import type { Transactor } from '../store/database.ts';
import type { Row } from '../store/schema.ts';
import { type Definition, definitionsOf } from './definitions.ts';

/**
 * @param before the tree as it is: what it names may stay
 * @returns the step with its metadata as they are stored
 * @throws NotFound (404), ResourceArchived (601), BadRequest (400)
 */
export async function namedInTeam(
  tx: Transactor,
  teamId: string,
  step: BaseStep,
  before?: BaseStep,
): Promise<BaseStep> {
  if (namesNothing(step)) return step;
  const names = namesIn(step);
  const known = before && namesIn(before);
  await showDocuments(tx, teamId, [...names.documents]);
  await checkCategories(tx, teamId, names, known);
  await checkIcons(tx, teamId, names);
  await checkSheets(tx, teamId, names, known);
  const definitions = await definitionsOf(tx, teamId, [...names.metadata, ...names.jobMetadata]);
  for (const id of names.jobMetadata) checkOwner(definition(definitions, id), Owner.JOB, 'references');
  return names.metadata.size === 0 ? step : withMetadata(step, definitions, metadataByStep(before));
}

/** @throws NotFound (404) */
export async function showDocuments(tx: Transactor, teamId: string, documentIds: readonly string[]): Promise<void> {
  if (documentIds.length === 0) return;
  const found = new Set(await tx.documents.show(teamId, documentIds));
  const missing = documentIds.find(id => !found.has(id));
  if (missing === undefined) return;
  throw new NotFound(
    'document-not-found',
    `documentId: the team has no document ${missing}; upload it first, with beginUpload or POST /api/documents`,
    { documentId: missing },
  );
}

async function checkCategories(tx: Transactor, teamId: string, names: Names, known?: Names): Promise<void> {
  if (names.categories.size === 0) return;
  const rows = await tx.headers.categoriesById(teamId, [...names.categories]);
  for (const categoryId of names.categories) {
    const row = rows.find(({ category_id }) => category_id === categoryId);
    if (!row)
      throw new NotFound(
        'category-not-found',
        `headers.category: the team has no category ${categoryId}; indexCategories lists them`,
        { categoryId },
      );
    if (row.archived_at !== null && !known?.categories.has(categoryId))
      throw new ResourceArchived(
        'category-archived',
        `headers.category: "${row.name}" (${categoryId}) is archived; unarchiveCategory first, or choose another`,
        { categoryId },
      );
  }
}

async function checkIcons(tx: Transactor, teamId: string, { equipment, noticeIcons }: Names): Promise<void> {
  if (equipment.size + noticeIcons.size === 0) return;
  const rows = await tx.headers.iconsById(teamId, [...equipment, ...noticeIcons]);
  const kinds = new Map(rows.map(row => [row.icon_id, row.kind]));
  const check = (ids: ReadonlySet<string>, kind: Row<'icons'>['kind'], list: string) => {
    for (const iconId of ids)
      if (kinds.get(iconId) !== kind)
        throw new NotFound(
          'icon-not-found',
          `headers: the team has no icon ${iconId} of this kind; ${list} lists them`,
          {
            iconId,
          },
        );
  };
  check(equipment, 'EQUIPMENT', 'indexEquipment');
  check(noticeIcons, 'NOTICE', 'indexNoticeIcons');
  await showDocuments(tx, teamId, [...new Set(rows.map(row => row.document_id))]);
}

async function checkSheets(tx: Transactor, teamId: string, names: Names, known?: Names): Promise<void> {
  if (names.sheetSets.size === 0) return;
  await checkSets(tx, teamId, names, known);
  const rows = await tx.sheets.definitions(teamId, [...names.sheetSets]);
  for (const [definitionId, setId] of names.sheetDefinitions) {
    const row = rows.find(({ definition_id, set_id }) => definition_id === definitionId && set_id === setId);
    if (!row)
      throw new NotFound(
        'data-sheet-definition-not-found',
        `references: the team has no data sheet set ${setId} with a definition ${definitionId}; getSet lists them`,
        { setId, definitionId },
      );
    if (row.archived_at !== null && !known?.sheetDefinitions.has(definitionId))
      throw new ResourceArchived(
        'data-sheet-definition-archived',
        `references: "${row.name}" (${definitionId}) is archived; choose another, or unarchive it`,
        { setId, definitionId },
      );
  }
}

/** @throws ResourceArchived (601) */
async function checkSets(tx: Transactor, teamId: string, { sheetSets }: Names, known?: Names): Promise<void> {
  const sets = await tx.sheets.setsById(teamId, [...sheetSets]);
  const archived = sets.find(({ set_id, archived_at }) => archived_at !== null && !known?.sheetSets.has(set_id));
  if (!archived) return;
  throw new ResourceArchived(
    'data-sheet-set-archived',
    `references: the data sheet set "${archived.name}" (${archived.set_id}) is archived; unarchiveSet first`,
    { setId: archived.set_id },
  );
}

const metadataByStep = (root: BaseStep | undefined): ReadonlyMap<string, StoredMetadata> =>
  new Map(root ? walk(root).map(({ step }) => [step.id, (step.metadataById ?? {}) as StoredMetadata]) : []);

function withMetadata(
  step: BaseStep,
  definitions: ReadonlyMap<string, Definition>,
  before: ReadonlyMap<string, StoredMetadata>,
): BaseStep {
  const owner = isGroup(step) ? Owner.STEP_GROUP : Owner.STEP;
  const sent = step.metadataById as StoredMetadata | undefined;
  const field = `metadata of "${step.title.slice(0, 60)}"`;
  const kept = sent && checkedMetadata(field, owner, sent, definitions, before.get(step.id) ?? {});
  return {
    ...step,
    ...(kept && { metadataById: kept as NonNullable<BaseStep['metadataById']> }),
    children: step.children.map(child => withMetadata(child, definitions, before)),
  };
}

/** Metadata of an entry as a whole. @param before what it has: that may stay. @throws as namedInTeam */
export async function metadataInTeam(
  tx: Transactor,
  teamId: string,
  field: string,
  sent: StoredMetadata,
  before: StoredMetadata,
): Promise<StoredMetadata> {
  const definitions = await definitionsOf(tx, teamId, Object.keys(sent));
  return checkedMetadata(field, Owner.JOB_TEMPLATE, sent, definitions, before);
}

function checkedMetadata(
  field: string,
  owner: Owner,
  sent: StoredMetadata,
  definitions: ReadonlyMap<string, Definition>,
  before: StoredMetadata,
): StoredMetadata {
  const kept = Object.entries(sent).map(([metadataId, entry]) => {
    if (isDeepStrictEqual(entry, before[metadataId])) return [metadataId, entry] as const;
    const { row, rules } = definition(definitions, metadataId);
    checkOwner({ row, rules }, owner, field);
    if (row.archived_at !== null && !(metadataId in before))
      throw new ResourceArchived(
        'metadata-archived',
        `${field}: "${row.key}" (${metadataId}) is archived; values are not written anew`,
        { metadataId },
      );
    return [metadataId, { metadataId, value: checkedValue(`${field}, "${row.key}"`, entry.value, rules) }] as const;
  });
  return Object.fromEntries(kept);
}

function checkOwner({ row }: Definition, owner: Owner, field: string): void {
  if (row.owner === owner || row.owner === Owner.ALL) return;
  throw new BadRequest(
    'invalid-argument',
    `${field}: "${row.key}" (${row.metadata_id}) is for ${Owner[row.owner]}; one for ${Owner[owner]} or ALL is wanted`,
    { metadataId: row.metadata_id },
  );
}

/** @throws NotFound (404) */
function definition(definitions: ReadonlyMap<string, Definition>, metadataId: string): Definition {
  const found = definitions.get(metadataId);
  if (found) return found;
  throw new NotFound(
    'metadata-not-found',
    `metadata: the team has no definition ${metadataId.slice(0, 100)}; index of the metadata service lists them`,
    { metadataId: metadataId.slice(0, 100) },
  );
}
