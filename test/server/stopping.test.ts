/** The end of a server: what runs is answered, nothing more is taken, and whoever waits too long is let go. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TestServer } from '../support/server.ts';
import { OwnListener } from './own-listener.ts';
import { decoded, framed, message, RawConnection } from './raw.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

/** A listener whose ping waits at a gate. */
async function gated(): Promise<{
  listener: OwnListener;
  entered: Promise<void>;
  open: () => void;
  pings: () => number;
}> {
  let open = (): void => {};
  let enter = (): void => {};
  let pings = 0;
  const gate = new Promise<void>(resolve => {
    open = resolve;
  });
  const entered = new Promise<void>(resolve => {
    enter = resolve;
  });
  const ping = async (): Promise<string> => {
    pings++;
    enter();
    await gate;
    return 'late';
  };
  const listener = await OwnListener.start(server, { AuthenticationService: { ping } });
  return { listener, entered, open, pings: () => pings };
}

const ping = (seqid: number): Buffer => framed(message('AuthenticationService:ping', undefined, { seqid }));

test('a call that runs when the server is stopped is answered first, and none behind it is taken', async () => {
  const { listener, entered, open, pings } = await gated();
  const raw = await RawConnection.open(listener.address);
  raw.send(Buffer.concat([ping(1), ping(2)]));
  await entered;
  const stopped = listener.stop(60_000);
  open();
  expect(decoded(await raw.answer())).toMatchObject({ kind: 'reply', seqid: 1 });
  expect(await raw.ended()).toEqual([]);
  await stopped;
  expect(pings()).toBe(1);
});

test('a call that outlasts the grace is left alone, and its connection ends', async () => {
  const { listener, entered, open } = await gated();
  const raw = await RawConnection.open(listener.address);
  raw.send(ping(1));
  await entered;
  await listener.stop(0);
  expect(await raw.ended()).toEqual([]);
  open();
});

test('connections without a call end at once, and nobody can connect any more', async () => {
  const { listener } = await gated();
  const idle = await RawConnection.open(listener.address);
  const half = await RawConnection.open(listener.address);
  half.send(ping(1).subarray(0, 9));
  await listener.stop(60_000);
  expect(await idle.ended()).toEqual([]);
  expect(await half.ended()).toEqual([]);
  await expect(RawConnection.open(listener.address)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a server starts again on the database of the one that was stopped, and knows its tokens', async () => {
  const first = await TestServer.start();
  const { service } = await first
    .connect()
    .then(connection => ({ service: connection.service('AuthenticationService') }));
  const { authToken, currentUser } = await service.login('admin@example.org', 'administrators-password', {});
  await first.restart();
  const again = await first.connect();
  const login = await again.service('AuthenticationService').authenticate(authToken);
  expect(login.currentUser.id).toBe(currentUser.id);
  await first.stop();
});

test('a port that is taken is refused with its error, and the server that has it goes on', async () => {
  const { startServer } = await import('../../src/server/server.ts');
  const { pino } = await import('pino');
  const started = startServer(
    { store: server.settings, host: server.address.host, port: server.address.port, version: 'test' },
    { logger: pino({ level: 'silent' }) },
  );
  await expect(started).rejects.toMatchObject({ code: 'EADDRINUSE' });
  const connection = await server.connect();
  expect(await connection.service('AuthenticationService').ping()).toBe('test');
});

test('when the second of its ports is taken, the first is given back', async () => {
  const { startServer } = await import('../../src/server/server.ts');
  const { pino } = await import('pino');
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as AddressInfo;
  await new Promise(resolve => free.close(resolve));
  const { host, port: httpPort } = server.address;
  const started = startServer(
    { store: server.settings, host, port, httpPort, version: 'test' },
    { logger: pino({ level: 'silent' }) },
  );
  await expect(started).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await expect(once(connect(port, host), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('stopping is not disturbed by a client that went away in the middle of its call', async () => {
  const { listener, entered, open } = await gated();
  const raw = await RawConnection.open(listener.address);
  raw.send(ping(1));
  await entered;
  raw.socket.resetAndDestroy();
  await once(raw.socket, 'close');
  open();
  await listener.stop(60_000);
});
