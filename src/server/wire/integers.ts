/**
 * 64-bit integers. Numbers hold those up to ±(2^53 - 1) exactly; beyond, the text of the digits stands for one where it goes out, and
 * where a client reads it. What comes in from a client is refused there.
 */
import { type Reading, UnfitValue } from './protocol.ts';

/** @param digits of the number, where they may stand for it */
export const exact = (whole: number, digits?: () => string): number => {
  if (Number.isSafeInteger(whole)) return whole;
  if (digits) return digits() as unknown as number;
  throw new UnfitValue(`a 64-bit integer lies beyond ±${Number.MAX_SAFE_INTEGER}, the largest that is taken exactly`);
};

/** A 64-bit integer of its two halves. */
export const joined = (high: number, low: number, reading: Reading): number =>
  exact(
    high * 2 ** 32 + (low >>> 0),
    reading.digits ? () => String((BigInt(high) << 32n) | BigInt(low >>> 0)) : undefined,
  );

/** A whole number, or the text of its digits, as two halves of 32 bits. */
export function halves(value: number | string): { high: number; low: number } {
  if (typeof value === 'string') {
    const whole = BigInt(value);
    return { high: Number(BigInt.asIntN(32, whole >> 32n)), low: Number(BigInt.asIntN(32, whole)) };
  }
  // Numbers beyond 2^53 are whole too: what a number can hold is written exactly.
  const high = Math.floor(value / 2 ** 32);
  return { high: high | 0, low: (value - high * 2 ** 32) | 0 };
}
