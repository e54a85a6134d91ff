/** What readers of events hear of the attachments of a job: one event for each act, with the attachment. */
import { randomBytes } from 'node:crypto';
import { beforeEach, expect, test } from '@jest/globals';
import { type Notification, NotificationType } from '#gen/notifications_types';
import { type Reader, readerOf } from '../../support/events.ts';
import { added, ben, job, server, sha256 } from './attached.ts';

let events: Reader;

beforeEach(async () => {
  events = await (await readerOf(server, ben)).begin();
});

const heard = (): Promise<Notification[]> => events.all({ jobIds: [job.id] });
const updated = (attachmentId: string) => ({
  msgType: NotificationType.JobAttachmentUpdated,
  jobId: job.id,
  attachmentId,
  userId: ben.id,
});

test('a file that is added, renamed and deleted is told three times', async () => {
  const { id } = await added(Buffer.from('x'));
  await ben.jobs.updateAttachment({ jobId: job.id, attachmentId: id, attachmentAlias: 'Plan' });
  await ben.jobs.deleteAttachment(job.id, id);
  expect(await heard()).toMatchObject([updated(id), updated(id), updated(id)]);
});

test('a link is told', async () => {
  const { attachmentId } = await ben.jobs.addAttachmentLinked({ jobId: job.id, url: 'https://example.org/' });
  expect(await heard()).toMatchObject([updated(attachmentId)]);
});

test('a file that comes in parts is told when it is whole', async () => {
  const bytes = randomBytes(100);
  const { uploadId } = await ben.jobs.beginAttachmentUpload({ jobId: job.id }, bytes.length);
  await ben.jobs.putAttachmentChunk(uploadId, 0, bytes);
  expect(await heard()).toEqual([]);
  const { attachmentId } = await ben.jobs.finishAttachmentUpload(uploadId, sha256(bytes));
  expect(await heard()).toMatchObject([updated(attachmentId)]);
});

test('a change that changes nothing is not told', async () => {
  const { id } = await added(Buffer.from('x'), { attachmentAlias: 'Plan' });
  await events.begin();
  await ben.jobs.updateAttachment({ jobId: job.id, attachmentId: id, attachmentAlias: 'Plan' });
  expect(await heard()).toEqual([]);
});
