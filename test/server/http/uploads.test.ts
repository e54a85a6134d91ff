/** Uploads while they run: what others see of them, what is left when they break off, and what they take of the memory. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Document } from '#gen/document_types';
import { fileRoutes } from '../../../src/server/http/files.ts';
import { expectHttpRefusal, TestHttp } from '../../support/http.ts';
import { contents, rowsOf } from '../../support/rows.ts';
import { logInAdmin, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

const MB = 1024 * 1024;
const CHUNK = 256 * 1024;

let server: TestServer;
let http: TestHttp;
let admin: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  http = await TestHttp.start(server, fileRoutes(server.store, 100 * MB));
  admin = await logInAdmin(server);
});
afterEach(() => {
  expect(http.faults).toEqual([]);
});
afterAll(async () => {
  await http.stop();
  await server.stop();
});

/** A request for an upload whose body is still to be written. */
function begun(headers: Record<string, string>): ClientRequest {
  const { hostname, port } = new URL(http.origin);
  const path = '/api/documents?name=large';
  const sent = { authorization: `Bearer ${admin.token}`, ...headers };
  const upload = request({ hostname, port, path, method: 'POST', headers: sent, agent: false });
  upload.on('error', () => {});
  return upload;
}

/** Resolves when the rows are as wanted; the server works on meanwhile. */
async function whenUploads(wanted: (received: number[]) => boolean): Promise<void> {
  for (;;) {
    const uploads = await rowsOf(server, 'file_uploads');
    if (wanted(uploads.map(row => row.received))) return;
  }
}

const FORM = { 'content-type': 'multipart/form-data; boundary=b' };
const FORM_HEAD = '--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n';

describe.each([
  ['a raw body', { 'content-length': String(50 * MB) }, ''],
  ['a raw body of unknown length', {}, ''],
  ['a form', FORM, FORM_HEAD],
])('an upload as %s', (_, headers, head) => {
  test('is seen by nobody while it runs, and leaves nothing when the client goes away', async () => {
    const before = await contents(server);
    const upload = begun(headers);
    upload.write(head);
    upload.write(randomBytes(3 * CHUNK + 1));
    await whenUploads(([received = 0]) => received >= 3 * CHUNK - 100);
    const [row] = await rowsOf(server, 'file_uploads');
    await expectHttpRefusal(http.send(admin, `/api/documents/${row!.upload_id}`), 404, 'document-not-found');
    expect((await contents(server)).file_bodies).toEqual(before.file_bodies);
    upload.destroy();
    await whenUploads(rows => rows.length === 0);
    expect(await contents(server)).toEqual(before);
  });
});

test('while an upload waits for its client, others write', async () => {
  const upload = begun({});
  upload.write(randomBytes(2 * CHUNK));
  await whenUploads(([received]) => received === 2 * CHUNK);
  await admin.templates.create(admin.teamId, { title: 'Written meanwhile' }, []);
  upload.end();
  const [response] = await once(upload, 'response');
  expect(response.statusCode).toBe(200);
  response.resume();
});

test('a refused upload leaves its connection to the next request', async () => {
  const large = Buffer.alloc(20 * MB);
  for (let round = 0; round < 3; round++) {
    const body = ReadableStream.from([large]) as never;
    const refused = http.upload(admin, '/api/documents?name=', body);
    await expectHttpRefusal(refused, 400, 'invalid-argument', /^name: ""/);
    await expectHttpRefusal(http.send(admin, '/api/documents/nowhere'), 404, 'document-not-found');
  }
});

/** The bytes that the process holds outside of its heap, and all that it holds, at most while `act` runs. */
async function peakDuring<T>(act: () => Promise<T>): Promise<{ result: T; rss: number; buffers: number }> {
  const peak = { rss: 0, buffers: 0 };
  const look = () => {
    const { rss, arrayBuffers } = process.memoryUsage();
    peak.rss = Math.max(peak.rss, rss);
    peak.buffers = Math.max(peak.buffers, arrayBuffers);
  };
  const before = process.memoryUsage();
  const timer = setInterval(look, 5);
  const result = await act().finally(() => clearInterval(timer));
  return { result, rss: peak.rss - before.rss, buffers: peak.buffers - before.arrayBuffers };
}

const piece = randomBytes(64 * 1024);

async function uploadOf(bytes: number): Promise<Document> {
  const upload = begun({});
  const answer = once(upload, 'response');
  await pipeline(async function* () {
    for (let sent = 0; sent < bytes; sent += piece.length) {
      piece.writeUInt32BE(sent);
      yield Buffer.from(piece);
    }
  }, upload);
  const [response] = await answer;
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString());
}

async function lengthOfDownload(id: string): Promise<number> {
  const response = await http.send(admin, `/api/documents/${id}`);
  let length = 0;
  for await (const part of response.body!) length += part.length;
  return length;
}

test('100 MB go in and out through less than 32 MB of memory', async () => {
  // What the first large file makes the process keep for all that follow.
  const first = await uploadOf(20 * MB);
  expect(await lengthOfDownload(first.id)).toBe(20 * MB);
  const upload = await peakDuring(() => uploadOf(100 * MB));
  expect(upload.result.size).toBe(100 * MB);
  const download = await peakDuring(() => lengthOfDownload(upload.result.id));
  expect(download.result).toBe(100 * MB);
  for (const peak of [upload, download]) {
    expect(peak.buffers).toBeLessThan(32 * MB);
    expect(peak.rss).toBeLessThan(32 * MB);
  }
});
