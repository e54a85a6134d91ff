/**
 * The plain JSON form of the interface's structs: objects by field name, unions as objects with one key, enums by name or number.
 * Driven by the interface as data, so it knows every field and refuses what is none.
 */
import { BadRequest } from '../base/errors.ts';
import { type IdlType, idl } from './idl.ts';

/** @param name qualified, such as "step.BaseStep". @throws BadRequest (400) naming the place in the JSON and what would be right */
export const structFromJson = <T>(name: string, json: unknown, path: string): T =>
  fromJson({ struct: name }, json, path) as T;

function fromJson(type: IdlType, json: unknown, path: string): unknown {
  if (typeof type === 'string') return scalarFromJson(type, json, path);
  if ('enum' in type) return enumFromJson(type.enum, json, path);
  if ('struct' in type) return structIn(type.struct, objectIn(json, path), path);
  if ('map' in type) {
    const [, valueType] = type.map;
    return Object.fromEntries(
      Object.entries(objectIn(json, path)).map(([key, value]) => [key, fromJson(valueType, value, `${path}.${key}`)]),
    );
  }
  const element = 'list' in type ? type.list : type.set;
  if (!Array.isArray(json)) throw unfit(path, json, 'an array');
  return json.map((value, index) => fromJson(element, value, `${path}[${index}]`));
}

function structIn(name: string, json: Record<string, unknown>, path: string): Record<string, unknown> {
  const struct = fieldsFromJson(name, json, path);
  const members = Object.keys(struct);
  if (idl.structs[name]!.kind !== 'union' || members.length === 1) return struct;
  throw unfit(path, json, `exactly one of ${idl.structs[name]!.fields.map(field => field.name).join(', ')}`);
}

function fieldsFromJson(name: string, json: Record<string, unknown>, path: string): Record<string, unknown> {
  const types = new Map(idl.structs[name]!.fields.map(field => [field.name, field.type]));
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => {
      const type = types.get(key);
      if (!type) throw unknownField(`${path}.${key}`, name, [...types.keys()]);
      return [key, fromJson(type, value, `${path}.${key}`)];
    }),
  );
}

function scalarFromJson(type: string, json: unknown, path: string): unknown {
  if (type === 'bool') return typeof json === 'boolean' ? json : fail(unfit(path, json, 'true or false'));
  if (type === 'string') return typeof json === 'string' ? json : fail(unfit(path, json, 'a text'));
  if (type === 'binary') return bytesFromJson(json, path);
  if (type === 'double') return typeof json === 'number' ? json : fail(unfit(path, json, 'a number'));
  const bound = bounds[type] ?? Number.MAX_SAFE_INTEGER;
  const fits = Number.isSafeInteger(json) && (json as number) <= bound && (json as number) >= -bound - 1;
  return fits
    ? json
    : fail(unfit(path, json, type in bounds ? `a whole number of ${type.slice(1)} bits` : 'a whole number'));
}

const bounds: Readonly<Record<string, number>> = { i8: 2 ** 7 - 1, i16: 2 ** 15 - 1, i32: 2 ** 31 - 1 };

function bytesFromJson(json: unknown, path: string): Buffer {
  const bytes = typeof json === 'string' ? Buffer.from(json, 'base64') : Buffer.alloc(0);
  // What is no base64 is skipped when read: it shows by not coming back.
  if (typeof json === 'string' && bytes.toString('base64').replace(/=+$/, '') === json.replace(/=+$/, '')) return bytes;
  throw unfit(path, json, 'a text in base64');
}

function enumFromJson(name: string, json: unknown, path: string): number {
  const members = idl.enums[name]!;
  if (typeof json === 'string' && Object.hasOwn(members, json)) return members[json]!;
  const number = typeof json === 'string' && /^\d+$/.test(json) ? Number(json) : json;
  if (typeof number === 'number' && Object.values(members).includes(number)) return number;
  throw unfit(path, json, `one of ${Object.keys(members).join(', ')}`);
}

function objectIn(json: unknown, path: string): Record<string, unknown> {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw unfit(path, json, 'an object');
}

const unfit = (path: string, json: unknown, right: string): BadRequest =>
  new BadRequest('invalid-argument', `${path}: ${JSON.stringify(json)?.slice(0, 60)}; expected ${right}`, {
    field: path,
  });

const unknownField = (path: string, struct: string, known: readonly string[]): BadRequest =>
  new BadRequest('invalid-argument', `${path}: ${struct} has no such field; it has ${known.join(', ')}`, {
    field: path,
  });

function fail(error: Error): never {
  throw error;
}
