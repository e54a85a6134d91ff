/**
 * The way through any tree, whatever the order in which its current leaves are finished: it is held against the plain meaning of the
 * two modes, which needs no way at all: a leaf can run when everything before it in its sequential ancestors is done.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GroupMode } from '#gen/flow_types';
import type { BaseStep } from '#gen/step_types';
import { FlowChart, modeOf } from '../../src/domain/flow.ts';
import { firstSteps } from '../../src/domain/jobs.ts';
import { leafCount, walk } from '../../src/domain/tree.ts';
import { percentComplete } from '../../src/domain/work.ts';
import { group, leaves, step } from '../support/trees.ts';
import { after, entering } from '../support/ways.ts';

const { node } = fc.letrec<{ node: BaseStep; leaf: BaseStep; group: BaseStep }>(tie => ({
  node: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('group')),
  leaf: fc.constant(step('leaf')),
  group: fc
    .record({
      children: fc.array(tie('node'), { maxLength: 5 }),
      mode: fc.constantFrom(undefined, GroupMode.SEQUENTIAL, GroupMode.PARALLEL),
    })
    .map(({ children, mode }) => group('group', children, mode ? { flow: { mode } } : {})),
}));

const trees = fc.array(node, { maxLength: 6 }).chain(children =>
  fc.constantFrom(GroupMode.SEQUENTIAL, GroupMode.PARALLEL).map(mode => {
    let ids = 0;
    const numbered = (given: BaseStep): BaseStep => ({
      ...given,
      id: `${given.title}-${++ids}`,
      children: given.children.map(numbered),
    });
    return numbered(group('root', children, { flow: { mode } }));
  }),
);

/** What can run by the meaning of the modes, when `done` is done. In the order of the tree. */
function runnable(root: BaseStep, done: ReadonlySet<string>): string[] {
  const isDone = (given: BaseStep) => leaves(given).every(({ id }) => done.has(id));
  if (isDone(root)) return [];
  if (root.children.length === 0) return [root.id];
  if (modeOf(root) === GroupMode.PARALLEL) return root.children.flatMap(child => runnable(child, done));
  return runnable(root.children.find(child => !isDone(child))!, done);
}

/** Follows the way to its end. @param choose picks the next leaf to finish */
function follow(
  root: BaseStep,
  choose: (current: string[]) => string,
  seen: (current: string[], done: string[]) => void,
) {
  const chart = new FlowChart(root);
  const current = new Set(entering(root).map(({ id }) => id));
  const done: string[] = [];
  seen([...current], done);
  while (current.size > 0) {
    if (done.length > leafCount(root)) throw new Error('the way does not end');
    const id = choose([...current]);
    current.delete(id);
    done.push(id);
    for (const next of after(chart, chart.leaf(id)!, current)) {
      if (current.has(next.id) || done.includes(next.id)) throw new Error(`${next.id} became current twice`);
      current.add(next.id);
    }
    seen([...current], done);
  }
  return done;
}

const orders = fc.infiniteStream(fc.nat());

/** A choice by a stream of numbers. */
const chosenBy = (stream: Iterator<number>) => (current: string[]) =>
  current[(stream.next().value as number) % current.length]!;

test('what an entry keeps of the beginning is where the way begins', () => {
  fc.assert(
    fc.property(trees, root => {
      const kept = firstSteps(root)!.map(({ id, ordinal }) => ({ id, ordinal }));
      const chart = new FlowChart(root);
      expect(kept).toEqual(entering(root).map(leaf => ({ id: leaf.id, ordinal: chart.ordinal(leaf) })));
    }),
    { numRuns: 1000 },
  );
});

test('it always ends, and visits every leaf exactly once', () => {
  fc.assert(
    fc.property(trees, orders, (root, order) => {
      const done = follow(root, chosenBy(order), () => {});
      expect([...done].sort()).toEqual(
        leaves(root)
          .map(({ id }) => id)
          .sort(),
      );
    }),
    { numRuns: 500 },
  );
});

test('at every moment exactly those leaves are current for which everything before them is done', () => {
  fc.assert(
    fc.property(trees, orders, (root, order) => {
      follow(root, chosenBy(order), (current, done) => {
        expect([...current].sort()).toEqual(runnable(root, new Set(done)).sort());
      });
    }),
    { numRuns: 500 },
  );
});

test('no leaf is current before all earlier siblings in its sequential ancestors are done', () => {
  fc.assert(
    fc.property(trees, orders, (root, order) => {
      const before = new Map<string, string[]>();
      for (const { step: parent } of walk(root)) {
        if (modeOf(parent) === GroupMode.PARALLEL) continue;
        parent.children.forEach((child, index) => {
          const earlier = parent.children.slice(0, index).flatMap(leaves);
          for (const { id } of leaves(child)) {
            before.set(id, [...(before.get(id) ?? []), ...earlier.map(leaf => leaf.id)]);
          }
        });
      }
      follow(root, chosenBy(order), (current, done) => {
        for (const id of current) expect(done).toEqual(expect.arrayContaining(before.get(id) ?? []));
      });
    }),
    { numRuns: 500 },
  );
});

test('percentComplete never falls, is 0 at the start, and 100 at the end and not before', () => {
  fc.assert(
    fc.property(
      trees.filter(root => leafCount(root) > 0),
      orders,
      (root, order) => {
        const percents: number[] = [];
        follow(root, chosenBy(order), (_, done) => percents.push(percentComplete(done.length, leafCount(root))));
        expect(percents).toEqual([...percents].sort((a, b) => a - b));
        expect([percents[0], percents.indexOf(100)]).toEqual([0, percents.length - 1]);
      },
    ),
    { numRuns: 300 },
  );
});
