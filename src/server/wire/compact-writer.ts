/** Thrift's compact protocol, written; compact.ts says how it is made, and reads it. */
import { bytesOnly } from './binary-writer.ts';
import type { ByteWriter } from './bytes.ts';
import { COMPACT, FALSE, TRUE } from './compact-types.ts';
import { halves } from './integers.ts';
import { Type } from './protocol.ts';

export const PROTOCOL_ID = 0x82;
export const VERSION = 1;

export class CompactWriter {
  readonly output: ByteWriter;
  #messageStart = 0;
  /** The last field's id of the struct that is written, and of those around it. */
  #lastId = 0;
  readonly #outerIds: number[] = [];
  /** The id of a truth value's field whose value is still to come. */
  #boolField: number | undefined;

  constructor(output: ByteWriter) {
    this.output = output;
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

  writeI64(value: number | string): void {
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
}
