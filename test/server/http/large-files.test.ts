/** What a large file takes of the server's memory on its way in and out. The server is a process of its own, so that nothing else counts. */
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Document } from '#gen/document_types';
import { connect } from '../../../src/client/connect.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { metricIn, TestHttp } from '../../support/http.ts';
import { type ServerProcess, serve } from '../../support/process.ts';
import { ADMIN } from '../../support/server.ts';

const MB = 1024 * 1024;

let database: TestDatabase;
let server: ServerProcess;
let http: TestHttp;
let authorization: string;

beforeAll(async () => {
  database = await freshDatabase();
  server = await serve(database.settings, {
    JOBWRIGHT_ADMIN_EMAIL: ADMIN.email,
    JOBWRIGHT_ADMIN_PASSWORD: ADMIN.password,
    NODE_OPTIONS: `--import ${new URL('../../support/collecting.ts', import.meta.url).href}`,
  });
  http = new TestHttp(server.address);
  const connection = await connect(server.address);
  const { authToken } = await connection.service('AuthenticationService').login(ADMIN.email, ADMIN.password, {});
  authorization = `Bearer ${authToken}`;
  await connection.close();
});
afterAll(async () => {
  await server.end('SIGKILL');
  await database.drop();
});

/**
 * Bytes that the server holds in objects and buffers. What the system has given to the process is no measure: garbage is let lie
 * until there are tens of megabytes of it, whatever the size of the file.
 */
async function held(): Promise<number> {
  const metrics = await http.text('/metrics');
  return metricIn(metrics, 'nodejs_heap_size_used_bytes') + metricIn(metrics, 'nodejs_external_memory_bytes');
}

/** The most that was held whenever somebody looked. */
class Peak {
  bytes = 0;

  async look(): Promise<void> {
    this.bytes = Math.max(this.bytes, await held());
  }
}

const LOOK_EVERY = 10 * MB;

async function upload(size: number, peak: Peak): Promise<Document> {
  const headers = { authorization, 'content-type': 'application/octet-stream' };
  const sending = request(`${http.origin}/api/documents?name=large`, { method: 'POST', headers, agent: false });
  const answer = once(sending, 'response') as Promise<[IncomingMessage]>;
  await pipeline(async function* () {
    for (let sent = 0; sent < size; sent += 64 * 1024) {
      if (sent % LOOK_EVERY === 0) await peak.look();
      yield randomFillSync(Buffer.allocUnsafe(64 * 1024));
    }
  }, sending);
  const [response] = await answer;
  return JSON.parse(Buffer.concat(await response.toArray()).toString());
}

/** @returns how many bytes came */
async function download(id: string, peak: Peak): Promise<number> {
  const asking = request(`${http.origin}/api/documents/${id}`, { headers: { authorization }, agent: false }).end();
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  let length = 0;
  let looked = 0;
  for await (const part of response) {
    length += part.length;
    if (length - looked < LOOK_EVERY) continue;
    looked = length;
    await peak.look();
  }
  return length;
}

async function inAndOut(size: number): Promise<Peak> {
  const peak = new Peak();
  const document = await upload(size, peak);
  expect(document.size).toBe(size);
  expect(await download(document.id, peak)).toBe(size);
  return peak;
}

test('100 MB go in and out with less than 4 MB of them held at any time', async () => {
  // What the first file makes the process keep for all that follow: connections, statements, code.
  await inAndOut(10 * MB);
  const before = await held();
  const peak = await inAndOut(100 * MB);
  expect(peak.bytes).toBeGreaterThan(0);
  expect(peak.bytes - before).toBeLessThan(4 * MB);
});
