/** Attachments of jobs as wholes: adding files and links, listing, renaming, deleting. */
import { MAX_NAME_LENGTH } from '#gen/common_types';
import type { AddJobAttachmentResponse, JobAttachment, JobAttachmentDetails } from '#gen/jobs_types';
import { BadRequest, NotFound } from '../../base/errors.ts';
import { checkSize, fileName, linkAddress, mediaType, UNKNOWN_TYPE } from '../../domain/files.ts';
import { bounded } from '../../domain/limits.ts';
import { attachmentLimit } from '../../domain/team-config.ts';
import * as engine from '../../engine/attaching.ts';
import type { AttachmentRow } from '../../store/attachments.ts';
import type { Reader, Store, Transactor } from '../../store/database.ts';
import type { JobRow } from '../../store/jobs.ts';
import type { Call } from '../call.ts';
import { required } from '../checks.ts';
import { type IncomingFile, receiveFile } from '../files/receiving.ts';
import { permit, visible } from './access.ts';
import { attachmentPath } from './attachment-address.ts';
import { toAttachment } from './wire.ts';

/** What a file attachment shall be, checked. */
export interface FileDetails {
  readonly jobId: string;
  readonly alias: string;
  readonly folder: string | null;
  readonly stepId: string | null;
  readonly fileName: string;
  readonly mimeType: string;
}

/** The name of a file that was sent without one. */
const UNNAMED = 'attachment';

export function addAttachment(
  store: Store,
  call: Call,
  params: JobAttachmentDetails,
  maxFileBytes: number,
): Promise<AddJobAttachmentResponse> {
  const details = fileDetails(params);
  const { attachment } = params;
  if (attachment == null)
    throw new BadRequest('invalid-argument', 'params.attachment: missing; expected the bytes of the file', {
      field: 'params.attachment',
    });
  checkSize('params.attachment', attachment.length, maxFileBytes);
  return attachFile(store, call, details, [attachment], maxFileBytes);
}

/** The one way in for files that come in one request, over Thrift and over HTTP. */
export function attachFile(
  store: Store,
  call: Call,
  details: FileDetails,
  bytes: IncomingFile['bytes'],
  maxFileBytes: number,
): Promise<AddJobAttachmentResponse> {
  const allow = async (tx: Transactor) => (await attachable(tx, call, details)).team_id;
  return receiveFile(store, call, bytes, maxFileBytes, allow, async (tx, { bodyId, size }) => {
    await checkTeamsLimit(tx, await allow(tx), 'file', size);
    return showFile(tx, call, details, bodyId);
  });
}

/** The job that a file may be attached to. @throws NotFound (404), InsufficientPermissions (476), WrongState (413) */
export async function attachable(reader: Reader, call: Call, { jobId, stepId }: FileDetails): Promise<JobRow> {
  const job = await changeable(reader, call, jobId);
  await engine.checkAttachable(reader, job, stepId);
  return job;
}

/** The team may have set fewer bytes than the server. @throws BadRequest (400) */
export async function checkTeamsLimit(reader: Reader, teamId: string, field: string, size: number): Promise<void> {
  const [team] = await reader.people.teams([teamId]);
  checkSize(field, size, attachmentLimit(team!.config, Number.POSITIVE_INFINITY));
}

/** Makes an attachment of a body that the job's team has. */
export async function showFile(
  tx: Transactor,
  call: Call,
  details: FileDetails,
  bodyId: string,
): Promise<AddJobAttachmentResponse> {
  const job = await changeable(tx, call, details.jobId);
  const attachmentId = await engine.addAttachment(tx, call, job, {
    alias: details.alias,
    folder: details.folder,
    step_id: details.stepId,
    body_id: bodyId,
    file_name: details.fileName,
    mime_type: details.mimeType,
  });
  return { attachmentId, url: attachmentPath(details.jobId, attachmentId) };
}

export function addAttachmentLinked(
  store: Store,
  call: Call,
  params: JobAttachmentDetails,
): Promise<AddJobAttachmentResponse> {
  const { attachment, fileName, mimeType, attachmentId } = params;
  refuseGiven({ attachment, fileName, mimeType, attachmentId }, 'a link has none');
  const url = linkAddress('params.url', params.url ?? '');
  // The longest address is longer than the longest alias.
  const place = placeOf(params, [...url].slice(0, MAX_NAME_LENGTH).join(''));
  return store.transact(async tx => {
    const job = await changeable(tx, call, params.jobId);
    return { attachmentId: await engine.addAttachment(tx, call, job, { ...place, url }), url };
  });
}

export const getAttachments = (store: Store, call: Call, jobId: string): Promise<JobAttachment[]> =>
  store.look(async reader => {
    const { team_id } = await visible(reader, call, jobId);
    return (await reader.attachments.attachments(team_id, jobId)).map(toAttachment);
  });

export function updateAttachment(store: Store, call: Call, params: JobAttachmentDetails): Promise<boolean> {
  const { jobId, attachmentId, folder } = params;
  const alias =
    params.attachmentAlias == null ? null : required('params.attachmentAlias', params.attachmentAlias, MAX_NAME_LENGTH);
  bounded('params.folder', folder ?? '', MAX_NAME_LENGTH);
  return store.transact(async tx => {
    const { job, attachment } = await visibleAttachment(tx, call, jobId, attachmentId ?? '');
    permit(call, [job], 'jobUpdateAttachments');
    await engine.renameAttachment(tx, call, job, attachment, {
      alias: alias ?? attachment.alias,
      folder: folder == null ? attachment.folder : folder || null,
    });
    return true;
  });
}

export const deleteAttachment = (store: Store, call: Call, jobId: string, attachmentId: string): Promise<boolean> =>
  store.transact(async tx => {
    const { job, attachment } = await visibleAttachment(tx, call, jobId, attachmentId);
    permit(call, [job], 'jobUpdateAttachments');
    await engine.deleteAttachment(tx, call, job, attachment);
    return true;
  });

/** @throws NotFound (404) for a job, or an attachment of it, that the caller may not see */
export async function visibleAttachment(
  reader: Reader,
  call: Call,
  jobId: string,
  attachmentId: string,
): Promise<{ job: JobRow; attachment: AttachmentRow }> {
  const job = await visible(reader, call, jobId);
  const attachment = await reader.attachments.attachment(job.team_id, jobId, attachmentId);
  if (!attachment) throw attachmentNotFound(jobId, attachmentId);
  return { job, attachment };
}

export const attachmentNotFound = (jobId: string, attachmentId: string): NotFound =>
  new NotFound(
    'attachment-not-found',
    `attachmentId: job ${jobId} has no attachment ${attachmentId}; getAttachments lists those that it has`,
    { jobId, attachmentId },
  );

/** @throws BadRequest (400) naming the member that does not fit */
export function fileDetails(params: JobAttachmentDetails): FileDetails {
  const { url, attachmentId, jobId, mimeType } = params;
  refuseGiven({ url, attachmentId }, 'a file has none; addAttachmentLinked takes addresses');
  const name = fileName('params.fileName', params.fileName || UNNAMED);
  const { alias, folder, step_id: stepId } = placeOf(params, name);
  const type = mimeType ? mediaType('params.mimeType', mimeType) : UNKNOWN_TYPE;
  return { jobId, alias, folder, stepId, fileName: name, mimeType: type };
}

/** What files and links have in common. @param name what they are called when nobody says it */
function placeOf({ attachmentAlias, folder, stepId }: JobAttachmentDetails, name: string) {
  return {
    alias: bounded('params.attachmentAlias', attachmentAlias?.trim() || name, MAX_NAME_LENGTH),
    folder: bounded('params.folder', folder ?? '', MAX_NAME_LENGTH) || null,
    step_id: stepId || null,
  };
}

function refuseGiven(fields: Readonly<Record<string, unknown>>, why: string): void {
  for (const [field, value] of Object.entries(fields)) {
    if (value == null || value === '') continue;
    throw new BadRequest('invalid-argument', `params.${field}: given, but ${why}; leave it unset`, {
      field: `params.${field}`,
    });
  }
}

async function changeable(reader: Reader, call: Call, jobId: string): Promise<JobRow> {
  const job = await visible(reader, call, jobId);
  permit(call, [job], 'jobUpdateAttachments');
  return job;
}
