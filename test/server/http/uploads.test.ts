/** Uploads while they run: what others see of them, what is left when they break off, and what a refusal leaves of the connection. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { answered, expectHttpRefusal, TestHttp } from '../../support/http.ts';
import { newJob } from '../../support/jobs.ts';
import { contents, expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logInAdmin, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

const MB = 1024 * 1024;
const CHUNK = 256 * 1024;

let server: TestServer;
let http: TestHttp;
let admin: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  http = new TestHttp(server.address);
  admin = await logInAdmin(server);
});
afterEach(() => {
  expect(server.log.filter(({ outcome }) => outcome === 'internal-error')).toEqual([]);
});
afterAll(() => server.stop());

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
    // SQLite answers at once: without this, nothing else had its turn.
    await new Promise(resolve => setImmediate(resolve));
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

test.each([
  ['/api/documents', 'teamId'],
  ['/api/documents', 'name'],
  ['/api/attachments', 'jobId'],
  ['/api/attachments', 'alias'],
  ['/api/attachments', 'folder'],
  ['/api/attachments', 'stepId'],
  ['/api/attachments', 'name'],
])('U+0000 in an address is refused before anything is received: %s?%s=', async (path, parameter) => {
  const { id: jobId } = await newJob(admin, [step('One')]);
  const query = new URLSearchParams({ jobId, [parameter]: 'a\0b' });
  await expectNothingWritten(server, () =>
    expectHttpRefusal(
      http.upload(admin, `${path}?${query}`, 'bytes'),
      400,
      'invalid-argument',
      new RegExp(`^${parameter}: has the character U\\+0000 at 1;`),
    ),
  );
  await answered(http.upload(admin, `/api/attachments?jobId=${jobId}&alias=ab`, 'bytes'));
});
