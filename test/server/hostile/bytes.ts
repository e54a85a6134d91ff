/**
 * Messages that no library would write, made by hand in each protocol: sizes that lie, types that are none, values that never end.
 * What has an inside is a pair of bytes, those before it and those behind it.
 */
import thrift from 'thrift';
import { binary, compact, type ProtocolClass } from '../raw.ts';

/** Thrift's numbers of the types that are written here. */
export const BOOL = 2;
export const I32 = 8;
export const STRING = 11;
export const STRUCT = 12;
export const MAP = 13;
export const SET = 14;
export const LIST = 15;

export type Around = readonly [before: Buffer, behind: Buffer];

export interface Notation {
  readonly name: string;
  /** What reads the answers. */
  readonly stock: ProtocolClass;
  /** Inside: the struct of the arguments. */
  message(method: string, type?: number): Around;
  /** A struct of one field. */
  field(type: number, id: number): Around;
  /** Inside: its elements. SET is written as LIST is. */
  list(element: number, size: number): Around;
  /** A map whose keys are texts, up to its first value. */
  map(value: number, size: number): Around;
  /** Elements of one list or, where keys do not matter, of whatever counts its values. */
  repeated(value: Buffer, times: number): Buffer;
  readonly emptyStruct: Buffer;
  /** The length of a text that does not follow. */
  textLength(bytes: number): Buffer;
}

const CALL = 1;
const NOTHING = Buffer.alloc(0);
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
};

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value >>> 0; ; rest >>>= 7) {
    if (rest <= 0x7f) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** What stands in each other, from the outside in. */
export function within(arounds: readonly Around[], inside: Buffer = NOTHING): Buffer {
  const before = arounds.map(([bytes]) => bytes);
  const behind = arounds.map(([, bytes]) => bytes).reverse();
  return Buffer.concat([...before, inside, ...behind]);
}

/** The same around itself again and again. */
export const nested = ([before, behind]: Around, times: number): Around => [
  Buffer.alloc(before.length * times, before),
  behind.length === 0 ? NOTHING : Buffer.alloc(behind.length * times, behind),
];

export const both = (outer: Around, inner: Around): Around => [
  Buffer.concat([outer[0], inner[0]]),
  Buffer.concat([inner[1], outer[1]]),
];

export const inBinary: Notation = {
  name: 'binary',
  stock: binary,
  message: (method, type = CALL) => [
    Buffer.concat([int32(0x8001_0000 | type), int32(Buffer.byteLength(method)), Buffer.from(method), int32(1)]),
    NOTHING,
  ],
  field: (type, id) => [Buffer.from([type, id >> 8, id & 0xff]), Buffer.from([0])],
  list: (element, size) => [Buffer.concat([Buffer.from([element]), int32(size)]), NOTHING],
  map: (value, size) => [
    Buffer.concat([Buffer.from([STRING, value]), int32(size), int32(1), Buffer.from('k')]),
    NOTHING,
  ],
  repeated: (value, times) => Buffer.alloc(value.length * times, value),
  emptyStruct: Buffer.from([0]),
  textLength: int32,
};

const COMPACT: Readonly<Record<number, number>> = {
  [BOOL]: 1,
  [I32]: 5,
  [STRING]: 8,
  [LIST]: 9,
  [SET]: 10,
  [MAP]: 11,
  [STRUCT]: 12,
};
/** Numbers that Thrift does not have stay what they are. */
const compactType = (type: number): number => COMPACT[type] ?? type & 0x0f;

export const inCompact: Notation = {
  name: 'compact',
  stock: compact,
  message: (method, type = CALL) => [
    Buffer.concat([Buffer.from([0x82, 1 | (type << 5), 1]), varint(Buffer.byteLength(method)), Buffer.from(method)]),
    NOTHING,
  ],
  field: (type, id) => [Buffer.concat([Buffer.from([compactType(type)]), varint(2 * id)]), Buffer.from([0])],
  list: (element, size) => [Buffer.concat([Buffer.from([0xf0 | compactType(element)]), varint(size)]), NOTHING],
  map: (value, size) => [
    Buffer.concat([varint(size), Buffer.from([(COMPACT[STRING]! << 4) | compactType(value), 1]), Buffer.from('k')]),
    NOTHING,
  ],
  repeated: inBinary.repeated,
  emptyStruct: Buffer.from([0]),
  textLength: varint,
};

const NAMES: Readonly<Record<number, string>> = {
  [BOOL]: 'tf',
  [I32]: 'i32',
  [STRING]: 'str',
  [STRUCT]: 'rec',
  [MAP]: 'map',
  [SET]: 'set',
  [LIST]: 'lst',
};
const jsonType = (type: number): string => `"${NAMES[type] ?? `type ${type}`}"`;
const texts = (before: string, behind: string): Around => [Buffer.from(before), Buffer.from(behind)];

export const inJson: Notation = {
  name: 'JSON',
  stock: thrift.TJSONProtocol as unknown as ProtocolClass,
  message: (method, type = CALL) => texts(`[1,${JSON.stringify(method)},${type},1,`, ']'),
  field: (type, id) => texts(`{"${id}":{${jsonType(type)}:`, '}}'),
  list: (element, size) => texts(`[${jsonType(element)},${size},`, ']'),
  map: (value, size) => texts(`["str",${jsonType(value)},${size},{"k":`, '}]'),
  repeated: (value, times) => Buffer.concat([Buffer.alloc((value.length + 1) * (times - 1), `${value},`), value]),
  emptyStruct: Buffer.from('{}'),
  // A text says its length by its end: one that has none.
  textLength: () => Buffer.from('"'),
};

export const notations: readonly Notation[] = [inBinary, inCompact, inJson];

/** A message of one argument. */
export const call = (
  notation: Notation,
  method: string,
  [type, id]: readonly [type: number, id: number],
  value: Buffer,
): Buffer => within([notation.message(method), notation.field(type, id)], value);

/** Numbers that look random and are the same in every run. */
export function xorshift(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
