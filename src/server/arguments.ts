/**
 * Arguments as they arrive, settled by the interface before any handler sees them.
 *
 * What Thrift's own decoding lets pass is refused: unknown enum numbers, unions with no or several members, missing required
 * fields, numbers that are not finite, texts that no database keeps as they are. What clients in different languages leave unset arrives the same: fields
 * with a default in the interface get it; the others of default requiredness get their zero ('' 0 false [] {}), as C++ or Java would
 * have sent it; enums without a member 0 and structs stay unset; a struct that is an argument itself becomes an empty one.
 */
import { BadRequest } from '../base/errors.ts';
import { cannotBeKey } from '../base/text.ts';
import { type IdlField, type IdlType, idl } from './idl.ts';

/** Structs and containers within each other: twice the depth of a tree, and room for what its steps carry. */
const DEEPEST = 64;

/** @throws BadRequest (400) naming the field, what it holds and what would be right */
export const settledArguments = (fields: readonly IdlField[], values: readonly unknown[]): unknown[] =>
  fields.map((field, index) =>
    settleField(field, values[index] ?? (isStruct(field.type) ? {} : undefined), field.name),
  );

const isStruct = (type: IdlType): boolean => typeof type === 'object' && 'struct' in type;

function settleField(field: IdlField, value: unknown, path: string, depth = 0): unknown {
  if (!isUnset(field.type, value)) return settle(field.type, value, path, depth);
  if (field.required === 'required')
    throw new BadRequest('invalid-argument', `${path}: missing; it is required`, { field: path });
  return whenUnset(field);
}

const whenUnset = ({ required, type, default: given }: IdlField): unknown =>
  given ?? (required === 'default' ? zero(type) : undefined);

/** Some languages send 0 for an enum that was never set. */
const isUnset = (type: IdlType, value: unknown): boolean =>
  value == null || (value === 0 && typeof type === 'object' && 'enum' in type && !numbers.get(type.enum)!.has(0));

/** The numbers of the members of each enum, by its name. */
const numbers = new Map(Object.entries(idl.enums).map(([name, members]) => [name, new Set(Object.values(members))]));

/** Whether nothing can be wrong with it: so it is with most, and what the others are called is worked out for them alone. */
function isRight({ type, required }: IdlField, value: unknown): boolean {
  if (value == null) return required !== 'required';
  if (type === 'string') return unkeepableAt(value as string) === -1;
  return typeof type === 'string' && (type !== 'double' || Number.isFinite(value));
}

function zero(type: IdlType): unknown {
  if (type === 'string') return '';
  if (type === 'bool') return false;
  if (type === 'binary') return Buffer.alloc(0);
  if (typeof type === 'string') return 0;
  if ('list' in type || 'set' in type) return [];
  if ('map' in type) return {};
  return 'enum' in type && numbers.get(type.enum)!.has(0) ? 0 : undefined;
}

function settle(type: IdlType, value: unknown, path: string, depth: number): unknown {
  refuseDeeper(path, depth);
  if (type === 'string') return keepable(value as string, path);
  if (type === 'double') return settleNumber(value as number, path);
  if (typeof type === 'string') return value;
  if ('enum' in type) return settleEnum(type.enum, value as number, path);
  if ('struct' in type) return settleStruct(type.struct, value as Record<string, unknown>, path, depth + 1);
  if ('list' in type)
    return (value as unknown[]).map((element, index) => settle(type.list, element, `${path}[${index}]`, depth + 1));
  if ('set' in type)
    return (value as unknown[]).map((element, index) => settle(type.set, element, `${path}[${index}]`, depth + 1));
  return settleMap(type.map, value as Record<string, unknown>, path, depth + 1);
}

function refuseDeeper(path: string, depth: number): void {
  if (depth <= DEEPEST) return;
  throw new BadRequest('limit-exceeded', `${path.slice(0, 60)}…: nested more than ${DEEPEST} levels deep`, {
    limit: String(DEEPEST),
  });
}

/**
 * A text that comes back as it went: PostgreSQL has no U+0000, and half of a surrogate pair has no UTF-8. For what comes past the
 * interface, in addresses and over web sockets, as well.
 * @throws BadRequest (400)
 */
export function keepable(text: string, path: string): string {
  const at = unkeepableAt(text);
  if (at === -1) return text;
  const found = text[at] === '\0' ? 'the character U+0000' : 'half of a surrogate pair';
  throw new BadRequest('invalid-argument', `${path}: has ${found} at ${at}; texts may have any other character`, {
    field: path,
  });
}

const unkeepableAt = (text: string): number =>
  text.isWellFormed() ? text.indexOf('\0') : text.search(/\0|\p{Surrogate}/u);

function settleNumber(number: number, path: string): number {
  if (Number.isFinite(number)) return number;
  throw new BadRequest('invalid-argument', `${path}: ${number}; expected a finite number`, { field: path });
}

function settleEnum(name: string, value: number, path: string): number {
  if (numbers.get(name)!.has(value)) return value;
  const right = Object.entries(idl.enums[name]!)
    .map(([member, number]) => `${member} (${number})`)
    .join(', ');
  throw new BadRequest('invalid-argument', `${path}: ${value} is no ${name}; expected ${right}`, {
    field: path,
    value: String(value),
  });
}

function settleMap(
  [keyType, valueType]: readonly [IdlType, IdlType],
  map: Record<string, unknown>,
  path: string,
  depth: number,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(map).map(([key, value]) => [
      settleKey(keyType, key, path),
      settle(valueType, value, `${path}[${key}]`, depth),
    ]),
  );
}

/** Keys are texts here, whatever their type. */
function settleKey(type: IdlType, key: string, path: string): string {
  if (cannotBeKey(key))
    throw new BadRequest('invalid-argument', `${path} key: ${key} cannot be a key; choose another name`, {
      field: path,
    });
  if (typeof type === 'object') settle(type, Number(key), `${path} key`, 0);
  return keepable(key, `${path} key`);
}

function settleStruct(
  name: string,
  struct: Record<string, unknown>,
  path: string,
  depth: number,
): Record<string, unknown> {
  refuseDeeper(path, depth);
  const { kind, fields } = idl.structs[name]!;
  if (kind === 'union') return settleUnion(name, fields, struct, path, depth);
  const settled: Record<string, unknown> = {};
  for (const field of fields) {
    const sent = struct[field.name];
    const value = isRight(field, sent)
      ? (sent ?? whenUnset(field))
      : settleField(field, sent, `${path}.${field.name}`, depth);
    if (value !== undefined) settled[field.name] = value;
  }
  return settled;
}

function settleUnion(
  name: string,
  fields: readonly IdlField[],
  union: Record<string, unknown>,
  path: string,
  depth: number,
): Record<string, unknown> {
  const set = fields.filter(field => union[field.name] != null);
  const [member] = set;
  if (set.length !== 1 || !member) {
    const found = set.length === 0 ? 'no member is' : `${set.map(field => field.name).join(' and ')} are`;
    throw new BadRequest(
      'invalid-argument',
      `${path}: ${found} set; a ${name} has exactly one of ${fields.map(field => field.name).join(', ')}`,
      {
        field: path,
      },
    );
  }
  return { [member.name]: settle(member.type, union[member.name], `${path}.${member.name}`, depth) };
}
