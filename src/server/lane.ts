/**
 * Takes runs of some kinds that are due and has them worked on, so many at a time: at once when this process has queued one, and
 * whatever is due once a second, so that a run outlives the process that queued it.
 *
 * A run that is taken is nobody else's for a minute, and for a minute more as long as this process is at it: of several processes one
 * works on it, and when that one is gone another takes it.
 */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Store } from '../store/database.ts';
import type { RunRow } from '../store/runs.ts';

const LOOK_EVERY_MS = 1_000;
const TAKEN_FOR_MS = 60_000;
const KEEP_EVERY_MS = 20_000;

export interface LaneSettings {
  readonly kinds: readonly string[];
  readonly atOnce: number;
  /** Works on a run until it has an outcome, or is to be done later. */
  readonly work: (run: RunRow) => Promise<void>;
}

export class Lane {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #settings: LaneSettings;
  readonly #timers: readonly NodeJS.Timeout[];
  /** As they were taken, and kept since. */
  readonly #underWay = new Map<string, RunRow>();
  readonly #ends = new Set<Promise<void>>();
  #looking: Promise<void> | undefined;
  #again = false;
  #stopping = false;

  constructor(store: Store, clock: Clock, logger: Logger, settings: LaneSettings) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
    this.#settings = settings;
    this.#timers = [
      setInterval(() => this.look(), LOOK_EVERY_MS).unref(),
      setInterval(() => void this.#keep(), KEEP_EVERY_MS).unref(),
    ];
  }

  /** Takes no more, and waits for what is under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#looking;
    await Promise.all(this.#ends);
  }

  look(): void {
    if (this.#stopping) return;
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#again = false;
    this.#looking = this.#take().finally(() => {
      this.#looking = undefined;
      if (this.#again) this.look();
    });
  }

  async #take(): Promise<void> {
    const { kinds, atOnce } = this.#settings;
    const free = atOnce - this.#underWay.size;
    if (free <= 0) return;
    try {
      const now = this.#clock.now();
      if (!(await this.#store.read(reader => reader.runs.isDue(kinds, now)))) return;
      const taken = await this.#store.transact(tx => tx.runs.take(kinds, now, now + TAKEN_FOR_MS, free));
      for (const run of taken) this.#begin(run);
      // A full hand: there may be more.
      if (taken.length === free) this.#again = true;
    } catch (error) {
      if (!this.#stopping) this.#logger.error({ err: error }, 'runs of steps could not be taken; they wait');
    }
  }

  #begin(run: RunRow): void {
    const key = JSON.stringify([run.team_id, run.job_id, run.step_id, run.run]);
    const isUnderWay = this.#underWay.has(key);
    this.#underWay.set(key, run);
    if (isUnderWay) return;
    const end: Promise<void> = this.#settings
      .work(run)
      .catch(error => this.#logger.error({ err: error, jobId: run.job_id, stepId: run.step_id }, 'a run waits'))
      .finally(() => {
        this.#underWay.delete(key);
        this.#ends.delete(end);
        this.look();
      });
    this.#ends.add(end);
  }

  async #keep(): Promise<void> {
    if (this.#underWay.size === 0) return;
    const until = this.#clock.now() + TAKEN_FOR_MS;
    try {
      await this.#store.transact(async tx => {
        for (const [key, run] of [...this.#underWay])
          if (await tx.runs.keepTaken(run, until)) this.#underWay.set(key, { ...run, next_at: until });
      });
    } catch (error) {
      this.#logger.error({ err: error }, 'runs under way could not be kept; others may take them');
    }
  }
}
