/** TLS: which certificates clients must show, HTTPS on the ports of everything else, and handshakes that come to nothing. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Limits } from '../../src/server/limits.ts';
import { TestHttp } from '../support/http.ts';
import { TestServer } from '../support/server.ts';
import { Authority, type Certified } from './certificates.ts';
import { OwnListener } from './own-listener.ts';
import { decoded, framed, message, RawConnection } from './raw.ts';

let server: TestServer;
let ours: Authority;
let theirs: Authority;
let own: Certified;
let good: Certified;
let foreign: Certified;

beforeAll(async () => {
  server = await TestServer.start();
  [ours, theirs] = [new Authority('Plant'), new Authority('Somebody')];
  own = ours.certify('server');
  good = ours.certify('client');
  foreign = theirs.certify('stranger');
});
afterAll(async () => {
  ours.forget();
  theirs.forget();
  await server.stop();
});

const withoutClients = () => ({ certificate: own.cert, key: own.key, clientCertificateRequired: false });
const withClients = (clientCertificateRequired: boolean) => ({
  certificate: own.cert,
  key: own.key,
  clientAuthorities: ours.certificate,
  clientCertificateRequired,
});

const secured = (
  tls: ReturnType<typeof withClients> | ReturnType<typeof withoutClients>,
  limits: Partial<Limits> = {},
) => OwnListener.start(server, {}, { tls, httpPort: 0, limits });

/** The text of an answer over HTTPS. */
async function get(port: number, path: string, shown: ConnectionOptions = {}): Promise<string> {
  const asking = request({ host: '127.0.0.1', port, path, ca: ours.certificate, agent: false, ...shown }).end();
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  return String(Buffer.concat(await response.toArray()));
}

/** What a Thrift client over TLS is answered. */
async function ping(listener: OwnListener, shown: ConnectionOptions = {}): Promise<string> {
  const connection = await listener.connect({ tls: { ca: ours.certificate, ...shown } });
  return connection
    .service('AuthenticationService')
    .ping()
    .finally(() => connection.close());
}

describe('with a certificate, a port takes', () => {
  let listener: OwnListener;
  beforeAll(async () => {
    listener = await secured(withoutClients());
  });
  afterAll(() => listener.stop());

  test('Thrift over TLS and HTTPS on one, and HTTPS on the one for HTTP', async () => {
    expect(await ping(listener)).toBe('test');
    expect(await get(listener.address.port, '/healthz')).toBe('alive\n');
    expect(await get(listener.httpPort!, '/healthz')).toBe('alive\n');
  });

  test('plain Thrift and plain HTTP as without', async () => {
    const plain = await listener.connect();
    expect(await plain.service('AuthenticationService').ping()).toBe('test');
    await plain.close();
    expect(await new TestHttp(listener.address).text('/healthz')).toBe('alive\n');
    expect(await new TestHttp({ host: '127.0.0.1', port: listener.httpPort! }).text('/healthz')).toBe('alive\n');
  });

  test('calls with a body over HTTPS, and several requests of one connection', async () => {
    const socket = connectTls({ ...listener.address, ca: ours.certificate });
    await once(socket, 'secureConnect');
    const body = '{"method": "ping"}';
    const call = `POST /api/auth HTTP/1.1\r\nHost: test\r\nContent-Length: ${body.length}\r\n`;
    socket.write(`${call}\r\n${body}${call}Connection: close\r\n\r\n${body}`);
    const text = String(Buffer.concat(await socket.toArray()));
    expect(text.match(/\{"method":"ping","result":\{"success":"test"\}\}/g)).toHaveLength(2);
  });

  test('many messages in one piece over TLS, each answered in its turn', async () => {
    const socket = connectTls({ ...listener.address, ca: ours.certificate });
    await once(socket, 'secureConnect');
    const pings = [1, 2, 3].map(seqid => framed(message('AuthenticationService:ping', undefined, { seqid })));
    socket.end(Buffer.concat(pings));
    const answers = Buffer.concat(await socket.toArray());
    const first = decoded(answers.subarray(4, 4 + answers.readInt32BE(0)));
    expect(first).toMatchObject({ kind: 'reply', seqid: 1 });
    expect(answers.length).toBe(3 * (4 + answers.readInt32BE(0)));
  });

  test('nobody who trusts another authority', async () => {
    await expect(ping(listener, { ca: theirs.certificate })).rejects.toThrow(/certificate/);
  });
});

describe.each([
  ['optional', false, { nobody: true, good: true, foreign: false }],
  ['required', true, { nobody: false, good: true, foreign: false }],
] as const)('when client certificates are %s', (_which, required, served) => {
  let listener: OwnListener;
  beforeAll(async () => {
    listener = await secured(withClients(required));
  });
  afterAll(() => listener.stop());

  const refusals = async (): Promise<number> =>
    Number(/reason="tls"\} (\d+)/.exec(await get(listener.address.port, '/metrics', good))?.[1] ?? 0);

  test(`a client without TLS is ${required ? 'closed' : 'served'}`, async () => {
    const before = await refusals();
    const plain = fetch(`http://127.0.0.1:${listener.address.port}/healthz`).then(response => response.text());
    const pinged = listener.connect().then(async connection => {
      const version = await connection.service('AuthenticationService').ping();
      await connection.close();
      return version;
    });
    const outcomes = await Promise.allSettled([plain, pinged]);
    expect(outcomes.map(({ status }) => status)).toEqual(
      required ? ['rejected', 'rejected'] : ['fulfilled', 'fulfilled'],
    );
    expect(await refusals()).toBe(before + (required ? 2 : 0));
  });

  test.each([
    ['none', 'nobody', () => ({})],
    ['one of the authority', 'good', () => good],
    ['one of another', 'foreign', () => foreign],
  ] as const)('a client that shows %s', async (_shows, who, shown) => {
    const before = await refusals();
    if (served[who]) {
      expect(await ping(listener, shown())).toBe('test');
      expect(await get(listener.address.port, '/healthz', shown())).toBe('alive\n');
      expect(await refusals()).toBe(before);
    } else {
      await expect(ping(listener, shown())).rejects.toThrow();
      await expect(get(listener.address.port, '/healthz', shown())).rejects.toThrow();
      expect(await refusals()).toBe(before + 2);
    }
  });
});

describe('a handshake', () => {
  test('with a server that has no certificate is refused in its own words', async () => {
    const plain = await OwnListener.start(server, {});
    await expect(ping(plain)).rejects.toThrow(/handshake failure/);
    expect(await new TestHttp(plain.address).refusals('tls')).toBe(1);
    await plain.stop();
  });

  test('that is none ends its connection alone', async () => {
    const listener = await secured(withoutClients());
    const raw = await RawConnection.open(listener.address);
    raw.send(Buffer.from('160301000a0000000000000000000000', 'hex'));
    await raw.ended();
    expect(await new TestHttp(listener.address).refusals('tls')).toBe(1);
    expect(await ping(listener)).toBe('test');
    await listener.stop();
  });

  test('that stops half-way ends its connection after the time that a message has', async () => {
    const listener = await secured(withoutClients(), { halfMessageMs: 300 });
    const raw = await RawConnection.open(listener.address);
    raw.send(Buffer.from('16030100ff', 'hex'));
    await raw.ended();
    expect(await new TestHttp(listener.address).refusals('tls')).toBe(1);
    await listener.stop();
  });

  test('within TLS is none: its bytes make no sense there', async () => {
    const listener = await secured(withoutClients());
    const socket = connectTls({ ...listener.address, ca: ours.certificate });
    await once(socket, 'secureConnect');
    socket.write(Buffer.from('16030100ff0100000000000000', 'hex'));
    await socket.toArray();
    expect(await new TestHttp(listener.address).refusals('unknown-protocol')).toBe(1);
    await listener.stop();
  });
});
