/**
 * Deletes what is older than it is kept: events, a few at a time, so that nobody waits long for it, and calls of webhooks that were
 * given up.
 */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { KEPT_MS } from '../domain/cursors.ts';
import type { Store } from '../store/database.ts';

const LOOK_EVERY_MS = 10 * 60 * 1000;
const AT_ONCE = 500;
/** An event may show so long after its time: what a cursor of seven days ago has not seen is kept. */
const LATE_MS = 60 * 60 * 1000;
/** Somebody is to see what its webhook was not told. */
const GIVEN_UP_KEPT_MS = 30 * 24 * 60 * 60 * 1000;

export class Pruner {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  #working: Promise<void> | undefined;
  #stopped = false;

  constructor(store: Store, clock: Clock, logger: Logger) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
    this.#timer = setInterval(() => void this.prune(), LOOK_EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped = true;
    await this.#working;
  }

  /** Resolves when everything is gone that is old enough now. */
  prune(): Promise<void> {
    this.#working ??= this.#pruneAll().finally(() => {
      this.#working = undefined;
    });
    return this.#working;
  }

  async #pruneAll(): Promise<void> {
    const now = this.#clock.now();
    const before = now - KEPT_MS - LATE_MS;
    try {
      await this.#store.transact(tx => tx.webhooks.forgetGivenUp(now - GIVEN_UP_KEPT_MS));
      for (const teamId of await this.#store.read(reader => reader.events.teamsWithOlder(before)))
        await this.#pruneTeam(teamId, before);
    } catch (error) {
      if (!this.#stopped) this.#logger.error({ err: error }, 'what is old could not be deleted; it waits');
    }
  }

  async #pruneTeam(teamId: string, before: number): Promise<void> {
    let gone = AT_ONCE;
    while (gone === AT_ONCE && !this.#stopped)
      gone = await this.#store.transact(tx => tx.events.deleteOldest(teamId, before, AT_ONCE));
  }
}
