/** The process that pings the server beside whatever else is done to it (watcher.ts), as tests use it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Watched } from './watcher.ts';

const WATCHER = new URL('./watcher.ts', import.meta.url).pathname;

export class Watch {
  readonly #process: ChildProcess;
  readonly #said: AsyncIterator<string>;

  private constructor(port: number) {
    this.#process = spawn(process.execPath, [WATCHER, String(port)], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#said = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]();
  }

  /** Resolves when it pings. */
  static async start(port: number): Promise<Watch> {
    const watch = new Watch(port);
    await watch.#next();
    return watch;
  }

  /** What it sees while something happens. */
  async during(act: () => Promise<unknown>): Promise<Watched> {
    await this.#asked();
    await act();
    return this.#asked();
  }

  async stop(): Promise<void> {
    const closed = once(this.#process, 'close');
    this.#process.stdin!.end();
    await closed;
  }

  #asked(): Promise<Watched> {
    this.#process.stdin!.write('\n');
    return this.#next();
  }

  async #next(): Promise<Watched> {
    const { value, done } = await this.#said.next();
    if (done) throw new Error('the watcher ended');
    return JSON.parse(value);
  }
}
