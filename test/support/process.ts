/** The program as a user runs it: `node src/main.ts …` in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { StoreSettings } from '../../src/store/database.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. */
export async function run(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } });
  const texts = { stdout: '', stderr: '' };
  child.stdout.on('data', chunk => {
    texts.stdout += chunk;
  });
  child.stderr.on('data', chunk => {
    texts.stderr += chunk;
  });
  const [exitCode] = await once(child, 'close');
  return { exitCode, ...texts };
}

/** Runs a command whose output is read up to its first piece and no further, as `| head` does. */
export async function runUnread(args: readonly string[]): Promise<Omit<Finished, 'stdout'>> {
  const child = spawn(process.execPath, [MAIN, ...args]);
  let stderr = '';
  child.stderr.on('data', chunk => {
    stderr += chunk;
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const [exitCode] = await once(child, 'close');
  return { exitCode, stderr };
}

/** A server in a process of its own, ready for calls. */
export interface ServerProcess {
  readonly pid: number;
  readonly address: { readonly host: string; readonly port: number };
  /** What it printed before it was ready. */
  readonly printed: readonly string[];
  /** What it and its workers have logged so far, as the objects that pino wrote. */
  readonly log: readonly Record<string, unknown>[];
  /** @returns how the process ended */
  end(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<{ exitCode: number | null; signal: string | null }>;
}

export async function serve(store: StoreSettings, env: Record<string, string> = {}): Promise<ServerProcess> {
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    env: {
      ...process.env,
      ...storeVariables(store),
      JOBWRIGHT_PORT: '0',
      JOBWRIGHT_HTTP_PORT: 'none',
      JOBWRIGHT_LOG_LEVEL: 'error',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = logOf(child);
  const { port, printed } = await ready(child);
  const closed = once(child, 'close') as Promise<[number | null, string | null]>;
  return {
    pid: child.pid!,
    address: { host: '127.0.0.1', port },
    printed,
    log,
    end: async signal => {
      child.kill(signal);
      const [exitCode, endedBy] = await closed;
      return { exitCode, signal: endedBy };
    },
  };
}

/** Grows with what the process logs. What is an error, or not of the log, is shown, too. */
function logOf(child: ChildProcess): Record<string, unknown>[] {
  const log: Record<string, unknown>[] = [];
  createInterface({ input: child.stderr! }).on('line', line => {
    const entry = line.startsWith('{') ? JSON.parse(line) : { level: ERROR, msg: line };
    log.push(entry);
    if (entry.level >= ERROR && !EXPECTED.test(entry.msg)) process.stderr.write(`${line}\n`);
  });
  return log;
}

/** The level of pino. */
const ERROR = 50;
/** What tests bring about. */
const EXPECTED = /^(a worker ended; another takes its place|all workers ended at once)/;

async function ready(child: ChildProcess): Promise<{ port: number; printed: string[] }> {
  const printed: string[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    printed.push(line);
    const port = /is ready on .*?:(\d+) /.exec(line)?.[1];
    if (port) return { port: Number(port), printed };
  }
  throw new Error(`the server ended before it was ready: ${printed.join('\n')}`);
}

/** The settings of a program that shall work on this database. */
export const storeVariables = (store: StoreSettings): Record<string, string> =>
  store.engine === 'postgres'
    ? { JOBWRIGHT_DATABASE_URL: store.url }
    : {
        JOBWRIGHT_DATA: new URL('.', `file://${store.file}`).pathname,
        JOBWRIGHT_SQLITE_SYNCHRONOUS: store.synchronous,
      };
