/** Maps whose keys are what every object has: they come back as they went, or are refused by name. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TestHttp } from '../../support/http.ts';
import { logInAdmin, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { OwnListener } from '../own-listener.ts';
import { args, decoded, framed, message, RawConnection, resultIn } from '../raw.ts';
import { notations } from './bytes.ts';

const ROUND_TRIPPING = ['constructor', 'toString', 'valueOf', 'isPrototypeOf', '__defineGetter__', '', 'a key'];
const REFUSED = '__proto__';

let server: TestServer;
let admin: TestUser;
let listener: OwnListener;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  const resolve = async (_call: unknown, requests: object) =>
    Object.fromEntries(Object.keys(requests).map(key => [key, true]));
  listener = await OwnListener.start(server, { AbacService: { resolve } });
});
afterAll(async () => {
  await listener.stop();
  await server.stop();
});

const requestsBy = (keys: readonly string[]) => Object.fromEntries(keys.map(key => [key, {} as never]));

test.each(['binary', 'compact', 'json'] as const)('%s carries what an object has of itself', async protocol => {
  const connection = await listener.connect({ protocol });
  await connection.service('AuthenticationService').authenticate(admin.token);
  const resolved = await connection.service('AbacService').resolve(requestsBy(ROUND_TRIPPING));
  expect(Object.keys(resolved).sort()).toEqual([...ROUND_TRIPPING].sort());
  await connection.close();
});

test.each(notations)('$name: what no library can read is refused', async ({ stock: protocol }) => {
  const raw = await RawConnection.open(listener.address);
  const authenticate = args('AuthenticationService', 'authenticate', { token: admin.token });
  raw.send(framed(message('AuthenticationService:authenticate', authenticate, { protocol })));
  await raw.answer();
  // No client in JavaScript writes such a key: it stands in the place of one that is as long.
  const standIn = 'x'.repeat(REFUSED.length);
  const asked = args('AbacService', 'resolve', { abacResolutionRequests: requestsBy([standIn]) });
  const sent = message('AbacService:resolve', asked, { protocol });
  sent.write(REFUSED, sent.indexOf(standIn), 'latin1');
  raw.send(framed(sent));
  expect(resultIn('AbacService', decoded(await raw.answer(), protocol)).err).toMatchObject({
    slug: 'invalid-argument',
    message: 'abacResolutionRequests key: __proto__ cannot be a key; choose another name',
  });
  raw.close();
});

test('plain JSON', async () => {
  const http = new TestHttp(listener.address);
  const resolved = async (keys: readonly string[]) => {
    const body = `{"method": "resolve", "arguments": {"abacResolutionRequests": {${keys.map(key => `"${key}": {}`).join()}}}}`;
    const response = await http.send(admin, '/api/abac', { method: 'POST', body });
    return ((await response.json()) as { result: { success: object } }).result;
  };
  expect(Object.keys((await resolved(ROUND_TRIPPING)).success).sort()).toEqual([...ROUND_TRIPPING].sort());
  for (const key of [REFUSED, 'hasOwnProperty']) {
    expect(await resolved([key])).toMatchObject({
      err: { slug: 'invalid-argument', message: expect.stringContaining(key) },
    });
  }
});
