/**
 * The load, in a process of its own: one encoded message sent again and again on some connections, with some calls in flight on
 * each, and the complete replies counted. Forked, it takes jobs as messages and sends back what it measured; from a shell it takes
 * one: `node bench/wire/load.ts '{"port": 9090, "connections": 1, "inFlight": 64, "request": "<base64>"}'` or a file with that.
 */
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { cpuMicroseconds } from '../cpu.ts';
import { type Counters, Lane } from './lane.ts';
import { headOf, REPLY } from './message.ts';

export interface LoadJob {
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly port: number;
  readonly connections: number;
  /** Calls in flight on each connection. */
  readonly inFlight: number;
  /** The framed message in base64. */
  readonly request: string;
  /** A framed message in base64 that each connection sends once before. */
  readonly prelude?: string;
  /** Default 1. */
  readonly rounds?: number;
  /** Length of a round. Default 1.5. */
  readonly seconds?: number;
  /** Default 0.3. */
  readonly warmUpSeconds?: number;
  /** The server's process, when its CPU time is wanted. */
  readonly pid?: number;
}

export interface Round {
  readonly perSecond: number;
  /** Of the server, all its threads. Unset without a pid, or where there is no /proc. */
  readonly cpuMicrosecondsPerCall?: number;
}

export interface Load {
  readonly rounds: readonly Round[];
  /** Milliseconds, with one call in flight on each connection. */
  readonly latency?: { readonly p50: number; readonly p99: number };
  /** Received while rounds were measured. */
  readonly bytes: number;
  /** The first reply, framed, in base64: what all others were compared with. */
  readonly reply: string;
}

const LATENCIES = 1 << 20;

/** @throws Error when a reply is not what it should be, or the server is gone */
export async function load(job: LoadJob): Promise<Load> {
  const latencies = new Float64Array(job.inFlight === 1 ? LATENCIES : 0);
  const counters: Counters = { replies: 0, bytes: 0, latencies, measuredLatencies: 0 };
  const lanes = Array.from({ length: job.connections }, () => new Lane(job.host ?? '127.0.0.1', job.port, counters));
  try {
    const reply = await firstReply(job, lanes);
    const failure = Promise.withResolvers<never>();
    const block = blockOf(job);
    for (const lane of lanes) lane.start(block, reply, failure.reject);
    const measured = await Promise.race([measure(job, counters), failure.promise]);
    await Promise.race([Promise.all(lanes.map(lane => lane.stop())), failure.promise]);
    return { ...measured, reply: reply.toString('base64') };
  } finally {
    for (const lane of lanes) lane.close();
  }
}

/** Of each connection the first reply is looked at; all others are compared with it. */
async function firstReply({ prelude, request }: LoadJob, lanes: readonly Lane[]): Promise<Buffer> {
  let reply: Buffer | undefined;
  for (const lane of lanes) {
    if (prelude) replied(await lane.ask(Buffer.from(prelude, 'base64')));
    reply = replied(await lane.ask(Buffer.from(request, 'base64')));
  }
  return reply!;
}

/** At n, n calls in a row. */
function blockOf({ request, inFlight }: LoadJob): Buffer[] {
  const call = Buffer.from(request, 'base64');
  const calls = Buffer.concat(Array.from({ length: inFlight }, () => call));
  return Array.from({ length: inFlight + 1 }, (_, n) => calls.subarray(0, n * call.length));
}

function replied(frame: Buffer): Buffer {
  const { type } = headOf(frame);
  if (type === REPLY) return frame;
  throw new Error(`the server answered with a message of type ${type}: ${frame.toString('latin1').slice(0, 300)}`);
}

async function measure(job: LoadJob, counters: Counters): Promise<Omit<Load, 'reply'>> {
  const rounds: Round[] = [];
  await setTimeout(1000 * (job.warmUpSeconds ?? 0.3));
  counters.bytes = 0;
  counters.measuredLatencies = 0;
  for (let n = 0; n < (job.rounds ?? 1); n++) {
    const before = { time: performance.now(), replies: counters.replies, cpu: cpuMicroseconds(job.pid) };
    await setTimeout(1000 * (job.seconds ?? 1.5));
    const replies = counters.replies - before.replies;
    const perSecond = (1000 * replies) / (performance.now() - before.time);
    const cpu = cpuMicroseconds(job.pid);
    rounds.push({
      perSecond,
      ...(cpu !== undefined && { cpuMicrosecondsPerCall: (cpu - before.cpu!) / replies }),
    });
  }
  return { rounds, bytes: counters.bytes, ...latencyOf(counters) };
}

function latencyOf({ latencies, measuredLatencies }: Counters): Pick<Load, 'latency'> {
  if (measuredLatencies === 0) return {};
  const sorted = latencies.subarray(0, measuredLatencies).sort();
  const quantile = (q: number) => sorted[Math.floor(q * (sorted.length - 1))]!;
  return { latency: { p50: quantile(0.5), p99: quantile(0.99) } };
}

if (process.send) {
  process.on('message', async (job: LoadJob) => {
    const answer = await load(job).catch((error: Error) => ({ failed: error.message }));
    process.send!(answer);
  });
} else if (import.meta.main) {
  const [job = ''] = process.argv.slice(2);
  const text = job.startsWith('{') ? job : readFileSync(job, 'utf8');
  process.stdout.write(`${JSON.stringify(await load(JSON.parse(text)), undefined, 2)}\n`);
}
