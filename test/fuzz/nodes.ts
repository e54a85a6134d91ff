/**
 * Thrift values as trees of what goes over the wire: types and field ids, no names. A tree can say what no generated class would
 * write; the stock library's protocols write it all the same.
 */
import thrift, { type TProtocol } from 'thrift';
import type { IdlType } from '../../src/server/idl.ts';

/** Numbers of Thrift's types. */
export const WireType = {
  STOP: 0,
  BOOL: 2,
  I8: 3,
  DOUBLE: 4,
  I16: 6,
  I32: 8,
  I64: 10,
  STRING: 11,
  STRUCT: 12,
  MAP: 13,
  SET: 14,
  LIST: 15,
} as const;

export type LeafKind = 'bool' | 'i8' | 'i16' | 'i32' | 'i64' | 'double' | 'string' | 'binary';

export interface LeafNode {
  readonly kind: LeafKind;
  value: boolean | number | bigint | string | Buffer;
}

export interface FieldNode {
  id: number;
  node: Node;
  /** The type that the field's header says, where it lies. */
  declared?: number;
}

export interface StructNode {
  readonly kind: 'struct';
  fields: FieldNode[];
}

interface Items {
  element: number;
  items: Node[];
  /** The size that the header says, where it lies. */
  count?: number;
}

export interface ListNode extends Items {
  readonly kind: 'list';
}

export interface SetNode extends Items {
  readonly kind: 'set';
}

export interface MapNode {
  readonly kind: 'map';
  key: number;
  value: number;
  pairs: [Node, Node][];
  count?: number;
}

export type Node = LeafNode | StructNode | ListNode | SetNode | MapNode;

const leafTypes: Readonly<Record<LeafKind, number>> = {
  bool: WireType.BOOL,
  i8: WireType.I8,
  i16: WireType.I16,
  i32: WireType.I32,
  i64: WireType.I64,
  double: WireType.DOUBLE,
  string: WireType.STRING,
  binary: WireType.STRING,
};

/** The number by which the wire knows a type of the interface. */
export function wireType(type: IdlType): number {
  if (typeof type === 'string') return leafTypes[type as LeafKind];
  if ('enum' in type) return WireType.I32;
  if ('struct' in type) return WireType.STRUCT;
  if ('list' in type) return WireType.LIST;
  return 'set' in type ? WireType.SET : WireType.MAP;
}

export function typeOf(node: Node): number {
  if (node.kind === 'struct') return WireType.STRUCT;
  if (node.kind === 'list') return WireType.LIST;
  if (node.kind === 'set') return WireType.SET;
  return node.kind === 'map' ? WireType.MAP : leafTypes[node.kind];
}

/** @throws whatever the library throws at what it cannot write */
export function write(output: TProtocol, node: Node): void {
  if (node.kind === 'struct') writeStruct(output, node);
  else if (node.kind === 'list' || node.kind === 'set') {
    const begin = node.kind === 'list' ? 'writeListBegin' : 'writeSetBegin';
    output[begin](node.element, node.count ?? node.items.length);
    for (const item of node.items) write(output, item);
    output[node.kind === 'list' ? 'writeListEnd' : 'writeSetEnd']();
  } else if (node.kind === 'map') {
    output.writeMapBegin(node.key, node.value, node.count ?? node.pairs.length);
    for (const [key, value] of node.pairs) {
      write(output, key);
      write(output, value);
    }
    output.writeMapEnd();
  } else writeLeaf(output, node);
}

function writeStruct(output: TProtocol, { fields }: StructNode): void {
  output.writeStructBegin('struct');
  for (const { id, node, declared } of fields) {
    output.writeFieldBegin('field', declared ?? typeOf(node), id);
    write(output, node);
    output.writeFieldEnd();
  }
  output.writeFieldStop();
  output.writeStructEnd();
}

function writeLeaf(output: TProtocol, { kind, value }: LeafNode): void {
  if (kind === 'bool') output.writeBool(value as boolean);
  else if (kind === 'i8') output.writeByte(value as number);
  else if (kind === 'i16') output.writeI16(value as number);
  else if (kind === 'i32') output.writeI32(value as number);
  else if (kind === 'i64') output.writeI64(typeof value === 'bigint' ? int64(value) : (value as number));
  else if (kind === 'double') output.writeDouble(value as number);
  else if (kind === 'string') output.writeString(value as string);
  else output.writeBinary(value as Buffer);
}

function int64(value: bigint): never {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt.asIntN(64, value));
  return new thrift.Int64(bytes as never) as never;
}

/** Every node of a tree, parents before children; without recursion, as trees may be deeper than the stack. */
export function nodesOf(root: Node): Node[] {
  const found: Node[] = [];
  const open: Node[] = [root];
  for (let node = open.pop(); node; node = open.pop()) {
    found.push(node);
    if (node.kind === 'struct') open.push(...node.fields.map(field => field.node));
    else if (node.kind === 'map') open.push(...node.pairs.flat());
    else if (node.kind === 'list' || node.kind === 'set') open.push(...node.items);
  }
  return found;
}
