/** A server in a process of its own with a database of its own, watched from outside: what it logs, its memory, its descriptors. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Address } from './connection.ts';
import type { Credentials } from './world.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

export interface Resources {
  readonly residentMegabytes: number;
  readonly descriptors: number;
}

export class OwnServer {
  readonly credentials: Credentials = { email: 'admin@example.org', password: 'administrators-password' };
  address!: Address;
  readonly #child: ChildProcess;
  readonly #folder: string;
  #faults: string[] = [];
  #ended: string | undefined;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    // At this level every line is a fault, and so is whatever else a process says when it is in trouble.
    createInterface({ input: child.stderr! }).on('line', line => this.#faults.push(line));
    child.once('exit', (code, signal) => {
      this.#ended = `the server process ended: ${signal ?? `exit code ${code}`}`;
      this.#faults.push(this.#ended);
    });
  }

  /** @param synchronous NORMAL: nobody cuts the power, and waiting for the disk only slows the fuzzer */
  static async start(synchronous: 'FULL' | 'NORMAL' = 'NORMAL'): Promise<OwnServer> {
    const folder = await mkdtemp(join(tmpdir(), 'jobwright-fuzzed-'));
    const env = {
      ...process.env,
      JOBWRIGHT_DATA: folder,
      JOBWRIGHT_PORT: '0',
      JOBWRIGHT_HTTP_PORT: 'none',
      JOBWRIGHT_LOG_LEVEL: 'error',
      JOBWRIGHT_SQLITE_SYNCHRONOUS: synchronous,
      JOBWRIGHT_ADMIN_EMAIL: 'admin@example.org',
      JOBWRIGHT_ADMIN_PASSWORD: 'administrators-password',
    };
    const child = spawn(process.execPath, [MAIN, 'serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const server = new OwnServer(child, folder);
    server.address = { host: '127.0.0.1', port: await server.#port() };
    return server;
  }

  /** What it wrote to its log since this was asked last: lines of the log one by one, what is none (a crash) as one. */
  newFaults(): string[] {
    const lines = this.#faults.splice(0);
    const others = lines.filter(line => !line.startsWith('{')).join('\n');
    return [...lines.filter(line => line.startsWith('{')), ...(others === '' ? [] : [others])];
  }

  get isAlive(): boolean {
    return this.#ended === undefined;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async resources(): Promise<Resources> {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8');
    return {
      residentMegabytes: Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024),
      descriptors: (await readdir(`/proc/${this.pid}/fd`)).length,
    };
  }

  async stop(): Promise<void> {
    if (this.isAlive) {
      const exit = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await exit;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #port(): Promise<number> {
    for await (const line of createInterface({ input: this.#child.stdout! })) {
      const port = /is ready on .*?:(\d+) /.exec(line)?.[1];
      if (port) return Number(port);
    }
    throw new Error(`the server ended before it was ready: ${this.newFaults().join('\n')}`);
  }
}
