/**
 * Thrift's compact protocol. Field ids travel as differences within their struct, truth values of fields within the field's head,
 * whole numbers as zigzag varints, doubles little-endian.
 */
import { decodedText } from './binary.ts';
import type { ByteWriter } from './bytes.ts';
import { elementType, TRUE, thriftType } from './compact-types.ts';
import { CompactWriter, PROTOCOL_ID, VERSION } from './compact-writer.ts';
import { joined } from './integers.ts';
import {
  Budget,
  type FieldHead,
  type ListHead,
  Malformed,
  type MapHead,
  type MessageHead,
  type Reading,
  skipValue,
  Type,
  UNBOUNDED,
  type WireProtocol,
} from './protocol.ts';

const NO_BYTES = Buffer.alloc(0);

/** Bytes of the smallest element: all but doubles and UUIDs can be one byte long. */
const least = (type: number): number => (type === Type.DOUBLE ? 8 : type === Type.UUID ? 16 : 1);

export class CompactProtocol extends CompactWriter implements WireProtocol {
  readonly name = 'compact';
  readonly #input: Buffer;
  readonly #reading: Reading;
  readonly #budget: Budget;
  readonly #field: FieldHead = { ftype: 0, fid: 0 };
  #at = 0;
  /** The last field's id of the struct that is read, and of those around it. */
  #lastId = 0;
  readonly #outerIds: number[] = [];
  /** The value of a truth value's field that was read with its head. */
  #boolValue: boolean | undefined;

  constructor(output: ByteWriter, input: Buffer = NO_BYTES, reading: Reading = UNBOUNDED) {
    super(output);
    this.#input = input;
    this.#reading = reading;
    this.#budget = new Budget(reading);
  }

  readMessageBegin(): MessageHead {
    const id = this.#take();
    const versionAndType = this.#take();
    if (id !== PROTOCOL_ID || (versionAndType & 0x1f) !== VERSION)
      throw new Malformed(`version ${versionAndType & 0x1f} of the compact protocol; expected ${VERSION}`);
    const rseqid = this.#readVarint();
    return { fname: this.readString(), mtype: (versionAndType >> 5) & 7, rseqid };
  }

  readMessageEnd(): void {}

  readStructBegin(): void {
    this.#budget.enter();
    this.#outerIds.push(this.#lastId);
    this.#lastId = 0;
  }

  readStructEnd(): void {
    this.#budget.leave();
    this.#lastId = this.#outerIds.pop()!;
  }

  readFieldBegin(): FieldHead {
    const head = this.#take();
    const field = this.#field;
    const type = head & 0x0f;
    if (type === Type.STOP) {
      field.ftype = Type.STOP;
      return field;
    }
    this.#budget.field();
    field.fid = head >> 4 === 0 ? this.readI16() : this.#lastId + (head >> 4);
    this.#lastId = field.fid;
    field.ftype = thriftType(type);
    if (field.ftype === Type.BOOL) this.#boolValue = type === TRUE;
    return field;
  }

  readFieldEnd(): void {
    this.#boolValue = undefined;
  }

  readMapBegin(): MapHead {
    const size = this.#readVarint();
    const types = size === 0 ? 0 : this.#take();
    const [ktype, vtype] = [elementType(types >> 4, size), elementType(types & 0x0f, size)];
    this.#container(size, least(ktype) + least(vtype));
    return { ktype, vtype, size };
  }

  readMapEnd(): void {
    this.#budget.leave();
  }

  readListBegin(): ListHead {
    const head = this.#take();
    const size = head >> 4 === 15 ? this.#readVarint() : head >> 4;
    const etype = elementType(head & 0x0f, size);
    this.#container(size, least(etype));
    return { etype, size };
  }

  readListEnd(): void {
    this.#budget.leave();
  }

  readSetBegin(): ListHead {
    return this.readListBegin();
  }

  readSetEnd(): void {
    this.#budget.leave();
  }

  readBool(): boolean {
    const ofField = this.#boolValue;
    if (ofField === undefined) return this.#take() === TRUE;
    this.#boolValue = undefined;
    return ofField;
  }

  readByte(): number {
    return (this.#take() << 24) >> 24;
  }

  readI16(): number {
    return (this.readI32() << 16) >> 16;
  }

  readI32(): number {
    const zigzag = this.#readVarint();
    return (zigzag >>> 1) ^ -(zigzag & 1);
  }

  readI64(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      if (shift > 63) throw new Malformed('a whole number of more than 10 bytes');
      const byte = this.#take();
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) break;
    }
    const sign = -(low & 1);
    const wide = (high >>> 1) ^ sign;
    const narrow = ((low >>> 1) | (high << 31)) ^ sign;
    return joined(wide, narrow, this.#reading);
  }

  readDouble(): number {
    return this.#input.readDoubleLE(this.#advance(8));
  }

  readString(): string {
    const at = this.#advanceText();
    return decodedText(this.#input, at, this.#at);
  }

  readBinary(): Buffer {
    const at = this.#advanceText();
    return Buffer.from(this.#input.subarray(at, this.#at));
  }

  skip(type: number): void {
    if (type === Type.UUID) this.#advance(16);
    else if (type === Type.STRING) this.#advanceText();
    else skipValue(this, type);
  }

  #readVarint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      if (shift > 28) throw new Malformed('a 32-bit number of more than 5 bytes');
      const byte = this.#take();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  #container(size: number, smallest: number): void {
    this.#budget.container(size, smallest, this.#input.length - this.#at);
    this.#budget.enter();
  }

  /** @returns where the text begins; it ends where the next value begins */
  #advanceText(): number {
    const size = this.#readVarint();
    this.#budget.text(size, this.#input.length - this.#at);
    return this.#advance(size);
  }

  #take(): number {
    if (this.#at >= this.#input.length) throw new Malformed('the message ends in the middle of a value');
    return this.#input[this.#at++]!;
  }

  #advance(bytes: number): number {
    const at = this.#at;
    this.#at = at + bytes;
    if (this.#at > this.#input.length) throw new Malformed('the message ends in the middle of a value');
    return at;
  }
}
