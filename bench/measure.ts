/** Measuring: rates as medians of rounds, latencies over all calls, CPU time per call. */
import { readFile } from 'node:fs/promises';
import { cpuMicroseconds } from './cpu.ts';

export const ROUNDS = 5;
const FIRST_CALLS = 96;
/** Until then V8 still compiles what runs often. */
const FIRST_SECONDS = 2;
const FIRST_IN_FLIGHT = 8;
/** So many in flight want a first round of their own. */
const NEXT_SECONDS = 0.15;

export interface Measured {
  /** Median of the rounds. */
  readonly perSecond: number;
  /** Per second, of each round. */
  readonly rates: readonly number[];
  /** Milliseconds from the call to its decoded answer. */
  readonly p50: number;
  readonly p99: number;
  /** CPU time of the server per call; unset where there is no /proc, or nobody said which process it is. */
  readonly serverMicroseconds?: number;
  /** CPU time of this process, the client, per call. */
  readonly clientMicroseconds: number;
}

/** One of those that are measured beside each other. */
export interface Side {
  readonly call: (worker: number) => Promise<unknown>;
  /** Done before each round, outside of its time: gets ready what that many calls use up. */
  readonly prepare?: (calls: number) => Promise<unknown>;
  /** The server's process. */
  readonly pid?: number;
}

/** What one side has gathered. */
class Rounds {
  readonly side: Side;
  readonly #rates: number[] = [];
  readonly #times: number[] = [];
  #calls = 0;
  #serverCpu = 0;
  #clientCpu = 0;
  /** Calls per second of the last round. */
  lastRate = Number.NaN;

  constructor(side: Side) {
    this.side = side;
  }

  async run(inFlight: number, calls: number, counts: boolean): Promise<void> {
    await this.side.prepare?.(calls);
    const times: number[] = [];
    let left = calls;
    const work = async (worker: number) => {
      while (left-- > 0) {
        const before = performance.now();
        await this.side.call(worker);
        times.push(performance.now() - before);
      }
    };
    const before = { time: performance.now(), server: cpuMicroseconds(this.side.pid), client: clientCpu() };
    await Promise.all(Array.from({ length: inFlight }, (_, worker) => work(worker)));
    this.lastRate = (1000 * calls) / (performance.now() - before.time);
    if (!counts) return;
    this.#calls += calls;
    this.#rates.push(this.lastRate);
    this.#times.push(...times);
    this.#serverCpu += (cpuMicroseconds(this.side.pid) ?? Number.NaN) - (before.server ?? Number.NaN);
    this.#clientCpu += clientCpu() - before.client;
  }

  /** A round of as many calls as take about so long. */
  for(seconds: number, inFlight: number, counts: boolean): Promise<void> {
    return this.run(inFlight, Math.max(2 * inFlight, Math.round(this.lastRate * seconds)), counts);
  }

  result(): Measured {
    const server = this.#serverCpu / this.#calls;
    return {
      perSecond: quantile(this.#rates, 0.5),
      rates: this.#rates,
      p50: quantile(this.#times, 0.5),
      p99: quantile(this.#times, 0.99),
      ...(!Number.isNaN(server) && { serverMicroseconds: server }),
      clientMicroseconds: this.#clientCpu / this.#calls,
    };
  }
}

/**
 * The sides in turn, round by round, so that what else the machine does meets all of them.
 * @param seconds of a round
 * @param report hears the figures for each number of calls in flight, in the order of the sides
 */
export async function measureBeside(
  sides: readonly Side[],
  inFlights: readonly number[],
  seconds: number,
  report: (inFlight: number, figures: readonly Measured[]) => Promise<void>,
): Promise<void> {
  const rates: number[] = [];
  for (const [index, side] of sides.entries()) {
    const first = new Rounds(side);
    await first.run(FIRST_IN_FLIGHT, FIRST_CALLS, false);
    await first.for(FIRST_SECONDS, FIRST_IN_FLIGHT, false);
    rates[index] = first.lastRate;
  }
  for (const inFlight of inFlights) {
    const all = sides.map(side => new Rounds(side));
    for (const [index, rounds] of all.entries()) {
      rounds.lastRate = rates[index]!;
      await rounds.for(NEXT_SECONDS, inFlight, false);
    }
    for (let n = 0; n < ROUNDS; n++) for (const rounds of all) await rounds.for(seconds, inFlight, true);
    await report(
      inFlight,
      all.map(rounds => rounds.result()),
    );
  }
}

/** One alone, in rounds of so many calls, after one that warms up. @param pid the server's process */
export async function measure(
  inFlight: number,
  callsPerRound: number,
  call: (worker: number) => Promise<unknown>,
  pid?: number,
): Promise<Measured> {
  const rounds = new Rounds({ call, ...(pid !== undefined && { pid }) });
  await rounds.run(inFlight, callsPerRound, false);
  for (let n = 0; n < ROUNDS; n++) await rounds.run(inFlight, callsPerRound, true);
  return rounds.result();
}

function clientCpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

export const quantile = (numbers: readonly number[], q: number): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(q * (numbers.length - 1))] ?? Number.NaN;

/** Resident memory of a process in MB. */
export async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}
