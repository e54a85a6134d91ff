/** What is wrong with the ways of a procedure: asked when it is published. Every fault is found, each with its step. */
import { PathAssignment, type StepPath } from '#gen/flow_types';
import type { BaseStep } from '#gen/step_types';
import { DomainError } from '../base/errors.ts';
import { andMore } from '../base/text.ts';
import { type FieldList, parseFilter } from './filter/filter.ts';
import { FlowChart } from './flow-chart.ts';
import { isGroup, walk } from './tree.ts';
import { actionOf } from './work.ts';

/** Who can be given steps, of those that a procedure names. */
export interface Assignable {
  /** Ids of those that work in the team. */
  readonly members: ReadonlySet<string>;
  /** Their ids, and their e-mail addresses in lower case. */
  readonly memberNames: ReadonlySet<string>;
  /** Ids of roles and groups, each open or archived. */
  readonly groups: ReadonlyMap<string, 'open' | 'archived'>;
}

/** What the team has, of what ways may name. */
export interface WayGround extends Assignable {
  readonly statuses: readonly string[];
  /** What conditions of steps may name, and those of paths. */
  readonly fields: { readonly ofSteps: FieldList; readonly ofPaths: FieldList };
}

export interface Fault {
  readonly step: BaseStep;
  readonly fault: string;
}

export function wayFaults(root: BaseStep, ground: WayGround): Fault[] {
  const chart = FlowChart.of(root);
  const inSteps = walk(root).flatMap(({ step }) => [
    ...misfits(step),
    ...conditionFaults(step, ground),
    ...(step.flow?.paths ?? []).flatMap((path, index) => pathFaults(step, path, `flow.paths[${index}]`, chart, ground)),
  ]);
  return [...inSteps, ...(leadsAstray(root, chart) ? [] : unreached(chart)), ...endless(chart)];
}

/** Whether a path leads to nothing: where it was meant to lead decides which steps are reached. */
const leadsAstray = (root: BaseStep, chart: FlowChart): boolean =>
  walk(root).some(({ step }) =>
    (step.flow?.paths ?? []).some(({ nextStepId }) => {
      const next = chart.step(nextStepId);
      return isGroup(step) || !next || next === chart.root;
    }),
  );

/** The users, or the groups, that paths give steps to. */
export const namedInPaths = (root: BaseStep, assignment: PathAssignment): string[] =>
  walk(root).flatMap(({ step }) =>
    (step.flow?.paths ?? []).flatMap(path =>
      path.assignment === assignment && path.assignedTo ? [path.assignedTo] : [],
    ),
  );

const forGroups = ['mode', 'join', 'condition', 'layout', 'helpText', 'helpUrl'];

/** What only a leaf has, on a group. */
function misfits(step: BaseStep): Fault[] {
  if (!isGroup(step)) return [];
  return Object.entries(step.flow ?? {})
    .filter(([name, value]) => !forGroups.includes(name) && value && (!Array.isArray(value) || value.length > 0))
    .map(([name]) => ({ step, fault: `flow.${name}: a group has none; only steps do` }));
}

function conditionFaults(step: BaseStep, { fields }: WayGround): Fault[] {
  const { condition } = step.flow ?? {};
  return condition ? faultOf(step, () => parseFilter(condition, fields.ofSteps, 'flow.condition')) : [];
}

function pathFaults(step: BaseStep, path: StepPath, place: string, chart: FlowChart, ground: WayGround): Fault[] {
  const { nextStepId, condition, jobStatus } = path;
  const next = chart.step(nextStepId);
  const faults: (string | undefined)[] = [
    next ? undefined : `${place}.nextStepId: the template has no step or group ${nextStepId}; name one by its id`,
    next && chart.root === next
      ? `${place}.nextStepId: the root of the template; name a step or group in it`
      : undefined,
    jobStatus && !ground.statuses.includes(jobStatus)
      ? `${place}.jobStatus: no status "${jobStatus}"; there are ${ground.statuses.join(', ')}`
      : undefined,
    assigneeFault(path, place, ground),
  ];
  return [
    ...faults.flatMap(fault => (fault === undefined ? [] : [{ step, fault }])),
    ...(condition ? faultOf(step, () => parseFilter(condition, ground.fields.ofPaths, `${place}.condition`)) : []),
  ];
}

function assigneeFault({ assignment, assignedTo }: StepPath, place: string, { memberNames, groups }: WayGround) {
  const name = assignedTo ?? '';
  const isMember = memberNames.has(name) || memberNames.has(name.toLowerCase());
  if (assignment === PathAssignment.User && !isMember)
    return `${place}.assignedTo: no user "${name}" works in this team; give a user's id or e-mail address`;
  if (assignment === PathAssignment.Group && groups.get(name) !== 'open')
    return groups.has(name)
      ? `${place}.assignedTo: the role or group ${name} is archived; choose another`
      : `${place}.assignedTo: no role or group "${name}"; give the id of one`;
  return undefined;
}

function faultOf(step: BaseStep, parse: () => unknown): Fault[] {
  try {
    parse();
    return [];
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return [{ step, fault: error.message }];
  }
}

function unreached(chart: FlowChart): Fault[] {
  const reachable = chart.reachable();
  return chart
    .leavesIn(chart.root.id)
    .filter(leaf => !reachable.has(leaf.id))
    .map(step => ({ step, fault: 'no way leads here; let a path name it, or remove it' }));
}

/** Steps that need nobody, and lead back to themselves: a job would run in circles for ever. One fault for each set of them. */
function endless(chart: FlowChart): Fault[] {
  return chart.loops(needsPerson).map(loop => {
    // A long loop must not push other faults out of the message.
    const titles = andMore(
      loop.map(({ title }) => `"${title}"`),
      ', ',
    );
    const back = loop.length === 1 ? 'leads back to itself and needs' : 'lead back to the first of them and need';
    return {
      step: loop[0]!,
      fault: `flow.automatic: ${titles} ${back} nobody; have a person on every way back`,
    };
  });
}

function needsPerson(leaf: BaseStep): boolean {
  const { automatic, proceedNext } = leaf.flow ?? {};
  return !automatic || !proceedNext || ['question', 'defineLocation'].includes(actionOf(leaf).kind);
}
