/**
 * Arguments as the interface describes them, read from a message into plain objects. For each struct a table of its fields is made
 * once. A value of another type than its field's is refused, with its place; a field that the interface does not know is skipped.
 */
import { type IdlField, type IdlType, idl } from '../idl.ts';
import { Type, UnfitValue, Untakable, type WireProtocol } from './protocol.ts';
import { typeName, wireType } from './types.ts';

type Read = (input: WireProtocol) => unknown;

interface Field {
  readonly name: string;
  readonly type: number;
  readonly read: Read;
}

/** @returns what reads the struct of a function's arguments. @throws Malformed, Untakable */
export function argumentsReader(fields: readonly IdlField[]): (input: WireProtocol) => Record<string, unknown> {
  const table = fieldTable(fields);
  return input => readFields(input, table, '');
}

/** By qualified name. */
const structs = new Map<string, Read>();

function structReader(name: string): Read {
  const known = structs.get(name);
  if (known) return known;
  let table: ReadonlyMap<number, Field> | undefined;
  // Structs may hold themselves: the table is made when it is needed first.
  const read: Read = input => {
    table ??= fieldTable(idl.structs[name]!.fields);
    return readFields(input, table, '.');
  };
  structs.set(name, read);
  return read;
}

const fieldTable = (fields: readonly IdlField[]): ReadonlyMap<number, Field> =>
  new Map(fields.map(({ id, name, type }) => [id, { name, type: wireType(type), read: reader(type) }]));

function readFields(input: WireProtocol, table: ReadonlyMap<number, Field>, before: string): Record<string, unknown> {
  const struct: Record<string, unknown> = {};
  input.readStructBegin();
  for (;;) {
    const { ftype, fid } = input.readFieldBegin();
    if (ftype === Type.STOP) break;
    const field = table.get(fid);
    if (!field) {
      input.skip(ftype);
    } else {
      try {
        if (ftype !== field.type) throw otherType(ftype, field.type);
        struct[field.name] = field.read(input);
      } catch (error) {
        throw at(before + field.name, error);
      }
    }
    input.readFieldEnd();
  }
  input.readStructEnd();
  return struct;
}

const SCALARS: Readonly<Record<string, Read>> = {
  bool: input => input.readBool(),
  i8: input => input.readByte(),
  i16: input => input.readI16(),
  i32: input => input.readI32(),
  i64: input => input.readI64(),
  double: input => input.readDouble(),
  string: input => input.readString(),
  binary: input => input.readBinary(),
};

function reader(type: IdlType): Read {
  if (typeof type === 'string') return SCALARS[type]!;
  if ('enum' in type) return SCALARS.i32!;
  if ('struct' in type) return structReader(type.struct);
  if ('list' in type) return listReader(type.list);
  if ('set' in type) return listReader(type.set);
  return mapReader(...type.map);
}

/** Sets are lists in the same order. */
function listReader(type: IdlType): Read {
  const expected = wireType(type);
  const read = reader(type);
  return input => {
    const { etype, size } = input.readListBegin();
    if (size > 0 && etype !== expected) throw otherType(etype, expected);
    const list: unknown[] = [];
    for (let index = 0; index < size; index++) {
      try {
        list.push(read(input));
      } catch (error) {
        throw at(`[${index}]`, error);
      }
    }
    input.readListEnd();
    return list;
  };
}

/** An object; its keys are texts, whatever their type. */
function mapReader(keyType: IdlType, valueType: IdlType): Read {
  const [expectedKey, expectedValue] = [wireType(keyType), wireType(valueType)];
  const [readKey, readValue] = [reader(keyType), reader(valueType)];
  return input => {
    const { ktype, vtype, size } = input.readMapBegin();
    if (size > 0 && ktype !== expectedKey) throw otherType(ktype, expectedKey);
    if (size > 0 && vtype !== expectedValue) throw otherType(vtype, expectedValue);
    const entries: [string, unknown][] = [];
    for (let n = 0; n < size; n++) {
      const key = String(readKey(input));
      try {
        entries.push([key, readValue(input)]);
      } catch (error) {
        throw at(`[${key.slice(0, 60)}]`, error);
      }
    }
    input.readMapEnd();
    // Unlike an assignment, this takes any key.
    return Object.fromEntries(entries);
  };
}

const otherType = (found: number, expected: number): UnfitValue =>
  new UnfitValue(`came as ${typeName(found)}; expected ${typeName(expected)}`);

function at(place: string, error: unknown): unknown {
  if (error instanceof Untakable && error.place.length < 200) error.place = place + error.place;
  return error;
}
