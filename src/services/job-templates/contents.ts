/** Content of an entry beside its steps: documents, headers of the root, metadata. */
import { MAX_DOCUMENTS_PER_TEMPLATE } from '#gen/common_types';
import type { StepGroupHeaders } from '#gen/group_headers_types';
import type { JobTemplate } from '#gen/job_template_types';
import type { MetadataEntry, MetadataValue } from '#gen/metadata_types';
import { BadRequest, NotFound } from '../../base/errors.ts';
import { receivedHeaders, receivedMetadata } from '../../domain/received.ts';
import { withHeaders } from '../../domain/tree.ts';
import { type Content, checkExpectedVersion, editContent } from '../../engine/authoring.ts';
import { metadataInTeam, namedInTeam, showDocuments } from '../../engine/naming-content.ts';
import type { Store, Transactor } from '../../store/database.ts';
import type { TemplateRow } from '../../store/templates.ts';
import type { Call } from '../call.ts';
import { idList } from '../checks.ts';
import { permitted } from './access.ts';
import { idsIn, jobTemplate } from './encoding.ts';
import { metadataById, thingsOf } from './things.ts';

/** A content edit that answers with the latest entry. */
const edited = (
  store: Store,
  call: Call,
  templateId: string,
  edit: (tx: Transactor, latest: TemplateRow, content: Content) => Partial<Content> | Promise<Partial<Content>>,
): Promise<JobTemplate> =>
  store.transact(async tx => {
    const latest = await permitted(tx, call, templateId, 'templateEdit');
    const { template, root } = await editContent(tx, call, latest, async content => ({
      ...content,
      ...(await edit(tx, latest, content)),
    }));
    return jobTemplate(tx, call, template, root);
  });

/** @param version the internal version that the caller edits; 0: whichever */
export const addDocument = (store: Store, call: Call, templateId: string, version: number, documentId: string) =>
  edited(store, call, templateId, async (tx, latest, { documents }) => {
    checkExpectedVersion(latest, version === 0 ? undefined : version, 'jobTemplateVersion');
    await showDocuments(tx, latest.team_id, [documentId]);
    if (documents.includes(documentId)) return {};
    if (documents.length >= MAX_DOCUMENTS_PER_TEMPLATE)
      throw new BadRequest(
        'limit-exceeded',
        `documentId: the template shows ${documents.length} documents, as many as it can; removeDocument takes one out`,
        { limit: String(MAX_DOCUMENTS_PER_TEMPLATE), found: String(documents.length) },
      );
    return { documents: [...documents, documentId] };
  });

export const removeDocument = (store: Store, call: Call, templateId: string, documentId: string) =>
  edited(store, call, templateId, (_tx, _latest, { documents }) => ({ documents: without(documents, documentId) }));

/** @param position counted without the document; -1 is the end */
export const moveDocument = (store: Store, call: Call, templateId: string, documentId: string, position: number) =>
  edited(store, call, templateId, (_tx, _latest, { documents }) => {
    const rest = without(documents, documentId);
    const at = position === -1 ? rest.length : position;
    if (at < 0 || at > rest.length)
      throw new BadRequest(
        'invalid-position',
        `position: ${position} is out of range; right would be 0 to ${rest.length}, or -1 for the end`,
        { position: String(position) },
      );
    return { documents: rest.toSpliced(at, 0, documentId) };
  });

/** @throws NotFound (404) */
function without(documents: readonly string[], documentId: string): string[] {
  if (documents.includes(documentId)) return documents.filter(id => id !== documentId);
  throw new NotFound(
    'document-not-found',
    `documentId: the template does not show ${documentId}; documents of get lists what it shows`,
    { documentId },
  );
}

export const updateRootHeaders = (store: Store, call: Call, templateId: string, sent: StepGroupHeaders) =>
  edited(store, call, templateId, async (tx, { team_id }, { root }) => {
    const headers = receivedHeaders(sent, call.ids, root);
    const alone = { ...root, descrip: [], children: [], metadataById: {}, impl: { stepGroup: { headers } } };
    await namedInTeam(tx, team_id, alone, root);
    return { root: withHeaders(root, headers) };
  });

/** @returns all metadata that the latest entry has then */
export function updateMetadata(
  store: Store,
  call: Call,
  templateId: string,
  updated: { [metadataId: string]: MetadataValue },
  removedIds: string[],
): Promise<{ [metadataId: string]: MetadataEntry }> {
  const removed = new Set(idList('removedIds', removedIds));
  const both = Object.keys(updated).find(id => removed.has(id));
  if (both !== undefined)
    throw new BadRequest('invalid-argument', `removedIds: ${both} is in updated too; write it or take it away`, {
      metadataId: both,
    });
  const entries = Object.entries(updated).map(([metadataId, value]) => ({ metadataId, value }) as MetadataEntry);
  const sent = receivedMetadata('updated', entries);
  return store.transact(async tx => {
    const latest = await permitted(tx, call, templateId, 'templateEdit');
    const { template } = await editContent(tx, call, latest, async content => {
      const named = await metadataInTeam(tx, latest.team_id, 'updated', sent, content.metadata);
      const kept = Object.entries(content.metadata).filter(([id]) => !removed.has(id));
      return { ...content, metadata: { ...Object.fromEntries(kept), ...named } };
    });
    const things = await thingsOf(tx, latest.team_id, { metadata: idsIn([template], 'metadata') });
    return metadataById(JSON.parse(template.metadata), things);
  });
}
