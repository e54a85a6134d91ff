/**
 * What the wire costs: the server beside the Thrift library's own server with the same handlers over the same data, and beside
 * what Node's sockets can do at all. `node bench/wire/wire.ts [result.json] [--rounds 3] [--seconds 1.5] [--only ping]`
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Child, start } from '../child.ts';
import { type Case, compare, type Plan, type Row, startServer } from './compare.ts';
import { calls, type Data, newData } from './data.ts';
import { heading, lineOf } from './table.ts';

export interface WireOptions extends Partial<Plan> {
  /** Rows whose name has this. Default all. */
  readonly only?: string;
}

const CONNECTIONS = 8;

/** Prints the table while it measures. */
export async function wire(options: WireOptions, print: (line: string) => void): Promise<Row[]> {
  const plan = { rounds: options.rounds ?? 3, seconds: options.seconds ?? 1.5 };
  const folder = await mkdtemp(join(tmpdir(), 'jobwright-wire-'));
  const children: Child[] = [];
  const keep = <T extends Child>(child: T): T => {
    children.push(child);
    return child;
  };
  try {
    const data = await newData(folder);
    const ours = keep(await startServer('wire/ours.ts', data.servers));
    const stock = keep(await startServer('wire/stock.ts', data.servers));
    const loader = keep(start('wire/load.ts'));
    const rows: Row[] = [];
    print(heading());
    for (const one of cases(data).filter(({ name }) => name.includes(options.only ?? ''))) {
      const row = await compare(loader, ours, stock, one, plan);
      rows.push(row);
      print(lineOf(row));
    }
    return rows;
  } finally {
    await Promise.all(children.map(child => child.end()));
    await rm(folder, { recursive: true, force: true });
  }
}

function cases(data: Data): Case[] {
  const { ping, authenticate, fetch, afresh } = calls(data);
  const each = { connections: CONNECTIONS, inFlight: 1 };
  return [
    { name: 'ping', protocol: 'binary', connections: 1, inFlight: 64, request: ping.binary },
    { name: 'ping', protocol: 'binary', connections: 1, inFlight: 1, request: ping.binary },
    { name: 'reply made afresh', protocol: 'binary', ...each, request: afresh.binary },
    { name: 'reply made afresh', protocol: 'compact', ...each, request: afresh.compact },
    {
      name: 'fetch, 20 steps',
      protocol: 'binary',
      connections: 1,
      inFlight: 1,
      request: fetch.binary,
      prelude: authenticate.binary,
    },
    { name: 'fetch, 20 steps', protocol: 'binary', ...each, request: fetch.binary, prelude: authenticate.binary },
    { name: 'fetch, 20 steps', protocol: 'compact', ...each, request: fetch.compact, prelude: authenticate.compact },
  ];
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: 'string' }, seconds: { type: 'string' }, only: { type: 'string' } },
  });
  const { rounds, seconds, only } = values;
  const options = { ...(rounds && { rounds: Number(rounds) }), ...(seconds && { seconds: Number(seconds) }) };
  const rows = await wire({ ...options, ...(only && { only }) }, line => process.stdout.write(`${line}\n`));
  const [file] = positionals;
  if (file) await writeFile(file, `${JSON.stringify({ node: process.version, rows }, undefined, 2)}\n`);
}
