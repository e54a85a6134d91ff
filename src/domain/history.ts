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
import { isGroup, placed } from './tree.ts';
import { contentDiff, textDiff } from './value-diff.ts';

interface Place {
  readonly step: BaseStep;
  readonly parentId: string;
  readonly index: number;
}

type Same = (one: BaseStep, another: BaseStep) => boolean;

/**
 * @param version of the base, for the changes
 * @param same whether two groups are known to be equal with all below them; false when nobody knows
 */
export function treeDiff(base: BaseStep, other: BaseStep, version: number, same: Same): BaseStep {
  return new Comparison(base, other, version, same).tree();
}

class Comparison {
  readonly #base: BaseStep;
  readonly #other: BaseStep;
  readonly #version: number;
  readonly #same: Same;
  readonly #inOther = new Map<string, Place>();
  readonly #inBase = new Set<string>();

  constructor(base: BaseStep, other: BaseStep, version: number, same: Same) {
    this.#base = placed(base, '', '');
    this.#other = placed(other, '', '');
    this.#version = version;
    this.#same = (one, another) => same(one, another);
    this.#index(this.#other, '', 0);
    const add = (step: BaseStep) => {
      this.#inBase.add(step.id);
      step.children.forEach(add);
    };
    add(this.#base);
    this.#raw = new Map([...pairs(base, this.#base), ...pairs(other, this.#other)]);
  }

  /** From placed steps to those that were given, by which equality is known. */
  readonly #raw: ReadonlyMap<BaseStep, BaseStep>;

  #index(step: BaseStep, parentId: string, index: number): void {
    this.#inOther.set(step.id, { step, parentId, index });
    for (const [place, child] of step.children.entries()) this.#index(child, step.id, place);
  }

  tree(): BaseStep {
    return this.#compared(this.#base, this.#other, undefined);
  }

  /** @param moved what happened to its place */
  #compared(step: BaseStep, counterpart: BaseStep | undefined, moved: Change | undefined): BaseStep {
    if (!counterpart)
      return { ...step, ...(moved && { childChange: moved }), children: this.#children(step, undefined) };
    if (this.#equal(step, counterpart)) return moved ? { ...step, childChange: moved } : step;
    const parts = this.#parts(step, counterpart);
    const change = moved ?? (parts ? changeOf(ChangeType.MODIFIED, this.#version, undefined, undefined) : undefined);
    return {
      ...step,
      ...parts,
      ...(change && { childChange: change }),
      children: this.#children(step, counterpart),
    };
  }

  #equal(step: BaseStep, counterpart: BaseStep): boolean {
    return isGroup(step) && this.#same(this.#raw.get(step)!, this.#raw.get(counterpart)!);
  }

  #children(step: BaseStep, counterpart: BaseStep | undefined): BaseStep[] {
    const places = step.children.map(child => this.#inOther.get(child.id));
    const here = places.map(place => (place?.parentId === counterpart?.id ? place?.index : undefined));
    const inOrder = longestIncreasing(here);
    const children = step.children.map((child, index) => {
      const place = places[index];
      const type = !place ? ChangeType.ADDED : inOrder.has(index) ? undefined : ChangeType.MOVED;
      return this.#compared(child, place?.step, type && changeOf(type, this.#version, index, place?.index));
    });
    return [...children, ...this.#removed(counterpart)];
  }

  #removed(counterpart: BaseStep | undefined): BaseStep[] {
    return (counterpart?.children ?? []).flatMap((child, index) =>
      this.#inBase.has(child.id)
        ? []
        : [
            {
              ...child,
              childChange: changeOf(ChangeType.REMOVED, this.#version, undefined, index),
              children: this.#removed(child),
            },
          ],
    );
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

function* pairs(raw: BaseStep, placedStep: BaseStep): Generator<[BaseStep, BaseStep]> {
  yield [placedStep, raw];
  for (const [index, child] of raw.children.entries()) yield* pairs(child, placedStep.children[index]!);
}

const own = ({ children: _, hierarchyPosition, parentId, ...rest }: BaseStep) => rest;

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
