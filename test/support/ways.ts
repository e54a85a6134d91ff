/** The way through a tree whose steps ask for no conditions. */
import type { BaseStep } from '#gen/step_types';
import { begin, FlowChart, leave } from '../../src/domain/flow.ts';

const unconditional = { holds: () => true, follows: () => true, assignment: () => undefined };

/** The leaves that become current when a job begins. */
export const entering = (root: BaseStep): BaseStep[] =>
  begin(new FlowChart(root), unconditional).entered.map(({ leaf }) => leaf);

/** The leaves that become current when `leaf` is left. @param beside ids of what stays current beside it */
export function after(chart: FlowChart, leaf: BaseStep, beside: ReadonlySet<string>): BaseStep[] {
  const state = {
    current: new Set([...beside, leaf.id]),
    joining: new Map<string, undefined>(),
    passed: new Set<string>(),
  };
  return leave(chart, state, leaf, unconditional)!.entered.map(({ leaf }) => leaf);
}
