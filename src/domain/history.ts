/**
 * Two versions of a step tree, compared. The answer is the tree of one of them, the base, in which everything that differs from the
 * other says so, and which also has what only the other has, as REMOVED, behind what is there. Steps are the same by their ids, so one
 * that was moved, to another group too, is MOVED. What is equal in both is left as it is, and not looked into.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Change, ChangeType } from '#gen/diff_types';
import type { BaseStep, Step } from '#gen/step_types';
import { headersDiff } from './history-headers.ts';
import { elementsDiff, metadataDiff } from './history-parts.ts';
import { changeOf, listDiff, longestIncreasing } from './list-diff.ts';
import { isGroup } from './tree.ts';
import { contentDiff, textDiff } from './value-diff.ts';

interface Place {
  readonly step: BaseStep;
  readonly shown: BaseStep;
  readonly parentId: string;
  readonly index: number;
}

/** A version of a tree. */
export interface TreeVersion {
  /** As it is stored. */
  readonly root: BaseStep;
  /** As it is shown: `derived` of it. */
  readonly shown: BaseStep;
}

/** What is equal for groups that are equal with all below them, and for no others; undefined when nobody knows. */
type KeyOf = (group: BaseStep) => unknown;

/** @param version of the base, for the changes */
export function treeDiff(base: TreeVersion, other: TreeVersion, version: number, keyOf: KeyOf): BaseStep {
  return new Comparison(base, other, version, keyOf).tree();
}

class Comparison {
  readonly #base: TreeVersion;
  readonly #other: TreeVersion;
  readonly #version: number;
  readonly #keyOf: KeyOf;
  /** Keys of groups that both versions have: these are not looked into. */
  readonly #shared: ReadonlySet<unknown>;
  readonly #inOther = new Map<string, Place>();
  readonly #inBase = new Set<string>();

  constructor(base: TreeVersion, other: TreeVersion, version: number, keyOf: KeyOf) {
    this.#base = base;
    this.#other = other;
    this.#version = version;
    this.#keyOf = keyOf;
    const inOther = this.#keysIn(other.root);
    this.#shared = new Set([...this.#keysIn(base.root)].filter(key => inOther.has(key)));
    this.#index(other.root, other.shown, '', 0);
    this.#note(base.root);
  }

  #keysIn(group: BaseStep, keys = new Set<unknown>()): Set<unknown> {
    const key = this.#keyOf(group);
    if (key !== undefined) keys.add(key);
    for (const child of group.children) if (isGroup(child)) this.#keysIn(child, keys);
    return keys;
  }

  /** Whether it is a group that both versions have, with all below it. */
  #isShared(step: BaseStep): boolean {
    return isGroup(step) && this.#shared.has(this.#keyOf(step));
  }

  #index(step: BaseStep, shown: BaseStep, parentId: string, index: number): void {
    this.#inOther.set(step.id, { step, shown, parentId, index });
    if (this.#isShared(step)) return;
    for (const [place, child] of step.children.entries()) this.#index(child, shown.children[place]!, step.id, place);
  }

  #note(step: BaseStep): void {
    this.#inBase.add(step.id);
    if (!this.#isShared(step)) for (const child of step.children) this.#note(child);
  }

  tree(): BaseStep {
    const { root, shown } = this.#base;
    return this.#compared(root, shown, { step: this.#other.root, shown: this.#other.shown }, undefined);
  }

  /** @param moved what happened to its place */
  #compared(
    step: BaseStep,
    shown: BaseStep,
    counterpart: Pick<Place, 'step' | 'shown'> | undefined,
    moved: Change | undefined,
  ): BaseStep {
    const marked = moved ? { ...shown, childChange: moved } : shown;
    if (!counterpart) return { ...marked, children: this.#children(step, shown, undefined) };
    if (this.#isShared(step)) return marked;
    const parts = this.#parts(step, counterpart.step);
    const change = moved ?? (parts ? changeOf(ChangeType.MODIFIED, this.#version, undefined, undefined) : undefined);
    if (!change && !isGroup(step)) return shown;
    return {
      ...shown,
      ...parts,
      ...(change && { childChange: change }),
      children: this.#children(step, shown, counterpart),
    };
  }

  #children(step: BaseStep, shown: BaseStep, counterpart: Pick<Place, 'step' | 'shown'> | undefined): BaseStep[] {
    const places = step.children.map(child => this.#inOther.get(child.id));
    const here = places.map(place => (place?.parentId === counterpart?.step.id ? place?.index : undefined));
    const inOrder = longestIncreasing(here);
    const children = step.children.map((child, index) => {
      const place = places[index];
      const type = !place ? ChangeType.ADDED : inOrder.has(index) ? undefined : ChangeType.MOVED;
      const moved = type && changeOf(type, this.#version, index, place?.index);
      return this.#compared(child, shown.children[index]!, place, moved);
    });
    return [...children, ...this.#removed(counterpart)];
  }

  #removed(counterpart: Pick<Place, 'step' | 'shown'> | undefined): BaseStep[] {
    return (counterpart?.step.children ?? []).flatMap((child, index) => {
      if (this.#inBase.has(child.id)) return [];
      const shown = counterpart!.shown.children[index]!;
      const childChange = changeOf(ChangeType.REMOVED, this.#version, undefined, index);
      return [{ ...shown, childChange, children: this.#removed({ step: child, shown }) }];
    });
  }

  /** What a step itself has, apart from what is below it; undefined when nothing differs. */
  #parts(step: BaseStep, other: BaseStep): Partial<BaseStep> | undefined {
    if (isDeepStrictEqual(own(step), own(other))) return undefined;
    const version = this.#version;
    const titleDiff = textDiff(step.title, other.title, version, step.titleWrapper, other.titleWrapper);
    const flow = contentDiff(step.flow, other.flow, version);
    const metadata = metadataDiff(step.metadataById ?? {}, other.metadataById ?? {}, version);
    return {
      ...(titleDiff && { titleDiff }),
      ...(flow && { flowDiff: { latestChange: flow, ...(other.flow && { otherFlow: other.flow }) } }),
      ...(Object.keys(metadata).length > 0 && { metadataById: metadata }),
      descrip: elementsDiff(step.descrip, other.descrip, version),
      impl: implDiff(step, other, version),
    };
  }
}

const own = ({ children: _, ...rest }: BaseStep) => rest;

function implDiff(step: BaseStep, other: BaseStep, version: number): BaseStep['impl'] {
  const { step: leaf, stepGroup } = step.impl;
  if (leaf && other.impl.step) return { step: leafDiff(leaf, other.impl.step, version) };
  if (!stepGroup || !other.impl.stepGroup) return step.impl;
  const headers = headersDiff(stepGroup.headers ?? {}, other.impl.stepGroup.headers ?? {}, version);
  return { stepGroup: Object.keys(headers).length > 0 ? { ...stepGroup, headers } : stepGroup };
}

function leafDiff(step: Step, other: Step, version: number): Step {
  const fields = listDiff(step.stepFields, other.stepFields, ({ id }) => id, isDeepStrictEqual, version);
  const typeChange = contentDiff(step.stepType, other.stepType, version);
  const assigneeChange = contentDiff(step.assignee, other.assignee, version);
  const assignee = step.assignee ?? other.assignee;
  return {
    ...step,
    stepFields: fields.map(({ base, other: before, change }) => ({
      ...(base ?? before!),
      ...(change && { latestChange: change }),
      ...(change?.changeType === ChangeType.MODIFIED && { otherField: before! }),
    })),
    ...(typeChange && { stepTypeDiff: { latestChange: typeChange, otherType: other.stepType! } }),
    ...(assignee &&
      assigneeChange && {
        assignee: {
          ...assignee,
          latestChange: assigneeChange,
          ...(step.assignee && other.assignee && { otherAssignee: other.assignee }),
        },
      }),
  };
}
