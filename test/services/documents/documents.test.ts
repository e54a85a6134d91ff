/** DocumentService: documents in chunks, read, found, renamed, deleted. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { MAX_DOCUMENT_CHUNK } from '#gen/document_types';
import { TeamRole } from '#gen/user_types';
import { answered, TestHttp } from '../../support/http.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logInAdmin, newOutsider, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let ana: TestUser;
let ben: TestUser;
let outsider: TestUser;

beforeAll(async () => {
  server = await TestServer.start({ limits: { fileBytes: 3 * MAX_DOCUMENT_CHUNK } });
  const admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
  ben = await newUser(server, admin, 'ben', TeamRole.AUTHOR);
  outsider = await newOutsider(server, admin);
});
afterAll(() => server.stop());

const documents = (user: TestUser = ana) => user.connection.service('DocumentService');
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

const begin = (size: number, more: object = {}) =>
  documents().beginUpload({ teamId: ana.teamId, name: 'manual.pdf', size, ...more });

async function uploaded(bytes: Buffer, more: object = {}) {
  const { uploadId } = await begin(bytes.length, more);
  for (let at = 0; at < bytes.length; at += MAX_DOCUMENT_CHUNK)
    await documents().putChunk(uploadId, at, bytes.subarray(at, at + MAX_DOCUMENT_CHUNK));
  return documents().finishUpload(uploadId, sha256(bytes));
}

let texts = 0;
const text = () => Buffer.from(`text number ${++texts}`);
const refused = (call: () => Promise<unknown>, code: ErrorCode, slug: string, message?: RegExp) =>
  expectNothingWritten(server, () => expectRefusal(call(), code, slug, message));

describe('an upload', () => {
  test('of several chunks comes back byte by byte, over Thrift and over HTTP', async () => {
    const bytes = Buffer.alloc(2 * MAX_DOCUMENT_CHUNK + 17, 'several chunks of it ');
    const document = await uploaded(bytes, { mimeType: 'text/plain' });
    expect(document).toMatchObject({
      name: 'manual.pdf',
      mimeType: 'text/plain',
      teamId: ana.teamId,
      sha256: sha256(bytes),
      md5Checksum: createHash('md5').update(bytes).digest('hex'),
      url: `/api/documents/${document.id}`,
    });
    expect(Number(document.size)).toBe(bytes.length);
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += MAX_DOCUMENT_CHUNK)
      pieces.push(await documents().getChunk(document.id, at, MAX_DOCUMENT_CHUNK));
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
    expect(await documents().getChunk(document.id, bytes.length, 10)).toHaveLength(0);
    const response = await new TestHttp(server.address).send(ana, document.url!);
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
  });

  test.each<[string, Buffer, string | undefined, string]>([
    ['a picture, though it is said to be a text', PNG, 'text/plain', 'image/png'],
    ['a PDF that nobody said to be one', Buffer.from('%PDF-1.7\n%âãÏÓ\n'), undefined, 'application/pdf'],
    ['a text that is said to be one', Buffer.from('a,b\n1,2\n'), 'text/csv', 'text/csv'],
    ['a text of which nobody says anything', Buffer.from('no mark at all'), undefined, 'application/octet-stream'],
    ['nothing', Buffer.alloc(0), undefined, 'application/octet-stream'],
  ])('knows %s', async (_what, bytes, said, mimeType) => {
    expect((await uploaded(bytes, { ...(said && { mimeType: said }) })).mimeType).toBe(mimeType);
  });

  test('over HTTP is known by its bytes too', async () => {
    const path = `/api/documents?teamId=${ana.teamId}&name=photo`;
    const sent = new TestHttp(server.address).upload(ana, path, PNG, 'text/plain');
    expect((await answered<{ mimeType: string }>(sent)).mimeType).toBe('image/png');
  });

  test('of bytes that the team has already stores them once', async () => {
    const bytes = text();
    const [first, second] = [await uploaded(bytes), await uploaded(bytes, { name: 'copy.txt' })];
    expect(first.id).not.toBe(second.id);
    const bodies = (await rowsOf(server, 'file_bodies')).filter(body => body.sha256 === sha256(bytes));
    expect(bodies).toHaveLength(1);
  });

  test('may send its last chunk again, and be finished again, when the answers were lost', async () => {
    const bytes = text();
    const { uploadId } = await begin(bytes.length);
    await documents().putChunk(uploadId, 0, bytes.subarray(0, 5));
    expect(Number((await documents().putChunk(uploadId, 0, bytes.subarray(0, 5))).received)).toBe(5);
    await documents().putChunk(uploadId, 5, bytes.subarray(5));
    const first = await documents().finishUpload(uploadId, sha256(bytes));
    expect(await documents().finishUpload(uploadId, sha256(bytes))).toEqual(first);
  });

  test.each<[string, () => Promise<unknown>, ErrorCode, string, RegExp]>([
    [
      'a name with a folder',
      () => begin(1, { name: '../x' }),
      ErrorCode.BAD_REQUEST,
      'invalid-argument',
      /params\.name/,
    ],
    ['no name', () => begin(1, { name: ' ' }), ErrorCode.BAD_REQUEST, 'invalid-argument', /params\.name/],
    ['a size below 0', () => begin(-1), ErrorCode.BAD_REQUEST, 'invalid-argument', /size: -1/],
    [
      'a size beyond the limit',
      () => begin(3 * MAX_DOCUMENT_CHUNK + 1),
      ErrorCode.BAD_REQUEST,
      'limit-exceeded',
      /size/,
    ],
    [
      'a media type that is none',
      () => begin(1, { mimeType: 'picture' }),
      ErrorCode.BAD_REQUEST,
      'invalid-argument',
      /params\.mimeType/,
    ],
    ['another team', () => begin(1, { teamId: 'lost' }), ErrorCode.NOT_FOUND, 'team-not-found', /lost/],
    [
      'a chunk of an unknown upload',
      () => documents().putChunk('lost', 0, Buffer.from('x')),
      ErrorCode.NOT_FOUND,
      'upload-not-found',
      /beginUpload begins one/,
    ],
    [
      'the finish of an unknown upload',
      () => documents().finishUpload('lost', '0'.repeat(64)),
      ErrorCode.NOT_FOUND,
      'upload-not-found',
      /lost/,
    ],
    [
      'a checksum that is none',
      () => documents().finishUpload('lost', 'abc'),
      ErrorCode.BAD_REQUEST,
      'invalid-argument',
      /64 hex digits/,
    ],
  ])('with %s is refused', async (_what, call, code, slug, message) => {
    await refused(call, code, slug, message);
  });

  test('out of order, beyond its size, too large at once, or with another checksum is refused', async () => {
    const { uploadId } = await begin(5);
    const put = (offset: number, chunk: Buffer) => () => documents().putChunk(uploadId, offset, chunk);
    await refused(put(1, Buffer.from('x')), ErrorCode.BAD_REQUEST, 'invalid-argument', /offset: 1; expected 0/);
    await refused(put(0, Buffer.from('123456')), ErrorCode.BAD_REQUEST, 'limit-exceeded', /announced with 5 bytes/);
    await refused(put(0, Buffer.alloc(0)), ErrorCode.BAD_REQUEST, 'invalid-argument', /chunk: empty/);
    await refused(put(0, Buffer.alloc(MAX_DOCUMENT_CHUNK + 1)), ErrorCode.BAD_REQUEST, 'limit-exceeded', /chunk/);
    const finish = () => documents().finishUpload(uploadId, '0'.repeat(64));
    await refused(finish, ErrorCode.BAD_REQUEST, 'checksum-mismatch', /0 of 5 bytes are here/);
    await documents().putChunk(uploadId, 0, Buffer.from('12345'));
    await refused(finish, ErrorCode.BAD_REQUEST, 'checksum-mismatch', /have the SHA-256/);
  });

  test('is nobody else’s, and none of an attachment', async () => {
    const { uploadId } = await begin(5);
    await refused(
      () => documents(ben).putChunk(uploadId, 0, Buffer.from('x')),
      ErrorCode.NOT_FOUND,
      'upload-not-found',
    );
    await refused(
      () => ana.jobs.putAttachmentChunk(uploadId, 0, Buffer.from('x')),
      ErrorCode.NOT_FOUND,
      'upload-not-found',
    );
  });
});

describe('documents', () => {
  test('are fetched by ids, each in its place', async () => {
    const { id } = await uploaded(text());
    const answer = await documents().fetch([id, 'lost']);
    expect(answer[id]!.document).toMatchObject({ id, name: 'manual.pdf' });
    expect(answer.lost!.err).toMatchObject({ errorCode: ErrorCode.NOT_FOUND, slug: 'document-not-found' });
  });

  test('are found by words of their names and by media type, by name, page by page', async () => {
    for (const name of ['Öl filter.txt', 'oil-Filter 2.txt', 'FILTERS.png'])
      await uploaded(text(), { name, mimeType: name.endsWith('png') ? 'image/png' : 'text/plain' });
    const names = async (where: object) => {
      const answer = await documents().query({ teamId: ana.teamId, ...where });
      return answer.documents.map(({ name }) => name);
    };
    expect(await names({ name: 'filter' })).toEqual(['FILTERS.png', 'oil-Filter 2.txt', 'Öl filter.txt']);
    expect(await names({ name: 'öl FILTER' })).toEqual(['Öl filter.txt']);
    expect(await names({ name: 'filter', mimeType: 'image/' })).toEqual(['FILTERS.png']);
    const first = await documents().query({ teamId: ana.teamId, name: 'filter', pageReq: { size: 2 } });
    expect(first.pageInfo).toMatchObject({ num: 1, left: 1 });
    const pageToken = first.pageInfo.pageTokens[2]!;
    expect(await names({ name: 'filter', pageReq: { size: 2, pageToken } })).toEqual(['Öl filter.txt']);
  });

  test('of other teams do not exist', async () => {
    const { id } = await uploaded(text());
    for (const call of [
      () => documents(outsider).get(id),
      () => documents(outsider).getChunk(id, 0, 1),
      () => documents(outsider).rename(id, 'x'),
      () => documents(outsider).deleteDocument(id),
    ])
      await refused(call, ErrorCode.NOT_FOUND, 'document-not-found');
  });

  test('are refused an impossible chunk or name', async () => {
    const { id } = await uploaded(text());
    for (const [offset, length] of [
      [-1, 1],
      [0, 0],
      [0, MAX_DOCUMENT_CHUNK + 1],
    ])
      await refused(() => documents().getChunk(id, offset!, length!), ErrorCode.BAD_REQUEST, 'invalid-argument');
    await refused(() => documents().rename(id, 'a/b'), ErrorCode.BAD_REQUEST, 'invalid-argument', /name/);
  });

  test('are renamed', async () => {
    const { id } = await uploaded(text());
    expect(await documents().rename(id, 'other.pdf')).toMatchObject({ id, name: 'other.pdf' });
    expect((await documents().get(id)).name).toBe('other.pdf');
  });

  test('are deleted with their bytes, unless another shows them', async () => {
    const bytes = text();
    const [first, second] = [await uploaded(bytes), await uploaded(bytes)];
    const bodies = async () =>
      (await rowsOf(server, 'file_bodies')).filter(body => body.sha256 === sha256(bytes)).length;
    await documents().deleteDocument(first.id);
    expect(await bodies()).toBe(1);
    await documents().deleteDocument(second.id);
    expect(await bodies()).toBe(0);
    await expectRefusal(documents().get(first.id), ErrorCode.NOT_FOUND, 'document-not-found');
  });

  test.each<[string, (id: string, documentId: string, root: string) => Promise<unknown>]>([
    ['the list of a template', (id, documentId) => ana.templates.addDocument(id, 0, documentId)],
    [
      'a text of a step',
      (id, documentId, root) => {
        const descrip = [{ doc: { id: documentId } as never }];
        return ana.templates.addStepModular(id, root, step('Look', { descrip }), 0, false);
      },
    ],
  ])('that stood in %s stay, whatever was edited since', async (_where, show) => {
    const { id: documentId } = await uploaded(text());
    const { id, stepGroup } = await newTemplate(ana, 'Pump', [step('One')]);
    await ana.templates.acquireLock(id);
    await show(id, documentId, stepGroup.id);
    await ana.templates.revert(id, 2);
    await refused(() => documents().deleteDocument(documentId), ErrorCode.WRONG_STATE, 'document-in-use');
  });

  test('of icons stay', async () => {
    const { id } = await uploaded(PNG);
    await ana.connection.service('GroupHeaderContentService').createEquipment(ana.teamId, id, 'Goggles');
    await refused(() => documents().deleteDocument(id), ErrorCode.WRONG_STATE, 'document-in-use');
  });

  test('of two who show one and delete it at once, one is refused', async () => {
    const { id, version } = await newTemplate(ana, 'Pump', []);
    await ana.templates.acquireLock(id);
    for (let round = 0; round < 30; round++) {
      const { id: documentId } = await uploaded(text());
      const [shown, deleted] = await Promise.allSettled([
        ana.templates.addDocument(id, 0, documentId),
        documents(ben).deleteDocument(documentId),
      ]);
      expect([shown.status, deleted.status].sort()).toEqual(['fulfilled', 'rejected']);
    }
    const { documents: left } = await ana.templates.get(id);
    expect(left.every(document => document.md5Checksum !== '')).toBe(true);
    expect(version).toBe(1);
  });
});
