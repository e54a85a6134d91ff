/**
 * Uploads that several calls carry: announced, put chunk by chunk in order, finished with the checksum of the whole. The bytes are read
 * once more before the finish, outside of its transaction: nothing can change them, since they are complete and whole chunks come once.
 */
import { BadRequest } from '../../base/errors.ts';
import { checkSize } from '../../domain/files.ts';
import { addBytes, type Checksums } from '../../engine/uploading.ts';
import type { Store, Transactor } from '../../store/database.ts';
import type { UploadRow } from '../../store/files.ts';
import type { Call } from '../call.ts';
import { streamOf } from './reading.ts';
import { BodyHashes } from './receiving.ts';

/** @throws BadRequest (400) */
export function checkAnnounced(size: number, maxFileBytes: number): void {
  if (size < 0) throw new BadRequest('invalid-argument', `size: ${size}; expected 0 or more`, { field: 'size' });
  checkSize('size', size, maxFileBytes);
}

/** @throws BadRequest (400) */
export function checkSha256(sha256: string): void {
  if (/^[0-9a-f]{64}$/i.test(sha256)) return;
  throw new BadRequest('invalid-argument', `sha256: "${sha256.slice(0, 80)}"; expected 64 hex digits`, {
    field: 'sha256',
  });
}

/** The upload with a chunk more; as it is, when that chunk came before and its answer was lost. @throws BadRequest (400) */
export async function withChunk(
  tx: Transactor,
  call: Call,
  upload: UploadRow,
  offset: number,
  chunk: Buffer,
): Promise<UploadRow> {
  if (offset === upload.last_offset && offset + chunk.length === upload.received) return upload;
  checkPlace(upload, offset, chunk.length);
  return addBytes(tx, call, upload, chunk);
}

/** @throws BadRequest (400) when bytes are missing, or they have another checksum */
export async function checked(store: Store, upload: UploadRow, sha256: string): Promise<Checksums> {
  const expected = sha256.toLowerCase();
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

/** @throws BadRequest (400) */
export function checkLength(length: number, most: number): void {
  if (length > most) {
    throw new BadRequest('limit-exceeded', `chunk: ${length} bytes; at most ${most} in one call`, {
      limit: String(most),
      found: String(length),
    });
  }
  if (length === 0)
    throw new BadRequest('invalid-argument', `chunk: empty; expected 1 to ${most} bytes`, {
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
