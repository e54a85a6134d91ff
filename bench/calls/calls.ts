/**
 * What calls cost beside a bare server that does the same reads and writes: both in processes of their own, SQLite with
 * synchronous=FULL, the load from this process. README.md says how to read the table.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClientConnection, connect } from '../../src/client/connect.ts';
import { type ServerProcess, serve } from '../../test/support/process.ts';
import { BareClient } from '../bare/client.ts';
import { type Child, heard, start } from '../child.ts';
import { type Measured, measureBeside, quantile, residentMegabytes } from '../measure.ts';
import { AUTHORS, type Data, newData } from './data.ts';
import { type Operation, operations } from './operations.ts';
import { heading, lineOf, linesBelow } from './table.ts';
import { differences } from './writes.ts';

export const IN_FLIGHT = [1, 8, 32];

export interface CallsOptions {
  /** Operations whose name has this. Default all. */
  readonly operation?: string;
  /** Default 1, 8 and 32. */
  readonly inFlight?: readonly number[];
  /** Seconds of a round. Default 0.25. */
  readonly seconds?: number;
  /** A folder that gets CPU profiles of both servers, in `ours` and `bare`. */
  readonly profile?: string;
}

export interface CallRow {
  readonly operation: string;
  readonly inFlight: number;
  readonly ours: Measured;
  readonly bare: Measured;
  /** Calls per second of ours over those of bare: the median of the rounds' ratios. */
  readonly ratio: number;
  /** CPU time of the bare server per call over that of ours; NaN where there is no /proc. */
  readonly cpuRatio: number;
  readonly asked?: number;
  readonly peers?: number;
  readonly p99OverP50: number;
  /** Resident memory of our server after it. */
  readonly megabytes: number;
}

export interface CallFigures {
  readonly rows: readonly CallRow[];
  /** Where the bare server writes something else than ours; empty as it should be. */
  readonly differences: readonly string[];
  readonly idleMegabytes: number;
}

/** Prints the table while it measures. */
export async function measureCalls(options: CallsOptions, print: (line: string) => void): Promise<CallFigures> {
  refuse(options);
  const folder = await mkdtemp(join(tmpdir(), 'jobwright-bench-'));
  try {
    const data = await newData(folder);
    const different = await differences(data.writes, data.bare);
    const { profile } = options;
    const ours = await serve(data.store, profiling(profile, 'ours'));
    const bare = start('bare/server.ts', data.bareSettings, profiling(profile, 'bare'));
    try {
      const figures = { ...(await measureBoth(options, data, ours, bare, print)), differences: different };
      for (const line of linesBelow(figures)) print(line);
      return figures;
    } finally {
      await Promise.all([ours.end('SIGTERM'), bare.end()]);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function refuse({ inFlight = IN_FLIGHT, seconds = 1 }: CallsOptions): void {
  for (const flight of inFlight)
    if (!(Number.isInteger(flight) && flight >= 1 && flight <= AUTHORS))
      throw new Error(`--in-flight ${flight}: right would be 1 to ${AUTHORS}`);
  if (!(seconds > 0)) throw new Error(`--seconds ${seconds}: right would be more than 0`);
}

/** The environment of a process that leaves a CPU profile at its end. */
const profiling = (folder: string | undefined, name: string): Record<string, string> =>
  folder === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder}/${name}` };

async function measureBoth(
  { operation = '', inFlight = IN_FLIGHT, seconds = 0.25 }: CallsOptions,
  data: Data,
  ours: ServerProcess,
  bare: Child,
  print: (line: string) => void,
): Promise<Pick<CallFigures, 'rows' | 'idleMegabytes'>> {
  const idleMegabytes = await residentMegabytes(ours.pid);
  const { port } = await heard<{ port: number }>(bare);
  const connections = await Promise.all(Array.from({ length: AUTHORS }, () => authenticated(ours, data.token)));
  const clients = await Promise.all(Array.from({ length: AUTHORS }, () => BareClient.connect(port, data.token)));
  const rows: CallRow[] = [];
  const all = operations(data, connections, clients);
  const wanted = all.filter(({ operation: name }) => name.includes(operation));
  if (wanted.length === 0)
    throw new Error(`--operation ${operation}: right would be a part of ${all.map(one => one.operation).join('; ')}`);
  print(heading());
  for (const one of wanted) {
    const sides = [
      { ...one.ours, pid: ours.pid },
      { ...one.bare, pid: bare.pid },
    ];
    await measureBeside(sides, inFlight, seconds, async (flight, figures) => {
      rows.push(rowOf(one, flight, figures, await residentMegabytes(ours.pid)));
      print(lineOf(rows.at(-1)!));
    });
  }
  await Promise.all(connections.map(connection => connection.close()));
  for (const client of clients) client.close();
  return { rows, idleMegabytes };
}

/** One token on all connections, so that all hold the same locks. */
async function authenticated({ address }: ServerProcess, token: string): Promise<ClientConnection> {
  const connection = await connect(address);
  await connection.service('AuthenticationService').authenticate(token);
  return connection;
}

function rowOf(one: Operation, inFlight: number, figures: readonly Measured[], megabytes: number): CallRow {
  const [ours, bare] = figures as [Measured, Measured];
  const { operation, asked, peers } = one;
  return {
    operation,
    inFlight,
    ours,
    bare,
    ratio: quantile(
      ours.rates.map((rate, round) => rate / bare.rates[round]!),
      0.5,
    ),
    cpuRatio: (bare.serverMicroseconds ?? Number.NaN) / (ours.serverMicroseconds ?? Number.NaN),
    ...(asked !== undefined && { asked }),
    ...(peers !== undefined && { peers }),
    p99OverP50: ours.p99 / ours.p50,
    megabytes,
  };
}
