/**
 * What content names of the team's things: documents, categories, icons, metadata, data sheets. Content keeps ids alone; what the things
 * are called is put in on the way out, so a rename shows everywhere, and an entry never changes.
 */
import type { MetadataEntry } from '#gen/metadata_types';
import { type Reference, RefSource } from '#gen/reference_types';
import type { BaseStep } from '#gen/step_types';

/** Ids by what they name. */
export interface Names {
  readonly documents: ReadonlySet<string>;
  readonly categories: ReadonlySet<string>;
  readonly equipment: ReadonlySet<string>;
  readonly noticeIcons: ReadonlySet<string>;
  /** Of definitions whose values the content has. */
  readonly metadata: ReadonlySet<string>;
  /** Of definitions whose values the texts of the content show, once a job has them. */
  readonly jobMetadata: ReadonlySet<string>;
  readonly sheetSets: ReadonlySet<string>;
  /** Definition id -> set id. */
  readonly sheetDefinitions: ReadonlyMap<string, string>;
}

const kinds = [
  'documents',
  'categories',
  'equipment',
  'noticeIcons',
  'metadata',
  'jobMetadata',
  'sheetSets',
] as const satisfies readonly (keyof Names)[];

class Found implements Names {
  readonly documents = new Set<string>();
  readonly categories = new Set<string>();
  readonly equipment = new Set<string>();
  readonly noticeIcons = new Set<string>();
  readonly metadata = new Set<string>();
  readonly jobMetadata = new Set<string>();
  readonly sheetSets = new Set<string>();
  readonly sheetDefinitions = new Map<string, string>();

  /** What a step itself names, without what is below it. */
  add(step: BaseStep): void {
    for (const { doc, notice } of step.descrip) {
      if (doc) this.documents.add(doc.id);
      if (notice?.icon) this.noticeIcons.add(notice.icon.id);
    }
    for (const id of Object.keys(step.metadataById ?? {})) this.metadata.add(id);
    const { category, equipment, notices } = step.impl.stepGroup?.headers ?? {};
    if (category) this.categories.add(category.id);
    for (const { id } of equipment ?? []) this.equipment.add(id);
    for (const { icon } of notices ?? []) if (icon) this.noticeIcons.add(icon.id);
    for (const [key, field] of Object.entries(step))
      if (key !== 'children' && key !== 'metadataById')
        for (const reference of references(field)) this.#refer(reference);
  }

  addAll(names: Names): void {
    for (const kind of kinds) for (const id of names[kind]) this[kind].add(id);
    for (const [definitionId, setId] of names.sheetDefinitions) this.sheetDefinitions.set(definitionId, setId);
  }

  get nothing(): boolean {
    return this.sheetDefinitions.size === 0 && kinds.every(kind => this[kind].size === 0);
  }

  #refer({ jobMetadataRef, dataSheetRef }: Reference): void {
    if (jobMetadataRef) this.jobMetadata.add(jobMetadataRef.metadataId);
    if (!dataSheetRef) return;
    this.sheetSets.add(dataSheetRef.setId);
    this.sheetDefinitions.set(dataSheetRef.definitionId, dataSheetRef.setId);
  }
}

/** Every text of the tree that may carry references does so in a `references` list, every number in a `reference`. */
function* references(value: unknown): Generator<Reference> {
  if (value === null || typeof value !== 'object') return;
  for (const [key, field] of Object.entries(value)) {
    if (key === 'references' && Array.isArray(field)) yield* field;
    else if (key === 'reference' && field) yield field as Reference;
    else yield* references(field);
  }
}

/** What a step, or a group with all below it, names. */
export function namesIn(root: BaseStep): Names {
  const names = known.get(root);
  if (names) return names;
  const found = new Found();
  found.add(root);
  for (const child of root.children) {
    const below = namesIn(child);
    if (below !== NOTHING) found.addAll(below);
  }
  const kept = found.nothing ? NOTHING : found;
  known.set(root, kept);
  return kept;
}

/** Most name nothing: they share this. */
const NOTHING: Names = new Found();

/** Steps and groups never change, and are asked again and again: after an edit only those on its way to the root are new. */
const known = new WeakMap<BaseStep, Names>();

/** Ids by source (RefSource number), as JobTemplateModular tells them. */
export function referencesIn(root: BaseStep): { [source: number]: string[] } {
  const { jobMetadata, sheetSets, sheetDefinitions } = namesIn(root);
  const bySource: [RefSource, Iterable<string>][] = [
    [RefSource.JOB_METADATA, jobMetadata],
    [RefSource.DATA_SHEET_SET, sheetSets],
    [RefSource.DATA_SHEET_DEFINITION, sheetDefinitions.keys()],
  ];
  const filled = bySource
    .map(([source, ids]) => [source, [...ids].sort()] as const)
    .filter(([, ids]) => ids.length > 0);
  return Object.fromEntries(filled);
}

/** Metadata as content keeps it: by definition, the value alone. */
export type StoredMetadata = { readonly [metadataId: string]: Pick<MetadataEntry, 'metadataId' | 'value'> };
