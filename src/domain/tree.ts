/**
 * The step tree of a template: walking it, what must hold for all of it, and what is derived from it.
 *
 * Trees are plain `BaseStep` objects and never changed: an edit (tree-edits.ts) makes new groups from the edited one up to the root
 * and keeps all others as they are, object for object (store/trees.ts stores by that). What follows from a step's place (hierarchyPosition,
 * parentId, the root's title) is not in it; `derived` adds it on the way out.
 */
import { isDeepStrictEqual } from 'node:util';
import { MAX_GROUP_CHILDREN, MAX_TEMPLATE_STEPS, MAX_TREE_DEPTH } from '#gen/common_types';
import type { StepGroupHeaders } from '#gen/group_headers_types';
import type { BaseStep } from '#gen/step_types';
import { BadRequest } from '../base/errors.ts';
import { lasting } from '../base/lasting.ts';

export const isGroup = (step: BaseStep): boolean => step.impl?.stepGroup != null;

/** The root group of a new template. */
export const emptyRoot = (id: string): BaseStep => ({
  id,
  title: '',
  descrip: [],
  impl: { stepGroup: {} },
  children: [],
  isComponent: false,
  jobBaseStepId: '',
  hierarchyPosition: '',
  parentId: '',
  parentJobBaseStepId: '',
  clientId: '',
  clientGeneratedIds: false,
  blocking: false,
});

/** Every step and group in its place: depth first, parents before children; depth 1 is the root. */
export function walk(root: BaseStep): Place[] {
  const places: Place[] = [];
  const ahead: Place[] = [{ step: root, parent: undefined, depth: 1 }];
  for (let place = ahead.pop(); place; place = ahead.pop()) {
    places.push(place);
    const { step, depth } = place;
    const children = step.children ?? [];
    for (let last = children.length - 1; last >= 0; last--)
      ahead.push({ step: children[last]!, parent: step, depth: depth + 1 });
  }
  return places;
}

interface Place {
  readonly step: BaseStep;
  readonly parent: BaseStep | undefined;
  readonly depth: number;
}

export function leafCount(root: BaseStep): number {
  if (!isGroup(root)) return 1;
  return root.children.reduce((count, child) => count + leafCount(child), 0);
}

/** The groups from the root down to the one with this id; undefined when there is none. */
export function pathTo(root: BaseStep, groupId: string): BaseStep[] | undefined {
  if (root.id === groupId) return [root];
  for (const child of root.children) {
    if (!isGroup(child)) continue;
    const path = pathTo(child, groupId);
    if (path) return [root, ...path];
  }
  return undefined;
}

/** Ids that clients know steps, groups, fields and notices by. */
export function idsIn(root: BaseStep): Set<string> {
  return new Set(
    walk(root).flatMap(({ step }) => [
      step.id,
      ...[...(step.impl.step?.stepFields ?? []), ...noticesOf(step)].map(({ id }) => id),
    ]),
  );
}

/** What must hold for a tree as a whole: its size, and ids of steps, groups, fields and notices unique in it. @throws BadRequest (400) */
export function checkWhole(root: BaseStep): void {
  const ids = new Set<string>();
  const clientIds = new Set<string>();
  let steps = 0;
  for (const { step, depth } of walk(root)) {
    takeId(ids, 'id', step.id, step);
    takeId(clientIds, 'clientId', step.clientId, step);
    for (const { id } of step.impl.step?.stepFields ?? []) takeId(ids, 'id', id, step);
    for (const { id } of noticesOf(step)) takeId(ids, 'id', id, step);
    if (depth > MAX_TREE_DEPTH)
      throw limit(step, `${called(step)} is ${depth} levels deep; a template`, depth, MAX_TREE_DEPTH);
    if (step.children.length > MAX_GROUP_CHILDREN) {
      const found = step.children.length;
      throw limit(step, `${called(step)} has ${found} children; a group`, found, MAX_GROUP_CHILDREN);
    }
    steps++;
  }
  if (steps - 1 > MAX_TEMPLATE_STEPS)
    throw limit(root, `there are ${steps - 1} steps; a template`, steps - 1, MAX_TEMPLATE_STEPS);
}

function noticesOf(step: BaseStep): readonly { id: string }[] {
  const inHeaders = step.impl.stepGroup?.headers?.notices ?? [];
  if (step.descrip.length === 0) return inHeaders;
  return [...step.descrip.flatMap(({ notice }) => notice ?? []), ...inHeaders];
}

function takeId(taken: Set<string>, field: string, id: string, step: BaseStep): void {
  if (!id) return;
  if (taken.has(id)) {
    throw new BadRequest(
      'duplicate-id',
      `${field}: ${id} (${called(step)}) is taken in this template; ids are unique in it`,
      {
        [field]: id,
      },
    );
  }
  taken.add(id);
}

/** A root has no title of its own. */
const called = ({ title }: BaseStep): string => (title ? `"${title}"` : 'the root');

/** @param fact what there is, and who may have no more than so many of it */
const limit = (step: BaseStep, fact: string, found: number, most: number): BadRequest =>
  new BadRequest('limit-exceeded', `children: ${fact} may have ${most}`, {
    field: 'children',
    stepId: step.id,
    limit: String(most),
    found: String(found),
  });

/** The tree with these headers at its root, or none when they are empty; the same tree when nothing changes.
 * @throws BadRequest (400) when two notices have one id */
export function withHeaders(root: BaseStep, headers: StepGroupHeaders): BaseStep {
  const { headers: _before, ...group } = root.impl.stepGroup!;
  const impl = { stepGroup: Object.keys(headers).length > 0 ? { ...group, headers } : group };
  if (isDeepStrictEqual(impl, root.impl)) return root;
  const edited = { ...root, impl };
  checkWhole(edited);
  return edited;
}

/** The tree as clients see it: with hierarchyPosition ("2.1.3", 1-based; "" at the root), parentId, and the entry's title at its root. */
export function derived(root: BaseStep, title: string): BaseStep {
  const known = derivedTrees.get(root);
  if (known?.title === title) return known;
  const tree = lasting({ ...placed(root, '', ''), title });
  derivedTrees.set(root, tree);
  return tree;
}

/** As they went out last: an entry is asked for again and again, and its tree never changes. */
const derivedTrees = new WeakMap<BaseStep, BaseStep>();

function placed(step: BaseStep, hierarchyPosition: string, parentId: string): BaseStep {
  if (step.children.length === 0) return placedLeaf(step, hierarchyPosition, parentId);
  const prefix = hierarchyPosition === '' ? '' : `${hierarchyPosition}.`;
  return {
    ...step,
    hierarchyPosition,
    parentId,
    children: step.children.map((child, index) => placed(child, `${prefix}${index + 1}`, step.id)),
  };
}

/** An edit leaves most steps where they are. */
function placedLeaf(step: BaseStep, hierarchyPosition: string, parentId: string): BaseStep {
  const known = placedLeaves.get(step);
  if (known && known.hierarchyPosition === hierarchyPosition && known.parentId === parentId) return known;
  const leaf = { ...step, hierarchyPosition, parentId };
  placedLeaves.set(step, leaf);
  return leaf;
}

const placedLeaves = new WeakMap<BaseStep, BaseStep>();
