/**
 * The plain JSON form of calls, which goes over HTTP alone: {"method": "getJob", "arguments": {"jobId": "…"}}, answered with
 * {"method": "getJob", "result": {…}} or {"method": "nope", "exception": {"message": "…", "type": 1}}.
 */
import { type IdlField, type IdlFunction, type IdlType, idl } from '../../src/server/idl.ts';
import { BadAnswer, type Values } from './decode.ts';
import type { FieldNode, Node } from './nodes.ts';
import { EXCEPTION, type Protocol, REPLY } from './protocols.ts';

const functions: ReadonlyMap<string, IdlFunction> = new Map(
  Object.entries(idl.services).flatMap(([service, { functions: own }]) =>
    Object.entries(own).map(([name, each]) => [`${service}:${name}`, each] as const),
  ),
);

export const plainJson: Protocol = {
  name: 'plain json',
  magic: Buffer.from('{'),
  mostItems: 200_000,
  encode({ name }, { fields }) {
    const method = name.slice(name.indexOf(':') + 1);
    const given = fieldsToJson(fields, functions.get(name)?.arguments ?? []);
    return Buffer.from(`{"method":${JSON.stringify(method)},"arguments":${given}}`);
  },
  open(message) {
    const { method, result, exception } = JSON.parse(message.toString()) as Values;
    return {
      // What is asked for by its service's name is answered by that.
      head: { name: String(method).replace(/^.*:/, ''), type: result ? REPLY : EXCEPTION, seqid: undefined },
      result: ({ returns, throws }) => {
        const errors = throws.map(({ name, exception }) => optional(name, { struct: exception }));
        const fields = returns === 'void' ? errors : [...errors, optional('success', returns)];
        return checkFields(fields, result, 'result');
      },
      exception: () => {
        const fields = [optional('message', 'string'), optional('type', 'i32')];
        return checkFields(fields, exception, 'exception') as { message: string; type: number };
      },
    };
  },
  measure: bytes => bytes.length,
};

const optional = (name: string, type: IdlType): IdlField => ({ id: 0, name, required: 'optional', type });

/** What the interface does not know goes by a name of its own. */
function fieldsToJson(nodes: readonly FieldNode[], fields: readonly IdlField[]): string {
  const members = nodes.map(({ id, node }) => {
    const field = fields.find(each => each.id === id);
    return `${JSON.stringify(field?.name ?? `field ${id}`)}:${nodeToJson(node, field?.type)}`;
  });
  return `{${members.join(',')}}`;
}

interface Containers {
  readonly list: IdlType;
  readonly set: IdlType;
  readonly map: readonly [IdlType, IdlType];
}

function nodeToJson(node: Node, type: IdlType | undefined): string {
  const inner = typeof type === 'object' ? (type as Partial<Record<'struct', string> & Containers>) : {};
  if (node.kind === 'struct') return fieldsToJson(node.fields, idl.structs[inner.struct ?? '']?.fields ?? []);
  if (node.kind === 'list' || node.kind === 'set')
    return `[${node.items.map(item => nodeToJson(item, inner.list ?? inner.set)).join(',')}]`;
  if (node.kind === 'map') {
    const pairs = node.pairs.map(([key, value]) => {
      const text = 'value' in key ? String(key.value) : '';
      return `${JSON.stringify(text)}:${nodeToJson(value, inner.map?.[1])}`;
    });
    return `{${pairs.join(',')}}`;
  }
  if (node.kind === 'binary') return JSON.stringify(Buffer.from(node.value as Buffer).toString('base64'));
  return typeof node.value === 'bigint' ? String(node.value) : JSON.stringify(plain(node.value));
}

const plain = (value: unknown): unknown => (Buffer.isBuffer(value) ? value.toString() : value);

function checkFields(fields: readonly IdlField[], json: unknown, path: string): Values {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new BadAnswer(`${path}: no object`);
  for (const [name, value] of Object.entries(json)) {
    const field = fields.find(each => each.name === name);
    if (!field) throw new BadAnswer(`${path}: a field ${name} that the interface does not have`);
    check(field.type, value, `${path}.${name}`);
  }
  return json as Values;
}

const JSON_TYPES: Readonly<Record<string, string>> = { bool: 'boolean', string: 'string', binary: 'string' };

function check(type: IdlType, value: unknown, path: string): void {
  if (typeof type === 'string' || 'enum' in type) {
    const expected = (typeof type === 'string' && JSON_TYPES[type]) || 'number';
    if (typeof value !== expected) throw new BadAnswer(`${path}: ${typeof value}; expected ${expected}`);
  } else if ('struct' in type) checkFields(idl.structs[type.struct]!.fields, value, path);
  else if ('map' in type) for (const each of Object.values(value as object)) check(type.map[1], each, path);
  else if (!Array.isArray(value)) throw new BadAnswer(`${path}: no array`);
  else for (const each of value) check('list' in type ? type.list : type.set, each, path);
}
