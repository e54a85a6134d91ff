/**
 * Arguments of a call with something odd at one place, for each place that the interface has as data: within structs, lists and maps
 * too, whether the call names them or not. Places are called as the server calls them in its refusals.
 */
import { type IdlType, idl } from '../../src/server/idl.ts';
import type { ServiceName } from '../../src/services/generated.ts';

export interface Odd {
  readonly place: string;
  readonly what: string;
  readonly args: readonly unknown[];
}

/** By the kind of what stands at a place: odd values by what they are. */
type Values = (type: IdlType, own: unknown) => Readonly<Record<string, unknown>>;

/** What can mean nothing: always invalid-argument, with the place. */
export const impossible: Values = type => {
  if (type === 'string') return { 'U+0000': 'a\0b' };
  if (type === 'double') return { NaN: Number.NaN, infinity: Infinity, 'minus infinity': -Infinity };
  return typeof type === 'object' && 'enum' in type ? { 'an unknown number': 99, 'a negative number': -1 } : {};
};

/** What only plain JSON can carry to the server. Impossible, too. */
export const halves: Values = type =>
  type === 'string' ? { 'half a surrogate pair': 'a\ud83d', other: '\udd29' } : {};

const MANY = 10_001;

/** What may be refused or not: texts that are empty, endless or SQL, the ends of numbers, empty and endless lists. */
export const extreme: Values = (type, own) => {
  if (type === 'string') return texts;
  if (typeof type === 'string') return numbers[type] ?? {};
  if ('enum' in type) return { 'no number': 0 };
  if ('struct' in type) return { 'an empty struct': {} };
  if ('map' in type) {
    const one = Object.values(own ?? {})[0] ?? sample(type.map[1]);
    return { 'no entry': {}, 'many entries': Object.fromEntries(manyOf(index => [`k${index}`, one])) };
  }
  const element = 'list' in type ? type.list : type.set;
  const one = (own as unknown[] | undefined)?.[0] ?? sample(element);
  return { 'no element': [], 'many elements': manyOf(index => (element === 'string' ? `x${index}` : one)) };
};

const texts = {
  'an empty text': '',
  'a long text': 'x'.repeat(100_001),
  'a LIKE bomb': '%_%'.repeat(3000),
  'SQL in a text': `'; drop table jobs; -- "$1`,
  'odd characters': '\u0001\u202e\uffff\u{1F529} __proto__',
};

const numbers: Partial<Record<string, Record<string, unknown>>> = {
  i8: { least: -128, most: 127 },
  i16: { least: -(2 ** 15), most: 2 ** 15 - 1 },
  i32: { least: -(2 ** 31), most: 2 ** 31 - 1, 'minus one': -1, zero: 0 },
  i64: { least: -Number.MAX_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER, 'minus one': -1, zero: 0 },
  double: { least: -Number.MAX_VALUE, most: Number.MAX_VALUE, tiny: Number.MIN_VALUE, 'minus zero': -0 },
  binary: { 'no byte': Buffer.alloc(0), 'a byte 0': Buffer.alloc(1) },
};

const manyOf = <T>(one: (index: number) => T): T[] => Array.from({ length: MANY }, (_, index) => one(index));

function sample(type: IdlType): unknown {
  if (type === 'string') return 'x';
  if (type === 'bool') return true;
  if (type === 'binary') return Buffer.from('x');
  if (typeof type === 'string') return 1;
  if ('enum' in type) return Object.values(idl.enums[type.enum]!)[0];
  if ('list' in type) return [sample(type.list)];
  if ('set' in type) return [sample(type.set)];
  if ('map' in type) return { x: sample(type.map[1]) };
  const { kind, fields } = idl.structs[type.struct]!;
  return kind === 'union' ? { [fields[0]!.name]: sample(fields[0]!.type) } : {};
}

/** @param good arguments of a call that works */
export const oddities = (service: ServiceName, name: string, good: readonly unknown[], values: Values): Odd[] =>
  idl.services[service]!.functions[name]!.arguments.flatMap((argument, index) =>
    within(values, argument.type, good[index], argument.name).map(({ place, what, value }) => ({
      place,
      what,
      args: good.with(index, value),
    })),
  );

interface OddValue {
  readonly place: string;
  readonly what: string;
  readonly value: unknown;
}

type Keyed = Readonly<Record<string, unknown>>;

/** @param own what stands there in a call that works; undefined: nothing */
function within(values: Values, type: IdlType, own: unknown, place: string): OddValue[] {
  const here = Object.entries(values(type, own)).map(([what, value]) => ({ place, what, value }));
  if (typeof type === 'string' || 'enum' in type) return here;
  if ('struct' in type) return [...here, ...withinStruct(values, type.struct, own as Keyed | undefined, place)];
  if ('map' in type) return [...here, ...withinMap(values, type.map, own as Keyed | undefined, place)];
  const element = 'list' in type ? type.list : type.set;
  const [first, ...rest] = (own as unknown[] | undefined) ?? [];
  const inside = within(values, element, first, `${place}[0]`);
  return [...here, ...inside.map(odd => ({ ...odd, value: [odd.value, ...rest] }))];
}

function withinStruct(values: Values, struct: string, own: Keyed | undefined, place: string): OddValue[] {
  const { kind, fields } = idl.structs[struct]!;
  const others = kind === 'union' ? {} : own;
  return fields.flatMap(({ name, type }) =>
    within(values, type, own?.[name], `${place}.${name}`).map(odd => ({
      ...odd,
      value: { ...others, [name]: odd.value },
    })),
  );
}

function withinMap(
  values: Values,
  [keyType, valueType]: readonly [IdlType, IdlType],
  own: Keyed | undefined,
  place: string,
): OddValue[] {
  const [key = 'x', value = sample(valueType)] = Object.entries(own ?? {})[0] ?? [];
  const keys = Object.entries(values(keyType, key)).map(([what, odd]) => ({
    place: `${place} key`,
    what,
    value: { [String(odd)]: value },
  }));
  const inside = within(values, valueType, value, `${place}[${key}]`);
  return [...keys, ...inside.map(odd => ({ ...odd, value: { ...own, [key]: odd.value } }))];
}
