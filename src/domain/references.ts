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

const NONE: ReadonlySet<string> = new Set();
const NO_DEFINITIONS: ReadonlyMap<string, string> = new Map();

/** Most steps name nothing, or things of one kind: a set is made for the first thing of its kind. */
class Found implements Names {
  documents = NONE;
  categories = NONE;
  equipment = NONE;
  noticeIcons = NONE;
  metadata = NONE;
  jobMetadata = NONE;
  sheetSets = NONE;
  sheetDefinitions: ReadonlyMap<string, string> = NO_DEFINITIONS;

  /** What a step itself names, without what is below it. */
  add(step: BaseStep): void {
    for (const { doc, notice } of step.descrip) {
      if (doc) this.#name('documents', doc.id);
      if (notice?.icon) this.#name('noticeIcons', notice.icon.id);
    }
    for (const id of Object.keys(step.metadataById ?? {})) this.#name('metadata', id);
    const { category, equipment, notices } = step.impl.stepGroup?.headers ?? {};
    if (category) this.#name('categories', category.id);
    for (const { id } of equipment ?? []) this.#name('equipment', id);
    for (const { icon } of notices ?? []) if (icon) this.#name('noticeIcons', icon.id);
    for (const key of Object.keys(step))
      if (key !== 'children' && key !== 'metadataById') this.#search(key, step[key as keyof BaseStep]);
  }

  addAll(names: Names): void {
    for (const kind of kinds) for (const id of names[kind]) this.#name(kind, id);
    for (const [definitionId, setId] of names.sheetDefinitions) this.#define(definitionId, setId);
  }

  get nothing(): boolean {
    return this.sheetDefinitions.size === 0 && kinds.every(kind => this[kind].size === 0);
  }

  #name(kind: (typeof kinds)[number], id: string): void {
    if (this[kind] === NONE) this[kind] = new Set();
    (this[kind] as Set<string>).add(id);
  }

  #define(definitionId: string, setId: string): void {
    if (this.sheetDefinitions === NO_DEFINITIONS) this.sheetDefinitions = new Map();
    (this.sheetDefinitions as Map<string, string>).set(definitionId, setId);
  }

  /** Every text of the tree that may carry references does so in a `references` list, every number in a `reference`. */
  #search(key: string, field: unknown): void {
    if (typeof field !== 'object' || field === null) return;
    if (key === 'reference') this.#refer(field as Reference);
    else if (!Array.isArray(field))
      for (const inner of Object.keys(field)) this.#search(inner, field[inner as keyof typeof field]);
    else if (key === 'references') for (const reference of field) this.#refer(reference);
    else for (const element of field) this.#search('', element);
  }

  #refer({ jobMetadataRef, dataSheetRef }: Reference): void {
    if (jobMetadataRef) this.#name('jobMetadata', jobMetadataRef.metadataId);
    if (!dataSheetRef) return;
    this.#name('sheetSets', dataSheetRef.setId);
    this.#define(dataSheetRef.definitionId, dataSheetRef.setId);
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

export const namesNothing = (root: BaseStep): boolean => namesIn(root) === NOTHING;

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
