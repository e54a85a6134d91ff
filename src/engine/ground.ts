/** What the work on a job begins with, what it leaves to be written, and how both get from and to the store. */
import { FlowChart } from '../domain/flow.ts';
import type { Transactor } from '../store/database.ts';
import type { NewEvent } from '../store/events.ts';
import type { HoldRow } from '../store/holds.ts';
import type { JobRow, JobStepRow } from '../store/jobs.ts';
import { OvertakenByWriter } from '../store/overtaken.ts';
import type { RunRow } from '../store/runs.ts';
import type { Row } from '../store/schema.ts';
import type { Act } from './act.ts';
import { wakeMakers } from './actions/made-by.ts';
import { Recipients } from './actions/recipients.ts';
import { lockForWork, releaseDependents } from './dependencies.ts';
import { emit } from './events.ts';
import { blocked, blocking } from './holds.ts';
import { openHoldsOf } from './releasing.ts';
import { type Sight, sightOf } from './sight.ts';

/** What was read of a job before the work on it begins. */
export interface Ground {
  readonly act: Act;
  readonly job: JobRow;
  readonly chart: FlowChart;
  readonly current: readonly JobStepRow[];
  /** The open holds and dependencies that block its steps, and the ids of those steps. */
  readonly holds: readonly HoldRow[];
  readonly held: ReadonlySet<string>;
  readonly sight: Sight;
  readonly recipients: Recipients;
}

/** What the work leaves to be written. */
export interface Changes {
  readonly act: Act;
  readonly job: Partial<Row<'jobs'>>;
  readonly steps: readonly JobStepRow[];
  /** Those that were current, as they were read. */
  readonly stepsBefore: readonly JobStepRow[];
  readonly history: readonly Row<'job_history'>[];
  readonly events: readonly NewEvent[];
  /** Steps whose action the server carries on after the commit. */
  readonly runs: readonly RunRow[];
  /** Steps on whose action nobody works any longer. */
  readonly dropped: readonly string[];
  /** Steps that were finished. */
  readonly finished: readonly string[];
}

/** How the run of a step ended. */
export interface Outcome {
  /** What conditions see as `response` and `result`. */
  readonly response?: string | undefined;
  readonly result?: string | undefined;
  /** For people. */
  readonly message?: string | undefined;
}

export function runOf({ team_id, job_id, step_id, run }: JobStepRow, kind: string, now: number): RunRow {
  return { team_id, job_id, step_id, run, kind, state: '{}', attempts: 0, queued_at: now, next_at: now };
}

/** Reads what the work on a job needs: the current steps, and only where the job has them holds, conditions, paths that name users. */
export async function groundOf(tx: Transactor, act: Act, job: JobRow): Promise<Ground> {
  const current = await tx.jobs.currentSteps(job.team_id, [job.job_id]);
  if (current.length === 0) await checkStillThere(tx, job);
  const chart = FlowChart.of(await tx.trees.tree(job.team_id, job.root_hash));
  // An upgrade that was committed between the two reads moved the job to another tree.
  if (current.some(step => !chart.leaf(step.step_id))) throw new OvertakenByWriter();
  const holds = blocking(await openHoldsOf(tx, [job]), act.now);
  return {
    act,
    job,
    chart,
    current,
    holds,
    held: blocked(holds),
    sight: await sightOf(tx, act, job, chart.root),
    recipients: new Recipients(),
  };
}

/**
 * A job without current steps was closed or deleted after it was read, if it had any then: its caller has to hear that.
 *
 * @throws OvertakenByWriter when the job is no longer the one that was read
 */
async function checkStillThere(tx: Transactor, { team_id, job_id, revision }: JobRow): Promise<void> {
  const [now] = await tx.jobs.jobs([team_id], [job_id]);
  if (now?.revision !== revision) throw new OvertakenByWriter();
}

/** @throws OvertakenByWriter when the job is no longer the one that was read */
export async function write(tx: Transactor, job: JobRow, changes: Changes): Promise<void> {
  if (changes.finished.length > 0 || changes.job.closed === 1) await lockForWork(tx, job);
  await tx.jobs.changeJob(job, changes.job);
  await tx.jobs.putSteps(changes.steps, changes.stepsBefore);
  await tx.jobs.insertHistory(changes.history);
  await emit(tx, changes.events);
  await tx.runs.drop(job.team_id, job.job_id, changes.dropped);
  await tx.runs.put(changes.runs);
  await releaseDependents(
    tx,
    changes.act,
    [job],
    changes.job.closed === 1 ? 'closed' : { finishedStepIds: changes.finished },
  );
  if (changes.job.closed === 1) await wakeMakers(tx, job.team_id, [job], changes.job.end_date!);
}
