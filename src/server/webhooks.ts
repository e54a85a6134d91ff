/**
 * Sends the calls of webhooks: at once when this process has queued one, and whatever is due once a second, so that a call outlives
 * the process that queued it. Nobody waits for it.
 */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { isDue, noteFailure, type SignedCall, takeDue } from '../engine/webhooks.ts';
import type { Store } from '../store/database.ts';

const LOOK_EVERY_MS = 1000;
const ANSWER_WITHIN_MS = 10_000;
/** Longer than an answer may take: then whoever took it is gone. */
const TAKEN_FOR_MS = 60_000;
const AT_ONCE = 20;
const LONGEST_FAILURE = 200;

export class WebhookSender {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #ending = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #forget: () => void;
  #working: Promise<void> = Promise.resolve();
  #busy = false;
  #again = false;

  constructor(store: Store, clock: Clock, logger: Logger) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
    this.#forget = store.onQueued(() => this.#look());
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  /** Ends what is on its way: it is sent again by whoever looks next. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#forget();
    this.#again = false;
    this.#ending.abort();
    await this.#working;
  }

  #look(): void {
    if (this.#ending.signal.aborted) return;
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    this.#working = this.#sendAll().finally(() => {
      this.#busy = false;
      if (!this.#again) return;
      this.#again = false;
      this.#look();
    });
  }

  async #sendAll(): Promise<void> {
    try {
      if (!(await this.#store.read(reader => isDue(reader, this.#clock.now())))) return;
      const calls = await this.#store.transact(tx => takeDue(tx, this.#clock.now(), TAKEN_FOR_MS, AT_ONCE));
      await Promise.all(calls.map(call => this.#send(call)));
      // A full hand: there may be more.
      if (calls.length === AT_ONCE) this.#again = true;
    } catch (error) {
      if (!this.#ending.signal.aborted) this.#logger.error({ err: error }, 'webhooks could not be sent; they wait');
    }
  }

  async #send(call: SignedCall): Promise<void> {
    const failure = await this.#failureOf(call);
    if (this.#ending.signal.aborted && failure !== undefined) return;
    await this.#store.transact(tx =>
      failure === undefined
        ? tx.webhooks.delivered(call.delivery)
        : noteFailure(tx, call.delivery, failure.slice(0, LONGEST_FAILURE), this.#clock.now()),
    );
  }

  /** @returns undefined when it was answered with 2xx */
  async #failureOf({ delivery, url, signature }: SignedCall): Promise<string | undefined> {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          'User-Agent': 'Jobwright',
          'X-Jobwright-Delivery': delivery.delivery_id,
          'X-Jobwright-Signature': signature,
        },
        body: delivery.body,
        redirect: 'manual',
        signal: AbortSignal.any([this.#ending.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
      });
      // What it says does not matter, and may be without end.
      await response.body?.cancel();
      return response.ok ? undefined : `answered with ${response.status}`;
    } catch (error) {
      return String((error as Error).cause ?? error);
    }
  }
}
