/** Property tables of templates in a line or two. */
import {
  ExtendedPropertyDataType,
  type ExtendedPropertyDefinition,
  ExtendedPropertyRelationshipType,
  type ExtendedPropertyTable,
} from '#gen/flow_types';
import type { JobTemplate } from '#gen/job_template_types';
import type { Job, JobProperty } from '#gen/jobs_types';
import type { BaseStep } from '#gen/step_types';
import { newTemplate, step, type TestUser } from './seed.ts';

export type TypeName = keyof typeof ExtendedPropertyDataType;

export const property = (
  propertyName: string,
  type: TypeName = 'String',
  more: Partial<ExtendedPropertyDefinition> = {},
): ExtendedPropertyDefinition => ({ propertyName, dataType: ExtendedPropertyDataType[type], ...more });

/** One row for each job. */
export const single = (tableName: string, ...properties: ExtendedPropertyDefinition[]): ExtendedPropertyTable => ({
  tableName,
  relationshipType: ExtendedPropertyRelationshipType.OneToOne,
  properties,
});

/** Any number of rows for each job. */
export const related = (tableName: string, ...properties: ExtendedPropertyDefinition[]): ExtendedPropertyTable => ({
  ...single(tableName, ...properties),
  relationshipType: ExtendedPropertyRelationshipType.OneToMany,
});

let templates = 0;

/** A published template of two steps, or of these, with these tables. */
export async function templateWith(
  author: TestUser,
  tables: ExtendedPropertyTable[],
  steps: BaseStep[] = [step('a'), step('b')],
): Promise<JobTemplate> {
  const { id } = await newTemplate(author, `With properties ${++templates}`, steps);
  await author.templates.acquireLock(id);
  await author.templates.update(id, { extendedPropertyTables: tables });
  await author.templates.releaseLock(id);
  return author.templates.publish(id);
}

/** One property of each type. */
export const everyType = (): ExtendedPropertyDefinition[] =>
  (Object.keys(ExtendedPropertyDataType) as TypeName[])
    .filter(name => Number.isNaN(Number(name)))
    .map(name => property(`a${name}`, name));

/** The values by name: the one member of each that is set; null where there is none. */
export const plain = (properties: readonly JobProperty[]): Record<string, unknown> =>
  Object.fromEntries(
    properties.map(({ propertyName, value }) => [
      propertyName,
      value == null ? null : Object.values(value).find(member => member != null),
    ]),
  );

/** What a job has in its one-to-one tables, as table -> property -> value. */
export const extendedOf = ({ extendedProperties }: Job): Record<string, Record<string, unknown>> =>
  Object.fromEntries(extendedProperties!.map(({ tableName, properties }) => [tableName, plain(properties)]));

/** What a job has in its one-to-many tables, as table -> rows. */
export const relatedOf = ({ relatedProperties }: Job): Record<string, Record<string, unknown>[]> =>
  Object.fromEntries(
    relatedProperties!.map(({ tableName, entries }) => [tableName, entries.map(entry => plain(entry.properties))]),
  );

export const given = (properties: Record<string, string | undefined>) =>
  Object.entries(properties).map(([propertyName, value]) => ({ propertyName, value }));
