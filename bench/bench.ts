/**
 * `make bench`: what the main calls cost, then queries of jobs, then what the wire costs, a table each; the README.md of each says how to read it.
 *
 *   node bench/bench.ts [--million] [result.json]
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureCalls } from './calls.ts';
import { measureJobs } from './jobs.ts';
import { wire } from './wire/wire.ts';

const { values, positionals } = parseArgs({
  options: { million: { type: 'boolean', default: process.env.JOBWRIGHT_BENCH_MILLION !== undefined } },
  allowPositionals: true,
});
const print = (line: string) => process.stdout.write(`${line}\n`);

const calls = await measureCalls(print);
print('');
const jobs = await measureJobs(values.million, print);
print('');
const wireRows = await wire({}, print);
const [file] = positionals;
if (file) {
  await writeFile(file, `${JSON.stringify({ node: process.version, calls, jobs, wire: wireRows }, undefined, 2)}\n`);
  print(`\nall figures: ${file}`);
}
