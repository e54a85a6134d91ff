/** Parts of steps and entries, compared: single values, elements of descriptions, documents, metadata. */
import { isDeepStrictEqual } from 'node:util';
import type { Change } from '#gen/diff_types';
import type { MetadataEntry } from '#gen/metadata_types';
import type { StepDescriptionElement } from '#gen/step_types';
import { noticeDiff } from './history-headers.ts';
import { listDiff } from './list-diff.ts';
import { contentDiff } from './value-diff.ts';

/** A text that was changed without a key to know it by is REMOVED and ADDED. */
export function elementsDiff(
  base: readonly StepDescriptionElement[],
  other: readonly StepDescriptionElement[],
  version: number,
): StepDescriptionElement[] {
  return listDiff(base, other, elementKey, isDeepStrictEqual, version).map(
    ({ base: element, other: before, change }) =>
      change ? changedElement(element, before, change, version) : element!,
  );
}

const elementKey = ({ txt, link, doc, notice }: StepDescriptionElement): string => {
  const text = txt ?? link;
  if (text?.referenceKey) return `key ${text.referenceKey}`;
  return doc ? `doc ${doc.id}` : notice ? `notice ${notice.id}` : JSON.stringify(text);
};

function changedElement(
  base: StepDescriptionElement | undefined,
  other: StepDescriptionElement | undefined,
  latestChange: Change,
  version: number,
): StepDescriptionElement {
  const { txt, link, doc, notice } = base ?? other!;
  if (txt) return { txt: { ...txt, latestChange } };
  if (link) return { link: { ...link, latestChange } };
  if (doc) return { doc: { ...doc, latestChange } };
  return { notice: noticeDiff(notice!, base && other?.notice, latestChange, version) };
}

/** Ids of documents, each with what happened to it. */
export const documentsDiff = (
  base: readonly string[],
  other: readonly string[],
  version: number,
): { id: string; latestChange?: Change }[] =>
  listDiff(
    base,
    other,
    id => id,
    () => true,
    version,
  ).map(({ base: id, other: before, change }) => ({ id: (id ?? before)!, ...(change && { latestChange: change }) }));

type Metadata = { readonly [metadataId: string]: MetadataEntry };

/** All that either version has. */
export function metadataDiff(
  base: Metadata,
  other: Metadata,
  version: number,
): { [metadataId: string]: MetadataEntry } {
  const ids = new Set([...Object.keys(base), ...Object.keys(other)]);
  return Object.fromEntries(
    [...ids].map(id => {
      const latestChange = contentDiff(base[id]?.value, other[id]?.value, version);
      const entry = (base[id] ?? other[id])!;
      if (!latestChange) return [id, entry];
      return [id, { ...entry, valueDiff: { latestChange, ...(other[id] && { otherValue: other[id].value }) } }];
    }),
  );
}
