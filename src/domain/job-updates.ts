/** What a job can be changed to: what each field takes, and what is right for all of them whatever the job. */

import { MAX_NAME_LENGTH } from '#gen/common_types';
import { ExtendedPropertyDataType, type JobPropertyValue } from '#gen/flow_types';
import { type JobVersion, MAX_JOB_VERSIONS, type UpdateJobOverrides } from '#gen/jobs_types';
import { BadRequest } from '../base/errors.ts';
import { checkDates, checkTexts } from './jobs.ts';
import { bounded } from './limits.ts';
import type { Privilege } from './privileges.ts';
import { PropertyFaults, shown } from './properties/faults.ts';
import { expectedOf, parsedValue } from './properties/values.ts';

type Field = Exclude<keyof UpdateJobOverrides, 'expectedRevision'>;

const privileges: Readonly<Record<Field, Privilege>> = {
  jobName: 'jobUpdateName',
  startDate: 'jobUpdateDate',
  dueDate: 'jobUpdateDate',
  priority: 'jobUpdatePriority',
  description: 'jobUpdateDescription',
  ownedBy: 'jobUpdateOwner',
  notes: 'jobUpdateNotes',
  parentJob: 'jobUpdateParentJob',
  extendedProperties: 'jobUpdateExtendedProperties',
  jobStatus: 'jobUpdateStatus',
  relatedProperties: 'jobUpdateExtendedProperties',
  percentComplete: 'jobUpdatePercentComplete',
  versions: 'jobUpdateVersions',
};

const fieldsGiven = (changes: UpdateJobOverrides): Field[] =>
  (Object.keys(privileges) as Field[]).filter(field => changes[field] != null);

/** The privileges of the fields that are given. */
export const privilegesFor = (changes: UpdateJobOverrides): Privilege[] => [
  ...new Set(fieldsGiven(changes).map(field => privileges[field])),
];

/** Notes may change while a step runs. */
export const isNotesAlone = (changes: UpdateJobOverrides): boolean =>
  fieldsGiven(changes).every(field => field === 'notes');

/** @param where stands before the fields in messages. @throws BadRequest (400) */
export function checkUpdate(where: string, changes: UpdateJobOverrides): void {
  const { percentComplete, versions, startDate, dueDate } = changes;
  checkTexts(where, changes);
  checkDates(startDate || null, null);
  checkDates(null, dueDate || null);
  if (percentComplete != null && (percentComplete < 0 || percentComplete > 100))
    throw new BadRequest('invalid-argument', `${where}.percentComplete: ${percentComplete}; expected 0 to 100`);
  if (versions != null) checkVersions(`${where}.versions`, versions);
}

function checkVersions(where: string, versions: readonly JobVersion[]): void {
  if (versions.length > MAX_JOB_VERSIONS)
    throw new BadRequest('limit-exceeded', `${where}: ${versions.length} versions; at most ${MAX_JOB_VERSIONS}`, {
      limit: String(MAX_JOB_VERSIONS),
      found: String(versions.length),
    });
  for (const [index, version] of versions.entries()) {
    const place = `${where}[${index}]`;
    if (version.dataSourceName.trim() === '')
      throw new BadRequest(
        'invalid-argument',
        `${place}.dataSourceName: empty; expected 1 to ${MAX_NAME_LENGTH} characters`,
      );
    for (const [field, text] of Object.entries(version)) bounded(`${place}.${field}`, text ?? '', MAX_NAME_LENGTH);
  }
  const names = versions.map(({ dataSourceName }) => dataSourceName);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new BadRequest(
      'invalid-argument',
      `${where}: the data source "${shown(twice)}" is there twice; name each once`,
    );
}

const textFields = ['jobName', 'description', 'notes', 'priority', 'jobStatus', 'ownedBy', 'parentJob'] as const;
/** Fields whose text stands for a value of this type. */
const typedFields = {
  percentComplete: ExtendedPropertyDataType.Double,
  startDate: ExtendedPropertyDataType.DateTime,
  dueDate: ExtendedPropertyDataType.DateTime,
} as const;

/**
 * The change that a list of identifiers and texts stands for, as a template carries it: fields of the job, and extended properties as
 * `table.property`. No text, or an empty one, clears.
 * @throws BadRequest (400) naming every identifier that is none, or that is there twice, and every text that is no value
 */
export function updateOf(values: readonly JobPropertyValue[]): UpdateJobOverrides {
  const faults = new PropertyFaults();
  const changes: Record<string, unknown> = {};
  const properties: { identifier: string; value?: string }[] = [];
  for (const { identifier, value } of values) {
    if (identifier.includes('.')) properties.push({ identifier, ...(value && { value }) });
    else if (Object.hasOwn(changes, identifier)) faults.add(identifier, 'is named twice; give one value');
    else changes[identifier] = fieldValue(faults, identifier, value ?? '');
  }
  faults.refuse();
  return { ...changes, ...(properties.length > 0 && { extendedProperties: properties }) };
}

function fieldValue(faults: PropertyFaults, field: string, text: string): string | number | undefined {
  if ((textFields as readonly string[]).includes(field)) return text;
  const type = Object.hasOwn(typedFields, field) ? typedFields[field as keyof typeof typedFields] : undefined;
  if (type === undefined) {
    const right = [...textFields, ...Object.keys(typedFields)].join(', ');
    faults.add(field || '(empty)', `no field that can be set; expected table.property, or one of ${right}`);
    return undefined;
  }
  if (text === '' && type === ExtendedPropertyDataType.DateTime) return 0;
  const value = parsedValue(type, text);
  if (value === undefined) faults.add(field, `"${shown(text)}"; expected ${expectedOf(type)}`);
  return value as number | undefined;
}
