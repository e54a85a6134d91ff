/**
 * The way through a tree.
 *
 * Leaves run, groups order them. Entering a SEQUENTIAL group makes its first child current, entering a PARALLEL group all of its
 * children. When a leaf is left, the way goes on with the next sibling in a sequential group; a parallel group is done when no
 * other step below it is current any more. After the last child of a group the way goes on behind the group; behind the root there
 * is nothing: the job has come to its end.
 */
import { GroupMode } from '#gen/flow_types';
import type { BaseStep } from '#gen/step_types';
import { isGroup, walk } from './tree.ts';

const charts = new WeakMap<BaseStep, FlowChart>();

/** A tree with what the way through it is asked for: each step by id, and each step's parent. */
export class FlowChart {
  readonly #places = new Map<string, { step: BaseStep; parent: BaseStep | undefined; ordinal: number }>();

  /** The chart of a tree; trees never change, so each is charted once. */
  static of(root: BaseStep): FlowChart {
    const chart = charts.get(root) ?? new FlowChart(root);
    charts.set(root, chart);
    return chart;
  }

  constructor(root: BaseStep) {
    let leaves = 0;
    for (const { step, parent } of walk(root))
      this.#places.set(step.id, { step, parent, ordinal: isGroup(step) ? leaves : leaves++ });
  }

  /** The leaf with this id; undefined for a group or an unknown id. */
  leaf(id: string): BaseStep | undefined {
    const step = this.#places.get(id)?.step;
    return step && !isGroup(step) ? step : undefined;
  }

  /** Where a leaf stands among the leaves of the tree, from 0. */
  ordinal(leaf: BaseStep): number {
    return this.#places.get(leaf.id)?.ordinal ?? 0;
  }

  /**
   * The leaves that become current when `leaf` is left.
   * @param stillCurrent ids of the steps that stay current beside it
   */
  after(leaf: BaseStep, stillCurrent: ReadonlySet<string>): BaseStep[] {
    let done = leaf;
    for (let group = this.#parent(done); group; done = group, group = this.#parent(group)) {
      if (modeOf(group) === GroupMode.PARALLEL) {
        if (this.#anyBelow(group, stillCurrent)) return [];
        continue;
      }
      for (const next of group.children.slice(group.children.indexOf(done) + 1)) {
        const leaves = entering(next);
        if (leaves.length > 0) return leaves;
      }
    }
    return [];
  }

  #parent(step: BaseStep): BaseStep | undefined {
    return this.#places.get(step.id)?.parent;
  }

  #anyBelow(group: BaseStep, ids: ReadonlySet<string>): boolean {
    for (const id of ids) {
      for (let step: BaseStep | undefined = this.leaf(id); step; step = this.#parent(step))
        if (step === group) return true;
    }
    return false;
  }
}

export const modeOf = (group: BaseStep): GroupMode => group.flow?.mode ?? GroupMode.SEQUENTIAL;

/** The leaves that become current when a step is entered; for the root of a tree, those that a job starts with. */
export function entering(step: BaseStep): BaseStep[] {
  if (!isGroup(step)) return [step];
  if (modeOf(step) === GroupMode.PARALLEL) return step.children.flatMap(entering);
  for (const child of step.children) {
    const leaves = entering(child);
    if (leaves.length > 0) return leaves;
  }
  return [];
}
