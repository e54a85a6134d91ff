/**
 * The client for Node: many calls on one connection, each with its own answer; and whatever becomes of the connection, every call
 * is settled and the process lives.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import thrift, { type TProtocol } from 'thrift';
import { ErrorCode, SystemException } from '#gen/common_types';
import { type ClientConnection, ConnectionLost, connect } from '../../src/client/connect.ts';
import { OwnListener } from '../server/own-listener.ts';
import { framed, lengthOnly, message } from '../server/raw.ts';
import { logInAdmin, type TestUser } from '../support/seed.ts';
import { TestServer } from '../support/server.ts';

let server: TestServer;
let admin: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
});
afterAll(() => server.stop());

const errorOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    value => {
      throw new Error(`expected a failure, not ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );

describe.each(['binary', 'compact'] as const)('over %s', protocol => {
  test('calls of several services at once get each their own answer', async () => {
    const connection = await server.connect({ protocol });
    await connection.service('AuthenticationService').authenticate(admin.token);
    const templates = connection.service('JobTemplateService');
    const titles = Array.from({ length: 20 }, (_, index) => `Template ${index}`);
    const made = await Promise.all([
      ...titles.map(title => templates.create(admin.teamId, { title }, [])),
      connection.service('AuthenticationService').ping(),
      connection.service('TeamService').get(admin.teamId),
    ]);
    expect(made.slice(0, 20)).toMatchObject(titles.map(title => ({ title })));
    expect(made[20]).toBe('test');
    expect(made[21]).toMatchObject({ id: admin.teamId });
  });

  test('a declared error is the rejection of its own call alone', async () => {
    const connection = await server.connect({ protocol });
    await connection.service('AuthenticationService').authenticate(admin.token);
    const templates = connection.service('JobTemplateService');
    const [missing, made] = await Promise.all([
      errorOf(templates.get('nothing')),
      templates.create(admin.teamId, { title: 'Beside an error' }, []),
    ]);
    expect(missing).toBeInstanceOf(SystemException);
    expect(missing).toMatchObject({ errorCode: ErrorCode.NOT_FOUND });
    expect(made.title).toBe('Beside an error');
  });

  test('arguments that cannot be written are the rejection of their own call alone', async () => {
    const connection = await server.connect({ protocol });
    const auth = connection.service('AuthenticationService');
    const error = await errorOf(auth.login('ana@example.org', { no: 'text' } as never, {}));
    expect((error as Error).message).toMatch(/neither a text nor bytes/);
    expect(await auth.ping()).toBe('test');
  });
});

test('the client of a service is the same one each time', async () => {
  const connection = await server.connect();
  expect(connection.service('JobsService')).toBe(connection.service('JobsService'));
});

test('a connection to where nobody listens is refused with the address', async () => {
  const { host, port } = await deserted();
  await expect(connect({ host, port })).rejects.toMatchObject({ code: 'ECONNREFUSED', port });
});

describe('when the connection ends', () => {
  test('because the server stops, the calls that wait for an answer are rejected with ConnectionLost', async () => {
    let entered = (): void => {};
    const running = new Promise<void>(resolve => {
      entered = resolve;
    });
    const never = (): Promise<never> => {
      entered();
      return new Promise(() => {});
    };
    const listener = await OwnListener.start(server, { AuthenticationService: { ping: never } });
    const connection = await listener.connect();
    const waiting = [
      errorOf(connection.service('AuthenticationService').ping()),
      errorOf(connection.service('AuthenticationService').ping()),
      errorOf(connection.service('JobTemplateService').get('x')),
      errorOf(connection.service('JobsService').getJob('x', {})),
    ];
    await running;
    await listener.stop(0);
    for (const error of await Promise.all(waiting)) {
      expect(error).toBeInstanceOf(ConnectionLost);
      expect((error as Error).message).toMatch(/ended before the answer came/);
    }
  });

  test('calls made afterwards are rejected with ConnectionLost too', async () => {
    const connection = await server.connect();
    expect(await connection.service('AuthenticationService').ping()).toBe('test');
    await connection.close();
    const error = await errorOf(connection.service('AuthenticationService').ping());
    expect(error).toBeInstanceOf(ConnectionLost);
    expect((error as Error).message).toMatch(/is closed/);
  });

  test('closing it twice is no error', async () => {
    const connection = await server.connect();
    await connection.close();
    await connection.close();
  });
});

describe('a peer that is no Thrift server', () => {
  let peer: Server | undefined;
  let connection: ClientConnection | undefined;

  afterEach(async () => {
    await connection?.close();
    peer?.close();
  });

  /** A server that answers the first packet with these bytes and hangs up. */
  const against = async (answer: Buffer): Promise<ClientConnection> => {
    peer = createServer((socket: Socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(answer));
    }).listen(0, '127.0.0.1');
    await once(peer, 'listening');
    const { port } = peer.address() as AddressInfo;
    connection = await connect({ host: '127.0.0.1', port });
    return connection;
  };

  const tooLarge = {
    write(output: TProtocol): void {
      output.writeFieldBegin('success', thrift.Thrift.Type.STRUCT, 0);
      output.writeFieldBegin('expiresAt', thrift.Thrift.Type.I64, 1001);
      output.writeI64({ buffer: Buffer.from('7fffffffffffffff', 'hex') } as never);
      output.writeFieldStop();
      output.writeFieldStop();
    },
  };
  const reply = (name: string, body: { write(output: TProtocol): void }): Buffer =>
    framed(message(name, body, { type: thrift.Thrift.MessageType.REPLY, seqid: 1 }));

  test.each([
    ['a web page', Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: keep-alive\r\n\r\n')],
    ['a frame of -1 bytes', lengthOnly(-1)],
    ['a frame of rubbish', framed(Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]))],
    ['an answer to a function that there is not', reply('noSuchFunction', { write: () => {} })],
    ['an answer cut off', framed(message('login', { write: () => {} }, { type: 2, seqid: 1 }))],
  ])('that sends %s fails the call that waits, not the process', async (_what, bytes) => {
    const auth = (await against(bytes)).service('AuthenticationService');
    const error = await errorOf(auth.login('ana@example.org', 'anas-long-password', {}));
    expect(error).toBeInstanceOf(Error);
  });

  test('that sends a 64-bit integer which no number holds is heard: it comes as the text of its digits', async () => {
    const auth = (await against(reply('login', tooLarge))).service('AuthenticationService');
    const { expiresAt } = await auth.login('ana@example.org', 'anas-long-password', {});
    expect(expiresAt).toBe('9223372036854775807');
  });

  test('that answers what nobody asked is not listened to', async () => {
    const unasked = framed(message('ping', { write: o => o.writeFieldStop() }, { type: 2, seqid: 77 }));
    const auth = (await against(unasked)).service('AuthenticationService');
    expect(await errorOf(auth.ping())).toBeInstanceOf(ConnectionLost);
  });
});

/** An address where somebody listened a moment ago, and nobody does now. */
async function deserted(): Promise<{ host: string; port: number }> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return { host: '127.0.0.1', port };
}
