/**
 * Valid arguments of every function, made up from the interface as data: unions with exactly one member, enums of known numbers,
 * texts of every script, sizes and depth bounded. Ids are often such as the server knows, so that calls get past the first check.
 */
import { type IdlField, type IdlFunction, type IdlType, idl } from '../../src/server/idl.ts';
import { type FieldNode, type LeafNode, type Node, type StructNode, wireType } from './nodes.ts';
import type { Random } from './random.ts';

/** Ids that exist on the server, by what a field of this name would hold. */
export type KnownIds = (fieldName: string) => readonly string[];

/** Beyond this many values, what may stay out does. */
const MOST_NODES = 150;
const DEEPEST = 9;

const TEXTS = [
  '',
  'x',
  'Check the bearing temperature',
  'Prüfe die Lagertemperatur – größer als 80 °C?',
  'проверить температуру подшипника',
  '軸受の温度を確認する',
  'تحقق من درجة حرارة المحمل',
  'e\u0301\u0302 a\u0308\u20dd',
  '🔧👩🏽‍🔬🏴‍☠️',
  'line one\nline two\ttabbed\r\n',
  '"quoted" \\ and \'single\' / slash',
  '<script>alert(1)</script>',
  "'; drop table jobs; --",
  '%s%n$(x){{y}}',
  'constructor',
  '__proto__',
  'null',
  '0',
  '-1',
  'admin@example.org',
  '\u2028\u2029\ufeff\u200b',
  '\u{10ffff}\u{1f600}\ue000',
  '00000000-0000-0000-0000-000000000000',
] as const;

export class Generator {
  readonly #random: Random;
  readonly #known: KnownIds;
  readonly #knownShare: number;
  #left = MOST_NODES;

  /** @param knownShare how often an id is one that exists, from 0 to 1 */
  constructor(random: Random, known: KnownIds, knownShare: number) {
    this.#random = random;
    this.#known = known;
    this.#knownShare = knownShare;
  }

  arguments(of: IdlFunction): StructNode {
    this.#left = MOST_NODES;
    return { kind: 'struct', fields: this.#fields(of.arguments, 0, 0.97) };
  }

  #fields(fields: readonly IdlField[], depth: number, share: number): FieldNode[] {
    const nodes: FieldNode[] = [];
    for (const field of fields) {
      if (field.required !== 'required' && !this.#random.chance(this.#left > 0 ? share : 0)) continue;
      nodes.push({ id: field.id, node: this.#value(field.type, field.name, depth + 1) });
    }
    return nodes;
  }

  #value(type: IdlType, name: string, depth: number): Node {
    this.#left -= 1;
    if (typeof type === 'string') return this.#leaf(type, name);
    if ('enum' in type) return { kind: 'i32', value: this.#random.pick(Object.values(idl.enums[type.enum]!)) };
    if ('struct' in type) return this.#struct(type.struct, depth);
    if ('list' in type) {
      const items = this.#items(depth, () => this.#value(type.list, name, depth + 1));
      return { kind: 'list', element: wireType(type.list), items };
    }
    if ('set' in type) {
      const items = this.#items(depth, () => this.#value(type.set, name, depth + 1));
      return { kind: 'set', element: wireType(type.set), items: distinct(items, item => item) };
    }
    const [key, value] = type.map;
    const pairs = this.#items(depth, (): [Node, Node] => [this.#key(key, name), this.#value(value, name, depth + 1)]);
    return { kind: 'map', key: wireType(key), value: wireType(value), pairs: distinct(pairs, ([first]) => first) };
  }

  #items<T>(depth: number, make: () => T): T[] {
    const most = depth >= DEEPEST || this.#left <= 0 ? 0 : this.#random.pick([0, 1, 1, 2, 3, 5]);
    return Array.from({ length: most }, make);
  }

  #struct(name: string, depth: number): StructNode {
    const { kind, fields } = idl.structs[name]!;
    if (kind !== 'union')
      return { kind: 'struct', fields: this.#fields(fields, depth, depth < 3 ? 0.7 : 0.8 - depth / DEEPEST) };
    const flat = fields.filter(({ type }) => typeof type === 'string' || 'enum' in type);
    const member = this.#random.pick(depth >= DEEPEST && flat.length > 0 ? flat : fields);
    return { kind: 'struct', fields: [{ id: member.id, node: this.#value(member.type, member.name, depth + 1) }] };
  }

  /** Keys that the library's own maps can hold. */
  #key(type: IdlType, name: string): Node {
    const key = this.#value(type, name, DEEPEST);
    if (key.kind === 'string' && (key.value === '__proto__' || key.value === 'constructor')) key.value = 'key';
    return key;
  }

  #leaf(type: Exclude<IdlType, object>, name: string): LeafNode {
    const random = this.#random;
    if (type === 'bool') return { kind: 'bool', value: random.chance(0.5) };
    if (type === 'i8') return { kind: 'i8', value: random.between(-128, 127) };
    if (type === 'i16') return { kind: 'i16', value: random.between(-32_768, 32_767) };
    if (type === 'i32') return { kind: 'i32', value: this.#integer(name, 2_147_483_647) };
    if (type === 'i64') return { kind: 'i64', value: this.#integer(name, Number.MAX_SAFE_INTEGER) };
    if (type === 'double') return { kind: 'double', value: random.pick([0, 1.5, -2.25, 1e-7, 6.02e23, random.next()]) };
    if (type === 'binary') return { kind: 'binary', value: random.bytes(random.below(40)) };
    return { kind: 'string', value: this.#text(name) };
  }

  /** Mostly small; what multiplies work on the server always is. */
  #integer(name: string, most: number): number {
    if (name === 'numberOfJobs') return this.#random.between(-1, 3);
    const small = this.#random.between(-2, 12);
    return this.#random.chance(0.8) ? small : this.#random.pick([most, -most, this.#random.below(most)]);
  }

  #text(name: string): string {
    const random = this.#random;
    const known = this.#known(name);
    if (known.length > 0 && random.chance(this.#knownShare)) return random.pick(known);
    if (random.chance(0.02)) return random.pick(TEXTS).repeat(random.between(1, 200));
    return random.pick(TEXTS);
  }
}

function distinct<T>(items: readonly T[], keyOf: (item: T) => Node): T[] {
  const seen = new Map(items.map(item => [JSON.stringify(keyOf(item)), item]));
  return [...seen.values()];
}
