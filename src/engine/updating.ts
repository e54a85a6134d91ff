/**
 * Changing a job: fields and properties, all or none. What is so already changes nothing: then nothing is written, and the revision
 * stays. Callers and steps that set something go through the same checks; privileges are the caller's matter.
 */
import { JobHistoryAction, type JobValue, type UpdateJobOverrides } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import { InvalidVersion, NotFound, WrongState } from '../base/errors.ts';
import { FlowChart } from '../domain/flow.ts';
import { checkUpdate, isNotesAlone } from '../domain/job-updates.ts';
import { checkDates, knownPriority, knownStatus } from '../domain/jobs.ts';
import { shown } from '../domain/properties/faults.ts';
import { jobNamesOf } from '../domain/team-config.ts';
import { isUnderWay } from '../domain/work.ts';
import type { Transactor } from '../store/database.ts';
import type { JobRow, JobStepRow } from '../store/jobs.ts';
import type { Row } from '../store/schema.ts';
import type { Act } from './act.ts';
import { emit, eventOf } from './events.ts';
import { historyRow } from './history.ts';
import { isSearchedBy, putTexts } from './job-texts.ts';
import { resolveUser } from './naming.ts';
import { checkParent } from './parents.ts';
import { PropertyChanges } from './updating-properties.ts';

type Head = Row<'jobs'>;

export interface UpdateOptions {
  /** By a step, with the rights of the server: what callers may not edit, it may. */
  readonly byServer?: boolean;
}

/**
 * @param changes of a caller, or of a step: `updateOf` makes them of its list
 * @returns the job as it is then; the same object when nothing changed
 * @throws BadRequest (400), NotFound (404), WrongState (413) for a closed job, InvalidVersion (420) for another revision
 */
export async function applyUpdate(
  tx: Transactor,
  act: Act,
  job: JobRow,
  changes: UpdateJobOverrides,
  { byServer = false }: UpdateOptions = {},
): Promise<JobRow> {
  checkUpdate('jobUpdates', changes);
  refuseClosed(job);
  refuseOtherRevision(job, changes.expectedRevision);
  const head = differingFrom(job, await fieldsOf(tx, job, changes));
  const properties = await PropertyChanges.of(tx, act, job, changes, byServer);
  const fields = shownFields.filter(({ column }) => column in head);
  const facts = [...fields.map(field => factOf(field, head[field.column])), ...properties.facts];
  if (facts.length === 0) return job;
  const change = { ...head, history_seq: job.history_seq + 1 };
  await tx.jobs.changeJob(job, change);
  await properties.write(tx);
  const changedJob = { ...job, ...change, revision: job.revision + 1 };
  if (properties.facts.length > 0 || isSearchedBy(head)) await putTexts(tx, changedJob);
  const key = { team_id: job.team_id, job_id: job.job_id, seq: change.history_seq };
  const result = facts.join('; ').slice(0, LONGEST_RESULT);
  await tx.jobs.insertHistory([historyRow(act, key, JobHistoryAction.Updated, { result })]);
  const jobProperties = fields.map(({ name, column, struct }) => {
    const value = head[column];
    return { propertyName: name, ...(value != null && { value: { [struct]: value } as JobValue }) };
  });
  const changed = { jobProperties, extendedProperties: properties.extended, relatedProperties: properties.related };
  await emit(tx, [eventOf(act, job, NotificationType.JobUpdated, { properties: changed, closed: false })]);
  return changedJob;
}

const LONGEST_RESULT = 4000;

interface ShownField {
  readonly name: string;
  readonly column: keyof Head;
  /** The member of JobValue. */
  readonly struct: 'text' | 'dateTime' | 'number';
  /** Told without its value: it may be long. */
  readonly long?: true;
}

/** In the order in which they are told. */
const shownFields: readonly ShownField[] = [
  { name: 'jobName', column: 'job_name', struct: 'text' },
  { name: 'startDate', column: 'start_date', struct: 'dateTime' },
  { name: 'dueDate', column: 'due_date', struct: 'dateTime' },
  { name: 'priority', column: 'priority', struct: 'text' },
  { name: 'description', column: 'description', struct: 'text', long: true },
  { name: 'ownedBy', column: 'owned_by', struct: 'text' },
  { name: 'notes', column: 'notes', struct: 'text', long: true },
  { name: 'parentJob', column: 'parent_job', struct: 'text' },
  { name: 'jobStatus', column: 'status', struct: 'text' },
  { name: 'percentComplete', column: 'percent_complete', struct: 'number' },
  { name: 'activeVersions', column: 'versions', struct: 'text', long: true },
];

function factOf({ name, struct, long }: ShownField, value: Head[keyof Head] | undefined): string {
  if (value == null) return `${name} cleared`;
  if (long) return `${name} changed`;
  return `${name}: ${shown(struct === 'dateTime' ? new Date(value as number).toISOString() : String(value))}`;
}

/** A progress that is given is told even where it is what was counted: it is not counted any more. */
const differingFrom = (job: JobRow, change: Partial<Head>): Partial<Head> =>
  Object.fromEntries(
    Object.entries(change).filter(
      ([column, value]) =>
        job[column as keyof Head] !== value || (column === 'percent_complete' && job.percent_given === 0),
    ),
  );

/** The columns that are given, as they shall be. */
async function fieldsOf(tx: Transactor, job: JobRow, changes: UpdateJobOverrides): Promise<Partial<Head>> {
  const { jobName, description, notes, startDate, dueDate, ownedBy, parentJob, percentComplete, versions } = changes;
  const change: Partial<Head> = {
    ...(jobName != null && { job_name: jobName.trim() }),
    ...(description != null && { description: description || null }),
    ...(notes != null && { notes: notes || null }),
    ...(startDate != null && { start_date: startDate || null }),
    ...(dueDate != null && { due_date: dueDate || null }),
    ...(percentComplete != null && { percent_complete: percentComplete, percent_given: 1 }),
    ...(versions != null && { versions: versions.length > 0 ? JSON.stringify(versions) : null }),
    ...(await namesOf(tx, job, changes)),
    ...(ownedBy != null && {
      owned_by: ownedBy === '' ? null : await resolveUser(tx, job.team_id, 'jobUpdates.ownedBy', ownedBy),
    }),
  };
  if (startDate != null || dueDate != null)
    checkDates(
      change.start_date === undefined ? job.start_date : change.start_date,
      change.due_date === undefined ? job.due_date : change.due_date,
    );
  if (parentJob == null || (parentJob || null) === job.parent_job) return change;
  if (parentJob !== '') await checkParent(tx, job, parentJob);
  return { ...change, parent_job: parentJob || null, parent_ref: parentJob || null };
}

async function namesOf(
  tx: Transactor,
  job: JobRow,
  { priority, jobStatus }: UpdateJobOverrides,
): Promise<Partial<Head>> {
  if (priority == null && jobStatus == null) return {};
  const [team] = await tx.people.teams([job.team_id]);
  const names = jobNamesOf(team!.config);
  return {
    ...(priority != null && { priority: knownPriority(priority, names.priorities) }),
    ...(jobStatus != null && { status: knownStatus(jobStatus, 'jobStatus', names.statuses) }),
  };
}

/**
 * What a caller may not change as things stand.
 * @param steps the current steps
 * @param allowRunningStepId a running step that does not count; '' for none
 * @throws WrongState (413); NotFound (404) for a step that the job's procedure does not have
 */
export async function refuseUpdate(
  tx: Transactor,
  job: JobRow,
  steps: readonly JobStepRow[],
  changes: UpdateJobOverrides,
  allowRunningStepId: string,
): Promise<void> {
  if (allowRunningStepId !== '' && !steps.some(({ step_id }) => step_id === allowRunningStepId)) {
    const chart = FlowChart.of(await tx.trees.tree(job.team_id, job.root_hash));
    if (!chart.leaf(allowRunningStepId))
      throw new NotFound(
        'step-not-found',
        `allowRunningStepId: the procedure of the job has no step ${allowRunningStepId}; getJob lists the current steps`,
        { stepId: allowRunningStepId },
      );
  }
  refuseClosed(job);
  const running = steps.find(({ step_id, state }) => isUnderWay(state) && step_id !== allowRunningStepId);
  if (!running || isNotesAlone(changes)) return;
  throw new WrongState(
    'job-running',
    `job ${job.job_id} ("${job.job_name}") has a running step, "${running.step_name}"; finish or stop it first, or name it in allowRunningStepId`,
    { jobId: job.job_id, stepId: running.step_id },
  );
}

function refuseClosed(job: JobRow): void {
  if (job.closed === 0) return;
  throw new WrongState('job-closed', `job ${job.job_id} ("${job.job_name}") is closed; reopen it before changing it`, {
    jobId: job.job_id,
  });
}

function refuseOtherRevision({ revision }: JobRow, expected: number | null | undefined): void {
  if (expected == null || expected === revision) return;
  throw new InvalidVersion(
    'revision-conflict',
    `jobUpdates.expectedRevision: ${expected}, but the job has the revision ${revision}; read it and change it again`,
    { expected: String(expected), actual: String(revision) },
  );
}
