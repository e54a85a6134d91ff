/** What jobs are searched by, kept as it is now: whoever changes a text of a job writes its texts anew, in the same transaction. */
import { ExtendedPropertyDataType } from '#gen/flow_types';
import { type KeptRow, valuesOfRow } from '../domain/properties/structs.ts';
import { PropertyTables } from '../domain/properties/tables.ts';
import { valueText } from '../domain/properties/values.ts';
import { searchedText } from '../domain/search.ts';
import { isGroup, walk } from '../domain/tree.ts';
import type { Transactor } from '../store/database.ts';
import { sharedTexts, textsOf } from '../store/job-texts.ts';
import type { JobRow } from '../store/jobs.ts';
import type { TemplateRow } from '../store/templates.ts';
import type { NewJobs } from './beginning.ts';

/** Of new jobs. @param properties the texts of the properties that they begin with */
export async function insertTexts(
  tx: Transactor,
  template: TemplateRow,
  { named, common }: NewJobs,
  properties: readonly string[],
): Promise<void> {
  const shared = sharedTexts({ ...common, template_title: template.title }, properties);
  await tx.jobTexts.insertTexts(
    template.team_id,
    named.map(job => textsOf(job, shared)),
  );
}

/** Of a job as it is now, its properties included. At most three statements. */
export async function putTexts(tx: Transactor, job: JobRow): Promise<void> {
  const { tables, rows } = job.has_properties === 0 ? { tables: null, rows: [] } : await tx.properties.ofJob(job);
  const properties = propertyTexts(PropertyTables.of(tables), rows);
  await tx.jobTexts.putTexts(job.team_id, [textsOf(job, sharedTexts(job, properties))]);
}

/** Of several jobs of one team that stand on one entry now. @param tables of that entry. At most three statements */
export async function putTextsOfAll(
  tx: Transactor,
  teamId: string,
  jobs: readonly JobRow[],
  tables: PropertyTables,
): Promise<void> {
  const jobIds = jobs.map(({ job_id }) => job_id);
  const rows = tables.tables.length === 0 ? [] : await tx.properties.rows(teamId, jobIds);
  const byJob = Map.groupBy(rows, row => row.job_id);
  await tx.jobTexts.putTexts(
    teamId,
    jobs.map(job => textsOf(job, sharedTexts(job, propertyTexts(tables, byJob.get(job.job_id) ?? [])))),
  );
}

const searched = ['job_name', 'description', 'notes', 'priority', 'owned_by'] as const;

/** Whether a change of a job's row changes its texts. */
export const isSearchedBy = (change: Partial<JobRow>): boolean => searched.some(column => column in change);

/** The values of properties that have words, as people write them. */
export const propertyTexts = (
  tables: PropertyTables,
  rows: readonly Pick<KeptRow, 'table_name' | 'row_values'>[],
): string[] =>
  rows.flatMap(row => {
    const properties = tables.table(row.table_name)?.properties ?? [];
    const values = valuesOfRow(row as KeptRow);
    return properties.flatMap(({ name, type }) => {
      const value = values.get(name);
      return value === undefined || type === ExtendedPropertyDataType.Boolean ? [] : [valueText(type, value)];
    });
  });

/** Jobs of a published entry will stand at its steps: their titles can be searched for. */
export async function keepTitles(tx: Transactor, { team_id, root_hash }: TemplateRow): Promise<void> {
  const steps = walk(await tx.trees.tree(team_id, root_hash)).map(({ step }) => step);
  const titles = new Set(steps.filter(step => !isGroup(step)).map(({ title }) => title));
  await tx.jobTexts.addTitles(
    team_id,
    [...titles].map(title => ({ title, words: searchedText([title]) })),
  );
}
