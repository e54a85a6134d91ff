/** The bytes of file attachments, whole or in parts, and where else to get them. */
import { type AttachmentChunk, MAX_ATTACHMENT_CHUNK } from '#gen/jobs_types';
import { BadRequest, WrongState } from '../../base/errors.ts';
import type { AttachmentRow } from '../../store/attachments.ts';
import type { Reader, Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import { bytesOf } from '../files/reading.ts';
import { attachmentPath, signedPath, teamOfToken } from './attachment-address.ts';
import { attachmentNotFound, visibleAttachment } from './attachments.ts';

/** An attachment that is a file. */
export type FileAttachmentRow = AttachmentRow & {
  readonly body_id: string;
  readonly file_name: string;
  readonly mime_type: string;
  readonly sha256: string;
  readonly size: number;
};

/** Bytes that certainly fit into one message of 16 MiB. */
const MOST_AT_ONCE = 16 * 1024 * 1024 - 1024;

export const getAttachmentBody = (store: Store, call: Call, jobId: string, attachmentId: string): Promise<Buffer> =>
  store.look(async reader => {
    const file = await visibleFile(reader, call, jobId, attachmentId);
    if (file.size > MOST_AT_ONCE) {
      throw new BadRequest(
        'limit-exceeded',
        `the file has ${file.size} bytes and one message carries ${MOST_AT_ONCE}; read it with getAttachmentChunk or over HTTP`,
        { limit: String(MOST_AT_ONCE), found: String(file.size) },
      );
    }
    return bytesOf(reader, placeOf(file), 0, file.size);
  });

export function getAttachmentChunk(
  store: Store,
  call: Call,
  jobId: string,
  attachmentId: string,
  offset: number,
  length: number,
): Promise<AttachmentChunk> {
  if (offset < 0)
    throw new BadRequest('invalid-argument', `offset: ${offset}; expected 0 or more`, { field: 'offset' });
  if (length < 1 || length > MAX_ATTACHMENT_CHUNK) {
    throw new BadRequest('limit-exceeded', `length: ${length}; expected 1 to ${MAX_ATTACHMENT_CHUNK}`, {
      field: 'length',
      limit: String(MAX_ATTACHMENT_CHUNK),
    });
  }
  return store.look(async reader => {
    const file = await visibleFile(reader, call, jobId, attachmentId);
    const within = Math.min(length, file.size - offset);
    const data = within > 0 ? await bytesOf(reader, placeOf(file), offset, within) : Buffer.alloc(0);
    return { data, totalSize: file.size, sha256: file.sha256 };
  });
}

export const getAttachmentUrl = (
  store: Store,
  call: Call,
  jobId: string,
  attachmentId: string,
  includeToken: boolean,
): Promise<string> =>
  store.look(async reader => {
    const { job, attachment } = await visibleAttachment(reader, call, jobId, attachmentId);
    if (attachment.url !== null) return attachment.url;
    if (!includeToken) return attachmentPath(jobId, attachmentId);
    return signedPath(reader, job.team_id, jobId, attachmentId, call.now);
  });

/** @throws NotFound (404), WrongState (413) for a link */
export async function visibleFile(
  reader: Reader,
  call: Call,
  jobId: string,
  attachmentId: string,
): Promise<FileAttachmentRow> {
  const { attachment } = await visibleAttachment(reader, call, jobId, attachmentId);
  return asFile(attachment);
}

/** The file that an address with a token opens. @throws InvalidToken (497), TokenExpired (498), NotFound (404) */
export async function fileOfToken(
  reader: Reader,
  token: string,
  jobId: string,
  attachmentId: string,
  now: number,
): Promise<FileAttachmentRow> {
  const teamId = await teamOfToken(reader, token, jobId, attachmentId, now);
  const attachment = await reader.attachments.attachment(teamId, jobId, attachmentId);
  if (!attachment) throw attachmentNotFound(jobId, attachmentId);
  return asFile(attachment);
}

export const placeOf = (file: FileAttachmentRow) => ({ teamId: file.team_id, bodyId: file.body_id });

function asFile(attachment: AttachmentRow): FileAttachmentRow {
  if (attachment.url === null) return attachment as FileAttachmentRow;
  throw new WrongState(
    'attachment-linked',
    `attachment ${attachment.attachment_id} is a link, whose bytes the server does not have; getAttachmentUrl tells its address`,
    { url: attachment.url },
  );
}
