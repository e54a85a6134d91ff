/**
 * The work on one job in one call: what happens to its steps, and where the way leads behind them. Everything is gathered in memory,
 * from what was read before, and written at the end.
 */
import { AssignedType, type JobDefaults } from '#gen/flow_types';
import { JobActionStepStatus, JobHistoryAction, StepState } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import type { BaseStep } from '#gen/step_types';
import { begin, type Conditions, type FlowState, jump, leave, type Move } from '../domain/flow.ts';
import { type Assignment, firstStep, unassigned } from '../domain/jobs.ts';
import { actionOf, behaviours, isUnderWay, needsInfo, type WorkStep } from '../domain/work.ts';
import type { Reader } from '../store/database.ts';
import type { JobRow, JobStepRow } from '../store/jobs.ts';
import type { Row } from '../store/schema.ts';
import { type Act, systemAct } from './act.ts';
import { tellOfAction } from './actions/telling.ts';
import { closing, toldOfClosing } from './closing.ts';
import { readyStep, toCurrentStep } from './current-steps.ts';
import { changedText } from './events.ts';
import { flowStateOf, flowText } from './flow-state.ts';
import { type Changes, type Ground, type Outcome, runOf } from './ground.ts';
import { percentChange } from './progress.ts';
import { assignmentBehind, ownAssignment, pathAssignment } from './step-assignment.ts';
import { Account, runTimes } from './told.ts';

/** Steps that the server starts in one call: what is left waits for somebody to start it. */
const MOST_STARTS = 10_000;

export class Work {
  readonly job: JobRow;
  readonly #ground: Ground;
  readonly #system: Act;
  readonly #current: Map<string, JobStepRow>;
  readonly #changed = new Map<string, JobStepRow>();
  readonly #account: Account;
  readonly #toStart: string[] = [];
  readonly #runs = new Set<string>();
  readonly #dropped = new Set<string>();
  readonly #finished = new Set<string>();
  readonly #finishedFirst = new Set<string>();
  readonly #entered = new Set<string>();
  #flow: FlowState<Assignment>;
  #change: Partial<Row<'jobs'>> = {};
  #starts = 0;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.job = ground.job;
    this.#system = systemAct(ground.act.now, ground.act.ids);
    this.#current = new Map(ground.current.map(step => [step.step_id, { ...step }]));
    this.#account = new Account(ground.job);
    this.#flow = flowStateOf(ground.job, ground.current);
  }

  /** The current steps, in the order of the tree. */
  get current(): JobStepRow[] {
    return [...this.#current.values()].sort((a, b) => a.ordinal - b.ordinal);
  }

  /** Whether the job is started by this call. */
  get begins(): boolean {
    return this.#change.started_at !== undefined;
  }

  step(stepId: string): JobStepRow | undefined {
    return this.#current.get(stepId);
  }

  seen(step: JobStepRow): WorkStep {
    const { kind, settings } = this.actionOf(step);
    return {
      state: step.state,
      kind,
      needsInfo: needsInfo(settings, this.job.has_location === 1),
      canSkip: step.can_skip === 1,
      isHeld: this.#ground.held.has(step.step_id),
      assignedType: step.assigned_type,
      assignedTo: step.assigned_to,
    };
  }

  whyNotCurrent(stepId: string): JobActionStepStatus {
    return this.#ground.chart.leaf(stepId) ? JobActionStepStatus.StepNotCurrent : JobActionStepStatus.StepNotInDiagram;
  }

  keepSheetValues(values: string): void {
    this.#change.sheet_values = values;
  }

  /** The beginning of a job. @param given the assignment of all first steps, when something beats their own */
  begin(given: Assignment | null): void {
    const move = begin(this.#ground.chart, this.#conditions());
    this.#go(move, ({ leaf, assignment }) => given ?? assignment ?? ownAssignment(leaf) ?? unassigned);
  }

  /** @param act who starts it: the caller, or the server */
  start(step: JobStepRow, act: Act = this.#ground.act): JobActionStepStatus {
    const { kind, settings } = this.actionOf(step);
    const { userId } = act.caller;
    step.state = behaviours[kind].started;
    if (userId) this.taken(step);
    Object.assign(step, { started_at: act.now, started_by: userId || null, response: null, result: null });
    this.#changed.set(step.step_id, step);
    if (this.job.started_at === null) this.#change.started_at = act.now;
    this.#account.record(act, JobHistoryAction.Started, step);
    step.run = this.#account.seq;
    this.#account.tellOfStep(act, NotificationType.StepStarted, step.step_id);
    const job = { ...this.job, ...this.#change };
    const leaf = this.#ground.chart.leaf(step.step_id)!;
    const result = tellOfAction(this.#account, act, kind, { ...this.#ground, settings, leaf, job });
    if (behaviours[kind].byServer) this.#runs.add(step.step_id);
    if (step.state === StepState.COMPLETED) return this.complete(step, { result }, act);
    return kind === 'manual' && step.proceed_next === 1 ? this.finish(step, act) : JobActionStepStatus.Success;
  }

  /** The step becomes the caller's. */
  taken(step: JobStepRow): JobStepRow {
    return Object.assign(step, { assigned_type: AssignedType.User, assigned_to: this.#ground.act.caller.userId });
  }

  /** The run of the step is over. With proceedNext it is finished too. */
  complete(step: JobStepRow, outcome: Outcome, act: Act = this.#ground.act): JobActionStepStatus {
    step.state = StepState.COMPLETED;
    Object.assign(step, { response: outcome.response ?? null, result: outcome.result ?? null });
    this.#changed.set(step.step_id, step);
    this.#endRun(step);
    this.#account.completed(act, step, outcome);
    return step.proceed_next === 1 ? this.finish(step, act) : JobActionStepStatus.Success;
  }

  /** The run of the step failed; it can be started anew. */
  fail(step: JobStepRow, outcome: Outcome, act: Act): void {
    step.state = StepState.ERROR;
    step.result = outcome.result ?? null;
    this.#changed.set(step.step_id, step);
    this.#endRun(step);
    this.#account.failed(act, step, outcome);
  }

  stop(step: JobStepRow): void {
    const { act } = this.#ground;
    step.state = behaviours[this.actionOf(step).kind].stopped;
    this.#changed.set(step.step_id, step);
    this.#endRun(step);
    this.#account.stopped(act, step);
  }

  /** @returns NoMatchingPaths when the step has paths and none of them is open: it stays as it is */
  finish(step: JobStepRow, act: Act = this.#ground.act): JobActionStepStatus {
    const leaf = this.#ground.chart.leaf(step.step_id)!;
    const move = leave(this.#ground.chart, this.#flow, leaf, this.#conditions(step));
    if (!move) return this.#account.stranded(act, step);
    if (isUnderWay(step.state)) this.#endRun(step);
    if (step.finished_at === null) this.#finishedFirst.add(step.step_id);
    this.#finished.add(step.step_id);
    const done = { current: 0, finished_at: act.now, finished_by: act.caller.userId || null };
    this.#changed.set(step.step_id, Object.assign(step, done));
    this.#account.record(act, JobHistoryAction.Finished, step, runTimes(act, step));
    this.#account.tellOfStep(act, NotificationType.StepFinished, step.step_id, () => ({
      jobStatus: this.#change.status ?? this.job.status,
      currentSteps: this.current.map(current => toCurrentStep(current, this.#ground.holds)),
    }));
    this.#current.delete(step.step_id);
    this.#go(move, entered => entered.assignment ?? ownAssignment(entered.leaf) ?? assignmentBehind(step));
    return JobActionStepStatus.Success;
  }

  /** The step becomes the only current one. */
  setCurrent(leaf: BaseStep): void {
    const { act } = this.#ground;
    for (const step of this.current) {
      if (step.step_id === leaf.id) continue;
      this.#changed.set(step.step_id, Object.assign(step, { current: 0 }));
      this.#account.record(act, JobHistoryAction.Deactivated, step);
      this.#current.delete(step.step_id);
    }
    this.#current.delete(leaf.id);
    this.#go(jump(this.#flow, leaf), () => ownAssignment(leaf) ?? unassigned);
    this.#account.record(act, JobHistoryAction.Activated, this.#current.get(leaf.id)!);
    this.#account.tell(act, NotificationType.JobUpdated, { ...changedText('currentStepId', leaf.id), closed: false });
  }

  /**
   * Starts what the server starts by itself, and all that follows from it.
   * @param may of those that are to be started now, those that may
   */
  settle(may: (step: JobStepRow) => boolean = () => true): void {
    const now = this.#toStart.splice(0).filter(id => may(this.#current.get(id)!));
    this.#toStart.push(...now);
    for (let id = this.#toStart.shift(); id !== undefined; id = this.#toStart.shift()) {
      const step = this.#current.get(id);
      if (!step || step.state !== StepState.READY || this.#ground.held.has(id)) continue;
      if (++this.#starts > MOST_STARTS) return;
      this.start(step, this.#system);
    }
  }

  /** Whether the server has started a step. */
  get startedBySelf(): boolean {
    return this.#starts > 0;
  }

  /** Has the server start the step, if it is one that the server starts. */
  startBySelf(step: JobStepRow): void {
    if (step.automatic === 1) this.#toStart.push(step.step_id);
  }

  /** What is to be written, if anything. @param finishedBefore ids of steps finished before, where `needsFinished` says so */
  changes(finishedBefore?: ReadonlySet<string>): Changes | undefined {
    const flow_state = flowText(this.#flow);
    const isMoved = flow_state !== this.job.flow_state;
    if (this.#changed.size === 0 && this.#account.history.length === 0 && !isMoved) return undefined;
    const first = [...this.#finishedFirst].filter(id => !finishedBefore?.has(id));
    const finished_leaves = this.job.finished_leaves + first.length;
    const { now } = this.#ground.act;
    return {
      act: this.#ground.act,
      job: {
        ...(finished_leaves !== this.job.finished_leaves && { finished_leaves }),
        ...(isMoved && { flow_state }),
        ...percentChange(this.job, {
          chart: this.#ground.chart,
          finishedLeaves: finished_leaves,
          finished: new Set([...(finishedBefore ?? []), ...this.#finishedFirst]),
          ...this.#flow,
        }),
        ...this.#change,
        history_seq: this.#account.seq,
      },
      steps: [...this.#changed.values()],
      stepsBefore: this.#ground.current,
      history: this.#account.history,
      events: this.#account.events(),
      runs: [...this.#runs].map(id => runOf(this.#changed.get(id)!, this.actionOf(this.#changed.get(id)!).kind, now)),
      dropped: [...this.#dropped],
      finished: [...this.#finished],
    };
  }

  /** Before what the call did is asked for. */
  findOutRecipients(reader: Reader): Promise<void> {
    return this.#ground.recipients.findOut(reader, this.job.team_id);
  }

  /** Where something was passed over, or a step came and was finished in this call, whose row does not tell what was before. */
  get needsFinished(): boolean {
    return this.#flow.passed.size > 0 || [...this.#finishedFirst].some(id => this.#entered.has(id));
  }

  actionOf(step: JobStepRow) {
    return actionOf(this.#ground.chart.leaf(step.step_id)!);
  }

  /** Nobody works on its action any longer. */
  #endRun(step: JobStepRow): void {
    if (behaviours[this.actionOf(step).kind].byServer && !this.#runs.delete(step.step_id))
      this.#dropped.add(step.step_id);
  }

  /** @param left it is not current for what comes behind it */
  #conditions(left?: JobStepRow): Conditions<Assignment> {
    const { sight } = this.#ground;
    const job = { ...this.job, ...this.#change };
    const others = () => this.current.filter(step => step !== left);
    return {
      holds: (condition, status = job.status) => sight.holds(condition, { ...job, status }, others()),
      follows: condition => sight.holds(condition, job, this.current, left),
      assignment: path => left && pathAssignment(path, job, left, sight),
    };
  }

  #go(move: Move<Assignment>, assignment: (entered: Move<Assignment>['entered'][number]) => Assignment): void {
    this.#flow = move.state;
    if (move.jobStatus !== undefined) this.#change.status = move.jobStatus;
    for (const entered of move.entered) {
      const { team_id, job_id } = this.job;
      const ready = readyStep(firstStep(entered.leaf, this.#ground.chart.ordinal(entered.leaf)), assignment(entered));
      // It may have been finished in this call, and come again.
      const { finished_at = null, finished_by = null } = this.#changed.get(ready.step_id) ?? {};
      const row = { team_id, job_id, ...ready, finished_at, finished_by };
      this.#entered.add(row.step_id);
      for (const rows of [this.#current, this.#changed]) rows.set(row.step_id, row);
      this.startBySelf(row);
    }
    if (this.#current.size === 0 && this.#flow.joining.size === 0) this.#end();
  }

  /** No step is current any more: the job has come to its end and closes itself, unless the template says otherwise. */
  #end(): void {
    const { act } = this.#ground;
    const defaults: JobDefaults = JSON.parse(this.job.defaults);
    if (defaults.closeAtEnd === false) return;
    const closed = { ...closing(act, defaults.finalStatus), closed_by: null };
    this.#change = { ...this.#change, ...closed };
    this.#account.record(act, JobHistoryAction.Closed);
    this.#account.tell(act, NotificationType.JobUpdated, toldOfClosing(closed));
  }
}
