/**
 * The team's things that content names by their ids, as they are now: looked up together, one statement per kind, and put into trees
 * and entries on the way out.
 */
import type { Document } from '#gen/document_types';
import type { EquipmentIcon, StepGroupCategory } from '#gen/group_headers_types';
import type { MetadataEntry, MetadataValue } from '#gen/metadata_types';
import type { Reference } from '#gen/reference_types';
import type { BaseStep } from '#gen/step_types';
import { hasOptions, optionIds, optionText, resolvedOption } from '../../domain/metadata.ts';
import { type Names, namesIn, namesNothing } from '../../domain/references.ts';
import { type Definition, definitionsOf } from '../../engine/definitions.ts';
import type { Reader } from '../../store/database.ts';
import { toDocument } from '../documents/documents.ts';
import { toCategory } from '../group-headers/categories.ts';
import { iconsOf } from '../group-headers/icons.ts';

/** By their ids. */
export interface Things {
  readonly documents: ReadonlyMap<string, Document>;
  readonly categories: ReadonlyMap<string, StepGroupCategory>;
  readonly icons: ReadonlyMap<string, Pick<EquipmentIcon, 'id' | 'iconDocument' | 'descrip'>>;
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly sheetSets: ReadonlyMap<string, string>;
  readonly sheetDefinitions: ReadonlyMap<string, string>;
}

/** What is to be looked up. */
export interface Wanted {
  readonly roots?: readonly BaseStep[];
  readonly documents?: readonly string[];
  readonly metadata?: readonly string[];
}

const nothing: Things = {
  documents: new Map(),
  categories: new Map(),
  icons: new Map(),
  definitions: new Map(),
  sheetSets: new Map(),
  sheetDefinitions: new Map(),
};

/** No statement for what nothing names. */
export async function thingsOf(reader: Reader, teamId: string, wanted: Wanted): Promise<Things> {
  if (!wanted.documents?.length && !wanted.metadata?.length && (wanted.roots ?? []).every(namesNothing)) return nothing;
  const names = (wanted.roots ?? []).map(namesIn);
  const all = (of: (names: Names) => Iterable<string>) => [...new Set(names.flatMap(found => [...of(found)]))];
  const documentIds = [...new Set([...(wanted.documents ?? []), ...all(found => found.documents)])];
  const categoryIds = all(found => found.categories);
  const iconIds = all(found => [...found.equipment, ...found.noticeIcons]);
  const metadataIds = new Set([...(wanted.metadata ?? []), ...all(found => [...found.metadata, ...found.jobMetadata])]);
  const setIds = all(found => found.sheetSets);
  const anything = documentIds.length + categoryIds.length + iconIds.length + metadataIds.size + setIds.length;
  if (anything === 0) return nothing;
  const documents = documentIds.length === 0 ? [] : await reader.documents.documents([teamId], documentIds);
  const categories = categoryIds.length === 0 ? [] : await reader.headers.categoriesById(teamId, categoryIds);
  const icons = iconIds.length === 0 ? [] : await iconsOf(reader, teamId, iconIds);
  const sets = setIds.length === 0 ? [] : await reader.sheets.setsById(teamId, setIds);
  const columns = setIds.length === 0 ? [] : await reader.sheets.definitions(teamId, setIds);
  return {
    documents: new Map(documents.map(row => [row.document_id, toDocument(row)])),
    categories: new Map(categories.map(row => [row.category_id, toCategory(row)])),
    icons: new Map(icons.map(icon => [icon.id, icon])),
    definitions: await definitionsOf(reader, teamId, [...metadataIds]),
    sheetSets: new Map(sets.map(row => [row.set_id, row.name])),
    sheetDefinitions: new Map(columns.map(row => [row.definition_id, row.name])),
  };
}

/** The tree with what its ids stand for; the same tree when it names nothing. Differences to other versions stay in it. */
export function filledTree(tree: BaseStep, things: Things): BaseStep {
  return things === nothing ? tree : (new Filling(things).filled(tree) as BaseStep);
}

class Filling {
  readonly #things: Things;

  constructor(things: Things) {
    this.#things = things;
  }

  /** Names of fields that stand for things, wherever they are in a tree. */
  readonly #fillers: Readonly<Record<string, (value: never) => unknown>> = {
    doc: (doc: Document) => ({ ...this.#things.documents.get(doc.id), ...doc }),
    category: (category: StepGroupCategory) => this.#category(category),
    otherCategory: (category: StepGroupCategory) => this.#category(category),
    equipment: (icons: EquipmentIcon[]) => icons.map(icon => this.#icon(icon)),
    icon: (icon: EquipmentIcon) => this.#icon(icon),
    otherIcon: (icon: EquipmentIcon) => this.#icon(icon),
    metadataById: (metadata: NonNullable<BaseStep['metadataById']>) => metadataById(metadata, this.#things),
    references: (references: Reference[]) => references.map(reference => this.#reference(reference)),
    otherValueWrapper: (wrapper: object) => this.#fields(wrapper),
    reference: (reference: Reference) => this.#reference(reference),
  };

  filled(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(element => this.filled(element));
    if (value === null || typeof value !== 'object') return value;
    const filled = this.#fields(value) as Partial<BaseStep>;
    // Lists of metadata are superseded, and filled for those who know nothing else.
    return filled.metadataById ? { ...filled, metadataEntry: Object.values(filled.metadataById) } : filled;
  }

  #fields(value: object): object {
    return Object.fromEntries(
      Object.entries(value).map(([key, field]) => {
        const fill = field == null ? undefined : this.#fillers[key];
        return [key, fill ? fill(field as never) : this.filled(field)];
      }),
    );
  }

  #category = (category: StepGroupCategory) => ({ ...this.#things.categories.get(category.id), ...category });

  #icon = (icon: EquipmentIcon) => ({ ...this.#things.icons.get(icon.id), ...icon });

  #reference({ jobMetadataRef, dataSheetRef }: Reference): Reference {
    const { definitions, sheetSets, sheetDefinitions } = this.#things;
    if (jobMetadataRef)
      return { jobMetadataRef: { ...jobMetadataRef, key: definitions.get(jobMetadataRef.metadataId)?.row.key ?? '' } };
    const { definitionId, setId } = dataSheetRef!;
    return {
      dataSheetRef: {
        definitionId,
        setId,
        definitionName: sheetDefinitions.get(definitionId) ?? '',
        setName: sheetSets.get(setId) ?? '',
      },
    };
  }
}

type Stored = { readonly [metadataId: string]: Pick<MetadataEntry, 'metadataId' | 'value' | 'valueDiff'> };

/** Metadata as they are stored, with their keys, and options by their texts too. @param referenced ids that content refers to */
export function metadataById(
  metadata: Stored,
  { definitions }: Things,
  referenced?: ReadonlySet<string>,
): { [metadataId: string]: MetadataEntry } {
  return Object.fromEntries(
    Object.entries(metadata).map(([metadataId, { value, valueDiff }]) => {
      const definition = definitions.get(metadataId)!;
      return [
        metadataId,
        {
          metadataId,
          key: definition.row.key,
          ...shown(value, definition),
          externallyManaged: definition.row.externally_managed === 1,
          ...(referenced && { referenced: referenced.has(metadataId) }),
          ...(valueDiff && {
            valueDiff: {
              latestChange: valueDiff.latestChange,
              ...(valueDiff.otherValue && { otherValue: shown(valueDiff.otherValue, definition).value }),
            },
          }),
        },
      ];
    }),
  );
}

/** A value as people read it, and by ids where it has options. */
function shown(
  value: MetadataValue,
  { row, rules: { options } }: Definition,
): Pick<MetadataEntry, 'value' | 'idValue'> {
  if (!hasOptions(row.type)) return { value };
  const ids = [...new Set(optionIds(value).map(id => resolvedOption(options, id)?.id ?? id))];
  const texts = ids.map(id => optionText(options, id) ?? id);
  return value.listValueId != null
    ? { value: { listValue: texts[0]! }, idValue: { listValueId: ids[0]! } }
    : { value: { selectedListValues: { values: texts } }, idValue: { selectedListValueIds: { valueIds: ids } } };
}
