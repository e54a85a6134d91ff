/** The functions of the interface that this version does not serve yet: how each of them answers. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import type { ClientConnection } from '../../src/client/connect.ts';
import { type IdlType, idl } from '../../src/server/idl.ts';
import type { ServiceName } from '../../src/services/generated.ts';
import { notBuilt } from '../../src/services/not-built.ts';
import { expectRefusal } from '../support/refusals.ts';
import { logInAdmin } from '../support/seed.ts';
import { TestServer } from '../support/server.ts';

let server: TestServer;
let loggedIn: ClientConnection;
let stranger: ClientConnection;

beforeAll(async () => {
  server = await TestServer.start();
  loggedIn = (await logInAdmin(server)).connection;
  stranger = await server.connect();
});
afterAll(() => server.stop());

const functions = Object.entries(notBuilt).flatMap(([service, names]) =>
  names.map(name => ({ service: service as ServiceName, name: name as string })),
);

const call = (connection: ClientConnection, service: ServiceName, name: string): Promise<unknown> => {
  const client = connection.service(service) as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  return client[name]!(...idl.services[service]!.functions[name]!.arguments.map(({ type }) => some(type)));
};

/** A small value that fits a type. */
function some(type: IdlType): unknown {
  if (type === 'string') return 'x';
  if (type === 'bool') return true;
  if (type === 'binary') return Buffer.from('x');
  if (typeof type === 'string') return 1;
  if ('enum' in type) return Object.values(idl.enums[type.enum]!)[0];
  if ('list' in type || 'set' in type) return [];
  if ('map' in type) return {};
  const { kind, fields } = idl.structs[type.struct]!;
  const needed = kind === 'union' ? fields.slice(0, 1) : fields.filter(field => field.required === 'required');
  return Object.fromEntries(needed.map(field => [field.name, some(field.type)]));
}

describe.each(functions)('$service.$name', ({ service, name }) => {
  test('answers 421 not-implemented and names itself', async () => {
    const { details } = await expectRefusal(
      call(loggedIn, service, name),
      ErrorCode.UNSUPPORTED_VERSION,
      'not-implemented',
      new RegExp(`^${service}\\.${name}: `),
    );
    expect(details).toEqual({ function: `${service}.${name}` });
  });

  test('answers 401 to a caller without a token', async () => {
    await expectRefusal(call(stranger, service, name), ErrorCode.UNAUTHORIZED, 'not-logged-in', /call login/);
  });
});

test('a function that is not built and one that is answer on the same connection one after the other', async () => {
  await expectRefusal(
    loggedIn.service('FormulaService').getOperations('x'),
    ErrorCode.UNSUPPORTED_VERSION,
    'not-implemented',
  );
  expect(await loggedIn.service('AuthenticationService').ping()).toBe('test');
});
