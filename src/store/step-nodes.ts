/**
 * Step nodes: a step group as the database has it. Its canonical JSON (keys sorted, the groups below it by their hashes), packed, under
 * the SHA-256 of that JSON.
 */
import { hash as digest } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { BaseStep } from '#gen/step_types';
import { canonicalJson, objectText } from '../base/canonical-json.ts';
import { sortKey } from '../base/text.ts';
import type { Row } from './schema.ts';

/** In a node's JSON, stands for the group with this hash. */
export interface GroupReference {
  readonly group: string;
}

/** Nodes are small: most of the time that zlib's own settings take goes into tables that they do not fill. */
const PACKING = { level: 1, windowBits: 13, memLevel: 6, chunkSize: 4096 };

/**
 * A shorter text is put as it is into the one block of a stream (RFC 1951, 3.2.4), for some 300 bytes more: zlib would take longer to
 * begin than all else that the node costs. Every edit writes such a one, above the group that it is in.
 */
const LEAST_DEFLATED = 640;

function packed(json: Buffer): Buffer {
  const { length } = json;
  if (length >= LEAST_DEFLATED) return deflateRawSync(json, PACKING);
  const stored = Buffer.allocUnsafe(BLOCK_HEAD + length);
  stored.writeUInt8(ONE_BLOCK_AS_IT_IS);
  stored.writeUInt16LE(length, 1);
  stored.writeUInt16LE(~length & 0xffff, 3);
  json.copy(stored, BLOCK_HEAD);
  return stored;
}

const ONE_BLOCK_AS_IT_IS = 1;
const BLOCK_HEAD = 5;

export const unpacked = (body: Buffer): Buffer => inflateRawSync(body);

export const hashOf = (json: Buffer): string => digest('sha256', json);

/** A group as the database will have it. @param children their texts */
export function packedNode(
  group: BaseStep,
  children: readonly string[],
): { hash: string; bytes: number; body: Buffer } {
  const json = onDesk(nodeText(group, children));
  return { hash: hashOf(json), bytes: json.length, body: packed(json) };
}

/** Canonical JSON. */
const nodeText = (group: BaseStep, children: readonly string[]): string =>
  objectText(group, name =>
    name === 'children' ? `[${children.join()}]` : canonicalJson(group[name as keyof BaseStep]),
  );

/** Where nodes lie as bytes while they are hashed and packed, one at a time. Those of some sixty steps and more may be too large for it. */
const desk = Buffer.allocUnsafeSlow(64 * 1024);
const MOST_BYTES_OF_A_CHARACTER = 3;

const onDesk = (text: string): Buffer =>
  text.length * MOST_BYTES_OF_A_CHARACTER <= desk.length ? desk.subarray(0, desk.write(text)) : Buffer.from(text);

/** Leaves never change either: an edit of one among many writes one text. */
export function leafText(leaf: BaseStep): string {
  const known = leafTexts.get(leaf);
  if (known !== undefined) return known;
  const text = inOnePiece(canonicalJson(leaf));
  leafTexts.set(leaf, text);
  return text;
}

/** V8 leaves a text in the pieces that it was made of, which each edit would gather anew. */
const inOnePiece = (text: string): string => Buffer.from(text).toString();

const leafTexts = new WeakMap<BaseStep, string>();

/** What stands in a node in the place of a group below it. */
export const referenceText = (hash: string): string => JSON.stringify({ group: hash } satisfies GroupReference);

/** A group as its node has it: without the groups below it. */
export const groupOf = (body: Buffer): BaseStep => ({ ...JSON.parse(unpacked(body).toString()), children: [] });

/** What the row of a node must have beside its body; undefined where the body cannot be read. */
export function nodeFacts(body: Buffer): Pick<Row<'step_nodes'>, 'hash' | 'children' | 'title_key'> | undefined {
  try {
    const json = unpacked(body);
    const { children, title } = JSON.parse(json.toString()) as {
      children: (BaseStep | GroupReference)[];
      title: string;
    };
    const below = children.flatMap(child => ('group' in child ? [child.group] : []));
    return { hash: hashOf(json), children: JSON.stringify(below), title_key: sortKey(title) };
  } catch {
    return undefined;
  }
}
