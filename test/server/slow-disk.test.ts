/**
 * A server on a slow disk, simulated: each flush of the embedded database takes 5 ms longer. Calls that come at once share flushes,
 * and each is answered only when it is on the disk.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { systemClock } from '../../src/base/clock.ts';
import { uuids } from '../../src/base/ids.ts';
import { type ClientConnection, connect } from '../../src/client/connect.ts';
import { firstStart } from '../../src/engine/first-start.ts';
import { type RunningServer, startServer } from '../../src/server/server.ts';
import { ADMIN } from '../support/server.ts';
import { step } from '../support/trees.ts';

const WRITERS = 32;
const CALLS = 10;

let folder: string;
let server: RunningServer;
let connections: ClientConnection[];
let flushes = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jobwright-test-'));
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const onFlush = () => {
    flushes++;
    Atomics.wait(pause, 0, 0, 5);
  };
  server = await startServer(
    {
      store: { engine: 'sqlite', file: join(folder, 'jobwright.db'), synchronous: 'FULL', onFlush },
      host: '127.0.0.1',
      port: 0,
      version: 'test',
    },
    { logger: pino({ level: 'silent' }) },
  );
  await firstStart(server.store, systemClock.now(), uuids, ADMIN);
  connections = await Promise.all(Array.from({ length: WRITERS }, () => connect(server)));
  const [first] = connections as [ClientConnection];
  const { authToken } = await first.service('AuthenticationService').login(ADMIN.email, ADMIN.password, {});
  for (const connection of connections) await connection.service('AuthenticationService').authenticate(authToken);
});
afterAll(async () => {
  await Promise.all(connections.map(connection => connection.close()));
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

test('calls of 32 connections share flushes: less than one for five calls', async () => {
  const [first] = connections as [ClientConnection];
  const teamId = (await first.service('TeamService').index())[0]!.id;
  const templates = first.service('JobTemplateService');
  const { id, stepGroup } = await templates.create(teamId, { title: 'Rounds' }, []);
  await templates.acquireLock(id);
  await templates.addStepModular(id, stepGroup.id, step('Look'), -1, false);
  await templates.publish(id);
  flushes = 0;
  const work = async (connection: ClientConnection) => {
    const ids: string[] = [];
    for (let n = 0; n < CALLS; n++) ids.push(...(await connection.service('JobsService').createJobs(id, {})).jobIds);
    return ids;
  };
  const made = (await Promise.all(connections.map(work))).flat();
  expect(new Set(made).size).toBe(WRITERS * CALLS);
  expect(flushes).toBeLessThan((WRITERS * CALLS) / 5);
  expect(flushes).toBeGreaterThan(0);
});
