/** Attachments of jobs: added, renamed and deleted while the job is open, each with its line of history and its event. */
import { JobHistoryAction } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import type { BaseStep } from '#gen/step_types';
import { BadRequest, NotFound, WrongState } from '../base/errors.ts';
import { FlowChart } from '../domain/flow.ts';
import type { AttachmentRow } from '../store/attachments.ts';
import type { Reader, Transactor } from '../store/database.ts';
import type { JobRow } from '../store/jobs.ts';
import type { Row } from '../store/schema.ts';
import type { Act } from './act.ts';
import { emitOne } from './events.ts';
import { historyRow } from './history.ts';
import { deleteIfUnused } from './uploading.ts';

/** What a new attachment is: of a link the address, of a file the rest of the last line. */
export type NewAttachment = Pick<Row<'job_attachments'>, 'alias' | 'folder' | 'step_id'> &
  Partial<Pick<Row<'job_attachments'>, 'url' | 'body_id' | 'file_name' | 'mime_type'>>;

/** So that the list of a job's attachments always fits into one answer. */
const MOST_ATTACHMENTS = 1000;

/** @throws WrongState (413) for a closed job; NotFound (404) for a step it does not have; BadRequest (400) when it is full */
export async function checkAttachable(reader: Reader, job: JobRow, stepId: string | null): Promise<void> {
  refuseClosed(job);
  if (stepId !== null && !(await stepIn(reader, job, stepId))) {
    throw new NotFound(
      'step-not-found',
      `stepId: the procedure of the job has no step ${stepId}; give the id of one, or leave it unset`,
      { stepId },
    );
  }
  if ((await reader.attachments.count(job.team_id, job.job_id)) < MOST_ATTACHMENTS) return;
  throw new BadRequest(
    'limit-exceeded',
    `job ${job.job_id} ("${job.job_name}") has ${MOST_ATTACHMENTS} attachments, as many as a job may have; delete one first`,
    { limit: String(MOST_ATTACHMENTS) },
  );
}

/** @returns the id of the attachment. @throws as checkAttachable */
export async function addAttachment(tx: Transactor, act: Act, job: JobRow, attachment: NewAttachment): Promise<string> {
  await checkAttachable(tx, job, attachment.step_id);
  const attachmentId = act.ids.next();
  const named = { ...attachment, attachment_id: attachmentId };
  await record(tx, act, job, JobHistoryAction.Added, named, `attachment "${attachment.alias}"`);
  await tx.attachments.insert({
    team_id: job.team_id,
    job_id: job.job_id,
    url: null,
    body_id: null,
    file_name: null,
    mime_type: null,
    ...named,
    added_by: act.caller.userId,
    added_at: act.now,
  });
  return attachmentId;
}

/** Writes nothing when nothing changes. @throws WrongState (413) for a closed job */
export async function renameAttachment(
  tx: Transactor,
  act: Act,
  job: JobRow,
  attachment: AttachmentRow,
  change: Pick<AttachmentRow, 'alias' | 'folder'>,
): Promise<void> {
  refuseClosed(job);
  const facts = [
    ...(change.alias === attachment.alias ? [] : [`alias "${change.alias}"`]),
    ...(change.folder === attachment.folder ? [] : [`folder "${change.folder ?? ''}"`]),
  ];
  if (facts.length === 0) return;
  const result = `attachment "${attachment.alias}": ${facts.join(', ')}`;
  await record(tx, act, job, JobHistoryAction.Updated, attachment, result);
  await tx.attachments.rename(attachment, change);
}

/** With its bytes, unless something else shows the same. @throws WrongState (413) for a closed job */
export async function deleteAttachment(
  tx: Transactor,
  act: Act,
  job: JobRow,
  attachment: AttachmentRow,
): Promise<void> {
  refuseClosed(job);
  await record(tx, act, job, JobHistoryAction.Deleted, attachment, `attachment "${attachment.alias}"`);
  await tx.attachments.delete(attachment);
  if (attachment.body_id !== null) await deleteIfUnused(tx, job.team_id, attachment.body_id);
}

function refuseClosed(job: JobRow): void {
  if (job.closed === 0) return;
  throw new WrongState(
    'job-closed',
    `job ${job.job_id} ("${job.job_name}") is closed; its attachments stay as they are`,
    {
      jobId: job.job_id,
    },
  );
}

async function stepIn(reader: Reader, job: JobRow, stepId: string): Promise<BaseStep | undefined> {
  return FlowChart.of(await reader.trees.tree(job.team_id, job.root_hash)).leaf(stepId);
}

/**
 * The one line of history and the event that an act on an attachment makes, and with them the change of the job that orders its
 * writers. It comes before the change of the attachment: a job that is being deleted meanwhile is told by it.
 */
async function record(
  tx: Transactor,
  act: Act,
  job: JobRow,
  action: JobHistoryAction,
  { attachment_id: attachmentId, step_id: stepId }: Pick<Row<'job_attachments'>, 'attachment_id' | 'step_id'>,
  result: string,
): Promise<void> {
  const seq = job.history_seq + 1;
  await tx.jobs.changeJob(job, { history_seq: seq });
  const step_name = (stepId !== null && (await stepIn(tx, job, stepId))?.title) || null;
  const key = { team_id: job.team_id, job_id: job.job_id, seq };
  await tx.jobs.insertHistory([historyRow(act, key, action, { step_id: stepId, step_name, result })]);
  await emitOne(tx, act, job, NotificationType.JobAttachmentUpdated, { attachmentId });
}
