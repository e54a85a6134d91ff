/**
 * Working on the steps of a job: starting and finishing them. One call is one transaction; of the steps asked for, those that can,
 * do, and each gets its answer.
 */
import { AssignedType } from '#gen/flow_types';
import { JobActionStepStatus, JobHistoryAction, StepState } from '#gen/jobs_types';
import { FlowChart } from '../domain/flow.ts';
import { type Assignment, assignmentOf, FINAL_STATUS, firstStep } from '../domain/jobs.ts';
import { rightsIn } from '../domain/privileges.ts';
import { percentComplete, refuseFinish, refuseStart, type WorkStep } from '../domain/work.ts';
import type { Transactor } from '../store/database.ts';
import type { JobRow, JobStepRow } from '../store/jobs.ts';
import type { Row } from '../store/schema.ts';
import type { Act } from './act.ts';
import { readyStep } from './creating.ts';
import { historyRow } from './history.ts';
import { sheetValues } from './planned-sheets.ts';

export interface StepAnswer {
  readonly stepId: string;
  readonly status: JobActionStepStatus;
}

/** Starting an unassigned step, or one of a group of the caller, takes it. A proceedNext step is finished at once. */
export function startSteps(tx: Transactor, act: Act, job: JobRow, stepIds: readonly string[]): Promise<StepAnswer[]> {
  return work(tx, act, job, stepIds, (work, step) => {
    const status = refuseStart(asWorkStep(step), work.worker);
    if (status !== JobActionStepStatus.Success) return status;
    work.start(step);
    if (step.proceed_next === 1) work.finish(step);
    return status;
  });
}

export function finishSteps(tx: Transactor, act: Act, job: JobRow, stepIds: readonly string[]): Promise<StepAnswer[]> {
  return work(tx, act, job, stepIds, (work, step) => {
    const status = refuseFinish(asWorkStep(step), work.worker);
    if (status === JobActionStepStatus.Success) work.finish(step);
    return status;
  });
}

type Deed = (work: Work, step: JobStepRow) => JobActionStepStatus;

async function work(
  tx: Transactor,
  act: Act,
  job: JobRow,
  stepIds: readonly string[],
  deed: Deed,
): Promise<StepAnswer[]> {
  const current = await tx.jobs.currentSteps(job.team_id, [job.job_id]);
  const asked = stepIds.length > 0 ? [...new Set(stepIds)] : current.map(step => step.step_id);
  if (job.closed === 1)
    return (stepIds.length > 0 ? asked : ['']).map(stepId => ({ stepId, status: JobActionStepStatus.JobClosed }));
  if (current.length === 0 && stepIds.length === 0) return [{ stepId: '', status: JobActionStepStatus.NoActiveStep }];
  const root = await tx.trees.tree(job.team_id, job.root_hash);
  const chart = FlowChart.of(root);
  const work = new Work(act, job, chart, current);
  const answers = asked.map(stepId => {
    const step = current.find(candidate => candidate.step_id === stepId);
    return { stepId, status: step ? deed(work, step) : work.whyNotCurrent(stepId) };
  });
  if (work.begins && job.planned_sheets !== null)
    work.keepSheetValues(await sheetValues(tx, job.team_id, root, JSON.parse(job.planned_sheets)));
  await work.write(tx);
  return answers;
}

const asWorkStep = (step: JobStepRow): WorkStep => ({
  state: step.state,
  canSkip: step.can_skip === 1,
  assignedType: step.assigned_type,
  assignedTo: step.assigned_to,
});

/** One call's changes to one job, gathered in memory and written at the end. */
class Work {
  readonly worker;
  readonly #act: Act;
  readonly #job: JobRow;
  readonly #chart: FlowChart;
  readonly #current: Map<string, JobStepRow>;
  readonly #changed = new Map<string, JobStepRow>();
  readonly #history: Row<'job_history'>[] = [];
  #change: Partial<Row<'jobs'>> = {};

  constructor(act: Act, job: JobRow, chart: FlowChart, current: readonly JobStepRow[]) {
    this.#act = act;
    this.#job = job;
    this.#chart = chart;
    this.#current = new Map(current.map(step => [step.step_id, step]));
    this.worker = { userId: act.caller.userId, groups: rightsIn(act.caller, job.team_id).groups };
  }

  whyNotCurrent(stepId: string): JobActionStepStatus {
    return this.#chart.leaf(stepId) ? JobActionStepStatus.StepNotCurrent : JobActionStepStatus.StepNotInDiagram;
  }

  start(step: JobStepRow): void {
    step.state = StepState.RUNNING;
    step.assigned_type = AssignedType.User;
    step.assigned_to = this.#act.caller.userId;
    step.started_at = this.#act.now;
    step.started_by = this.#act.caller.userId;
    this.#changed.set(step.step_id, step);
    if (this.#job.started_at === null) this.#change.started_at = this.#act.now;
    this.#record(JobHistoryAction.Started, step);
  }

  finish(step: JobStepRow): void {
    const leaf = this.#chart.leaf(step.step_id)!;
    this.#countFinished(step);
    step.current = 0;
    step.finished_at = this.#act.now;
    step.finished_by = this.#act.caller.userId;
    this.#changed.set(step.step_id, step);
    const run = step.started_at === null ? {} : { start_date: step.started_at, end_date: this.#act.now };
    this.#record(JobHistoryAction.Finished, step, run);
    this.#current.delete(step.step_id);
    for (const next of this.#chart.after(leaf, new Set(this.#current.keys()))) {
      const assignee = next.impl.step?.assignee;
      const assignment = assignee ? assignmentOf(assignee) : this.#assignmentBehind(step);
      const row = {
        team_id: this.#job.team_id,
        job_id: this.#job.job_id,
        ...readyStep(firstStep(this.#chart, next), assignment),
      };
      this.#current.set(row.step_id, row);
      this.#changed.set(row.step_id, row);
    }
    if (this.#current.size === 0) this.#end();
  }

  /** Whoever ran the last step goes on, when nothing says otherwise; behind a step that nobody ran, its assignment does. */
  #assignmentBehind(left: JobStepRow): Assignment {
    if (left.started_by !== null) return { type: AssignedType.User, to: this.#act.caller.userId };
    return { type: left.assigned_type, to: left.assigned_to };
  }

  /** Whether the job is started by this call. */
  get begins(): boolean {
    return this.#change.started_at !== undefined;
  }

  keepSheetValues(values: string): void {
    this.#change.sheet_values = values;
  }

  async write(tx: Transactor): Promise<void> {
    if (this.#changed.size === 0) return;
    await tx.jobs.changeJob(this.#job, { ...this.#change, history_seq: this.#job.history_seq + this.#history.length });
    await tx.jobs.putSteps([...this.#changed.values()]);
    await tx.jobs.insertHistory(this.#history);
  }

  #countFinished(step: JobStepRow): void {
    if (step.finished_at !== null) return;
    const finished = (this.#change.finished_leaves ?? this.#job.finished_leaves) + 1;
    // A figure that a caller has set is the caller's, until the closing.
    const percent =
      this.#job.percent_given === 1 ? {} : { percent_complete: percentComplete(finished, this.#job.leaf_count) };
    this.#change = {
      ...this.#change,
      finished_leaves: finished,
      ...percent,
    };
  }

  /** No step is current any more: the job has come to its end and closes itself, unless the template says otherwise. */
  #end(): void {
    const defaults = JSON.parse(this.#job.defaults);
    if (defaults.closeAtEnd === false) return;
    this.#change = { ...this.#change, ...closing(this.#act, defaults.finalStatus), closed_by: null };
    this.#record(JobHistoryAction.Closed);
  }

  #record(action: JobHistoryAction, step?: JobStepRow, facts: Partial<Row<'job_history'>> = {}): void {
    const key = {
      team_id: this.#job.team_id,
      job_id: this.#job.job_id,
      seq: this.#job.history_seq + this.#history.length + 1,
    };
    this.#history.push(
      historyRow(this.#act, key, action, step ? { step_id: step.step_id, step_name: step.step_name, ...facts } : facts),
    );
  }
}

/** What closing sets on a job. */
export const closing = (act: Act, finalStatus: string | undefined) => ({
  closed: 1,
  closed_by: act.caller.userId,
  end_date: act.now,
  percent_complete: 100,
  status: finalStatus ?? FINAL_STATUS,
});
