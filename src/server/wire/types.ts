/** Types of the interface as the wire numbers them. */
import type { IdlType } from '../idl.ts';
import { Type } from './protocol.ts';

const SCALARS: Readonly<Record<string, number>> = {
  bool: Type.BOOL,
  i8: Type.BYTE,
  i16: Type.I16,
  i32: Type.I32,
  i64: Type.I64,
  double: Type.DOUBLE,
  string: Type.STRING,
  binary: Type.STRING,
};

export function wireType(type: IdlType): number {
  if (typeof type === 'string') return SCALARS[type]!;
  if ('enum' in type) return Type.I32;
  if ('struct' in type) return Type.STRUCT;
  if ('list' in type) return Type.LIST;
  return 'set' in type ? Type.SET : Type.MAP;
}

const NAMES = new Map(Object.entries(Type).map(([name, number]) => [number as number, name.toLowerCase()]));

/** For messages. */
export const typeName = (type: number): string => NAMES.get(type) ?? `type ${type}`;
