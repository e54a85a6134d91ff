/** Framed messages as bytes: just enough of both protocols to tell a reply from an exception and to find the sequence number. */

export type ProtocolName = 'binary' | 'compact';

export const FRAME_BYTES = 4;
export const REPLY = 2;

const COMPACT = 0x82;

/** What the first bytes of a framed message say. */
export interface Head {
  readonly protocol: ProtocolName;
  /** Thrift's message type: 1 a call, 2 a reply, 3 an exception. */
  readonly type: number;
  /** Where the sequence number lies in the frame, its length bytes included. */
  readonly seqidAt: number;
  readonly seqidBytes: number;
}

/**
 * @param at where in the bytes the frame begins, with its length bytes; the result counts from there. Compact sequence numbers are
 * expected to be below 128, which is one byte.
 */
export function headOf(bytes: Buffer, at = 0): Head {
  const start = at + FRAME_BYTES;
  if (bytes[start] === COMPACT) {
    return { protocol: 'compact', type: bytes[start + 1]! >> 5, seqidAt: FRAME_BYTES + 2, seqidBytes: 1 };
  }
  const nameBytes = bytes.readInt32BE(start + 4);
  return { protocol: 'binary', type: bytes[start + 3]!, seqidAt: FRAME_BYTES + 8 + nameBytes, seqidBytes: 4 };
}

/** Length of the frame that begins here, without its length bytes. */
export const lengthAt = (bytes: Buffer, at: number): number =>
  (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
