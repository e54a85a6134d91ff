/** What conditions see of a job: the values of its fields and properties, in the form in which filters compare them. */
import { AssignedType } from '#gen/flow_types';
import { valuesOfRow } from '../domain/properties/structs.ts';
import { PropertyTables } from '../domain/properties/tables.ts';
import { comparedValue } from '../domain/properties/values.ts';
import type { Reader } from '../store/database.ts';
import type { JobRow, JobStepRow } from '../store/jobs.ts';
import type { PropertyRow } from '../store/properties.ts';

/** A number for whole numbers, numbers, moments (epoch milliseconds) and truth values (1, 0); else a text. Null: none. */
export type SeenValue = string | number | null;

export interface JobValues {
  /** What a job has one of: fields by their camelCase names, properties of one-to-one tables as `table.property`. */
  readonly job: ReadonlyMap<string, SeenValue>;
  /** assignedType, assignedTo, currentStep and currentStepId: once for each current step, once with nulls where there is none. */
  readonly steps: readonly ReadonlyMap<string, SeenValue>[];
  /** Properties of one-to-many tables as `table.property`: a value for each row, oldest first. */
  readonly rows: ReadonlyMap<string, readonly SeenValue[]>;
}

/** At most two statements. */
export async function jobValues(reader: Reader, job: JobRow): Promise<JobValues> {
  const steps = await reader.jobs.currentSteps(job.team_id, [job.job_id]);
  const { tables, rows } = job.has_properties === 0 ? { tables: null, rows: [] } : await reader.properties.ofJob(job);
  return valuesOf(job, steps, PropertyTables.of(tables), rows);
}

/** @param steps the current steps; those of a closed job rest, and are not seen. @param rows of the job, oldest first */
export function valuesOf(
  job: JobRow,
  steps: readonly JobStepRow[],
  { tables }: PropertyTables,
  rows: readonly PropertyRow[],
): JobValues {
  const values = new Map<string, SeenValue>(Object.entries(fieldsOf(job)));
  const related = new Map<string, SeenValue[]>();
  const byTable = Map.groupBy(rows, row => row.table_name);
  for (const table of tables) {
    const own = (byTable.get(table.name) ?? []).map(valuesOfRow);
    for (const { name, identifier, type } of table.properties) {
      const seen = own.map(row => {
        const value = row.get(name);
        return value === undefined ? null : comparedValue(type, value);
      });
      if (table.isRelated) related.set(identifier, seen);
      else values.set(identifier, seen[0] ?? null);
    }
  }
  const current = job.closed === 1 ? [] : steps;
  return { job: values, steps: current.length > 0 ? current.map(stepValues) : [stepValues()], rows: related };
}

const fieldsOf = (job: JobRow): Record<string, SeenValue> => ({
  jobId: job.job_id,
  jobName: job.job_name,
  description: job.description,
  notes: job.notes,
  ownedBy: job.owned_by,
  createdBy: job.created_by,
  closedBy: job.closed_by,
  createdDate: job.created_at,
  startDate: job.start_date,
  startedDate: job.started_at,
  dueDate: job.due_date,
  endDate: job.end_date,
  parentJob: job.parent_job,
  percentComplete: job.percent_complete,
  priority: job.priority,
  jobStatus: job.status,
  diagramId: job.template_id,
  diagramVersion: job.template_version,
  diagramName: job.template_title,
  jobTemplateId: job.template_id,
  jobTemplateName: job.template_title,
  closed: job.closed,
  revision: job.revision,
});

const stepValues = (step?: JobStepRow): ReadonlyMap<string, SeenValue> =>
  new Map<string, SeenValue>([
    ['assignedType', step ? AssignedType[step.assigned_type]! : null],
    ['assignedTo', step?.assigned_to ?? null],
    ['currentStep', step?.step_name ?? null],
    ['currentStepId', step?.step_id ?? null],
  ]);
