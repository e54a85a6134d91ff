/** One port, whatever a client speaks: unframed, with headers, HTTP, TLS, over a Unix socket; and what its limits do. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import thrift from 'thrift';
import { logInAdmin, type TestUser } from '../support/seed.ts';
import { TestServer } from '../support/server.ts';
import { OwnListener } from './own-listener.ts';
import { args, binary, compact, decoded, framed, message, nothing, RawConnection, resultIn } from './raw.ts';

let server: TestServer;
let admin: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
});
afterAll(() => server.stop());

const json = thrift.TJSONProtocol as unknown as typeof binary;

test.each([
  ['binary', binary],
  ['compact', compact],
  ['JSON', json],
])('unframed %s is answered unframed, in whatever pieces it comes', async (_name, Protocol) => {
  const raw = await RawConnection.open(server.address);
  const bytes = message('AuthenticationService:ping', nothing, { protocol: Protocol, seqid: 7 });
  raw.send(bytes.subarray(0, 5));
  await pause(20);
  raw.send(bytes.subarray(5));
  raw.socket.end();
  const [answer] = await raw.ended();
  expect(decoded(answer, Protocol)).toMatchObject({ kind: 'reply', name: 'ping', seqid: 7 });
});

test('a token in the headers of a frame counts for that frame, and the answer tells its request id', async () => {
  const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  const info = Buffer.concat([Buffer.from([2, 0, 1, 1]), text('Authorization'), text(`Token ${admin.token}`)]);
  const headers = Buffer.concat([info, Buffer.alloc((4 - (info.length % 4)) % 4)]);
  const head = Buffer.alloc(10);
  head.writeUInt16BE(0x0fff, 0);
  head.writeInt32BE(77, 4);
  head.writeUInt16BE(headers.length / 4, 8);
  const raw = await RawConnection.open(server.address);
  const index = message('TeamService:index', nothing, { protocol: compact });
  raw.send(framed(Buffer.concat([head, headers, index])));
  const answer = (await raw.answer())!;
  expect([answer.readUInt16BE(0), answer.readInt32BE(4)]).toEqual([0x0fff, 77]);
  const end = 10 + 4 * answer.readUInt16BE(8);
  expect(answer.toString('latin1', 10, end)).toMatch(/x-request-id.[0-9a-f-]{36}/);
  const reply = decoded(answer.subarray(end), compact);
  expect(resultIn('TeamService', reply).success).toMatchObject([{ id: admin.teamId }]);
  // Without headers the connection has no token.
  raw.send(framed(message('TeamService:index')));
  expect(resultIn('TeamService', decoded(await raw.answer())).err).toMatchObject({ slug: 'not-logged-in' });
  raw.close();
});

const post = (path: string, body: unknown, token?: string) =>
  fetch(`http://${server.address.host}:${server.address.port}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Token ${token}` }) },
    body: JSON.stringify(body),
  });

test('HTTP takes plain JSON on the same port: results, declared errors, and what is no function', async () => {
  const created = await post(
    '/api/job_templates',
    { method: 'create', arguments: { teamId: admin.teamId, params: { title: 'Über HTTP' } } },
    admin.token,
  );
  expect(created.status).toBe(200);
  expect(created.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(await created.json()).toMatchObject({
    method: 'create',
    result: { success: { title: 'Über HTTP', version: 1 } },
  });
  const refused = await post(
    '/api/job_templates',
    { method: 'get', arguments: { jobTemplateId: 'none' } },
    admin.token,
  );
  expect(await refused.json()).toMatchObject({
    method: 'get',
    result: { err: { errorCode: 404, slug: 'template-not-found' } },
  });
  const unknown = await post('/api/job_templates', { method: 'nope' });
  expect(await unknown.json()).toEqual({ method: 'nope', exception: { message: 'Unknown function nope', type: 1 } });
});

test('JSON beyond its limits is refused before it is parsed, in both forms, and its connection goes on', async () => {
  const templateIds = Array.from({ length: 40_000 }, (_, n) => `an id of some template, number ${n}`);
  const plain = await post('/api/job_templates', { method: 'fetch', arguments: { templateIds } }, admin.token);
  expect(await plain.json()).toMatchObject({
    slug: 'limit-exceeded',
    message: expect.stringMatching(/^body: \d+ bytes of JSON; at most 1048576$/),
    details: { exceeded: 'jsonBytes' },
  });
  const deep = `{"method": "fetch", "arguments": {"templateIds": ${'['.repeat(500)}${']'.repeat(500)}}}`;
  const nested = await fetch(`http://${server.address.host}:${server.address.port}/api/job_templates`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: deep,
  });
  expect(await nested.json()).toMatchObject({ slug: 'limit-exceeded', details: { exceeded: 'nesting' } });
  const raw = await RawConnection.open(server.address);
  raw.send(framed(message('authenticate', args('AuthenticationService', 'authenticate', { token: admin.token }))));
  await raw.answer();
  raw.send(
    framed(
      message('JobTemplateService:fetch', args('JobTemplateService', 'fetch', { templateIds }), { protocol: json }),
    ),
  );
  expect(resultIn('JobTemplateService', decoded(await raw.answer(), json)).err).toMatchObject({
    errorCode: 400,
    slug: 'limit-exceeded',
    details: { exceeded: 'jsonBytes' },
  });
  raw.send(framed(message('JobTemplateService:fetch', args('JobTemplateService', 'fetch', {}), { protocol: json })));
  expect(decoded(await raw.answer(), json).kind).toBe('reply');
  raw.close();
  const metrics = await (await fetch(`http://${server.address.host}:${server.address.port}/metrics`)).text();
  expect(metrics).toMatch(/^jobwright_refusals_total\{reason="json-bytes"\} 2$/m);
});

test('HTTP tells whether the server lives and is ready, what it counted, and its interface', async () => {
  const get = async (path: string) =>
    (await fetch(`http://${server.address.host}:${server.address.port}${path}`)).text();
  expect(await get('/healthz')).toBe('alive\n');
  expect(await get('/readyz')).toBe('ready\n');
  expect(await get('/metrics')).toMatch(
    /jobwright_calls_total\{method="AuthenticationService.login",outcome="ok"\} \d+/,
  );
  expect(JSON.parse(await get('/idl/'))).toContain('jobs.thrift');
  expect(await get('/idl/common.thrift')).toBe(readFileSync('idl/common.thrift', 'utf8'));
});

test('with a certificate the same port takes TLS beside plain connections, and a Unix socket takes both', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'jobwright-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      cert,
      ...subject,
    ],
    { stdio: 'ignore' },
  );
  const certificate = readFileSync(cert, 'utf8');
  const socketPath = join(folder, 'jobwright.sock');
  const tls = { certificate, key: readFileSync(key, 'utf8'), clientCertificateRequired: false };
  const listener = await OwnListener.start(server, {}, { tls, socketPath });
  for (const options of [{}, { tls: { ca: certificate } }, { socketPath }]) {
    const connection = await listener.connect(options);
    expect(await connection.service('AuthenticationService').ping()).toBe('test');
    await connection.close();
  }
  await listener.stop();
  rmSync(folder, { recursive: true });
});

test('an answer that waits for its outcome never goes to another connection', async () => {
  const email = args('AuthenticationService', 'login', { email: admin.email, password: admin.password, options: {} });
  const [one, stranger] = [await RawConnection.open(server.address), await RawConnection.open(server.address)];
  const ping = (seqid: number) => framed(message('AuthenticationService:ping', nothing, { seqid }));
  one.send(Buffer.concat([ping(1), framed(message('AuthenticationService:login', email, { seqid: 2 }))]));
  for (let seqid = 1; seqid <= 100; seqid++) {
    stranger.send(ping(seqid));
    expect(decoded(await stranger.answer())).toMatchObject({ name: 'ping', seqid });
  }
  expect(decoded(await one.answer())).toMatchObject({ name: 'ping', seqid: 1 });
  expect(decoded(await one.answer())).toMatchObject({ name: 'login', seqid: 2, kind: 'reply' });
  one.close();
  stranger.close();
});

test('half messages, connections without a token, and one connection too many are closed', async () => {
  const limits = { halfMessageMs: 300, unauthenticatedMs: 2500, connectionsPerAddress: 3 };
  const listener = await OwnListener.start(server, {}, { limits });
  const half = await RawConnection.open(listener.address);
  half.send(framed(message('AuthenticationService:ping')).subarray(0, 9));
  const silent = await RawConnection.open(listener.address);
  const good = await listener.connect();
  await good.service('AuthenticationService').authenticate(admin.token);
  const tooMany = await RawConnection.open(listener.address);
  expect(await tooMany.ended()).toEqual([]);
  const closed: string[] = [];
  await Promise.all([half.ended().then(() => closed.push('half')), silent.ended().then(() => closed.push('silent'))]);
  expect(closed).toEqual(['half', 'silent']);
  expect(await good.service('AuthenticationService').ping()).toBe('test');
  await good.close();
  await listener.stop();
});
