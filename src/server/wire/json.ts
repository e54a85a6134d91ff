/**
 * Thrift's JSON protocol: [1, name, type, seqid, {"field id": {"type": value}}]; lists and sets are ["type", size, …], maps
 * ["key type", "value type", size, {…}], truth values 1 and 0, binaries base64.
 *
 * What is behind a message's head is parsed whole and then taken apart: `#pending` holds the values that are still to be read, the
 * next one last.
 */
import type { ByteWriter } from './bytes.ts';
import { exact } from './integers.ts';
import { parsedJson } from './json-text.ts';
import { JsonWriter, NAMES, VERSION } from './json-writer.ts';
import {
  Budget,
  type FieldHead,
  type ListHead,
  Malformed,
  type MapHead,
  type MessageHead,
  type Reading,
  Type,
  UNBOUNDED,
  UnfitValue,
  type WireProtocol,
} from './protocol.ts';

const NO_BYTES = Buffer.alloc(0);
const TYPES = new Map(Object.entries(NAMES).map(([type, name]) => [name, Number(type)]));

/** [version, "name", type, seqid, and the body. */
const HEAD = /^\s*\[\s*(\d+)\s*,\s*"([^"\\]*)"\s*,\s*(\d{1,3})\s*,\s*(-?\d{1,10})\s*,/;
const HEAD_PARTS = 4;
const LONGEST_HEAD = 1000;

export class JsonProtocol extends JsonWriter implements WireProtocol {
  readonly name = 'json';
  readonly #input: Buffer;
  readonly #reading: Reading;
  readonly #budget: Budget;
  readonly #pending: unknown[] = [];
  #begun = false;
  /** Fields still to be read of the structs around, the innermost last. */
  readonly #fields: [string, unknown][][] = [];

  constructor(output: ByteWriter, input: Buffer = NO_BYTES, reading: Reading = UNBOUNDED) {
    super(output);
    this.#input = input;
    this.#reading = reading;
    this.#budget = new Budget(reading);
  }

  /** The head alone: what is behind it is parsed when it is asked for, which for a caller without a token is never. */
  readMessageBegin(): MessageHead {
    const head = HEAD.exec(this.#input.toString('latin1', 0, LONGEST_HEAD));
    if (!head) throw new Malformed('a message that does not begin with [1, "name", type, number');
    const [, version, name, type, seqid] = head;
    if (Number(version) !== VERSION)
      throw new Malformed(`version ${version} of the JSON protocol; expected ${VERSION}`);
    return { fname: name!, mtype: Number(type), rseqid: Number(seqid) | 0 };
  }

  readMessageEnd(): void {}

  readStructBegin(): void {
    this.#budget.enter();
    if (!this.#begun) {
      this.#begun = true;
      this.#pending.push(this.#body());
    }
    this.#fields.push(Object.entries(this.#object()).reverse());
  }

  readStructEnd(): void {
    this.#budget.leave();
    this.#fields.pop();
  }

  readFieldBegin(): FieldHead {
    const next = this.#fields.at(-1)!.pop();
    if (!next) return { ftype: Type.STOP, fid: 0 };
    this.#budget.field();
    const [id, value] = next;
    const [typed, ...more] = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    if (!typed || more.length > 0 || !/^-?\d{1,5}$/.test(id)) throw new Malformed(`field ${id.slice(0, 20)}`);
    this.#pending.push(typed[1]);
    return { ftype: typeOf(typed[0]), fid: Number(id) };
  }

  readFieldEnd(): void {}

  readMapBegin(): MapHead {
    const [ktype, vtype, size, entries, ...more] = this.#array();
    this.#pending.push(entries);
    const pairs = Object.entries(this.#object());
    this.#container(size, pairs.length, more.length);
    for (const [key, value] of pairs.reverse()) this.#pending.push(value, key);
    return { ktype: typeOf(ktype), vtype: typeOf(vtype), size: size as number };
  }

  readMapEnd(): void {
    this.#budget.leave();
  }

  readListBegin(): ListHead {
    const [etype, size, ...elements] = this.#array();
    this.#container(size, elements.length, 0);
    for (let n = elements.length - 1; n >= 0; n--) this.#pending.push(elements[n]);
    return { etype: typeOf(etype), size: size as number };
  }

  readListEnd(): void {
    this.#budget.leave();
  }

  readSetBegin(): ListHead {
    return this.readListBegin();
  }

  readSetEnd(): void {
    this.#budget.leave();
  }

  readBool(): boolean {
    const value = this.#next();
    if (typeof value === 'boolean') return value;
    return this.#whole(value, 2) !== 0;
  }

  readByte(): number {
    return this.#whole(this.#next(), 2 ** 7);
  }

  readI16(): number {
    return this.#whole(this.#next(), 2 ** 15);
  }

  readI32(): number {
    return this.#whole(this.#next(), 2 ** 31);
  }

  readI64(): number {
    const value = this.#next();
    const digits = this.#reading.digits ? () => String(value) : undefined;
    return exact(this.#whole(value, Number.POSITIVE_INFINITY), digits);
  }

  readDouble(): number {
    const value = this.#next();
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number === 'number' && (!Number.isNaN(number) || value === 'NaN')) return number;
    throw new Malformed('a value that is no number where one is said to be');
  }

  readString(): string {
    const value = this.#next();
    if (typeof value !== 'string') throw new Malformed('a value that is no text where one is said to be');
    this.#budget.text(Buffer.byteLength(value), Number.POSITIVE_INFINITY);
    if (!value.isWellFormed()) throw new UnfitValue('a text with half of a surrogate pair');
    return value;
  }

  readBinary(): Buffer {
    return Buffer.from(this.readString(), 'base64');
  }

  skip(): void {
    this.#next();
  }

  /** What the message carries behind its head. */
  #body(): unknown {
    const message = parsedJson(this.#input, this.#reading);
    return Array.isArray(message) ? message[HEAD_PARTS] : undefined;
  }

  #next(): unknown {
    return this.#pending.pop();
  }

  #object(): object {
    const value = this.#next();
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
    throw new Malformed('a value that is no object where one is said to be');
  }

  #array(): unknown[] {
    const value = this.#next();
    if (Array.isArray(value)) return value;
    throw new Malformed('a value that is no array where one is said to be');
  }

  #container(size: unknown, found: number, more: number): void {
    if (size !== found || more > 0) throw new Malformed(`a container of ${found} elements that says ${shown(size)}`);
    this.#budget.container(found, 0, 0);
    this.#budget.enter();
  }

  #whole(value: unknown, bound: number): number {
    const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
    if (Number.isInteger(number) && (number as number) >= -bound && (number as number) < bound) return number as number;
    throw new Malformed('a value that is no such whole number where one is said to be');
  }
}

/** For messages: what is no text and no number may be anything, and is not looked into. */
const shown = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, 20) : `(${typeof value})`;

function typeOf(name: unknown): number {
  const type = typeof name === 'string' ? TYPES.get(name) : undefined;
  if (type === undefined) throw new Malformed(`a value of the type ${shown(name)}, which is none`);
  return type;
}
