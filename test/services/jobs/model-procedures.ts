/** Procedures of all kinds, as fast-check makes them: groups, ways, conditions, joins, and to whom steps are assigned. */
import fc from 'fast-check';
import { GroupMode, JoinMode, PathAssignment, type StepPath } from '#gen/flow_types';
import { AssigneeType, type BaseStep } from '#gen/step_types';
import { FlowChart } from '../../../src/domain/flow.ts';
import { isGroup, walk } from '../../../src/domain/tree.ts';
import { group, leaves, step } from '../../support/seed.ts';
import type { ModelJob, Person, Procedure } from './model.ts';

/** Whom procedures and conditions name. */
export interface People {
  readonly admin: Person;
  readonly ana: Person;
  readonly ben: Person;
  readonly fitters: string;
  readonly welders: string;
}

type Condition = (job: ModelJob, caller: Person, people: People, status: string) => boolean;

/** Conditions by what they mean. `ANA` is the id of ana. */
const conditions: Readonly<Record<string, Condition>> = {
  "priority = 'High'": ({ priority }) => priority === 'High',
  "priority <> 'High'": ({ priority }) => priority !== 'High',
  "jobName LIKE 'Odd%' OR priority = 'Low'": ({ ground, priority }) =>
    ground.given.name.startsWith('Odd') || priority === 'Low',
  "ownedBy = 'ANA'": ({ owner }, _caller, { ana }) => owner === ana,
  'ownedBy = $currentUser': ({ owner }, caller) => owner === caller,
  "NOT jobStatus = 'On Hold'": (_job, _caller, _people, status) => status !== 'On Hold',
  'startedDate IS NULL': ({ started }) => !started,
  'startedDate IS NOT NULL': ({ started }) => started,
};

const written = (condition: string, { ana }: People): string => condition.replace('ANA', ana.id);

export const conditionHolds =
  (people: People) =>
  (text: string, job: ModelJob, caller: Person, status: string): boolean => {
    const condition = Object.keys(conditions).find(candidate => written(candidate, people) === text);
    return conditions[condition!]!(job, caller, people, status);
  };

type Named = 'ana' | 'ben' | 'admin' | 'fitters' | 'welders' | 'EXECUTOR';

interface WayTo {
  /** Which of all steps and groups. */
  readonly to: number;
  readonly condition: string | undefined;
  readonly assignment: PathAssignment | undefined;
  readonly named: Named;
  readonly jobStatus: string | undefined;
}

interface Node {
  /** Of a group. */
  readonly children?: readonly Node[];
  readonly parallel?: boolean;
  readonly condition: string | undefined;
  readonly joinsAll: boolean;
  /** Of a leaf. */
  readonly assignee?: Named | undefined;
  readonly automatic?: boolean;
  readonly proceedNext?: boolean;
  readonly canSkip?: boolean;
  readonly ways?: readonly WayTo[];
}

export interface Shape {
  readonly nodes: readonly Node[];
  readonly closeAtEnd: boolean;
  readonly finalStatus: string | undefined;
}

/** Once in so many times. */
const seldom = (times: number) => fc.nat(times - 1).map(number => number === times - 1);
/** But once in so many times. */
const maybe = <T>(times: number, arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: times });
const sometimes = <T>(times: number, arbitrary: fc.Arbitrary<T>) =>
  fc.tuple(seldom(times), arbitrary).map(([is, value]) => (is ? value : undefined));

const named = fc.constantFrom<Named>('ana', 'ben', 'admin', 'fitters', 'welders', 'EXECUTOR');
const condition = fc.constantFrom(...Object.keys(conditions));

const way = fc.record<WayTo>({
  to: fc.nat(100),
  condition: maybe(3, condition),
  assignment: sometimes(
    2,
    fc.constantFrom(...Object.values(PathAssignment).filter(value => typeof value === 'number')),
  ) as fc.Arbitrary<PathAssignment | undefined>,
  named,
  jobStatus: sometimes(3, fc.constantFrom('On Hold', 'In Progress')),
});

const leaf: fc.Arbitrary<Node> = fc.record({
  condition: sometimes(5, condition),
  joinsAll: seldom(5),
  assignee: sometimes(3, named),
  automatic: seldom(4),
  proceedNext: seldom(4),
  canSkip: seldom(5),
  ways: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(way, { minLength: 1, maxLength: 3 }) },
  ),
});

const { node } = fc.letrec<{ node: Node; group: Node }>(tie => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 3, arbitrary: leaf },
    { weight: 1, arbitrary: tie('group') },
  ),
  group: fc.record({
    children: fc.array(tie('node'), { maxLength: 4, size: 'max' }),
    parallel: fc.boolean(),
    condition: sometimes(5, condition),
    joinsAll: seldom(6),
  }),
}));

export const shape: fc.Arbitrary<Shape> = fc.record({
  nodes: fc
    .tuple(fc.array(node, { minLength: 1, maxLength: 5, size: 'max' }), leaf)
    .map(([nodes, last]) => [...nodes, last]),
  closeAtEnd: seldom(6).map(is => !is),
  finalStatus: sometimes(3, fc.constant('In Progress')),
});

/** The group that all of a shape stands in, as it can be published. Steps are called s1, s2, ... and have their titles as ids. */
export function mainGroup({ nodes }: Shape, people: People): BaseStep {
  const waysOf = new Map<string, readonly WayTo[]>();
  let count = 0;
  const made = (node: Node): BaseStep => {
    const title = `${node.children ? 'g' : 's'}${++count}`;
    if (node.ways) waysOf.set(title, node.ways);
    const flow = {
      ...(node.condition && { condition: written(node.condition, people) }),
      ...(node.joinsAll && { join: JoinMode.ALL }),
      ...(node.parallel && { mode: GroupMode.PARALLEL }),
      ...(node.automatic && { automatic: true }),
      ...(node.proceedNext && { proceedNext: true }),
      ...(node.canSkip && { canSkip: true }),
    };
    const more = { id: title, clientGeneratedIds: true, flow };
    if (node.children) return group(title, node.children.map(made), more);
    return step(title, {
      ...more,
      impl: { step: { stepFields: [], stepType: 0, ...assignee(node.assignee, people) } },
    });
  };
  const main = group('Main', nodes.map(made), { id: 'main', clientGeneratedIds: true });
  const all = [...walk(main)].map(({ step }) => step.id).slice(1);
  return runnable(
    changed(main, given => {
      const ways = waysOf.get(given.id) ?? [];
      if (ways.length === 0) return given.flow!;
      return {
        ...given.flow,
        paths: [...ways.map(way => pathOf(way, all, people)), ...pathOn(given, main, ways[0]!, people)],
      };
    }),
  );
}

export const procedureOf = ({ closeAtEnd, finalStatus }: Shape, main: BaseStep): Procedure => ({
  chart: new FlowChart(group('root', [main], { id: 'root' })),
  closeAtEnd,
  finalStatus,
});

const isPerson = (name: Named): name is 'ana' | 'ben' | 'admin' => ['ana', 'ben', 'admin'].includes(name);

const roleOf = (name: Named, people: People): string =>
  name === 'fitters' || name === 'welders' ? people[name] : 'EXECUTOR';

function assignee(name: Named | undefined, people: People) {
  if (name === undefined) return {};
  return {
    assignee: isPerson(name)
      ? { id: people[name].id, type: AssigneeType.User }
      : { id: roleOf(name, people), type: AssigneeType.Role },
  };
}

function pathOf({ to, condition, assignment, named, jobStatus }: WayTo, all: string[], people: People): StepPath {
  const user = people[isPerson(named) ? named : 'ben'].email;
  return {
    nextStepId: all[to % all.length]!,
    ...(condition && { condition: written(condition, people) }),
    ...(assignment !== undefined && { assignment }),
    ...(assignment === PathAssignment.User && { assignedTo: user }),
    ...(assignment === PathAssignment.Group && { assignedTo: roleOf(named, people) }),
    ...(jobStatus && { jobStatus }),
  };
}

/** To the sibling behind, which nothing else may lead to. */
function pathOn(leaf: BaseStep, main: BaseStep, { to }: WayTo, people: People): StepPath[] {
  const parent = [...walk(main)].find(({ step }) => step.children.includes(leaf))!.step;
  const next = parent.children[parent.children.indexOf(leaf) + 1];
  const texts = Object.keys(conditions);
  return next ? [{ nextStepId: next.id, condition: written(texts[to % texts.length]!, people) }] : [];
}

const changed = (given: BaseStep, flow: (step: BaseStep) => NonNullable<BaseStep['flow']>): BaseStep => ({
  ...given,
  flow: given.id === 'main' ? {} : flow(given),
  children: given.children.map(child => changed(child, flow)),
});

/** What cannot be published is left out: paths until each step can be reached, automatic steps until a person is in each loop. */
function runnable(main: BaseStep): BaseStep {
  const chart = new FlowChart(group('root', [main], { id: 'root' }));
  const reachable = chart.reachable();
  const missed = leaves(main).findIndex(({ id }) => !reachable.has(id));
  if (missed >= 0) {
    const away = (given: BaseStep) => (given.flow?.paths ?? []).length > 0;
    const before = leaves(main).slice(0, missed).findLast(away) ?? leaves(main).find(away)!;
    return runnable(changed(main, given => (given.id === before.id ? { ...given.flow, paths: [] } : given.flow!)));
  }
  const [loop] = chart.loops(({ flow }) => !flow?.automatic || !flow.proceedNext);
  if (!loop) return main;
  return runnable(
    changed(main, given => (given.id === loop[0]!.id ? { ...given.flow, automatic: false } : given.flow!)),
  );
}

export const groupsIn = (main: BaseStep): BaseStep[] => [...walk(main)].map(({ step }) => step).filter(isGroup);
