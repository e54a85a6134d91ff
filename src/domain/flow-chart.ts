/**
 * A step tree with what the way through it is asked for: steps by id, their parents and places, and from where a step can still be
 * reached. Trees never change, so each is charted once.
 */
import { GroupMode } from '#gen/flow_types';
import type { BaseStep } from '#gen/step_types';
import { loops } from './loops.ts';
import { isGroup, walk } from './tree.ts';

interface Place {
  readonly step: BaseStep;
  readonly parent: BaseStep | undefined;
  /** Of a leaf: where it stands among the leaves, from 0. Of a group: how many leaves stand before it. */
  readonly ordinal: number;
  /** Where it stands among all steps and groups, parents before children. */
  readonly rank: number;
}

/** From each point to those that come next. */
type Ways = ReadonlyMap<string, readonly string[]>;

const charts = new WeakMap<BaseStep, FlowChart>();

export class FlowChart {
  readonly root: BaseStep;
  readonly #places = new Map<string, Place>();
  /** Step that is waited for -> the points from which it can be reached. Filled as asked for. */
  readonly #sources = new Map<string, ReadonlySet<string>>();
  #ways: Ways | undefined;
  #waysBack: Ways | undefined;

  /** The chart of a tree. */
  static of(root: BaseStep): FlowChart {
    const chart = charts.get(root) ?? new FlowChart(root);
    charts.set(root, chart);
    return chart;
  }

  constructor(root: BaseStep) {
    this.root = root;
    let leaves = 0;
    for (const { step, parent } of walk(root)) {
      const ordinal = isGroup(step) ? leaves : leaves++;
      this.#places.set(step.id, { step, parent, ordinal, rank: this.#places.size });
    }
  }

  /** The step or group with this id. */
  step(id: string): BaseStep | undefined {
    return this.#places.get(id)?.step;
  }

  /** The leaf with this id; undefined for a group or an unknown id. */
  leaf(id: string): BaseStep | undefined {
    const step = this.step(id);
    return step && !isGroup(step) ? step : undefined;
  }

  parent(step: BaseStep): BaseStep | undefined {
    return this.#places.get(step.id)?.parent;
  }

  /** Where a leaf stands among the leaves of the tree, from 0. */
  ordinal(leaf: BaseStep): number {
    return this.#places.get(leaf.id)?.ordinal ?? 0;
  }

  /** Where a step or group stands in the tree, depth first. */
  rank(id: string): number {
    return this.#places.get(id)?.rank ?? Number.MAX_SAFE_INTEGER;
  }

  /** The child behind this one in its parent. */
  sibling(step: BaseStep): BaseStep | undefined {
    const siblings = this.parent(step)?.children ?? [];
    return siblings[siblings.indexOf(step) + 1];
  }

  /** The leaves of a step or group; none of an unknown one. */
  leavesIn(id: string): BaseStep[] {
    const step = this.step(id);
    return step
      ? walk(step)
          .map(({ step }) => step)
          .filter(step => !isGroup(step))
      : [];
  }

  /** Whether the step is the group, or lies in it, however deep. */
  isIn(id: string, group: BaseStep): boolean {
    for (let step = this.step(id); step; step = this.parent(step)) if (step === group) return true;
    return false;
  }

  /** Whether one who is at the leaf `from`, or waits at the step `from`, can come to `to`, whatever the conditions on the way say. */
  canReach(from: string, to: string, isWaiting = false): boolean {
    return this.#sourcesOf(to).has(isWaiting ? arrivalAt(from) : stayAt(from));
  }

  /** The steps and groups that can be arrived at from the beginning. */
  reachable(): Set<string> {
    const ways = this.#waysOn();
    const found = spread([arrivalAt(this.root.id)], point => ways.get(point) ?? []);
    return new Set([...found].filter(point => point.startsWith(ARRIVAL)).map(point => point.slice(ARRIVAL.length)));
  }

  /**
   * The loops that can be gone through without staying at any leaf where `rests` is true: the leaves of each, in the order of the tree;
   * loops that share a leaf or group are one. The loops stand in the order of their first leaves. What a path to the root would make a
   * loop is none: that path has to go.
   */
  loops(rests: (leaf: BaseStep) => boolean): BaseStep[][] {
    if (this.leavesIn(this.root.id).every(rests)) return [];
    const ways = this.#waysOn();
    const goesOn = (point: string) => !point.startsWith(STAY) || !rests(this.step(point.slice(STAY.length))!);
    const open = new Set([...ways.keys()].filter(goesOn));
    open.delete(arrivalAt(this.root.id));
    return loops(open, point => (ways.get(point) ?? []).filter(following => open.has(following)))
      .map(points =>
        points
          .filter(point => point.startsWith(STAY))
          .map(point => this.step(point.slice(STAY.length))!)
          .sort((a, b) => this.rank(a.id) - this.rank(b.id)),
      )
      .filter(leaves => leaves.length > 0)
      .sort(([a], [b]) => this.rank(a!.id) - this.rank(b!.id));
  }

  #sourcesOf(id: string): ReadonlySet<string> {
    const known = this.#sources.get(id);
    if (known) return known;
    this.#waysBack ??= reversed(this.#waysOn());
    const back = this.#waysBack;
    const sources = spread(back.get(arrivalAt(id)) ?? [], point => back.get(point) ?? []);
    this.#sources.set(id, sources);
    return sources;
  }

  /**
   * All ways, conditions taken for open. Each step has three points: one arrives at it, stays at it (leaves only), and goes on behind
   * it.
   */
  #waysOn(): Ways {
    if (this.#ways) return this.#ways;
    const ways = new Map<string, string[]>();
    for (const { step, parent } of this.#places.values()) {
      const passes = step.flow?.condition ? [behind(step.id)] : [];
      ways.set(arrivalAt(step.id), [...(isGroup(step) ? into(step) : [stayAt(step.id)]), ...passes]);
      const paths = step.flow?.paths ?? [];
      if (!isGroup(step))
        ways.set(stayAt(step.id), paths.length > 0 ? paths.map(path => arrivalAt(path.nextStepId)) : [behind(step.id)]);
      if (!parent) continue;
      const next = modeOf(parent) === GroupMode.SEQUENTIAL ? this.sibling(step) : undefined;
      ways.set(behind(step.id), [next ? arrivalAt(next.id) : behind(parent.id)]);
    }
    this.#ways = ways;
    return ways;
  }
}

const ARRIVAL = 'at ';
const STAY = 'in ';
const arrivalAt = (id: string): string => ARRIVAL + id;
const stayAt = (id: string): string => STAY + id;
const behind = (id: string): string => `behind ${id}`;

function into(group: BaseStep): string[] {
  if (group.children.length === 0) return [behind(group.id)];
  const first = modeOf(group) === GroupMode.PARALLEL ? group.children : group.children.slice(0, 1);
  return first.map(child => arrivalAt(child.id));
}

function reversed(ways: Ways): Ways {
  const back = new Map<string, string[]>();
  for (const [from, tos] of ways)
    for (const to of tos) {
      const froms = back.get(to);
      if (froms) froms.push(from);
      else back.set(to, [from]);
    }
  return back;
}

/** Everything that can be reached from these points, themselves included. */
function spread(from: readonly string[], next: (point: string) => readonly string[]): Set<string> {
  const found = new Set(from);
  for (const point of found) for (const following of next(point)) found.add(following);
  return found;
}

export const modeOf = (group: BaseStep): GroupMode => group.flow?.mode ?? GroupMode.SEQUENTIAL;
