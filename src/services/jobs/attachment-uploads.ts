/**
 * Uploading an attachment in parts: begin, put chunks in order, finish with the checksum of the whole. The bytes are read once more
 * before the finish, outside of its transaction: nothing can change them, since they are complete and whole chunks come once.
 */
import {
  type AddJobAttachmentResponse,
  type AttachmentUpload,
  type JobAttachmentDetails,
  MAX_ATTACHMENT_CHUNK,
} from '#gen/jobs_types';
import { BadRequest } from '../../base/errors.ts';
import { requirePrivilege, teamsOf } from '../../domain/privileges.ts';
import { beginUpload, finishUpload, uploadNotFound } from '../../engine/uploading.ts';
import type { Reader, Store } from '../../store/database.ts';
import type { UploadRow } from '../../store/files.ts';
import type { Call } from '../call.ts';
import { checkAnnounced, checked, checkLength, checkSha256, withChunk } from '../files/uploads.ts';
import { attachable, checkTeamsLimit, type FileDetails, fileDetails, showFile } from './attachments.ts';

export function beginAttachmentUpload(
  store: Store,
  call: Call,
  params: JobAttachmentDetails,
  size: number,
  maxFileBytes: number,
): Promise<AttachmentUpload> {
  const details = fileDetails(params);
  if (params.attachment != null && params.attachment.length > 0) {
    throw new BadRequest(
      'invalid-argument',
      'params.attachment: given, but the bytes follow with putAttachmentChunk; leave it unset',
      { field: 'params.attachment' },
    );
  }
  checkAnnounced(size, maxFileBytes);
  return store.transact(async tx => {
    const { team_id } = await attachable(tx, call, details);
    await checkTeamsLimit(tx, team_id, 'size', size);
    return toUpload(await beginUpload(tx, call, team_id, { details: JSON.stringify(details), size }));
  });
}

export function putAttachmentChunk(
  store: Store,
  call: Call,
  uploadId: string,
  offset: number,
  chunk: Buffer,
): Promise<AttachmentUpload> {
  checkLength(chunk.length, MAX_ATTACHMENT_CHUNK);
  return store.transact(async tx =>
    toUpload(await withChunk(tx, call, await ownUpload(tx, call, uploadId), offset, chunk)),
  );
}

export async function finishAttachmentUpload(
  store: Store,
  call: Call,
  uploadId: string,
  sha256: string,
): Promise<AddJobAttachmentResponse> {
  checkSha256(sha256);
  const read = await store.read(async reader => {
    const upload = await ownUpload(reader, call, uploadId);
    await attachable(reader, call, detailsOf(upload));
    return upload;
  });
  const checksums = await checked(store, read, sha256);
  return store.transact(async tx => {
    const upload = await ownUpload(tx, call, uploadId);
    return showFile(tx, call, detailsOf(upload), await finishUpload(tx, upload, checksums));
  });
}

/** @throws NotFound (404) for an upload that is over, or not the caller's; InsufficientPermissions (476) */
async function ownUpload(reader: Reader, call: Call, uploadId: string): Promise<UploadRow> {
  const upload = await reader.files.upload(teamsOf(call.caller), uploadId);
  const own = upload && upload.user_id === call.caller.userId && upload.expires_at > call.now;
  if (!own || !isAttachment(upload)) throw uploadNotFound(uploadId);
  requirePrivilege(call.caller, upload.team_id, 'jobUpdateAttachments');
  return upload;
}

const isAttachment = ({ details }: UploadRow): boolean => details !== null && 'jobId' in JSON.parse(details);

const detailsOf = (upload: UploadRow): FileDetails => JSON.parse(upload.details!) as FileDetails;

const toUpload = ({ upload_id, received, expires_at }: UploadRow): AttachmentUpload => ({
  uploadId: upload_id,
  received,
  maxChunk: MAX_ATTACHMENT_CHUNK,
  expiresAt: expires_at,
});
