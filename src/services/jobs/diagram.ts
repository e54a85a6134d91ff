/** getJobDiagram: the entry that a job is on, drawn, with how far the job has come. */
import { AssignedType, PathAssignment, type StepAction, type StepPath } from '#gen/flow_types';
import type { DiagramDetails, DiagramGroup, DiagramPath, DiagramStep, DiagramStepProgress } from '#gen/jobs_types';
import type { BaseStep, StepDescriptionElement } from '#gen/step_types';
import { firstLeaves, layoutOf, lineBetween, type Point, progressOf, type Way, waysOf } from '../../domain/diagram.ts';
import { modeOf } from '../../domain/flow.ts';
import { assignmentOf } from '../../domain/jobs.ts';
import { isGroup, walk } from '../../domain/tree.ts';
import { leavesOf } from '../../domain/upgrade.ts';
import { keptFlow } from '../../engine/flow-state.ts';
import { blocked, blocking } from '../../engine/holds.ts';
import { openHoldsOf } from '../../engine/releasing.ts';
import type { Reader, Store } from '../../store/database.ts';
import type { JobRow, JobStepRow } from '../../store/jobs.ts';
import type { Call } from '../call.ts';
import { visible } from './access.ts';

export const getJobDiagram = (store: Store, call: Call, jobId: string): Promise<DiagramDetails> =>
  store.look(async reader => {
    const job = await visible(reader, call, jobId);
    const root = await reader.trees.tree(job.team_id, job.root_hash);
    const number = { internalVersion: job.internal_version };
    const [entry] = await reader.templates.entries([job.team_id], [job.template_id], number);
    const reached = await reader.jobs.reachedSteps(job.team_id, jobId);
    const [first] = firstLeaves(root);
    return {
      diagramId: job.template_id,
      diagramVersion: job.template_version,
      diagramName: job.template_title,
      description: entry!.descrip || undefined,
      initialStepId: first!.id,
      initialStepName: first!.title,
      steps: drawn(root, {
        steps: currentOf(job, reached),
        progress: progressIn(root, job, reached),
        held: blocked(blocking(await openHoldsOf(reader, [job]), call.now)),
        users: await usersNamed(reader, job.team_id, root),
      }),
      annotations: [],
      displayGrid: false,
      groups: groupsOf(root),
    };
  });

/** What a diagram shows of its job. */
interface Shown {
  /** The current steps by id. */
  readonly steps: ReadonlyMap<string, JobStepRow>;
  readonly progress: ReadonlyMap<string, DiagramStepProgress>;
  /** The ids of the steps that an open hold or dependency blocks. */
  readonly held: ReadonlySet<string>;
  /** The ids of users that paths name by e-mail address. */
  readonly users: ReadonlyMap<string, string>;
}

/** The current steps of a closed job rest: none of them is current for anybody. */
const currentOf = (job: JobRow, reached: readonly JobStepRow[]): Map<string, JobStepRow> =>
  new Map(reached.filter(step => step.current === 1 && job.closed === 0).map(step => [step.step_id, step]));

function progressIn(root: BaseStep, job: JobRow, reached: readonly JobStepRow[]) {
  const finished = reached.filter(step => step.finished_at !== null).map(step => step.step_id);
  const current = new Set(currentOf(job, reached).keys());
  const { joining, passed } = keptFlow(job);
  return progressOf(root, { current, finished: new Set(finished), joining: Object.keys(joining), passed });
}

async function usersNamed(reader: Reader, teamId: string, root: BaseStep): Promise<Map<string, string>> {
  const named = [...leavesOf(root).values()].flatMap(leaf =>
    (leaf.flow?.paths ?? []).filter(isByAddress).map(path => path.assignedTo!.toLowerCase()),
  );
  const users = named.length === 0 ? [] : await reader.people.membersNamed(teamId, [...new Set(named)]);
  return new Map(users.map(({ email, user_id }) => [email, user_id]));
}

const isByAddress = ({ assignment, assignedTo }: StepPath): boolean =>
  assignment === PathAssignment.User && (assignedTo ?? '').includes('@');

function drawn(root: BaseStep, shown: Shown): DiagramStep[] {
  const places = layoutOf(root);
  const ways = waysOf(root);
  const parents = new Map(walk(root).map(({ step, parent }) => [step.id, parent]));
  return [...leavesOf(root).values()].map(leaf => {
    const at = places.get(leaf.id)!;
    const { flow } = leaf;
    return {
      id: leaf.id,
      name: leaf.title,
      description: plainText(leaf.descrip) || undefined,
      automatic: flow?.automatic ?? false,
      proceedNext: flow?.proceedNext ?? false,
      canSkip: flow?.canSkip ?? false,
      position: `${at.x},${at.y}`,
      shape: shapeOf(leaf),
      action: { actionType: kindOf(flow?.action), settings: flow?.action },
      paths: ways.get(leaf.id)!.map(way => toPath(way, at, places.get(way.to.id)!, shown.users)),
      helpUrl: flow?.helpUrl,
      helpText: flow?.helpText,
      canComment: flow?.action?.question?.canComment,
      commentRequired: flow?.action?.question?.commentRequired,
      progress: shown.progress.get(leaf.id)!,
      state: shown.steps.get(leaf.id)?.state,
      held: shown.held.has(leaf.id),
      parentGroupId: belowTop(parents.get(leaf.id), root),
      join: flow?.join,
      condition: flow?.condition || undefined,
    };
  });
}

/** The root is no group to be drawn. */
const belowTop = (group: BaseStep | undefined, root: BaseStep): string | undefined =>
  group === root ? undefined : group?.id;

/** The text of a step's description, an element per line. */
const plainText = (elements: readonly StepDescriptionElement[]): string =>
  elements
    .flatMap(({ txt, link, notice }) => {
      if (link) return [[link.label, link.url].filter(Boolean).join(' ')];
      return [
        ...(txt ? [txt.textWrapper?.template ?? txt.txt] : []),
        ...(notice ? [notice.descripWrapper?.template ?? notice.descrip] : []),
      ];
    })
    .join('\n');

const kindOf = (action: StepAction | undefined): string =>
  Object.entries(action ?? {}).find(([, settings]) => settings != null)?.[0] ?? 'manual';

/** What the interface numbers 0 to 2: a rectangle, a rounded one for what the server starts, a diamond for a question. */
const shapeOf = ({ flow }: BaseStep): number => (flow?.action?.question ? 2 : flow?.automatic ? 1 : 0);

function toPath({ to, path }: Way, from: Point, at: Point, users: Shown['users']): DiagramPath {
  return {
    nextStep: to.id,
    expression: path?.condition || undefined,
    label: path?.label,
    ...assignedBy(path, to, users),
    ...lineBetween(from, at),
    status: path?.jobStatus,
    notifications: [],
    assignment: path?.assignment,
    defaultWay: path === undefined,
  };
}

/** Who gets the next step, as far as the template tells. */
function assignedBy(
  path: StepPath | undefined,
  next: BaseStep,
  users: Shown['users'],
): { assignedType: AssignedType; assignedTo?: string | undefined } {
  const { assignment, assignedTo } = path ?? {};
  if (assignment === PathAssignment.User)
    return { assignedType: AssignedType.User, assignedTo: users.get(assignedTo?.toLowerCase() ?? '') ?? assignedTo };
  if (assignment === PathAssignment.Group) return { assignedType: AssignedType.Group, assignedTo };
  const assignee = next.impl.step?.assignee;
  if (assignment != null || !assignee) return { assignedType: AssignedType.Unassigned };
  const { type, to } = assignmentOf(assignee);
  return { assignedType: type, assignedTo: to ?? undefined };
}

const groupsOf = (root: BaseStep): DiagramGroup[] =>
  walk(root)
    .filter(({ step }) => isGroup(step) && step !== root)
    .map(({ step, parent }) => ({
      id: step.id,
      name: step.title,
      parentGroupId: belowTop(parent, root),
      mode: modeOf(step),
      join: step.flow?.join,
      condition: step.flow?.condition || undefined,
    }));
