/** The first process as a worker knows it: what the worker tells it and asks it for, and what it asks of the worker (supervisor.ts). */
import cluster from 'node:cluster';
import type { Pen } from '../../store/pen.ts';
import type { OtherProcesses } from '../metrics.ts';
import { LeasedPen } from './leased-pen.ts';
import type { FromWorker, Place, ToWorker } from './messages.ts';

const LONGEST_COUNTING_MS = 5000;

export class FirstProcess {
  /** Each worker that was ever begun has a number of its own. */
  readonly workerId: number;
  /** Resolves when the worker shall end: the first process says so, or a signal. */
  readonly stopAsked: Promise<void>;
  readonly #stop: () => void;
  readonly #pen = new LeasedPen({
    ask: () => void this.#tell({ kind: 'pen-ask' }),
    giveBack: () => void this.#tell({ kind: 'pen-back' }),
  });
  readonly #questions = new Map<number, (counts: readonly object[][]) => void>();
  #lastQuestion = 0;
  #ownCounts: () => Promise<object[]> = async () => [];

  constructor() {
    this.workerId = cluster.worker!.id;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.stopAsked = promise;
    this.#stop = resolve;
    // Supervisors and terminals send signals to all processes at once.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
    process.on('message', (message: ToWorker) => void this.#hear(message));
  }

  /** Among the workers of this server. */
  get pen(): Pen {
    return this.#pen;
  }

  get otherProcesses(): OtherProcesses {
    return {
      counts: () => this.#countsOfOthers(),
      onCountsAsked: tell => {
        this.#ownCounts = tell;
      },
    };
  }

  ready(place: Place): Promise<void> {
    return this.#tell({ kind: 'ready', place });
  }

  failed(message: string): Promise<void> {
    return this.#tell({ kind: 'failed', message });
  }

  /** Without the channel nothing keeps the worker's process any more. */
  leave(): void {
    cluster.worker!.disconnect();
  }

  async #hear(message: ToWorker): Promise<void> {
    switch (message.kind) {
      case 'stop':
        return this.#stop();
      case 'pen-granted':
        return this.#pen.granted(message.wanted);
      case 'pen-wanted':
        return this.#pen.wanted();
      case 'counts-ask':
        return this.#tell({ kind: 'counts', round: message.round, counts: await this.#ownCounts() });
      case 'counts':
        return this.#questions.get(message.id)?.(message.counts);
    }
  }

  async #countsOfOthers(): Promise<readonly object[][]> {
    const id = ++this.#lastQuestion;
    const { promise, resolve, reject } = Promise.withResolvers<readonly object[][]>();
    const late = () =>
      reject(new Error(`another worker has not told in ${LONGEST_COUNTING_MS / 1000} s what it has counted`));
    const timer = setTimeout(late, LONGEST_COUNTING_MS);
    this.#questions.set(id, resolve);
    try {
      void this.#tell({ kind: 'counts-ask', id });
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#questions.delete(id);
    }
  }

  /** Resolves when the message has left. When the channel is gone, so is the worker: node:cluster ends it. */
  #tell(message: FromWorker): Promise<void> {
    return new Promise(resolve => process.send!(message, undefined, undefined, () => resolve()));
  }
}
