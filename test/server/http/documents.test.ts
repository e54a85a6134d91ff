/** Documents over HTTP: uploaded whole or not at all, stored once, read as browsers read files. */
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Document } from '#gen/document_types';
import { TeamRole } from '#gen/user_types';
import { answered, expectHttpRefusal, TestHttp } from '../../support/http.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logIn, logInAdmin, newOutsider, newUser, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { OwnListener } from '../own-listener.ts';

const MOST = 3 * 1024 * 1024;
const CHUNK = 256 * 1024;

let server: TestServer;
let listener: OwnListener;
let http: TestHttp;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;
let outsider: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  listener = await OwnListener.start(server, {}, { limits: { fileBytes: MOST } });
  http = new TestHttp(listener.address);
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
  outsider = await newOutsider(server, admin);
});
afterEach(() => {
  expect(listener.log.filter(({ outcome }) => outcome === 'internal-error')).toEqual([]);
});
afterAll(async () => {
  await listener.stop();
  await server.stop();
});

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const digest = (algorithm: string, bytes: Buffer | string) => createHash(algorithm).update(bytes).digest('hex');

const upload = (body: Buffer | string, name = 'notes.txt', type = 'text/plain'): Promise<Document> =>
  answered(http.upload(ana, `/api/documents?name=${encodeURIComponent(name)}`, body, type));

const download = (id: string, headers: Record<string, string> = {}, user = ben) =>
  http.send(user, `/api/documents/${id}`, { headers });

function form(...parts: [field: string, content: string | Buffer, name: string, type: string][]): FormData {
  const data = new FormData();
  for (const [field, content, name, type] of parts) data.append(field, new Blob([content], { type }), name);
  return data;
}

const postForm = (body: FormData, path = '/api/documents') => http.send(ana, path, { method: 'POST', body });

describe('an upload', () => {
  test('as the part "file" of a form answers with the document, and the bytes come back', async () => {
    const body = form(['file', PNG, 'Ventil ölen.png', 'image/png']);
    body.append('comment', 'fields beside it are let be');
    const document = await answered<Document>(postForm(body));
    expect(document).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      mimeType: 'image/png',
      name: 'Ventil ölen.png',
      size: PNG.length,
      teamId: ana.teamId,
      isPending: false,
      md5Checksum: digest('md5', PNG),
      sha256: digest('sha256', PNG),
      uploadedAt: expect.any(Number),
    });
    const response = await download(document.id);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(PNG);
    expect(response.headers.get('content-type')).toBe('image/png');
  });

  test('as a raw body takes its name from the query and its type from Content-Type', async () => {
    const document = await upload('Close the valve.', 'how to.txt', 'Text/Plain; charset=utf-8');
    expect(document).toMatchObject({ name: 'how to.txt', mimeType: 'text/plain', size: 16 });
  });

  test('is what its first bytes say, whatever the client says', async () => {
    expect((await upload(PNG, 'page.html', 'text/html')).mimeType).toBe('image/png');
    expect((await upload('%PDF-1.7\n', 'x', 'text/plain')).mimeType).toBe('application/pdf');
  });

  test('of a format built on another keeps the type that the client says', async () => {
    const zip = Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(60)]);
    const office = 'application/vnd.oasis.opendocument.text';
    expect((await upload(zip, 'report.odt', office)).mimeType).toBe(office);
    expect((await upload(zip, 'some.zip', 'application/octet-stream')).mimeType).toBe('application/zip');
  });

  test.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, MOST])('of %i bytes comes back as it was', async size => {
    const bytes = randomBytes(size);
    const document = await upload(bytes, 'x', 'application/x-test');
    expect(document).toMatchObject({ size, md5Checksum: digest('md5', bytes) });
    const response = await download(document.id);
    expect(response.headers.get('content-length')).toBe(String(size));
    expect(response.headers.get('etag')).toBe(`"${digest('sha256', bytes)}"`);
    expect(digest('sha256', Buffer.from(await response.arrayBuffer()))).toBe(digest('sha256', bytes));
  });

  test('lies in chunks of one size, whatever pieces it came in', async () => {
    const pieces = [1, 100_000, 300_000, 7, 200_000].map(size => randomBytes(size));
    const stream = ReadableStream.from(pieces) as unknown as RequestInit['body'];
    const document = await answered<Document>(http.upload(ana, '/api/documents?name=x', stream));
    const body = (await rowsOf(server, 'file_bodies')).find(
      row => row.sha256 === digest('sha256', Buffer.concat(pieces)),
    )!;
    const chunks = (await rowsOf(server, 'file_chunks'))
      .filter(row => row.body_id === body.body_id)
      .sort((a, b) => a.ordinal - b.ordinal);
    expect(chunks.map(({ ordinal, bytes }) => [ordinal, bytes.length])).toEqual([
      [0, CHUNK],
      [1, CHUNK],
      [2, 600_008 - 2 * CHUNK],
    ]);
    expect(document.size).toBe(600_008);
  });

  test('of the same content is another document of the same body, in each team one', async () => {
    const content = randomBytes(CHUNK + 5);
    const bodies = async () => (await rowsOf(server, 'file_bodies')).length;
    const chunks = async () => (await rowsOf(server, 'file_chunks')).length;
    const before = [await bodies(), await chunks()];
    const [first, second] = [await upload(content, 'one'), await upload(content, 'two')];
    expect(second.id).not.toBe(first.id);
    expect([await bodies(), await chunks()]).toEqual([before[0]! + 1, before[1]! + 2]);
    await answered(http.upload(outsider, '/api/documents?name=three', content));
    expect([await bodies(), await chunks()]).toEqual([before[0]! + 2, before[1]! + 4]);
    for (const { id, name } of [first, second]) {
      const response = await download(id);
      expect(response.headers.get('content-disposition')).toContain(name);
      expect(Buffer.from(await response.arrayBuffer())).toEqual(content);
    }
  });

  test('of the same content by many at once is stored once', async () => {
    const content = randomBytes(2 * CHUNK);
    const documents = await Promise.all(Array.from({ length: 8 }, (_, i) => upload(content, `copy ${i}`)));
    const sha256 = digest('sha256', content);
    const bodies = (await rowsOf(server, 'file_bodies')).filter(row => row.sha256 === sha256);
    expect(bodies).toHaveLength(1);
    const known = new Set((await rowsOf(server, 'file_bodies')).map(row => row.body_id));
    expect((await rowsOf(server, 'file_chunks')).filter(row => !known.has(row.body_id))).toEqual([]);
    for (const { id } of documents) expect((await download(id)).headers.get('etag')).toBe(`"${sha256}"`);
  });
});

describe('an upload is refused, and nothing is written,', () => {
  const refused = (sending: () => Promise<Response>, code: number, slug: string, message: RegExp) =>
    expectNothingWritten(server, () => expectHttpRefusal(sending(), code, slug, message));

  test('without a token (401)', () =>
    refused(() => http.upload(undefined, '/api/documents?name=x', 'x'), 401, 'not-logged-in', /./));

  test('without the privilege templateEdit (476)', () =>
    refused(() => http.upload(ben, '/api/documents?name=x', 'x'), 476, 'insufficient-permissions', /templateEdit/));

  test('to a team that is not the caller’s (404)', () =>
    refused(
      () => http.upload(ana, `/api/documents?name=x&teamId=${outsider.teamId}`, 'x'),
      404,
      'team-not-found',
      /no team/,
    ));

  test('without a team, by somebody of several (400)', async () => {
    await admin.teams.create('Third plant', '');
    const session = await logIn(server, admin.email, admin.password);
    const message = /^teamId: missing; you work in 3 teams, so name the one/;
    await refused(() => http.upload(session, '/api/documents?name=x', 'x'), 400, 'invalid-argument', message);
    await answered(http.upload(session, `/api/documents?name=x&teamId=${admin.teamId}`, 'x'));
  });

  test.each([
    ['none', '', /^name: ""; expected the name of a file, 1 to 250 characters/],
    ['of blanks', '%20', /^name: " "/],
    ['with a folder', 'a/b', /^name: "a\/b"; expected the name of a file without folders/],
    ['with a folder of Windows', 'a%5Cb', /without (folders|control characters)/],
    ['that is a folder', '..', /without (folders|control characters)/],
    ['with U+0000', 'a%00b', /has the character U\+0000/],
    ['too long', 'x'.repeat(251), /^name: 251 characters; the longest may have 250/],
  ])('with a name that is %s (400)', (_, name, message) => {
    const slug = name.length > 250 ? 'limit-exceeded' : 'invalid-argument';
    return refused(() => http.upload(ana, `/api/documents?name=${name}`, 'x'), 400, slug, message);
  });

  test('with a type that is none (400)', () =>
    refused(
      () => http.upload(ana, '/api/documents?name=x', 'x', 'picture'),
      400,
      'invalid-argument',
      /^Content-Type: "picture"/,
    ));

  test('over the limit, announced or not (400)', async () => {
    const large = randomBytes(MOST + 1);
    const over = /a file may have 3145728$/;
    await refused(() => http.upload(ana, '/api/documents?name=x', large), 400, 'limit-exceeded', over);
    const stream = () => ReadableStream.from([large.subarray(0, MOST), large.subarray(MOST)]) as never;
    await refused(() => http.upload(ana, '/api/documents?name=x', stream()), 400, 'limit-exceeded', over);
    await refused(() => postForm(form(['file', large, 'x', 'a/b'])), 400, 'limit-exceeded', over);
    const announced = randomBytes(MOST + 100_000);
    await refused(() => http.upload(ana, '/api/documents?name=x', announced), 400, 'limit-exceeded', /^body: /);
  });

  test('without a file, with several, or with one in another part (400)', async () => {
    const other = form();
    other.append('comment', 'no file');
    await refused(() => postForm(other), 400, 'invalid-argument', /^body: none; expected one file, in the part "file"/);
    const picture = form(['picture', PNG, 'x.png', 'image/png']);
    await refused(() => postForm(picture), 400, 'invalid-argument', /^body: the part "picture"/);
    const two = form(['file', PNG, 'x.png', 'image/png'], ['file', PNG, 'y.png', 'image/png']);
    await refused(() => postForm(two), 400, 'invalid-argument', /^body: several files/);
  });

  test.each([
    ['without a boundary', 'multipart/form-data', 'x'],
    [
      'that ends in its headers',
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data; name="file"',
    ],
    [
      'that ends in the file',
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nhalf',
    ],
    ['that is empty', 'multipart/form-data; boundary=b', ''],
  ])('with a form %s (400)', (_, type, body) =>
    refused(() => http.upload(ana, '/api/documents', body, type), 400, 'invalid-argument', /^body: /),
  );
});

describe('a document', () => {
  test.each([
    ['plain.txt', 'filename="plain.txt"; filename*=UTF-8\'\'plain.txt'],
    ['a "b".txt', 'filename="a _b_.txt"; filename*=UTF-8\'\'a%20%22b%22.txt'],
    ['Öl (1)*.txt', 'filename="_l (1)*.txt"; filename*=UTF-8\'\'%C3%96l%20%281%29%2A.txt'],
    ["100%'.txt", "filename=\"100_'.txt\"; filename*=UTF-8''100%25%27.txt"],
    ['弁 🔧.txt', 'filename="_ __.txt"; filename*=UTF-8\'\'%E5%BC%81%20%F0%9F%94%A7.txt'],
  ])('named %j says so in every client’s way', async (name, expected) => {
    const { id } = await upload('x', name);
    const response = await download(id);
    expect(response.headers.get('content-disposition')).toBe(`inline; ${expected}`);
    expect(await response.text()).toBe('x');
  });

  test.each([
    ['text/plain', 'inline'],
    ['image/x-test', 'inline'],
    ['audio/x-test', 'inline'],
    ['video/x-test', 'inline'],
    ['application/pdf', 'inline'],
    ['text/html', 'attachment'],
    ['text/xml', 'attachment'],
    ['image/svg+xml', 'attachment'],
    ['application/xhtml+xml', 'attachment'],
    ['application/octet-stream', 'attachment'],
  ])('of %s goes out as %s, never to be taken for something else', async (type, kind) => {
    const { id } = await upload('<script>alert(1)</script>', 'x', type);
    const response = await download(id);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('content-disposition')).toMatch(new RegExp(`^${kind}; `));
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    await response.arrayBuffer();
  });

  test('of another team is 404, word for word as one that does not exist; without a token 401', async () => {
    const { id } = await upload('secret');
    const answers = await Promise.all(
      [id, 'nowhere'].map(async wanted => (await (await download(wanted, {}, outsider)).json()) as { message: string }),
    );
    expect(answers[0]!.message.replace(id, 'nowhere')).toBe(answers[1]!.message);
    for (const method of ['GET', 'HEAD'] as const) {
      expect((await http.send(outsider, `/api/documents/${id}`, { method })).status).toBe(404);
      expect((await http.send(undefined, `/api/documents/${id}`, { method })).status).toBe(401);
    }
    await expectHttpRefusal(
      download(id, {}, outsider),
      404,
      'document-not-found',
      /in your teams; query of the document service/,
    );
  });

  test('asked for by HEAD has the headers alone', async () => {
    const { id } = await upload('Close the valve.');
    const [head, get] = await Promise.all(
      (['HEAD', 'GET'] as const).map(method =>
        http.send(ben, `/api/documents/${id}`, { method, headers: { connection: 'close' } }),
      ),
    );
    const headers = (response: Response) =>
      Object.fromEntries([...response.headers].filter(([name]) => !['date', 'x-request-id'].includes(name)));
    expect(headers(head!)).toEqual(headers(get!));
    expect(head!.headers.get('content-length')).toBe('16');
    expect(head!.headers.get('accept-ranges')).toBe('bytes');
    expect(head!.headers.get('last-modified')).toMatch(/ GMT$/);
    expect(await head!.text()).toBe('');
  });

  test('that the client has already is 304 without a body', async () => {
    const { id } = await upload('Close the valve.');
    const etag = (await download(id)).headers.get('etag')!;
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const response = await download(id, { 'if-none-match': known, range: 'bytes=0-1' });
      expect([known, response.status, await response.text()]).toEqual([known, 304, '']);
      expect(response.headers.get('etag')).toBe(etag);
    }
    const other = await download(id, { 'if-none-match': '"other"' });
    expect([other.status, await other.text()]).toEqual([200, 'Close the valve.']);
  });

  describe('in parts', () => {
    let id: string;
    const bytes = randomBytes(2 * CHUNK + 1000);

    beforeAll(async () => {
      id = (await upload(bytes, 'x', 'application/x-test')).id;
    });

    test.each([
      ['bytes=0-0', 0, 1],
      ['bytes=100-199', 100, 200],
      [`bytes=${CHUNK - 1}-${CHUNK}`, CHUNK - 1, CHUNK + 1],
      [`bytes=${CHUNK}-${2 * CHUNK - 1}`, CHUNK, 2 * CHUNK],
      [`bytes=10-${2 * CHUNK + 10}`, 10, 2 * CHUNK + 11],
      [`bytes=${2 * CHUNK + 999}-`, 2 * CHUNK + 999, 2 * CHUNK + 1000],
      ['bytes=-1500', 2 * CHUNK - 500, 2 * CHUNK + 1000],
      ['bytes=5-99999999', 5, 2 * CHUNK + 1000],
    ])('%s answers with 206 and these bytes', async (range, from, to) => {
      const response = await download(id, { range });
      expect(response.status).toBe(206);
      expect(response.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/${bytes.length}`);
      expect(response.headers.get('content-length')).toBe(String(to - from));
      expect(Buffer.from(await response.arrayBuffer()).equals(bytes.subarray(from, to))).toBe(true);
    });

    test.each([`bytes=${2 * CHUNK + 1000}-`, 'bytes=-0'])('%s is 416 and tells the size', async range => {
      const response = await download(id, { range });
      expect(response.status).toBe(416);
      expect(response.headers.get('content-range')).toBe(`bytes */${bytes.length}`);
      expect(await response.text()).toBe('');
    });

    test.each(['bytes=0-1,5-6', 'lines=1-2', 'bytes=9-3'])('%s is disregarded', async range => {
      const response = await download(id, { range });
      expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([200, bytes.length]);
    });

    test('go on only from the same file: If-Range', async () => {
      const { headers } = await download(id, {});
      for (const same of [headers.get('etag')!, headers.get('last-modified')!])
        expect((await download(id, { range: 'bytes=0-1', 'if-range': same })).status).toBe(206);
      for (const other of ['"other"', `W/${headers.get('etag')}`, 'Mon, 01 Jan 2024 00:00:00 GMT'])
        expect((await download(id, { range: 'bytes=0-1', 'if-range': other })).status).toBe(200);
    });

    test('of an empty file are 416', async () => {
      const empty = await upload('', 'empty');
      const response = await download(empty.id, { range: 'bytes=0-' });
      expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */0']);
    });
  });
});
