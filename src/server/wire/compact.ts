/**
 * Thrift's compact protocol. Field ids travel as differences within their struct, truth values of fields within the field's head,
 * whole numbers as zigzag varints, doubles little-endian.
 */
import { bytesOnly, decodedText } from './binary.ts';
import type { ByteWriter } from './bytes.ts';
import {
  Budget,
  exact,
  type FieldHead,
  type ListHead,
  Malformed,
  type MapHead,
  type MessageHead,
  type ReadLimits,
  skipValue,
  Type,
  UNBOUNDED,
  type WireProtocol,
} from './protocol.ts';

const PROTOCOL_ID = 0x82;
const VERSION = 1;
const NO_BYTES = Buffer.alloc(0);
const TRUE = 1;
const FALSE = 2;
const DOUBLE = 7;
const UUID = 13;

/** The protocol's type numbers by Thrift's. */
const COMPACT: Readonly<Record<number, number>> = {
  [Type.BOOL]: TRUE,
  [Type.BYTE]: 3,
  [Type.I16]: 4,
  [Type.I32]: 5,
  [Type.I64]: 6,
  [Type.DOUBLE]: DOUBLE,
  [Type.STRING]: 8,
  [Type.LIST]: 9,
  [Type.SET]: 10,
  [Type.MAP]: 11,
  [Type.STRUCT]: 12,
  [Type.UUID]: UUID,
};

/** Thrift's type numbers by the protocol's. */
const THRIFT: readonly (number | undefined)[] = [
  undefined,
  Type.BOOL,
  Type.BOOL,
  Type.BYTE,
  Type.I16,
  Type.I32,
  Type.I64,
  Type.DOUBLE,
  Type.STRING,
  Type.LIST,
  Type.SET,
  Type.MAP,
  Type.STRUCT,
  Type.UUID,
];

/** Bytes of the smallest element: all but doubles and UUIDs can be one byte long. */
const least = (type: number): number => (type === Type.DOUBLE ? 8 : type === Type.UUID ? 16 : 1);

export class CompactProtocol implements WireProtocol {
  readonly name = 'compact';
  readonly output: ByteWriter;
  readonly #input: Buffer;
  readonly #budget: Budget;
  readonly #field: FieldHead = { ftype: 0, fid: 0 };
  #at = 0;
  #messageStart = 0;
  /** The last field's id of the struct that is worked on, and of those around it. */
  #lastId = 0;
  readonly #outerIds: number[] = [];
  /** The id of a truth value's field whose value is still to come. */
  #boolField: number | undefined;
  /** The value of a truth value's field that was read with its head. */
  #boolValue: boolean | undefined;

  constructor(output: ByteWriter, input: Buffer = NO_BYTES, limits: ReadLimits = UNBOUNDED) {
    this.output = output;
    this.#input = input;
    this.#budget = new Budget(limits);
  }

  writeMessageBegin(name: string, type: number, seqid: number): void {
    this.#messageStart = this.output.position;
    this.output.byte(PROTOCOL_ID);
    this.output.byte((type << 5) | VERSION);
    this.#writeVarint(seqid);
    this.writeString(name);
  }

  writeMessageEnd(): void {}

  writeStructBegin(): void {
    this.#outerIds.push(this.#lastId);
    this.#lastId = 0;
  }

  writeStructEnd(): void {
    this.#lastId = this.#outerIds.pop()!;
  }

  writeFieldBegin(_name: string, type: number, id: number): void {
    if (type === Type.BOOL) this.#boolField = id;
    else this.#writeFieldHead(COMPACT[type]!, id);
  }

  writeFieldEnd(): void {}

  writeFieldStop(): void {
    this.output.byte(Type.STOP);
  }

  writeMapBegin(ktype: number, vtype: number, size: number): void {
    this.#writeVarint(size);
    if (size > 0) this.output.byte((COMPACT[ktype]! << 4) | COMPACT[vtype]!);
  }

  writeMapEnd(): void {}

  writeListBegin(etype: number, size: number): void {
    if (size < 15) {
      this.output.byte((size << 4) | COMPACT[etype]!);
    } else {
      this.output.byte(0xf0 | COMPACT[etype]!);
      this.#writeVarint(size);
    }
  }

  writeListEnd(): void {}

  writeSetBegin(etype: number, size: number): void {
    this.writeListBegin(etype, size);
  }

  writeSetEnd(): void {}

  writeBool(value: boolean): void {
    const bits = value ? TRUE : FALSE;
    if (this.#boolField === undefined) {
      this.output.byte(bits);
    } else {
      this.#writeFieldHead(bits, this.#boolField);
      this.#boolField = undefined;
    }
  }

  writeByte(value: number): void {
    this.output.byte(value);
  }

  writeI16(value: number): void {
    this.writeI32(value);
  }

  writeI32(value: number): void {
    // The generated code hands the keys of a map over as texts.
    const whole = value | 0;
    this.#writeVarint((whole << 1) ^ (whole >> 31));
  }

  writeI64(value: number): void {
    const { output } = this;
    output.reserve(10);
    const { high: wide, low: narrow } = halves(value);
    const sign = wide >> 31;
    let high = (((wide << 1) | (narrow >>> 31)) ^ sign) >>> 0;
    let low = ((narrow << 1) ^ sign) >>> 0;
    while (high > 0 || low > 0x7f) {
      output.buffer[output.position++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    output.buffer[output.position++] = low;
  }

  writeDouble(value: number): void {
    const { output } = this;
    output.reserve(8);
    output.position = output.buffer.writeDoubleLE(value, output.position);
  }

  writeString(value: string | Uint8Array): void {
    if (typeof value !== 'string') {
      this.writeBinary(bytesOnly(value));
      return;
    }
    const { output } = this;
    const { length } = value;
    if (length > 40) {
      this.#writeVarint(Buffer.byteLength(value));
      output.reserve(3 * length);
      output.text(value);
      return;
    }
    // At most 120 bytes: its length is one byte, which is known when the text is written.
    output.reserve(1 + 3 * length);
    const start = output.position++;
    output.buffer[start] = output.text(value);
  }

  writeBinary(value: string | Uint8Array): void {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
    this.#writeVarint(bytes.length);
    this.output.bytes(bytes);
  }

  writeEncoded(struct: Uint8Array): void {
    this.output.bytes(struct);
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
    const ktype = size === 0 ? Type.STOP : thriftType(types >> 4);
    const vtype = size === 0 ? Type.STOP : thriftType(types & 0x0f);
    this.#container(size, least(ktype) + least(vtype));
    return { ktype, vtype, size };
  }

  readMapEnd(): void {
    this.#budget.leave();
  }

  readListBegin(): ListHead {
    const head = this.#take();
    const size = head >> 4 === 15 ? this.#readVarint() : head >> 4;
    // An empty list's type means nothing.
    const etype = size === 0 ? (THRIFT[head & 0x0f] ?? Type.STOP) : thriftType(head & 0x0f);
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
    return exact(wide * 2 ** 32 + (narrow >>> 0));
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

  reset(): void {
    this.output.position = this.#messageStart;
    this.#outerIds.length = 0;
    this.#lastId = 0;
    this.#boolField = undefined;
  }

  flush(): void {}

  #writeFieldHead(type: number, id: number): void {
    const step = id - this.#lastId;
    if (step > 0 && step <= 15) {
      this.output.byte((step << 4) | type);
    } else {
      this.output.byte(type);
      this.writeI16(id);
    }
    this.#lastId = id;
  }

  #writeVarint(value: number): void {
    const { output } = this;
    output.reserve(5);
    let rest = value >>> 0;
    while (rest > 0x7f) {
      output.buffer[output.position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    output.buffer[output.position++] = rest;
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

/** A whole number as two of 32 bits. */
function halves(value: number): { high: number; low: number } {
  const high = Math.floor(value / 2 ** 32);
  return { high: high | 0, low: (value - high * 2 ** 32) | 0 };
}

function thriftType(type: number): number {
  const found = THRIFT[type];
  if (found === undefined) throw new Malformed(`a value of the type ${type}, which is none`);
  return found;
}
