/**
 * Cuts what arrives on a connection into messages, whatever pieces it arrives in.
 *
 * The first bytes tell how the connection speaks, for as long as it lasts:
 *
 *   80 01 | 82 | [            unframed: a message in the binary, compact or JSON protocol follows at once
 *   length, then 80 | 82 | [ | 0f | 00     framed: the length of each message in four bytes before it (0f ff: with headers)
 *   length, then a letter     unframed, in the old binary form: the length is that of the method's name
 */
import type { ProtocolName, ReadLimits } from './protocol.ts';
import { type Scanner, scannerFor } from './scan.ts';

export const LENGTH_BYTES = 4;
/** The largest message when nothing else is said. */
export const LONGEST_MESSAGE = 16 * 1024 * 1024;
const LONGEST_OLD_NAME = 200;

/** Thrown when what arrives is no message of ours. The connection cannot be understood any further. */
export class BadFrame extends Error {}

export interface InboundLimits extends ReadLimits {
  readonly messageBytes: number;
}

/** Takes a message: where it begins and ends in bytes that are never written again. */
export type GiveOut = (bytes: Buffer, start: number, end: number) => void;

export type Framing = 'framed' | 'unframed';

const FIRST_BYTES: Readonly<Record<number, ProtocolName>> = { 128: 'binary', 130: 'compact', 91: 'json' };
const FRAMED_FIRST = new Set([0x80, 0x82, 0x5b, 0x0f, 0x00]);
const isNameCharacter = (byte: number): boolean => /[A-Za-z0-9_:.]/.test(String.fromCharCode(byte));

export class Inbound {
  readonly #limits: InboundLimits;
  #framing: Framing | undefined;
  #protocol: ProtocolName = 'binary';
  #scanner: Scanner | undefined;
  /** What has arrived and is not yet given out: from #at to #end of #bytes. */
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  /** Whether #bytes is ours to write into. */
  #owned = false;
  /** Bytes that must have arrived before the next look is worth it. */
  #needed = 1;

  constructor(limits: InboundLimits, framing?: Framing) {
    this.#limits = limits;
    this.#framing = framing;
  }

  get framing(): Framing | undefined {
    return this.#framing;
  }

  /** The protocol that an unframed connection speaks. A framed one may change it with each message: then that of the first. */
  get protocol(): ProtocolName {
    return this.#protocol;
  }

  /** Bytes that have arrived of messages that are not given out. */
  get waiting(): number {
    return this.#end - this.#at;
  }

  push(chunk: Buffer): void {
    if (this.waiting === 0) {
      this.#bytes = chunk;
      this.#at = 0;
      this.#end = chunk.length;
      this.#owned = false;
    } else {
      this.#append(chunk);
    }
  }

  /** Gives the next whole message out, if there is one. @throws BadFrame, Malformed, BeyondLimit */
  next(give: GiveOut): boolean {
    if (this.waiting < this.#needed) return false;
    if (!this.#framing) this.#recognize();
    if (!this.#framing) return false;
    return this.#framing === 'framed' ? this.#nextFrame(give) : this.#nextUnframed(give);
  }

  #nextFrame(give: GiveOut): boolean {
    this.#needed = LENGTH_BYTES;
    if (this.waiting < LENGTH_BYTES) return false;
    const length = this.#bytes.readInt32BE(this.#at);
    this.#checkLength(length);
    this.#needed = LENGTH_BYTES + length;
    if (this.waiting < this.#needed) return false;
    give(this.#bytes, this.#at + LENGTH_BYTES, this.#at + this.#needed);
    this.#gaveOut(this.#needed);
    this.#needed = LENGTH_BYTES;
    return true;
  }

  #nextUnframed(give: GiveOut): boolean {
    this.#scanner ??= scannerFor(this.#protocol, this.#limits);
    const arrived = this.#bytes.subarray(this.#at, this.#end);
    const length = this.#scanner.end(arrived);
    if ((length ?? arrived.length) > this.#limits.messageBytes) this.#checkLength(length ?? arrived.length);
    this.#needed = length === undefined ? arrived.length + 1 : 1;
    if (length === undefined) return false;
    this.#scanner = undefined;
    give(this.#bytes, this.#at, this.#at + length);
    this.#gaveOut(length);
    return true;
  }

  #checkLength(length: number): void {
    const { messageBytes } = this.#limits;
    if (length <= 0 || length > messageBytes)
      throw new BadFrame(`a message of ${length} bytes; expected 1 to ${messageBytes}`);
  }

  #recognize(): void {
    const first = this.#bytes[this.#at]!;
    const unframed = FIRST_BYTES[first];
    if (unframed) {
      this.#framing = 'unframed';
      this.#protocol = unframed;
      return;
    }
    this.#needed = LENGTH_BYTES + 1;
    if (this.waiting < LENGTH_BYTES) return;
    const length = this.#bytes.readInt32BE(this.#at);
    const afterLength = this.#bytes[this.#at + LENGTH_BYTES];
    const isFramed = this.waiting >= this.#needed && FRAMED_FIRST.has(afterLength!);
    // Whoever frames a message that is too long can be told so.
    if (isFramed) {
      this.#framing = 'framed';
      this.#protocol = FIRST_BYTES[afterLength!] ?? 'binary';
    }
    this.#checkLength(length);
    if (isFramed || this.waiting < this.#needed) return;
    if (!this.#mayBeOldName(length)) this.#framing = 'framed';
    else if (this.waiting > LENGTH_BYTES + length) this.#framing = 'unframed';
    else this.#needed = LENGTH_BYTES + length + 1;
  }

  #mayBeOldName(length: number): boolean {
    if (length > LONGEST_OLD_NAME) return false;
    const start = this.#at + LENGTH_BYTES;
    const arrived = this.#bytes.subarray(start, Math.min(start + length, this.#end));
    return arrived.every(isNameCharacter);
  }

  #gaveOut(bytes: number): void {
    this.#at += bytes;
    // What was given out may still be read: a buffer is never written again.
    if (this.waiting > 0) return;
    this.#bytes = Buffer.alloc(0);
    this.#at = 0;
    this.#end = 0;
  }

  #append(chunk: Buffer): void {
    const waiting = this.waiting;
    if (!this.#owned || this.#end + chunk.length > this.#bytes.length) {
      const arrived = waiting + chunk.length;
      const room = Math.max(2 * arrived, 256);
      const bytes = Buffer.allocUnsafeSlow(this.#needed > arrived ? Math.min(room, this.#needed) : room);
      this.#bytes.copy(bytes, 0, this.#at, this.#end);
      this.#bytes = bytes;
      this.#at = 0;
      this.#end = waiting;
      this.#owned = true;
    }
    chunk.copy(this.#bytes, this.#end);
    this.#end += chunk.length;
  }
}
