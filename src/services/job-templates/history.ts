/** getHistory: entries compared with another one. */

import { ChangeType } from '#gen/diff_types';
import type { JobTemplateModular, TemplateHistoryResult } from '#gen/job_template_types';
import { BadRequest } from '../../base/errors.ts';
import { treeDiff } from '../../domain/history.ts';
import { documentsDiff, metadataDiff } from '../../domain/history-parts.ts';
import type { StoredMetadata } from '../../domain/references.ts';
import { derived } from '../../domain/tree.ts';
import { contentDiff, textDiff } from '../../domain/value-diff.ts';
import type { Reader, Store, TreesByHash } from '../../store/database.ts';
import type { TemplateRow } from '../../store/templates.ts';
import type { Call } from '../call.ts';
import { idList } from '../checks.ts';
import { systemException } from '../wire-errors.ts';
import { visible } from './access.ts';
import { idsIn } from './encoding.ts';
import { filledTree, metadataById, type Things, thingsOf } from './things.ts';
import { noSuchEntry } from './versions.ts';
import { tablesOf, toJobTemplateModular } from './wire.ts';

/** @param otherVersion what to compare with; 0 is the latest entry */
export function getHistory(
  store: Store,
  call: Call,
  templateId: string,
  internalVersions: number[],
  otherVersion: number,
): Promise<{ [internalVersion: number]: TemplateHistoryResult }> {
  const versions = idList('internalVersions', internalVersions.map(String)).map(Number);
  return store.look(async reader => {
    const latest = await visible(reader, call, templateId);
    const asked = [...versions, otherVersion || latest.version];
    const rows = await reader.templates.entriesNumbered(
      [latest.team_id],
      'internalVersion',
      [...new Set(asked)].map(number => ({ templateId, number })),
    );
    const entries = new Map(rows.map(row => [row.internal_version, row]));
    const other = entries.get(otherVersion || latest.version);
    if (!other) throw noSuchEntry('otherVersion', otherVersion, latest);
    refuseTooMuch(rows);
    const trees = await reader.trees.trees(
      latest.team_id,
      rows.map(({ root_hash }) => root_hash),
    );
    const things = await thingsOf(reader, latest.team_id, {
      roots: [...trees.values()],
      documents: idsIn(rows, 'documents'),
      metadata: idsIn(rows, 'metadata'),
    });
    const resultOf = (version: number): TemplateHistoryResult => {
      const entry = entries.get(version);
      return entry
        ? { template: compared(reader, call, entry, other, trees, things) }
        : { err: systemException(noSuchEntry('internalVersions', version, latest), call.requestId) };
    };
    return Object.fromEntries(versions.map(version => [version, resultOf(version)]));
  });
}

const MOST_STEPS = 100_000;

/** Each answer has a whole tree. @throws BadRequest (400) */
function refuseTooMuch(rows: readonly TemplateRow[]): void {
  const steps = rows.reduce((sum, row) => sum + row.leaf_count, 0);
  if (steps <= MOST_STEPS) return;
  throw new BadRequest(
    'limit-exceeded',
    `internalVersions: the entries have ${steps} steps together; ask for fewer, with ${MOST_STEPS} at most`,
    { limit: String(MOST_STEPS), found: String(steps) },
  );
}

function compared(
  reader: Reader,
  call: Call,
  base: TemplateRow,
  other: TemplateRow,
  trees: TreesByHash,
  things: Things,
): JobTemplateModular {
  const version = base.internal_version;
  const root = trees.get(base.root_hash)!;
  const versionOf = ({ root_hash, title }: TemplateRow) => {
    const tree = trees.get(root_hash)!;
    return { root: tree, shown: derived(tree, title) };
  };
  const hashOf = (group: typeof root) => reader.trees.hashOf(group);
  const differs = contentOf(base) !== contentOf(other);
  const titleDiff = textDiff(base.title, other.title, version);
  const descripDiff = textDiff(base.descrip, other.descrip, version);
  const metadata = metadataDiff(metadataIn(base) as never, metadataIn(other) as never, version);
  const shown = metadataById(metadata, things);
  const tree = filledTree(treeDiff(versionOf(base), versionOf(other), version, hashOf), things);
  return {
    ...toJobTemplateModular(base, { things, sourceVersion: undefined }, call, root),
    metadataById: shown,
    metadataEntry: Object.values(shown),
    stepGroup: { ...tree, title: base.title, ...(titleDiff && { titleDiff }) },
    rootHeaders: tree.impl.stepGroup?.headers ?? {},
    documents: documentsDiff(JSON.parse(base.documents), JSON.parse(other.documents), version).map(
      ({ id, latestChange }) => ({ ...things.documents.get(id)!, ...(latestChange && { latestChange }) }),
    ),
    ...(differs && { structDiff: ChangeType.MODIFIED }),
    ...(titleDiff && { titleDiff }),
    ...(descripDiff && { descripDiff }),
    ...defaultsDiff(base, other, version),
    ...tablesDiff(base, other, version),
  };
}

const metadataIn = ({ metadata }: TemplateRow): StoredMetadata => JSON.parse(metadata);

const contentOf = ({
  title,
  descrip,
  defaults,
  property_tables,
  metadata,
  documents,
  root_hash,
}: TemplateRow): string => JSON.stringify([title, descrip, defaults, property_tables, metadata, documents, root_hash]);

function defaultsDiff(
  base: TemplateRow,
  other: TemplateRow,
  version: number,
): Pick<JobTemplateModular, 'defaultsDiff'> {
  const of = ({ defaults }: TemplateRow) => (defaults === '{}' ? undefined : JSON.parse(defaults));
  const latestChange = contentDiff(of(base), of(other), version);
  return latestChange ? { defaultsDiff: { latestChange, otherDefaults: of(other) } } : {};
}

function tablesDiff(
  base: TemplateRow,
  other: TemplateRow,
  version: number,
): Pick<JobTemplateModular, 'extendedPropertyTablesDiff'> {
  const otherTables = tablesOf(other);
  const latestChange = contentDiff(tablesOf(base), otherTables, version);
  return latestChange ? { extendedPropertyTablesDiff: { latestChange, ...(otherTables && { otherTables }) } } : {};
}
