/**
 * `make bench`: what calls cost beside a bare server, what size costs, queries of jobs, and what the wire costs; the README.md of each
 * says how to read its table.
 *
 *   node bench/bench.ts [result.json] [--only calls|sizes|jobs|wire] [--million]
 *   node bench/bench.ts --operation edit [--in-flight 8] [--seconds 2] [--profile folder]
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type CallsOptions, measureCalls } from './calls/calls.ts';
import { measureJobs } from './jobs.ts';
import { measureSizes } from './sizes.ts';
import { wire } from './wire/wire.ts';

const { values, positionals } = parseArgs({
  options: {
    only: { type: 'string' },
    operation: { type: 'string' },
    'in-flight': { type: 'string', multiple: true },
    seconds: { type: 'string' },
    profile: { type: 'string' },
    million: { type: 'boolean', default: process.env.JOBWRIGHT_BENCH_MILLION !== undefined },
  },
  allowPositionals: true,
});
const { operation, seconds, profile, 'in-flight': inFlight } = values;
const options: CallsOptions = {
  ...(operation !== undefined && { operation }),
  ...(inFlight && { inFlight: inFlight.map(Number) }),
  ...(seconds !== undefined && { seconds: Number(seconds) }),
  ...(profile !== undefined && { profile }),
};
const print = (line: string) => process.stdout.write(`${line}\n`);

/** By name, in their order. */
const tables: Readonly<Record<string, () => Promise<unknown>>> = {
  calls: () => measureCalls(options, print),
  sizes: () => measureSizes(print),
  jobs: () => measureJobs(values.million, print),
  wire: () => wire({}, print),
};

const ofCalls = Object.keys(options).length > 0;
const only = values.only ?? (ofCalls ? 'calls' : undefined);
if (only !== undefined && !(only in tables))
  throw new Error(`--only ${only}: right would be ${Object.keys(tables).join(', ')}`);
if (ofCalls && only !== 'calls')
  throw new Error(`--only ${only}: --operation, --in-flight, --seconds and --profile are for calls`);
const result: Record<string, unknown> = { node: process.version };
for (const name of only === undefined ? Object.keys(tables) : [only]) {
  result[name] = await tables[name]!();
  print('');
}
const [file] = positionals;
if (file) {
  await writeFile(file, `${JSON.stringify(result, undefined, 2)}\n`);
  print(`all figures: ${file}`);
}
