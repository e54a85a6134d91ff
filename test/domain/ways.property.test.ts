/**
 * The way through any tree with any paths, conditions and joins, in whatever order its current leaves are left: a job ends or has a
 * current step, who joins all ways never starts early and never waits for nobody, and progress never falls unless one comes back.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GroupMode, JoinMode, type StepFlow } from '#gen/flow_types';
import type { BaseStep } from '#gen/step_types';
import { begin, type Conditions, FlowChart, type FlowState, leave, type Move } from '../../src/domain/flow.ts';
import { isGroup, walk } from '../../src/domain/tree.ts';
import { group, leaves, step } from '../support/trees.ts';

/** Numbers that decide which condition holds, and which path is there. */
type Dice = () => number;

const shapes = fc.letrec<{ node: Shape; group: Shape }>(tie => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant<Shape>({ children: undefined }),
    tie('group'),
  ),
  group: fc.record({ children: fc.array(tie('node'), { maxLength: 4 }) }),
}));

interface Shape {
  readonly children: readonly Shape[] | undefined;
}

const seeds = fc.infiniteStream(fc.nat());

interface Options {
  readonly withPaths: boolean;
}

/** A tree of this shape; all else is diced. */
function treeOf(shapes: readonly Shape[], dice: Dice, { withPaths }: Options): BaseStep {
  let ids = 0;
  const made = (shape: Shape): BaseStep => {
    const id = `s${++ids}`;
    return shape.children ? group(id, shape.children.map(made), { id }) : step(id, { id });
  };
  const root = group('root', shapes.map(made), { id: 'root' });
  const all = [...walk(root)].map(({ step }) => step).filter(step => step !== root);
  const flowOf = (given: BaseStep): StepFlow => {
    const paths = withPaths && !isGroup(given) && dice() % 3 === 0 ? Array.from({ length: 1 + (dice() % 3) }) : [];
    return {
      ...(isGroup(given) && dice() % 2 === 0 && { mode: GroupMode.PARALLEL }),
      ...(dice() % 4 === 0 && { condition: 'asked' }),
      ...(dice() % 3 === 0 && { join: JoinMode.ALL }),
      paths: paths.map((_, index) => ({
        nextStepId: all[dice() % all.length]!.id,
        // The last one is always open: whoever stays has nowhere to go, and that is tested elsewhere.
        ...(index < paths.length - 1 && { condition: 'asked' }),
      })),
    };
  };
  const withFlow = (given: BaseStep): BaseStep => ({
    ...given,
    flow: given === root ? {} : flowOf(given),
    children: given.children.map(withFlow),
  });
  return withFlow(root);
}

/** Everything that one who leaves the leaf may arrive at, however conditions are: the plain meaning, without a graph. */
function ahead(chart: FlowChart, from: BaseStep): Set<string> {
  const arrived = new Set<string>();
  const arrive = (given: BaseStep): void => {
    if (arrived.has(given.id)) return;
    arrived.add(given.id);
    if (given.flow?.condition) behind(given);
    if (!isGroup(given)) goOn(given);
    else if (given.children.length === 0) behind(given);
    for (const child of given.flow?.mode === GroupMode.PARALLEL ? given.children : given.children.slice(0, 1))
      arrive(child);
  };
  const behind = (given: BaseStep): void => {
    const parent = chart.parent(given);
    if (!parent) return;
    const next = parent.flow?.mode === GroupMode.PARALLEL ? undefined : chart.sibling(given);
    if (next) arrive(next);
    else behind(parent);
  };
  const goOn = (leaf: BaseStep): void => {
    const paths = leaf.flow?.paths ?? [];
    if (paths.length === 0) behind(leaf);
    for (const { nextStepId } of paths) arrive(chart.step(nextStepId)!);
  };
  if (isGroup(from)) arrive(from);
  else goOn(from);
  return arrived;
}

interface Seen {
  readonly before: FlowState<string>;
  readonly left: BaseStep | undefined;
  readonly move: Move<string>;
}

/** Follows the way, to its end or for a while. */
function follow(root: BaseStep, dice: Dice, look: (seen: Seen, chart: FlowChart) => void, most = 120): void {
  const chart = new FlowChart(root);
  const conditions: Conditions<string> = {
    holds: () => dice() % 2 === 0,
    follows: () => dice() % 2 === 0,
    assignment: (_, left) => left.id,
  };
  const nowhere: FlowState<string> = { current: new Set(), joining: new Map(), passed: new Set() };
  let move = begin(chart, conditions);
  look({ before: nowhere, left: undefined, move }, chart);
  for (let moves = 0; moves < most && move.state.current.size > 0; moves++) {
    const before = move.state;
    const left = chart.leaf([...before.current][dice() % before.current.size]!)!;
    move = leave(chart, before, left, conditions)!;
    look({ before, left, move }, chart);
  }
}

const dicedBy =
  (stream: Iterator<number>): Dice =>
  () =>
    stream.next().value as number;

const runs = (options: Options, look: () => (seen: Seen, chart: FlowChart) => void) =>
  fc.assert(
    fc.property(fc.array(shapes.node, { minLength: 1, maxLength: 5 }), seeds, (shape, seed) => {
      const dice = dicedBy(seed);
      follow(treeOf(shape, dice, options), dice, look());
    }),
    { numRuns: 1500 },
  );

test('a job ends or has a current step', () => {
  runs({ withPaths: true }, () => ({ move }) => {
    if (move.state.current.size === 0) expect([...move.state.joining]).toEqual([]);
  });
});

test('without paths every job ends, after each leaf once at most', () => {
  runs({ withPaths: false }, () => {
    const done = new Set<string>();
    return ({ left, move }) => {
      if (left) expect(done.has(left.id)).toBe(false);
      if (left) done.add(left.id);
      for (const { leaf } of move.entered) expect(done.has(leaf.id)).toBe(false);
    };
  });
});

test('who joins all ways does not start while somebody who stayed where he was can still come', () => {
  runs({ withPaths: true }, () => ({ before, left, move }, chart) => {
    const entered = new Set(move.entered.map(({ leaf }) => leaf.id));
    const stayed = [...before.current].filter(id => id !== left?.id && !entered.has(id));
    for (const { leaf } of move.entered)
      if (leaf.flow?.join === JoinMode.ALL)
        for (const id of stayed)
          expect([id, leaf.id, ahead(chart, chart.leaf(id)!).has(leaf.id)]).toEqual([id, leaf.id, false]);
  });
});

test('who waits waits for somebody', () => {
  runs({ withPaths: true }, () => ({ move }, chart) => {
    const { current, joining } = move.state;
    for (const waiting of joining.keys()) {
      const others = [...current, ...joining.keys()].filter(id => id !== waiting);
      expect(others.some(id => ahead(chart, chart.step(id)!).has(waiting))).toBe(true);
    }
  });
});

test('nobody waits and is there at once, and whoever was entered is there', () => {
  runs({ withPaths: true }, () => ({ move }, chart) => {
    for (const { leaf } of move.entered) expect(move.state.current.has(leaf.id)).toBe(true);
    for (const id of move.state.current) expect([chart.leaf(id)?.id, move.state.joining.has(id)]).toEqual([id, false]);
  });
});

test('what is done never becomes less, unless one comes back to a step that was done', () => {
  runs({ withPaths: true }, () => {
    const finished = new Set<string>();
    let before = new Set<string>();
    return ({ before: { passed }, left, move }, chart) => {
      if (left) finished.add(left.id);
      const done = new Set(finished);
      for (const id of move.state.passed)
        for (const leaf of leaves(chart.step(id)!)) if (!move.state.current.has(leaf.id)) done.add(leaf.id);
      const cameBack =
        move.entered.some(({ leaf }) => before.has(leaf.id)) || [...passed].some(id => !move.state.passed.has(id));
      if (!cameBack) for (const id of before) expect([id, done.has(id)]).toEqual([id, true]);
      before = done;
    };
  });
});

test('ten thousand steps that are all passed over are gone through without a deep stack', () => {
  const children = Array.from({ length: 10_000 }, (_, index) =>
    step(`s${index}`, { id: `s${index}`, flow: { condition: 'no' } }),
  );
  const root = group('root', [step('first', { id: 'first' }), ...children, step('last', { id: 'last' })], {
    id: 'root',
  });
  const chart = new FlowChart(root);
  const conditions: Conditions<never> = { holds: () => false, follows: () => true, assignment: () => undefined };
  const move = leave(chart, begin(chart, conditions).state, chart.leaf('first')!, conditions)!;
  expect([...move.state.current]).toEqual(['last']);
  expect(move.passedOver).toHaveLength(10_000);
});
