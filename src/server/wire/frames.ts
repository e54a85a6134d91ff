/** Frames: a message's length in four bytes, then the message. */

export const LENGTH_BYTES = 4;
export const LONGEST_FRAME = 16 * 1024 * 1024;

/** Thrown when a frame announces a length that no message of ours has. The connection cannot be understood any further. */
export class BadFrame extends Error {}

/** Cuts what arrives into messages, whatever pieces it arrives in. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Bytes that must have arrived before the next look is worth it. */
  #needed = LENGTH_BYTES;

  /** @returns the messages completed by this chunk. @throws BadFrame */
  *push(chunk: Buffer): Generator<Buffer> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes >= this.#needed) {
      const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
      const length = all.readInt32BE(0);
      if (length <= 0 || length > LONGEST_FRAME)
        throw new BadFrame(`a frame of ${length} bytes; expected 1 to ${LONGEST_FRAME}`);
      const end = LENGTH_BYTES + length;
      if (all.length < end) {
        this.#chunks = [all];
        this.#needed = end;
        return;
      }
      this.#chunks = all.length === end ? [] : [all.subarray(end)];
      this.#bytes = all.length - end;
      this.#needed = LENGTH_BYTES;
      yield all.subarray(LENGTH_BYTES, end);
    }
  }
}
