/**
 * Taking in the bytes of files.
 *
 * An upload begins, takes bytes in order, each piece in a short transaction of its own, and ends in one of two ways: finished, when
 * its bytes become a body (or are thrown away, since the team has the same body already), or discarded. Until then nobody sees
 * anything of it. One that takes no bytes for 24 hours is discarded when another one of the team begins, at most two at a time: so
 * they cannot pile up, and no call pays for many.
 */
import { NotFound } from '../base/errors.ts';
import type { Transactor } from '../store/database.ts';
import { CHUNK_BYTES, type UploadRow } from '../store/files.ts';
import type { Row } from '../store/schema.ts';
import type { Act } from './act.ts';

const UPLOAD_LIFE_MS = 24 * 60 * 60 * 1000;
const DISCARDED_AT_ONCE = 2;

/** What only who has seen all bytes can tell of a body. Checksums in hex, lower case. */
export type Checksums = Pick<Row<'file_bodies'>, 'sha256' | 'md5'>;

/** @param more what the file shall become and its size, when several calls carry it */
export async function beginUpload(
  tx: Transactor,
  act: Act,
  teamId: string,
  more: Pick<UploadRow, 'details' | 'size'> = { details: null, size: null },
): Promise<UploadRow> {
  for (const uploadId of await tx.files.expiredUploads(teamId, act.now, DISCARDED_AT_ONCE))
    await discardUpload(tx, teamId, uploadId);
  const upload: UploadRow = {
    team_id: teamId,
    upload_id: act.ids.next(),
    user_id: act.caller.userId,
    ...more,
    received: 0,
    last_offset: 0,
    expires_at: act.now + UPLOAD_LIFE_MS,
  };
  await tx.files.insertUpload(upload);
  return upload;
}

/** Adds bytes behind those that are here. @returns the upload with them */
export async function addBytes(tx: Transactor, act: Act, upload: UploadRow, bytes: Buffer): Promise<UploadRow> {
  const { team_id, upload_id, received } = upload;
  const change = {
    received: received + bytes.length,
    last_offset: received,
    expires_at: act.now + UPLOAD_LIFE_MS,
  };
  await tx.files.advanceUpload(upload, change);
  const first = Math.floor(received / CHUNK_BYTES);
  const begun = received % CHUNK_BYTES === 0 ? [] : await tx.files.chunks(team_id, upload_id, first, 1);
  const all = begun.length === 0 ? bytes : Buffer.concat([...begun, bytes]);
  for (let at = 0; at < all.length; at += CHUNK_BYTES) {
    const piece = all.subarray(at, at + CHUNK_BYTES);
    await tx.files.putChunk({ team_id, body_id: upload_id, ordinal: first + at / CHUNK_BYTES, bytes: piece });
  }
  return { ...upload, ...change };
}

/**
 * Makes a body of all bytes received. Whoever calls shows it in the same transaction.
 * @returns the id of the team's body with this content
 * @throws NotFound (404) when the upload has ended meanwhile
 */
export async function finishUpload(
  tx: Transactor,
  { team_id, upload_id, received }: UploadRow,
  checksums: Checksums,
): Promise<string> {
  if (!(await tx.files.deleteUpload(team_id, upload_id))) throw uploadNotFound(upload_id);
  const bodyId = await tx.files.keepBody({ team_id, body_id: upload_id, size: received, ...checksums });
  if (bodyId !== upload_id) await tx.files.deleteChunks(team_id, [upload_id]);
  return bodyId;
}

/** Throws away an upload with its bytes; does nothing when it has ended already. */
export async function discardUpload(tx: Transactor, teamId: string, uploadId: string): Promise<void> {
  if (await tx.files.deleteUpload(teamId, uploadId)) await tx.files.deleteChunks(teamId, [uploadId]);
}

/** Deletes those of the bodies, each with its bytes, that nothing shows any more. */
export async function deleteIfUnused(tx: Transactor, teamId: string, ...bodyIds: readonly string[]): Promise<void> {
  if (bodyIds.length === 0) return;
  await tx.files.lockBodies(teamId, bodyIds);
  const deleted = await tx.files.deleteUnusedBodies(teamId, bodyIds);
  if (deleted.length > 0) await tx.files.deleteChunks(teamId, deleted);
}

export const uploadNotFound = (uploadId: string, begin = 'beginAttachmentUpload'): NotFound =>
  new NotFound('upload-not-found', `uploadId: no upload ${uploadId} of yours; ${begin} begins one`, {
    uploadId,
  });
