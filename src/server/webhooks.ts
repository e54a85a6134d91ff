/**
 * Sends the calls of webhooks: at once when this process has queued one, and whatever is due once a second, so that a call outlives
 * the process that queued it. Nobody waits for it.
 */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { isDue, noteFailure, type SignedCall, takeDue } from '../engine/webhooks.ts';
import type { Store } from '../store/database.ts';
import type { OutboundCaller } from './outbound/caller.ts';
import { ANSWER_WITHIN_MS, post } from './posting.ts';

const LOOK_EVERY_MS = 1000;
/** Longer than an answer may take: then whoever took it is gone. */
const TAKEN_FOR_MS = 60_000;
const AT_ONCE = 20;

export class WebhookSender {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #caller: OutboundCaller;
  readonly #ending = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #forget: () => void;
  /** Taking what is due; and the calls that are on their way. */
  #taking: Promise<void> = Promise.resolve();
  readonly #onTheirWay = new Set<Promise<void>>();
  #busy = false;
  #again = false;

  constructor(store: Store, clock: Clock, logger: Logger, caller: OutboundCaller) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
    this.#caller = caller;
    this.#forget = store.onQueued(() => this.#look());
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  /** Ends what is on its way: it is sent again by whoever looks next. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#forget();
    this.#again = false;
    this.#ending.abort();
    await this.#taking;
    await Promise.all(this.#onTheirWay);
  }

  #look(): void {
    if (this.#ending.signal.aborted) return;
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    this.#taking = this.#logged(this.#takeDue()).finally(() => {
      this.#busy = false;
      if (!this.#again) return;
      this.#again = false;
      this.#look();
    });
  }

  /** Sends as many as may be on their way at once. None waits for another: one that hangs takes a place, and no more. */
  async #takeDue(): Promise<void> {
    const free = AT_ONCE - this.#onTheirWay.size;
    if (free === 0 || !(await this.#store.read(reader => isDue(reader, this.#clock.now())))) return;
    const calls = await this.#store.transact(tx => takeDue(tx, this.#clock.now(), TAKEN_FOR_MS, free));
    for (const call of calls) {
      const sent = this.#logged(this.#send(call)).finally(() => {
        this.#onTheirWay.delete(sent);
        this.#look();
      });
      this.#onTheirWay.add(sent);
    }
  }

  async #logged(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!this.#ending.signal.aborted) this.#logger.error({ err: error }, 'webhooks could not be sent; they wait');
    }
  }

  async #send(call: SignedCall): Promise<void> {
    // This process was stopped meanwhile: somebody else may have sent it.
    if (this.#clock.now() + ANSWER_WITHIN_MS > call.takenUntil) return;
    const { delivery, url, signature } = call;
    const posted = { url, delivery: delivery.delivery_id, signature, body: delivery.body };
    const failure = await post(posted, this.#ending.signal, this.#caller);
    if (this.#ending.signal.aborted && failure !== undefined) return;
    await this.#store.transact(tx =>
      failure === undefined ? tx.webhooks.delivered(delivery) : noteFailure(tx, delivery, failure, this.#clock.now()),
    );
  }
}
