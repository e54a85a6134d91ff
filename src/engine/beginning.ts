/**
 * The beginning of jobs that do not all begin alike: where the way depends on the job, and where the server starts the first step.
 * They are begun in memory, before they are written.
 */
import { AssignedType } from '#gen/flow_types';
import { MAX_AUTO_STARTED_JOBS } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import { BadRequest } from '../base/errors.ts';
import { FlowChart } from '../domain/flow.ts';
import type { Location } from '../domain/geometry/location.ts';
import type { Assignment, FirstStep } from '../domain/jobs.ts';
import type { Transactor } from '../store/database.ts';
import type { NewEvent } from '../store/events.ts';
import type { JobRow, JobStepRow } from '../store/jobs.ts';
import type { RunRow } from '../store/runs.ts';
import type { Row } from '../store/schema.ts';
import type { TemplateRow } from '../store/templates.ts';
import type { Act } from './act.ts';
import { Recipients } from './actions/recipients.ts';
import { toCurrentStep } from './current-steps.ts';
import { eventOf } from './events.ts';
import { sheetValues } from './planned-sheets.ts';
import { sightOf } from './sight.ts';
import type { StartingRow } from './starting-properties.ts';
import { Work } from './work.ts';

/** The jobs of a call of createJobs. */
export interface NewJobs {
  readonly named: readonly Pick<Row<'jobs'>, 'job_id' | 'job_name'>[];
  readonly common: Omit<Row<'jobs'>, 'job_id' | 'job_name'>;
  /** The assignment of all first steps, when something beats their own. */
  readonly given: Assignment | null;
}

interface Asked extends NewJobs {
  readonly template: TemplateRow;
  /** null where the first steps depend on the job. */
  readonly first: readonly FirstStep[] | null;
  readonly location: Location | undefined;
  readonly properties: readonly StartingRow[];
}

/** Jobs as they are after their beginning. */
export interface Begun {
  readonly jobs: readonly Row<'jobs'>[];
  readonly steps: readonly JobStepRow[];
  /** But for the creation. */
  readonly history: readonly Row<'job_history'>[];
  readonly events: readonly NewEvent[];
  readonly runs: readonly RunRow[];
  /** The server started a step in at least one of them. */
  readonly startedBySelf: boolean;
}

/** Rows of current steps that one call may make. */
const MOST_FIRST_STEPS = 100_000;

/** @param steps that each of the jobs begins with */
export function refuseTooMany(jobs: number, steps: number): void {
  if (jobs * steps <= MOST_FIRST_STEPS) return;
  const most = Math.floor(MOST_FIRST_STEPS / steps);
  throw new BadRequest(
    'limit-exceeded',
    `jobOverrides.numberOfJobs: ${jobs} jobs that each begin with ${Math.ceil(steps)} steps at once; at most ${most} of them in one call`,
    { limit: String(most), found: String(jobs) },
  );
}

/** The first of the jobs, as many as have to be begun. */
export async function begunJobs(tx: Transactor, act: Act, asked: Asked): Promise<Begun> {
  const { template, first, named, common } = asked;
  const mayStart = first?.some(step => step.automatic) ?? true;
  const begun = first === null ? named : named.slice(0, mayStart ? MAX_AUTO_STARTED_JOBS : 0);
  if (begun.length === 0) return { jobs: [], steps: [], history: [], events: [], runs: [], startedBySelf: false };
  const root = await tx.trees.tree(template.team_id, template.root_hash);
  const { title: template_title, root_hash, leaf_count, defaults } = template;
  const has_location = asked.location ? 1 : 0;
  const has_properties = template.property_tables === null ? 0 : 1;
  const entry = { template_title, root_hash, leaf_count, defaults };
  const shown = { ...entry, has_location, has_properties, archived: 0 } as const;
  const rows = begun.map(name => ({ ...common, ...name, ...shown }));
  const properties = asked.properties.map(row => ({ ...row, job_id: '' }));
  const sight = await sightOf(tx, act, rows[0]!, root, { tables: template.property_tables, rows: properties });
  const chart = FlowChart.of(root);
  const recipients = new Recipients();
  let steps = 0;
  const works = rows.map((job, index) => {
    const work = new Work({ act, job, chart, current: [], holds: [], held: new Set(), sight, recipients });
    work.begin(asked.given);
    if (index < MAX_AUTO_STARTED_JOBS) work.settle(step => isForTheServer(step, act));
    steps += work.current.length;
    refuseTooMany(named.length, steps / named.length);
    return work;
  });
  const values =
    common.planned_sheets !== null && works.some(work => work.begins)
      ? await sheetValues(tx, template.team_id, root, JSON.parse(common.planned_sheets))
      : undefined;
  await recipients.findOut(tx, template.team_id);
  if (values) for (const work of works) if (work.begins) work.keepSheetValues(values);
  return joined(act, works);
}

/** A first step is started by the server when it is the creator's or nobody's. */
const isForTheServer = ({ assigned_type, assigned_to }: JobStepRow, { caller }: Act): boolean =>
  assigned_type === AssignedType.Unassigned || (assigned_type === AssignedType.User && assigned_to === caller.userId);

function joined(act: Act, works: readonly Work[]): Begun {
  const changes = works.map(work => ({ work, changes: work.changes(new Set()) }));
  const jobs = changes.map(({ work, changes }) => headOf({ ...work.job, ...changes?.job }));
  return {
    jobs,
    steps: changes.flatMap(({ changes }) => changes?.steps ?? []),
    history: changes.flatMap(({ changes }) => changes?.history ?? []),
    events: changes.flatMap(({ work, changes }, index) => [
      createdEvent(act, jobs[index]!, work.current),
      ...(changes?.events ?? []),
    ]),
    runs: changes.flatMap(({ changes }) => changes?.runs ?? []),
    startedBySelf: works.some(work => work.startedBySelf),
  };
}

/** The row alone, without what a job shows of its entry and its location. */
function headOf({
  template_title,
  root_hash,
  leaf_count,
  defaults,
  has_location,
  has_properties,
  archived,
  ...job
}: JobRow): Row<'jobs'> {
  return job;
}

export const createdEvent = (
  act: Act,
  job: Pick<Row<'jobs'>, 'team_id' | 'template_id' | 'job_id' | 'status'>,
  current: readonly JobStepRow[],
): NewEvent =>
  eventOf(act, job, NotificationType.Created, {
    jobStatus: job.status,
    currentSteps: current.map(step => toCurrentStep(step, [])),
  });
