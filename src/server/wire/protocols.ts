/** The protocols by name, and which one a message is in by its first byte. */
import { BinaryProtocol } from './binary.ts';
import { CompactProtocol } from './compact.ts';
import { JsonProtocol } from './json.ts';
import type { ProtocolClass, ProtocolName } from './protocol.ts';

export const protocols: Readonly<Record<ProtocolName, ProtocolClass>> = {
  binary: BinaryProtocol,
  compact: CompactProtocol,
  json: JsonProtocol,
};

/** 0: old binary messages begin with the length of the method's name, which is short. */
const byFirstByte: Readonly<Record<number, ProtocolName>> = { 128: 'binary', 0: 'binary', 130: 'compact', 91: 'json' };

/** @returns undefined when the first byte of a message is that of no protocol */
export const protocolOf = (message: Buffer): ProtocolName | undefined => byFirstByte[firstByte(message)];

/** Texts may begin with white space. */
function firstByte(message: Buffer): number {
  let at = 0;
  while (at < 16 && (message[at] === 0x20 || message[at] === 0x0a || message[at] === 0x0d || message[at] === 0x09))
    at++;
  return message[at] ?? -1;
}
