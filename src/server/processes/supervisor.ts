/**
 * The first process of a server that has several: it listens on the ports, hands connections to its workers in turn (node:cluster),
 * and begins another worker in the place of one that ended. It serves nothing itself, and has no database open. Workers end when it
 * is gone, since their channel to it is.
 *
 * Until all workers were ready once, one that cannot start ends the whole: the settings are wrong then, or a port is taken. Later the
 * others go on serving, and it is tried again, with growing pauses.
 */
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { Logger } from '../../base/logger.ts';
import { type Counting, CountsRounds } from './counts-rounds.ts';
import type { FromWorker, Place, ToWorker } from './messages.ts';
import { type PenHolder, PenQueue } from './pen-queue.ts';
import { RestartPauses } from './restart-pauses.ts';

export class Supervisor {
  readonly #logger: Logger;
  readonly #workers = new Set<Worker>();
  readonly #pen = new PenQueue();
  readonly #counts = new CountsRounds();
  readonly #restarts = new Set<NodeJS.Timeout>();
  /** Where the server has said that it listens. */
  #place: Place | undefined;
  #stopping = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @returns where the server listens, once all workers do. @throws the first worker's reason why it cannot start; none is left then */
  async start(workers: number): Promise<Place> {
    try {
      const places = await Promise.all(Array.from({ length: workers }, () => this.#begin(new RestartPauses())));
      this.#place = places[0]!;
      return this.#place;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Every worker answers what it works on, and ends. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const restart of this.#restarts) clearTimeout(restart);
    await Promise.all(
      [...this.#workers].map(worker => {
        const ended = once(worker, 'exit');
        tell(worker, { kind: 'stop' });
        return ended;
      }),
    );
  }

  /** @returns where it listens, once it does */
  #begin(pauses: RestartPauses): Promise<Place> {
    const { promise, resolve, reject } = Promise.withResolvers<Place>();
    const begunAt = performance.now();
    const worker = cluster.fork();
    const reached = reachable(worker);
    this.#workers.add(worker);
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') {
        this.#counts.join(reached);
        this.#logger.info({ worker: worker.id, pid: worker.process.pid }, 'a worker is ready');
        resolve(message.place);
      } else if (message.kind === 'failed') {
        if (this.#place) this.#logger.error({ worker: worker.id, reason: message.message }, 'a worker failed');
        reject(new Error(message.message));
      } else this.#serve(reached, message);
    });
    const ended = (exitCode: number | null, signal: string | null) => {
      this.#workers.delete(worker);
      this.#pen.leave(reached);
      this.#counts.leave(reached);
      // Changes nothing where it was ready before, or has told why it is not.
      reject(new Error(`worker ${worker.id} ended before it was ready (${signal ?? `exit code ${exitCode}`})`));
      if (this.#stopping || !this.#place) return;
      const pauseMs = pauses.after(performance.now() - begunAt);
      this.#logger.error({ worker: worker.id, exitCode, signal, pauseMs }, 'a worker ended; another takes its place');
      this.#replaceAfter(pauseMs, pauses);
    };
    worker.once('exit', ended);
    worker.on('error', error => {
      this.#logger.error({ worker: worker.id, err: error }, 'a worker cannot be begun or reached');
      // One that never was has no exit: the machine has no process left, for one.
      if (worker.process.pid === undefined) ended(null, null);
    });
    return promise;
  }

  /** What workers want of each other. */
  #serve(worker: Reached, message: Exclude<FromWorker, { kind: 'ready' | 'failed' }>): void {
    if (message.kind === 'pen-ask') this.#pen.ask(worker);
    else if (message.kind === 'pen-back') this.#pen.giveBack(worker);
    else if (message.kind === 'counts-ask') this.#counts.ask(worker, message.id);
    else this.#counts.told(worker, message.round, message.counts);
  }

  #replaceAfter(pauseMs: number, pauses: RestartPauses): void {
    const restart = setTimeout(() => {
      this.#restarts.delete(restart);
      // Why it failed is in the log, and its exit has planned the next one.
      this.#begin(pauses).then(
        place => this.#isBack(place),
        () => {},
      );
    }, pauseMs);
    this.#restarts.add(restart);
  }

  /** The ports are open as long as one worker is there. One that was any free port is not found again when all were gone at once. */
  #isBack({ port, httpPort }: Place): void {
    if (port === this.#place?.port && httpPort === this.#place.httpPort) return;
    this.#logger.error(
      { port, httpPort },
      'all workers ended at once, and with them the free port that was told; the server ends',
    );
    process.exitCode = 1;
    void this.stop();
  }
}

type Reached = PenHolder & Counting;

const reachable = (worker: Worker): Reached => ({
  granted: wanted => tell(worker, { kind: 'pen-granted', wanted }),
  wanted: () => tell(worker, { kind: 'pen-wanted' }),
  askCounts: round => tell(worker, { kind: 'counts-ask', round }),
  tellCounts: (id, counts) => tell(worker, { kind: 'counts', id, counts }),
});

/** A worker that is gone hears nothing; its exit says the rest. */
const tell = (worker: Worker, message: ToWorker): void => void (worker.isConnected() && worker.send(message, () => {}));
