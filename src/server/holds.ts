/**
 * Releases holds on time: looks once a second for the next one that is due, and is there at its time; so a hold is released though
 * the process that took it down is gone. Of several processes each looks, and one gets it.
 */
import type { Clock } from '../base/clock.ts';
import type { Ids } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import { systemAct } from '../engine/act.ts';
import { nextRelease, releaseDue } from '../engine/holds.ts';
import type { Store } from '../store/database.ts';

const LOOK_EVERY_MS = 1000;
const AT_ONCE = 500;

export class HoldReleaser {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  readonly #forget: () => void;
  #onTime: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();
  #busy = false;
  #again = false;
  #ended = false;

  constructor(store: Store, clock: Clock, ids: Ids, logger: Logger) {
    this.#store = store;
    this.#clock = clock;
    this.#ids = ids;
    this.#logger = logger;
    this.#forget = store.onQueued(() => this.#look());
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  /** Waits for what it is at; the rest is released by whoever looks next. */
  async stop(): Promise<void> {
    this.#ended = true;
    clearInterval(this.#timer);
    clearTimeout(this.#onTime);
    this.#forget();
    await this.#working;
  }

  #look(): void {
    if (this.#ended) return;
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    this.#working = this.#releaseAll().finally(() => {
      this.#busy = false;
      if (!this.#again) return;
      this.#again = false;
      this.#look();
    });
  }

  async #releaseAll(): Promise<void> {
    try {
      const next = await this.#store.read(nextRelease);
      if (next === undefined) return;
      const wait = next - this.#clock.now();
      if (wait > 0) {
        this.#comeBackIn(wait);
        return;
      }
      const { due } = await this.#store.transact(tx =>
        releaseDue(tx, systemAct(this.#clock.now(), this.#ids), AT_ONCE),
      );
      // What is due next is not known before it is asked.
      if (due > 0) this.#again = true;
    } catch (error) {
      if (!this.#ended) this.#logger.error({ err: error }, 'holds could not be released; they wait');
    }
  }

  /** Only when it is due before the next look. */
  #comeBackIn(millis: number): void {
    clearTimeout(this.#onTime);
    if (millis < LOOK_EVERY_MS && !this.#ended) this.#onTime = setTimeout(() => this.#look(), millis).unref();
  }
}
