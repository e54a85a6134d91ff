/** Where `jobwright serve` listens, when something is there already: it ends, or it takes the place of what is there no more. */
import { once } from 'node:events';
import { lstat, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { connect } from '../../src/client/connect.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { run, type ServerProcess, serve, storeVariables } from '../support/process.ts';

let database: TestDatabase;
let folder: string;
let socketPath: string;
let server: ServerProcess | undefined;

beforeEach(async () => {
  database = await freshDatabase();
  folder = await mkdtemp(join(tmpdir(), 'jobwright-test-'));
  socketPath = join(folder, 'a.sock');
});
afterEach(async () => {
  await server?.end('SIGKILL');
  server = undefined;
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const start = async (more: Record<string, string> = {}): Promise<void> => {
  server = await serve(database.settings, { JOBWRIGHT_SOCKET: socketPath, ...more });
};
const startAnother = (more: Record<string, string>) =>
  run(['serve'], {
    ...storeVariables(database.settings),
    JOBWRIGHT_PORT: '0',
    JOBWRIGHT_HTTP_PORT: 'none',
    JOBWRIGHT_LOG_LEVEL: 'error',
    ...more,
  });

async function ping(): Promise<string> {
  const connection = await connect({ ...server!.address, socketPath });
  try {
    return await connection.service('AuthenticationService').ping();
  } finally {
    await connection.close();
  }
}

test.each(['1', '2'])(
  'the socket of a server that was killed is taken by the next one (workers: %s)',
  async workers => {
    await start({ JOBWRIGHT_WORKERS: workers });
    await server!.end('SIGKILL');
    expect((await lstat(socketPath)).isSocket()).toBe(true);
    await start({ JOBWRIGHT_WORKERS: workers });
    expect(await ping()).toMatch(/^\d/);
  },
);

test('the socket of a server that lives is not', async () => {
  await start();
  const { exitCode, stdout, stderr } = await startAnother({ JOBWRIGHT_SOCKET: socketPath });
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toMatch(
    /^jobwright: .*EADDRINUSE.*a\.sock; stop what listens there, or set JOBWRIGHT_SOCKET to another path\n$/,
  );
  expect(await ping()).toMatch(/^\d/);
});

test('a file that is no socket stays as it is', async () => {
  await writeFile(socketPath, 'notes');
  const { exitCode, stderr } = await startAnother({ JOBWRIGHT_SOCKET: socketPath });
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/EADDRINUSE/);
  expect(await readFile(socketPath, 'utf8')).toBe('notes');
});

test.each(['1', '2'])('a port for HTTP that is taken ends the server, with one line (workers: %s)', async workers => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const taken = await startAnother({ JOBWRIGHT_HTTP_PORT: String(port), JOBWRIGHT_WORKERS: workers });
  other.close();
  expect(taken.exitCode).toBe(1);
  expect(taken.stderr).toMatch(
    /^jobwright: .*EADDRINUSE.*JOBWRIGHT_HTTP_PORT where that is the one, to a free port\n$/,
  );
});
