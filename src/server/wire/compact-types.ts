/** Types as Thrift's compact protocol numbers them. */
import { Malformed, Type } from './protocol.ts';

export const TRUE = 1;
export const FALSE = 2;

/** The protocol's numbers by Thrift's. A truth value in a field is its own type: TRUE or FALSE. */
export const COMPACT: Readonly<Record<number, number>> = {
  [Type.BOOL]: TRUE,
  [Type.BYTE]: 3,
  [Type.I16]: 4,
  [Type.I32]: 5,
  [Type.I64]: 6,
  [Type.DOUBLE]: 7,
  [Type.STRING]: 8,
  [Type.LIST]: 9,
  [Type.SET]: 10,
  [Type.MAP]: 11,
  [Type.STRUCT]: 12,
  [Type.UUID]: 13,
};

const THRIFT: readonly (number | undefined)[] = [
  undefined,
  Type.BOOL,
  Type.BOOL,
  Type.BYTE,
  Type.I16,
  Type.I32,
  Type.I64,
  Type.DOUBLE,
  Type.STRING,
  Type.LIST,
  Type.SET,
  Type.MAP,
  Type.STRUCT,
  Type.UUID,
];

/** Thrift's number by the four bits of the protocol's. @throws Malformed when no type has it */
export function thriftType(bits: number): number {
  const found = THRIFT[bits];
  if (found === undefined) throw new Malformed(`a value of the type ${bits}, which is none`);
  return found;
}

/** Of a list's or map's elements. Without elements, the type may be left out. @throws Malformed */
export const elementType = (bits: number, size: number): number =>
  size === 0 ? (THRIFT[bits] ?? Type.STOP) : thriftType(bits);
