/** Creating jobs from the published entry of a template: all of a call or none, with a number of statements that hardly grows. */
import { AssignedType, type JobDefaults, JobStartDateType } from '#gen/flow_types';
import { type CreateJobOverrides, JobHistoryAction, StepState } from '#gen/jobs_types';
import { BadRequest } from '../base/errors.ts';
import {
  type Assignment,
  checkDates,
  DEFAULT_PRIORITY,
  FIRST_STATUS,
  type FirstStep,
  knownPriority,
  knownStatus,
  unassigned,
} from '../domain/jobs.ts';
import type { Transactor } from '../store/database.ts';
import type { JobStepRow } from '../store/jobs.ts';
import type { Row } from '../store/schema.ts';
import type { TemplateRow } from '../store/templates.ts';
import type { Act } from './act.ts';
import { historyRow } from './history.ts';
import { resolveAssignment, resolveUser } from './naming.ts';

/** @returns the ids of the new jobs, in order; those of the first call when one with the same requestId was carried out before */
export async function createJobs(
  tx: Transactor,
  act: Act,
  template: TemplateRow,
  overrides: CreateJobOverrides,
  count: number,
): Promise<string[]> {
  const jobIds = Array.from({ length: count }, () => overrides.jobId || act.ids.next());
  const earlier = await rememberedIds(tx, act, template, overrides, jobIds);
  if (earlier) return earlier;
  const defaults: JobDefaults = JSON.parse(template.defaults);
  const job = await jobRow(tx, act, template, overrides, defaults);
  const name = overrides.jobName ?? defaults.jobName;
  const firstNumber = name == null ? await tx.people.takeJobNumbers(template.team_id, count) : 0;
  const rows = jobIds.map((job_id, index) => ({ ...job, job_id, job_name: name ?? `JOB_${firstNumber + index}` }));
  if ((await tx.jobs.insertJobs(rows)) < count) {
    throw new BadRequest(
      'job-id-taken',
      `jobOverrides.jobId: the team has a job ${overrides.jobId} already; choose another or leave it unset`,
    );
  }
  const steps = await stepRows(tx, template, overrides, defaults);
  await tx.jobs.putSteps(jobIds.flatMap(job_id => steps.map(step => ({ ...step, job_id }))));
  await tx.jobs.insertHistory(
    jobIds.map(job_id => historyRow(act, { team_id: template.team_id, job_id, seq: 1 }, JobHistoryAction.Created)),
  );
  return jobIds;
}

async function rememberedIds(
  tx: Transactor,
  act: Act,
  template: TemplateRow,
  { requestId }: CreateJobOverrides,
  jobIds: string[],
): Promise<string[] | undefined> {
  if (!requestId) return undefined;
  const earlier = await tx.jobs.rememberResponse({
    team_id: template.team_id,
    user_id: act.caller.userId,
    request_id: requestId,
    response: JSON.stringify(jobIds),
    created_at: act.now,
  });
  return earlier === undefined ? undefined : JSON.parse(earlier);
}

/** What all jobs of a call have in common. */
async function jobRow(
  tx: Transactor,
  act: Act,
  template: TemplateRow,
  overrides: CreateJobOverrides,
  defaults: JobDefaults,
): Promise<Omit<Row<'jobs'>, 'job_id' | 'job_name'>> {
  const startDate =
    overrides.startDate ??
    (defaults.startDateType === JobStartDateType.SpecificDate ? (defaults.startDate ?? act.now) : act.now);
  const dueDate =
    overrides.dueDate ?? (defaults.durationMs == null ? (defaults.dueDate ?? null) : startDate + defaults.durationMs);
  checkDates(startDate, dueDate);
  const owner = overrides.ownedBy ?? defaults.ownedBy;
  return {
    team_id: template.team_id,
    template_id: template.template_id,
    template_version: template.published_version,
    internal_version: template.internal_version,
    description: overrides.description ?? defaults.description ?? null,
    notes: overrides.notes ?? defaults.notes ?? null,
    owned_by: owner ? await resolveUser(tx, template.team_id, 'ownedBy', owner) : act.caller.userId,
    created_by: act.caller.userId,
    created_at: act.now,
    start_date: startDate,
    started_at: null,
    due_date: dueDate,
    end_date: null,
    priority: knownPriority(overrides.priority ?? defaults.priority ?? DEFAULT_PRIORITY),
    status: knownStatus(overrides.jobStatus ?? defaults.jobStatus ?? FIRST_STATUS),
    percent_complete: overrides.percentComplete ?? 0,
    percent_given: overrides.percentComplete == null ? 0 : 1,
    finished_leaves: 0,
    parent_job: overrides.parentJob ?? null,
    closed: 0,
    closed_by: null,
    revision: 1,
    history_seq: 1,
  };
}

async function stepRows(
  tx: Transactor,
  template: TemplateRow,
  overrides: CreateJobOverrides,
  defaults: JobDefaults,
): Promise<Omit<JobStepRow, 'job_id'>[]> {
  const asked = overrides.assignedType == null ? defaults : overrides;
  const given: Assignment | null =
    asked.assignedType == null
      ? null
      : await resolveAssignment(
          tx,
          template.team_id,
          asked.assignedType ?? AssignedType.Unassigned,
          asked.assignedTo ?? '',
        );
  const steps: FirstStep[] = JSON.parse(template.first_steps);
  return steps.map(step => ({ team_id: template.team_id, ...readyStep(step, given ?? step.assignment ?? unassigned) }));
}

/** A step that has just become current. */
export const readyStep = (step: FirstStep, assignment: Assignment): Omit<JobStepRow, 'team_id' | 'job_id'> => ({
  step_id: step.id,
  current: 1,
  step_name: step.title,
  ordinal: step.ordinal,
  state: StepState.READY,
  can_skip: step.canSkip ? 1 : 0,
  proceed_next: step.proceedNext ? 1 : 0,
  assigned_type: assignment.type,
  assigned_to: assignment.to,
  started_at: null,
  started_by: null,
  finished_at: null,
  finished_by: null,
});
