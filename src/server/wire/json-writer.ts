/** Thrift's JSON protocol, written; json.ts says how it is made, and reads it. */
import type { ByteWriter } from './bytes.ts';
import { Type } from './protocol.ts';

export const VERSION = 1;

export const NAMES: Readonly<Record<number, string>> = {
  [Type.BOOL]: 'tf',
  [Type.BYTE]: 'i8',
  [Type.I16]: 'i16',
  [Type.I32]: 'i32',
  [Type.I64]: 'i64',
  [Type.DOUBLE]: 'dbl',
  [Type.STRUCT]: 'rec',
  [Type.STRING]: 'str',
  [Type.MAP]: 'map',
  [Type.LIST]: 'lst',
  [Type.SET]: 'set',
  [Type.UUID]: 'uid',
};

/** What the next value that is written belongs to, and what must stand before it. */
interface Place {
  readonly kind: 'field' | 'list' | 'map';
  /** Of a map: keys and values written so far. */
  written: number;
}

export class JsonWriter {
  readonly output: ByteWriter;
  readonly #places: Place[] = [];
  /** Whether a field was written already, of the structs around. */
  readonly #started: boolean[] = [];
  #messageStart = 0;

  constructor(output: ByteWriter) {
    this.output = output;
  }

  writeMessageBegin(name: string, type: number, seqid: number): void {
    this.#messageStart = this.output.position;
    this.#text(`[${VERSION},${JSON.stringify(name)},${type},${seqid},`);
  }

  writeMessageEnd(): void {
    this.#text(']');
  }

  writeStructBegin(): void {
    this.#before();
    this.#started.push(false);
    this.#text('{');
  }

  writeStructEnd(): void {
    this.#started.pop();
    this.#text('}');
  }

  writeFieldBegin(_name: string, type: number, id: number): void {
    const last = this.#started.length - 1;
    this.#text(`${this.#started[last] ? ',' : ''}"${id}":{"${NAMES[type]}":`);
    this.#started[last] = true;
    this.#places.push({ kind: 'field', written: 0 });
  }

  writeFieldEnd(): void {
    this.#places.pop();
    this.#text('}');
  }

  writeFieldStop(): void {}

  writeMapBegin(ktype: number, vtype: number, size: number): void {
    this.#before();
    this.#text(`["${NAMES[ktype]}","${NAMES[vtype]}",${size},{`);
    this.#places.push({ kind: 'map', written: 0 });
  }

  writeMapEnd(): void {
    this.#places.pop();
    this.#text('}]');
  }

  writeListBegin(etype: number, size: number): void {
    this.#before();
    this.#text(`["${NAMES[etype]}",${size}`);
    this.#places.push({ kind: 'list', written: 0 });
  }

  writeListEnd(): void {
    this.#places.pop();
    this.#text(']');
  }

  writeSetBegin(etype: number, size: number): void {
    this.writeListBegin(etype, size);
  }

  writeSetEnd(): void {
    this.writeListEnd();
  }

  writeBool(value: boolean): void {
    this.#number(value ? '1' : '0');
  }

  writeByte(value: number): void {
    this.#number(String(value));
  }

  writeI16(value: number): void {
    this.#number(String(value));
  }

  writeI32(value: number): void {
    this.#number(String(value));
  }

  writeI64(value: number | string): void {
    this.#number(String(value));
  }

  writeDouble(value: number): void {
    if (Number.isFinite(value)) this.#number(Object.is(value, -0) ? '-0.0' : String(value));
    else this.writeString(String(value));
  }

  writeString(value: string | Uint8Array): void {
    this.#before();
    this.#text(JSON.stringify(typeof value === 'string' ? value : Buffer.from(value).toString()));
  }

  writeBinary(value: string | Uint8Array): void {
    this.writeString(Buffer.from(value as string, 'latin1').toString('base64'));
  }

  writeEncoded(struct: Uint8Array): void {
    this.#before();
    this.output.bytes(struct);
  }

  reset(): void {
    this.output.position = this.#messageStart;
    this.#places.length = 0;
    this.#started.length = 0;
  }

  flush(): void {}

  /** What stands between the value before and the one that is written now. */
  #before(): void {
    const place = this.#places.at(-1);
    if (!place || place.kind === 'field') return;
    if (place.kind === 'list') this.#text(',');
    else if (place.written > 0) this.#text(place.written % 2 === 0 ? ',' : ':');
    place.written++;
  }

  /** Keys of a map are texts. */
  #number(text: string): void {
    this.#before();
    const place = this.#places.at(-1);
    const isKey = place?.kind === 'map' && place.written % 2 === 1;
    this.#text(isKey ? `"${text}"` : text);
  }

  #text(text: string): void {
    this.output.reserve(3 * text.length);
    this.output.text(text);
  }
}
