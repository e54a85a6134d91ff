/**
 * Calls that wait for something to happen, as poll does. A wait holds nothing but its connection: no transaction, no place among the
 * calls that are worked on. It ends with its time, with its client and with the server.
 */
import type { Patience, Session } from '../services/call.ts';
import type { Metrics } from './metrics.ts';

export class Waits {
  readonly #metrics: Metrics;
  readonly #open = new Set<() => void>();
  #stopped = false;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  /** Ends all of them, and those that begin from now on. */
  stop(): void {
    this.#stopped = true;
    for (const end of this.#open) end();
  }

  /** @param rest runs when waiting begins, and `goOn` when it ends, as often as that is */
  begin(ms: number, session: Session, rest = () => {}, goOn = () => {}): Patience {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    let isOver = this.#stopped || ms <= 0;
    const end = () => {
      isOver = true;
      resolve();
    };
    const timer = setTimeout(end, ms);
    this.#open.add(end);
    const forget = session.onLeaving(end);
    const metrics = this.#metrics;
    return {
      get isOver() {
        return isOver;
      },
      async until(news) {
        if (isOver) return;
        metrics.waiting++;
        rest();
        try {
          await Promise.race([news, over]);
        } finally {
          goOn();
          metrics.waiting--;
        }
      },
      end: () => {
        clearTimeout(timer);
        this.#open.delete(end);
        forget();
      },
    };
  }
}
