/** Mutations of arguments as trees: wrong types, ids and sizes, depth, numbers and texts that no client should send. */
import {
  type FieldNode,
  type ListNode,
  type MapNode,
  type Node,
  nodesOf,
  type SetNode,
  type StructNode,
  WireType,
} from './nodes.ts';
import type { Random } from './random.ts';

type Mutator = (root: StructNode, random: Random) => void;

/** A tree with more nodes than this is not made any larger. */
const MOST_NODES = 20_000;

const structsOf = (root: Node): StructNode[] => nodesOf(root).filter(node => node.kind === 'struct');
const containersOf = (root: Node): (ListNode | SetNode | MapNode)[] =>
  nodesOf(root).filter((node): node is ListNode | SetNode | MapNode => 'items' in node || 'pairs' in node);

function someField(root: StructNode, random: Random): FieldNode | undefined {
  const fields = structsOf(root).flatMap(struct => struct.fields);
  return fields.length > 0 ? random.pick(fields) : undefined;
}

const anyLeaf = (random: Random): Node =>
  random.pick<Node>([
    { kind: 'bool', value: true },
    { kind: 'i8', value: -1 },
    { kind: 'i16', value: 300 },
    { kind: 'i32', value: 7 },
    { kind: 'i64', value: 1_700_000_000_000 },
    { kind: 'double', value: 0.5 },
    { kind: 'string', value: 'of another type' },
  ]);

const anyNode = (random: Random): Node =>
  random.pick<() => Node>([
    () => anyLeaf(random),
    () => ({ kind: 'struct', fields: [{ id: 1, node: anyLeaf(random) }] }),
    () => ({ kind: 'list', element: WireType.STRUCT, items: [{ kind: 'struct', fields: [] }] }),
    () => ({ kind: 'set', element: WireType.I32, items: [{ kind: 'i32', value: 1 }] }),
    () => ({ kind: 'map', key: WireType.STRING, value: WireType.STRING, pairs: [] }),
  ])();

/** Values within values, each of the kinds in turn. */
export function nested(depth: number, kinds: readonly ('struct' | 'list' | 'map')[]): Node {
  let node = { kind: 'struct', fields: [] } as Node;
  for (let n = 0; n < depth; n++) {
    const kind = kinds[n % kinds.length]!;
    const element: number =
      node.kind === 'struct' ? WireType.STRUCT : node.kind === 'map' ? WireType.MAP : WireType.LIST;
    if (kind === 'struct') node = { kind: 'struct', fields: [{ id: 1, node }] };
    else if (kind === 'list') node = { kind: 'list', element, items: [node] };
    else
      node = {
        kind: 'map',
        key: WireType.STRING,
        value: element,
        pairs: [[{ kind: 'string', value: '__proto__' }, node]],
      };
  }
  return node;
}

/** Many values that take a byte each, or nearly. */
function manyOf(random: Random, most: number): Node {
  const count = random.magnitude(100, most);
  const item: Node = random.pick<Node>([
    { kind: 'struct', fields: [] },
    { kind: 'bool', value: true },
    { kind: 'string', value: '' },
    { kind: 'list', element: WireType.BOOL, items: [] },
  ]);
  const element = { struct: WireType.STRUCT, bool: WireType.BOOL, string: WireType.STRING, list: WireType.LIST };
  return { kind: 'list', element: element[item.kind as keyof typeof element], items: Array(count).fill(item) };
}

const oddTexts = (random: Random): string | Buffer =>
  random.pick<() => string | Buffer>([
    () => 'nul\0byte',
    () => '\0',
    () => '\ud800 half a pair',
    () => '\u0001\u001f\u007f\u009f',
    () => '__proto__',
    () => 'hasOwnProperty',
    () => 'x'.repeat(random.magnitude(100, 200_000)),
    () => '\u{1f600}'.repeat(random.magnitude(100, 20_000)),
    () => Buffer.from([0xff, 0xfe, 0x41]),
    () => Buffer.from([0xc0, 0x80]),
    () => Buffer.from([0xed, 0xa0, 0x80]),
    () => Buffer.from([0xf4, 0x90, 0x80, 0x80]),
    () => Buffer.from([0xe2, 0x82]),
  ])();

const ODD_INTEGERS = [0, -1, 1, 127, 128, 255, 32_767, -32_768, 65_536, 2_147_483_647, -2_147_483_648] as const;
const ODD_LONGS = [2n ** 53n, -(2n ** 53n), 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), 8_640_000_000_000_001n, 0n];
const ODD_DOUBLES = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -0,
  5e-324,
  Number.MAX_VALUE,
  -1e300,
] as const;
const ODD_KEYS = [
  '__proto__',
  'hasOwnProperty',
  'constructor',
  'toString',
  'valueOf',
  '',
  'nul\0byte',
  'length',
] as const;
const ODD_COUNTS = [-1, 0, 1, 0x7fffffff, -0x80000000, 0x10000, 0x7fff, 100_000_000] as const;

const oddValue: Mutator = (root, random) => {
  const leaves = nodesOf(root).filter(node => 'value' in node && node.kind !== 'map');
  if (leaves.length === 0) return;
  const leaf = random.pick(leaves) as { kind: string; value: unknown };
  if (leaf.kind === 'string') {
    const text = oddTexts(random);
    leaf.value = text;
  } else if (leaf.kind === 'binary') leaf.value = random.bytes(random.magnitude(1, 5000));
  else if (leaf.kind === 'double') leaf.value = random.pick(ODD_DOUBLES);
  else if (leaf.kind === 'i64') leaf.value = random.pick(ODD_LONGS);
  else if (leaf.kind !== 'bool') leaf.value = random.pick(ODD_INTEGERS);
};

const oddKey: Mutator = (root, random) => {
  const maps = nodesOf(root).filter(node => node.kind === 'map');
  if (maps.length === 0) return;
  const map = random.pick(maps) as MapNode;
  const value = map.pairs[0]?.[1] ?? anyLeaf(random);
  for (let n = random.between(1, 3); n > 0; n--) {
    const key: Node =
      map.key === WireType.STRING
        ? { kind: 'string', value: random.pick(ODD_KEYS) }
        : { kind: 'i32', value: random.pick(ODD_INTEGERS) };
    map.pairs.push([key, value]);
  }
};

const wrongType: Mutator = (root, random) => {
  const field = someField(root, random);
  if (field) field.node = anyNode(random);
};

const lyingType: Mutator = (root, random) => {
  const field = someField(root, random);
  if (field) field.declared = random.between(0, 16);
};

const lyingElement: Mutator = (root, random) => {
  const containers = containersOf(root);
  if (containers.length === 0) return;
  const container = random.pick(containers);
  if (container.kind === 'map') container.value = random.between(0, 16);
  else container.element = random.between(0, 16);
};

const lyingCount: Mutator = (root, random) => {
  const containers = containersOf(root);
  if (containers.length > 0) random.pick(containers).count = random.pick(ODD_COUNTS);
};

const otherId: Mutator = (root, random) => {
  const field = someField(root, random);
  if (field) field.id = random.pick([0, -1, 1, 2, 3, 15, 16, 17, 1000, 32_767, -32_768, random.between(1, 60)]);
};

/** A field twice, or one of another id: so unions get two members. */
const moreFields: Mutator = (root, random) => {
  const struct = random.pick(structsOf(root));
  const like = struct.fields.length > 0 ? random.pick(struct.fields) : { id: 1, node: anyNode(random) };
  struct.fields.push(random.chance(0.5) ? like : { id: random.between(1, 20), node: anyNode(random) });
};

const fewerFields: Mutator = (root, random) => {
  const struct = random.pick(structsOf(root));
  struct.fields.splice(random.below(Math.max(1, struct.fields.length)), random.between(1, 3));
};

const shuffledFields: Mutator = (root, random) => {
  const struct = random.pick(structsOf(root));
  struct.fields = struct.fields
    .map(field => ({ field, order: random.next() }))
    .sort((a, b) => a.order - b.order)
    .map(({ field }) => field);
};

const deep: Mutator = (root, random) => {
  const kinds = random.pick<readonly ('struct' | 'list' | 'map')[]>([
    ['struct'],
    ['list'],
    ['map'],
    ['struct', 'list'],
  ]);
  const node = nested(random.magnitude(10, 2500), kinds);
  const field = someField(root, random);
  if (field && random.chance(0.7)) field.node = node;
  else root.fields.push({ id: random.between(1, 99), node });
};

/** A copy of one value in the place of another: trees that are deep, and still of their types where the types recur. */
const grafted: Mutator = (root, random) => {
  for (let rounds = random.between(1, 6); rounds > 0; rounds--) {
    const nodes = nodesOf(root);
    if (nodes.length > MOST_NODES) return;
    const target = someField(root, random);
    const alike = nodes.filter(node => node.kind === target?.node.kind);
    if (target && alike.length > 0) target.node = structuredClone(random.pick(alike));
  }
};

function many(root: StructNode, random: Random, most: number): void {
  const field = someField(root, random);
  const node = manyOf(random, most);
  if (field && random.chance(0.8)) field.node = node;
  else root.fields.push({ id: random.between(1, 99), node });
}

/** What is written twice counts twice as often. */
const mutators: readonly Mutator[] = [
  ...[oddValue, oddValue, oddValue, oddValue, oddKey, oddKey, wrongType, wrongType, lyingType, lyingElement],
  ...[lyingCount, lyingCount, otherId, moreFields, moreFields, fewerFields, shuffledFields, grafted, grafted],
];

/** Changes the tree. @param mostItems of one container: how many the library can write in good time */
export function mutateTree(root: StructNode, random: Random, mostItems: number): void {
  if (random.chance(0.02)) deep(root, random);
  else if (random.chance(0.005)) many(root, random, mostItems);
  else for (let n = random.pick([1, 1, 1, 2, 4]); n > 0; n--) random.pick(mutators)(root, random);
}
