/** What one call does to a job, as its history and its events tell it: each in the order in which it happened. */
import { JobActionStepStatus, JobHistoryAction, StepState } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import type { NewEvent } from '../store/events.ts';
import type { JobRow, JobStepRow } from '../store/jobs.ts';
import type { Row } from '../store/schema.ts';
import type { Act } from './act.ts';
import { eventOf, type Particulars } from './events.ts';
import type { Outcome } from './ground.ts';
import { historyRow } from './history.ts';

interface Told {
  readonly act: Act;
  readonly type: NotificationType;
  /** Steps that the same happened to one after the other go into one event. */
  readonly stepIds: string[] | undefined;
  readonly particulars: () => Particulars;
}

/** How long the run of a step has taken, for its history. */
export const runTimes = ({ now }: Act, { started_at }: JobStepRow) =>
  started_at === null ? {} : { start_date: started_at, end_date: now };

export class Account {
  readonly history: Row<'job_history'>[] = [];
  readonly #job: JobRow;
  readonly #told: Told[] = [];

  constructor(job: JobRow) {
    this.#job = job;
  }

  /** The seq of the newest row of history, those of this call included. */
  get seq(): number {
    return this.#job.history_seq + this.history.length;
  }

  record(act: Act, action: JobHistoryAction, step?: JobStepRow, facts: Partial<Row<'job_history'>> = {}): void {
    const { team_id, job_id } = this.#job;
    const ofStep = step ? { step_id: step.step_id, step_name: step.step_name } : {};
    this.history.push(historyRow(act, { team_id, job_id, seq: this.seq + 1 }, action, { ...ofStep, ...facts }));
  }

  /** @param particulars as they are, or asked for at the end of the call */
  tell(act: Act, type: NotificationType, particulars: Particulars | (() => Particulars)): void {
    const asked = typeof particulars === 'function' ? particulars : () => particulars;
    this.#told.push({ act, type, stepIds: undefined, particulars: asked });
  }

  /** @param particulars asked for at the end of the call */
  tellOfStep(act: Act, type: NotificationType, stepId: string, particulars: () => Particulars = () => ({})): void {
    const last = this.#told.at(-1);
    if (last?.stepIds && last.type === type && last.act === act) last.stepIds.push(stepId);
    else this.#told.push({ act, type, stepIds: [stepId], particulars });
  }

  completed(act: Act, step: JobStepRow, { result, message = result }: Outcome): void {
    this.record(act, JobHistoryAction.Completed, step, { ...runTimes(act, step), result: result ?? null });
    this.tell(act, NotificationType.StepStopped, { stepIds: [step.step_id], ...(message && { msg: message }) });
  }

  failed(act: Act, step: JobStepRow, { message = 'the run of the step failed' }: Outcome): void {
    this.record(act, JobHistoryAction.Error, step, { ...runTimes(act, step), result: message });
    this.tell(act, NotificationType.StepError, { stepId: step.step_id, msg: message, msgCode: 'step-failed' });
  }

  /** No path leads on: a caller hears it in the answer of its call; where the server went on by itself, those who listen do. */
  stranded(act: Act, step: JobStepRow): JobActionStepStatus {
    if (!act.caller.userId)
      this.tell(act, NotificationType.StepWarningStopped, {
        stepIds: [step.step_id],
        msg: 'no path leads on from the step; mend what its conditions ask for, and finish it',
        msgCode: 'no-matching-paths',
      });
    return JobActionStepStatus.NoMatchingPaths;
  }

  stopped(act: Act, step: JobStepRow): void {
    const isPaused = step.state === StepState.PAUSED;
    this.record(act, isPaused ? JobHistoryAction.Paused : JobHistoryAction.Cancelled, step, runTimes(act, step));
    this.tellOfStep(act, isPaused ? NotificationType.StepPaused : NotificationType.StepCancelled, step.step_id);
  }

  events(): NewEvent[] {
    return this.#told.map(({ act, type, stepIds, particulars }) =>
      eventOf(act, this.#job, type, { ...(stepIds && { stepIds }), ...particulars() }),
    );
  }
}
