/** The first process as a worker knows it: what the worker tells it, and what it asks of the worker (supervisor.ts). */
import cluster from 'node:cluster';
import type { Pen } from '../../store/pen.ts';
import { LeasedPen } from './leased-pen.ts';
import type { FromWorker, Place, ToWorker } from './messages.ts';

export class FirstProcess {
  /** Each worker that was ever begun has a number of its own. */
  readonly workerId: number;
  /** Resolves when the worker shall end: the first process says so, or a signal. */
  readonly stopAsked: Promise<void>;
  readonly #pen = new LeasedPen({
    ask: () => void this.#tell({ kind: 'pen-ask' }),
    giveBack: () => void this.#tell({ kind: 'pen-back' }),
  });

  constructor() {
    this.workerId = cluster.worker!.id;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.stopAsked = promise;
    // Supervisors and terminals send signals to all processes at once.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
    process.on('message', (message: ToWorker) => {
      if (message.kind === 'stop') resolve();
      if (message.kind === 'pen-granted') this.#pen.granted(message.wanted);
      if (message.kind === 'pen-wanted') this.#pen.wanted();
    });
  }

  /** Among the workers of this server. */
  get pen(): Pen {
    return this.#pen;
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

  /** Resolves when the message has left. When the channel is gone, so is the worker: node:cluster ends it. */
  #tell(message: FromWorker): Promise<void> {
    return new Promise(resolve => process.send!(message, undefined, undefined, () => resolve()));
  }
}
