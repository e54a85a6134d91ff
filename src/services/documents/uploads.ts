/** Uploading a document in parts. It gets the upload's id, so a finish whose answer was lost can be repeated. */
import { type Document, type DocumentParams, type DocumentUpload, MAX_DOCUMENT_CHUNK } from '#gen/document_types';
import { toSeconds } from '../../base/clock.ts';
import { textKey } from '../../base/text.ts';
import { fileName, mediaType, UNKNOWN_TYPE } from '../../domain/files.ts';
import { requirePrivilege, teamsOf } from '../../domain/privileges.ts';
import { beginUpload, finishUpload, uploadNotFound } from '../../engine/uploading.ts';
import type { Reader, Store } from '../../store/database.ts';
import type { UploadRow } from '../../store/files.ts';
import type { Call } from '../call.ts';
import { typeOf } from '../files/media-type.ts';
import { checkAnnounced, checked, checkLength, checkSha256, withChunk } from '../files/uploads.ts';
import { toDocument } from './documents.ts';
import { withPath } from './reading.ts';

/** What an upload becomes. */
interface Announced {
  readonly name: string;
  readonly mimeType: string;
}

export function begin(store: Store, call: Call, params: DocumentParams, maxFileBytes: number): Promise<DocumentUpload> {
  const document: Announced = {
    name: fileName('params.name', params.name),
    mimeType: params.mimeType ? mediaType('params.mimeType', params.mimeType) : UNKNOWN_TYPE,
  };
  checkAnnounced(params.size, maxFileBytes);
  requirePrivilege(call.caller, params.teamId, 'templateEdit');
  return store.transact(async tx =>
    toUpload(await beginUpload(tx, call, params.teamId, { details: JSON.stringify({ document }), size: params.size })),
  );
}

export function put(
  store: Store,
  call: Call,
  uploadId: string,
  offset: number,
  chunk: Buffer,
): Promise<DocumentUpload> {
  checkLength(chunk.length, MAX_DOCUMENT_CHUNK);
  return store.transact(async tx => toUpload(await withChunk(tx, call, await own(tx, call, uploadId), offset, chunk)));
}

export async function finish(store: Store, call: Call, uploadId: string, sha256: string): Promise<Document> {
  checkSha256(sha256);
  const found = await store.read(async reader => {
    const finished = await reader.documents.document(teamsOf(call.caller), uploadId);
    const same = finished?.created_by === call.caller.userId && finished.sha256 === sha256.toLowerCase();
    return same ? { finished } : { upload: await own(reader, call, uploadId), finished: undefined };
  });
  if (found.finished) return withPath(toDocument(found.finished));
  const checksums = await checked(store, found.upload, sha256);
  const [beginning] = await store.read(reader => reader.files.chunks(found.upload.team_id, uploadId, 0, 1));
  const { name, mimeType: said } = announced(found.upload)!;
  const mimeType = mediaType('params.mimeType', await typeOf(beginning ?? Buffer.alloc(0), said));
  return store.transact(async tx => {
    const upload = await own(tx, call, uploadId);
    const document = {
      team_id: upload.team_id,
      document_id: uploadId,
      body_id: await finishUpload(tx, upload, checksums),
      name,
      name_key: textKey(name),
      mime_type: mimeType,
      created_by: call.caller.userId,
      created_at: call.now,
      shown: 0,
    };
    await tx.documents.insert(document);
    return withPath(toDocument({ ...document, ...checksums, size: upload.received }));
  });
}

/** @throws NotFound (404) for an upload that is over, or not the caller's, or of an attachment; InsufficientPermissions (476) */
async function own(reader: Reader, call: Call, uploadId: string): Promise<UploadRow> {
  const upload = await reader.files.upload(teamsOf(call.caller), uploadId);
  if (upload?.user_id !== call.caller.userId || upload.expires_at <= call.now || !announced(upload))
    throw uploadNotFound(uploadId, 'beginUpload');
  requirePrivilege(call.caller, upload.team_id, 'templateEdit');
  return upload;
}

const announced = ({ details }: UploadRow): Announced | undefined => details && JSON.parse(details).document;

const toUpload = ({ upload_id, received, expires_at }: UploadRow): DocumentUpload => ({
  uploadId: upload_id,
  received,
  maxChunk: MAX_DOCUMENT_CHUNK,
  expiresAt: toSeconds(expires_at),
});
