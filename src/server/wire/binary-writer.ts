/** Thrift's binary protocol, written: strict messages. binary.ts reads them. */
import type { ByteWriter } from './bytes.ts';
import { halves } from './integers.ts';
import { Type } from './protocol.ts';

export const VERSION = 0x8001_0000;

export class BinaryWriter {
  readonly output: ByteWriter;
  #messageStart = 0;

  constructor(output: ByteWriter) {
    this.output = output;
  }

  writeMessageBegin(name: string, type: number, seqid: number): void {
    this.#messageStart = this.output.position;
    this.writeI32(VERSION | type);
    this.writeString(name);
    this.writeI32(seqid);
  }

  writeMessageEnd(): void {}
  writeStructBegin(): void {}
  writeStructEnd(): void {}

  writeFieldBegin(_name: string, type: number, id: number): void {
    const { output } = this;
    output.reserve(3);
    const { buffer, position } = output;
    buffer[position] = type;
    buffer[position + 1] = id >>> 8;
    buffer[position + 2] = id;
    output.position = position + 3;
  }

  writeFieldEnd(): void {}

  writeFieldStop(): void {
    this.output.byte(Type.STOP);
  }

  writeMapBegin(ktype: number, vtype: number, size: number): void {
    this.output.byte(ktype);
    this.output.byte(vtype);
    this.writeI32(size);
  }

  writeMapEnd(): void {}

  writeListBegin(etype: number, size: number): void {
    this.output.byte(etype);
    this.writeI32(size);
  }

  writeListEnd(): void {}

  writeSetBegin(etype: number, size: number): void {
    this.writeListBegin(etype, size);
  }

  writeSetEnd(): void {}

  writeBool(value: boolean): void {
    this.output.byte(value ? 1 : 0);
  }

  writeByte(value: number): void {
    this.output.byte(value);
  }

  writeI16(value: number): void {
    this.output.byte(value >> 8);
    this.output.byte(value);
  }

  writeI32(value: number): void {
    const { output } = this;
    output.reserve(4);
    // The generated code hands the keys of a map over as texts.
    output.int32(value | 0, output.position);
    output.position += 4;
  }

  writeI64(value: number | string): void {
    const { output } = this;
    output.reserve(8);
    const { high, low } = halves(value);
    output.int32(high, output.position);
    output.int32(low, output.position + 4);
    output.position += 8;
  }

  writeDouble(value: number): void {
    const { output } = this;
    output.reserve(8);
    output.position = output.buffer.writeDoubleBE(value, output.position);
  }

  writeString(value: string | Uint8Array): void {
    if (typeof value !== 'string') {
      this.writeBinary(bytesOnly(value));
      return;
    }
    const { output } = this;
    output.reserve(4 + 3 * value.length);
    const start = output.position;
    output.position = start + 4;
    output.int32(output.text(value), start);
  }

  writeBinary(value: string | Uint8Array): void {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
    this.writeI32(bytes.length);
    this.output.bytes(bytes);
  }

  writeEncoded(struct: Uint8Array): void {
    this.output.bytes(struct);
  }

  reset(): void {
    this.output.position = this.#messageStart;
  }

  flush(): void {}
}

export function bytesOnly(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`${value === null ? 'null' : typeof value}: neither a text nor bytes`);
}
