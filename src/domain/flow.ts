/**
 * The way through a procedure, as pure rules: a state and what happens to it make the next state and what follows from it.
 *
 * Leaves run, groups order them. One arrives at a step, and
 *   - where its condition does not hold, it is passed over: the way goes on behind it;
 *   - where it joins ALL ways, it waits until nothing else that is current, or waits itself, can still come to it;
 *   - a leaf becomes current; at one that is current already, nothing changes;
 *   - in a SEQUENTIAL group one arrives at the first child, in a PARALLEL group at all of them. In a group where somebody still is,
 *     and from which one did not come, nothing changes.
 * A leaf is left by its paths: all whose condition holds are followed, and when none does, one stays. Without paths the way goes on
 * behind it: with the next sibling in a sequential group; a parallel group is done when nobody is below it any more. After the last
 * child of a group the way goes on behind the group; behind the root there is nothing: where nobody is anywhere, the job is at its
 * end.
 */
import { GroupMode, JoinMode, type StepPath } from '#gen/flow_types';
import type { BaseStep } from '#gen/step_types';
import { FlowChart, modeOf } from './flow-chart.ts';
import { isGroup } from './tree.ts';

export { FlowChart, modeOf };

/** Where a job is. `A` is what a path says of the assignment of the step that it leads to. */
export interface FlowState<A> {
  /** Leaves. */
  readonly current: ReadonlySet<string>;
  /** Steps and groups that wait for other ways, each with what the way that came last says of its assignment. */
  readonly joining: ReadonlyMap<string, A | undefined>;
  /** Steps and groups that were passed over, and not arrived at since. */
  readonly passed: ReadonlySet<string>;
  /** At the end: what it was when the last leaf was still current. */
  readonly before?: Pick<FlowState<A>, 'joining' | 'passed'>;
}

/** What following the way needs to know of the job. */
export interface Conditions<A> {
  /** Whether a condition of a step or a group holds for the job. @param jobStatus that the paths up to here give to it, when any does */
  readonly holds: (condition: string, jobStatus: string | undefined) => boolean;
  /** Whether a condition of a path holds, for the job and the step that is left. */
  readonly follows: (condition: string, left: BaseStep) => boolean;
  /** What the path says of the assignment of the step that it leads to; undefined where it says nothing. */
  readonly assignment: (path: StepPath, left: BaseStep) => A | undefined;
}

/** What a move does. */
export interface Move<A> {
  readonly state: FlowState<A>;
  /** Leaves that became current, each with what the way there says of its assignment. */
  readonly entered: readonly { readonly leaf: BaseStep; readonly assignment: A | undefined }[];
  /** Steps and groups that were passed over. */
  readonly passedOver: readonly BaseStep[];
  /** The status that the paths give to the job: that of the last one that has any. */
  readonly jobStatus: string | undefined;
}

export const nowhere: FlowState<never> = { current: new Set(), joining: new Map(), passed: new Set() };

/** The beginning of a job. */
export const begin = <A>(chart: FlowChart, conditions: Conditions<A>): Move<A> =>
  new Way<A>(chart, nowhere, conditions).begin().move();

/** @returns undefined when the leaf has paths and no condition of them holds: one stays */
export function leave<A>(
  chart: FlowChart,
  state: FlowState<A>,
  leaf: BaseStep,
  conditions: Conditions<A>,
): Move<A> | undefined {
  const paths = leaf.flow?.paths ?? [];
  const followed = paths.filter(({ condition }) => !condition || conditions.follows(condition, leaf));
  if (paths.length > 0 && followed.length === 0) return undefined;
  const move = new Way(chart, state, conditions).leave(leaf, paths.length > 0 ? followed : undefined).move();
  const { joining, passed } = state;
  return move.state.current.size > 0 ? move : { ...move, state: { ...move.state, before: { joining, passed } } };
}

/** The leaf alone becomes current: whoever is elsewhere, or waits, is so no more. */
export function jump<A>(state: FlowState<A>, leaf: BaseStep): Move<A> {
  const passed = new Set(state.passed);
  passed.delete(leaf.id);
  return {
    state: { current: new Set([leaf.id]), joining: new Map(), passed },
    entered: [{ leaf, assignment: undefined }],
    passedOver: [],
    jobStatus: undefined,
  };
}

/** One move, in the making. What is still to do stands on a stack: a way may lead past thousands of steps. */
class Way<A> {
  readonly #chart: FlowChart;
  readonly #conditions: Conditions<A>;
  readonly #current: Set<string>;
  readonly #joining: Map<string, A | undefined>;
  readonly #passed: Set<string>;
  readonly #entered: { leaf: BaseStep; assignment: A | undefined }[] = [];
  readonly #passedOver: BaseStep[] = [];
  readonly #toDo: (() => void)[] = [];
  /** Parallel groups that may be done: looked at when everybody has arrived. */
  readonly #closing = new Set<BaseStep>();
  #jobStatus: string | undefined;

  constructor(chart: FlowChart, state: FlowState<A>, conditions: Conditions<A>) {
    this.#chart = chart;
    this.#conditions = conditions;
    this.#current = new Set(state.current);
    this.#joining = new Map(state.joining);
    this.#passed = new Set(state.passed);
  }

  begin(): this {
    this.#arriveAt(this.#chart.root, undefined, undefined);
    return this;
  }

  leave(leaf: BaseStep, followed: readonly StepPath[] | undefined): this {
    this.#current.delete(leaf.id);
    if (followed) this.#each(followed, path => this.#follow(path, leaf));
    else this.#goOnBehind(leaf);
    return this;
  }

  move(): Move<A> {
    this.#doAll();
    for (let step = this.#joined(); step; step = this.#joined()) {
      const assignment = this.#joining.get(step.id);
      this.#joining.delete(step.id);
      this.#enter(step, assignment);
      this.#doAll();
    }
    return {
      state: { current: this.#current, joining: this.#joining, passed: this.#passed },
      entered: this.#entered,
      passedOver: this.#passedOver.filter(step => this.#passed.has(step.id)),
      jobStatus: this.#jobStatus,
    };
  }

  #doAll(): void {
    for (let act = this.#nextAct(); act; act = this.#nextAct()) act();
  }

  #nextAct(): (() => void) | undefined {
    if (this.#toDo.length > 0 || this.#closing.size === 0) return this.#toDo.pop();
    const innermost = [...this.#closing].reduce((a, b) => (this.#chart.rank(a.id) > this.#chart.rank(b.id) ? a : b));
    this.#closing.delete(innermost);
    return () => {
      if (!this.#anybodyIn(innermost)) this.#goOnBehind(innermost);
    };
  }

  /** One after the other, each with all that follows from it. */
  #each<T>(things: readonly T[], act: (thing: T) => void): void {
    for (const thing of things.toReversed()) this.#toDo.push(() => act(thing));
  }

  #follow(path: StepPath, left: BaseStep): void {
    if (path.jobStatus) this.#jobStatus = path.jobStatus;
    const next = this.#chart.step(path.nextStepId);
    if (next) this.#arriveAt(next, this.#conditions.assignment(path, left), left);
  }

  #arriveAt(step: BaseStep, assignment: A | undefined, from: BaseStep | undefined): void {
    if (this.#isThere(step, from)) return;
    if (step.flow?.join === JoinMode.ALL) this.#joining.set(step.id, assignment);
    else this.#enter(step, assignment);
  }

  /** Whether arriving changes nothing. */
  #isThere(step: BaseStep, from: BaseStep | undefined): boolean {
    if (!isGroup(step)) return this.#current.has(step.id);
    return (from === undefined || !this.#chart.isIn(from.id, step)) && this.#anybodyIn(step);
  }

  #enter(step: BaseStep, assignment: A | undefined): void {
    const { condition } = step.flow ?? {};
    if (condition && !this.#conditions.holds(condition, this.#jobStatus)) {
      this.#passOver(step);
      return;
    }
    this.#passed.delete(step.id);
    if (isGroup(step)) {
      this.#enterGroup(step, assignment);
      return;
    }
    this.#current.add(step.id);
    this.#entered.push({ leaf: step, assignment });
  }

  #enterGroup(group: BaseStep, assignment: A | undefined): void {
    const arrive = (child: BaseStep) => this.#arriveAt(child, assignment, group);
    if (modeOf(group) === GroupMode.SEQUENTIAL) {
      const [first] = group.children;
      this.#toDo.push(() => (first ? arrive(first) : this.#goOnBehind(group)));
      return;
    }
    this.#closing.add(group);
    this.#each(group.children, arrive);
  }

  #passOver(step: BaseStep): void {
    this.#passed.add(step.id);
    this.#passedOver.push(step);
    this.#goOnBehind(step);
  }

  #goOnBehind(step: BaseStep): void {
    const parent = this.#chart.parent(step);
    if (!parent) return;
    if (modeOf(parent) === GroupMode.PARALLEL) return void this.#closing.add(parent);
    const next = this.#chart.sibling(step);
    this.#toDo.push(() => (next ? this.#arriveAt(next, undefined, step) : this.#goOnBehind(parent)));
  }

  /** Whether somebody is, or waits, in the group. */
  #anybodyIn(group: BaseStep): boolean {
    for (const ids of [this.#current, this.#joining.keys()])
      for (const id of ids) if (id !== group.id && this.#chart.isIn(id, group)) return true;
    return false;
  }

  /** What need not wait any longer; the first in the tree. Where all that is left waits for each other, the first of them goes on. */
  #joined(): BaseStep | undefined {
    const waiting = [...this.#joining.keys()].sort((a, b) => this.#chart.rank(a) - this.#chart.rank(b));
    const free = waiting.find(id => !this.#mustWait(id)) ?? (this.#current.size === 0 ? waiting[0] : undefined);
    return free === undefined ? undefined : this.#chart.step(free);
  }

  #mustWait(id: string): boolean {
    for (const other of this.#current) if (this.#chart.canReach(other, id)) return true;
    for (const other of this.#joining.keys())
      if (other !== id && this.#chart.canReach(other, id, true) && !this.#chart.canReach(id, other, true)) return true;
    return false;
  }
}
