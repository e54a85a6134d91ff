/** Steps of jobs as they are now: those that a job has reached before are changed, the others inserted. */
import type { Kysely } from 'kysely';
import { differing, insertProduct } from './bulk.ts';
import { compiledByColumns } from './compiled.ts';
import type { Engine } from './engine.ts';
import type { Database, Row } from './schema.ts';

type JobStepRow = Row<'job_steps'>;

const changedStep = compiledByColumns(
  (db, { teamId, jobId, stepId, ...change }: Partial<JobStepRow> & Record<'teamId' | 'jobId' | 'stepId', string>) =>
    db
      .updateTable('job_steps')
      .set(change)
      .where('team_id', '=', teamId)
      .where('job_id', '=', jobId)
      .where('step_id', '=', stepId),
);

/** A call that changes so many steps writes each for itself: SQLite then leaves those indexes alone whose columns stay. */
const CHANGED_ALONE = 4;

/** What becomes of a step that the job had reached before: these are what they are now, */
const ANEW = [
  'current',
  'state',
  'assigned_type',
  'assigned_to',
  'started_at',
  'started_by',
  'automatic',
  'run',
  'response',
  'result',
] as const satisfies readonly (keyof JobStepRow)[];
/** and these stay until it is finished again. */
const KEPT = ['finished_at', 'finished_by'] as const satisfies readonly (keyof JobStepRow)[];

const WHEN_REACHED_BEFORE = `on conflict (team_id, job_id, step_id) do update set ${[
  ...ANEW.map(column => `${column} = excluded.${column}`),
  ...KEPT.map(column => `${column} = coalesce(excluded.${column}, job_steps.${column})`),
].join()}`;

function reachedAgain(step: JobStepRow): Partial<JobStepRow> {
  const anew: Record<string, unknown> = {};
  for (const column of ANEW) anew[column] = step[column];
  for (const column of KEPT) if (step[column] !== null) anew[column] = step[column];
  return anew;
}

/** @param read the rows of some of them, as they stand in the database */
export async function putSteps(
  db: Kysely<Database>,
  engine: Engine,
  steps: readonly JobStepRow[],
  read: readonly JobStepRow[],
): Promise<void> {
  const alone = engine === 'sqlite' && steps.length <= CHANGED_ALONE ? read : [];
  const known = new Map(alone.map(row => [row.step_id, row]));
  for (const step of steps) {
    const before = known.get(step.step_id);
    if (before) await changeStep(db, engine, before, step);
  }
  const others = steps.filter(step => !known.has(step.step_id));
  await insertProduct(db, engine, 'job_steps', others, [], WHEN_REACHED_BEFORE);
}

async function changeStep(db: Kysely<Database>, engine: Engine, before: JobStepRow, step: JobStepRow): Promise<void> {
  const change = differing(before, reachedAgain(step));
  if (Object.keys(change).length === 0) return;
  const { team_id: teamId, job_id: jobId, step_id: stepId } = step;
  await changedStep(db, engine, { ...change, teamId, jobId, stepId });
}
