/**
 * Values written as the interface describes them, from plain objects: nothing is copied into generated classes first. For each struct
 * and protocol a function is made, of the interface alone, when it is needed first: straight through the fields, without a table to
 * look up, which is several times as fast. What a service says is lasting (base/lasting.ts) is written twice per protocol, and then its
 * bytes are used again.
 */
import { type Encodings, encodingsOf } from '../../base/lasting.ts';
import { type IdlField, type IdlType, idl } from '../idl.ts';
import type { ProtocolName, WireProtocol } from './protocol.ts';
import { wireType } from './types.ts';

type Write = (output: WireProtocol, struct: never) => void;

/** Of one struct in one protocol. `write` is made when it is called first: structs may hold themselves. */
interface Encoder {
  write: Write;
}

export type ResultWriter = (output: WireProtocol, field: string, value: unknown) => void;

/** @returns what writes a function's result: one field of it, or none for a function that returns nothing */
export function resultWriter(fields: readonly IdlField[]): ResultWriter {
  const write = inEachProtocol(protocol => encoder(protocol, fields));
  return (output, field, value) => write(output, { [field]: value } as never);
}

/** @param name qualified, such as "step.BaseStep" */
export const structWriter = (name: string): Write => inEachProtocol(protocol => structEncoder(protocol, name));

function inEachProtocol(encoderIn: (protocol: ProtocolName) => Encoder): Write {
  const encoders = new Map<ProtocolName, Encoder>();
  return (output, struct) => {
    const known = encoders.get(output.name) ?? encoderIn(output.name);
    encoders.set(output.name, known);
    known.write(output, struct);
  };
}

/** By protocol and qualified name. */
const structs = new Map<string, Encoder>();

function structEncoder(protocol: ProtocolName, name: string): Encoder {
  const key = `${protocol} ${name}`;
  const known = structs.get(key) ?? encoder(protocol, idl.structs[name]!.fields);
  structs.set(key, known);
  return known;
}

function encoder(protocol: ProtocolName, fields: readonly IdlField[]): Encoder {
  const made: Encoder = {
    write: (output, struct) => {
      made.write = compiled(protocol, fields);
      made.write(output, struct);
    },
  };
  return made;
}

function compiled(protocol: ProtocolName, fields: readonly IdlField[]): Write {
  const source = new Source(protocol);
  const body = source.struct(fields);
  const encoders = source.encoders.map((_, n) => `e${n}`);
  const make = new Function('whole', 'wide', 'writeField', ...encoders, `return (output, struct) => {\n${body}\n}`);
  return make(whole, wide, writeField, ...source.encoders);
}

/** The text of a function that writes a struct, and the other structs' encoders that it calls, as e0, e1 and so on. */
class Source {
  readonly encoders: Encoder[] = [];
  readonly #protocol: ProtocolName;

  constructor(protocol: ProtocolName) {
    this.#protocol = protocol;
  }

  struct(fields: readonly IdlField[]): string {
    return [
      'output.writeStructBegin("");',
      'let v;',
      ...fields.map(field => this.#field(field)),
      'output.writeFieldStop();',
      'output.writeStructEnd();',
    ].join('\n');
  }

  #field({ id, name, type }: IdlField): string {
    return `v = struct.${name};
if (v !== undefined && v !== null) {
  output.writeFieldBegin("${name}", ${wireType(type)}, ${id});
  ${isStruct(type) ? `writeField(output, ${this.#encoder(type.struct)}, v);` : this.#value(type, 'v', 0)}
  output.writeFieldEnd();
}`;
  }

  /** @param depth of containers in each other: their variables are apart by it */
  #value(type: IdlType, value: string, depth: number): string {
    if (typeof type === 'string') return SCALARS[type]!(value);
    if ('enum' in type) return SCALARS.i32!(value);
    if ('struct' in type) return `${this.#encoder(type.struct)}.write(output, ${value});`;
    if ('map' in type) return this.#map(...type.map, value, depth);
    // A set has each element once.
    return this.#list('list' in type ? type.list : type.set, value, depth);
  }

  #list(type: IdlType, value: string, depth: number): string {
    const [list, n] = [`list${depth}`, `n${depth}`];
    return `const ${list} = ${value};
  output.writeListBegin(${wireType(type)}, ${list}.length);
  for (let ${n} = 0; ${n} < ${list}.length; ${n}++) { ${this.#value(type, `${list}[${n}]`, depth + 1)} }
  output.writeListEnd();`;
  }

  #map(keyType: IdlType, valueType: IdlType, value: string, depth: number): string {
    const [map, keys, key] = [`map${depth}`, `keys${depth}`, `key${depth}`];
    const typedKey = wireType(keyType) === wireType('string') ? key : `Number(${key})`;
    return `const ${map} = ${value};
  const ${keys} = Object.keys(${map});
  output.writeMapBegin(${wireType(keyType)}, ${wireType(valueType)}, ${keys}.length);
  for (const ${key} of ${keys}) {
    ${this.#value(keyType, typedKey, depth + 1)}
    ${this.#value(valueType, `${map}[${key}]`, depth + 1)}
  }
  output.writeMapEnd();`;
  }

  #encoder(name: string): string {
    const encoder = structEncoder(this.#protocol, name);
    const known = this.encoders.indexOf(encoder);
    return `e${known === -1 ? this.encoders.push(encoder) - 1 : known}`;
  }
}

const isStruct = (type: IdlType): type is { readonly struct: string } => typeof type === 'object' && 'struct' in type;

const SCALARS: Readonly<Record<string, (value: string) => string>> = {
  bool: value => `output.writeBool(${value});`,
  i8: value => `output.writeByte(whole(${value}));`,
  i16: value => `output.writeI16(whole(${value}));`,
  i32: value => `output.writeI32(whole(${value}));`,
  i64: value => `output.writeI64(wide(${value}));`,
  double: value => `output.writeDouble(${value});`,
  string: value => `output.writeString(${value});`,
  binary: value => `output.writeBinary(${value});`,
};

/** A struct that is a field of its own can be lasting; elements of containers are not looked up. */
function writeField(output: WireProtocol, encoder: Encoder, value: object): void {
  const encodings = encodingsOf(value);
  if (encodings) writeLasting(output, encoder, value, encodings);
  else encoder.write(output, value as never);
}

function writeLasting(output: WireProtocol, encoder: Encoder, value: object, encodings: Encodings): void {
  const { name, output: bytes } = output;
  const kept = encodings.get(name);
  if (kept) {
    output.writeEncoded(kept);
    return;
  }
  const start = bytes.position;
  encoder.write(output, value as never);
  const again = encodings.has(name);
  encodings.set(name, again ? Buffer.from(bytes.buffer.subarray(start, bytes.position)) : undefined);
}

/** A fault of ours must not go out as another number. */
function whole(value: number): number {
  if (Number.isInteger(value)) return value;
  throw new TypeError(`${String(value)} where a whole number belongs`);
}

/** Of 64 bits; beyond what a number holds exactly, the text of its digits. */
const wide = (value: number | string): number | string =>
  typeof value === 'string' && /^-?\d{1,19}$/.test(value) ? value : whole(value as number);
