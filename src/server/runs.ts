/** Works on the actions of steps after the commit that started them. Nobody waits for it: what it comes to is written when it is there. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';
import { Busy, DomainError, OutcomeUnknown } from '../base/errors.ts';
import type { Ids } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import { failed, isReply, type Verdict } from '../domain/calling-out/call-out.ts';
import { type Act, systemAct } from '../engine/act.ts';
import { settle } from '../engine/actions/at-work.ts';
import { callingKinds, nextCall } from '../engine/actions/calling.ts';
import { ownDeeds } from '../engine/actions/own-deeds.ts';
import type { Store } from '../store/database.ts';
import type { RunRow } from '../store/runs.ts';
import { Lane } from './lane.ts';
import type { OutboundCaller } from './outbound/caller.ts';

/** Requests that wait for others, and work in our own database, which does not wait behind them. */
const CALLS_AT_ONCE = 50;
const DEEDS_AT_ONCE = 4;
const RECORD_AGAIN_MS = 1_000;
const LONGEST_MESSAGE = 2_000;

export class RunWorker {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #logger: Logger;
  readonly #caller: OutboundCaller;
  readonly #ending = new AbortController();
  readonly #lanes: readonly Lane[];
  readonly #forget: () => void;

  constructor(store: Store, clock: Clock, ids: Ids, logger: Logger, caller: OutboundCaller) {
    this.#store = store;
    this.#clock = clock;
    this.#ids = ids;
    this.#logger = logger;
    this.#caller = caller;
    const lane = (kinds: readonly string[], atOnce: number, work: (run: RunRow) => Promise<void>) =>
      new Lane(store, clock, logger, { kinds, atOnce, work: run => this.#worked(run, work) });
    this.#lanes = [
      lane(callingKinds, CALLS_AT_ONCE, run => this.#call(run)),
      lane(Object.keys(ownDeeds), DEEDS_AT_ONCE, run => this.#do(run)),
    ];
    this.#forget = store.onQueued(() => {
      for (const lane of this.#lanes) lane.look();
    });
  }

  /** Ends the requests on their way: they are sent again by whoever looks next. */
  async stop(): Promise<void> {
    this.#forget();
    this.#ending.abort();
    await Promise.all(this.#lanes.map(lane => lane.stop()));
  }

  get #act(): Act {
    return systemAct(this.#clock.now(), this.#ids);
  }

  /** What is refused has failed; so has what nobody foresaw, but the log tells more of it. */
  async #worked(run: RunRow, work: (run: RunRow) => Promise<void>): Promise<void> {
    try {
      await work(run);
    } catch (error) {
      if (isOfTheDatabase(error)) throw error;
      const isRefused = error instanceof DomainError;
      if (!isRefused)
        this.#logger.error({ err: error, jobId: run.job_id, stepId: run.step_id }, 'the run of a step failed');
      const message = isRefused ? error.message.slice(0, LONGEST_MESSAGE) : 'the server failed at it; its log has more';
      await this.#settle(run, failed(message));
    }
  }

  #do(run: RunRow): Promise<void> {
    return this.#store.transact(tx => ownDeeds[run.kind]!(tx, this.#act, run));
  }

  async #call(run: RunRow): Promise<void> {
    const next = await this.#store.read(reader => nextCall(reader, this.#act, run));
    if (!next) return this.#store.transact(tx => tx.runs.remove(run));
    if ('kind' in next) return this.#settle(run, next);
    const answer = await this.#caller.call(next.sent, { 'X-Jobwright-Run': nameOf(run) }, this.#ending.signal);
    if (this.#ending.signal.aborted && !isReply(answer)) return this.#giveBack(run);
    return this.#record(run, next.verdict(answer, this.#clock.now()));
  }

  /** However long the database is away: what was answered is not asked for again. */
  async #record(run: RunRow, verdict: Verdict): Promise<void> {
    for (;;) {
      try {
        return await this.#settle(run, verdict);
      } catch (error) {
        if (!isOfTheDatabase(error) || this.#ending.signal.aborted) throw error;
        await pause(RECORD_AGAIN_MS, undefined, { signal: this.#ending.signal, ref: false }).catch(() => {});
      }
    }
  }

  #settle(run: RunRow, verdict: Verdict): Promise<void> {
    return this.#store.transact(tx => settle(tx, this.#act, run, verdict));
  }

  /** As if it had not been taken. */
  #giveBack(run: RunRow): Promise<void> {
    const change = { next_at: this.#clock.now(), attempts: run.attempts - 1 };
    return this.#store.transact(tx => tx.runs.change(run, change));
  }
}

/** Nothing is wrong with what was to be done. */
const isOfTheDatabase = (error: unknown): boolean => error instanceof Busy || error instanceof OutcomeUnknown;

/** For whoever is called: every attempt of one run has the same name. */
const nameOf = ({ job_id, step_id, run }: RunRow): string =>
  `${encodeURIComponent(job_id)}/${encodeURIComponent(step_id)}/${run}`;
