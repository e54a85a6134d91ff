/** Connections that are opened by the thousand, say things slowly, break off, or never read: the server serves the others. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { args, decoded, framed, message } from '../raw.ts';
import { xorshift } from './bytes.ts';
import { Victim } from './victim.ts';

const HALF_MESSAGE_SECONDS = 2;
const UNREAD_SECONDS = 2;
const CONNECTIONS = 6000;
/** What the server holds for a client that does not read, what the system holds, and one answer more. */
const MOST_UNREAD = 32 * 1024 * 1024;

let victim: Victim;

beforeAll(async () => {
  victim = await Victim.start({
    JOBWRIGHT_MAX_CONNECTIONS_PER_ADDRESS: String(CONNECTIONS),
    JOBWRIGHT_HALF_MESSAGE_SECONDS: String(HALF_MESSAGE_SECONDS),
    JOBWRIGHT_UNREAD_SECONDS: String(UNREAD_SECONDS),
  });
});
afterAll(() => victim.stop());

const ping = framed(message('AuthenticationService:ping'));

/** Opened some at a time: the system's queue of new connections is not what is tried here. */
async function opened(count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const next = Array.from({ length: Math.min(100, count - sockets.length) }, () => createConnection(victim.address));
    for (const socket of next) socket.on('error', () => {});
    await Promise.all(next.map(socket => once(socket, 'connect')));
    sockets.push(...next);
  }
  return sockets;
}

const closed = (sockets: readonly Socket[]) =>
  Promise.all(sockets.map(socket => (socket.closed ? undefined : once(socket.resume(), 'close'))));

async function dropped(sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await closed(sockets);
}

test('random bytes on 300 connections', async () => {
  const random = xorshift(20_240_229);
  await victim.withstands(async () => {
    const sockets = await opened(300);
    for (const socket of sockets)
      socket.end(Buffer.from(Array.from({ length: 1 + (random() % 3000) }, () => random() & 0xff)));
    await pause(100);
    await dropped(sockets);
  });
});

test('half a frame on each of 2,000 connections: the server ends them after their time', async () => {
  await victim.withstands(async () => {
    const sockets = await opened(2000);
    for (const socket of sockets) socket.write(ping.subarray(0, ping.length - 1));
    await closed(sockets);
  });
});

test('a byte at a time, slower than a message may come, on 100 connections', async () => {
  await victim.withstands(async () => {
    const sockets = await opened(100);
    const ended = closed(sockets);
    let sent = 0;
    const timer = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write(ping.subarray(sent, sent + 1));
      sent++;
    }, 300);
    await ended;
    clearInterval(timer);
    expect(sent).toBeLessThan(ping.length);
  });
});

test('5,000 connections that do nothing, and go', async () => {
  await victim.withstands(async () => {
    const sockets = await opened(5000);
    const raw = await victim.open();
    raw.send(ping);
    expect(decoded(await raw.answer()).kind).toBe('reply');
    raw.close();
    await dropped(sockets);
  });
});

/** An answer of some 100 KB. */
const large = () => {
  const templateIds = Array.from({ length: 400 }, (_, n) => `an id that no template has: ${n}`);
  return framed(message('JobTemplateService:fetch', args('JobTemplateService', 'fetch', { templateIds })));
};

test('300 connections that are reset in the middle of their answers', async () => {
  const asked = large();
  await victim.withstands(async () => {
    for (let n = 0; n < 300; n++) {
      const raw = await victim.loggedIn();
      raw.send(asked, asked, asked);
      await raw.answer();
      raw.socket.resetAndDestroy();
    }
  });
});

test('a client that asks for 400 MB and never reads: its requests wait, and it is closed after its time', async () => {
  const asked = large();
  await victim.withstands(async () => {
    const raw = await victim.loggedIn();
    raw.socket.pause();
    const gone = new Promise(resolve => raw.socket.once('close', resolve));
    for (let n = 0; n < 4000; n++) raw.socket.write(asked);
    // A socket that is not read does not hear its end: it reads when the server has had its time.
    await pause(1000 * (UNREAD_SECONDS + 3));
    raw.socket.resume();
    await gone;
    expect(raw.socket.bytesRead).toBeLessThan(MOST_UNREAD);
  });
});

test('half a million calls that want no answer, of a function that is known and of one that is not', async () => {
  const oneway = ['AuthenticationService:ping', 'AuthenticationService:pong'].map(name =>
    framed(message(name, undefined, { type: 4 })),
  );
  const block = Buffer.concat(Array.from({ length: 500 }, () => Buffer.concat(oneway)));
  await victim.withstands(async () => {
    const raw = await victim.open();
    // Whoever wants no answer is told all the same, and does not read it.
    raw.socket.resume();
    for (let n = 0; n < 500; n++) if (!raw.socket.write(block)) await once(raw.socket, 'drain');
    await dropped([raw.socket]);
  });
});
