/**
 * A tree drawn as a diagram: the ways between its steps, how far a job has come, and where steps and lines stand.
 *
 * Ways are drawn as far as the tree tells them: conditions are not asked, and a step that may be passed over is drawn like any other.
 * The layout reads from left to right: what follows one another stands in columns, what runs beside each other in rows.
 */
import type { StepPath } from '#gen/flow_types';
import { GroupMode } from '#gen/flow_types';
import { DiagramStepProgress } from '#gen/jobs_types';
import type { BaseStep } from '#gen/step_types';
import { FlowChart, modeOf } from './flow.ts';
import { isGroup, walk } from './tree.ts';
import { leavesOf } from './upgrade.ts';

/** A way from a leaf to another. */
export interface Way {
  readonly to: BaseStep;
  /** Unset: the default way. */
  readonly path?: StepPath;
}

/**
 * Ways that a diagram may have in which each way into a parallel group leads to all of its branches; with more of them it leads to the
 * first one.
 */
const MOST_WAYS = 20_000;

/** The ways on from each leaf, by its id. */
export function waysOf(root: BaseStep): Map<string, Way[]> {
  const behind = defaultWays(root);
  const steps = new Map(walk(root).map(({ step }) => [step.id, step]));
  const fans = [...leavesOf(root).values()].map(leaf => ({ leaf, fans: fansOf(leaf, steps, behind) }));
  const all = fans.flatMap(({ fans }) => fans).reduce((count, { leaves }) => count + leaves.length, 0);
  return new Map(
    fans.map(({ leaf, fans }) => [
      leaf.id,
      fans.flatMap(({ leaves, path }) =>
        (all > MOST_WAYS ? leaves.slice(0, 1) : leaves).map(to => ({ to, ...(path && { path }) })),
      ),
    ]),
  );
}

/** One way as the tree has it, with the leaves that it leads to. */
interface Fan {
  readonly leaves: readonly BaseStep[];
  readonly path?: StepPath;
}

function fansOf(
  leaf: BaseStep,
  steps: ReadonlyMap<string, BaseStep>,
  behind: ReadonlyMap<string, readonly BaseStep[]>,
): Fan[] {
  const paths = leaf.flow?.paths ?? [];
  if (paths.length === 0) return [{ leaves: behind.get(leaf.id)! }];
  return paths.map(path => {
    const target = steps.get(path.nextStepId);
    const leaves = target ? firstLeaves(target) : [];
    return { path, leaves: target && leaves.length === 0 ? behind.get(target.id)! : leaves };
  });
}

/** The leaves at which one is who enters a step. */
export function firstLeaves(step: BaseStep): BaseStep[] {
  if (!isGroup(step)) return [step];
  if (modeOf(step) === GroupMode.PARALLEL) return step.children.flatMap(firstLeaves);
  return step.children.map(firstLeaves).find(leaves => leaves.length > 0) ?? [];
}

/** The leaves to which the default way leads behind each step and group, by its id; none behind what is the last. */
export function defaultWays(root: BaseStep): Map<string, readonly BaseStep[]> {
  const ways = new Map<string, readonly BaseStep[]>();
  const lead = (step: BaseStep, behind: readonly BaseStep[]): void => {
    ways.set(step.id, behind);
    const isParallel = modeOf(step) === GroupMode.PARALLEL;
    let next = behind;
    for (const child of step.children.toReversed()) {
      lead(child, next);
      const first = isParallel ? [] : firstLeaves(child);
      if (first.length > 0) next = first;
    }
  };
  lead(root, []);
  return ways;
}

/** How far a job has come, by the ids of steps. */
export interface Reached {
  readonly current: ReadonlySet<string>;
  readonly finished: ReadonlySet<string>;
  readonly joining: readonly string[];
  /** Groups among them. */
  readonly passed: readonly string[];
}

/** Of each leaf, by its id: the first that holds of Current, Joining, Finished and PassedOver. */
export function progressOf(root: BaseStep, { current, finished, joining, passed }: Reached) {
  const chart = FlowChart.of(root);
  const over = new Set(passed.flatMap(id => chart.leavesIn(id)));
  // What waits at a group waits to enter it.
  const waiting = new Set(joining.flatMap(id => chart.step(id) ?? []).flatMap(firstLeaves));
  const isAt = (leaf: BaseStep): DiagramStepProgress => {
    if (current.has(leaf.id)) return DiagramStepProgress.Current;
    if (waiting.has(leaf)) return DiagramStepProgress.Joining;
    if (finished.has(leaf.id)) return DiagramStepProgress.Finished;
    return over.has(leaf) ? DiagramStepProgress.PassedOver : DiagramStepProgress.NotReached;
  };
  return new Map([...leavesOf(root).values()].map(leaf => [leaf.id, isAt(leaf)]));
}

/** In pixels, y downwards. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

const COLUMN = 240;
const ROW = 120;
const ORIGIN: Point = { x: 120, y: 80 };

/** Where the centres of the leaves stand, by id: as the template says, otherwise by column and row. */
export function layoutOf(root: BaseStep): Map<string, Point> {
  const places = new Map<string, Point>();
  const place = (step: BaseStep, column: number, row: number): { columns: number; rows: number } => {
    if (!isGroup(step)) {
      const { x, y } = step.flow?.layout ?? { x: ORIGIN.x + column * COLUMN, y: ORIGIN.y + row * ROW };
      places.set(step.id, { x, y });
      return { columns: 1, rows: 1 };
    }
    const isParallel = modeOf(step) === GroupMode.PARALLEL;
    let [columns, rows] = [0, 0];
    for (const child of step.children) {
      const taken = isParallel ? place(child, column, row + rows) : place(child, column + columns, row);
      columns = isParallel ? Math.max(columns, taken.columns) : columns + taken.columns;
      rows = isParallel ? rows + taken.rows : Math.max(rows, taken.rows);
    }
    return { columns, rows };
  };
  place(root, 0, 0);
  return places;
}

/** Sides of a step, as the interface numbers them. */
const [TOP, RIGHT, BOTTOM, LEFT] = [0, 1, 2, 3];

/** The line from one step to another: its corners, and the sides at which it leaves and enters. */
export function lineBetween(from: Point, to: Point): { points: Point[]; ports: number[] } {
  if (to.x > from.x) {
    const middle = (from.x + to.x) / 2;
    const corners = [
      { x: middle, y: from.y },
      { x: middle, y: to.y },
    ];
    return { points: from.y === to.y ? [] : corners, ports: [RIGHT, LEFT] };
  }
  if (to.x === from.x && to.y !== from.y) return { points: [], ports: to.y > from.y ? [BOTTOM, TOP] : [TOP, BOTTOM] };
  const below = Math.max(from.y, to.y) + ROW / 2;
  return {
    points: [
      { x: from.x, y: below },
      { x: to.x, y: below },
    ],
    ports: [BOTTOM, BOTTOM],
  };
}
