/**
 * The plain JSON form of the interface's structs: objects by field name, unions as objects with one key, enums by name or number,
 * bytes in base64. Driven by the interface as data, so it knows every field and refuses what is none; null is unset.
 */
import { BadRequest } from '../base/errors.ts';
import { type IdlField, type IdlType, idl } from './idl.ts';

export interface JsonLimits {
  /** Objects and arrays within each other. */
  readonly nesting: number;
  /** Bytes of one text. */
  readonly stringBytes: number;
  /** Elements of one array, or of one object that is a map. */
  readonly containerElements: number;
}

/** Of files that the user himself reads. */
const OWN_FILES: JsonLimits = {
  nesting: 64,
  stringBytes: Number.POSITIVE_INFINITY,
  containerElements: Number.POSITIVE_INFINITY,
};

/** @param name qualified, such as "step.BaseStep". @throws BadRequest (400) naming the place in the JSON and what would be right */
export const structFromJson = <T>(name: string, json: unknown, path: string): T =>
  new FromJson(OWN_FILES).value({ struct: name }, json, path, 0) as T;

/** @returns the arguments by name, as a message would have brought them. @throws BadRequest (400) */
export const argumentsFromJson = (
  fields: readonly IdlField[],
  json: unknown,
  limits: JsonLimits,
): Record<string, unknown> =>
  new FromJson(limits).fields('this function', fields, objectIn(json ?? {}, 'arguments'), '', 0);

class FromJson {
  readonly #limits: JsonLimits;

  constructor(limits: JsonLimits) {
    this.#limits = limits;
  }

  value(type: IdlType, json: unknown, path: string, depth: number): unknown {
    if (typeof type === 'string') return this.#scalar(type, json, path);
    if ('enum' in type) return enumFromJson(type.enum, json, path);
    const { nesting } = this.#limits;
    if (depth >= nesting) throw beyond('nesting', `${path.slice(0, 60)}…: nested more than ${nesting} levels deep`);
    if ('struct' in type) return this.#struct(type.struct, objectIn(json, path), path, depth + 1);
    if ('map' in type) return this.#map(type.map[1], objectIn(json, path), path, depth + 1);
    const element = 'list' in type ? type.list : type.set;
    if (!Array.isArray(json)) throw unfit(path, json, 'an array');
    this.#checkSize(json.length, path);
    return json.map((value, index) => this.value(element, value, `${path}[${index}]`, depth + 1));
  }

  fields(
    owner: string,
    fields: readonly IdlField[],
    json: Record<string, unknown>,
    path: string,
    depth: number,
  ): Record<string, unknown> {
    const types = new Map(fields.map(field => [field.name, field.type]));
    const prefix = path === '' ? '' : `${path}.`;
    return Object.fromEntries(
      Object.entries(json).flatMap(([key, value]) => {
        const type = types.get(key);
        if (!type) throw unknownField(prefix + key, owner, [...types.keys()]);
        return value === null ? [] : [[key, this.value(type, value, prefix + key, depth)]];
      }),
    );
  }

  #struct(name: string, json: Record<string, unknown>, path: string, depth: number): Record<string, unknown> {
    const { kind, fields } = idl.structs[name]!;
    const struct = this.fields(name, fields, json, path, depth);
    if (kind !== 'union' || Object.keys(struct).length === 1) return struct;
    throw unfit(path, json, `exactly one of ${fields.map(field => field.name).join(', ')}`);
  }

  #map(type: IdlType, json: Record<string, unknown>, path: string, depth: number): Record<string, unknown> {
    const entries = Object.entries(json);
    this.#checkSize(entries.length, path);
    return Object.fromEntries(entries.map(([key, value]) => [key, this.value(type, value, `${path}.${key}`, depth)]));
  }

  #checkSize(elements: number, path: string): void {
    const { containerElements } = this.#limits;
    if (elements <= containerElements) return;
    throw beyond('containerElements', `${path}: a container of ${elements} elements; at most ${containerElements}`);
  }

  #scalar(type: string, json: unknown, path: string): unknown {
    const { stringBytes } = this.#limits;
    if (typeof json === 'string' && json.length > stringBytes)
      throw beyond('stringBytes', `${path}: a text of ${json.length} characters; at most ${stringBytes} bytes`);
    return scalarFromJson(type, json, path);
  }
}

const beyond = (limit: keyof JsonLimits, message: string): BadRequest =>
  new BadRequest('limit-exceeded', message, { exceeded: limit });

/** How enums are written: by number, as the calls of this form are answered, or by name. */
export type EnumsBy = 'number' | 'name';

/** What a handler returned, by the type that the interface declares. */
export function toJson(type: IdlType, value: unknown, enumsBy: EnumsBy = 'number'): unknown {
  if (typeof type === 'string') return type === 'binary' ? Buffer.from(value as Uint8Array).toString('base64') : value;
  if ('enum' in type) return enumsBy === 'number' ? value : enumName(type.enum, value as number);
  if ('struct' in type) return structToJson(type.struct, value as object, enumsBy);
  if ('map' in type) {
    const [, valueType] = type.map;
    return Object.fromEntries(
      Object.entries(value as object).map(([key, one]) => [key, toJson(valueType, one, enumsBy)]),
    );
  }
  const element = 'list' in type ? type.list : type.set;
  return (value as unknown[]).map(one => toJson(element, one, enumsBy));
}

/** @param name qualified, such as "step.BaseStep" */
export function structToJson(name: string, struct: object, enumsBy: EnumsBy = 'number'): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const field of idl.structs[name]!.fields) {
    const value = (struct as Readonly<Record<string, unknown>>)[field.name];
    if (value !== undefined && value !== null) json[field.name] = toJson(field.type, value, enumsBy);
  }
  return json;
}

const enumName = (name: string, value: number): string | number =>
  Object.entries(idl.enums[name]!).find(([, number]) => number === value)?.[0] ?? value;

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

/** The beginning of a value. One that is nested too deep to be written says so. */
function shown(json: unknown): string {
  try {
    return String(JSON.stringify(json)?.slice(0, 60));
  } catch (error) {
    if (error instanceof RangeError) return 'a value nested too deep';
    throw error;
  }
}

const unfit = (path: string, json: unknown, right: string): BadRequest =>
  new BadRequest('invalid-argument', `${path}: ${shown(json)}; expected ${right}`, {
    field: path,
  });

const unknownField = (path: string, struct: string, known: readonly string[]): BadRequest =>
  new BadRequest('invalid-argument', `${path}: ${struct} has no such field; it has ${known.join(', ')}`, {
    field: path,
  });

function fail(error: Error): never {
  throw error;
}
