/** The time. Everything that asks for it asks a Clock, so that tests can turn the hands. */

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** The template side of the interface counts in Unix seconds; rows and the jobs side in epoch milliseconds. */
export const toSeconds = (millis: number): number => Math.floor(millis / 1000);
