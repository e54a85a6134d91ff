/** Creating jobs from the published entry of a template: all of a call or none, with a number of statements that hardly grows. */
import { createHash } from 'node:crypto';
import { stringify } from 'safe-stable-stringify';
import { type JobDefaults, JobStartDateType } from '#gen/flow_types';
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
import { jobNamesOf } from '../domain/team-config.ts';
import type { Transactor } from '../store/database.ts';
import type { JobStepRow } from '../store/jobs.ts';
import type { Row } from '../store/schema.ts';
import type { TemplateRow } from '../store/templates.ts';
import type { Act } from './act.ts';
import { historyRow } from './history.ts';
import { resolveAssignment, resolveUser } from './naming.ts';
import { plannedSheets } from './planned-sheets.ts';

/** @returns the ids of the new jobs, in order; those of the first call when one with the same requestId was carried out before */
export async function createJobs(
  tx: Transactor,
  act: Act,
  template: TemplateRow,
  overrides: CreateJobOverrides,
  count: number,
): Promise<string[]> {
  const first: FirstStep[] = JSON.parse(template.first_steps);
  refuseTooMany(count, first.length);
  const jobIds = Array.from({ length: count }, () => overrides.jobId ?? act.ids.next());
  const earlier = await rememberedIds(tx, act, template, overrides, jobIds);
  if (earlier) return earlier;
  const defaults: JobDefaults = JSON.parse(template.defaults);
  const job = await jobRow(tx, act, template, overrides, defaults);
  const name = overrides.jobName ?? defaults.jobName;
  const { prefix } = jobNamesOf(template.team_config);
  const firstNumber = name == null ? await tx.people.takeJobNumbers(template.team_id, count) : 0;
  const named = jobIds.map((job_id, index) => ({ job_id, job_name: name ?? `${prefix}${firstNumber + index}` }));
  if ((await tx.jobs.insertJobs(named, job)) < count) {
    throw new BadRequest(
      'job-id-taken',
      `jobOverrides.jobId: the team has a job ${overrides.jobId} already; choose another or leave it unset`,
    );
  }
  const given = await givenAssignment(tx, template, overrides, defaults);
  const steps = first.map(step => ({
    team_id: template.team_id,
    ...readyStep(step, given ?? step.assignment ?? unassigned),
  }));
  await tx.jobs.insertSteps(jobIds, steps);
  await tx.jobs.insertHistory(
    jobIds.map(job_id => historyRow(act, { team_id: template.team_id, job_id, seq: 1 }, JobHistoryAction.Created)),
  );
  return jobIds;
}

/** Rows of current steps that one call may make. */
const MOST_FIRST_STEPS = 100_000;

function refuseTooMany(jobs: number, firstSteps: number): void {
  if (jobs * firstSteps <= MOST_FIRST_STEPS) return;
  const most = Math.floor(MOST_FIRST_STEPS / firstSteps);
  throw new BadRequest(
    'limit-exceeded',
    `jobOverrides.numberOfJobs: ${jobs} jobs that each begin with ${firstSteps} steps at once; at most ${most} of them in one call`,
    { limit: String(most), found: String(jobs) },
  );
}

const REMEMBERED_FOR_MS = 24 * 60 * 60 * 1000;

async function rememberedIds(
  tx: Transactor,
  act: Act,
  template: TemplateRow,
  overrides: CreateJobOverrides,
  jobIds: string[],
): Promise<string[] | undefined> {
  const { requestId } = overrides;
  if (requestId == null) return undefined;
  const fingerprint = createHash('sha256')
    .update(stringify([template.template_id, overrides]))
    .digest('hex');
  const request = {
    team_id: template.team_id,
    user_id: act.caller.userId,
    request_id: requestId,
    fingerprint,
    response: JSON.stringify(jobIds),
    created_at: act.now,
  };
  const earlier = await tx.jobs.rememberResponse(request, act.now - REMEMBERED_FOR_MS);
  if (earlier && earlier.fingerprint !== fingerprint) {
    throw new BadRequest(
      'request-id-reused',
      `jobOverrides.requestId: "${requestId}" was used for another request; choose a new one for each`,
      {
        requestId,
      },
    );
  }
  return earlier && JSON.parse(earlier.response);
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
  const names = jobNamesOf(template.team_config);
  return {
    team_id: template.team_id,
    template_id: template.template_id,
    template_version: template.published_version,
    internal_version: template.internal_version,
    description: overrides.description ?? defaults.description ?? null,
    notes: overrides.notes ?? defaults.notes ?? null,
    owned_by: owner != null ? await resolveUser(tx, template.team_id, 'ownedBy', owner) : act.caller.userId,
    created_by: act.caller.userId,
    created_at: act.now,
    start_date: startDate,
    started_at: null,
    due_date: dueDate,
    end_date: null,
    priority: knownPriority(overrides.priority ?? defaults.priority ?? DEFAULT_PRIORITY, names.priorities),
    status: knownStatus(overrides.jobStatus ?? defaults.jobStatus ?? FIRST_STATUS, 'jobStatus', names.statuses),
    percent_complete: overrides.percentComplete ?? 0,
    percent_given: overrides.percentComplete == null ? 0 : 1,
    finished_leaves: 0,
    parent_job: overrides.parentJob ?? null,
    parent_ref: overrides.parentJob ?? null,
    open_holds: 0,
    waited_for: 0,
    flow_state: null,
    versions: null,
    planned_sheets: await plannedSheets(tx, template, overrides.plannedDataSheetIds),
    sheet_values: null,
    closed: 0,
    closed_by: null,
    revision: 1,
    history_seq: 1,
  };
}

/** The assignment that overrides or the template's defaults give to the first steps; null when neither does. */
async function givenAssignment(
  tx: Transactor,
  template: TemplateRow,
  overrides: CreateJobOverrides,
  defaults: JobDefaults,
): Promise<Assignment | null> {
  const { assignedType, assignedTo } = overrides.assignedType == null ? defaults : overrides;
  return assignedType == null ? null : resolveAssignment(tx, template.team_id, assignedType, assignedTo ?? '');
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
  automatic: 0,
  run: 0,
  response: null,
  result: null,
});
