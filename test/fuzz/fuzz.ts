/** A run of the fuzzer against a server that is there: so many seconds, so many connections at once, and what came of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { channels } from './channels.ts';
import type { Address } from './connection.ts';
import type { Exchanged } from './exchange.ts';
import { Findings } from './findings.ts';
import type { Input } from './inputs.ts';
import { Lane } from './lane.ts';
import { Probe } from './probe.ts';
import { type Credentials, World } from './world.ts';

export interface FuzzSettings {
  readonly address: Address;
  readonly seed: number;
  readonly seconds: number;
  /** Connections that send at once. */
  readonly lanes: number;
  readonly credentials: Credentials | undefined;
  /** Whether the server is a process of its own. */
  readonly isApart: boolean;
  /** Where findings are saved. */
  readonly folder: string;
  readonly print: (line: string) => void;
  /** What the server's log has of faults since it was asked last. */
  readonly newFaults?: () => readonly string[];
}

export interface FuzzReport {
  readonly inputs: number;
  readonly perSecond: number;
  /** By the kind of the input, by the outcome of the answer, by the function that succeeded. */
  readonly kinds: ReadonlyMap<string, number>;
  readonly outcomes: ReadonlyMap<string, number>;
  readonly succeeded: ReadonlyMap<string, number>;
  readonly pings: { readonly p50: number; readonly p99: number; readonly worst: number };
  /** Nothing, hopefully. */
  readonly findings: readonly string[];
}

/** A ping that takes longer is a finding; a busy machine alone should not get there. */
const WORST_PING_MS = 2_000;
const RENEW_MS = 60_000;

class Run {
  readonly settings: FuzzSettings;
  readonly findings: Findings;
  readonly kinds = new Map<string, number>();
  readonly outcomes = new Map<string, number>();
  readonly succeeded = new Map<string, number>();
  inputs = 0;
  over = false;

  constructor(settings: FuzzSettings) {
    this.settings = settings;
    this.findings = new Findings(settings.folder, settings.print);
  }

  /** The inputs of a lane have the numbers index, index + lanes, index + 2 × lanes …: each is made of the seed and its number. */
  async drive(lane: Lane, index: number): Promise<void> {
    for (let iteration = index; !this.over; iteration += this.settings.lanes) {
      try {
        const { input, exchanged } = await lane.turn(iteration);
        this.#count(input, exchanged);
        if (exchanged.problems.length > 0) this.#found(lane, iteration, exchanged.problems);
      } catch (error) {
        if (!this.over) this.#found(lane, iteration, [`the server cannot be reached: ${(error as Error).message}`]);
        this.over = true;
      }
    }
    lane.close();
  }

  async watch(world: World): Promise<void> {
    let renewed = performance.now();
    while (!this.over) {
      await sleep(500);
      for (const fault of this.settings.newFaults?.() ?? []) this.findings.add(`the server's log: ${fault}`);
      if (performance.now() - renewed < RENEW_MS || this.over) continue;
      renewed = performance.now();
      await world.renew().catch(error => this.findings.add(`setting up anew failed: ${(error as Error).message}`));
    }
  }

  #count({ kind }: Input, { judged }: Exchanged): void {
    this.inputs += 1;
    increase(this.kinds, kind);
    for (const { outcome, fullName } of judged) {
      increase(this.outcomes, outcome);
      if (outcome === 'ok' && fullName) increase(this.succeeded, fullName);
    }
  }

  #found(lane: Lane, iteration: number, problems: readonly string[]): void {
    const recording = lane.recording(iteration, problems);
    this.findings.add(problems.slice(0, 5).join('\n  '), recording.inputs.length > 0 ? recording : undefined);
  }
}

const increase = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

export async function fuzz(settings: FuzzSettings): Promise<FuzzReport> {
  const { address, seed, seconds, lanes: count, credentials } = settings;
  const run = new Run(settings);
  const world = await World.open(address, credentials);
  const probe = await Probe.start(address, settings.isApart);
  const lanes = Array.from({ length: count }, (_, index) => {
    // A third of the lanes stays strangers: others in each round of the channels.
    const loggedIn = world.canLogIn && (index + Math.floor(index / channels.length)) % 3 !== 2;
    return new Lane({ address, world, channel: channels[index % channels.length]!, loggedIn, seed });
  });
  const started = performance.now();
  const work = Promise.all([run.watch(world), ...lanes.map((lane, index) => run.drive(lane, index))]);
  while (!run.over && performance.now() - started < seconds * 1000) await sleep(200);
  run.over = true;
  await work;
  const elapsed = (performance.now() - started) / 1000;
  await probe.stop();
  for (const fault of settings.newFaults?.() ?? []) run.findings.add(`the server's log: ${fault}`);
  if (probe.broken) run.findings.add(probe.broken);
  const pings = { p50: probe.quantile(0.5), p99: probe.quantile(0.99), worst: probe.quantile(1) };
  if (pings.worst > WORST_PING_MS) run.findings.add(`a ping beside the fuzzer took ${pings.worst.toFixed(0)} ms`);
  const { kinds, outcomes, succeeded, inputs, findings } = run;
  return { inputs, perSecond: inputs / elapsed, kinds, outcomes, succeeded, pings, findings: findings.lines };
}

/** The report as lines for people. */
export function told({ inputs, perSecond, kinds, outcomes, succeeded, pings, findings }: FuzzReport): string[] {
  return [
    `${inputs} inputs, ${perSecond.toFixed(0)} a second: ${counted(kinds)}`,
    `${total(outcomes)} answers: ${counted(outcomes)}`,
    `succeeded: ${counted(succeeded)}`,
    `pings beside them: p50 ${pings.p50.toFixed(1)} ms, p99 ${pings.p99.toFixed(1)} ms, worst ${pings.worst.toFixed(0)} ms`,
    `findings: ${findings.length}`,
  ];
}

const counted = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([key, count]) => `${key} ${count}`)
    .join(', ');

const total = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((sum, n) => sum + n, 0);
