/** HTTP as bytes: several requests of one connection, clients that ask first, and what is no request at all. */
import { pipeline } from 'node:stream/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { TestHttp } from '../../support/http.ts';
import { logInAdmin, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { OwnListener } from '../own-listener.ts';
import { framed, message, RawConnection } from '../raw.ts';

let server: TestServer;
let http: TestHttp;
let admin: TestUser;
let raw: RawConnection;

beforeAll(async () => {
  server = await TestServer.start();
  http = new TestHttp(server.address);
  admin = await logInAdmin(server);
});
afterEach(() => raw.close());
afterAll(async () => {
  expect(server.log.filter(({ outcome }) => outcome === 'internal-error')).toEqual([]);
  await server.stop();
});

const open = async (): Promise<RawConnection> => {
  raw = await RawConnection.open(server.address);
  return raw;
};

/** A request as it is sent. */
function asked(line: string, headers: Record<string, string | number> = {}, body = ''): Buffer {
  const fields = Object.entries({ Host: 'test', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${line} HTTP/1.1\r\n${fields.join('')}\r\n${body}`);
}

const ping = (more: Record<string, string> = {}): Buffer => {
  const body = '{"method": "ping"}';
  return asked('POST /api/auth', { 'Content-Length': body.length, ...more }, body);
};

const LAST = { Connection: 'close' };

/** The text of all answers until the server ends the connection. */
const answers = async (): Promise<string> => Buffer.concat(await raw.ended()).toString();

/** Reads until the text has come. */
async function until(text: string): Promise<string> {
  let come = '';
  for await (const chunk of raw.socket.iterator({ destroyOnReturn: false })) {
    come += chunk.toString('latin1');
    if (come.includes(text)) return come;
  }
  throw new Error(`the server ended the connection with ${JSON.stringify(come)}`);
}

const statuses = (text: string): string[] => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status!);

test('a connection carries one request after the other, each with the answer’s length', async () => {
  await open();
  for (let round = 0; round < 3; round++) {
    raw.send(ping());
    const answer = await until('"test"}}');
    expect(statuses(answer)).toEqual(['200']);
    expect(answer).toMatch(/\r\nConnection: keep-alive\r\n/);
    expect(answer).toMatch(/\r\nContent-Length: 45\r\n/);
  }
});

test('requests in one piece are answered in their order, though the first takes longest', async () => {
  await open();
  const body = JSON.stringify({ method: 'index', arguments: {} });
  const index = asked(
    'POST /api/teams',
    { Authorization: `Token ${admin.token}`, 'Content-Length': body.length },
    body,
  );
  raw.send(Buffer.concat([index, asked('GET /healthz'), asked('GET /nowhere'), ping(LAST)]));
  const text = await answers();
  expect(statuses(text)).toEqual(['200', '200', '404', '200']);
  expect(text).toMatch(/"method":"index".*alive\n.*path-not-found.*"method":"ping"/s);
});

test('a request in pieces of one byte is one', async () => {
  await open();
  for (const byte of ping(LAST)) raw.send(Buffer.from([byte]));
  expect(await answers()).toMatch(/^HTTP\/1.1 200 .*"success":"test"/s);
});

test('a body in chunks is one', async () => {
  await open();
  raw.send(
    asked(
      'POST /api/auth',
      { 'Transfer-Encoding': 'chunked', ...LAST },
      '9\r\n{"method"\r\n9\r\n: "ping"}\r\n0\r\n\r\n',
    ),
  );
  expect(await answers()).toMatch(/^HTTP\/1.1 200 .*"success":"test"/s);
});

test('who asks before it sends its body (Expect: 100-continue) is told to go on', async () => {
  await open();
  const body = '{"method": "ping"}';
  raw.send(asked('POST /api/auth', { Expect: '100-continue', 'Content-Length': body.length, ...LAST }));
  expect(await until('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  raw.send(Buffer.from(body));
  expect(await answers()).toMatch(/^HTTP\/1.1 200 .*"success":"test"/s);
});

test('who expects something else is told that it will not be (417)', async () => {
  await open();
  raw.send(asked('GET /healthz', { Expect: 'wonders', ...LAST }));
  expect(statuses(await answers())).toEqual(['417']);
});

test.each([
  ['to nowhere', '/nowhere', '404'],
  ['of a file without a name', '/api/documents?name=', '400'],
  ['of a message that is too long', '/api/teams', '400'],
])('who sends 20 MB %s before it reads is told why it is refused', async (_what, path, status) => {
  await open();
  const piece = Buffer.alloc(64 * 1024, ' ');
  const headers = { Authorization: `Token ${admin.token}`, 'Content-Length': 320 * piece.length };
  await pipeline(async function* () {
    yield asked(`POST ${path}`, headers);
    for (let sent = 0; sent < 320; sent++) yield piece;
  }, raw.socket);
  expect(statuses(await answers())).toEqual([status]);
});

test('a client of HTTP/1.0 is answered, and its connection ends', async () => {
  await open();
  raw.send(Buffer.from('GET /healthz HTTP/1.0\r\n\r\n'));
  expect(await answers()).toMatch(/^HTTP\/1.1 200 OK\r\n.*\r\nConnection: close\r\n\r\nalive\n$/s);
});

test('who says no more after its request is still answered', async () => {
  await open();
  raw.send(ping());
  raw.socket.end();
  expect(await until('"test"}}')).toMatch(/^HTTP\/1.1 200 /);
});

test.each([
  ['of a probe', 'HEAD /healthz', '200'],
  ['of nothing', 'HEAD /nowhere', '404'],
  ['of what takes POST', 'HEAD /api/teams', '405'],
])('the HEAD %s has no body', async (_what, line, status) => {
  await open();
  raw.send(asked(line, LAST));
  const text = await answers();
  expect(statuses(text)).toEqual([status]);
  expect(text.indexOf('\r\n\r\n')).toBe(text.length - 4);
});

test.each([
  ['a percent sign that encodes nothing', '/%zz', '404'],
  ['one in the query', '/healthz?%zz=%', '200'],
  ['one in a name', '/api/documents/%zz', '404'],
  ['an encoded slash', '/api%2fauth', '404'],
  ['two slashes', '//healthz', '404'],
  ['no path', '//[', '400'],
  ['dots', '/api/../healthz', '200'],
  ['a whole address', 'http://elsewhere.example/healthz', '200'],
  ['ten thousand letters', `/${'x'.repeat(10_000)}`, '404'],
])('a path with %s is answered', async (_what, path, status) => {
  await open();
  raw.send(asked(`GET ${path}`, LAST));
  const text = await answers();
  expect(statuses(text)).toEqual([status]);
  expect(text.length).toBeLessThan(1500);
});

describe('what is no request is refused, counted, and its connection ends:', () => {
  test.each<[what: string, bytes: string, status: string]>([
    ['one header of 20 KB', `GET / HTTP/1.1\r\nHost: test\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, '431'],
    ['thousands of headers', `GET / HTTP/1.1\r\nHost: test\r\n${'X: 1\r\n'.repeat(5000)}\r\n`, '431'],
    ['a path of 20 KB', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: test\r\n\r\n`, '431'],
    ['a header without a colon', 'GET / HTTP/1.1\r\nHost test\r\n\r\n', '400'],
    ['a version that is none', 'GET / HTTP/9.1\r\nHost: test\r\n\r\n', '400'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '400'],
    ['no method', 'NONSENSE / HTTP/1.1\r\nHost: test\r\n\r\n', '400'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd', '400'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      '400',
    ],
    ['a negative length', 'POST / HTTP/1.1\r\nHost: test\r\nContent-Length: -1\r\n\r\n', '400'],
    ['a line feed in a name', 'GET / HTTP/1.1\r\nHo\nst: test\r\n\r\n', '400'],
    ['a space before a colon', 'GET / HTTP/1.1\r\nHost : test\r\n\r\n', '400'],
  ])('%s', async (_what, bytes, status) => {
    const before = await http.refusals('malformed');
    await open();
    raw.send(Buffer.from(bytes));
    expect(statuses(await answers())).toEqual([status]);
    expect(await http.refusals('malformed')).toBe(before + 1);
    expect(await http.text('/healthz')).toBe('alive\n');
  });

  test('a chunk whose length is no number', async () => {
    await open();
    raw.send(asked('POST /api/auth', { 'Transfer-Encoding': 'chunked' }, 'zz\r\n{}\r\n0\r\n\r\n'));
    expect(statuses(await answers())).toEqual(['400']);
  });

  test('a method that opens a way to elsewhere', async () => {
    await open();
    raw.send(asked('CONNECT elsewhere.example:80'));
    expect(await answers()).toBe('');
  });
});

test('an upgrade is not taken: the request is answered as any other', async () => {
  await open();
  raw.send(asked('GET /healthz', { Connection: 'Upgrade', Upgrade: 'websocket' }));
  expect(await until('alive\n')).toMatch(/^HTTP\/1.1 200 /);
});

test('the port for HTTP alone does not take Thrift', async () => {
  const listener = await OwnListener.start(server, {}, { httpPort: 0 });
  const there = { host: listener.address.host, port: listener.httpPort! };
  expect(await new TestHttp(there).text('/healthz')).toBe('alive\n');
  raw = await RawConnection.open(there);
  raw.send(framed(message('AuthenticationService:ping')));
  expect(statuses(await answers())).toEqual(['400']);
  await listener.stop();
});
