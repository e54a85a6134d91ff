/** Diagrams: where the default ways lead, how far a job has come, where steps and lines stand. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GroupMode } from '#gen/flow_types';
import { DiagramStepProgress } from '#gen/jobs_types';
import type { BaseStep } from '#gen/step_types';
import { defaultWays, layoutOf, lineBetween, progressOf, waysOf } from '../../src/domain/diagram.ts';
import { type Conditions, FlowChart, leave } from '../../src/domain/flow.ts';
import { group, leaves, step } from '../support/trees.ts';

const leaf = (title: string, flow: BaseStep['flow'] = {}): BaseStep => step(title, { id: title, flow });
const row = (title: string, ...children: BaseStep[]): BaseStep => group(title, children, { id: title });
const fork = (title: string, ...children: BaseStep[]): BaseStep =>
  group(title, children, { id: title, flow: { mode: GroupMode.PARALLEL } });

/** "a": ["b", "c"] for each leaf. */
const leads = (root: BaseStep): Record<string, string[]> =>
  Object.fromEntries([...waysOf(root)].map(([id, ways]) => [id, ways.map(({ to }) => to.id)]));

describe('default ways', () => {
  test('lead from sibling to sibling, into groups and out of them, and nowhere behind the last', () => {
    const root = row('R', leaf('a'), row('G', leaf('b'), row('H', leaf('c'))), leaf('d'));
    expect(leads(root)).toEqual({ a: ['b'], b: ['c'], c: ['d'], d: [] });
  });

  test('lead into every branch of a parallel group, and from the end of each behind it', () => {
    const root = row('R', leaf('a'), fork('P', leaf('b'), row('G', leaf('c'), leaf('d')), leaf('e')), leaf('f'));
    expect(leads(root)).toEqual({ a: ['b', 'c', 'e'], b: ['f'], c: ['d'], d: ['f'], e: ['f'], f: [] });
  });

  test('pass by groups that are empty', () => {
    const root = row('R', leaf('a'), row('E'), fork('F', row('G')), leaf('b'), row('H'));
    expect(leads(root)).toEqual({ a: ['b'], b: [] });
  });

  test('are those that the engine follows when nothing else is current', () => {
    const tree = fc.letrec<{ node: BaseStep; branch: BaseStep }>(tie => ({
      node: fc.oneof({ maxDepth: 4 }, fc.constant(step('s')), tie('branch')),
      branch: fc
        .tuple(fc.boolean(), fc.array(tie('node'), { maxLength: 4 }))
        .map(([isParallel, children]) =>
          group('g', children, isParallel ? { flow: { mode: GroupMode.PARALLEL } } : {}),
        ),
    })).branch;
    fc.assert(
      fc.property(tree, drawn => {
        const root = numbered(drawn);
        const ways = defaultWays(root);
        const chart = FlowChart.of(root);
        for (const found of leaves(root)) {
          const state = { current: new Set([found.id]), joining: new Map<string, never>(), passed: new Set<string>() };
          const { entered } = leave(chart, state, found, open)!;
          // The same leaves: which of several comes first is a matter of how far its branch was looked into.
          expect(new Set(ways.get(found.id))).toEqual(new Set(entered.map(({ leaf }) => leaf)));
        }
      }),
    );
  });
});

/** Every condition holds, and no path assigns. */
const open: Conditions<never> = { holds: () => true, follows: () => true, assignment: () => undefined };

/** The same tree, every node with an id of its own. */
function numbered(root: BaseStep, next = { id: 0 }): BaseStep {
  const id = `n${next.id++}`;
  return { ...root, id, children: root.children.map(child => numbered(child, next)) };
}

describe('paths', () => {
  test('take the place of the default way; one into a group leads to its first steps', () => {
    const path = { nextStepId: 'P', condition: 'priority = 1', label: 'urgent' };
    const root = row(
      'R',
      leaf('a', { paths: [{ nextStepId: 'c' }, path] }),
      leaf('b'),
      leaf('c', { paths: [{ nextStepId: 'a' }] }),
      fork('P', leaf('d'), leaf('e')),
    );
    expect(leads(root)).toEqual({ a: ['c', 'd', 'e'], b: ['c'], c: ['a'], d: [], e: [] });
    expect(
      waysOf(root)
        .get('a')!
        .map(way => way.path),
    ).toEqual([{ nextStepId: 'c' }, path, path]);
    expect(waysOf(root).get('b')![0]!.path).toBeUndefined();
  });

  test('into an empty group lead behind it', () => {
    const root = row('R', leaf('a', { paths: [{ nextStepId: 'E' }] }), leaf('b'), row('E'), leaf('c'));
    expect(leads(root).a).toEqual(['c']);
  });

  test('of more than 20,000 ways, those into a parallel group lead to its first step alone', () => {
    const many = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => leaf(`${prefix}${at}`));
    const root = row('R', fork('P', ...many('p', 200)), fork('Q', ...many('q', 200)));
    const ways = waysOf(root);
    expect(ways.get('p7')!.map(({ to }) => to.id)).toEqual(['q0']);
    const fewer = waysOf(row('R', fork('P', ...many('p', 100)), fork('Q', ...many('q', 200))));
    expect(fewer.get('p7')).toHaveLength(200);
  });
});

describe('progress', () => {
  const root = row('R', leaf('a'), row('G', leaf('b'), leaf('c')), fork('P', leaf('d'), leaf('e')), leaf('f'));
  const at = (reached: Partial<Parameters<typeof progressOf>[1]>): Record<string, string> =>
    Object.fromEntries(
      [...progressOf(root, { current: new Set(), finished: new Set(), joining: [], passed: [], ...reached })].map(
        ([id, progress]) => [id, DiagramStepProgress[progress]!],
      ),
    );

  test('is nothing at first', () => {
    expect(new Set(Object.values(at({})))).toEqual(new Set(['NotReached']));
  });

  test('tells what is current, finished, passed over with a group around it, and waiting at a join', () => {
    expect(at({ current: new Set(['d']), finished: new Set(['a', 'd']), passed: ['G'], joining: ['f'] })).toEqual({
      a: 'Finished',
      b: 'PassedOver',
      c: 'PassedOver',
      d: 'Current',
      e: 'NotReached',
      f: 'Joining',
    });
  });

  test('what was finished once stays so when it is passed over in a later round', () => {
    expect(at({ finished: new Set(['b']), passed: ['b'] }).b).toBe('Finished');
  });

  test('what waits at a group waits to enter it', () => {
    expect(at({ joining: ['P'] })).toMatchObject({ d: 'Joining', e: 'Joining', f: 'NotReached' });
  });
});

describe('layout', () => {
  const places = (root: BaseStep): Record<string, [number, number]> =>
    Object.fromEntries([...layoutOf(root)].map(([id, { x, y }]) => [id, [x, y]]));

  test('reads from left to right, branches below each other', () => {
    const root = row('R', leaf('a'), fork('P', leaf('b'), row('G', leaf('c'), leaf('d'))), leaf('e'));
    expect(places(root)).toEqual({ a: [120, 80], b: [360, 80], c: [360, 200], d: [600, 200], e: [840, 80] });
  });

  test('a place that the template gives is kept', () => {
    const root = row('R', leaf('a'), leaf('b', { layout: { x: -3.5, y: 7 } }), leaf('c'));
    expect(places(root)).toEqual({ a: [120, 80], b: [-3.5, 7], c: [600, 80] });
  });

  test('no two steps stand in one place', () => {
    const row4 = (prefix: string) => row(prefix, ...[1, 2, 3, 4].map(at => leaf(`${prefix}${at}`)));
    const root = row('R', fork('P', row4('x'), fork('Q', row4('y'), row4('z'))), fork('S', row4('u'), row4('v')));
    const all = Object.values(places(root)).map(String);
    expect(new Set(all).size).toBe(20);
  });
});

describe('lines', () => {
  test('forward leave at the right and enter at the left, with corners half way where the row changes', () => {
    expect(lineBetween({ x: 0, y: 0 }, { x: 200, y: 0 })).toEqual({ points: [], ports: [1, 3] });
    expect(lineBetween({ x: 0, y: 0 }, { x: 200, y: 120 })).toEqual({
      points: [
        { x: 100, y: 0 },
        { x: 100, y: 120 },
      ],
      ports: [1, 3],
    });
  });

  test('up and down go straight', () => {
    expect(lineBetween({ x: 0, y: 0 }, { x: 0, y: 120 })).toEqual({ points: [], ports: [2, 0] });
    expect(lineBetween({ x: 0, y: 120 }, { x: 0, y: 0 })).toEqual({ points: [], ports: [0, 2] });
  });

  test('back, and to the step itself, go below both', () => {
    const under = (from: number, to: number) => ({
      points: [
        { x: from, y: 60 },
        { x: to, y: 60 },
      ],
      ports: [2, 2],
    });
    expect(lineBetween({ x: 200, y: 0 }, { x: 0, y: 0 })).toEqual(under(200, 0));
    expect(lineBetween({ x: 0, y: 0 }, { x: 0, y: 0 })).toEqual(under(0, 0));
  });
});
