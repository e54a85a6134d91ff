/** Jobs: from rows to the structs of the interface. Times go out in epoch milliseconds. */
import {
  type Geometry,
  type Job,
  type JobActionResponse,
  JobActionStepStatus,
  type JobAttachment,
  type JobHistory,
  type JobHold,
} from '#gen/jobs_types';
import { WEB_MERCATOR } from '../../domain/geometry/systems.ts';
import { toCurrentStep } from '../../engine/current-steps.ts';
import type { StepAnswer } from '../../engine/running.ts';
import type { AttachmentRow } from '../../store/attachments.ts';
import type { HoldRow } from '../../store/holds.ts';
import type { JobRow, JobStepRow } from '../../store/jobs.ts';
import type { Row } from '../../store/schema.ts';
import { attachmentPath } from './attachment-address.ts';

/** @param holds the open holds and dependencies that block steps */
export const toJob = (job: JobRow, steps: readonly JobStepRow[], holds: readonly HoldRow[]): Job => ({
  jobId: job.job_id,
  jobName: job.job_name,
  ownedBy: job.owned_by ?? undefined,
  createdBy: job.created_by,
  notes: job.notes ?? undefined,
  description: job.description ?? undefined,
  createdDate: job.created_at,
  startDate: job.start_date ?? undefined,
  startedDate: job.started_at ?? undefined,
  dueDate: job.due_date ?? undefined,
  endDate: job.end_date ?? undefined,
  parentJob: job.parent_job ?? undefined,
  parentJobRefId: job.parent_ref ?? undefined,
  percentComplete: job.percent_complete,
  priority: job.priority,
  diagramId: job.template_id,
  diagramVersion: job.template_version,
  diagramName: job.template_title,
  closed: job.closed === 1,
  // The steps of a closed job rest: none of them is current for anybody.
  currentSteps: job.closed === 1 ? [] : steps.map(step => toCurrentStep(step, holds)),
  jobStatus: job.status,
  jobTemplateId: job.template_id,
  jobTemplateName: job.template_title,
  activeVersions: job.versions === null ? [] : JSON.parse(job.versions),
  archived: job.archived === 1,
  hasLocation: job.has_location === 1,
  closedBy: job.closed_by ?? undefined,
  revision: job.revision,
  teamId: job.team_id,
  ...(job.planned_sheets !== null && { plannedDataSheetIds: JSON.parse(job.planned_sheets) }),
  ...(job.sheet_values !== null && { snapshottedDataSheetValues: JSON.parse(job.sheet_values) }),
});

export const toHold = (row: HoldRow): JobHold => ({
  jobId: row.job_id,
  stepId: row.step_id,
  holdId: row.hold_id,
  setBy: row.set_by,
  setDate: row.set_date,
  scheduledRelease: row.scheduled_release ?? undefined,
  releasedBy: row.released_by ?? undefined,
  releasedDate: row.released_date ?? undefined,
  dependentJobId: row.dependent_job_id ?? undefined,
  dependentStepId: row.dependent_step_id ?? undefined,
});

export const toHistory = (row: Row<'job_history'>): JobHistory => ({
  jobId: row.job_id,
  stepId: row.step_id ?? undefined,
  date: row.date,
  username: row.username,
  action: row.action,
  result: row.result ?? undefined,
  startDate: row.start_date ?? undefined,
  endDate: row.end_date ?? undefined,
  durationSeconds:
    row.start_date === null || row.end_date === null ? undefined : (row.end_date - row.start_date) / 1000,
  stepName: row.step_name ?? undefined,
  userId: row.user_id || undefined,
});

export const toAttachment = (row: AttachmentRow): JobAttachment => ({
  id: row.attachment_id,
  attachmentAlias: row.alias,
  folder: row.folder ?? undefined,
  url: row.url ?? attachmentPath(row.job_id, row.attachment_id),
  lastModified: row.added_at,
  lastModifiedBy: row.added_by,
  linked: row.url !== null,
  stepId: row.step_id ?? undefined,
  fileName: row.file_name ?? undefined,
  mimeType: row.mime_type ?? undefined,
  size: row.size ?? undefined,
  sha256: row.sha256 ?? undefined,
});

/** @param location unset for a job without one */
export const toGeometry = (location: Row<'job_locations'> | undefined): Geometry =>
  location ? { ...JSON.parse(location.geometry), spatialReference: { wkid: WEB_MERCATOR } } : {};

export const toActionResponse = (answers: readonly StepAnswer[]): JobActionResponse => ({
  success: answers.every(answer => answer.status === JobActionStepStatus.Success),
  stepResponses: answers.map(({ stepId, status }) => ({ stepId, status, statusDescription: descriptions[status] })),
});

/** What each status means and what would be right, for a person. */
const descriptions: Readonly<Record<JobActionStepStatus, string>> = {
  [JobActionStepStatus.Success]: 'done',
  [JobActionStepStatus.NoActiveStep]: 'the job has no current step; close it with closeJobs',
  [JobActionStepStatus.AlreadyExecuting]: 'the step is running already; finish it or stop it',
  [JobActionStepStatus.AssignedToDifferentUser]: 'the step is assigned to somebody else; have it reassigned',
  [JobActionStepStatus.JobClosed]: 'the job is closed; reopen it first',
  [JobActionStepStatus.StepNotCurrent]: 'the step is not current; getJob lists the current steps',
  [JobActionStepStatus.NoStartedStep]: 'the step was not started; start it first',
  [JobActionStepStatus.NoMatchingPaths]: 'no path leads on from the step; mend the conditions of its paths',
  [JobActionStepStatus.NotRunning]: 'the step is not running; start it first',
  [JobActionStepStatus.Held]: 'the step is held; release its holds and dependencies first',
  [JobActionStepStatus.WaitingForInfo]: 'the step waits for an answer, or for the location of the job; give it first',
  [JobActionStepStatus.NotHeld]: 'the step is not held; there is nothing to release',
  [JobActionStepStatus.StepNotInDiagram]: 'the procedure of the job has no such step; getJob lists the current steps',
  [JobActionStepStatus.StepNotAuto]: 'the server carries nothing on at this step; start and finish it',
};
