/** Bytes that are written: one buffer that grows, shared by all replies of a turn, handed to the socket in one piece. */

const FIRST_BYTES = 16 * 1024;

/** Thrown when more is written than may be. */
export class TooLong extends Error {}

export class ByteWriter {
  buffer: Buffer;
  position = 0;
  /** Where the message that is written must end at the latest. */
  end = Number.POSITIVE_INFINITY;

  constructor(bytes = FIRST_BYTES) {
    this.buffer = Buffer.allocUnsafeSlow(bytes);
  }

  /** Makes room for this many bytes. @throws TooLong */
  reserve(bytes: number): void {
    const needed = this.position + bytes;
    if (needed > this.buffer.length) this.#grow(needed);
  }

  byte(value: number): void {
    if (this.position >= this.buffer.length) this.#grow(this.position + 1);
    this.buffer[this.position++] = value;
  }

  /** Leaves bytes out, to be filled later. */
  skip(bytes: number): void {
    this.reserve(bytes);
    this.position += bytes;
  }

  bytes(value: Uint8Array): void {
    this.reserve(value.length);
    this.buffer.set(value, this.position);
    this.position += value.length;
  }

  /** Room for 3 bytes per character must be reserved. @returns the number of bytes written */
  text(value: string): number {
    const bytes = value === '' ? 0 : this.buffer.write(value, this.position);
    this.position += bytes;
    return bytes;
  }

  int32(value: number, at: number): void {
    const { buffer } = this;
    buffer[at] = value >>> 24;
    buffer[at + 1] = value >>> 16;
    buffer[at + 2] = value >>> 8;
    buffer[at + 3] = value;
  }

  written(): Buffer {
    return this.buffer.subarray(0, this.position);
  }

  #grow(needed: number): void {
    if (needed > this.end) throw new TooLong();
    const buffer = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.buffer.length));
    this.buffer.copy(buffer, 0, 0, this.position);
    this.buffer = buffer;
  }
}
