/**
 * The fuzzer from the command line:
 *
 *   node test/fuzz/run.ts --seconds 60 --seed 123                     against a server of its own
 *   node test/fuzz/run.ts --address 127.0.0.1:9090 [--email … --password …]   against one that runs already
 *   node test/fuzz/run.ts --replay FILE                               a finding once more
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Address } from './connection.ts';
import { fuzz, told } from './fuzz.ts';
import { OwnServer, type Resources } from './own-server.ts';
import { replay } from './replay.ts';
import type { Credentials } from './world.ts';

const MOST_MORE_MEGABYTES = 400;
const MOST_MORE_DESCRIPTORS = 8;

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    lanes: { type: 'string', default: '45' },
    address: { type: 'string' },
    email: { type: 'string' },
    password: { type: 'string' },
    replay: { type: 'string' },
  },
});

const print = (line: string) => void process.stdout.write(`${line}\n`);

const run = (address: Address, credentials: Credentials | undefined, newFaults?: () => readonly string[]) =>
  fuzz({
    address,
    credentials,
    seed: Number(options.seed),
    seconds: Number(options.seconds),
    lanes: Number(options.lanes),
    isApart: true,
    folder: join(tmpdir(), 'jobwright-fuzz'),
    print,
    ...(newFaults && { newFaults }),
  });

async function againstOwn(): Promise<readonly string[]> {
  const server = await OwnServer.start();
  try {
    if (options.replay) {
      const found = await replay(options.replay, server.address, server.credentials, print);
      await sleep(500);
      return [...found, ...server.newFaults()];
    }
    print(`seed ${options.seed}, ${options.seconds} s, server process ${server.pid}`);
    const before = await server.resources();
    const report = await run(server.address, server.credentials, () => server.newFaults());
    for (const line of told(report)) print(line);
    return [...report.findings, ...(server.isAlive ? await grown(before, server) : [])];
  } finally {
    await server.stop();
  }
}

/** What the server holds on to when everybody is gone. */
async function grown(before: Resources, server: OwnServer): Promise<string[]> {
  await sleep(2000);
  const after = await server.resources();
  print(`resident memory ${before.residentMegabytes} MB before, ${after.residentMegabytes} MB after`);
  print(`descriptors ${before.descriptors} before, ${after.descriptors} after`);
  const found: string[] = [];
  if (after.residentMegabytes > before.residentMegabytes + MOST_MORE_MEGABYTES)
    found.push(`resident memory grew by more than ${MOST_MORE_MEGABYTES} MB`);
  if (after.descriptors > before.descriptors + MOST_MORE_DESCRIPTORS)
    found.push(`${after.descriptors - before.descriptors} descriptors stay open`);
  return found;
}

async function againstAddress(text: string): Promise<readonly string[]> {
  const [, host, port] = /^(.+):(\d+)$/.exec(text) ?? [];
  if (!host || !port) throw new Error(`--address ${text}; expected host:port`);
  const address = { host, port: Number(port) };
  const { email, password } = options;
  const credentials = email && password ? { email, password } : undefined;
  if (options.replay) return replay(options.replay, address, credentials, print);
  print(`seed ${options.seed}, ${options.seconds} s, ${credentials ? `as ${email}` : 'logged in nowhere'}`);
  const report = await run(address, credentials);
  for (const line of told(report)) print(line);
  return report.findings;
}

const found = options.address ? await againstAddress(options.address) : await againstOwn();
print(found.length === 0 ? 'Nothing was found.' : `FOUND ${found.length}:\n${found.join('\n')}`);
process.exitCode = found.length === 0 ? 0 : 1;
