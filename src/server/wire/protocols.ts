/**
 * Thrift's protocols as both ends of our wire use them: 64-bit integers are numbers, and the first byte of a message tells which
 * protocol it is in.
 */
import thrift, { type TProtocol, type TTransport } from 'thrift';

/** Thrown when a 64-bit integer is too large for a number to hold exactly. */
export class IntegerTooLarge extends Error {
  constructor() {
    super(`a 64-bit integer lies beyond ±${Number.MAX_SAFE_INTEGER}, the largest that is taken exactly`);
  }
}

function exact(value: unknown): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new IntegerTooLarge();
  return number;
}

export class BinaryProtocol extends thrift.TBinaryProtocol {
  override readI64(): never {
    return exact(super.readI64()) as never;
  }
}

export class CompactProtocol extends thrift.TCompactProtocol {
  override readI64(): never {
    return exact(super.readI64()) as never;
  }
}

export type ProtocolClass = new (transport: TTransport) => TProtocol;

const COMPACT = 0x82;
const BINARY_STRICT = 0x80;

/** @returns undefined when the first byte of a message is that of neither protocol */
export function protocolOf(message: Buffer): ProtocolClass | undefined {
  const first = message[0];
  if (first === COMPACT) return CompactProtocol as unknown as ProtocolClass;
  if (first === BINARY_STRICT) return BinaryProtocol as unknown as ProtocolClass;
  // Old binary messages begin with the length of the method's name, which is short.
  return first === 0 ? (BinaryProtocol as unknown as ProtocolClass) : undefined;
}
