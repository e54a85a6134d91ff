/** Thrift's binary protocol: strict messages and old ones, which have no version in front, are read; binary-writer.ts writes. */
import { isUtf8 } from 'node:buffer';
import { BinaryWriter, VERSION } from './binary-writer.ts';
import type { ByteWriter } from './bytes.ts';
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
  UnfitValue,
  type WireProtocol,
} from './protocol.ts';

const NO_BYTES = Buffer.alloc(0);

/** Bytes of the smallest value of each type. */
const LEAST: Readonly<Record<number, number>> = {
  [Type.BOOL]: 1,
  [Type.BYTE]: 1,
  [Type.I16]: 2,
  [Type.I32]: 4,
  [Type.I64]: 8,
  [Type.DOUBLE]: 8,
  [Type.STRING]: 4,
  [Type.STRUCT]: 1,
  [Type.MAP]: 6,
  [Type.SET]: 5,
  [Type.LIST]: 5,
  [Type.UUID]: 16,
};

export class BinaryProtocol extends BinaryWriter implements WireProtocol {
  readonly name = 'binary';
  readonly #input: Buffer;
  readonly #reading: Reading;
  readonly #budget: Budget;
  readonly #field: FieldHead = { ftype: 0, fid: 0 };
  #at = 0;

  constructor(output: ByteWriter, input: Buffer = NO_BYTES, reading: Reading = UNBOUNDED) {
    super(output);
    this.#input = input;
    this.#reading = reading;
    this.#budget = new Budget(reading);
  }

  readMessageBegin(): MessageHead {
    const first = this.readI32();
    if (first >= 0) {
      this.#budget.text(first, this.#left());
      const fname = this.#text(first);
      return { fname, mtype: this.readByte(), rseqid: this.readI32() };
    }
    if ((first & 0xffff_0000) !== (VERSION | 0))
      throw new Malformed(`version ${(first >>> 16).toString(16)} of the binary protocol; expected 8001`);
    return { fname: this.readString(), mtype: first & 0xff, rseqid: this.readI32() };
  }

  readMessageEnd(): void {}

  readStructBegin(): void {
    this.#budget.enter();
  }

  readStructEnd(): void {
    this.#budget.leave();
  }

  readFieldBegin(): FieldHead {
    const field = this.#field;
    field.ftype = this.#take(1);
    if (field.ftype === Type.STOP) return field;
    this.#budget.field();
    field.fid = this.readI16();
    return field;
  }

  readFieldEnd(): void {}

  readMapBegin(): MapHead {
    const ktype = this.#take(1);
    const vtype = this.#take(1);
    const size = this.readI32();
    this.#container(size, size === 0 ? 0 : least(ktype) + least(vtype));
    return { ktype, vtype, size };
  }

  readMapEnd(): void {
    this.#budget.leave();
  }

  readListBegin(): ListHead {
    const etype = this.#take(1);
    const size = this.readI32();
    this.#container(size, size === 0 ? 0 : least(etype));
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
    return this.#take(1) !== 0;
  }

  readByte(): number {
    return (this.#take(1) << 24) >> 24;
  }

  readI16(): number {
    const at = this.#advance(2);
    return ((this.#input[at]! << 24) | (this.#input[at + 1]! << 16)) >> 16;
  }

  readI32(): number {
    const at = this.#advance(4);
    const input = this.#input;
    return (input[at]! << 24) | (input[at + 1]! << 16) | (input[at + 2]! << 8) | input[at + 3]!;
  }

  readI64(): number {
    const high = this.readI32();
    return joined(high, this.readI32(), this.#reading);
  }

  readDouble(): number {
    return this.#input.readDoubleBE(this.#advance(8));
  }

  readString(): string {
    const size = this.readI32();
    this.#budget.text(size, this.#left());
    return this.#text(size);
  }

  readBinary(): Buffer {
    const size = this.readI32();
    this.#budget.text(size, this.#left());
    const at = this.#advance(size);
    return Buffer.from(this.#input.subarray(at, at + size));
  }

  skip(type: number): void {
    if (type === Type.UUID) this.#advance(16);
    else if (type === Type.STRING) this.#skipText();
    else skipValue(this, type);
  }

  #skipText(): void {
    const size = this.readI32();
    this.#budget.text(size, this.#left());
    this.#at += size;
  }

  #container(size: number, smallest: number): void {
    this.#budget.container(size, smallest, this.#left());
    this.#budget.enter();
  }

  #text(size: number): string {
    const at = this.#advance(size);
    return decodedText(this.#input, at, at + size);
  }

  #left(): number {
    return this.#input.length - this.#at;
  }

  #take(bytes: 1): number {
    return this.#input[this.#advance(bytes)]!;
  }

  /** @returns where the bytes begin */
  #advance(bytes: number): number {
    const at = this.#at;
    this.#at = at + bytes;
    if (this.#at > this.#input.length) throw new Malformed('the message ends in the middle of a value');
    return at;
  }
}

function least(type: number): number {
  const bytes = LEAST[type];
  if (bytes === undefined) throw new Malformed(`elements of the type ${type}, which is none`);
  return bytes;
}

/** @throws UnfitValue when the bytes are no UTF-8: they would come back as others. */
export function decodedText(input: Buffer, start: number, end: number): string {
  const text = input.toString('utf8', start, end);
  if (text.includes('\ufffd') && !isUtf8(input.subarray(start, end)))
    throw new UnfitValue('a text that is not valid UTF-8');
  return text;
}
