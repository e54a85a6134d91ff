/**
 * `make bench`: what the main calls cost, then what the wire costs, a table each; the README.md of each says how to read it.
 *
 *   node bench/bench.ts [result.json]
 */
import { writeFile } from 'node:fs/promises';
import { measureCalls } from './calls.ts';
import { wire } from './wire/wire.ts';

const print = (line: string) => process.stdout.write(`${line}\n`);

const calls = await measureCalls(print);
print('');
const wireRows = await wire({}, print);
const [file] = process.argv.slice(2);
if (file) {
  await writeFile(file, `${JSON.stringify({ node: process.version, calls, wire: wireRows }, undefined, 2)}\n`);
  print(`\nall figures: ${file}`);
}
