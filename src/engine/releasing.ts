/**
 * Releasing holds and dependencies, whoever does it: a caller, the clock, or a job that was waited for.
 *
 * A hold is released once: the update takes only what is open, so of two who release it one gets it, whichever processes they are
 * in. The heads of all jobs concerned are locked before it, and counted after it.
 */
import { JobActionStepStatus, JobHistoryAction } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import { FlowChart } from '../domain/flow.ts';
import type { Reader, Transactor } from '../store/database.ts';
import type { HoldRow } from '../store/holds.ts';
import type { HeadSums, JobRow } from '../store/jobs.ts';
import type { Row } from '../store/schema.ts';
import type { Act } from './act.ts';
import { queueStarts } from './actions/starts.ts';
import { emit, eventOf } from './events.ts';
import { historyRow } from './history.ts';
import type { StepAnswer } from './running.ts';

type Head = Row<'jobs'>;

/** A step of an open job that nothing holds any more. */
export type FreedStep = Pick<HoldRow, 'team_id' | 'job_id' | 'step_id'>;

export interface Released {
  /** Those of the holds that were open, as they were. */
  readonly holds: readonly HoldRow[];
  readonly freed: readonly FreedStep[];
}

const NOTHING: Released = { holds: [], freed: [] };

/** @param by who releases them; null for the server. A bounded number of statements, and one per team for its events */
export async function release(
  tx: Transactor,
  act: Act,
  holds: readonly HoldRow[],
  by: string | null,
): Promise<Released> {
  if (holds.length === 0) return NOTHING;
  const teamIds = [...new Set(holds.map(hold => hold.team_id))];
  const jobIds = new Set(holds.flatMap(hold => [hold.job_id, hold.dependent_job_id ?? []].flat()));
  const locked = await tx.jobLocks.heads(teamIds, [...jobIds]);
  const heads = new Map(locked.map(head => [keyOf(head), head]));
  const released = await tx.holds.release(holds, act.now, by);
  if (released.length === 0) return NOTHING;
  const waiting = [...Map.groupBy(released, keyOf)].map(([key, own]) => ({ head: heads.get(key)!, own }));
  const history = waiting.flatMap(({ head, own }) => historyOf(act, head, own));
  await tx.jobs.addToHeads(sumsOf(released, history));
  await tx.jobs.insertHistory(history);
  await emit(
    tx,
    waiting.map(({ head, own }) => eventOf(act, head, NotificationType.StepHoldReleased, { stepIds: stepsOf(own) })),
  );
  const freed = await freedSteps(tx, waiting);
  await queueStarts(tx, freed, act.now);
  return { holds: released, freed };
}

interface Waiting {
  readonly head: Head;
  readonly own: readonly HoldRow[];
}

const keyOf = ({ team_id, job_id }: Pick<Head, 'team_id' | 'job_id'>): string => JSON.stringify([team_id, job_id]);

export const stepsOf = (holds: readonly HoldRow[]): string[] => [...new Set(holds.map(hold => hold.step_id))];

/** What a dependency waits for, as history says it; null for a hold. */
export const waitedFor = (hold: Pick<HoldRow, 'dependent_job_id' | 'dependent_step_id'>): string | null => {
  if (hold.dependent_job_id === null) return null;
  const step = hold.dependent_step_id === null ? '' : `step ${hold.dependent_step_id} of `;
  return `${step}job ${hold.dependent_job_id}`;
};

function historyOf(act: Act, head: Head, released: readonly HoldRow[]): Row<'job_history'>[] {
  const key = (index: number) => ({
    team_id: head.team_id,
    job_id: head.job_id,
    seq: head.history_seq + 1 + index,
  });
  const rows = released.map((hold, index) =>
    historyRow(act, key(index), JobHistoryAction.HoldReleased, {
      step_id: hold.step_id,
      step_name: hold.step_name,
      result: waitedFor(hold),
    }),
  );
  if (head.open_holds > released.length) return rows;
  return [...rows, historyRow(act, key(rows.length), JobHistoryAction.Reactivated)];
}

/** What the heads of the jobs that waited, and of those waited for, change by. Nobody sees the latter: no new revision. */
function sumsOf(released: readonly HoldRow[], history: readonly Row<'job_history'>[]): HeadSums[] {
  const sums = new Map<string, HeadSums>();
  const sumOf = (team_id: string, job_id: string): HeadSums => {
    const key = keyOf({ team_id, job_id });
    const sum = sums.get(key) ?? { team_id, job_id, open_holds: 0, waited_for: 0, history_seq: 0, revision: 0 };
    sums.set(key, sum);
    return sum;
  };
  for (const hold of released) {
    const waiting = sumOf(hold.team_id, hold.job_id);
    waiting.open_holds--;
    waiting.revision = 1;
    if (hold.dependent_job_id !== null) sumOf(hold.team_id, hold.dependent_job_id).waited_for--;
  }
  for (const row of history) sumOf(row.team_id, row.job_id).history_seq++;
  return [...sums.values()];
}

async function freedSteps(tx: Transactor, waiting: readonly Waiting[]): Promise<FreedStep[]> {
  const open = waiting.filter(({ head }) => head.closed === 0);
  const left = await openHoldsOf(
    tx,
    open.map(({ head, own }) => ({ ...head, open_holds: head.open_holds - own.length })),
  );
  const held = new Set(left.map(stepKeyOf));
  return open.flatMap(({ head, own }) =>
    stepsOf(own)
      .map(step_id => ({ team_id: head.team_id, job_id: head.job_id, step_id }))
      .filter(step => !held.has(stepKeyOf(step))),
  );
}

const stepKeyOf = ({ team_id, job_id, step_id }: FreedStep): string => JSON.stringify([team_id, job_id, step_id]);

/** The open holds and dependencies of jobs, oldest first. One statement per team of jobs that have some, else none. */
export async function openHoldsOf(
  reader: Reader,
  jobs: readonly Pick<Head, 'team_id' | 'job_id' | 'open_holds'>[],
): Promise<HoldRow[]> {
  const held = Map.groupBy(
    jobs.filter(job => job.open_holds > 0),
    job => job.team_id,
  );
  const open: HoldRow[] = [];
  for (const [teamId, own] of held)
    open.push(
      ...(await reader.holds.open(
        teamId,
        own.map(job => job.job_id),
      )),
    );
  return open;
}

export interface StepsReleased {
  readonly answers: StepAnswer[];
  readonly freed: readonly FreedStep[];
}

/**
 * What a caller releases of a job.
 * @param stepIds empty for all steps that have such holds
 * @param which of the job's open holds are meant
 */
export async function releaseOnSteps(
  tx: Transactor,
  act: Act,
  job: JobRow,
  stepIds: readonly string[],
  which: (hold: HoldRow) => boolean,
): Promise<StepsReleased> {
  const open = (await openHoldsOf(tx, [job])).filter(which);
  const asked = stepIds.length > 0 ? stepIds : stepsOf(open);
  if (asked.length === 0) return { answers: [{ stepId: '', status: JobActionStepStatus.NotHeld }], freed: [] };
  const chosen = new Set(asked);
  const { holds, freed } = await release(
    tx,
    act,
    open.filter(hold => chosen.has(hold.step_id)),
    act.caller.userId,
  );
  const released = new Set(stepsOf(holds));
  const chart = FlowChart.of(await tx.trees.tree(job.team_id, job.root_hash));
  const ordered = stepIds.length > 0 ? asked : inOrder(chart, asked);
  const notHeld = (stepId: string) =>
    chart.leaf(stepId) ? JobActionStepStatus.NotHeld : JobActionStepStatus.StepNotInDiagram;
  const answers = ordered.map(stepId => ({
    stepId,
    status: released.has(stepId) ? JobActionStepStatus.Success : notHeld(stepId),
  }));
  return { answers, freed };
}

/** Steps in the order of the tree; those that an upgrade took out of it come last. */
function inOrder(chart: FlowChart, stepIds: readonly string[]): string[] {
  const placeOf = (stepId: string): number => {
    const leaf = chart.leaf(stepId);
    return leaf ? chart.ordinal(leaf) : Number.MAX_SAFE_INTEGER;
  };
  return [...stepIds].sort((a, b) => placeOf(a) - placeOf(b));
}
