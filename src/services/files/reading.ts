/** Reading bodies: a part of one at once, or any length of it chunk by chunk. */
import type { Reader, Store } from '../../store/database.ts';
import { CHUNK_BYTES } from '../../store/files.ts';

/** Where the bytes of a body, or of an upload, are. */
export interface BodyPlace {
  readonly teamId: string;
  readonly bodyId: string;
}

/** Bytes from `offset` on, fewer than `length` at the end of the body. */
export async function bytesOf(
  reader: Reader,
  { teamId, bodyId }: BodyPlace,
  offset: number,
  length: number,
): Promise<Buffer> {
  const first = Math.floor(offset / CHUNK_BYTES);
  const count = Math.ceil((offset + length) / CHUNK_BYTES) - first;
  const chunks = Buffer.concat(await reader.files.chunks(teamId, bodyId, first, count));
  return chunks.subarray(offset - first * CHUNK_BYTES, offset - first * CHUNK_BYTES + length);
}

/**
 * The bytes from `from` up to and without `to`, a chunk at a time, each in a snapshot of its own: a slow reader keeps nothing open.
 * @throws Error when the body is deleted meanwhile
 */
export async function* streamOf(store: Store, body: BodyPlace, from: number, to: number): AsyncGenerator<Buffer> {
  for (let at = from; at < to; ) {
    const end = Math.min(to, (Math.floor(at / CHUNK_BYTES) + 1) * CHUNK_BYTES);
    const bytes = await store.look(reader => bytesOf(reader, body, at, end - at));
    if (bytes.length < end - at) throw new Error(`body ${body.bodyId} of team ${body.teamId} ends at byte ${at}`);
    yield bytes;
    at = end;
  }
}
