/** Acts on several jobs of a team in memory: what each person may do to them, and what of one job follows for the others. */
import { ErrorCode } from '#gen/common_types';
import { type Answer, type Hold, type ModelJob, type Person, system } from './model.ts';

export type Refusal = readonly [code: ErrorCode, slug: string];

/** What a call answers: one status for each step, `true` for jobs, or a refusal. */
export type Outcome = { readonly answers: readonly Answer[] } | { readonly refused: Refusal } | true;

const lacking: Outcome = { refused: [ErrorCode.INSUFFICIENT_PERMISSIONS, 'insufficient-permissions'] };

export class ModelTeam {
  readonly jobs: readonly ModelJob[];

  constructor(jobs: readonly ModelJob[]) {
    this.jobs = jobs;
  }

  start = (who: Person, job: ModelJob, stepIds: readonly string[]): Outcome =>
    this.#working(job, () => job.start(who, stepIds));

  finish = (who: Person, job: ModelJob, stepIds: readonly string[]): Outcome =>
    this.#working(job, () => job.finish(who, stepIds));

  stop = (who: Person, job: ModelJob, stepIds: readonly string[]): Outcome =>
    this.#working(job, () => job.stop(who, stepIds));

  setCurrent(who: Person, job: ModelJob, stepId: string): Outcome {
    if (!who.privileges.includes('workflowSetStepCurrent')) return lacking;
    return this.#working(job, () => job.setCurrent(who, stepId));
  }

  addHolds(who: Person, job: ModelJob, stepIds: readonly string[]): Outcome {
    if (!who.privileges.includes('jobUpdateHolds')) return lacking;
    const answers = job.holdable(stepIds);
    for (const [stepId, status] of answers) if (status === 'Success') job.hold(who, stepId, undefined);
    return { answers };
  }

  releaseHolds(who: Person, job: ModelJob, stepIds: readonly string[]): Outcome {
    return this.#releasing(who, job, stepIds, ({ on }) => on === undefined);
  }

  addDependency(who: Person, job: ModelJob, stepIds: readonly string[], other: ModelJob, stepId?: string): Outcome {
    if (!who.privileges.includes('jobUpdateHolds')) return lacking;
    if (stepId !== undefined && !other.hasLeaf(stepId)) return { refused: [ErrorCode.NOT_FOUND, 'step-not-found'] };
    const cycle: Outcome = { refused: [ErrorCode.BAD_REQUEST, 'dependency-cycle'] };
    if (other === job) return cycle;
    const answers = job.holdable(stepIds);
    const able = answers.filter(([, status]) => status === 'Success');
    const done = other.closed || (stepId !== undefined && other.isDone(stepId));
    if (able.length > 0 && !done && waitsFor(other, job)) return cycle;
    for (const [id] of able) job.hold(who, id, { job: other, stepId });
    if (done && able.length > 0) job.releaseAtOnce(job.holds.slice(-able.length));
    return { answers };
  }

  releaseDependency(who: Person, job: ModelJob, stepIds: readonly string[], other: ModelJob, stepId?: string): Outcome {
    return this.#releasing(
      who,
      job,
      stepIds,
      ({ on }) => on?.job === other && (stepId === undefined || on.stepId === stepId),
    );
  }

  closeJobs(who: Person, jobs: readonly ModelJob[]): Outcome {
    if (!who.privileges.includes('jobClose')) return lacking;
    if (jobs.some(job => job.closed)) return { refused: [ErrorCode.WRONG_STATE, 'job-closed'] };
    if (jobs.some(job => job.isRunning)) return { refused: [ErrorCode.WRONG_STATE, 'job-running'] };
    for (const job of jobs) job.close(who);
    this.#releaseBehind(({ job }) => jobs.includes(job));
    return true;
  }

  /** What the call finished, or closed, is waited for no more. */
  #working(job: ModelJob, act: () => Answer[]): Outcome {
    const told = job.history.length;
    const answers = act();
    const finished = job.history.slice(told).flatMap(line => /^Finished (\S+) /.exec(line)?.[1] ?? []);
    this.#releaseBehind(
      on => on.job === job && (job.closed || (on.stepId !== undefined && finished.includes(titleOf(job, on.stepId)))),
    );
    return { answers };
  }

  #releaseBehind(isOver: (on: NonNullable<Hold['on']>) => boolean): void {
    for (const job of this.jobs)
      job.release(
        system,
        job.openHolds.filter(({ on }) => on && isOver(on)),
      );
  }

  #releasing(who: Person, job: ModelJob, stepIds: readonly string[], which: (hold: Hold) => boolean): Outcome {
    if (!who.privileges.includes('jobUpdateHolds')) return lacking;
    const open = job.openHolds.filter(which);
    const { chart } = job.ground.procedure;
    const inOrder = (ids: string[]) => ids.sort((a, b) => chart.rank(a) - chart.rank(b));
    const asked = [...new Set(stepIds.length > 0 ? stepIds : inOrder(open.map(({ stepId }) => stepId)))];
    const released = job.release(
      who,
      open.filter(({ stepId }) => asked.includes(stepId)),
    );
    if (asked.length === 0) return { answers: [['', 'NotHeld']] };
    return {
      answers: asked.map(id => {
        if (released.includes(id)) return [id, 'Success'];
        return [id, job.hasLeaf(id) ? 'NotHeld' : 'StepNotInDiagram'];
      }),
    };
  }
}

const titleOf = (job: ModelJob, stepId: string): string => job.ground.procedure.chart.leaf(stepId)!.title;

/** Whether a job waits for another, directly or through others. */
function waitsFor(job: ModelJob, other: ModelJob): boolean {
  const next = job.openHolds.flatMap(({ on }) => on?.job ?? []);
  return next.some(waited => waited === other || waitsFor(waited, other));
}
