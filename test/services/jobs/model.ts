/**
 * Jobs as they run, as plain state in memory: who may do what to a step, and what becomes of the job. Where the way leads from a step is
 * asked of the rules of the way, which have tests of their own.
 */
import { AssignedType, PathAssignment, type StepPath } from '#gen/flow_types';
import { StepState } from '#gen/jobs_types';
import { AssigneeType, type BaseStep } from '#gen/step_types';
import {
  begin,
  type Conditions,
  type FlowChart,
  type FlowState,
  jump,
  leave,
  type Move,
} from '../../../src/domain/flow.ts';
import type { StatusName } from '../../support/jobs.ts';

export interface Person {
  readonly id: string;
  readonly email: string;
  /** Roles, too. */
  readonly groups: readonly string[];
  readonly privileges: readonly string[];
}

/** What the server does by itself. */
export const system: Person = { id: '', email: 'system', groups: [], privileges: [] };

export interface Procedure {
  readonly chart: FlowChart;
  readonly closeAtEnd: boolean;
  readonly finalStatus: string | undefined;
}

/** To whom a step is assigned: a user's id or a group's; null is nobody. */
export interface Assignment {
  readonly type: AssignedType;
  readonly to: string | null;
}

export const nobody: Assignment = { type: AssignedType.Unassigned, to: null };
const ofUser = (id: string): Assignment => ({ type: AssignedType.User, to: id });

export interface CurrentStep {
  readonly leaf: BaseStep;
  state: StepState;
  assignment: Assignment;
  /** Somebody's id; null for the server, undefined when it was not started. */
  startedBy: string | null | undefined;
}

/** What keeps a step from being worked on; with `on` it waits for that job, or that step of it. */
export interface Hold {
  readonly stepId: string;
  readonly on: { readonly job: ModelJob; readonly stepId: string | undefined } | undefined;
  /** Somebody's id; null for the server, undefined while it is open. */
  releasedBy: string | null | undefined;
}

/** What a job is made with. */
export interface Given {
  readonly name: string;
  readonly priority: string;
  readonly creator: Person;
  readonly owner: Person;
  readonly first: Assignment | undefined;
}

/** What updateJob changes; the rest stays. */
export interface Changes {
  readonly notes?: string | undefined;
  readonly jobStatus?: string | undefined;
  readonly priority?: string | undefined;
  readonly percentComplete?: number | undefined;
  readonly owner?: Person | undefined;
}

/** Whether a condition of the procedure holds. @param status of the job, as the way up to here has left it */
export type Holds = (condition: string, job: ModelJob, caller: Person, status: string) => boolean;

interface Ground {
  readonly procedure: Procedure;
  readonly given: Given;
  readonly holds: Holds;
  /** By id or e-mail address. */
  readonly userNamed: (name: string) => Person;
}

export type Answer = readonly [stepId: string, status: StatusName];
type Deed = (step: CurrentStep) => StatusName;

export const isUnderWay = ({ state }: CurrentStep) => state === StepState.RUNNING;

/** To somebody, or to a group of it. */
export const isAssignedTo = ({ assignment: { type, to } }: CurrentStep, who: Person): boolean =>
  type !== AssignedType.Unassigned && (type === AssignedType.User ? to === who.id : who.groups.includes(to!));

const mayWorkOn = (step: CurrentStep, who: Person): boolean =>
  step.assignment.type === AssignedType.Unassigned || isAssignedTo(step, who);

export class ModelJob {
  id = '';
  readonly ground: Ground;
  /** What happened, and who did it, in order. */
  readonly history: string[] = [];
  readonly holds: Hold[] = [];
  readonly #current = new Map<string, CurrentStep>();
  readonly #finished = new Set<string>();
  /** Finished last, and where the ways were then. */
  #last: CurrentStep | undefined;
  #wayThere: FlowState<Assignment> = { current: new Set(), joining: new Map(), passed: new Set() };
  #way: FlowState<Assignment> = { current: new Set(), joining: new Map(), passed: new Set() };
  /** Became current in this call, and the server starts them. */
  #automatic: CurrentStep[] = [];
  /** Automatic steps that nothing holds any more: the server starts them soon. */
  #freed: CurrentStep[] = [];
  #caller: Person;
  status = 'Open';
  priority: string;
  owner: Person;
  notes: string | undefined;
  /** The progress that somebody gave. */
  #given: number | undefined;
  started = false;
  closed = false;
  deleted = false;
  /** undefined for a job that closed itself, too. */
  closedBy: string | undefined;

  /** The beginning. First steps that are somebody else's are not started by the server. */
  constructor(ground: Ground) {
    this.ground = ground;
    const { chart } = ground.procedure;
    const { creator, first } = ground.given;
    this.#caller = creator;
    this.priority = ground.given.priority;
    this.owner = ground.given.owner;
    this.#tell('Created', creator);
    this.#go(begin(chart, this.#conditions()), ({ leaf, assignment }) => first ?? assignment ?? own(leaf) ?? nobody);
    this.#automatic = this.#automatic.filter(
      ({ assignment: { type, to } }) => type === AssignedType.Unassigned || to === creator.id,
    );
    this.#settle();
  }

  /** In the order of the tree. */
  get current(): CurrentStep[] {
    const { chart } = this.ground.procedure;
    return [...this.#current.values()].sort((a, b) => chart.ordinal(a.leaf) - chart.ordinal(b.leaf));
  }

  get isRunning(): boolean {
    return this.current.some(isUnderWay);
  }

  get openHolds(): Hold[] {
    return this.holds.filter(({ releasedBy }) => releasedBy === undefined);
  }

  /** Of all leaves, those that were ever finished, and those that were passed over and are not current. */
  get percentComplete(): number {
    if (this.closed) return 100;
    if (this.#given !== undefined) return this.#given;
    const { chart } = this.ground.procedure;
    const done = new Set(this.#finished);
    for (const id of this.#way.passed)
      for (const leaf of chart.leavesIn(id)) if (!this.#current.has(leaf.id)) done.add(leaf.id);
    return Math.floor((100 * done.size) / chart.leavesIn(chart.root.id).length);
  }

  get isFreed(): boolean {
    return this.#freed.length > 0;
  }

  startFreed(): void {
    this.#caller = system;
    this.#automatic.push(...this.#freed.splice(0));
    this.#settle();
  }

  isHeld = (stepId: string): boolean => this.openHolds.some(hold => hold.stepId === stepId);

  /** Finished, and not to be done again. */
  isDone = (stepId: string): boolean => this.#finished.has(stepId) && !this.#current.has(stepId);

  hasLeaf = (stepId: string): boolean => this.ground.procedure.chart.leaf(stepId) !== undefined;

  start(who: Person, stepIds: readonly string[]): Answer[] {
    return this.#work(who, stepIds, step => {
      if (isUnderWay(step)) return 'AlreadyExecuting';
      if (!mayWorkOn(step, who)) return 'AssignedToDifferentUser';
      if (this.isHeld(step.leaf.id)) return 'Held';
      return this.#start(step, who);
    });
  }

  finish(who: Person, stepIds: readonly string[]): Answer[] {
    return this.#work(who, stepIds, step => {
      if (!mayWorkOn(step, who)) return 'AssignedToDifferentUser';
      if (this.isHeld(step.leaf.id)) return 'Held';
      if (step.state === StepState.READY && !step.leaf.flow?.canSkip) return 'NoStartedStep';
      return this.#finish(step, who);
    });
  }

  stop(who: Person, stepIds: readonly string[]): Answer[] {
    return this.#work(who, stepIds, step => {
      if (!isUnderWay(step)) return 'NotRunning';
      if (!mayWorkOn(step, who) && !who.privileges.includes('jobForceStop')) return 'AssignedToDifferentUser';
      step.state = StepState.PAUSED;
      this.#tell('Paused', who, step.leaf);
      return 'Success';
    });
  }

  setCurrent(who: Person, stepId: string): Answer[] {
    if (this.closed) return [[stepId, 'JobClosed']];
    const leaf = this.ground.procedure.chart.leaf(stepId);
    if (!leaf) return [[stepId, 'StepNotInDiagram']];
    if (this.isRunning) return [[stepId, 'AlreadyExecuting']];
    this.#caller = who;
    for (const step of this.current) if (step.leaf !== leaf) this.#tell('Deactivated', who, step.leaf);
    this.#current.clear();
    this.#tell('Activated', who, leaf);
    this.#go(jump(this.#way, leaf), () => own(leaf) ?? nobody);
    this.#settle();
    return [[stepId, 'Success']];
  }

  /** Which steps can be held, or made to wait. */
  holdable(stepIds: readonly string[]): Answer[] {
    return this.#each(stepIds, stepId => {
      if (!this.hasLeaf(stepId)) return 'StepNotInDiagram';
      const step = this.#current.get(stepId);
      return step && isUnderWay(step) ? 'AlreadyExecuting' : 'Success';
    });
  }

  hold(who: Person, stepId: string, on: Hold['on']): void {
    this.holds.push({ stepId, on, releasedBy: undefined });
    this.#tell(on ? 'DependencyAdded' : 'Held', who, this.ground.procedure.chart.leaf(stepId)!);
  }

  /** @returns the steps that they were on. With the last one that is open the job is free again */
  release(by: Person, holds: readonly Hold[]): string[] {
    for (const hold of holds) {
      hold.releasedBy = by.id || null;
      this.#tell('HoldReleased', by, this.ground.procedure.chart.leaf(hold.stepId)!);
    }
    if (holds.length > 0 && this.openHolds.length === 0) this.#tell('Reactivated', by);
    if (this.closed) return holds.map(({ stepId }) => stepId);
    for (const stepId of new Set(holds.map(({ stepId }) => stepId))) {
      const step = this.#current.get(stepId);
      if (step?.leaf.flow?.automatic && step.state === StepState.READY && !this.isHeld(stepId)) this.#freed.push(step);
    }
    return holds.map(({ stepId }) => stepId);
  }

  /** What was done already when somebody was to wait for it: nothing was held. */
  releaseAtOnce(holds: readonly Hold[]): void {
    for (const hold of holds) {
      hold.releasedBy = null;
      this.#tell('HoldReleased', system, this.ground.procedure.chart.leaf(hold.stepId)!);
    }
  }

  close(who: Person): void {
    this.#close(who);
    this.closedBy = who.id;
  }

  /** The current steps are current again; at its end the step that was finished last is, as if it had not been. */
  reopen(who: Person): void {
    this.closed = false;
    this.closedBy = undefined;
    this.status = 'Open';
    this.#tell('Reopened', who);
    const step = this.#last;
    if (this.#current.size > 0 || !step) return;
    this.#current.set(step.leaf.id, Object.assign(step, { state: StepState.READY, startedBy: undefined }));
    this.#finished.delete(step.leaf.id);
    const { joining, passed } = this.#wayThere;
    this.#way = { current: new Set([step.leaf.id]), joining, passed };
  }

  /** What is all so already changes nothing. A progress that is given is new even where it is what was counted. */
  update(who: Person, { notes, jobStatus, priority, percentComplete, owner }: Changes): void {
    const isNew =
      (notes !== undefined && notes !== this.notes) ||
      (jobStatus !== undefined && jobStatus !== this.status) ||
      (priority !== undefined && priority !== this.priority) ||
      (percentComplete !== undefined && percentComplete !== this.#given) ||
      (owner !== undefined && owner !== this.owner);
    if (!isNew) return;
    this.notes = notes ?? this.notes;
    this.status = jobStatus ?? this.status;
    this.priority = priority ?? this.priority;
    this.#given = percentComplete ?? this.#given;
    this.owner = owner ?? this.owner;
    this.#tell('Updated', who);
  }

  assign(who: Person, step: CurrentStep, to: Assignment): void {
    if (step.assignment.type === to.type && step.assignment.to === to.to) return;
    step.assignment = to;
    this.#tell('Reassigned', who, step.leaf);
  }

  #close(who: Person): void {
    this.closed = true;
    if (this.#given !== undefined) this.#given = 100;
    this.status = this.ground.procedure.finalStatus ?? 'Closed';
    this.#tell('Closed', who);
  }

  /** One answer for each step; none named means all current ones. */
  #each(stepIds: readonly string[], answer: (stepId: string) => StatusName): Answer[] {
    const named = [...new Set(stepIds)];
    if (this.closed) return (named.length > 0 ? named : ['']).map(id => [id, 'JobClosed']);
    const asked = named.length > 0 ? named : this.current.map(({ leaf }) => leaf.id);
    return asked.length === 0 ? [['', 'NoActiveStep']] : asked.map(id => [id, answer(id)]);
  }

  /** What becomes current meanwhile is for the next call. */
  #work(who: Person, stepIds: readonly string[], deed: Deed): Answer[] {
    this.#caller = who;
    const before = new Map(this.#current);
    const answers = this.#each(stepIds, id => {
      const step = before.get(id);
      if (step) return deed(step);
      return this.hasLeaf(id) ? 'StepNotCurrent' : 'StepNotInDiagram';
    });
    this.#settle();
    return answers;
  }

  #start(step: CurrentStep, by: Person): StatusName {
    step.state = StepState.RUNNING;
    step.startedBy = by.id || null;
    if (by.id) step.assignment = ofUser(by.id);
    this.started = true;
    this.#tell('Started', by, step.leaf);
    return step.leaf.flow?.proceedNext ? this.#finish(step, by) : 'Success';
  }

  #finish(step: CurrentStep, by: Person): StatusName {
    const { leaf } = step;
    const move = leave(this.ground.procedure.chart, this.#way, leaf, this.#conditions(step));
    if (!move) return 'NoMatchingPaths';
    this.#tell('Finished', by, leaf);
    this.#current.delete(leaf.id);
    this.#finished.add(leaf.id);
    this.#last = step;
    this.#wayThere = this.#way;
    const behind = step.startedBy ? ofUser(step.startedBy) : step.assignment;
    this.#go(move, entered => entered.assignment ?? own(entered.leaf) ?? behind);
    return 'Success';
  }

  #conditions(left?: CurrentStep): Conditions<Assignment> {
    const { holds } = this.ground;
    return {
      holds: (condition, status = this.status) => holds(condition, this, this.#caller, status),
      follows: condition => holds(condition, this, this.#caller, this.status),
      assignment: path => (left ? this.#assignmentBy(path, left) : undefined),
    };
  }

  #assignmentBy({ assignment, assignedTo }: StepPath, left: CurrentStep): Assignment | undefined {
    const { userNamed, given } = this.ground;
    switch (assignment ?? undefined) {
      case undefined:
        return undefined;
      case PathAssignment.LastRunBy:
        return left.startedBy ? ofUser(left.startedBy) : left.assignment;
      case PathAssignment.JobCreator:
        return ofUser(given.creator.id);
      case PathAssignment.JobOwner:
        return ofUser(this.owner.id);
      case PathAssignment.User:
        return ofUser(userNamed(assignedTo!).id);
      case PathAssignment.Group:
        return { type: AssignedType.Group, to: assignedTo! };
      default:
        return nobody;
    }
  }

  #go(move: Move<Assignment>, assignment: (entered: Move<Assignment>['entered'][number]) => Assignment): void {
    this.#way = move.state;
    this.status = move.jobStatus ?? this.status;
    for (const entered of move.entered) {
      const { leaf } = entered;
      const step = { leaf, state: StepState.READY, assignment: assignment(entered), startedBy: undefined };
      this.#current.set(leaf.id, step);
      if (leaf.flow?.automatic) this.#automatic.push(step);
    }
    if (this.#current.size === 0 && this.ground.procedure.closeAtEnd) this.#close(this.#caller);
  }

  /** The server starts what it starts by itself, and what becomes current by that. */
  #settle(): void {
    for (let step = this.#automatic.shift(); step; step = this.#automatic.shift())
      if (this.#current.get(step.leaf.id) === step && step.state === StepState.READY && !this.isHeld(step.leaf.id))
        this.#start(step, system);
  }

  #tell(what: string, who: Person, leaf?: BaseStep): void {
    this.history.push(`${what}${leaf ? ` ${leaf.title}` : ''} by ${who.email}`);
  }
}

const own = (leaf: BaseStep): Assignment | undefined => {
  const assignee = leaf.impl.step?.assignee;
  if (!assignee) return undefined;
  return { type: assignee.type === AssigneeType.User ? AssignedType.User : AssignedType.Group, to: assignee.id };
};
