/** What those see who run the server: life, readiness, the counters of /metrics, and the interface's files. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { startServer } from '../../../src/server/server.ts';
import { freshDatabase } from '../../support/database.ts';
import { metricIn, TestHttp } from '../../support/http.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { logInAdmin, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { framed, message, RawConnection } from '../raw.ts';

let server: TestServer;
let http: TestHttp;
let admin: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  http = new TestHttp(server.address);
  admin = await logInAdmin(server);
});
afterAll(() => server.stop());

test.each([
  ['/healthz', 'alive\n'],
  ['/readyz', 'ready\n'],
])('%s needs no token and answers in plain text, to HEAD without a body', async (path, text) => {
  const response = await http.send(undefined, path);
  expect([response.status, await response.text()]).toEqual([200, text]);
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  const head = await http.send(undefined, path, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test('/readyz is 503 when the database does not answer, and /healthz is not', async () => {
  const database = await freshDatabase();
  const settings = { store: database.settings, host: '127.0.0.1', port: 0, version: 'test' };
  const broken = await startServer(settings, { logger: pino({ level: 'silent' }) });
  await broken.store.close();
  const there = new TestHttp(broken);
  const response = await there.send(undefined, '/readyz');
  expect([response.status, await response.text()]).toEqual([503, 'the database does not answer\n']);
  expect(await there.text('/healthz')).toBe('alive\n');
  // What is closed cannot be closed again.
  await broken.stop().catch(() => {});
  await database.drop();
});

describe('/metrics', () => {
  test('is text as Prometheus reads it, each metric with its type', async () => {
    const response = await http.send(undefined, '/metrics');
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await response.text();
    for (const [name, type] of [
      ['jobwright_calls_total', 'counter'],
      ['jobwright_call_seconds', 'histogram'],
      ['jobwright_refusals_total', 'counter'],
      ['jobwright_connections', 'gauge'],
      ['jobwright_calls_running', 'gauge'],
      ['jobwright_received_bytes_total', 'counter'],
      ['jobwright_sent_bytes_total', 'counter'],
      ['process_resident_memory_bytes', 'gauge'],
      ['nodejs_eventloop_lag_seconds', 'gauge'],
    ])
      expect(text).toContain(`\n# TYPE ${name} ${type}\n`);
    for (const line of text.split('\n').filter(line => line !== '' && !line.startsWith('#')))
      expect(line).toMatch(/^[a-z_0-9]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? (-?\d+(\.\d+)?(e[+-]?\d+)?|NaN)$/);
  });

  test('counts calls by method and outcome, whichever way they come, and their time in buckets', async () => {
    const { id } = await admin.templates.create(admin.teamId, { title: 'Counted' }, []);
    const before = await http.text('/metrics');
    await admin.templates.get(id);
    await expectRefusal(admin.templates.get('nowhere'), 404, 'template-not-found');
    const body = JSON.stringify({ method: 'get', arguments: { jobTemplateId: id } });
    await http.upload(admin, '/api/job_templates', body, 'application/json');
    const after = await http.text('/metrics');
    const more = (metric: string, labels = '') => {
      const name = `jobwright_${metric}{method="JobTemplateService.get"${labels}}`;
      return metricIn(after, name) - metricIn(before, name);
    };
    expect(more('calls_total', ',outcome="ok"')).toBe(2);
    expect(more('calls_total', ',outcome="template-not-found"')).toBe(1);
    expect(more('call_seconds_count')).toBe(3);
    expect(more('call_seconds_bucket', ',le="+Inf"')).toBe(3);
    expect(more('call_seconds_sum')).toBeGreaterThan(0);
    const bounds = [...after.matchAll(/^jobwright_call_seconds_bucket\{method="JobTemplateService.get",.*\} (\d+)$/gm)];
    const counts = bounds.map(([, count]) => Number(count));
    expect(counts).toHaveLength(16);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
  });

  test('counts the connections that are open, by what they speak', async () => {
    const before = await http.metric('jobwright_connections{transport="thrift"}');
    const raw = await RawConnection.open(server.address);
    raw.send(framed(message('AuthenticationService:ping')));
    await raw.answer();
    expect(await http.metric('jobwright_connections{transport="thrift"}')).toBe(before + 1);
    expect(await http.metric('jobwright_connections{transport="http"}')).toBeGreaterThanOrEqual(1);
    raw.socket.end();
    await raw.ended();
    expect(await http.metric('jobwright_connections{transport="thrift"}')).toBe(before);
  });

  test('counts the bytes of Thrift connections, in and out', async () => {
    const raw = await RawConnection.open(server.address);
    const before = await http.text('/metrics');
    const asked = framed(message('AuthenticationService:ping'));
    raw.send(asked);
    const answer = (await raw.answer())!;
    const after = await http.text('/metrics');
    const more = (name: string) => metricIn(after, name) - metricIn(before, name);
    // Beside them count only HTTP connections that have ended meanwhile.
    expect(more('jobwright_received_bytes_total')).toBeGreaterThanOrEqual(asked.length);
    expect(more('jobwright_sent_bytes_total')).toBeGreaterThanOrEqual(4 + answer.length);
    raw.close();
  });

  test('counts the bytes of an HTTP connection when it ends', async () => {
    const before = await http.text('/metrics');
    const raw = await RawConnection.open(server.address);
    const asked = Buffer.from('GET /healthz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n');
    raw.send(asked);
    const [answer] = await raw.ended();
    const after = await http.text('/metrics');
    const more = (name: string) => metricIn(after, name) - metricIn(before, name);
    expect(more('jobwright_received_bytes_total')).toBeGreaterThanOrEqual(asked.length);
    expect(more('jobwright_sent_bytes_total')).toBeGreaterThanOrEqual(answer!.length);
  });

  test.each([
    ['no-call', framed(message('AuthenticationService:nope'))],
    ['malformed', framed(Buffer.from('8001ffff', 'hex'))],
    [
      'frame-too-long',
      Buffer.concat([framed(message('AuthenticationService:ping')), Buffer.from('7fffffff80', 'hex')]),
    ],
    ['unknown-protocol', Buffer.from('3fffffff21', 'hex')],
    ['malformed', Buffer.from('NONSENSE\r\n\r\n')],
  ])('counts what is refused as %s', async (reason, bytes) => {
    const before = await http.refusals(reason);
    const raw = await RawConnection.open(server.address);
    raw.send(bytes);
    raw.socket.end();
    await raw.ended();
    expect(await http.refusals(reason)).toBe(before + 1);
  });
});

describe('/idl/', () => {
  test('lists the files of the interface, and each comes as it is', async () => {
    const names = readdirSync('idl').filter(name => name.endsWith('.thrift'));
    const listed = await http.send(undefined, '/idl/');
    expect(listed.headers.get('content-type')).toBe('application/json');
    expect(await listed.json()).toEqual(names.sort());
    for (const name of names) {
      const response = await http.send(undefined, `/idl/${name}`);
      expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(await response.text()).toBe(readFileSync(`idl/${name}`, 'utf8'));
    }
  });

  test.each([
    '/idl/../package.json',
    '/idl/..%2fpackage.json',
    '/idl/%2e%2e/package.json',
    '/idl/..\\package.json',
    '/idl//etc/passwd',
    '/idl/generate.js',
    '/idl/nope.thrift',
    '/idl/common.thrift/',
    '/idl/common.thrift%00',
  ])('has nothing at %s', async path => {
    const raw = await RawConnection.open(server.address);
    raw.send(Buffer.from(`GET ${path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n`));
    const [answer] = await raw.ended();
    expect(answer!.toString()).toMatch(/^HTTP\/1.1 404 .*"slug":"path-not-found"/s);
  });
});
