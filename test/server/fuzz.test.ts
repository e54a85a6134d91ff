/**
 * Half a minute of the fuzzer on each engine: whatever bytes come in, the server answers, or hangs up, and goes on serving others.
 * JOBWRIGHT_FUZZ_SECONDS sets how long, JOBWRIGHT_FUZZ_SEED which inputs; test/fuzz/run.ts does it for hours.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fuzz, told } from '../fuzz/fuzz.ts';
import { ADMIN, TestServer } from '../support/server.ts';

const seconds = Number(process.env.JOBWRIGHT_FUZZ_SECONDS || 30);
const seed = Number(process.env.JOBWRIGHT_FUZZ_SEED || Math.floor(Math.random() * 2 ** 31));

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

/** The log's faults since this was asked last; the rest is let go of. */
function newFaults(): string[] {
  server.statements = [];
  return server.log
    .splice(0)
    .filter(({ level }) => Number(level) >= 50)
    .map(line => JSON.stringify(line));
}

test(
  'bytes of every kind are answered, or end their connection, and never harm anybody else',
  async () => {
    const lines = [`fuzzed with JOBWRIGHT_FUZZ_SEED=${seed}`];
    const report = await fuzz({
      address: server.address,
      seed,
      seconds,
      lanes: 30,
      isApart: false,
      credentials: ADMIN,
      folder: join(tmpdir(), 'jobwright-fuzz'),
      print: line => lines.push(line),
      newFaults,
    });
    lines.push(...told(report));
    process.stdout.write(`${lines.join('\n')}\n`);
    expect(report.findings).toEqual([]);
    expect(report.inputs).toBeGreaterThan(10 * seconds);
  },
  seconds * 1000 + 60_000,
);
