/** Attachments of jobs as wholes: files and links, their addresses over HTTP, changing and deleting them, and who may. */
import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { JobHistoryAction } from '#gen/jobs_types';
import { answered, expectHttpRefusal } from '../../support/http.ts';
import type { TestJob } from '../../support/jobs.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import type { TestUser } from '../../support/seed.ts';
import {
  added,
  ana,
  attachment,
  ben,
  http,
  job,
  openJob,
  outsider,
  reader,
  refused,
  server,
  sha256,
} from './attached.ts';

const HOUR = 60 * 60 * 1000;

describe('a file', () => {
  test('that comes with its call is listed with all that is known of it, and its bytes come back', async () => {
    const bytes = randomBytes(300_000);
    const details = {
      attachmentAlias: ' The valve ',
      folder: 'Photos',
      stepId: job.step('Close it'),
      fileName: 'öl.png',
      mimeType: 'Image/PNG; q=1',
    };
    const answer = await ben.jobs.addAttachment({ jobId: job.id, attachment: bytes, ...details });
    expect(answer.url).toBe(`/api/attachments/${job.id}/${answer.attachmentId}`);
    const listed = await attachment(answer.attachmentId);
    expect(listed).toMatchObject({
      attachmentAlias: 'The valve',
      folder: 'Photos',
      url: answer.url,
      stepId: job.step('Close it'),
      fileName: 'öl.png',
      mimeType: 'image/png',
      size: 300_000,
      sha256: sha256(bytes),
    });
    expect(Buffer.from(await ben.jobs.getAttachmentBody(job.id, listed.id))).toEqual(bytes);
  });

  test('of which nothing is said has a name, a type and no folder', async () => {
    expect(await added(Buffer.from('x'))).toMatchObject({
      attachmentAlias: 'attachment',
      folder: null,
      stepId: null,
      fileName: 'attachment',
      mimeType: 'application/octet-stream',
      size: 1,
    });
  });

  test('may be empty', async () => {
    const { id, size } = await added(Buffer.alloc(0), { fileName: 'empty.txt' });
    expect(size).toBe(0);
    expect(await ben.jobs.getAttachmentBody(job.id, id)).toHaveLength(0);
    expect(await ben.jobs.getAttachmentChunk(job.id, id, 0, 10)).toMatchObject({
      totalSize: 0,
      sha256: sha256(Buffer.alloc(0)),
    });
  });

  test('is called by its name when nobody says another', async () => {
    expect((await added(Buffer.from('x'), { fileName: 'plan.pdf' })).attachmentAlias).toBe('plan.pdf');
  });

  test('comes over HTTP under its address to who may see the job, whole and in part', async () => {
    const bytes = randomBytes(1000);
    const { id, url } = await added(bytes, { fileName: 'plan.bin' });
    const response = await http.send(reader, url!);
    expect(response.headers.get('content-disposition')).toContain('plan.bin');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
    const part = await http.send(reader, url!, { headers: { range: 'bytes=10-19' } });
    expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, bytes.subarray(10, 20)]);
    await expectHttpRefusal(http.send(undefined, url!), 401, 'not-logged-in');
    await expectHttpRefusal(http.send(outsider, url!), 404, 'job-not-found');
    await expectHttpRefusal(http.send(reader, url!.replace(id, 'lost')), 404, 'attachment-not-found');
  });

  test('that came over HTTP is the same as one that came over Thrift', async () => {
    const bytes = randomBytes(700_000);
    const query = new URLSearchParams({
      jobId: job.id,
      alias: 'Over HTTP',
      folder: 'F',
      stepId: job.step('Close it'),
      name: 'http.bin',
    });
    const sent = await answered<{ attachmentId: string; url: string }>(
      http.upload(ben, `/api/attachments?${query}`, bytes),
    );
    expect(await attachment(sent.attachmentId)).toMatchObject({
      attachmentAlias: 'Over HTTP',
      folder: 'F',
      fileName: 'http.bin',
      url: sent.url,
      size: bytes.length,
      sha256: sha256(bytes),
    });
  });

  test('adds its line to the history', async () => {
    const of = await openJob();
    await ben.jobs.addAttachment({
      jobId: of.id,
      attachment: Buffer.from('x'),
      fileName: 'plan.pdf',
      stepId: of.step('Close it'),
    });
    const history = await ben.jobs.getJobHistory(of.id);
    expect(history.find(({ action }) => action === JobHistoryAction.Added)).toMatchObject({
      stepName: 'Close it',
      result: 'attachment "plan.pdf"',
      username: ben.email,
      userId: ben.id,
    });
  });
});

describe('an address with a token', () => {
  const address = async (id: string) => ben.jobs.getAttachmentUrl(job.id, id, true);

  test('opens its file without a login, for an hour', async () => {
    const { id } = await added(Buffer.from('behind a token'));
    const url = await address(id);
    expect(await http.text(url)).toBe('behind a token');
    server.clock.forward(HOUR - 60_000);
    expect(await http.text(url)).toBe('behind a token');
    server.clock.forward(120_000);
    await expectHttpRefusal(http.send(undefined, url), 498, 'token-expired', /call getAttachmentUrl again/);
    // Nor does a login open an address whose token is over.
    await expectHttpRefusal(http.send(ben, url), 498, 'token-expired');
  });

  test('opens no other file, and none when a letter of it is changed', async () => {
    const [one, two] = [await added(Buffer.from('1')), await added(Buffer.from('2'))];
    const url = await address(one.id);
    await expectHttpRefusal(http.send(undefined, url.replace(one.id, two.id)), 497, 'invalid-token');
    const [path, token] = url.split('?access=') as [string, string];
    const [team, end, mac] = token.split('.') as [string, string, string];
    for (const wrong of [
      '',
      'x',
      `${team}.${Number(end) + 1}.${mac}`,
      `other.${end}.${mac}`,
      `${team}.${end}.${mac.slice(1)}`,
      `${team}.${end}.`,
    ])
      await expectHttpRefusal(http.send(undefined, `${path}?access=${wrong}`), 497, 'invalid-token');
  });

  test('is not made without being asked for, and is 404 when the file is gone', async () => {
    const { id, url } = await added(Buffer.from('x'));
    expect(await ben.jobs.getAttachmentUrl(job.id, id, false)).toBe(url);
    const withToken = await address(id);
    await ben.jobs.deleteAttachment(job.id, id);
    await expectHttpRefusal(http.send(undefined, withToken), 404, 'attachment-not-found');
  });
});
describe('a link', () => {
  test.each(['https://example.org/plan.pdf?page=3', 'http://10.0.0.7/', 'file:///srv/plans/valve.pdf'])(
    'to %s is kept as it is, and never gets a token',
    async url => {
      const { attachmentId, url: told } = await ben.jobs.addAttachmentLinked({ jobId: job.id, url, folder: 'Links' });
      expect(told).toBe(url);
      expect(await attachment(attachmentId)).toMatchObject({
        attachmentAlias: url,
        folder: 'Links',
        url,
        fileName: null,
        mimeType: null,
        size: null,
        sha256: null,
      });
      expect(await ben.jobs.getAttachmentUrl(job.id, attachmentId, true)).toBe(url);
    },
  );

  test('has no bytes: each way to them says where it leads (413)', async () => {
    const { attachmentId } = await ben.jobs.addAttachmentLinked({ jobId: job.id, url: 'https://example.org/' });
    await refused(() => ben.jobs.getAttachmentBody(job.id, attachmentId), 413, 'attachment-linked', /is a link/);
    await refused(() => ben.jobs.getAttachmentChunk(job.id, attachmentId, 0, 1), 413, 'attachment-linked', /is a link/);
    await expectHttpRefusal(http.send(ben, `/api/attachments/${job.id}/${attachmentId}`), 413, 'attachment-linked');
  });

  test.each([
    ['nowhere', ''],
    ['a script', 'javascript:alert(1)'],
    ['data', 'data:text/html,x'],
    ['no address', 'example.org/plan'],
  ])('to %s is refused (400)', (_what, url) =>
    refused(
      () => ben.jobs.addAttachmentLinked({ jobId: job.id, url }),
      400,
      'invalid-argument',
      /^params.url: .*expected an address/,
    ),
  );

  test('of more than 2,000 characters, or with bytes, is refused (400)', async () => {
    const url = `https://example.org/${'x'.repeat(2000)}`;
    await refused(() => ben.jobs.addAttachmentLinked({ jobId: job.id, url }), 400, 'limit-exceeded', /^params.url: /);
    const both = { jobId: job.id, url: 'https://example.org/', attachment: Buffer.from('x') };
    await refused(
      () => ben.jobs.addAttachmentLinked(both),
      400,
      'invalid-argument',
      /^params.attachment: given, but a link has none/,
    );
  });
});

describe('an attachment that is changed', () => {
  test('has another alias and folder, and the rest as it was', async () => {
    const before = await added(Buffer.from('x'), { fileName: 'plan.pdf', folder: 'Plans' });
    server.clock.forward(1000);
    const change = { jobId: job.id, attachmentId: before.id };
    await ana.jobs.updateAttachment({ ...change, attachmentAlias: 'The plan' });
    expect(await attachment(before.id)).toEqual({ ...before, attachmentAlias: 'The plan' });
    await ana.jobs.updateAttachment({ ...change, folder: 'Old plans' });
    expect(await attachment(before.id)).toEqual({ ...before, attachmentAlias: 'The plan', folder: 'Old plans' });
    await ana.jobs.updateAttachment({ ...change, folder: '' });
    expect(await attachment(before.id)).toEqual({ ...before, attachmentAlias: 'The plan', folder: null });
  });

  test('to what it is already writes nothing', async () => {
    const { id } = await added(Buffer.from('x'), { fileName: 'plan.pdf', folder: 'Plans' });
    const same = { jobId: job.id, attachmentId: id, attachmentAlias: 'plan.pdf', folder: 'Plans' };
    expect(await expectNothingWritten(server, () => ben.jobs.updateAttachment(same))).toBe(true);
  });

  test('adds its line to the history', async () => {
    const { id } = await added(Buffer.from('x'), { fileName: 'plan.pdf' });
    await ben.jobs.updateAttachment({ jobId: job.id, attachmentId: id, attachmentAlias: 'The plan', folder: 'F' });
    const { at, ...last } = (await ben.jobs.getJobHistory(job.id)).findLast(
      ({ action }) => action === JobHistoryAction.Updated,
    )! as never as Record<string, unknown>;
    expect(last).toMatchObject({ result: 'attachment "plan.pdf": alias "The plan", folder "F"' });
  });

  test.each([
    ['an empty alias', { attachmentAlias: ' ' }, 'invalid-argument', /^params.attachmentAlias: /],
    ['a long alias', { attachmentAlias: 'x'.repeat(251) }, 'limit-exceeded', /^params.attachmentAlias: 251/],
    ['a long folder', { folder: 'x'.repeat(251) }, 'limit-exceeded', /^params.folder: 251/],
  ])('to %s is refused (400)', async (_what, change, slug, message) => {
    const { id } = await added(Buffer.from('x'));
    await refused(() => ben.jobs.updateAttachment({ jobId: job.id, attachmentId: id, ...change }), 400, slug, message);
  });
});

describe('an attachment that is deleted', () => {
  test('is gone with its bytes, and its line is added to the history', async () => {
    const bytes = randomBytes(300_000);
    const { id } = await added(bytes, { fileName: 'gone.bin' });
    expect(await ben.jobs.deleteAttachment(job.id, id)).toBe(true);
    expect(await attachment(id)).toBeUndefined();
    expect((await rowsOf(server, 'file_bodies')).filter(row => row.sha256 === sha256(bytes))).toEqual([]);
    const bodies = new Set((await rowsOf(server, 'file_bodies')).map(row => row.body_id));
    const uploads = new Set((await rowsOf(server, 'file_uploads')).map(row => row.upload_id));
    const homeless = (await rowsOf(server, 'file_chunks')).filter(
      row => !bodies.has(row.body_id) && !uploads.has(row.body_id),
    );
    expect(homeless).toEqual([]);
    const history = await ben.jobs.getJobHistory(job.id);
    expect(
      history.some(({ action, result }) => action === JobHistoryAction.Deleted && result === 'attachment "gone.bin"'),
    ).toBe(true);
    await refused(() => ben.jobs.deleteAttachment(job.id, id), 404, 'attachment-not-found', /./);
  });

  test('leaves the bytes to whoever shows the same', async () => {
    const bytes = randomBytes(1000);
    const [one, two] = [await added(bytes), await added(bytes)];
    await ben.jobs.deleteAttachment(job.id, one.id);
    expect(Buffer.from(await ben.jobs.getAttachmentBody(job.id, two.id))).toEqual(bytes);
    await ben.jobs.deleteAttachment(job.id, two.id);
    expect((await rowsOf(server, 'file_bodies')).filter(row => row.sha256 === sha256(bytes))).toEqual([]);
  });

  test('leaves the bytes to a document of the same content', async () => {
    const bytes = randomBytes(1000);
    const document = await answered<{ id: string }>(http.upload(ana, '/api/documents?name=x', bytes));
    const { id } = await added(bytes);
    await ben.jobs.deleteAttachment(job.id, id);
    const back = await http.send(ana, `/api/documents/${document.id}`);
    expect(Buffer.from(await back.arrayBuffer())).toEqual(bytes);
  });
});

/** Every function of attachments, by who calls it. */
const functions = (user: () => TestUser, jobId: () => string, attachmentId: () => string) => ({
  addAttachment: () => user().jobs.addAttachment({ jobId: jobId(), attachment: Buffer.from('x') }),
  addAttachmentLinked: () => user().jobs.addAttachmentLinked({ jobId: jobId(), url: 'https://example.org/' }),
  beginAttachmentUpload: () => user().jobs.beginAttachmentUpload({ jobId: jobId() }, 3),
  updateAttachment: () => user().jobs.updateAttachment({ jobId: jobId(), attachmentId: attachmentId(), folder: 'Y' }),
  deleteAttachment: () => user().jobs.deleteAttachment(jobId(), attachmentId()),
  getAttachments: () => user().jobs.getAttachments(jobId()),
  getAttachmentBody: () => user().jobs.getAttachmentBody(jobId(), attachmentId()),
  getAttachmentChunk: () => user().jobs.getAttachmentChunk(jobId(), attachmentId(), 0, 1),
  getAttachmentUrl: () => user().jobs.getAttachmentUrl(jobId(), attachmentId(), true),
});

const CHANGES = [
  'addAttachment',
  'addAttachmentLinked',
  'beginAttachmentUpload',
  'updateAttachment',
  'deleteAttachment',
];

describe('who', () => {
  let id: string;
  beforeAll(async () => {
    id = (await added(Buffer.from('x'))).id;
  });

  test.each(
    Object.entries(
      functions(
        () => outsider,
        () => job.id,
        () => id,
      ),
    ),
  )('is of another team has no job to %s (404)', async (_name, call) => {
    await refused(call, 404, 'job-not-found', /./);
  });

  test.each(
    Object.entries(
      functions(
        () => reader,
        () => job.id,
        () => id,
      ),
    ),
  )('only reads: %s', async (name, call) => {
    if (CHANGES.includes(name)) await refused(call, 476, 'insufficient-permissions', /jobUpdateAttachments/);
    else await call();
  });
});

describe('a closed job', () => {
  let closed: TestJob;
  let id: string;
  beforeAll(async () => {
    closed = await openJob();
    id = (await ben.jobs.addAttachment({ jobId: closed.id, attachment: Buffer.from('x') })).attachmentId;
    await closed.run(ben, 'Open the valve', 'Close it');
  });

  test.each(
    Object.entries(
      functions(
        () => ben,
        () => closed.id,
        () => id,
      ),
    ),
  )('keeps its attachments: %s', async (name, call) => {
    if (CHANGES.includes(name)) await refused(call, 413, 'job-closed', /its attachments stay as they are/);
    else await call();
  });

  test('that closed while an upload ran takes no more of it (413)', async () => {
    const of = await openJob();
    const { uploadId } = await ben.jobs.beginAttachmentUpload({ jobId: of.id }, 3);
    await ben.jobs.putAttachmentChunk(uploadId, 0, Buffer.from('abc'));
    await of.run(ben, 'Open the valve', 'Close it');
    await refused(() => ben.jobs.finishAttachmentUpload(uploadId, sha256(Buffer.from('abc'))), 413, 'job-closed', /./);
  });
});

describe('an attachment is refused, and nothing is written,', () => {
  test.each([
    ['without bytes', {}, 'invalid-argument', /^params.attachment: missing/],
    [
      'with an address',
      { url: 'https://example.org/', attachment: Buffer.from('x') },
      'invalid-argument',
      /^params.url: given/,
    ],
    [
      'with an id',
      { attachmentId: 'mine', attachment: Buffer.from('x') },
      'invalid-argument',
      /^params.attachmentId: given/,
    ],
    [
      'with a name in a folder',
      { fileName: 'a/b', attachment: Buffer.from('x') },
      'invalid-argument',
      /^params.fileName: "a\/b"/,
    ],
    [
      'with a type that is none',
      { mimeType: 'picture', attachment: Buffer.from('x') },
      'invalid-argument',
      /^params.mimeType: "picture"/,
    ],
    [
      'with a long alias',
      { attachmentAlias: 'x'.repeat(251), attachment: Buffer.from('x') },
      'limit-exceeded',
      /^params.attachmentAlias: /,
    ],
  ])('%s (400)', (_what, more, slug, message) =>
    refused(() => ben.jobs.addAttachment({ jobId: job.id, ...more }), 400, slug, message),
  );

  test('in a step that the job does not have (404)', () =>
    refused(
      () => ben.jobs.addAttachment({ jobId: job.id, attachment: Buffer.from('x'), stepId: 'nowhere' }),
      404,
      'step-not-found',
      /^stepId: /,
    ));

  test('over HTTP without a job (400), to one of another team (404), and by who only reads (476)', async () => {
    const post = (user: TestUser, query: string) =>
      expectNothingWritten(server, () => http.upload(user, `/api/attachments?${query}`, 'x'));
    await expectHttpRefusal(post(ben, ''), 400, 'invalid-argument', /^jobId: missing/);
    await expectHttpRefusal(post(outsider, `jobId=${job.id}`), 404, 'job-not-found');
    await expectHttpRefusal(post(reader, `jobId=${job.id}`), 476, 'insufficient-permissions');
  });
});
