/** The interface as data: gen-ts/idl.json, generated from idl/. Arguments are checked by it, and functions found. */
import { readFileSync } from 'node:fs';

export type IdlType =
  | 'bool'
  | 'i8'
  | 'i16'
  | 'i32'
  | 'i64'
  | 'double'
  | 'string'
  | 'binary'
  | 'void'
  | { readonly struct: string }
  | { readonly enum: string }
  | { readonly list: IdlType }
  | { readonly set: IdlType }
  | { readonly map: readonly [IdlType, IdlType] };

export interface IdlField {
  readonly id: number;
  readonly name: string;
  readonly required: 'required' | 'optional' | 'default';
  readonly type: IdlType;
  /** What the interface gives a field that a client leaves unset. */
  readonly default?: boolean | number;
}

export interface IdlFunction {
  readonly arguments: readonly IdlField[];
  readonly returns: IdlType;
  /** `name` is the field of the result struct, `exception` the qualified name of what it carries. */
  readonly throws: readonly { readonly id: number; readonly name: string; readonly exception: string }[];
}

export interface Idl {
  readonly structs: Readonly<
    Record<string, { readonly kind: 'struct' | 'union' | 'exception'; readonly fields: readonly IdlField[] }>
  >;
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly services: Readonly<
    Record<string, { readonly module: string; readonly functions: Readonly<Record<string, IdlFunction>> }>
  >;
}

export const idl: Idl = JSON.parse(readFileSync(new URL('../../gen-ts/idl.json', import.meta.url), 'utf8'));
