/** What holds for jobs as things: names of priorities and statuses, dates, and the steps a job starts with. */
import { MAX_DESCRIPTION_LENGTH, MAX_TITLE_LENGTH } from '#gen/common_types';
import type { JobDefaults } from '#gen/flow_types';
import { AssignedType, GroupMode, JobStartDateType, JoinMode } from '#gen/flow_types';
import type { Assignee, BaseStep } from '#gen/step_types';
import { AssigneeType } from '#gen/step_types';
import { BadRequest } from '../base/errors.ts';
import { begin, FlowChart, modeOf } from './flow.ts';
import { bounded } from './limits.ts';
import { isGroup } from './tree.ts';

export const priorities = ['Low', 'Medium', 'High'] as const;
export const statuses = ['Open', 'In Progress', 'On Hold', 'Closed'] as const;

export const DEFAULT_PRIORITY = 'Medium';
export const FIRST_STATUS = 'Open';
export const FINAL_STATUS = 'Closed';

/** @throws BadRequest (400): an unknown name is refused, never replaced in silence */
export function knownPriority(name: string, among: readonly string[] = priorities): string {
  if (among.includes(name)) return name;
  throw new BadRequest('unknown-priority', `priority: no priority "${name}"; there are ${among.join(', ')}`, {
    priority: name,
  });
}

/** @throws BadRequest (400) */
export function knownStatus(name: string, field = 'jobStatus', among: readonly string[] = statuses): string {
  if (among.includes(name)) return name;
  throw new BadRequest('unknown-status', `${field}: no status "${name}"; there are ${among.join(', ')}`, {
    [field]: name,
  });
}

/** The last moment, and with its sign the first, that a date can name: what every client can read. */
export const LAST_DATE = 8.64e15;

/** @throws BadRequest (400) for a date beyond all calendars, and when a job would be due before it starts */
export function checkDates(startDate: number | null, dueDate: number | null): void {
  for (const [field, date] of Object.entries({ startDate, dueDate })) {
    if (date === null || Math.abs(date) <= LAST_DATE) continue;
    throw new BadRequest('invalid-argument', `${field}: ${date}; expected epoch milliseconds within ±${LAST_DATE}`, {
      [field]: String(date),
    });
  }
  if (startDate === null || dueDate === null || startDate <= dueDate) return;
  throw new BadRequest(
    'dates-out-of-order',
    `dueDate: ${dueDate} lies before startDate ${startDate}; a job is due at its start or later`,
    {
      startDate: String(startDate),
      dueDate: String(dueDate),
    },
  );
}

/** The texts that a job gets from its template or its maker. @throws BadRequest (400) */
export function checkTexts(
  where: string,
  { jobName, description, notes }: Pick<JobDefaults, 'jobName' | 'description' | 'notes'>,
): void {
  if (jobName != null && jobName.trim() === '') {
    throw new BadRequest(
      'invalid-argument',
      `${where}.jobName: empty; expected 1 to ${MAX_TITLE_LENGTH} characters, or unset`,
    );
  }
  bounded(`${where}.jobName`, jobName ?? '', MAX_TITLE_LENGTH);
  bounded(`${where}.description`, description ?? '', MAX_DESCRIPTION_LENGTH);
  bounded(`${where}.notes`, notes ?? '', MAX_DESCRIPTION_LENGTH);
}

/** Whom a step is assigned to. `to` is a user's id or a role's; null when unassigned. */
export interface Assignment {
  readonly type: AssignedType;
  readonly to: string | null;
}

export const unassigned: Assignment = { type: AssignedType.Unassigned, to: null };

/** The assignment that a step's own assignee stands for: a role is the group of its members. */
export const assignmentOf = (assignee: Assignee): Assignment => ({
  type: assignee.type === AssigneeType.User ? AssignedType.User : AssignedType.Group,
  to: assignee.id,
});

/** What becomes current when a job starts, as an entry keeps it. */
export interface FirstStep {
  readonly id: string;
  readonly title: string;
  readonly ordinal: number;
  readonly canSkip: boolean;
  readonly proceedNext: boolean;
  readonly automatic: boolean;
  readonly assignment: Assignment | null;
}

export const firstStep = (leaf: BaseStep, ordinal: number): FirstStep => ({
  id: leaf.id,
  title: leaf.title,
  ordinal,
  canSkip: leaf.flow?.canSkip ?? false,
  proceedNext: leaf.flow?.proceedNext ?? false,
  automatic: leaf.flow?.automatic ?? false,
  assignment: leaf.impl.step?.assignee ? assignmentOf(leaf.impl.step.assignee) : null,
});

/** The steps that every job begins with; undefined where that depends on the job, or where more belongs to the beginning than steps. */
export function firstSteps(root: BaseStep): FirstStep[] | undefined {
  const only = onlyBeginning(root);
  if (only) return [firstStep(only, 0)];
  const chart = FlowChart.of(root);
  let depends = false;
  const holds = () => {
    depends = true;
    return true;
  };
  const { entered, state } = begin(chart, { holds, follows: holds, assignment: () => undefined });
  return depends || state.joining.size > 0
    ? undefined
    : entered.map(({ leaf }) => firstStep(leaf, chart.ordinal(leaf)));
}

/** The leaf that sequential groups alone lead to, as most procedures begin: no chart of the tree is needed for that. */
function onlyBeginning(root: BaseStep): BaseStep | undefined {
  for (let step: BaseStep | undefined = root; step; step = step.children[0]) {
    if (step.flow?.condition || step.flow?.join === JoinMode.ALL) return undefined;
    if (!isGroup(step)) return step;
    if (modeOf(step) === GroupMode.PARALLEL) return undefined;
  }
  return undefined;
}

/** The names in job defaults, against those that the team has. @throws BadRequest (400) */
export function checkDefaultNames(
  { priority, jobStatus, finalStatus }: JobDefaults,
  team: { readonly priorities: readonly string[]; readonly statuses: readonly string[] },
): void {
  if (priority != null) knownPriority(priority, team.priorities);
  if (jobStatus != null) knownStatus(jobStatus, 'jobStatus', team.statuses);
  if (finalStatus != null) knownStatus(finalStatus, 'finalStatus', team.statuses);
}

/** Job defaults as a template carries them, checked but for the names that depend on the team. @throws BadRequest (400) */
export function checkedDefaults(defaults: JobDefaults): JobDefaults {
  checkTexts('defaults', defaults);
  checkDates(defaults.startDate ?? null, defaults.dueDate ?? null);
  if (defaults.startDateType === JobStartDateType.SpecificDate && defaults.startDate == null) {
    throw new BadRequest('invalid-argument', 'defaults.startDate: unset; startDateType SpecificDate needs it');
  }
  if (defaults.durationMs != null && defaults.durationMs <= 0) {
    throw new BadRequest(
      'invalid-argument',
      `defaults.durationMs: ${defaults.durationMs}; expected more than 0, the time from start to due date in milliseconds`,
    );
  }
  return defaults;
}
