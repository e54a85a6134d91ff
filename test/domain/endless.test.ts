/** Loops that no person is in: a procedure with any is refused, and every one of them is named, once. */
import { describe, expect, test } from '@jest/globals';
import type { StepFlow } from '#gen/flow_types';
import type { BaseStep } from '#gen/step_types';
import { fieldList, jobFields, pathFields } from '../../src/domain/filter/filter.ts';
import { checkRunnable } from '../../src/domain/procedure.ts';
import { group, step } from '../support/trees.ts';

const ground = {
  members: new Set<string>(),
  memberNames: new Set<string>(),
  groups: new Map(),
  statuses: ['Open', 'Closed'],
  priorities: ['Low'],
  templates: new Map(),
  fields: { ofSteps: fieldList(jobFields), ofPaths: fieldList([...jobFields, ...pathFields]) },
};

/** The faults, without what all begin with. */
function faultsOf(...children: BaseStep[]): string[] {
  try {
    checkRunnable(group('root', children, { id: 'root' }), ground);
    return [];
  } catch (error) {
    return (error as Error).message.replace('the procedure cannot be run: ', '').split(/; (?="|$)/);
  }
}

const to = (...ids: string[]): StepFlow => ({ paths: ids.map(nextStepId => ({ nextStepId })) });
const person = (id: string, flow: StepFlow = {}): BaseStep => step(id, { id, flow });
const alone = (id: string, flow: StepFlow = {}): BaseStep =>
  person(id, { automatic: true, proceedNext: true, ...flow });

const remedy = 'nobody; have a person on every way back';
const fault = (...ids: string[]): string => {
  const back = ids.length === 1 ? 'leads back to itself and needs' : 'lead back to the first of them and need';
  return `"${ids[0]}" (${ids[0]}): flow.automatic: ${ids.map(id => `"${id}"`).join(', ')} ${back} ${remedy}`;
};

describe('loops without a person', () => {
  test('are each a fault, in the order of the tree, whichever is come to first', () => {
    const ways = [person('start', to('d', 'a')), alone('a'), alone('b', to('a', 'c')), person('c')];
    expect(faultsOf(...ways, alone('d'), alone('e', to('d', 'end')), person('end'))).toEqual([
      fault('a', 'b'),
      fault('d', 'e'),
    ]);
  });

  test('of which one leads to the other are two', () => {
    expect(faultsOf(alone('a'), alone('b', to('a', 'c')), alone('c'), alone('d', to('c')))).toEqual([
      fault('a', 'b'),
      fault('c', 'd'),
    ]);
  });

  test('that lie in one another, or share a step, are one, with all their steps in the order of the tree', () => {
    expect(faultsOf(alone('a'), alone('b'), alone('c', to('b', 'd')), alone('d', to('a')))).toEqual([
      fault('a', 'b', 'c', 'd'),
    ]);
    expect(faultsOf(alone('a', to('c', 'b')), alone('b', to('a')), alone('c', to('a')))).toEqual([
      fault('a', 'b', 'c'),
    ]);
  });

  test('of one step are named so', () => {
    expect(faultsOf(alone('a', to('a', 'b')), alone('b', to('b')))).toEqual([fault('a'), fault('b')]);
  });

  test('through groups name the steps alone', () => {
    const inner = group('G', [alone('a'), group('H', [alone('b', to('G', 'c'))], { id: 'H' })], { id: 'G' });
    expect(faultsOf(inner, person('c'))).toEqual([fault('a', 'b')]);
  });

  test('are named beside loops that a person is in, which are fine', () => {
    const fine = [person('a'), alone('b', to('a', 'c'))];
    expect(faultsOf(...fine, alone('c'), alone('d', to('c')))).toEqual([fault('c', 'd')]);
  });

  test('are what is left of a loop whose person is passed over', () => {
    const seldom = person('b', { condition: "priority = 'Low'", ...to('a', 'c') });
    expect(faultsOf(alone('a'), seldom, alone('c', to('a')))).toEqual([fault('a', 'c')]);
  });

  test('are named although a path elsewhere leads to nothing; the root is no step of a loop', () => {
    const faults = faultsOf(alone('a'), alone('b', to('a', 'x')), alone('c', to('root')));
    expect(faults).toEqual([
      expect.stringContaining('"b" (b): flow.paths[1].nextStepId'),
      expect.stringContaining('"c" (c): flow.paths[0].nextStepId: the root'),
      fault('a', 'b'),
    ]);
  });

  test('are found among 10,000 steps; a long one names its first 20, so that the others have room', () => {
    const many = Array.from({ length: 9998 }, (_, index) => alone(`s${index}`));
    const parts = Array.from({ length: 10 }, (_, part) =>
      group(`G${part}`, many.slice(part * 1000, part * 1000 + 1000), { id: `G${part}` }),
    );
    const ends = [alone('back', to('s0', 'last')), alone('last', to('last'))];
    const first = Array.from({ length: 20 }, (_, index) => `"s${index}"`).join(', ');
    expect(faultsOf(...parts, ...ends)).toEqual([
      `"s0" (s0): flow.automatic: ${first}, and 9979 more lead back to the first of them and need ${remedy}`,
      fault('last'),
    ]);
  });
});
