/** What holds for jobs as things: names of priorities and statuses, dates, and the steps a job starts with. */
import type { JobDefaults } from '#gen/flow_types';
import { AssignedType } from '#gen/flow_types';
import type { Assignee, BaseStep } from '#gen/step_types';
import { AssigneeType } from '#gen/step_types';
import { BadRequest } from '../base/errors.ts';
import { entering, FlowChart } from './flow.ts';

export const priorities = ['Low', 'Medium', 'High'] as const;
export const statuses = ['Open', 'In Progress', 'On Hold', 'Closed'] as const;

export const DEFAULT_PRIORITY = 'Medium';
export const FIRST_STATUS = 'Open';
export const FINAL_STATUS = 'Closed';

/** @throws BadRequest (400): an unknown name is refused, never replaced in silence */
export function knownPriority(name: string): string {
  if ((priorities as readonly string[]).includes(name)) return name;
  throw new BadRequest('unknown-priority', `priority: no priority "${name}"; there are ${priorities.join(', ')}`, {
    priority: name,
  });
}

/** @throws BadRequest (400) */
export function knownStatus(name: string, field = 'jobStatus'): string {
  if ((statuses as readonly string[]).includes(name)) return name;
  throw new BadRequest('unknown-status', `${field}: no status "${name}"; there are ${statuses.join(', ')}`, {
    [field]: name,
  });
}

/** @throws BadRequest (400) when a job would be due before it starts */
export function checkDates(startDate: number | null, dueDate: number | null): void {
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
  readonly assignment: Assignment | null;
}

export const firstStep = (chart: FlowChart, leaf: BaseStep): FirstStep => ({
  id: leaf.id,
  title: leaf.title,
  ordinal: chart.ordinal(leaf),
  canSkip: leaf.flow?.canSkip ?? false,
  proceedNext: leaf.flow?.proceedNext ?? false,
  assignment: leaf.impl.step?.assignee ? assignmentOf(leaf.impl.step.assignee) : null,
});

export const firstSteps = (root: BaseStep): FirstStep[] =>
  entering(root).map(leaf => firstStep(FlowChart.of(root), leaf));

/** Job defaults as a template carries them, checked. @throws BadRequest (400) */
export function checkedDefaults(defaults: JobDefaults): JobDefaults {
  if (defaults.priority != null) knownPriority(defaults.priority);
  if (defaults.jobStatus != null) knownStatus(defaults.jobStatus);
  if (defaults.finalStatus != null) knownStatus(defaults.finalStatus, 'finalStatus');
  checkDates(defaults.startDate ?? null, defaults.dueDate ?? null);
  if (defaults.durationMs != null && defaults.durationMs <= 0) {
    throw new BadRequest(
      'invalid-argument',
      `defaults.durationMs: ${defaults.durationMs}; expected more than 0, the time from start to due date in milliseconds`,
    );
  }
  return defaults;
}
