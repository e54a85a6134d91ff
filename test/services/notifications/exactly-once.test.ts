/**
 * A reader that goes on from its cursor gets every event once and in order, though its connection breaks a hundred times at any
 * moment, many write at once, and two servers share the database.
 */
import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { Notification } from '#gen/notifications_types';
import { NotificationType } from '#gen/notifications_types';
import { type ClientConnection, ConnectionLost, connect } from '../../../src/client/connect.ts';
import { type RunningServer, startServer } from '../../../src/server/server.ts';
import { logInAdmin, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

const KILLS = 100;
const WRITERS = 4;

let server: TestServer;
let other: RunningServer;
let admin: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  other = await startServer(
    { store: server.settings, host: '127.0.0.1', port: 0, version: 'test' },
    { logger: pino({ level: 'silent' }), clock: server.clock },
  );
});
afterAll(async () => {
  await other.stop();
  await server.stop();
});

const addresses = () => [server.address, { host: other.host, port: other.port }];

const opened = async (address: { host: string; port: number }): Promise<ClientConnection> => {
  const connection = await connect(address);
  await connection.service('AuthenticationService').authenticate(admin.token);
  return connection;
};

/** Creates and closes jobs until it is told to stop. @returns what it did, in order */
async function write(address: { host: string; port: number }, templateId: string, done: () => boolean) {
  const connection = await opened(address);
  const jobs = connection.service('JobsService');
  const deeds: string[] = [];
  for (let round = 0; !done(); round++) {
    const { jobIds } = await jobs.createJobs(templateId, { numberOfJobs: 1 + (round % 3) });
    deeds.push(...jobIds.map(jobId => `Created ${jobId}`));
    await jobs.closeJobs([jobIds[0]!]);
    deeds.push(`JobUpdated ${jobIds[0]}`);
    await pause(Math.random() * 20);
  }
  await connection.close();
  return deeds;
}

/** A line to a server that breaks when it is told to, whatever is on its way. */
class Line {
  readonly #sockets: Socket[] = [];
  readonly #listener: Server;

  private constructor(listener: Server) {
    this.#listener = listener;
  }

  static async to(server: { host: string; port: number }): Promise<Line> {
    const listener = createServer();
    const line = new Line(listener);
    listener.on('connection', near => {
      const far = createConnection(server);
      for (const socket of [near, far]) {
        line.#sockets.push(socket);
        socket.on('error', () => {});
      }
      near.pipe(far).pipe(near);
    });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return line;
  }

  get address(): { host: string; port: number } {
    return { host: '127.0.0.1', port: (this.#listener.address() as AddressInfo).port };
  }

  cut(): void {
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Polls on, at one server or the other; its connection is broken again and again, and its answers with it. */
class KilledReader {
  readonly got: string[] = [];
  kills = 0;
  cursor = '';

  async begin(): Promise<this> {
    const connection = await opened(server.address);
    const result = await connection.service('NotificationService').poll('', { teamId: admin.teamId }, 0);
    this.cursor = result.cursor;
    await connection.close();
    return this;
  }

  async poll(connection: ClientConnection, timeoutMs: number): Promise<number> {
    const filter = { teamId: admin.teamId, maxEvents: 1 + Math.floor(Math.random() * 20) };
    const { events, cursor } = await connection.service('NotificationService').poll(this.cursor, filter, timeoutMs);
    this.got.push(...events.map(toldOf));
    this.cursor = cursor;
    return events.length;
  }

  /** Until the connection breaks. */
  async session(): Promise<void> {
    const line = await Line.to(addresses()[this.kills % 2]!);
    const connection = await opened(line.address);
    setTimeout(() => line.cut(), Math.random() * 60);
    try {
      for (;;) await this.poll(connection, 1000);
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      this.kills++;
    }
  }
}

const toldOf = ({ msgType, jobId }: Notification): string => `${NotificationType[msgType]} ${jobId}`;

test(`nothing is lost, doubled or out of order when the reader is killed ${KILLS} times`, async () => {
  const template = await publishedTemplate(admin, 'Pump', [step('One')]);
  const readers = await Promise.all([new KilledReader().begin(), new KilledReader().begin()]);
  const isDone = () => readers.every(reader => reader.kills >= KILLS);
  const writing = Array.from({ length: WRITERS }, (_, index) => write(addresses()[index % 2]!, template.id, isDone));
  const reading = readers.map(async reader => {
    while (!isDone()) await reader.session();
  });
  const deeds = await Promise.all(writing);
  await Promise.all(reading);
  const whole = await opened(server.address);
  for (const reader of readers) {
    while ((await reader.poll(whole, 0)) > 0);
    expect(reader.kills).toBeGreaterThanOrEqual(KILLS);
    expect(new Set(reader.got).size).toBe(reader.got.length);
    expect([...reader.got].sort()).toEqual(deeds.flat().sort());
    // Of each writer the order in which it acted.
    for (const own of deeds) expect(reader.got.filter(told => own.includes(told))).toEqual(own);
  }
  expect(readers[0]!.got).toEqual(readers[1]!.got);
  await whole.close();
});
