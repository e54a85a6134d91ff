/** What filters see of a job: the values of its fields, current steps and properties, in the form in which they are compared. */
import { AssignedType, ExtendedPropertyDataType } from '#gen/flow_types';
import type { Field, FieldType, FilterSubject, Value } from '../domain/filter/filter.ts';
import { theRow, valuesOfRow } from '../domain/properties/structs.ts';
import { PropertyTables } from '../domain/properties/tables.ts';
import { comparedValue, valueText } from '../domain/properties/values.ts';
import type { Reader } from '../store/database.ts';
import type { JobRow, JobStepRow } from '../store/jobs.ts';
import type { PropertyRow } from '../store/properties.ts';

/** The job with all of its properties. At most two statements. */
export async function jobValues(reader: Reader, job: JobRow): Promise<FilterSubject> {
  const steps = await reader.jobs.currentSteps(job.team_id, [job.job_id]);
  const { tables, rows } = job.has_properties === 0 ? { tables: null, rows: [] } : await reader.properties.ofJob(job);
  return valuesOf(job, steps, PropertyTables.of(tables), rows);
}

/** @param steps the current steps; those of a closed job rest, and are not seen. @param rows of the job, oldest first */
export const valuesOf = (
  job: JobRow,
  steps: readonly JobStepRow[],
  tables: PropertyTables,
  rows: readonly PropertyRow[],
): FilterSubject => ({
  values: { ...fieldValues(job), ...propertyValues(tables, rows) },
  steps: job.closed === 1 ? [] : steps.map(stepValues),
});

export const fieldValues = (job: JobRow): Readonly<Record<string, Value>> => ({
  jobId: job.job_id,
  jobName: job.job_name,
  notes: job.notes,
  description: job.description,
  parentJob: job.parent_job,
  priority: job.priority,
  jobStatus: job.status,
  diagramId: job.template_id,
  diagramName: job.template_title,
  jobTemplateId: job.template_id,
  jobTemplateName: job.template_title,
  ownedBy: job.owned_by,
  createdBy: job.created_by,
  closedBy: job.closed_by,
  createdDate: job.created_at,
  startDate: job.start_date,
  startedDate: job.started_at,
  dueDate: job.due_date,
  endDate: job.end_date,
  diagramVersion: job.template_version,
  revision: job.revision,
  percentComplete: job.percent_complete,
  closed: job.closed,
  hasLocation: job.has_location,
});

export const stepValues = (step: JobStepRow): Readonly<Record<string, Value>> => ({
  assignedType: AssignedType[step.assigned_type],
  assignedTo: step.assigned_to,
  currentStep: step.step_name,
  currentStepId: step.step_id,
});

/** By `table.property`: of a one-to-one table its value, of a one-to-many table the value in each row. */
export function propertyValues(
  { tables }: PropertyTables,
  rows: readonly PropertyRow[],
): Readonly<Record<string, Value | readonly Value[]>> {
  const byTable = Map.groupBy(rows, row => row.table_name);
  const values = tables.flatMap(table => {
    const rows = byTable.get(table.name) ?? [];
    const own = (table.isRelated ? rows : [theRow(rows)]).map(valuesOfRow);
    return table.properties.map(({ name, identifier, type }) => {
      const seen = own.map(row => {
        const value = row.get(name);
        return value === undefined ? null : comparedValue(type, value);
      });
      return [identifier, table.isRelated ? seen : (seen[0] ?? null)] as const;
    });
  });
  return Object.fromEntries(values);
}

/** By `table.property`, of one-to-one tables: the text that stands for the value; absent without one. */
export function propertyTexts({ tables }: PropertyTables, rows: readonly PropertyRow[]): ReadonlyMap<string, string> {
  const texts = tables.flatMap(table => {
    const values = table.isRelated ? undefined : valuesOfRow(rows.find(row => row.table_name === table.name));
    return table.properties.flatMap(({ name, identifier, type }) => {
      const value = values?.get(name);
      return value === undefined ? [] : [[identifier, valueText(type, value)] as const];
    });
  });
  return new Map(texts);
}

/** What each type of property is to filters. */
export const fieldTypes: Readonly<Record<ExtendedPropertyDataType, FieldType>> = {
  [ExtendedPropertyDataType.String]: 'text',
  [ExtendedPropertyDataType.Integer]: 'integer',
  [ExtendedPropertyDataType.DateTime]: 'dateTime',
  [ExtendedPropertyDataType.DateOnly]: 'dateOnly',
  [ExtendedPropertyDataType.TimeOnly]: 'timeOnly',
  [ExtendedPropertyDataType.TimestampOffset]: 'timestampOffset',
  [ExtendedPropertyDataType.Boolean]: 'boolean',
  [ExtendedPropertyDataType.Double]: 'number',
};

/** What filters may name of these tables. */
export const propertyFields = ({ tables }: PropertyTables): Field[] =>
  tables.flatMap(({ properties, isRelated }) =>
    properties.map(({ identifier, type }) => ({
      name: identifier,
      type: fieldTypes[type],
      per: isRelated ? 'row' : 'job',
    })),
  );
