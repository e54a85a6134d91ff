/**
 * Answers read as strictly as the interface allows, with the stock library's protocols: every field known and of its type, every
 * enum number known, unions with one member, nothing required missing. So an answer that passes is one that any client can read.
 */
import type { TProtocol } from 'thrift';
import { type IdlField, type IdlFunction, type IdlType, idl } from '../../src/server/idl.ts';
import { WireType, wireType } from './nodes.ts';

/** Thrown when an answer is not what the interface promises. */
export class BadAnswer extends Error {}

export type Values = Record<string, unknown>;

/** The result of a function: what it returned as `success`, or one of its declared errors. @throws BadAnswer */
export function readResult(input: TProtocol, { returns, throws }: IdlFunction): Values {
  const fields: IdlField[] = throws.map(({ name, exception }, index) => ({
    id: index + 1,
    name,
    required: 'optional',
    type: { struct: exception },
  }));
  if (returns !== 'void') fields.push({ id: 0, name: 'success', required: 'optional', type: returns });
  const result = readStruct(input, fields, 'result');
  const set = Object.keys(result);
  if (set.length > 1 || (set.length === 0 && returns !== 'void'))
    throw new BadAnswer(`the result has ${set.join(' and ') || 'no field'}; expected one`);
  return result;
}

/** @throws BadAnswer */
export function readApplicationException(input: TProtocol): { message: string; type: number } {
  const fields: IdlField[] = [
    { id: 1, name: 'message', required: 'required', type: 'string' },
    { id: 2, name: 'type', required: 'required', type: 'i32' },
  ];
  return readStruct(input, fields, 'exception') as { message: string; type: number };
}

function readStruct(input: TProtocol, fields: readonly IdlField[], path: string): Values {
  const values: Values = {};
  input.readStructBegin();
  for (;;) {
    const { ftype, fid } = input.readFieldBegin() as { ftype: number; fid: number };
    if (ftype === WireType.STOP) break;
    const field = fields.find(({ id }) => id === fid);
    if (!field) throw new BadAnswer(`${path}: a field ${fid} that the interface does not have`);
    expectType(ftype, field.type, `${path}.${field.name}`);
    if (field.name in values) throw new BadAnswer(`${path}.${field.name}: twice`);
    values[field.name] = readValue(input, field.type, `${path}.${field.name}`);
    input.readFieldEnd();
  }
  input.readStructEnd();
  const missing = fields.find(({ name, required }) => required === 'required' && !(name in values));
  if (missing) throw new BadAnswer(`${path}.${missing.name}: missing; it is required`);
  return values;
}

function expectType(found: number, type: IdlType, path: string): void {
  const expected = wireType(type);
  if (found !== expected) throw new BadAnswer(`${path}: of type ${found}; expected ${expected}`);
}

function readValue(input: TProtocol, type: IdlType, path: string): unknown {
  if (typeof type === 'string') return readLeaf(input, type);
  if ('enum' in type) {
    const value = input.readI32();
    if (!Object.values(idl.enums[type.enum]!).includes(value))
      throw new BadAnswer(`${path}: ${value}, no ${type.enum}`);
    return value;
  }
  if ('struct' in type) {
    const { kind, fields } = idl.structs[type.struct]!;
    const values = readStruct(input, fields, path);
    if (kind === 'union' && Object.keys(values).length !== 1)
      throw new BadAnswer(`${path}: ${Object.keys(values).length} members of the union ${type.struct}`);
    return values;
  }
  if ('map' in type) return readMap(input, type.map, path);
  return readItems(input, type, path);
}

function readItems(input: TProtocol, type: { list: IdlType } | { set: IdlType }, path: string): unknown[] {
  const isList = 'list' in type;
  const element = isList ? type.list : type.set;
  const { etype, size } = isList ? input.readListBegin() : input.readSetBegin();
  if (size > 0) expectType(etype as number, element, `${path}[]`);
  const items: unknown[] = [];
  for (let n = 0; n < size; n++) items.push(readValue(input, element, `${path}[${n}]`));
  if (isList) input.readListEnd();
  else input.readSetEnd();
  return items;
}

function readMap(input: TProtocol, [key, value]: readonly [IdlType, IdlType], path: string): [unknown, unknown][] {
  const { ktype, vtype, size } = input.readMapBegin();
  if (size > 0) {
    expectType(ktype as number, key, `${path} key`);
    expectType(vtype as number, value, `${path}{}`);
  }
  const pairs: [unknown, unknown][] = [];
  for (let n = 0; n < size; n++) {
    const read = readValue(input, key, `${path} key`);
    pairs.push([read, readValue(input, value, `${path}[${String(read)}]`)]);
  }
  input.readMapEnd();
  return pairs;
}

function readLeaf(input: TProtocol, type: Exclude<IdlType, object>): unknown {
  if (type === 'bool') return input.readBool();
  if (type === 'i8') return input.readByte();
  if (type === 'i16') return input.readI16();
  if (type === 'i32') return input.readI32();
  if (type === 'i64') return Number(input.readI64());
  if (type === 'double') return input.readDouble();
  return type === 'binary' ? input.readBinary() : input.readString();
}
