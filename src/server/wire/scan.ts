/**
 * Where a message ends that no frame surrounds. The structure is walked without being read, as far as it has arrived; the walk goes
 * on where it stopped when more has. Lengths are added, never allocated; depth and elements are held against the limits.
 */
import { elementType, thriftType } from './compact-types.ts';
import { BeyondLimit, Malformed, type ProtocolName, type ReadLimits, Type } from './protocol.ts';

export interface Scanner {
  /** @param input all bytes of the message that have arrived. @returns its length once it is whole. @throws Malformed, BeyondLimit */
  end(input: Buffer): number | undefined;
}

export const scannerFor = (protocol: ProtocolName, limits: ReadLimits): Scanner =>
  protocol === 'json'
    ? new JsonScanner()
    : new StructureScanner(protocol === 'binary' ? new BinaryCursor() : new CompactCursor(), limits);

/** Thrown and caught in here: the step needs bytes that have not arrived. */
const MORE = Symbol('more');

/** Reads the heads of values; the values themselves are passed over. */
abstract class Cursor {
  at = 0;
  protected input: Buffer = Buffer.alloc(0);

  over(input: Buffer): this {
    this.input = input;
    return this;
  }

  /** Name, type and number of the message. */
  abstract messageHead(): void;

  /** A text or binary. */
  text(): void {
    const bytes = this.textBytes();
    if (bytes < 0) throw new Malformed(`a text of ${bytes} bytes`);
    this.at += bytes;
  }

  /** @returns the type of the field that follows */
  abstract fieldType(): number;
  protected abstract textBytes(): number;
  abstract listHead(): { etype: number; size: number };
  abstract mapHead(): { ktype: number; vtype: number; size: number };
  /** Bytes of a value of a type whose values all have the same number; undefined for others. */
  abstract fixedBytes(type: number, inField: boolean): number | undefined;

  protected byte(): number {
    if (this.at >= this.input.length) throw MORE;
    return this.input[this.at++]!;
  }
}

const FIXED: Readonly<Record<number, number>> = {
  [Type.BOOL]: 1,
  [Type.BYTE]: 1,
  [Type.I16]: 2,
  [Type.I32]: 4,
  [Type.I64]: 8,
  [Type.DOUBLE]: 8,
  [Type.UUID]: 16,
};

const VERSION = 0x8001;

class BinaryCursor extends Cursor {
  messageHead(): void {
    const first = this.#int32();
    // Old messages begin with the length of the name, and have the type behind it.
    if (first >>> 16 === VERSION) this.text();
    else if (first >= 0) this.at += first + 1;
    else throw new Malformed(`version ${(first >>> 16).toString(16)} of the binary protocol; expected 8001`);
    this.at += 4;
  }

  fieldType(): number {
    const type = this.byte();
    if (type !== Type.STOP) this.at += 2;
    return type;
  }

  protected textBytes(): number {
    return this.#int32();
  }

  listHead(): { etype: number; size: number } {
    return { etype: this.byte(), size: this.#int32() };
  }

  mapHead(): { ktype: number; vtype: number; size: number } {
    return { ktype: this.byte(), vtype: this.byte(), size: this.#int32() };
  }

  fixedBytes(type: number): number | undefined {
    return FIXED[type];
  }

  #int32(): number {
    return (this.byte() << 24) | (this.byte() << 16) | (this.byte() << 8) | this.byte();
  }
}

class CompactCursor extends Cursor {
  messageHead(): void {
    this.at += 2;
    this.#varint();
    this.text();
  }

  fieldType(): number {
    const head = this.byte();
    if ((head & 0x0f) === Type.STOP) return Type.STOP;
    if (head >> 4 === 0) this.#varint();
    return thriftType(head & 0x0f);
  }

  protected textBytes(): number {
    return this.#varint();
  }

  listHead(): { etype: number; size: number } {
    const head = this.byte();
    const size = head >> 4 === 15 ? this.#varint() : head >> 4;
    return { etype: elementType(head & 0x0f, size), size };
  }

  mapHead(): { ktype: number; vtype: number; size: number } {
    const size = this.#varint();
    const types = size === 0 ? 0 : this.byte();
    return { ktype: elementType(types >> 4, size), vtype: elementType(types & 0x0f, size), size };
  }

  fixedBytes(type: number, inField: boolean): number | undefined {
    if (type === Type.BOOL) return inField ? 0 : 1;
    if (type === Type.I16 || type === Type.I32 || type === Type.I64) {
      this.#varint(10);
      return 0;
    }
    return FIXED[type];
  }

  #varint(longest = 5): number {
    let value = 0;
    for (let n = 0; n < longest; n++) {
      const byte = this.byte();
      if (n < 5) value |= (byte & 0x7f) << (7 * n);
      if (byte < 0x80) return value;
    }
    throw new Malformed(`a whole number of more than ${longest} bytes`);
  }
}

/** Values that are still to be passed over at one level: of a struct, until its end; of a container, so many of these types in turn. */
interface Level {
  readonly types: readonly number[] | undefined;
  left: number;
}

class StructureScanner implements Scanner {
  readonly #cursor: Cursor;
  readonly #limits: ReadLimits;
  readonly #levels: Level[] = [];
  #begun = false;
  #elements = 0;

  constructor(cursor: Cursor, limits: ReadLimits) {
    this.#cursor = cursor;
    this.#limits = limits;
  }

  end(input: Buffer): number | undefined {
    const cursor = this.#cursor.over(input);
    let stepStart = cursor.at;
    try {
      while (!this.#begun || this.#levels.length > 0) {
        stepStart = cursor.at;
        if (this.#begun) this.#step();
        else this.#begin();
        if (cursor.at > input.length) return undefined;
      }
      return cursor.at <= input.length ? cursor.at : undefined;
    } catch (error) {
      if (error !== MORE) throw error;
      cursor.at = stepStart;
      return undefined;
    }
  }

  #begin(): void {
    this.#cursor.messageHead();
    this.#begun = true;
    this.#enter(undefined, 0);
  }

  /** One value, or the end of a level. */
  #step(): void {
    const level = this.#levels.at(-1)!;
    if (level.types === undefined) {
      const type = this.#cursor.fieldType();
      if (type === Type.STOP) {
        this.#levels.pop();
      } else {
        this.#pass(type, true);
        this.#count(1);
      }
    } else if (level.left === 0) {
      this.#levels.pop();
    } else {
      // Only when the value's head is there is it counted off.
      this.#pass(level.types[level.left % level.types.length]!, false);
      level.left--;
    }
  }

  #pass(type: number, inField: boolean): void {
    const cursor = this.#cursor;
    if (type === Type.STRUCT) {
      this.#enter(undefined, 0);
    } else if (type === Type.STRING) {
      cursor.text();
    } else if (type === Type.LIST || type === Type.SET) {
      const { etype, size } = cursor.listHead();
      this.#enter([etype], this.#size(size));
    } else if (type === Type.MAP) {
      const { ktype, vtype, size } = cursor.mapHead();
      // Counted down: the value of a pair is met at an odd number.
      this.#enter([ktype, vtype], 2 * this.#size(size));
    } else {
      const bytes = cursor.fixedBytes(type, inField);
      if (bytes === undefined) throw new Malformed(`a value of the type ${type}, which is none`);
      cursor.at += bytes;
    }
  }

  #size(size: number): number {
    if (size < 0) throw new Malformed(`a container of ${size} elements`);
    if (size > this.#limits.containerElements)
      throw new BeyondLimit('containerElements', `a container of ${size} elements`);
    this.#count(size);
    return size;
  }

  #count(elements: number): void {
    this.#elements += elements;
    if (this.#elements > this.#limits.messageElements)
      throw new BeyondLimit('messageElements', `more than ${this.#limits.messageElements} fields and elements`);
  }

  #enter(types: readonly number[] | undefined, left: number): void {
    // The arguments' own struct is free.
    if (this.#levels.length > this.#limits.nesting)
      throw new BeyondLimit('nesting', `nested more than ${this.#limits.nesting} levels deep`);
    this.#levels.push({ types, left });
  }
}

const [QUOTE, BACKSLASH, OPEN, CLOSE] = [0x22, 0x5c, 0x5b, 0x5d];

/** A message is one array. */
class JsonScanner implements Scanner {
  #at = 0;
  #depth = 0;
  #inText = false;

  end(input: Buffer): number | undefined {
    for (; this.#at < input.length; this.#at++) {
      const byte = input[this.#at];
      if (this.#inText && byte === BACKSLASH) this.#at++;
      else if (byte === QUOTE) this.#inText = !this.#inText;
      else if (!this.#inText && byte === OPEN) this.#depth++;
      else if (!this.#inText && byte === CLOSE && --this.#depth === 0) return this.#at + 1;
    }
    return undefined;
  }
}
