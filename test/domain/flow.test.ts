/** The way through a tree: what is current at the start, and what becomes current when a leaf is left. */
import { describe, expect, test } from '@jest/globals';
import { GroupMode } from '#gen/flow_types';
import type { BaseStep } from '#gen/step_types';
import { FlowChart, modeOf } from '../../src/domain/flow.ts';
import { group, step } from '../support/trees.ts';
import { after, entering } from '../support/ways.ts';

type Part = string | BaseStep;

/** Trees by ids: a text is a leaf. */
const part = (child: Part): BaseStep => (typeof child === 'string' ? step(child, { id: child }) : child);
const seq = (id: string, ...children: Part[]): BaseStep => group(id, children.map(part), { id });
const par = (id: string, ...children: Part[]): BaseStep => ({
  ...seq(id, ...children),
  flow: { mode: GroupMode.PARALLEL },
});

const ids = (steps: readonly BaseStep[]): string => steps.map(({ id }) => id).join(' ');

/** @param beside ids of what stays current beside the leaf that is left */
function leaving(root: BaseStep, leafId: string, ...beside: string[]): string {
  const chart = new FlowChart(root);
  return ids(after(chart, chart.leaf(leafId)!, new Set(beside)));
}

describe('entering', () => {
  test.each<[string, BaseStep, string]>([
    ['a leaf: itself', part('a'), 'a'],
    ['a sequential group: its first child', seq('S', 'a', 'b'), 'a'],
    ['a parallel group: all its children', par('P', 'a', 'b', 'c'), 'a b c'],
    ['a sequence that begins with a parallel group: all of that', seq('S', par('P', 'a', 'b'), 'c'), 'a b'],
    ['a parallel group of sequences: the first of each', par('P', seq('S', 'a', 'b'), seq('T', 'c', 'd')), 'a c'],
    ['parallel in parallel: everything', par('P', par('Q', 'a', 'b'), 'c'), 'a b c'],
    ['deep groups: down to the first leaf', seq('S', seq('T', seq('U', 'a')), 'b'), 'a'],
    ['a sequence past empty groups', seq('S', seq('E'), par('F', seq('G')), 'a', 'b'), 'a'],
    ['a parallel group past empty groups', par('P', seq('E'), 'a', par('F')), 'a'],
    ['nothing but empty groups: nothing', seq('S', seq('E'), par('F', seq('G'))), ''],
    ['an empty group: nothing', par('P'), ''],
  ])('%s', (_, root, expected) => {
    expect(ids(entering(root))).toBe(expected);
  });
});

describe('leaving a leaf', () => {
  test.each<[string, BaseStep, string, string[], string]>([
    ['goes to the next sibling', seq('R', 'a', 'b', 'c'), 'a', [], 'b'],
    ['that is the last one ends', seq('R', 'a', 'b'), 'b', [], ''],
    ['goes on behind its group', seq('R', seq('S', 'a', 'b'), 'c'), 'b', [], 'c'],
    ['goes on behind several groups', seq('R', seq('S', seq('T', 'a')), 'b'), 'a', [], 'b'],
    ['goes into the next group', seq('R', 'a', seq('S', 'b', 'c')), 'a', [], 'b'],
    ['goes into all of the next parallel group', seq('R', 'a', par('P', 'b', seq('S', 'c', 'd'))), 'a', [], 'b c'],
    ['passes over empty siblings', seq('R', 'a', seq('E'), par('F', seq('G')), 'b'), 'a', [], 'b'],
    ['passes over empty siblings to the end', seq('R', 'a', seq('E'), par('F')), 'a', [], ''],
    ['out of a group past empty ones', seq('R', seq('S', 'a', seq('E')), par('F'), 'b'), 'a', [], 'b'],
    ['waits for the others of a parallel group', seq('R', par('P', 'a', 'b'), 'c'), 'a', ['b'], ''],
    ['as the last of a parallel group goes on', seq('R', par('P', 'a', 'b'), 'c'), 'b', [], 'c'],
    ['as the last of a parallel root ends', par('R', 'a', 'b'), 'b', [], ''],
    ['goes on in its own branch', par('R', seq('S', 'a', 'b'), seq('T', 'c', 'd')), 'a', ['c'], 'b'],
    ['at the end of a branch waits for the other', par('R', seq('S', 'a'), seq('T', 'c', 'd')), 'a', ['d'], ''],
    ['in an inner parallel group waits there', par('R', seq('S', par('P', 'a', 'b'), 'c'), 'd'), 'a', ['b', 'd'], ''],
    [
      'out of an inner parallel group goes on in the branch',
      par('R', seq('S', par('P', 'a', 'b'), 'c'), 'd'),
      'b',
      ['d'],
      'c',
    ],
    [
      'of two parallel groups in one another waits for the outer',
      seq('R', par('P', par('Q', 'a', 'b'), 'c'), 'd'),
      'b',
      ['c'],
      '',
    ],
    ['out of two parallel groups at once', seq('R', par('P', par('Q', 'a', 'b'), 'c'), 'd'), 'c', [], 'd'],
    ['does not wait for what is current elsewhere', par('R', seq('S', par('P', 'a'), 'b'), 'c'), 'a', ['c'], 'b'],
  ])('%s', (_, root, leafId, beside, expected) => {
    expect(leaving(root, leafId, ...beside)).toBe(expected);
  });

  test('back to a group that was done before: a step that is current again holds the group up again', () => {
    const root = seq('R', par('P', 'a', 'b'), 'c');
    expect(leaving(root, 'b', 'a')).toBe('');
    expect(leaving(root, 'a')).toBe('c');
  });
});

describe('finding leaves', () => {
  const chart = new FlowChart(seq('R', 'a', par('P', 'b', seq('S', 'c'))));

  test.each(['a', 'b', 'c'])('%s is a leaf', id => {
    expect(chart.leaf(id)?.id).toBe(id);
  });

  test.each(['R', 'P', 'S', 'nowhere', ''])('"%s" is none', id => {
    expect(chart.leaf(id)).toBeUndefined();
  });
});

describe('a chart', () => {
  test('counts the leaves in the order of the tree, whatever runs beside what', () => {
    const root = seq('R', 'a', par('P', 'b', seq('S', 'c', 'd')), seq('E'), 'e');
    const chart = new FlowChart(root);
    expect(['a', 'b', 'c', 'd', 'e'].map(id => chart.ordinal(chart.leaf(id)!))).toEqual([0, 1, 2, 3, 4]);
  });

  test('is made once per tree', () => {
    const root = seq('R', 'a');
    expect(FlowChart.of(root)).toBe(FlowChart.of(root));
    expect(FlowChart.of(seq('R', 'a'))).not.toBe(FlowChart.of(root));
  });
});

describe('the mode of a group', () => {
  test.each<[BaseStep, GroupMode]>([
    [seq('S'), GroupMode.SEQUENTIAL],
    [{ ...seq('S'), flow: {} }, GroupMode.SEQUENTIAL],
    [{ ...seq('S'), flow: { mode: GroupMode.SEQUENTIAL } }, GroupMode.SEQUENTIAL],
    [par('P'), GroupMode.PARALLEL],
  ])('is SEQUENTIAL unless it says PARALLEL (case %#)', (given, mode) => {
    expect(modeOf(given)).toBe(mode);
  });
});
