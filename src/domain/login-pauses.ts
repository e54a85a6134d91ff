/**
 * How long logins must pause that failed again and again: per account and address together, per address, and per account. The first
 * failures are free, since people mistype; then each doubles the pause. Who guesses from one address is held up for long; a whole
 * site behind one address has more free failures; and an account that others guess at from everywhere never pauses for more than a
 * minute, so that nobody can lock its owner out.
 */

export interface PauseRule {
  /** Failures in a row without a pause. */
  readonly free: number;
  readonly longestMs: number;
}

const MINUTE_MS = 60_000;

export const pauseRules = {
  both: { free: 5, longestMs: 15 * MINUTE_MS },
  address: { free: 50, longestMs: 15 * MINUTE_MS },
  account: { free: 50, longestMs: MINUTE_MS },
} as const satisfies Record<string, PauseRule>;

export type PauseScope = keyof typeof pauseRules;

/** Without a failure for so long, counting begins anew. */
export const FORGOTTEN_AFTER_MS = 24 * 60 * MINUTE_MS;

/** From a failure on, in milliseconds: 1 s for the first that is not free, twice as long for each that follows. */
export const pauseAfter = (failures: number, { free, longestMs }: PauseRule): number =>
  failures < free ? 0 : Math.min(longestMs, 1000 * 2 ** (failures - free));
