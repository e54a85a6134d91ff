/** Documents: kept when they are uploaded, found by their ids. Uploading takes templateEdit, since documents are for templates. */
import type { Document } from '#gen/document_types';
import { toSeconds } from '../../base/clock.ts';
import { BadRequest, NotFound } from '../../base/errors.ts';
import { textKey } from '../../base/text.ts';
import { fileName } from '../../domain/files.ts';
import { requirePrivilege, teamsOf } from '../../domain/privileges.ts';
import type { Reader, Store } from '../../store/database.ts';
import type { DocumentRow } from '../../store/documents.ts';
import type { Call } from '../call.ts';
import { type IncomingFile, receiveFile } from '../files/receiving.ts';

/**
 * @param teamId may be unset when the caller works in one team
 * @throws BadRequest (400), NotFound (404) for a foreign team, InsufficientPermissions (476)
 */
export function uploadDocument(
  store: Store,
  call: Call,
  teamId: string | null,
  file: IncomingFile,
  maxFileBytes: number,
): Promise<Document> {
  const name = fileName('name', file.name ?? '');
  const permit = async () => {
    const team = teamId ?? onlyTeam(call);
    requirePrivilege(call.caller, team, 'templateEdit');
    return team;
  };
  return receiveFile(store, call, file.bytes, maxFileBytes, permit, async (tx, { bodyId, ...body }) => {
    const document = {
      team_id: await permit(),
      document_id: call.ids.next(),
      body_id: bodyId,
      name,
      name_key: textKey(name),
      mime_type: file.mimeType,
      created_by: call.caller.userId,
      created_at: call.now,
      shown: 0,
    };
    await tx.documents.insert(document);
    return toDocument({ ...document, ...body });
  });
}

/** The document with this id that the caller may see. @throws NotFound (404) */
export async function visibleDocument(
  reader: Reader,
  call: Call,
  documentId: string,
  teamIds: readonly string[] = teamsOf(call.caller),
): Promise<DocumentRow> {
  const document = await reader.documents.document(teamIds, documentId);
  if (document) return document;
  throw documentNotFound(documentId);
}

export const documentNotFound = (documentId: string): NotFound =>
  new NotFound(
    'document-not-found',
    `documentId: no document ${documentId} in your teams; query of the document service lists them`,
    { documentId },
  );

function onlyTeam({ caller }: Call): string {
  const [team, another] = teamsOf(caller);
  if (team !== undefined && another === undefined) return team;
  throw new BadRequest(
    'invalid-argument',
    `teamId: missing; you work in ${caller.rights.size} teams, so name the one that the document is for`,
    { field: 'teamId' },
  );
}

export const toDocument = (row: DocumentRow): Document => ({
  id: row.document_id,
  mimeType: row.mime_type,
  name: row.name,
  size: row.size,
  teamId: row.team_id,
  isPending: false,
  md5Checksum: row.md5,
  sha256: row.sha256,
  uploadedAt: toSeconds(row.created_at),
});

/** Of its body, below the server's HTTP address. */
export const documentPath = (documentId: string): string => `/api/documents/${encodeURIComponent(documentId)}`;
