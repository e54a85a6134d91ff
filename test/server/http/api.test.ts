/** Thrift calls over HTTP: POST /api/<module> in every protocol and as plain JSON, and what is refused before it is a call. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import thrift from 'thrift';
import { TestHttp } from '../../support/http.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { logInAdmin, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { OwnListener } from '../own-listener.ts';
import { args, binary, compact, decoded, message, nothing, type ProtocolClass, resultIn } from '../raw.ts';

const MESSAGE_BYTES = 64 * 1024;

let server: TestServer;
let listener: OwnListener;
let http: TestHttp;
let admin: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  listener = await OwnListener.start(server, {}, { httpPort: 0, limits: { messageBytes: MESSAGE_BYTES } });
  http = new TestHttp(listener.address);
});
afterAll(async () => {
  expect(listener.log.filter(({ outcome }) => outcome === 'internal-error')).toEqual([]);
  await listener.stop();
  await server.stop();
});

const json = thrift.TJSONProtocol as unknown as ProtocolClass;

const post = (path: string, body: Buffer | string, type: string, headers: Record<string, string> = {}) =>
  http.send(admin, path, { method: 'POST', body, headers: { 'content-type': type, ...headers } });

const postJson = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  post(path, JSON.stringify(body), 'application/json', headers);

const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());

describe.each([
  ['binary', binary, 'application/x-thrift'],
  ['binary', binary, 'application/vnd.apache.thrift.binary'],
  ['compact', compact, 'application/vnd.apache.thrift.compact'],
  ['JSON', json, 'application/vnd.apache.thrift.json'],
  ['JSON', json, 'application/json'],
  ['JSON', json, 'text/x-thrift; charset=utf-8'],
] as const)('a message in the %s protocol', (_name, Protocol, type) => {
  test(`sent as ${type} is answered in the same, on both ports`, async () => {
    for (const port of [listener.address.port, listener.httpPort!]) {
      const there = new TestHttp({ host: listener.address.host, port });
      const body = message('index', nothing, { protocol: Protocol, seqid: 5 });
      const response = await there.send(admin, '/api/teams', {
        method: 'POST',
        body,
        headers: { 'content-type': type },
      });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe(type.split(';')[0]);
      expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      const reply = decoded(await bytesOf(response), Protocol);
      expect(reply).toMatchObject({ kind: 'reply', name: 'index', seqid: 5 });
      expect(resultIn('TeamService', reply).success).toMatchObject([{ id: admin.teamId }]);
    }
  });
});

test('a message without a type is answered as what Thrift calls its own', async () => {
  const response = await http.send(admin, '/api/teams', { method: 'POST', body: message('index') });
  expect(response.headers.get('content-type')).toBe('application/x-thrift');
  expect(decoded(await bytesOf(response))).toMatchObject({ kind: 'reply', name: 'index' });
});

test('a plain name belongs to the module of the path, and a name with its service goes before', async () => {
  const create = args('TeamService', 'create', { name: 'Fourth plant', regionId: '' });
  const reply = decoded(await bytesOf(await post('/api/teams', message('create', create), '')));
  expect(resultIn('TeamService', reply).success).toMatchObject({ name: 'Fourth plant' });
  const other = decoded(await bytesOf(await post('/api/teams', message('AuthenticationService:ping'), '')));
  expect(resultIn('AuthenticationService', other).success).toBe('test');
});

test('a declared refusal is status 200: in Thrift and in plain JSON', async () => {
  const get = args('JobTemplateService', 'get', { jobTemplateId: 'none' });
  const thriftAnswer = await post('/api/job_templates', message('get', get), '');
  expect(thriftAnswer.status).toBe(200);
  const { err } = resultIn('JobTemplateService', decoded(await bytesOf(thriftAnswer)));
  expect(err).toMatchObject({ errorCode: 404, slug: 'template-not-found' });
  expect(err!.rqId).toBe(thriftAnswer.headers.get('x-request-id'));
  const jsonAnswer = await postJson('/api/job_templates', { method: 'get', arguments: { jobTemplateId: 'none' } });
  expect(jsonAnswer.status).toBe(200);
  const { result } = (await jsonAnswer.json()) as { result: { err: { rqId: string } } };
  expect(result.err).toMatchObject({ errorCode: 404, slug: 'template-not-found' });
  expect(result.err.rqId).toBe(jsonAnswer.headers.get('x-request-id'));
});

test.each([
  ['plain JSON without a type', ''],
  ['plain JSON as text', 'text/plain'],
  ['plain JSON with a charset', 'application/json; charset=utf-8'],
])('%s is taken', async (_what, type) => {
  const response = await post('/api/auth', '{"method": "ping"}', type);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await response.json()).toEqual({ method: 'ping', result: { success: 'test' } });
});

test('a token goes with its request alone', async () => {
  const sent = { method: 'index', arguments: {} };
  const asked = (path: string, headers: Record<string, string> = {}) =>
    http.send(undefined, path, { method: 'POST', body: JSON.stringify(sent), headers });
  const slugOf = async (response: Response) =>
    ((await response.json()) as { result: { err?: { slug: string } } }).result.err?.slug;
  expect(await slugOf(await asked('/api/teams', { authorization: `Token ${admin.token}` }))).toBeUndefined();
  expect(await slugOf(await asked('/api/teams', { authorization: `bearer ${admin.token}` }))).toBeUndefined();
  expect(await slugOf(await asked('/api/teams'))).toBe('not-logged-in');
  expect(await slugOf(await asked('/api/teams', { authorization: 'Token nonsense' }))).toBe('invalid-token');
});

test('login over HTTP answers with a token, and binds it to nothing', async () => {
  const login = { method: 'login', arguments: { email: admin.email, password: admin.password, options: {} } };
  const answer = await http.send(undefined, '/api/auth', { method: 'POST', body: JSON.stringify(login) });
  const { result } = (await answer.json()) as { result: { success: { authToken: string } } };
  expect(result.success.authToken).toMatch(/^\S{20,}$/);
  const next = await http.send(undefined, '/api/teams', { method: 'POST', body: '{"method": "index"}' });
  expect(await next.json()).toMatchObject({ result: { err: { slug: 'not-logged-in' } } });
});

test('the id that a client gives its request stands in the log beside ours', async () => {
  const response = await postJson('/api/teams', { method: 'index' }, { 'x-request-id': 'from-the-client-7' });
  const requestId = response.headers.get('x-request-id');
  expect(listener.log.find(line => line.call === 'TeamService.index' && line.requestId === requestId)).toMatchObject({
    clientRequestId: 'from-the-client-7',
    outcome: 'ok',
  });
});

describe('an answer', () => {
  /** An answer of some thousand bytes. */
  const missing = Array.from({ length: 30 }, (_, n) => `nowhere-${n}`);
  const long = (encoding: string) =>
    postJson(
      '/api/job_templates',
      { method: 'fetch', arguments: { selectOpts: {}, templateIds: missing } },
      { 'accept-encoding': encoding },
    );

  test.each(['gzip', 'br, gzip;q=0.5', 'deflate,GZIP'])('that is long JSON is compressed for %s', async encoding => {
    const response = await long(encoding);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(response.headers.get('vary')).toBe('Accept-Encoding');
    // The client has taken the bytes out of their compression.
    const text = await response.text();
    expect(text.length).toBeGreaterThan(4 * Number(response.headers.get('content-length')));
    expect(Object.keys((JSON.parse(text) as { result: { success: object } }).result.success)).toEqual(missing);
  });

  test.each(['identity', 'br', 'gzip;q=0', 'gzip ; q=0.000, br', 'x-gzipped'])(
    'is not compressed for %s',
    async encoding => {
      const response = await long(encoding);
      expect(response.headers.get('content-encoding')).toBeNull();
      expect(response.headers.get('vary')).toBe('Accept-Encoding');
      expect((await response.text()).length).toBe(Number(response.headers.get('content-length')));
    },
  );

  test('that is short, or in a binary protocol, is not compressed', async () => {
    const short = await postJson('/api/auth', { method: 'ping' }, { 'accept-encoding': 'gzip' });
    expect(short.headers.get('content-encoding')).toBeNull();
    const asked = message('fetch', args('JobTemplateService', 'fetch', { selectOpts: {}, templateIds: missing }));
    const binaryAnswer = await post('/api/job_templates', asked, '', { 'accept-encoding': 'gzip' });
    expect(binaryAnswer.headers.get('content-encoding')).toBeNull();
    expect((await bytesOf(binaryAnswer)).length).toBeGreaterThan(4000);
  });
});

describe('a request is refused', () => {
  const refused = (sending: () => Promise<Response>, status: number, slug: string, text: RegExp) =>
    expectNothingWritten(server, async () => {
      const response = await sending();
      expect(response.status).toBe(status);
      const refusal = (await response.json()) as Record<string, string>;
      expect([refusal.slug, refusal.rqId]).toEqual([slug, response.headers.get('x-request-id')]);
      expect(refusal.message).toMatch(text);
      return response;
    });

  test.each(['/api/nope', '/api/', '/', '/api/teams/index', '/api/Teams', '/api/job%5ftemplates', '/API/teams'])(
    'to %s, where nothing is (404)',
    path =>
      refused(() => postJson(path, { method: 'index' }), 404, 'path-not-found', /^path: \/.* is none that is served/),
  );

  test.each([
    ['GET', '/api/teams', 'POST'],
    ['DELETE', '/api/teams', 'POST'],
    ['PUT', '/api/documents', 'POST'],
    ['POST', '/healthz', 'GET'],
    ['POST', '/api/documents/some', 'GET, HEAD'],
  ] as const)('by %s to %s, which takes others (405)', async (method, path, allowed) => {
    const sending = () => http.send(admin, path, { method, ...(method !== 'GET' && { body: '{}' }) });
    const response = await refused(sending, 405, 'invalid-argument', /^method: this path takes /);
    expect(response.headers.get('allow')).toBe(allowed);
  });

  test.each([
    ['empty', '', /no JSON/],
    ['cut off', '{"method": "create", "arguments": {"name": "x', /no JSON/],
    ['no JSON', '{method: create}', /no JSON/],
    ['without a method', '{"arguments": {}}', /expected \{"method"/],
    ['with a method that is no text', '{"method": 7}', /expected \{"method"/],
    ['null', 'null', /expected \{"method"/],
    ['a text', '"create"', /expected \{"method"/],
  ])('with a body that is %s (400)', (_what, body, text) =>
    refused(() => post('/api/teams', body, 'application/json'), 400, 'invalid-argument', text),
  );

  test('with a body over the limit, announced (400)', () =>
    refused(
      () => post('/api/teams', ' '.repeat(MESSAGE_BYTES + 1), 'application/json'),
      400,
      'limit-exceeded',
      /^body: longer than 65536 bytes/,
    ));

  test('with a body over the limit, of a length that nobody said (400)', async () => {
    const before = await http.refusals('http-too-long');
    const pieces = () => ReadableStream.from(Array.from({ length: 17 }, () => Buffer.alloc(4096, ' '))) as never;
    await refused(
      () =>
        http.send(admin, '/api/teams', {
          method: 'POST',
          body: pieces(),
          headers: { 'content-type': 'application/json' },
        }),
      400,
      'limit-exceeded',
      /^body: longer than 65536 bytes/,
    );
    expect(await http.refusals('http-too-long')).toBe(before + 1);
  });

  test('with more fields than a message may have (400)', async () => {
    const few = await OwnListener.start(server, {}, { limits: { messageElements: 100 } });
    const body = JSON.stringify({ method: 'fetch', arguments: { templateIds: Array(500).fill('x') } });
    await refused(
      () => new TestHttp(few.address).upload(admin, '/api/job_templates', body, 'application/json'),
      400,
      'limit-exceeded',
      /more than 100 fields and elements/,
    );
    await few.stop();
  });
});

test.each([
  ['no message at all', Buffer.from('hello'), /no protocol that is served/],
  ['an empty body', Buffer.alloc(0), /no protocol that is served/],
  ['a message cut off', message('index').subarray(0, 9), /./],
])('%s is answered with a PROTOCOL_ERROR', async (_what, body, text) => {
  const reply = decoded(await bytesOf(await post('/api/teams', body, 'application/x-thrift')));
  expect(reply).toMatchObject({ kind: 'exception', exceptionType: 7, exceptionMessage: expect.stringMatching(text) });
});

test.each([
  ['of no service', 'nope'],
  ['of another module', 'startSteps'],
])('a function %s is an exception of its own, in Thrift and in plain JSON', async (_which, name) => {
  const reply = decoded(await bytesOf(await post('/api/teams', message(name), '')));
  expect(reply).toMatchObject({ kind: 'exception', exceptionType: 1, exceptionMessage: `Unknown function ${name}` });
  const answer = await postJson('/api/teams', { method: name });
  expect([answer.status, await answer.json()]).toEqual([
    200,
    { method: name, exception: { message: `Unknown function ${name}`, type: 1 } },
  ]);
});
