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
import { checkSize } from '../../domain/files.ts';
import { requirePrivilege, teamsOf } from '../../domain/privileges.ts';
import { addBytes, beginUpload, type Checksums, finishUpload, uploadNotFound } from '../../engine/uploading.ts';
import type { Reader, Store } from '../../store/database.ts';
import type { UploadRow } from '../../store/files.ts';
import type { Call } from '../call.ts';
import { streamOf } from '../files/reading.ts';
import { BodyHashes } from '../files/receiving.ts';
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
  if (size < 0) throw new BadRequest('invalid-argument', `size: ${size}; expected 0 or more`, { field: 'size' });
  checkSize('size', size, maxFileBytes);
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
  checkLength(chunk.length);
  return store.transact(async tx => {
    const upload = await ownUpload(tx, call, uploadId);
    // The answer to the last chunk was lost on its way: it is here.
    if (offset === upload.last_offset && offset + chunk.length === upload.received) return toUpload(upload);
    checkPlace(upload, offset, chunk.length);
    return toUpload(await addBytes(tx, call, upload, chunk));
  });
}

export async function finishAttachmentUpload(
  store: Store,
  call: Call,
  uploadId: string,
  sha256: string,
): Promise<AddJobAttachmentResponse> {
  if (!/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new BadRequest('invalid-argument', `sha256: "${sha256.slice(0, 80)}"; expected 64 hex digits`, {
      field: 'sha256',
    });
  }
  const read = await store.read(async reader => {
    const upload = await ownUpload(reader, call, uploadId);
    await attachable(reader, call, detailsOf(upload));
    return upload;
  });
  const checksums = await checked(store, read, sha256.toLowerCase());
  return store.transact(async tx => {
    const upload = await ownUpload(tx, call, uploadId);
    return showFile(tx, call, detailsOf(upload), await finishUpload(tx, upload, checksums));
  });
}

/** @throws BadRequest (400) when bytes are missing, or they have another checksum */
async function checked(store: Store, upload: UploadRow, expected: string): Promise<Checksums> {
  if (upload.received !== upload.size) {
    throw mismatch(`${upload.received} of ${upload.size} bytes are here; put the rest first`, upload);
  }
  const hashes = new BodyHashes();
  const place = { teamId: upload.team_id, bodyId: upload.upload_id };
  for await (const piece of streamOf(store, place, 0, upload.received)) hashes.add(piece);
  const checksums = hashes.checksums();
  if (checksums.sha256 === expected) return checksums;
  throw mismatch(`the bytes received have the SHA-256 ${checksums.sha256}, not ${expected}; begin anew`, upload);
}

const mismatch = (what: string, { received, size }: UploadRow): BadRequest =>
  new BadRequest('checksum-mismatch', `sha256: ${what}`, { received: String(received), size: String(size) });

/** @throws NotFound (404) for an upload that is over, or not the caller's; InsufficientPermissions (476) */
async function ownUpload(reader: Reader, call: Call, uploadId: string): Promise<UploadRow> {
  const upload = await reader.files.upload(teamsOf(call.caller), uploadId);
  const own = upload && upload.user_id === call.caller.userId && upload.expires_at > call.now;
  if (!own || upload.details === null) throw uploadNotFound(uploadId);
  requirePrivilege(call.caller, upload.team_id, 'jobUpdateAttachments');
  return upload;
}

function checkLength(length: number): void {
  if (length > MAX_ATTACHMENT_CHUNK) {
    throw new BadRequest('limit-exceeded', `chunk: ${length} bytes; at most ${MAX_ATTACHMENT_CHUNK} in one call`, {
      limit: String(MAX_ATTACHMENT_CHUNK),
      found: String(length),
    });
  }
  if (length === 0)
    throw new BadRequest('invalid-argument', `chunk: empty; expected 1 to ${MAX_ATTACHMENT_CHUNK} bytes`, {
      field: 'chunk',
    });
}

function checkPlace({ received, size }: UploadRow, offset: number, length: number): void {
  if (offset !== received) {
    throw new BadRequest('invalid-argument', `offset: ${offset}; expected ${received}, the bytes received so far`, {
      field: 'offset',
      expected: String(received),
      actual: String(offset),
    });
  }
  if (received + length > (size ?? 0)) {
    throw new BadRequest(
      'limit-exceeded',
      `chunk: ends at byte ${received + length}; the file was announced with ${size} bytes`,
      { limit: String(size), found: String(received + length) },
    );
  }
}

const detailsOf = (upload: UploadRow): FileDetails => JSON.parse(upload.details!) as FileDetails;

const toUpload = ({ upload_id, received, expires_at }: UploadRow): AttachmentUpload => ({
  uploadId: upload_id,
  received,
  maxChunk: MAX_ATTACHMENT_CHUNK,
  expiresAt: expires_at,
});
