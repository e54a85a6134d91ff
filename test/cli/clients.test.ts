/**
 * The example clients as a new user runs them, against a server process; and the README, which shows them as they are. `make interop`
 * tries those in other languages, and the Python one over every transport.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { account, timeless } from '../../interop/account.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { type ServerProcess, serve } from '../support/process.ts';

const root = new URL('../../', import.meta.url).pathname;
const password = 'administrators-password';
const typescript = 'examples/clients/typescript/first-job.ts';
const python = 'examples/clients/python/first_job.py';

let database: TestDatabase;
let server: ServerProcess;
/** Takes what the Thrift compiler generates for Python. */
let generated: string;
beforeAll(async () => {
  database = await freshDatabase();
  server = await serve(database.settings, { JOBWRIGHT_ADMIN_PASSWORD: password });
  generated = await mkdtemp(join(tmpdir(), 'jobwright-py-'));
});
afterAll(async () => {
  await server.end('SIGTERM');
  await database.drop();
  await rm(generated, { recursive: true, force: true });
});

/** Runs a client with the server's address. */
function outputOf(command: string, file: string, env: Record<string, string> = {}): string {
  const { host, port } = server.address;
  const args = [join(root, file), host, String(port), 'admin@localhost'];
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, JOBWRIGHT_PASSWORD: password, ...env },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return timeless(stdout);
}

test('the TypeScript client tells of its first job', () => {
  expect(outputOf(process.execPath, typescript)).toBe(account);
});

const failureOf = (command: string, ...args: string[]): string | undefined => {
  const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return error?.message ?? (status === 0 ? undefined : stderr.trim());
};

/** The Python that can import thrift; without it, or without the compiler, why the client cannot run here. */
function findPython(): { interpreter: string } | { missing: string } {
  const noCompiler = failureOf('thrift', '--version');
  if (noCompiler) return { missing: `no Thrift compiler: ${noCompiler}` };
  const interpreters = ['python3', '/usr/bin/python3'];
  const failures = interpreters.map(interpreter => failureOf(interpreter, '-c', 'import thrift'));
  const found = failures.indexOf(undefined);
  return found >= 0
    ? { interpreter: interpreters[found]! }
    : { missing: `no Thrift for Python: ${failures.join('; ')}` };
}

const found = findPython();

if ('interpreter' in found) {
  test('the Python client tells the same, with what the compiler generates from idl/', async () => {
    const files = (await readdir(join(root, 'idl'))).filter(name => name.endsWith('.thrift'));
    for (const file of files) {
      expect(failureOf('thrift', '--gen', 'py', '-out', generated, join(root, 'idl', file))).toBeUndefined();
    }
    expect(outputOf(found.interpreter, python, { PYTHONPATH: generated })).toBe(account);
  });
} else {
  test('the Python client does not run here, since what it needs is not installed', () => {
    expect(found.missing).toMatch(/^no Thrift compiler: .*ENOENT|^no Thrift for Python: .*(ENOENT|No module named)/s);
  });
}

/** The README's blocks in a language. */
async function blocksOf(language: string): Promise<string[]> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter(block => block[1] === language);
  return blocks.map(block => block[2]!);
}

test('the README shows the TypeScript client as it is', async () => {
  expect(await blocksOf('ts')).toEqual([await readFile(join(root, typescript), 'utf8')]);
});

test('the README shows the middle of the Python client as it is, from the connection to the refusals', async () => {
  const [block, ...others] = await blocksOf('python');
  expect(others).toEqual([]);
  expect(`\n${await readFile(join(root, python), 'utf8')}`).toContain(`\n${block}`);
  for (const shown of ['class TcpConnection', 'JobTemplateLockFailed', 'SystemException', 'publish'])
    expect(block).toContain(shown);
});
