/**
 * Values written as the interface describes them, from plain objects: nothing is copied into generated classes first. What a
 * service says is lasting (base/lasting.ts) is written once per protocol, and its bytes are used again.
 */
import { encodingsOf } from '../../base/lasting.ts';
import { type IdlField, type IdlType, idl } from '../idl.ts';
import { Type, type WireProtocol } from './protocol.ts';
import { wireType } from './types.ts';

type Write = (output: WireProtocol, value: never) => void;

interface Field {
  readonly id: number;
  readonly name: string;
  readonly type: number;
  readonly write: Write;
}

export type ResultWriter = (output: WireProtocol, field: string, value: unknown) => void;

/** @returns what writes a function's result: one field of it, or none for a function that returns nothing */
export function resultWriter(name: string, fields: readonly IdlField[]): ResultWriter {
  const table = new Map(fieldTable(fields).map(field => [field.name, field]));
  return (output, fieldName, value) => {
    output.writeStructBegin(name);
    const field = table.get(fieldName);
    if (field && value !== undefined && value !== null) {
      output.writeFieldBegin(field.name, field.type, field.id);
      field.write(output, value as never);
      output.writeFieldEnd();
    }
    output.writeFieldStop();
    output.writeStructEnd();
  };
}

/** By qualified name. */
const structs = new Map<string, Write>();

/** @param name qualified, such as "step.BaseStep" */
export function structWriter(name: string): Write {
  const known = structs.get(name);
  if (known) return known;
  let table: readonly Field[] | undefined;
  // Structs may hold themselves: the table is made when it is needed first.
  const write: Write = (output, value: Readonly<Record<string, unknown>>) => {
    table ??= fieldTable(idl.structs[name]!.fields);
    writeFields(output, name, table, value);
  };
  structs.set(name, write);
  return write;
}

const fieldTable = (fields: readonly IdlField[]): Field[] =>
  fields.map(({ id, name, type }) => ({ id, name, type: wireType(type), write: writer(type) }));

function writeFields(
  output: WireProtocol,
  name: string,
  table: readonly Field[],
  struct: Readonly<Record<string, unknown>>,
): void {
  output.writeStructBegin(name);
  for (let n = 0; n < table.length; n++) {
    const field = table[n]!;
    const value = struct[field.name];
    if (value === undefined || value === null) continue;
    output.writeFieldBegin(field.name, field.type, field.id);
    field.write(output, value as never);
    output.writeFieldEnd();
  }
  output.writeFieldStop();
  output.writeStructEnd();
}

const SCALARS: Readonly<Record<string, Write>> = {
  bool: (output, value: boolean) => output.writeBool(value),
  i8: (output, value: number) => output.writeByte(whole(value)),
  i16: (output, value: number) => output.writeI16(whole(value)),
  i32: (output, value: number) => output.writeI32(whole(value)),
  i64: (output, value: number) => output.writeI64(whole(value)),
  double: (output, value: number) => output.writeDouble(value),
  string: (output, value: string) => output.writeString(value),
  binary: (output, value: Uint8Array) => output.writeBinary(value),
};

function writer(type: IdlType): Write {
  if (typeof type === 'string') return SCALARS[type]!;
  if ('enum' in type) return SCALARS.i32!;
  if ('struct' in type) return lastingWriter(structWriter(type.struct));
  if ('list' in type) return listWriter(type.list, structOrScalar(type.list));
  if ('set' in type) return listWriter(type.set, structOrScalar(type.set));
  return mapWriter(...type.map);
}

/** Elements of a container are looked up nowhere: only a struct that is a field of its own can be lasting. */
const structOrScalar = (type: IdlType): Write =>
  typeof type === 'object' && 'struct' in type ? structWriter(type.struct) : writer(type);

function lastingWriter(write: Write): Write {
  return (output, value: object) => {
    const encodings = encodingsOf(value);
    if (!encodings) return write(output, value as never);
    const kept = encodings.get(output.name);
    if (kept) return output.writeEncoded(kept);
    const start = output.output.position;
    write(output, value as never);
    encodings.set(output.name, Buffer.from(output.output.buffer.subarray(start, output.output.position)));
  };
}

/** A set has each element once. */
function listWriter(type: IdlType, write: Write): Write {
  const element = wireType(type);
  return (output, list: readonly unknown[]) => {
    output.writeListBegin(element, list.length);
    for (let n = 0; n < list.length; n++) write(output, list[n] as never);
    output.writeListEnd();
  };
}

function mapWriter(keyType: IdlType, valueType: IdlType): Write {
  const [key, value] = [wireType(keyType), wireType(valueType)];
  const [writeKey, writeValue] = [writer(keyType), structOrScalar(valueType)];
  const isText = key === Type.STRING;
  return (output, map: Readonly<Record<string, unknown>>) => {
    const keys = Object.keys(map);
    output.writeMapBegin(key, value, keys.length);
    for (const name of keys) {
      writeKey(output, (isText ? name : Number(name)) as never);
      writeValue(output, map[name] as never);
    }
    output.writeMapEnd();
  };
}

/** A fault of ours must not go out as another number. */
function whole(value: number): number {
  if (Number.isInteger(value)) return value;
  throw new TypeError(`${String(value)} where a whole number belongs`);
}
