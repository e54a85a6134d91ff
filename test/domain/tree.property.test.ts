/** Edits of step trees, whatever the tree and whatever the edit: the new tree is as asked, the old ones stay as they are. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_TREE_DEPTH } from '#gen/common_types';
import type { BaseStep } from '#gen/step_types';
import { BadRequest } from '../../src/base/errors.ts';
import type { Ids } from '../../src/base/ids.ts';
import { received } from '../../src/domain/received.ts';
import { derived, emptyRoot, isGroup, leafCount, walk } from '../../src/domain/tree.ts';
import { type Placement, withChild } from '../../src/domain/tree-edits.ts';

/** The shape of a tree: a leaf is null, a group lists what is below it. */
type Shape = null | readonly Shape[];

const { shape } = fc.letrec<{ shape: Shape; group: readonly Shape[] }>(tie => ({
  shape: fc.oneof({ depthSize: 'small', withCrossShrink: true }, fc.constant(null), tie('group')),
  group: fc.array(tie('shape'), { maxLength: 5 }),
}));
const rootShape = fc.array(shape, { maxLength: 6 });

const edit = fc.record({
  parent: fc.nat(),
  position: fc.nat(),
  atEnd: fc.boolean(),
  replace: fc.boolean(),
  child: shape,
});
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

class CountedIds implements Ids {
  #last = 0;

  next(): string {
    return `id-${++this.#last}`;
  }
}

function frozen<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const below of Object.values(value)) frozen(below);
  }
  return value;
}

/** A tree of this shape, frozen through and through: whoever tries to change it fails. */
function treeOf(of: Shape, ids: Ids): BaseStep {
  const id = ids.next();
  const base = { ...emptyRoot(id), title: `Step ${id}` };
  return frozen(
    of === null
      ? { ...base, impl: { step: { stepFields: [] } } }
      : { ...base, children: of.map(below => treeOf(below, ids)) },
  );
}

/** What a tree should be, by ids alone: an independent account of it. */
interface Model {
  readonly id: string;
  readonly leaf: boolean;
  children: Model[];
}

const modelOf = ({ id, impl, children }: BaseStep): Model => ({
  id,
  leaf: impl.step != null,
  children: children.map(modelOf),
});
const models = (model: Model): Model[] => [model, ...model.children.flatMap(models)];

function placeOf({ parent, position, atEnd, replace }: Edit, model: Model): Placement & { readonly index: number } {
  const groups = models(model).filter(({ leaf }) => !leaf);
  const { id, children } = groups[parent % groups.length]!;
  const replacing = replace && children.length > 0;
  const index = replacing ? position % children.length : atEnd ? children.length : position % (children.length + 1);
  return { parentId: id, position: atEnd && !replacing ? -1 : index, replace: replacing, index };
}

function applied(model: Model, child: Model, { parentId, replace, index }: ReturnType<typeof placeOf>): Model {
  const copy = structuredClone(model);
  const parent = models(copy).find(({ id }) => id === parentId)!;
  parent.children = [...parent.children.slice(0, index), child, ...parent.children.slice(index + (replace ? 1 : 0))];
  return copy;
}

/** The ids of the groups from the root down to this one. */
function pathTo(model: Model, id: string): string[] {
  if (model.id === id) return [id];
  for (const child of model.children) {
    const below = pathTo(child, id);
    if (below.length > 0) return [model.id, ...below];
  }
  return [];
}

const stepsById = (root: BaseStep) => new Map([...walk(root)].map(({ step }) => [step.id, step]));

const depthOf = (model: Model): number => 1 + Math.max(0, ...model.children.map(depthOf));

interface Stage {
  readonly before: BaseStep;
  readonly after: BaseStep;
  readonly expected: Model;
  readonly place: Placement;
  readonly child: BaseStep;
}

/**
 * Carries out the edits one after the other on a tree of this shape, each beside its model. Those that would make the tree too deep
 * must be refused, and are left out.
 */
function stages(start: Shape, edits: readonly Edit[]): Stage[] {
  const ids = new CountedIds();
  const all: Stage[] = [];
  let tree = treeOf(start, ids);
  for (const asked of edits) {
    const model = modelOf(tree);
    const { index, ...place } = placeOf(asked, model);
    const child = treeOf(asked.child, ids);
    const expected = applied(model, modelOf(child), { index, ...place });
    if (depthOf(expected) > MAX_TREE_DEPTH) {
      expect(() => withChild(tree, child, place)).toThrow(BadRequest);
      continue;
    }
    const after = frozen(withChild(tree, child, place));
    all.push({ before: tree, after, expected, place, child });
    tree = after;
  }
  return all;
}

const someEdits = fc.array(edit, { minLength: 1, maxLength: 8 });

const checkStages = (check: (stage: Stage) => void) =>
  fc.assert(
    fc.property(rootShape, someEdits, (start, edits) => {
      for (const stage of stages(start, edits)) check(stage);
    }),
  );

describe('withChild', () => {
  test('makes the tree that was asked for: every step in its place, and no other', () => {
    checkStages(({ after, expected }) => expect(modelOf(after)).toEqual(expected));
  });

  test('keeps ids unique', () => {
    checkStages(({ after }) => {
      const ids = [...walk(after)].map(({ step }) => step.id);
      expect(new Set(ids).size).toBe(ids.length);
    });
  });

  test('keeps all steps off the way from the root to the parent as the same objects, and makes new ones of those on it', () => {
    checkStages(({ before, after, place, child }) => {
      const old = stepsById(before);
      const onTheWay = new Set(pathTo(modelOf(before), place.parentId));
      const brought = new Set([...walk(child)].map(({ step }) => step));
      const kept = [...stepsById(after)].filter(([, step]) => !brought.has(step));
      const made = kept.filter(([id, step]) => step !== old.get(id)).map(([id]) => id);
      expect(made.sort()).toEqual([...onTheWay].sort());
    });
  });

  test('leaves the content of the groups on the way alone, but for their children', () => {
    checkStages(({ before, after }) => {
      const childless = (step: BaseStep) => ({ ...step, children: [] });
      const now = stepsById(after);
      const kept = [...walk(before)].map(({ step }) => step).filter(({ id }) => now.has(id));
      expect(kept.map(({ id }) => childless(now.get(id)!))).toEqual(kept.map(childless));
    });
  });

  test('never changes the trees before, whatever comes after', () => {
    fc.assert(
      fc.property(rootShape, someEdits, (start, edits) => {
        const first = JSON.stringify(treeOf(start, new CountedIds()));
        const all = stages(start, edits);
        if (all.length > 0) expect(JSON.stringify(all[0]!.before)).toBe(first);
        for (const { after, expected } of all) expect(modelOf(after)).toEqual(expected);
      }),
    );
  });
});

describe('leafCount', () => {
  test('counts the steps that are no groups', () => {
    checkStages(({ after, expected }) => {
      expect(leafCount(after)).toBe(models(expected).filter(({ leaf }) => leaf).length);
    });
  });
});

describe('walk', () => {
  test('comes by every step once, parents before children, in order, and knows parent and depth', () => {
    checkStages(({ after, expected }) => {
      const steps = [...walk(after)];
      expect(steps.map(({ step }) => step.id)).toEqual(models(expected).map(({ id }) => id));
      const paths = steps.map(({ step }) => pathTo(expected, step.id));
      expect(steps.map(({ parent, depth }) => [depth, parent?.id])).toEqual(
        paths.map(path => [path.length, path.at(-2)]),
      );
    });
  });
});

describe('derived', () => {
  const placesIn = (model: Model, prefix: readonly number[] = []): [string, string][] => [
    [model.id, prefix.join('.')],
    ...model.children.flatMap((child, index) => placesIn(child, [...prefix, index + 1])),
  ];

  test('says of each step where it stands and in which group', () => {
    checkStages(({ after, expected }) => {
      const steps = [...walk(derived(after, 'Title'))].map(({ step }) => step);
      expect(steps.map(({ id, hierarchyPosition }) => [id, hierarchyPosition])).toEqual(placesIn(expected));
      expect(steps.map(({ parentId }) => parentId)).toEqual(steps.map(({ id }) => pathTo(expected, id).at(-2) ?? ''));
    });
  });

  test('gives the root the title of the entry, and changes nothing else', () => {
    checkStages(({ after }) => {
      const underived = (step: BaseStep): BaseStep => ({
        ...step,
        hierarchyPosition: '',
        parentId: '',
        children: step.children.map(underived),
      });
      expect([...walk(after)].every(({ step }) => step.hierarchyPosition === '' && step.parentId === '')).toBe(true);
      expect(underived(derived(after, 'Title'))).toEqual({ ...after, title: 'Title' });
    });
  });
});

describe('received', () => {
  const kindOf = (step: BaseStep) => (isGroup(step) ? 'stepGroup' : 'step');
  const sentTree = shape.map(of => treeOf(of, new CountedIds()));
  /** Ids that no tree of these tests has yet. */
  const fresh = (): Ids => {
    const counted = new CountedIds();
    return { next: () => `new-${counted.next()}` };
  };

  test('gives every step a new id and keeps the order and what the steps are', () => {
    fc.assert(
      fc.property(sentTree, sent => {
        const steps = [...walk(received(sent, fresh(), kindOf(sent)))].map(({ step }) => step);
        expect(new Set(steps.map(({ id }) => id)).size).toBe(steps.length);
        for (const { id } of steps) expect(id).toMatch(/^new-/);
        expect(steps.map(step => [step.title, kindOf(step)])).toEqual(
          [...walk(sent)].map(({ step }) => [step.title, kindOf(step)]),
        );
      }),
    );
  });

  test('changes nothing any more in what was received before, when ids are the client’s', () => {
    const own = (step: BaseStep): BaseStep => ({ ...step, clientGeneratedIds: true, children: step.children.map(own) });
    fc.assert(
      fc.property(sentTree, sent => {
        const once = frozen(received(own(sent), fresh(), kindOf(sent)));
        expect(received(once, fresh(), kindOf(sent))).toEqual(once);
        expect(modelOf(once)).toEqual(modelOf(sent));
      }),
    );
  });
});
