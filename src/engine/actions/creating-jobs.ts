/**
 * The action createJobs: jobs that a step creates, and waits for where it says so. One transaction creates them; the run then keeps their
 * ids and waits until the closing of one of them has it look again.
 */
import type { CreateJobsAction, JobPropertyValue } from '#gen/flow_types';
import type { CreateJobOverrides, ExtendedProperty, UpdateJobOverrides } from '#gen/jobs_types';
import { BadRequest, InvalidVersion } from '../../base/errors.ts';
import { checkUpdate, updateOf } from '../../domain/job-updates.ts';
import { theRow, valuesOfRow } from '../../domain/properties/structs.ts';
import { PropertyTables } from '../../domain/properties/tables.ts';
import { valueText } from '../../domain/properties/values.ts';
import type { Transactor } from '../../store/database.ts';
import type { RunRow } from '../../store/runs.ts';
import type { TemplateRow } from '../../store/templates.ts';
import type { Act } from '../act.ts';
import { createJobs } from '../creating.ts';
import { refuseArchived } from '../editable.ts';
import { type AtWork, completed, type Settings, settingsAtWork } from './at-work.ts';
import { madeByOf, madeByText } from './made-by.ts';

/** Jobs above each other, each created by a step of the one before: templates that create each other do not go on for ever. */
const DEEPEST = 16;

interface State {
  /** The jobs that were created; unset before. */
  readonly jobIds?: readonly string[];
}

/** @throws DomainError when they cannot be created */
export async function createForStep(tx: Transactor, act: Act, run: RunRow): Promise<void> {
  // The job before its run: so does whoever ends jobs, and wakes the steps that created them.
  await tx.jobLocks.lock([run.team_id], [run.job_id], 'waiting');
  // Before the jobs are looked at: whoever closes the last one then waits, and has this look again.
  const kept = await tx.runs.locked(run);
  const found = kept && (await settingsAtWork(tx, act, run));
  const action = found?.settings.createJobs;
  if (!kept || !action) return tx.runs.remove(run);
  const state: State = JSON.parse(kept.state);
  const jobIds = state.jobIds ?? (await created(tx, act, found, action));
  if (action.waitForClose && (await tx.runs.isAnyOpen(run.team_id, jobIds)))
    return tx.runs.change(run, { state: JSON.stringify({ jobIds } satisfies State), next_at: null });
  await completed(tx, act, found.job, run, { response: jobIds.join(','), result: `${jobIds.length} jobs` });
}

async function created(
  tx: Transactor,
  act: Act,
  found: Settings,
  action: CreateJobsAction,
): Promise<readonly string[]> {
  const { job, step } = found;
  const depth = (madeByOf(job)?.depth ?? 0) + 1;
  if (depth > DEEPEST)
    throw new BadRequest(
      'limit-exceeded',
      `${DEEPEST} jobs, each created by a step of the one before; that is the most`,
    );
  const template = await publishedTemplate(tx, job.team_id, action.templateId);
  const madeBy = madeByText({ jobId: job.job_id, stepId: step.step_id, depth });
  const overrides = await overridesOf(tx, found, action, template);
  const creator = await actOfCreator(tx, act, found);
  const { jobIds } = await createJobs(tx, creator, template, overrides, action.numberOfJobs ?? 1, { madeBy });
  return jobIds;
}

async function publishedTemplate(tx: Transactor, teamId: string, templateId: string): Promise<TemplateRow> {
  const [template] = await tx.templates.entries([teamId], [templateId], 'published');
  if (!template)
    throw new InvalidVersion('not-published', `templateId: template ${templateId} has no published version`);
  refuseArchived(template);
  return template;
}

/** Whoever ran the step, else whoever created its job; with the rights of the server. */
async function actOfCreator(tx: Transactor, act: Act, { job, step }: AtWork): Promise<Act> {
  const userId = step.started_by ?? job.created_by;
  const [user] = await tx.people.users([userId]);
  return user ? { ...act, caller: { ...act.caller, userId, email: user.email, name: user.name } } : act;
}

async function overridesOf(
  tx: Transactor,
  { job, filled }: Settings,
  action: CreateJobsAction,
  template: TemplateRow,
): Promise<CreateJobOverrides> {
  const given = givenOf((action.properties ?? []).map(value => filledValue(value, filled)));
  const copied = action.copyProperties ? await copiedProperties(tx, job, template) : [];
  const own = new Set(given.extendedProperties?.map(({ identifier }) => identifier.toLowerCase()));
  const overrides = {
    ...(action.asChildren !== false && { parentJob: job.job_id }),
    ...(action.copyBasics && {
      priority: job.priority,
      ...(job.start_date !== null && { startDate: job.start_date }),
      ...(job.due_date !== null && { dueDate: job.due_date }),
    }),
    ...(action.jobName && { jobName: filled(action.jobName, 'plain').trim() }),
    ...given,
    extendedProperties: [
      ...copied.filter(({ identifier }) => !own.has(identifier.toLowerCase())),
      ...(given.extendedProperties ?? []),
    ],
  };
  checkUpdate('action.createJobs', overrides);
  return overrides;
}

export const filledValue = ({ identifier, value }: JobPropertyValue, filled: Settings['filled']): JobPropertyValue => ({
  identifier,
  ...(value && { value: filled(value, 'plain') }),
});

/** What is empty is left to the template. */
function givenOf(values: readonly JobPropertyValue[]): Omit<UpdateJobOverrides, 'relatedProperties'> {
  const { versions, expectedRevision, relatedProperties, ...given } = updateOf(values.filter(({ value }) => value));
  return given;
}

/** Values of properties that both have under the same name, with the same type, one for each job. */
async function copiedProperties(
  tx: Transactor,
  job: Settings['job'],
  template: TemplateRow,
): Promise<ExtendedProperty[]> {
  if (job.has_properties === 0 || template.property_tables === null) return [];
  const { tables, rows } = await tx.properties.ofJob(job);
  const theirs = PropertyTables.of(template.property_tables);
  const own = PropertyTables.of(tables).tables.filter(({ isRelated }) => !isRelated);
  return own.flatMap(table => {
    const values = valuesOfRow(theRow(rows.filter(row => row.table_name === table.name)));
    return table.properties.flatMap(({ name, identifier, type }) => {
      const value = values.get(name);
      const target = theirs.find(identifier);
      const fits = target && !target.table.isRelated && target.property.type === type;
      return fits && value !== undefined
        ? [{ identifier: target.property.identifier, value: valueText(type, value) }]
        : [];
    });
  });
}
