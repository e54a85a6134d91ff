/** What one call does to a job, as its history and its events tell it: each in the order in which it happened. */
import type { JobHistoryAction } from '#gen/jobs_types';
import type { NotificationType } from '#gen/notifications_types';
import type { NewEvent } from '../store/events.ts';
import type { JobRow, JobStepRow } from '../store/jobs.ts';
import type { Row } from '../store/schema.ts';
import type { Act } from './act.ts';
import { eventOf, type Particulars } from './events.ts';
import { historyRow } from './history.ts';

interface Told {
  readonly act: Act;
  readonly type: NotificationType;
  /** Steps that the same happened to one after the other go into one event. */
  readonly stepIds: string[] | undefined;
  readonly particulars: () => Particulars;
}

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

  tell(act: Act, type: NotificationType, particulars: Particulars): void {
    this.#told.push({ act, type, stepIds: undefined, particulars: () => particulars });
  }

  /** @param particulars asked for at the end of the call */
  tellOfStep(act: Act, type: NotificationType, stepId: string, particulars: () => Particulars = () => ({})): void {
    const last = this.#told.at(-1);
    if (last?.stepIds && last.type === type && last.act === act) last.stepIds.push(stepId);
    else this.#told.push({ act, type, stepIds: [stepId], particulars });
  }

  events(): NewEvent[] {
    return this.#told.map(({ act, type, stepIds, particulars }) =>
      eventOf(act, this.#job, type, { ...(stepIds && { stepIds }), ...particulars() }),
    );
  }
}
