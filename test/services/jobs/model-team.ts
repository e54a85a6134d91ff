/** Acts on several jobs of a team in memory: what each person may do to them, and what of one job follows for the others. */
import { ErrorCode } from '#gen/common_types';
import { AssignedType } from '#gen/flow_types';
import {
  type Answer,
  type Assignment,
  type Changes,
  type Hold,
  isAssignedTo,
  isUnderWay,
  type ModelJob,
  type Person,
  system,
} from './model.ts';

export type Refusal = readonly [code: ErrorCode, slug: string];

/** What a call answers: one status for each step, `true` for acts on jobs, or a refusal. */
export type Outcome = { readonly answers: readonly Answer[] } | { readonly refused: Refusal } | true;

const refused = (code: ErrorCode, slug: string): Outcome => ({ refused: [code, slug] });
const lacking = refused(ErrorCode.INSUFFICIENT_PERMISSIONS, 'insufficient-permissions');
const notFound = refused(ErrorCode.NOT_FOUND, 'job-not-found');
const closed = refused(ErrorCode.WRONG_STATE, 'job-closed');
const running = refused(ErrorCode.WRONG_STATE, 'job-running');

const privilegeFor: Readonly<Record<keyof Changes, string>> = {
  notes: 'jobUpdateNotes',
  jobStatus: 'jobUpdateStatus',
  priority: 'jobUpdatePriority',
  percentComplete: 'jobUpdatePercentComplete',
  owner: 'jobUpdateOwner',
};

export class ModelTeam {
  readonly jobs: readonly ModelJob[];

  constructor(jobs: readonly ModelJob[]) {
    this.jobs = jobs;
  }

  start = (who: Person, job: ModelJob, stepIds: readonly string[]): Outcome =>
    permitted(who, undefined, [job], () => this.#working(job, () => job.start(who, stepIds)));

  finish = (who: Person, job: ModelJob, stepIds: readonly string[]): Outcome =>
    permitted(who, undefined, [job], () => this.#working(job, () => job.finish(who, stepIds)));

  stop = (who: Person, job: ModelJob, stepIds: readonly string[]): Outcome =>
    permitted(who, undefined, [job], () => this.#working(job, () => job.stop(who, stepIds)));

  setCurrent = (who: Person, job: ModelJob, stepId: string): Outcome =>
    permitted(who, 'workflowSetStepCurrent', [job], () => this.#working(job, () => job.setCurrent(who, stepId)));

  addHolds = (who: Person, job: ModelJob, stepIds: readonly string[]): Outcome =>
    permitted(who, 'jobUpdateHolds', [job], () => {
      const answers = job.holdable(stepIds);
      for (const [stepId, status] of answers) if (status === 'Success') job.hold(who, stepId, undefined);
      return { answers };
    });

  releaseHolds = (who: Person, job: ModelJob, stepIds: readonly string[]): Outcome =>
    permitted(who, 'jobUpdateHolds', [job], () => release(who, job, stepIds, ({ on }) => on === undefined));

  /** @param stepId undefined: it waits for the closing of the other job */
  addDependency = (who: Person, job: ModelJob, stepIds: readonly string[], other: ModelJob, stepId?: string): Outcome =>
    permitted(who, 'jobUpdateHolds', [job, other], () => {
      if (stepId !== undefined && !other.hasLeaf(stepId)) return refused(ErrorCode.NOT_FOUND, 'step-not-found');
      const cycle = refused(ErrorCode.BAD_REQUEST, 'dependency-cycle');
      if (other === job) return cycle;
      const answers = job.holdable(stepIds);
      const able = answers.filter(([, status]) => status === 'Success');
      const done = other.closed || (stepId !== undefined && other.isDone(stepId));
      if (able.length > 0 && !done && waitsFor(other, job)) return cycle;
      for (const [id] of able) job.hold(who, id, { job: other, stepId });
      if (done && able.length > 0) job.releaseAtOnce(job.holds.slice(-able.length));
      return { answers };
    });

  releaseDependency = (
    who: Person,
    job: ModelJob,
    stepIds: readonly string[],
    other: ModelJob,
    stepId?: string,
  ): Outcome =>
    permitted(who, 'jobUpdateHolds', [job, other], () =>
      release(who, job, stepIds, ({ on }) => on?.job === other && (stepId === undefined || on.stepId === stepId)),
    );

  closeJobs = (who: Person, jobs: readonly ModelJob[]): Outcome =>
    permitted(who, 'jobClose', jobs, () => {
      const hindered = jobs.find(job => job.closed || job.isRunning);
      if (hindered) return hindered.closed ? closed : running;
      for (const job of jobs) job.close(who);
      this.#releaseBehind(({ job }) => jobs.includes(job));
      return true;
    });

  reopenJobs = (who: Person, jobs: readonly ModelJob[]): Outcome =>
    permitted(who, 'jobReopenClosed', jobs, () => {
      if (jobs.some(job => !job.closed)) return refused(ErrorCode.WRONG_STATE, 'job-open');
      for (const job of jobs) job.reopen(who);
      return true;
    });

  deleteJobs = (who: Person, jobs: readonly ModelJob[]): Outcome =>
    permitted(who, 'jobDelete', jobs, () => {
      if (jobs.some(job => !job.closed && job.isRunning)) return running;
      for (const job of jobs) job.deleted = true;
      this.#releaseBehind(({ job }) => jobs.includes(job));
      return true;
    });

  /** Who may assign to anybody, may; the others to themselves. */
  assignStep = (who: Person, job: ModelJob, stepId: string, to: Assignment): Outcome =>
    permitted(who, 'jobAssignIndividual', [job], () => {
      const toItself = to.type === AssignedType.User && to.to === who.id;
      if (!toItself && !who.privileges.includes('jobAssignAny')) return lacking;
      if (job.closed) return closed;
      const step = job.current.find(({ leaf }) => leaf.id === stepId);
      if (!step && !job.hasLeaf(stepId)) return refused(ErrorCode.NOT_FOUND, 'step-not-found');
      if (!step) return refused(ErrorCode.WRONG_STATE, 'step-not-current');
      if (isUnderWay(step)) return running;
      job.assign(who, step, to);
      return true;
    });

  /** @param allowed a step that may run meanwhile; '' for none */
  updateJob = (who: Person, job: ModelJob, changes: Changes, allowed: string): Outcome =>
    permitted(who, undefined, [job], () => {
      const isItsOwn = job.owner === who || job.current.some(step => isAssignedTo(step, who));
      const given = (Object.keys(changes) as (keyof Changes)[]).filter(field => changes[field] !== undefined);
      const needed = [...(isItsOwn ? [] : ['jobUpdateAny']), ...given.map(field => privilegeFor[field])];
      if (!needed.every(privilege => who.privileges.includes(privilege))) return lacking;
      if (allowed !== '' && !job.hasLeaf(allowed)) return refused(ErrorCode.NOT_FOUND, 'step-not-found');
      if (job.closed) return closed;
      const others = job.current.filter(step => step.leaf.id !== allowed);
      if (others.some(isUnderWay) && given.some(field => field !== 'notes')) return running;
      job.update(who, changes);
      return true;
    });

  /** What the server does after the call, by itself. @returns the jobs in which it starts something */
  startFreed(): ModelJob[] {
    const freed = this.jobs.filter(job => job.isFreed);
    for (const job of freed)
      this.#working(job, () => {
        job.startFreed();
        return [];
      });
    return freed;
  }

  /**
   * Whether the server could come to start several steps at the same time, if these were held: in which order it does is its own matter,
   * and no matter of the model.
   */
  isOrderOpen(job: ModelJob, stepIds: readonly string[]): boolean {
    const named = stepIds.length > 0 ? stepIds : job.current.map(({ leaf }) => leaf.id);
    const automatic = (of: ModelJob, ids: readonly string[]) =>
      ids.filter(id => of.ground.procedure.chart.leaf(id)?.flow?.automatic).map(id => `${this.jobs.indexOf(of)} ${id}`);
    const held = this.jobs.flatMap(each =>
      automatic(
        each,
        each.openHolds.map(({ stepId }) => stepId),
      ),
    );
    return new Set([...held, ...automatic(job, named)]).size > 1;
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
    for (const job of this.jobs.filter(({ deleted }) => !deleted))
      job.release(
        system,
        job.openHolds.filter(({ on }) => on && isOver(on)),
      );
  }
}

/** What somebody does to jobs that it sees, with the privilege that it takes. */
function permitted(who: Person, privilege: string | undefined, jobs: readonly ModelJob[], act: () => Outcome): Outcome {
  if (jobs.some(job => job.deleted)) return notFound;
  return privilege && !who.privileges.includes(privilege) ? lacking : act();
}

function release(who: Person, job: ModelJob, stepIds: readonly string[], which: (hold: Hold) => boolean): Outcome {
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

const titleOf = (job: ModelJob, stepId: string): string => job.ground.procedure.chart.leaf(stepId)!.title;

/** Whether a job waits for another, directly or through others. */
function waitsFor(job: ModelJob, other: ModelJob): boolean {
  const next = job.openHolds.flatMap(({ on }) => on?.job ?? []);
  return next.some(waited => waited === other || waitsFor(waited, other));
}
