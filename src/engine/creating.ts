/** Creating jobs from the published entry of a template: all of a call or none, with a number of statements that hardly grows. */
import { createHash } from 'node:crypto';
import { type JobDefaults, JobStartDateType } from '#gen/flow_types';
import { type CreateJobOverrides, JobHistoryAction } from '#gen/jobs_types';
import { canonicalJson } from '../base/canonical-json.ts';
import { BadRequest } from '../base/errors.ts';
import type { Location } from '../domain/geometry/location.ts';
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
import { PropertyTables } from '../domain/properties/tables.ts';
import { jobNamesOf } from '../domain/team-config.ts';
import type { Transactor } from '../store/database.ts';
import type { Row } from '../store/schema.ts';
import type { TemplateRow } from '../store/templates.ts';
import type { Act } from './act.ts';
import { type Begun, begunJobs, createdEvent, type NewJobs, refuseTooMany } from './beginning.ts';
import { readyStep } from './current-steps.ts';
import { emit } from './events.ts';
import { historyRow } from './history.ts';
import { insertTexts, propertyTexts } from './job-texts.ts';
import { locateNew } from './locating.ts';
import { resolveAssignment, resolveUser } from './naming.ts';
import { keepParent } from './parents.ts';
import { plannedSheets } from './planned-sheets.ts';
import { startingProperties } from './starting-properties.ts';

/** What createJobs did. */
export interface Created {
  /** In order. */
  readonly jobIds: readonly string[];
  /** A first step was started by the server in at least one of them. */
  readonly autoExecuted: boolean;
}

/**
 * @param further of each of them: overrides.location as it is kept, and the step that creates them
 * @returns what the first call did, when one with the same requestId was carried out before
 */
export async function createJobs(
  tx: Transactor,
  act: Act,
  template: TemplateRow,
  overrides: CreateJobOverrides,
  count: number,
  further: { readonly location?: Location | undefined; readonly madeBy?: string } = {},
): Promise<Created> {
  const { location, madeBy } = further;
  const request = requestOf(act, template, overrides);
  const earlier = request && (await earlierCall(tx, request));
  if (earlier) return earlier;
  if (overrides.parentJob != null) await keepParent(tx, template.team_id, overrides.parentJob);
  const first: FirstStep[] | null = JSON.parse(template.first_steps);
  refuseTooMany(count, first?.length ?? 1);
  const jobs = await newJobs(tx, act, template, overrides, count, madeBy);
  const jobIds = jobs.named.map(({ job_id }) => job_id);
  const properties = startingProperties(act, template, overrides, count);
  const begun = await begunJobs(tx, act, { template, first, location, properties, ...jobs });
  const plain = jobs.named.slice(begun.jobs.length);
  const inserted = (await tx.jobs.insertJobs(begun.jobs)) + (await tx.jobs.insertJobs(plain, jobs.common));
  if (inserted < count) throw idTaken(overrides);
  await tx.properties.insert(jobIds, properties);
  await insertTexts(tx, template, jobs, propertyTexts(PropertyTables.of(template.property_tables), properties));
  await writeBeginnings(tx, act, template, plain, first, jobs, begun);
  if (location) await locateNew(tx, template.team_id, jobIds, location);
  const created = { jobIds, autoExecuted: begun.startedBySelf };
  if (request)
    await tx.jobs.rememberResponse({ ...request, response: JSON.stringify(created) }, act.now - REMEMBERED_FOR_MS);
  return created;
}

const idTaken = ({ jobId }: CreateJobOverrides): BadRequest =>
  new BadRequest(
    'job-id-taken',
    `jobOverrides.jobId: the team has a job ${jobId} already; choose another or leave it unset`,
  );

const REMEMBERED_FOR_MS = 24 * 60 * 60 * 1000;

type Request = Omit<Row<'create_requests'>, 'response'>;

function requestOf(
  act: Act,
  { team_id, template_id }: TemplateRow,
  overrides: CreateJobOverrides,
): Request | undefined {
  const { requestId } = overrides;
  if (requestId == null) return undefined;
  const fingerprint = createHash('sha256')
    .update(canonicalJson([template_id, overrides]))
    .digest('hex');
  return { team_id, user_id: act.caller.userId, request_id: requestId, fingerprint, created_at: act.now };
}

/** @throws BadRequest (400) when the same requestId was used for something else */
async function earlierCall(tx: Transactor, request: Request): Promise<Created | undefined> {
  const earlier = await tx.jobs.rememberedResponse(request, request.created_at - REMEMBERED_FOR_MS);
  if (!earlier) return undefined;
  if (earlier.fingerprint === request.fingerprint) return JSON.parse(earlier.response);
  throw new BadRequest(
    'request-id-reused',
    `jobOverrides.requestId: "${request.request_id}" was used for another request; choose a new one for each`,
    { requestId: request.request_id },
  );
}

/** The jobs of a call: what each has of its own, what all have in common, and the assignment that beats that of their first steps. */
async function newJobs(
  tx: Transactor,
  act: Act,
  template: TemplateRow,
  overrides: CreateJobOverrides,
  count: number,
  madeBy: string | undefined,
): Promise<NewJobs> {
  const defaults: JobDefaults = JSON.parse(template.defaults);
  const common = { ...(await jobRow(tx, act, template, overrides, defaults)), made_by: madeBy ?? null };
  const name = overrides.jobName ?? defaults.jobName;
  const { prefix } = jobNamesOf(template.team_config);
  const firstNumber = name == null ? await tx.people.takeJobNumbers(template.team_id, count) : 0;
  const named = Array.from({ length: count }, (_, index) => ({
    job_id: overrides.jobId ?? act.ids.next(),
    job_name: name ?? `${prefix}${firstNumber + index}`,
  }));
  return { common, named, given: await givenAssignment(tx, template, overrides, defaults) };
}

/** The first steps, the history and the events of jobs that were inserted. */
async function writeBeginnings(
  tx: Transactor,
  act: Act,
  template: TemplateRow,
  plain: NewJobs['named'],
  first: readonly FirstStep[] | null,
  { given, common }: NewJobs,
  begun: Begun,
): Promise<void> {
  const { team_id } = template;
  const steps = (first ?? []).map(step => ({ team_id, ...readyStep(step, given ?? step.assignment ?? unassigned) }));
  await tx.jobs.insertSteps(
    plain.map(({ job_id }) => job_id),
    steps,
  );
  await tx.jobs.putSteps(begun.steps);
  const all = [...begun.jobs, ...plain];
  const key = (job_id: string) => ({ team_id, job_id, seq: 1 });
  await tx.jobs.insertHistory([
    ...all.map(({ job_id }) => historyRow(act, key(job_id), JobHistoryAction.Created)),
    ...begun.history,
  ]);
  const events = plain.map(({ job_id }) =>
    createdEvent(
      act,
      { ...common, job_id },
      steps.map(step => ({ ...step, job_id })),
    ),
  );
  await emit(tx, [...begun.events, ...events]);
  await tx.runs.put(begun.runs);
}

/** What all jobs of a call have in common. */
async function jobRow(
  tx: Transactor,
  act: Act,
  template: TemplateRow,
  overrides: CreateJobOverrides,
  defaults: JobDefaults,
): Promise<NewJobs['common']> {
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
    made_by: null,
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
