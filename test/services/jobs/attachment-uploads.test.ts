/** Attachments in parts, up and down: chunks in order, the checksum at the end, what is left of what does not come to it, and sizes. */
import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type AttachmentUpload, MAX_ATTACHMENT_CHUNK } from '#gen/jobs_types';
import { OwnListener } from '../../server/own-listener.ts';
import { answered, expectHttpRefusal, TestHttp } from '../../support/http.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { rowsOf } from '../../support/rows.ts';
import {
  added,
  admin,
  again,
  ana,
  attachment,
  ben,
  http,
  job,
  logInAgain,
  outsider,
  refused,
  server,
  sha256,
} from './attached.ts';

const DAY = 24 * 60 * 60 * 1000;

describe('a file in chunks', () => {
  const begin = (size: number, more: object = {}): Promise<AttachmentUpload> =>
    ben.jobs.beginAttachmentUpload({ jobId: job.id, fileName: 'large.bin', ...more }, size);

  test.each([
    ['whole at once', [500_000]],
    ['in small ones', [1, 200_000, 99_999, 200_000]],
    ['with ends at the borders of what is stored together', [262_144, 262_144, 1]],
    ['of the largest size', [MAX_ATTACHMENT_CHUNK, MAX_ATTACHMENT_CHUNK, 17]],
  ])('%s is not there until it is finished, and is the same then', async (_how, sizes) => {
    const bytes = randomBytes(sizes.reduce((sum, size) => sum + size));
    const before = await ben.jobs.getAttachments(job.id);
    const upload = await begin(bytes.length, { folder: 'Large', mimeType: 'video/mp4', stepId: job.step('Close it') });
    expect(upload).toMatchObject({ received: 0, maxChunk: MAX_ATTACHMENT_CHUNK });
    let offset = 0;
    for (const size of sizes) {
      const answer = await ben.jobs.putAttachmentChunk(upload.uploadId, offset, bytes.subarray(offset, offset + size));
      offset += size;
      expect(answer).toMatchObject({ uploadId: upload.uploadId, received: offset });
    }
    expect(await ben.jobs.getAttachments(job.id)).toEqual(before);
    const { attachmentId } = await ben.jobs.finishAttachmentUpload(upload.uploadId, sha256(bytes).toUpperCase());
    expect(await attachment(attachmentId)).toMatchObject({
      fileName: 'large.bin',
      folder: 'Large',
      mimeType: 'video/mp4',
      stepId: job.step('Close it'),
      size: bytes.length,
      sha256: sha256(bytes),
    });
    const back = await http.send(ben, `/api/attachments/${job.id}/${attachmentId}`);
    expect(sha256(Buffer.from(await back.arrayBuffer()))).toBe(sha256(bytes));
    await ben.jobs.deleteAttachment(job.id, attachmentId);
  });

  test('may be empty', async () => {
    const { uploadId } = await begin(0);
    const { attachmentId } = await ben.jobs.finishAttachmentUpload(uploadId, sha256(Buffer.alloc(0)));
    expect(await attachment(attachmentId)).toMatchObject({ size: 0 });
  });

  test('of the same bytes as another is stored once', async () => {
    const bytes = randomBytes(300_000);
    await added(bytes);
    const before = [(await rowsOf(server, 'file_bodies')).length, (await rowsOf(server, 'file_chunks')).length];
    const { uploadId } = await begin(bytes.length);
    await ben.jobs.putAttachmentChunk(uploadId, 0, bytes);
    const { attachmentId } = await ben.jobs.finishAttachmentUpload(uploadId, sha256(bytes));
    expect([(await rowsOf(server, 'file_bodies')).length, (await rowsOf(server, 'file_chunks')).length]).toEqual(
      before,
    );
    expect(Buffer.from(await ben.jobs.getAttachmentBody(job.id, attachmentId))).toEqual(bytes);
  });

  test('takes the last chunk again when its answer was lost', async () => {
    const { uploadId } = await begin(6);
    await ben.jobs.putAttachmentChunk(uploadId, 0, Buffer.from('abc'));
    expect(await ben.jobs.putAttachmentChunk(uploadId, 0, Buffer.from('abc'))).toMatchObject({ received: 3 });
    await ben.jobs.putAttachmentChunk(uploadId, 3, Buffer.from('def'));
    const { attachmentId } = await ben.jobs.finishAttachmentUpload(uploadId, sha256(Buffer.from('abcdef')));
    expect(String(await ben.jobs.getAttachmentBody(job.id, attachmentId))).toBe('abcdef');
  });

  test('refuses a chunk that is out of order, too long or empty, and goes on', async () => {
    const { uploadId } = await begin(6);
    const put = (offset: number, chunk: Buffer) => () => ben.jobs.putAttachmentChunk(uploadId, offset, chunk);
    await ben.jobs.putAttachmentChunk(uploadId, 0, Buffer.from('abc'));
    await refused(
      put(4, Buffer.from('x')),
      400,
      'invalid-argument',
      /^offset: 4; expected 3, the bytes received so far/,
    );
    await refused(put(0, Buffer.from('a')), 400, 'invalid-argument', /^offset: 0; expected 3/);
    await refused(
      put(3, Buffer.from('defg')),
      400,
      'limit-exceeded',
      /^chunk: ends at byte 7; the file was announced with 6/,
    );
    await refused(put(3, Buffer.alloc(0)), 400, 'invalid-argument', /^chunk: empty/);
    const most = Buffer.alloc(MAX_ATTACHMENT_CHUNK + 1);
    await refused(put(3, most), 400, 'limit-exceeded', /^chunk: 4194305 bytes; at most 4194304 in one call/);
    expect(await ben.jobs.putAttachmentChunk(uploadId, 3, Buffer.from('def'))).toMatchObject({ received: 6 });
  });

  test('is not made of bytes that are missing or others, and can still be finished', async () => {
    const bytes = Buffer.from('abcdef');
    const { uploadId } = await begin(6);
    const finish = (hash: string) => ben.jobs.finishAttachmentUpload(uploadId, hash);
    await ben.jobs.putAttachmentChunk(uploadId, 0, bytes.subarray(0, 3));
    const missing = await refused(
      () => finish(sha256(bytes)),
      400,
      'checksum-mismatch',
      /^sha256: 3 of 6 bytes are here/,
    );
    expect(missing.details).toMatchObject({ received: '3', size: '6' });
    await ben.jobs.putAttachmentChunk(uploadId, 3, bytes.subarray(3));
    await refused(() => finish('0'.repeat(64)), 400, 'checksum-mismatch', /have the SHA-256 bef57ec7/);
    await refused(() => finish('abc'), 400, 'invalid-argument', /^sha256: "abc"; expected 64 hex digits/);
    await finish(sha256(bytes));
    await refused(() => finish(sha256(bytes)), 404, 'upload-not-found', /^uploadId: no upload/);
  });

  test('belongs to who began it, whichever session', async () => {
    const { uploadId } = await begin(3);
    for (const other of [ana, admin, outsider])
      await refused(
        () => other.jobs.putAttachmentChunk(uploadId, 0, Buffer.from('abc')),
        404,
        'upload-not-found',
        /of yours/,
      );
    const other = await again(ben);
    await other.jobs.putAttachmentChunk(uploadId, 0, Buffer.from('abc'));
    await refused(
      () => admin.jobs.finishAttachmentUpload(uploadId, sha256(Buffer.from('abc'))),
      404,
      'upload-not-found',
      /of yours/,
    );
    await other.jobs.finishAttachmentUpload(uploadId, sha256(Buffer.from('abc')));
  });

  test('by two at once takes each chunk once', async () => {
    const bytes = randomBytes(40_000);
    const { uploadId } = await begin(bytes.length);
    for (let offset = 0; offset < bytes.length; offset += 4000) {
      const chunk = bytes.subarray(offset, offset + 4000);
      const put = () => ben.jobs.putAttachmentChunk(uploadId, offset, chunk);
      const other = await again(ben);
      const answers = await Promise.all([put(), other.jobs.putAttachmentChunk(uploadId, offset, chunk)]);
      expect(answers.map(({ received }) => received)).toEqual([offset + 4000, offset + 4000]);
      await other.connection.close();
    }
    await ben.jobs.finishAttachmentUpload(uploadId, sha256(bytes));
  });

  test('that gets no chunk for a day is over, and is thrown away when another begins', async () => {
    const { uploadId, expiresAt } = await begin(6);
    expect(expiresAt - server.clock.now()).toBeGreaterThan(DAY - 60_000);
    await ben.jobs.putAttachmentChunk(uploadId, 0, Buffer.from('abc'));
    server.clock.forward(DAY + 1000);
    await logInAgain();
    await refused(() => ben.jobs.putAttachmentChunk(uploadId, 3, Buffer.from('def')), 404, 'upload-not-found', /./);
    for (let n = 0; n < 10; n++) await begin(1);
    expect((await rowsOf(server, 'file_uploads')).map(row => row.upload_id)).not.toContain(uploadId);
    expect((await rowsOf(server, 'file_chunks')).map(row => row.body_id)).not.toContain(uploadId);
  });

  test.each([
    ['of less than nothing', -1, {}, 'invalid-argument', /^size: -1; expected 0 or more/],
    [
      'larger than files may be',
      100 * 1024 * 1024 + 1,
      {},
      'limit-exceeded',
      /^size: 104857601 bytes or more; a file may have 104857600/,
    ],
    ['with bytes already', 3, { attachment: Buffer.from('abc') }, 'invalid-argument', /^params.attachment: given/],
  ])('%s is not begun (400)', (_which, size, more, slug, message) =>
    refused(() => begin(size, more), 400, slug, message),
  );
});

test('a file over the limit of files is refused whichever way it comes', async () => {
  const listener = await OwnListener.start(server, {}, { limits: { fileBytes: 1000 } });
  const connection = await listener.connect();
  await connection.service('AuthenticationService').authenticate(ben.token);
  const jobs = connection.service('JobsService');
  const bytes = Buffer.alloc(1001);
  await refused(
    () => jobs.addAttachment({ jobId: job.id, attachment: bytes }),
    400,
    'limit-exceeded',
    /a file may have 1000$/,
  );
  await refused(
    () => jobs.beginAttachmentUpload({ jobId: job.id }, 1001),
    400,
    'limit-exceeded',
    /a file may have 1000$/,
  );
  const over = new TestHttp(listener.address).upload(ben, `/api/attachments?jobId=${job.id}`, bytes);
  await expectHttpRefusal(over, 400, 'limit-exceeded', /a file may have 1000$/);
  await jobs.addAttachment({ jobId: job.id, attachment: Buffer.alloc(1000) });
  await connection.close();
  await listener.stop();
});

test('a body that no message carries is refused whole, and comes in chunks', async () => {
  const bytes = randomBytes(17 * 1024 * 1024);
  const { attachmentId } = await answered<{ attachmentId: string }>(
    http.upload(ben, `/api/attachments?jobId=${job.id}`, bytes),
  );
  await expectRefusal(
    ben.jobs.getAttachmentBody(job.id, attachmentId),
    400,
    'limit-exceeded',
    /read it with getAttachmentChunk/,
  );
  const parts: Buffer[] = [];
  for (let offset = 0; ; offset += parts.at(-1)!.length) {
    const { data, totalSize } = await ben.jobs.getAttachmentChunk(job.id, attachmentId, offset, MAX_ATTACHMENT_CHUNK);
    expect(totalSize).toBe(bytes.length);
    if (data.length === 0) break;
    parts.push(Buffer.from(data));
  }
  expect(parts).toHaveLength(5);
  expect(sha256(Buffer.concat(parts))).toBe(sha256(bytes));
  await ben.jobs.deleteAttachment(job.id, attachmentId);
});

describe('a part of a file', () => {
  const bytes = randomBytes(600_000);
  let id: string;
  beforeAll(async () => {
    id = (await added(bytes)).id;
  });

  test.each([
    [0, 1],
    [0, 600_000],
    [262_143, 2],
    [262_144, 262_144],
    [599_999, 10],
    [600_000, 10],
    [1_000_000, 10],
    [9_007_199_254_740_000, 10],
  ])('from %i of length %i is what stands there', async (offset, length) => {
    const chunk = await ben.jobs.getAttachmentChunk(job.id, id, offset, length);
    expect(chunk).toMatchObject({ totalSize: 600_000, sha256: sha256(bytes) });
    expect(Buffer.from(chunk.data).equals(bytes.subarray(offset, offset + length))).toBe(true);
  });

  test.each([
    [-1, 10, 'invalid-argument', /^offset: -1; expected 0 or more/],
    [0, 0, 'limit-exceeded', /^length: 0; expected 1 to 4194304/],
    [0, -1, 'limit-exceeded', /^length: -1/],
    [0, MAX_ATTACHMENT_CHUNK + 1, 'limit-exceeded', /^length: 4194305/],
  ])('from %i of length %i is refused (400)', (offset, length, slug, message) =>
    refused(() => ben.jobs.getAttachmentChunk(job.id, id, offset, length), 400, slug, message),
  );
});
