/** What the texts of a tree refer to: metadata of the job, and data sheets. */
import { type Reference, RefSource } from '#gen/reference_types';
import type { BaseStep } from '#gen/step_types';

/** Ids by source (RefSource number). Every text of the tree that may carry references does so in a `references` list. */
export function referencesIn(root: BaseStep): { [source: number]: string[] } {
  const found = new Map<RefSource, Set<string>>();
  const add = (source: RefSource, id: string | null | undefined) => {
    if (id) found.set(source, (found.get(source) ?? new Set()).add(id));
  };
  for (const { jobMetadataRef, dataSheetRef } of references(root)) {
    add(RefSource.JOB_METADATA, jobMetadataRef?.metadataId);
    add(RefSource.DATA_SHEET_SET, dataSheetRef?.setId);
    add(RefSource.DATA_SHEET_DEFINITION, dataSheetRef?.definitionId);
  }
  return Object.fromEntries([...found].map(([source, ids]) => [source, [...ids].sort()]));
}

function* references(value: unknown): Generator<Reference> {
  if (value === null || typeof value !== 'object') return;
  for (const [key, field] of Object.entries(value)) {
    if (key === 'references' && Array.isArray(field)) yield* field;
    else if (key === 'reference' && field) yield field as Reference;
    else yield* references(field);
  }
}
