/**
 * Edits of the step tree: each makes a new tree, in which only the groups from the edited one up to the root are new. Who names a place
 * must see what stands there: a caller with an outdated tree is refused.
 */
import type { StepFlow } from '#gen/flow_types';
import type { BaseStep } from '#gen/step_types';
import { BadRequest, NotFound } from '../base/errors.ts';
import { withNewStepIds } from './filter/step-ids.ts';
import { checkWhole, isGroup, pathTo, walk } from './tree.ts';

export interface Placement {
  readonly parentId: string;
  /** 0-based among the parent's children; -1 is the end, when nothing is replaced. */
  readonly position: number;
  /** Take the place of the child at the position instead of moving it along. */
  readonly replace: boolean;
}

/**
 * The tree with `step` (a leaf or a group with all below it, ids given) at the place asked for.
 * @throws NotFound (404) for an unknown parent; BadRequest (400) for a position out of range, an id that is taken or a limit
 */
export function withChild(root: BaseStep, step: BaseStep, place: Placement): BaseStep {
  const edited = inserted(root, step, place);
  checkWhole(edited);
  return edited;
}

/** As `withChild`, with what must hold for the whole tree unchecked. @param fields names of the arguments that say where */
function inserted(root: BaseStep, step: BaseStep, place: Placement, fields = argumentNames): BaseStep {
  return withChildren(root, place.parentId, fields.parent, before => {
    const children = [...before];
    children.splice(checkedPosition(place, children.length, fields.position), place.replace ? 1 : 0, step);
    return children;
  });
}

const argumentNames = { parent: 'parentId', position: 'position' };
const newPlaceNames = { parent: 'newParentId', position: 'newPosition' };

/** The tree in which a group has other children: new groups from that one up to the root, all others as they were. */
function withChildren(
  root: BaseStep,
  parentId: string,
  field: string,
  edit: (children: readonly BaseStep[]) => BaseStep[],
): BaseStep {
  const path = pathTo(root, parentId);
  if (!path) {
    throw new NotFound(
      'step-group-not-found',
      `${field}: no step group ${parentId} in this template; its root is ${root.id}`,
      { [field]: parentId },
    );
  }
  const parent = path.at(-1)!;
  return path.slice(0, -1).reduceRight((below, group, index) => replaceChild(group, path[index + 1]!, below), {
    ...parent,
    children: edit(parent.children),
  });
}

/** Where a caller sees a step or group. */
export interface Seen {
  readonly kind: 'step' | 'stepGroup';
  readonly id: string;
  readonly parentId: string;
  readonly position: number;
}

/**
 * The step or group that stands where the caller sees it, and the tree without it.
 * @throws NotFound (404); BadRequest (400, invalid-position) when it stands elsewhere
 */
export function withoutChild(root: BaseStep, seen: Seen, positionField = 'position'): [BaseStep, BaseStep] {
  let taken: BaseStep | undefined;
  const edited = withChildren(root, seen.parentId, 'parentId', children => {
    taken = seenIn(root, children, seen, positionField);
    return children.filter(child => child !== taken);
  });
  return [taken!, edited];
}

function seenIn(root: BaseStep, children: readonly BaseStep[], seen: Seen, field: string): BaseStep {
  const { id, position, parentId } = seen;
  const child = children[position];
  if (child?.id === id && isGroup(child) === (seen.kind === 'stepGroup')) return child;
  const { parent } = placeOf(root, seen);
  const at = parent.children.findIndex(({ id: other }) => other === id);
  const right = parent.id === parentId ? `it stands at ${at}` : `it stands at ${at} of ${parent.id}`;
  throw new BadRequest('invalid-position', `${field}: ${position} of ${parentId} is not the place of ${id}; ${right}`, {
    [field]: String(position),
    actual: String(at),
    parentId: parent.id,
  });
}

/** @throws NotFound (404) for one that is not in the tree, is of the other kind, or is its root */
function placeOf(root: BaseStep, { kind, id }: Pick<Seen, 'kind' | 'id'>): { step: BaseStep; parent: BaseStep } {
  for (const { step, parent } of walk(root))
    if (step.id === id && parent && isGroup(step) === (kind === 'stepGroup')) return { step, parent };
  if (kind === 'step')
    throw new NotFound('step-not-found', `stepId: no step ${id} in this template; get returns its tree`, {
      stepId: id,
    });
  throw new NotFound(
    'step-group-not-found',
    `stepGroupId: no step group ${id} below the root of this template; get returns its tree`,
    { stepGroupId: id },
  );
}

/** The tree with a step or group at another place. @throws as withChild and withoutChild; BadRequest (400, cyclic-move) */
export function moved(root: BaseStep, seen: Seen, to: Omit<Placement, 'replace'>): BaseStep {
  const [step, rest] = withoutChild(root, seen, 'oldPosition');
  if (isGroup(step) && pathTo(step, to.parentId)) {
    throw new BadRequest(
      'cyclic-move',
      `newParentId: ${to.parentId} is the moved group itself, or lies below it; choose a group outside of it`,
      { newParentId: to.parentId },
    );
  }
  const edited = inserted(rest, step, { ...to, replace: false }, newPlaceNames);
  checkWhole(edited);
  return edited;
}

/** The tree with a copy, under new ids, of a step or group that stands where the caller sees it. @throws as `moved` */
export function withCopy(root: BaseStep, seen: Seen, to: Omit<Placement, 'replace'>, newId: () => string): BaseStep {
  const [step] = withoutChild(root, seen);
  const edited = inserted(root, copyOf(step, newId), { ...to, replace: false }, newPlaceNames);
  checkWhole(edited);
  return edited;
}

/** As `withCopy`, of one from anywhere in the tree. */
export function withCopyOf(
  root: BaseStep,
  kind: Seen['kind'],
  id: string,
  to: Omit<Placement, 'replace'>,
  newId: () => string,
): BaseStep {
  return withChild(root, copyOf(placeOf(root, { kind, id }).step, newId), { ...to, replace: false });
}

/**
 * With new ids of steps, groups, fields and notices. A clientId names one thing, and stays with the original. Paths among what is copied
 * lead from copy to copy, and conditions that name what is copied name the copies; those of other steps stay as they are.
 */
function copyOf(step: BaseStep, newId: () => string): BaseStep {
  const newIds = new Map(walk(step).map(({ step: { id } }) => [id, newId()]));
  return copied(step, newIds, newId);
}

function copied(step: BaseStep, newIds: ReadonlyMap<string, string>, newId: () => string): BaseStep {
  const renamed = <T extends { id: string }>(things: readonly T[]): T[] =>
    things.map(thing => ({ ...thing, id: newId(), ...('clientId' in thing && { clientId: '' }) }));
  const { step: leaf, stepGroup } = step.impl;
  const notices = stepGroup?.headers?.notices;
  return {
    ...step,
    id: newIds.get(step.id)!,
    clientId: '',
    descrip: step.descrip.map(element => (element.notice ? { notice: renamed([element.notice])[0]! } : element)),
    ...(step.flow && { flow: copiedFlow(step.flow, newIds) }),
    impl: leaf
      ? { step: { ...leaf, stepFields: renamed(leaf.stepFields) } }
      : {
          stepGroup: notices
            ? { ...stepGroup, headers: { ...stepGroup.headers, notices: renamed(notices) } }
            : stepGroup!,
        },
    children: step.children.map(child => copied(child, newIds, newId)),
  };
}

function copiedFlow(flow: StepFlow, newIds: ReadonlyMap<string, string>): StepFlow {
  const conditioned = <T extends { readonly condition?: string | undefined }>(thing: T): T =>
    thing.condition ? { ...thing, condition: withNewStepIds(thing.condition, newIds) } : thing;
  const paths = flow.paths?.map(path =>
    conditioned({ ...path, nextStepId: newIds.get(path.nextStepId) ?? path.nextStepId }),
  );
  return { ...conditioned(flow), ...(paths && { paths }) };
}

function checkedPosition({ position, replace }: Placement, length: number, field: string): number {
  const last = replace ? length - 1 : length;
  const at = position === -1 && !replace ? last : position;
  if (at >= 0 && at <= last) return at;
  const right = !replace
    ? `right would be 0 to ${last}, or -1 for the end`
    : last < 0
      ? 'the group has no child to replace'
      : `right would be 0 to ${last}, the child to replace`;
  throw new BadRequest('invalid-position', `${field}: ${position} is out of range; ${right}`, {
    [field]: String(position),
  });
}

const replaceChild = (group: BaseStep, before: BaseStep, after: BaseStep): BaseStep => ({
  ...group,
  children: group.children.map(child => (child === before ? after : child)),
});
