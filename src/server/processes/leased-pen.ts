/**
 * The pen (store/pen.ts) of a worker, who has it on loan from the first process. While nobody else writes it stays here from batch to
 * batch, at the cost of no message. When somebody waits it goes back after the batch that is under way; the next one asks anew, and
 * stands behind those who wait.
 *
 *   away     nobody here has asked
 *   asked    the first process knows
 *   here     with or without a batch under way
 */
import type { Pen } from '../../store/pen.ts';

/**
 * Who has waited so long goes on without: SQLite's lock keeps it safe. It may be that somebody's process hangs while it has the pen,
 * and nobody shall hang with it.
 */
export const LONGEST_WAIT_MS = 2000;

/** The first process, as the pen's borrower reaches it. */
export interface PenGiver {
  ask(): void;
  giveBack(): void;
}

export class LeasedPen implements Pen {
  readonly #giver: PenGiver;
  readonly #longestWaitMs: number;
  #place: 'away' | 'asked' | 'here' = 'away';
  #inUse = false;
  #wanted = false;
  #arrived: (() => void) | undefined;

  constructor(giver: PenGiver, longestWaitMs = LONGEST_WAIT_MS) {
    this.#giver = giver;
    this.#longestWaitMs = longestWaitMs;
  }

  async take(): Promise<void> {
    if (this.#place === 'away') {
      this.#place = 'asked';
      this.#giver.ask();
    }
    if (this.#place === 'asked') await this.#arrival();
    this.#inUse = true;
  }

  give(): void {
    this.#inUse = false;
    if (this.#wanted) this.#giveBack();
  }

  /** It is this worker's turn. */
  granted(wanted: boolean): void {
    this.#place = 'here';
    this.#wanted = wanted;
    if (this.#arrived) this.#arrived();
    // Who had asked went on without it.
    else if (wanted && !this.#inUse) this.#giveBack();
  }

  /** Somebody waits for it. */
  wanted(): void {
    this.#wanted = true;
    if (!this.#inUse) this.#giveBack();
  }

  #giveBack(): void {
    this.#wanted = false;
    this.#place = 'away';
    this.#giver.giveBack();
  }

  async #arrival(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#arrived = resolve;
    const late = setTimeout(resolve, this.#longestWaitMs);
    await promise;
    clearTimeout(late);
    this.#arrived = undefined;
  }
}
