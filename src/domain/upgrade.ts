/** Two versions of a procedure beside each other, as jobs that move from one to the other see them: steps are the same when their ids are. */
import type { BaseStep } from '#gen/step_types';
import { isGroup, walk } from './tree.ts';

const known = new WeakMap<BaseStep, ReadonlyMap<string, BaseStep>>();

/** The leaves of a tree by id, in its order. Trees never change, so each is walked once. */
export function leavesOf(root: BaseStep): ReadonlyMap<string, BaseStep> {
  const leaves =
    known.get(root) ?? new Map(walk(root).flatMap(({ step }) => (isGroup(step) ? [] : [[step.id, step] as const])));
  known.set(root, leaves);
  return leaves;
}

export const stepsOnlyIn = (newer: BaseStep, older: BaseStep): string[] => {
  const before = leavesOf(older);
  return [...leavesOf(newer).keys()].filter(id => !before.has(id));
};
