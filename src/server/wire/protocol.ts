/**
 * What all protocols share: Thrift's type numbers, what can be wrong with bytes that arrive, and the limits within which they are
 * read. Each protocol (binary.ts, compact.ts, json.ts) is a TProtocol, so the generated code and our own reading and writing by the
 * interface (decode.ts, encode.ts) use it alike.
 *
 * A reader never allocates by what a message claims: a size is held against the bytes that are left and against the limits first.
 */
import type { TProtocol } from 'thrift';
import type { ByteWriter } from './bytes.ts';

export const Type = {
  STOP: 0,
  BOOL: 2,
  BYTE: 3,
  DOUBLE: 4,
  I16: 6,
  I32: 8,
  I64: 10,
  STRING: 11,
  STRUCT: 12,
  MAP: 13,
  SET: 14,
  LIST: 15,
  UUID: 16,
} as const;

export const MessageType = { CALL: 1, REPLY: 2, EXCEPTION: 3, ONEWAY: 4 } as const;

/** Numbers of TApplicationException, as all Thrift libraries know them. */
export const ExceptionType = {
  UNKNOWN: 0,
  UNKNOWN_METHOD: 1,
  INVALID_MESSAGE_TYPE: 2,
  INTERNAL_ERROR: 6,
  PROTOCOL_ERROR: 7,
  INVALID_TRANSFORM: 8,
} as const;

/** Bounds of one message that is read. */
export interface ReadLimits {
  /** Bytes of one text or binary. */
  readonly stringBytes: number;
  /** Elements of one list, set or map. */
  readonly containerElements: number;
  /** Fields and elements of the whole message. */
  readonly messageElements: number;
  /** Structs and containers within each other, the arguments' own struct not counted. */
  readonly nesting: number;
  /** Bytes of a message in JSON. */
  readonly jsonBytes: number;
}

/** How a message is read. */
export interface Reading extends ReadLimits {
  /** 64-bit integers that no number holds exactly become the texts of their digits; else they are refused. */
  readonly digits?: boolean;
}

/** Thrown when bytes are no message of the protocol. What follows them cannot be understood either. */
export class Malformed extends Error {}

/** Thrown when a message is understood and cannot be taken. `place` is filled on the way out: where in the arguments it was found. */
export abstract class Untakable extends Error {
  place = '';
}

/** Thrown when a message asks for more than a limit lets through. */
export class BeyondLimit extends Untakable {
  readonly limit: keyof ReadLimits;

  constructor(limit: keyof ReadLimits, message: string) {
    super(message);
    this.limit = limit;
  }
}

/** Thrown when a value is none that the interface can take there. */
export class UnfitValue extends Untakable {}

/** Counts what a message holds while it is read. */
export class Budget {
  readonly #limits: ReadLimits;
  #elements = 0;
  // The struct of the arguments itself is free.
  #depth = -1;

  constructor(limits: ReadLimits) {
    this.#limits = limits;
  }

  field(): void {
    if (++this.#elements > this.#limits.messageElements) this.#tooMany();
  }

  enter(): void {
    if (++this.#depth > this.#limits.nesting)
      throw new BeyondLimit('nesting', `nested more than ${this.#limits.nesting} levels deep`);
  }

  leave(): void {
    this.#depth--;
  }

  /** @param least bytes that the smallest element takes. @param left bytes that the message still has */
  container(size: number, least: number, left: number): void {
    if (size < 0) throw new Malformed(`a container of ${size} elements`);
    if (size > this.#limits.containerElements)
      throw new BeyondLimit(
        'containerElements',
        `a container of ${size} elements; at most ${this.#limits.containerElements}`,
      );
    if (size * least > left) throw new Malformed(`a container of ${size} elements in ${left} bytes`);
    this.#elements += size;
    if (this.#elements > this.#limits.messageElements) this.#tooMany();
  }

  text(size: number, left: number): void {
    if (size < 0) throw new Malformed(`a text of ${size} bytes`);
    if (size > this.#limits.stringBytes)
      throw new BeyondLimit('stringBytes', `a text of ${size} bytes; at most ${this.#limits.stringBytes}`);
    if (size > left) throw new Malformed(`a text of ${size} bytes where ${left} are left`);
  }

  #tooMany(): never {
    throw new BeyondLimit(
      'messageElements',
      `more than ${this.#limits.messageElements} fields and elements in one message`,
    );
  }
}

export interface MessageHead {
  readonly fname: string;
  readonly mtype: number;
  readonly rseqid: number;
}

export interface FieldHead {
  ftype: number;
  fid: number;
}

export interface ListHead {
  etype: number;
  size: number;
}

export interface MapHead {
  ktype: number;
  vtype: number;
  size: number;
}

/**
 * A TProtocol whose numbers are numbers. What begin-functions return is one object that is filled anew each time: take what you
 * need of it before the next call.
 */
export interface WireProtocol {
  readonly name: ProtocolName;
  readonly output: ByteWriter;
  writeMessageBegin(name: string, type: number, seqid: number): void;
  writeMessageEnd(): void;
  writeStructBegin(name: string): void;
  writeStructEnd(): void;
  writeFieldBegin(name: string, type: number, id: number): void;
  writeFieldEnd(): void;
  writeFieldStop(): void;
  writeMapBegin(ktype: number, vtype: number, size: number): void;
  writeMapEnd(): void;
  writeListBegin(etype: number, size: number): void;
  writeListEnd(): void;
  writeSetBegin(etype: number, size: number): void;
  writeSetEnd(): void;
  writeBool(value: boolean): void;
  writeByte(value: number): void;
  writeI16(value: number): void;
  writeI32(value: number): void;
  /** @param value beyond what a number holds exactly, the text of its digits */
  writeI64(value: number | string): void;
  writeDouble(value: number): void;
  writeString(value: string | Uint8Array): void;
  writeBinary(value: string | Uint8Array): void;
  /** A whole struct that was written by this protocol before. */
  writeEncoded(struct: Uint8Array): void;
  readMessageBegin(): MessageHead;
  readMessageEnd(): void;
  readStructBegin(): void;
  readStructEnd(): void;
  readFieldBegin(): FieldHead;
  readFieldEnd(): void;
  readMapBegin(): MapHead;
  readMapEnd(): void;
  readListBegin(): ListHead;
  readListEnd(): void;
  readSetBegin(): ListHead;
  readSetEnd(): void;
  readBool(): boolean;
  readByte(): number;
  readI16(): number;
  readI32(): number;
  readI64(): number;
  readDouble(): number;
  readString(): string;
  readBinary(): Buffer;
  skip(type: number): void;
  /** Takes back what was written since the message's beginning. The generated clients call it when a call cannot be written. */
  reset(): void;
  flush(): void;
}

export type ProtocolName = 'binary' | 'compact' | 'json';

/** `input` may be left out where nothing is read, and `output` where nothing is written. */
export type ProtocolClass = new (output: ByteWriter, input?: Buffer, reading?: Reading) => WireProtocol;

/** Our protocols as the generated code's typings want them. */
export const generic = (protocol: WireProtocol): TProtocol => protocol as unknown as TProtocol;

/** Both ends' limits of a peer that is trusted: a client and its server. */
export const UNBOUNDED: Reading = {
  stringBytes: Number.POSITIVE_INFINITY,
  containerElements: Number.POSITIVE_INFINITY,
  messageElements: Number.POSITIVE_INFINITY,
  nesting: 256,
  jsonBytes: Number.POSITIVE_INFINITY,
};

/** Skips a value of any type, in any protocol. */
export function skipValue(input: WireProtocol, type: number): void {
  const skipper = SKIPPERS[type];
  if (!skipper) throw new Malformed(`a value of the type ${type}, which is none`);
  skipper(input);
}

const SKIPPERS: Readonly<Record<number, (input: WireProtocol) => void>> = {
  [Type.BOOL]: input => input.readBool(),
  [Type.BYTE]: input => input.readByte(),
  [Type.I16]: input => input.readI16(),
  [Type.I32]: input => input.readI32(),
  [Type.I64]: input => skipI64(input),
  [Type.DOUBLE]: input => input.readDouble(),
  [Type.STRING]: input => input.readBinary(),
  [Type.STRUCT]: skipStruct,
  [Type.MAP]: skipMap,
  [Type.SET]: skipList,
  [Type.LIST]: skipList,
};

/** The value of what nobody asked for may be anything. */
function skipI64(input: WireProtocol): void {
  try {
    input.readI64();
  } catch (error) {
    if (!(error instanceof UnfitValue)) throw error;
  }
}

function skipStruct(input: WireProtocol): void {
  input.readStructBegin();
  for (;;) {
    const { ftype } = input.readFieldBegin();
    if (ftype === Type.STOP) break;
    input.skip(ftype);
    input.readFieldEnd();
  }
  input.readStructEnd();
}

function skipMap(input: WireProtocol): void {
  const { ktype, vtype, size } = input.readMapBegin();
  for (let n = 0; n < size; n++) {
    input.skip(ktype);
    input.skip(vtype);
  }
  input.readMapEnd();
}

function skipList(input: WireProtocol): void {
  const { etype, size } = input.readListBegin();
  for (let n = 0; n < size; n++) input.skip(etype);
  input.readListEnd();
}
