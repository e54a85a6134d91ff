/** Pages of other origins: which may call, and what their browsers are told before and with the answer. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TestHttp } from '../../support/http.ts';
import { TestServer } from '../../support/server.ts';
import { OwnListener } from '../own-listener.ts';

const APP = 'https://app.example.org';
const LOCAL = 'http://localhost:5173';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

/** What the answer tells the browser of a page of this origin, by the lower-case names without "access-control-". */
async function told(response: Response): Promise<Record<string, string>> {
  await response.arrayBuffer();
  const headers = [...response.headers].filter(([name]) => name.startsWith('access-control-'));
  return Object.fromEntries(headers.map(([name, value]) => [name.slice('access-control-'.length), value]));
}

const preflight = (http: TestHttp, origin: string, path = '/api/jobs') =>
  http.send(undefined, path, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
  });

const PREFLIGHT_ANSWER = {
  'allow-methods': 'GET, HEAD, POST, OPTIONS',
  'allow-headers': 'Authorization, Content-Type, Range, If-Range, If-None-Match, X-Request-Id',
  'max-age': '600',
};
const EXPOSED = 'X-Request-Id, Content-Range, Accept-Ranges, ETag, Content-Disposition';

describe.each([
  ['two are named', [APP, LOCAL], { [APP]: APP, [LOCAL]: LOCAL, 'https://evil.example.org': undefined }],
  ['all are', ['*'], { [APP]: '*', 'https://anybody.example': '*', null: '*' }],
  ['none is', [], { [APP]: undefined }],
] as const)('when of the origins %s', (_which, corsOrigins, allowed) => {
  let listener: OwnListener;
  let http: TestHttp;

  beforeAll(async () => {
    listener = await OwnListener.start(server, {}, { http: { corsOrigins } });
    http = new TestHttp(listener.address);
  });
  afterAll(() => listener.stop());

  const permission = (origin: string | undefined) =>
    origin === undefined ? {} : { 'allow-origin': origin, 'expose-headers': EXPOSED };

  test.each(Object.entries(allowed))('a page of %s is told %s', async (origin, answer) => {
    const first = await preflight(http, origin);
    expect(first.status).toBe(204);
    expect(await told(first)).toEqual({ ...PREFLIGHT_ANSWER, ...permission(answer) });
    const call = { method: 'POST', body: '{"method": "ping"}', headers: { origin } } as const;
    const called = await http.send(undefined, '/api/auth', call);
    expect(called.status).toBe(200);
    expect(await told(called)).toEqual(permission(answer));
    const refused = await http.send(undefined, '/api/documents/some', { headers: { origin } });
    expect(refused.status).toBe(401);
    expect(await told(refused)).toEqual(permission(answer));
  });

  test('a request of no page is told nothing, and served', async () => {
    const response = await http.send(undefined, '/healthz');
    expect([response.status, await told(response)]).toEqual([200, {}]);
  });

  test('a cache keeps the answers of origins apart where they differ', async () => {
    const named = corsOrigins.length > 0 && !(corsOrigins as readonly string[]).includes('*');
    const body = '{"method": "ping"}';
    const answer = await http.send(undefined, '/api/auth', { method: 'POST', body, headers: { origin: APP } });
    expect(answer.headers.get('vary')).toBe(named ? 'Origin, Accept-Encoding' : 'Accept-Encoding');
    const probe = await http.send(undefined, '/healthz');
    expect(probe.headers.get('vary')).toBe(named ? 'Origin' : null);
  });
});

test('an origin is one to the letter: neither what begins with it nor what ends with it', async () => {
  const listener = await OwnListener.start(server, {}, { http: { corsOrigins: [APP] } });
  const http = new TestHttp(listener.address);
  for (const other of [`${APP}.evil.example`, `${APP}:8443`, APP.replace('https', 'http'), `${APP}/`, 'null'])
    expect([other, (await preflight(http, other)).headers.get('access-control-allow-origin')]).toEqual([other, null]);
  await listener.stop();
});
