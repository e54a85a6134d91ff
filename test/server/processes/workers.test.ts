/** A server of several processes: one port, one end, and another worker for each that ends before. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Address, type ClientConnection, connect } from '../../../src/client/connect.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { until } from '../../support/events.ts';
import { metricIn, TestHttp } from '../../support/http.ts';
import { run, type ServerProcess, serve, storeVariables } from '../../support/process.ts';
import { Authority } from '../certificates.ts';

const PASSWORD = 'administrators-password';

let database: TestDatabase;
let server: ServerProcess | undefined;
let connections: ClientConnection[];

beforeEach(async () => {
  database = await freshDatabase();
  connections = [];
});
afterEach(async () => {
  await Promise.all(connections.map(connection => connection.close()));
  await server?.end('SIGKILL');
  server = undefined;
  await database.drop();
});

const settings = { JOBWRIGHT_WORKERS: '2', JOBWRIGHT_ADMIN_PASSWORD: PASSWORD, JOBWRIGHT_LOG_LEVEL: 'debug' };

async function start(more: Record<string, string> = {}): Promise<ServerProcess> {
  server = await serve(database.settings, { ...settings, ...more });
  return server;
}

async function opened(address: Partial<Address> = {}): Promise<ClientConnection> {
  const connection = await connect({ ...server!.address, ...address });
  connections.push(connection);
  return connection;
}

const http = () => new TestHttp(server!.address);

const ping = async (connection: ClientConnection) => connection.service('AuthenticationService').ping();

/** The workers that have answered calls so far. */
const answering = () => new Set(server!.log.filter(({ call }) => call).map(({ worker }) => worker));

/** A call that has no answer until something happens, or the server stops. */
async function waitingCall() {
  const connection = await opened();
  const login = await connection.service('AuthenticationService').login('admin@localhost', PASSWORD, {});
  const notifications = connection.service('NotificationService');
  const teamId = Object.keys(login.teamIdToInfo)[0]!;
  const { cursor } = await notifications.poll('', { teamId }, 0);
  return { answer: notifications.poll(cursor, { teamId }, 60_000) };
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** The workers that have become ready so far, in this order. */
const ready = () =>
  server!.log
    .filter(({ msg }) => msg === 'a worker is ready')
    .map(({ worker, pid }) => ({ worker: worker as number, pid: pid as number }));

const pids = () => ready().map(({ pid }) => pid);

describe('two workers', () => {
  test('answer at the one free port that is told, once for all', async () => {
    await start();
    expect(server!.printed.filter(line => /is ready on/.test(line))).toHaveLength(1);
    expect(server!.printed.filter(line => /First start/.test(line))).toHaveLength(1);
    for (let n = 0; n < 4; n++) expect(await ping(await opened())).toMatch(/^\d/);
    await until(() => answering().size === 2);
  });

  test('answer at a Unix socket, over TLS and over HTTP', async () => {
    const authority = new Authority('Plant');
    const folder = await mkdtemp(join(tmpdir(), 'jobwright-test-'));
    const { cert, key } = authority.certify('server');
    await writeFile(join(folder, 'cert.pem'), cert);
    await writeFile(join(folder, 'key.pem'), key);
    const socketPath = join(folder, 'a.sock');
    await start({
      JOBWRIGHT_SOCKET: socketPath,
      JOBWRIGHT_HTTP_PORT: '0',
      JOBWRIGHT_TLS_CERTIFICATE: join(folder, 'cert.pem'),
      JOBWRIGHT_TLS_KEY: join(folder, 'key.pem'),
    });
    for (let n = 0; n < 2; n++) {
      expect(await ping(await opened({ socketPath }))).toMatch(/^\d/);
      expect(await ping(await opened({ tls: { ca: authority.certificate } }))).toMatch(/^\d/);
      expect(await http().text('/healthz')).toBe('alive\n');
    }
    const httpPort = Number(/and (\d+) for HTTP/.exec(server!.printed.at(-1)!)![1]);
    expect(await new TestHttp({ host: '127.0.0.1', port: httpPort }).text('/readyz')).toBe('ready\n');
    await until(() => answering().size === 2);
    authority.forget();
    await rm(folder, { recursive: true });
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'answer calls that run when %s comes, and then all processes end',
    async signal => {
      await start();
      const polls = [];
      for (let n = 0; n < 4; n++) polls.push(await waitingCall());
      await until(async () => (await http().metric('jobwright_calls_waiting')) === 4);
      const ended = server!.end(signal);
      for (const { events } of await Promise.all(polls.map(({ answer }) => answer))) expect(events).toEqual([]);
      expect(await ended).toEqual({ exitCode: 0, signal: null });
      expect(pids().filter(isAlive)).toEqual([]);
      await expect(connect(server!.address)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    },
  );

  test('tell in /metrics what they have counted together, whichever is asked', async () => {
    await start();
    for (let n = 0; n < 5; n++) await ping(await opened());
    await until(() => answering().size === 2);
    for (let n = 0; n < 4; n++) {
      const text = await http().text('/metrics');
      expect(metricIn(text, 'jobwright_calls_total{method="AuthenticationService.ping",outcome="ok"}')).toBe(5);
      expect(metricIn(text, 'jobwright_call_seconds_count{method="AuthenticationService.ping"}')).toBe(5);
      expect(metricIn(text, 'jobwright_call_seconds_bucket{method="AuthenticationService.ping",le="+Inf"}')).toBe(5);
      expect(metricIn(text, 'jobwright_connections{transport="thrift"}')).toBe(5);
    }
    process.kill(pids()[0]!, 'SIGKILL');
    await until(() => pids().length === 3);
    // What it had counted is gone with it.
    expect(await http().metric('jobwright_connections{transport="thrift"}')).toBeLessThan(5);
  });

  test('do not outlive the first process', async () => {
    await start();
    expect(pids().filter(isAlive)).toHaveLength(2);
    await server!.end('SIGKILL');
    await until(() => !pids().some(isAlive));
  });

  test('go on, also in the place of one that was killed; connections of the other do not notice', async () => {
    await start();
    const both = [await opened(), await opened()];
    for (const connection of both) await ping(connection);
    await until(() => answering().size === 2);
    const [{ worker, pid }] = ready() as [{ worker: number; pid: number }];
    process.kill(pid, 'SIGKILL');
    await until(() => pids().length === 3);
    const outcomes = await Promise.allSettled(both.map(ping));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (let n = 0; n < 4; n++) await ping(await opened());
    await until(() => answering().has(3));
    expect(server!.log).toContainEqual(
      expect.objectContaining({ msg: 'a worker ended; another takes its place', worker, signal: 'SIGKILL' }),
    );
  });

  test('are begun again after growing pauses when they end again and again', async () => {
    await start();
    for (let round = 0; round < 3; round++) {
      process.kill(pids().at(-1)!, 'SIGKILL');
      await until(() => pids().length === 3 + round);
    }
    const pauses = server!.log.filter(({ pauseMs }) => pauseMs !== undefined).map(({ pauseMs }) => pauseMs);
    expect(pauses).toEqual([100, 200, 400]);
  });

  test('that end all at once take a free port with them: the server ends, too, instead of listening elsewhere', async () => {
    await start();
    for (const pid of pids()) process.kill(pid, 'SIGKILL');
    await until(() => !isAlive(server!.pid));
    expect(await server!.end('SIGKILL')).toEqual({ exitCode: 1, signal: null });
    expect(pids().filter(isAlive)).toEqual([]);
  });

  test('one that is told to end does so gracefully, and is replaced', async () => {
    await start();
    const [{ worker, pid }] = ready() as [{ worker: number; pid: number }];
    process.kill(pid, 'SIGTERM');
    await until(() => pids().length === 3);
    expect(server!.log).toContainEqual(expect.objectContaining({ pauseMs: 100, worker, exitCode: 0 }));
  });
});

describe('what cannot start ends with the error and exit code 1', () => {
  test.each(['0', '65', 'many'])('--workers %s', async workers => {
    const { exitCode, stderr } = await run(['serve', '--workers', workers], storeVariables(database.settings));
    expect(exitCode).toBe(1);
    expect(stderr).toBe(`jobwright: JOBWRIGHT_WORKERS: "${workers}"; expected a whole number from 1 to 64\n`);
  });

  test('a port that is taken', async () => {
    await start({ JOBWRIGHT_WORKERS: '1' });
    const JOBWRIGHT_PORT = String(server!.address.port);
    const variables = { ...storeVariables(database.settings), JOBWRIGHT_PORT, JOBWRIGHT_HTTP_PORT: 'none' };
    const { exitCode, stdout, stderr } = await run(['serve', '--workers', '3'], variables);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^jobwright: .*EADDRINUSE.*; stop what listens there, or set JOBWRIGHT_PORT, .*to a free port\n$/,
    );
    expect(stdout).toBe('');
    expect(await ping(await opened())).toMatch(/^\d/);
  });
});
