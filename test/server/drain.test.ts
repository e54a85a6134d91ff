/** The way out: first not ready and still answering, then taking nothing more, then gone when what runs is answered. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect } from '../../src/client/connect.ts';
import { freshDatabase } from '../support/database.ts';
import { TestHttp } from '../support/http.ts';
import { serve } from '../support/process.ts';
import { ADMIN, TestServer } from '../support/server.ts';
import { gated } from './gate.ts';
import { OwnListener } from './own-listener.ts';
import { decoded, framed, message, RawConnection } from './raw.ts';

/** Long enough for some requests on a machine that is busy. */
const DRAIN_MS = 3000;

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

const readiness = async (http: TestHttp) => {
  const response = await http.send(undefined, '/readyz');
  return [response.status, await response.text()];
};

const ping = framed(message('AuthenticationService:ping'));

test('while it drains the server says that it is not ready, lives, and answers old connections and new ones', async () => {
  const listener = await OwnListener.start(server, {}, { limits: { drainMs: DRAIN_MS } });
  const http = new TestHttp(listener.address);
  const old = await RawConnection.open(listener.address);
  expect(await readiness(http)).toEqual([200, 'ready\n']);
  const stopped = listener.stop();
  expect(await readiness(http)).toEqual([503, 'stopping\n']);
  expect(await http.text('/healthz')).toBe('alive\n');
  const fresh = await RawConnection.open(listener.address);
  for (const raw of [old, fresh]) {
    raw.send(ping);
    expect(decoded(await raw.answer())).toMatchObject({ kind: 'reply' });
  }
  await stopped;
  expect(await Promise.all([old.ended(), fresh.ended()])).toEqual([[], []]);
  await expect(RawConnection.open(listener.address)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a call over HTTP that runs when the server stops is answered, and its connection does not stay', async () => {
  const { listener, entered, open } = await gated(server);
  const http = new TestHttp(listener.address);
  const called = http.send(undefined, '/api/auth', { method: 'POST', body: '{"method": "ping"}' });
  await entered;
  const stopped = listener.stop(60_000);
  await expect(RawConnection.open(listener.address)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  open();
  expect(await (await called).json()).toEqual({ method: 'ping', result: { success: 'late' } });
  await stopped;
});

test('connections that are kept for the next HTTP request do not hold up the end', async () => {
  const listener = await OwnListener.start(server, {});
  const raw = await RawConnection.open(listener.address);
  raw.send(Buffer.from('GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n'));
  await once(raw.socket, 'readable');
  await listener.stop(60_000);
  expect(String((await raw.ended())[0])).toMatch(/^HTTP\/1.1 200 .*alive\n$/s);
});

test('a process that is told to end lets an upload come to its end first, and exits with 0', async () => {
  const database = await freshDatabase();
  const env = { JOBWRIGHT_ADMIN_EMAIL: ADMIN.email, JOBWRIGHT_ADMIN_PASSWORD: ADMIN.password };
  const first = await serve(database.settings, { ...env, JOBWRIGHT_GRACE_SECONDS: '60' });
  const connection = await connect(first.address);
  const { authToken } = await connection.service('AuthenticationService').login(ADMIN.email, ADMIN.password, {});
  const headers = { authorization: `Token ${authToken}`, 'content-length': 600_000, expect: '100-continue' };
  const { origin } = new TestHttp(first.address);
  const sending = request(`${origin}/api/documents?name=last`, { method: 'POST', headers, agent: false });
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  sending.flushHeaders();
  await once(sending, 'continue');
  sending.write(Buffer.alloc(300_000));
  const ended = first.end('SIGTERM');
  await refusing(first.address);
  sending.end(Buffer.alloc(300_000));
  const [response] = await answered;
  expect([response.statusCode, JSON.parse(String(Buffer.concat(await response.toArray()))).size]).toEqual([
    200, 600_000,
  ]);
  expect(await ended).toEqual({ exitCode: 0, signal: null });
  await database.drop();
});

test('a process that is told to end does not wait for a client longer than its grace', async () => {
  const database = await freshDatabase();
  const env = { JOBWRIGHT_ADMIN_EMAIL: ADMIN.email, JOBWRIGHT_ADMIN_PASSWORD: ADMIN.password };
  const hurried = await serve(database.settings, { ...env, JOBWRIGHT_GRACE_SECONDS: '0' });
  const raw = await RawConnection.open(hurried.address);
  raw.send(Buffer.from('POST /api/auth HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n{'));
  expect(await hurried.end('SIGTERM')).toEqual({ exitCode: 0, signal: null });
  expect(await raw.ended()).toEqual([]);
  await database.drop();
});

/** Resolves when nobody listens there any more. */
async function refusing(address: { host: string; port: number }): Promise<void> {
  for (;;) {
    try {
      (await RawConnection.open(address)).close();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return;
    }
  }
}
