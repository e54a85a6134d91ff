/**
 * The soak: half an hour of mixed calls against a server of its own, to see whether its memory stays where it is.
 *
 *   node test/fuzz/soak.ts --minutes 30 --rate 2000 --connections 16
 *
 * It fails when a call fails, when the server's log has a fault, or when the median of the resident memory in the last third of
 * the time is more than a tenth above that of the second third. The first third is for warming up.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { OwnServer, type Resources } from './own-server.ts';
import { SoakLoad } from './soak-load.ts';

const SAMPLE_MS = 10_000;
const MOST_GROWTH = 0.1;

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '2000' },
    connections: { type: 'string', default: '16' },
    seed: { type: 'string', default: '1' },
  },
});

const print = (line = '') => void process.stdout.write(`${line}\n`);
const seconds = Number(options.minutes) * 60;
const faults: string[] = [];
const samples: Resources[] = [];

const server = await OwnServer.start('FULL');
try {
  const load = await SoakLoad.open(
    server.address,
    server.credentials,
    Number(options.connections),
    Number(options.seed),
  );
  print(
    `${options.minutes} minutes, ${options.rate} calls/s over ${options.connections} connections, process ${server.pid}`,
  );
  const running = { over: false };
  const sampling = sample(running);
  await load.run(Number(options.rate), seconds);
  running.over = true;
  await sampling;
  await load.close();
  faults.push(...server.newFaults().map(line => `the server's log: ${line}`));
  tellCalls(load);
  tellMemory();
} finally {
  await server.stop();
}
for (const fault of faults.slice(0, 20)) print(`FOUND ${fault}`);
print(faults.length === 0 ? 'The soak passed.' : `The soak failed: ${faults.length} findings.`);
process.exitCode = faults.length === 0 ? 0 : 1;

/** One sample in ten seconds, or thirty in all where the soak is short. */
async function sample(running: { readonly over: boolean }): Promise<void> {
  const every = Math.min(SAMPLE_MS, (seconds * 1000) / 30);
  for (let next = performance.now() + every; !running.over && server.isAlive; next += every) {
    await sleep(Math.max(0, next - performance.now()));
    if (running.over || !server.isAlive) return;
    samples.push(await server.resources());
    if (samples.length % 6 === 0) {
      const { residentMegabytes, descriptors } = samples.at(-1)!;
      print(`${Math.round((samples.length * every) / 1000)} s: ${residentMegabytes} MB, ${descriptors} descriptors`);
    }
  }
}

function tellCalls({ times, failures, unsent }: SoakLoad): void {
  print('\ncall                  calls   calls/s    p50 ms    p99 ms  worst ms');
  for (const [name, histogram] of times) {
    const figures = [histogram.quantile(0.5), histogram.quantile(0.99), histogram.worst].map(ms =>
      ms.toFixed(1).padStart(9),
    );
    const perSecond = (histogram.count / seconds).toFixed(1).padStart(9);
    print(`${name.padEnd(16)} ${String(histogram.count).padStart(10)} ${perSecond} ${figures.join(' ')}`);
  }
  if (unsent > 0) print(`not sent, as too many answers were awaited: ${unsent}`);
  for (const [what, count] of failures) faults.push(`${count} × ${what}`);
}

function tellMemory(): void {
  print('\nmemory       median MB    least     most  descriptors');
  const third = Math.floor(samples.length / 3);
  const thirds = [0, 1, 2].map(n => samples.slice(n * third, (n + 1) * third));
  for (const [index, part] of thirds.entries()) {
    const memory = part.map(({ residentMegabytes }) => residentMegabytes);
    const figures = [median(memory), Math.min(...memory), Math.max(...memory)].map(mb => mb.toFixed(0).padStart(8));
    print(
      `${['first', 'second', 'last'][index]!.padEnd(6)} third ${figures.join(' ')} ${String(part.at(-1)?.descriptors).padStart(12)}`,
    );
  }
  const [, second, last] = thirds.map(part => median(part.map(({ residentMegabytes }) => residentMegabytes)));
  const growth = last! / second! - 1;
  print(
    `the last third's median is ${(100 * growth).toFixed(1)} % above the second's; ${100 * MOST_GROWTH} % are allowed`,
  );
  if (!(growth <= MOST_GROWTH)) faults.push(`resident memory grows: ${second} MB, then ${last} MB`);
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
