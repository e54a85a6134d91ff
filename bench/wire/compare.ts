/** One row: the servers in turn, round by round, so that what else the machine does meets all of them. */
import { type Child, heard, start } from '../child.ts';
import type { ConstantSettings } from './constant.ts';
import type { Load, LoadJob, Round } from './load.ts';
import type { ProtocolName } from './message.ts';
import type { Ports } from './servers.ts';

export const SERVERS = ['ours', 'stock', 'constant'] as const;
export type ServerName = (typeof SERVERS)[number];

export interface Server extends Child {
  readonly ports: Ports;
}

export interface Case {
  readonly name: string;
  readonly protocol: ProtocolName;
  readonly connections: number;
  /** On each connection. */
  readonly inFlight: number;
  /** Framed, in base64. */
  readonly request: string;
  /** Sent once on each connection before, to the servers that know callers. */
  readonly prelude?: string;
}

/** Medians of the rounds. */
export interface Figures {
  readonly perSecond: number;
  /** NaN where there is no /proc. */
  readonly cpuMicrosecondsPerCall: number;
  /** Milliseconds; with one call in flight on each connection. */
  readonly p50?: number;
  readonly p99?: number;
  readonly rounds: readonly Round[];
}

export interface Row extends Omit<Case, 'request' | 'prelude'> {
  readonly replyBytes: number;
  readonly figures: Readonly<Record<ServerName, Figures>>;
  /** Medians of the ratios that the rounds had: what can be compared between machines and versions. */
  readonly ratios: { readonly oursToStock: number; readonly oursToConstant: number; readonly stockCpuToOurs: number };
}

export interface Plan {
  readonly rounds: number;
  readonly seconds: number;
}

export async function startServer(file: string, settings: unknown): Promise<Server> {
  const child = start(file, settings);
  return { ...child, ports: await heard<Ports>(child) };
}

/** Until then V8 still compiles what runs often; the constant server, a page of code, is compiled at once. */
const FIRST_SECONDS = 5;

/** @throws Error when the servers do not answer with the same bytes, or one not with a reply */
export async function compare(loader: Child, ours: Server, stock: Server, row: Case, plan: Plan): Promise<Row> {
  const job = { warmUpSeconds: 0.3, seconds: plan.seconds };
  const first = await measure(loader, ours, row, { seconds: FIRST_SECONDS });
  const second = await measure(loader, stock, row, { seconds: FIRST_SECONDS });
  refuseDifference(row, first.reply, second.reply);
  const constant = await startServer('wire/constant.ts', { reply: first.reply } satisfies ConstantSettings);
  const servers = { ours, stock, constant };
  const loads: Record<ServerName, Load[]> = { ours: [], stock: [], constant: [] };
  try {
    for (let n = 0; n < plan.rounds; n++) {
      for (const name of SERVERS) {
        const { prelude, ...rest } = row;
        loads[name].push(await measure(loader, servers[name], name === 'constant' ? rest : row, job));
      }
    }
  } finally {
    await constant.end();
  }
  const { request, prelude, ...described } = row;
  const figures = { ours: figuresOf(loads.ours), stock: figuresOf(loads.stock), constant: figuresOf(loads.constant) };
  return { ...described, replyBytes: Buffer.from(first.reply, 'base64').length, figures, ratios: ratiosOf(figures) };
}

async function measure(loader: Child, server: Server, row: Case, more: Partial<LoadJob>): Promise<Load> {
  const { name, protocol, ...rest } = row;
  const answer = heard<Load | { failed: string }>(loader);
  loader.process.send({ ...rest, ...more, port: server.ports[protocol], pid: server.pid } satisfies LoadJob);
  const load = await answer;
  if ('failed' in load) throw new Error(`${name}, ${protocol}: ${load.failed}`);
  return load;
}

function refuseDifference({ name, protocol }: Case, ours: string, stock: string): void {
  if (ours === stock) return;
  const [one, other] = [Buffer.from(ours, 'base64'), Buffer.from(stock, 'base64')];
  const at = one.findIndex((byte, index) => byte !== other[index]);
  throw new Error(`${name}, ${protocol}: ours (${one.length} bytes) differs from stock (${other.length}) at ${at}`);
}

function figuresOf(loads: readonly Load[]): Figures {
  const rounds = loads.flatMap(load => load.rounds);
  const latencies = loads.flatMap(load => load.latency ?? []);
  return {
    perSecond: median(rounds.map(round => round.perSecond)),
    cpuMicrosecondsPerCall: median(rounds.map(round => round.cpuMicrosecondsPerCall ?? Number.NaN)),
    ...(latencies.length > 0 && {
      p50: median(latencies.map(latency => latency.p50)),
      p99: median(latencies.map(latency => latency.p99)),
    }),
    rounds,
  };
}

function ratiosOf({ ours, stock, constant }: Row['figures']): Row['ratios'] {
  const ratio = (one: Figures, other: Figures, of: (round: Round) => number) =>
    median(one.rounds.map((round, n) => of(round) / of(other.rounds[n]!)));
  const cpu = (round: Round) => round.cpuMicrosecondsPerCall ?? Number.NaN;
  return {
    oursToStock: ratio(ours, stock, round => round.perSecond),
    oursToConstant: ratio(ours, constant, round => round.perSecond),
    stockCpuToOurs: ratio(stock, ours, cpu),
  };
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)]!;
