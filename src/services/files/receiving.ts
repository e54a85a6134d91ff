/**
 * Receiving a file whose length nobody may know, in one request: each chunk is a transaction of its own, so that neither the memory
 * nor the database's writer is held by a large one; the last makes of it what it shall be. Whatever fails in between leaves nothing.
 */
import { createHash } from 'node:crypto';
import { checkSize } from '../../domain/files.ts';
import { addBytes, beginUpload, type Checksums, discardUpload, finishUpload } from '../../engine/uploading.ts';
import type { Store, Transactor } from '../../store/database.ts';
import { CHUNK_BYTES, type UploadRow } from '../../store/files.ts';
import type { Call } from '../call.ts';

/** A body that was just received, in the transaction that shows it. */
export interface ReceivedBody extends Checksums {
  readonly bodyId: string;
  readonly size: number;
}

/** A file on its way in. */
export interface IncomingFile {
  /** As sent; undefined when nobody gave one. */
  readonly name: string | undefined;
  readonly mimeType: string;
  /** In any pieces. Throws when they break off. */
  readonly bytes: AsyncIterable<Buffer> | Iterable<Buffer>;
}

/**
 * @param permit finds the team that the file is for, or refuses, before anything is received
 * @param show what the last transaction makes of the body
 * @throws BadRequest (400) when there are more than `maxFileBytes`, and whatever `permit`, `bytes` and `show` throw
 */
export async function receiveFile<T>(
  store: Store,
  call: Call,
  bytes: IncomingFile['bytes'],
  maxFileBytes: number,
  permit: (tx: Transactor) => Promise<string>,
  show: (tx: Transactor, body: ReceivedBody) => Promise<T>,
): Promise<T> {
  const upload = await store.transact(async tx => beginUpload(tx, call, await permit(tx)));
  try {
    const { received, checksums } = await receive(store, call, upload, bytes, maxFileBytes);
    return await store.transact(async tx => {
      const bodyId = await finishUpload(tx, received, checksums);
      return show(tx, { bodyId, size: received.received, ...checksums });
    });
  } catch (error) {
    // When even this fails, the upload goes as all unfinished ones do.
    await store.transact(tx => discardUpload(tx, upload.team_id, upload.upload_id)).catch(() => {});
    throw error;
  }
}

async function receive(
  store: Store,
  call: Call,
  upload: UploadRow,
  bytes: IncomingFile['bytes'],
  maxFileBytes: number,
): Promise<{ received: UploadRow; checksums: Checksums }> {
  const hashes = new BodyHashes();
  let received = upload;
  for await (const piece of chunksOf(bytes)) {
    checkSize('file', received.received + piece.length, maxFileBytes);
    hashes.add(piece);
    const before = received;
    received = await store.transact(tx => addBytes(tx, call, before, piece));
  }
  return { received, checksums: hashes.checksums() };
}

/** What a body is known by, added up piece by piece. */
export class BodyHashes {
  readonly #sha256 = createHash('sha256');
  readonly #md5 = createHash('md5');

  add(piece: Buffer): void {
    this.#sha256.update(piece);
    this.#md5.update(piece);
  }

  checksums(): Checksums {
    return { sha256: this.#sha256.digest('hex'), md5: this.#md5.digest('hex') };
  }
}

/** The same bytes in pieces of CHUNK_BYTES, the last one shorter. All in one buffer: a piece is good until the next is asked for. */
async function* chunksOf(bytes: IncomingFile['bytes']): AsyncGenerator<Buffer> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let filled = 0;
  for await (const piece of bytes) {
    for (let at = 0; at < piece.length; ) {
      const copied = piece.copy(chunk, filled, at);
      at += copied;
      filled += copied;
      if (filled < CHUNK_BYTES) continue;
      yield chunk;
      filled = 0;
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}
