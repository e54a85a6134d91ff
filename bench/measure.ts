/** Measuring: rates as medians of rounds, latencies over all calls, and a bare database beside which both can be judged. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import { cpuMicroseconds } from './cpu.ts';

const ROUNDS = 5;

export interface Measured {
  /** Median of the rounds. */
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** CPU time of the server per call; unset when nobody said which process it is. */
  readonly serverMicroseconds?: number;
}

/** @param pid the server's process */
export async function measure(
  inFlight: number,
  callsPerRound: number,
  call: (worker: number) => Promise<unknown>,
  pid?: number,
): Promise<Measured> {
  const times: number[] = [];
  const rates: number[] = [];
  const work = async (worker: number, calls: number) => {
    for (let n = 0; n < calls; n++) {
      const before = performance.now();
      await call(worker);
      times.push(performance.now() - before);
    }
  };
  const round = () =>
    Promise.all(Array.from({ length: inFlight }, (_, worker) => work(worker, callsPerRound / inFlight)));
  await round();
  times.length = 0;
  const cpuBefore = cpuMicroseconds(pid);
  for (let n = 0; n < ROUNDS; n++) {
    const started = performance.now();
    await round();
    rates.push((1000 * callsPerRound) / (performance.now() - started));
  }
  const cpu = cpuMicroseconds(pid);
  return {
    perSecond: quantile(rates, 0.5),
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    ...(cpu !== undefined && { serverMicroseconds: (cpu - cpuBefore!) / (ROUNDS * callsPerRound) }),
  };
}

const quantile = (numbers: readonly number[], q: number): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(q * (numbers.length - 1))] ?? Number.NaN;

/** What a bare better-sqlite3 does per second on a file in the folder: commits of one row of 2 kB, and reads of it. */
export async function bareDatabase(folder: string): Promise<{ commits: number; reads: number }> {
  const db = new SQLite(join(folder, 'bare.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('create table t (k integer primary key, v text)');
  const insert = db.prepare('insert into t (v) values (?)');
  const select = db.prepare('select v from t where k = ?');
  const commits = await measure(1, 1000, async () => insert.run('x'.repeat(2000)));
  const reads = await measure(1, 10_000, async () => select.get(1));
  db.close();
  return { commits: commits.perSecond, reads: reads.perSecond };
}

/** Bytes of the database and of what is not yet moved into it. */
export async function databaseBytes(file: string): Promise<number> {
  const db = new SQLite(file);
  db.pragma('wal_checkpoint(truncate)');
  db.close();
  return (await stat(file)).size;
}

/** Resident memory of a process in MB. */
export async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}
