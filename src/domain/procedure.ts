/**
 * Whether a tree can be run: what publishing asks before an entry becomes the approved way. Every fault is found, not just the
 * first, so that an author can mend them in one go.
 */

import { AssignedType, type JobDefaults } from '#gen/flow_types';
import type { BaseStep } from '#gen/step_types';
import { AssigneeType } from '#gen/step_types';
import { BadRequest, Unsupported } from '../base/errors.ts';
import { type ActionGround, actionFaults } from './action-faults.ts';
import { type Assignable, wayFaults } from './flow-faults.ts';
import { roleNames } from './privileges.ts';
import { isGroup, leafCount, walk } from './tree.ts';

/** The users, or the roles and groups, that steps are assigned to: the store is asked once which of them there are. */
export function assigned(root: BaseStep, type: AssigneeType): string[] {
  const ids = walk(root).flatMap(({ step }) => {
    const assignee = step.impl.step?.assignee;
    return assignee?.type === type ? [assignee.id] : [];
  });
  return [...new Set(ids)];
}

/**
 * @param further faults found elsewhere in the entry
 * @throws BadRequest (400, invalid-procedure) with every fault by step
 */
export function checkRunnable(root: BaseStep, ground: ActionGround, further: readonly string[] = []): void {
  if (leafCount(root) === 0) {
    throw new BadRequest(
      'invalid-procedure',
      'the template has no steps; add at least one with addStepModular before publishing',
    );
  }
  const inSteps = [
    ...walk(root).flatMap(({ step }) => assigneeFaults(step, ground).map(fault => ({ step, fault }))),
    ...wayFaults(root, ground),
    ...walk(root).flatMap(({ step }) =>
      isGroup(step) ? [] : actionFaults(step, ground).map(fault => ({ step, fault })),
    ),
  ];
  const faults = [...further, ...inSteps.map(({ step, fault }) => `"${step.title}" (${step.id}): ${fault}`)];
  if (faults.length === 0) return;
  throw new BadRequest('invalid-procedure', `the procedure cannot be run: ${faults.join('; ')}`, {
    faults: String(faults.length),
  });
}

function assigneeFaults(step: BaseStep, { members, groups }: Assignable): string[] {
  const assignee = step.impl.step?.assignee;
  if (!assignee) return [];
  if (assignee.type === AssigneeType.Role) return groupFaults('assignee', assignee.id, groups);
  return members.has(assignee.id) ? [] : [`assignee: no user ${assignee.id} works in this team`];
}

function groupFaults(field: string, id: string, groups: Assignable['groups']): string[] {
  switch (groups.get(id)) {
    case 'open':
      return [];
    case 'archived':
      return [`${field}: the role or group ${id} is archived; choose another`];
    default:
      return [
        `${field}: no role "${id}"; roles are ${roleNames.join(', ')}, and the team's own roles and groups by id`,
      ];
  }
}

/**
 * The people that a template's job defaults name, when they name some that jobs cannot be given to.
 */
export function defaultsFaults(
  { ownedBy, assignedType, assignedTo }: JobDefaults,
  { memberNames, groups }: Assignable,
): string[] {
  const known = (name: string) => memberNames.has(name) || memberNames.has(name.toLowerCase());
  const faults: string[] = [];
  if (ownedBy != null && !known(ownedBy)) faults.push(`defaults.ownedBy: no user "${ownedBy}" works in this team`);
  if (assignedType === AssignedType.User && !known(assignedTo ?? '')) {
    faults.push(`defaults.assignedTo: no user "${assignedTo ?? ''}" works in this team`);
  }
  if (assignedType === AssignedType.Group) faults.push(...groupFaults('defaults.assignedTo', assignedTo ?? '', groups));
  return faults;
}

/** The users that job defaults name, to be looked up. */
export const defaultUsers = ({ ownedBy, assignedType, assignedTo }: JobDefaults): string[] =>
  [ownedBy, assignedType === AssignedType.User ? assignedTo : undefined].flatMap(name =>
    name ? [name, name.toLowerCase()] : [],
  );

/** The groups that job defaults name. */
export const defaultGroups = ({ assignedType, assignedTo }: JobDefaults): string[] =>
  assignedType === AssignedType.Group && assignedTo ? [assignedTo] : [];

/**
 * What a step or group asks for and no engine runs yet is refused when it is written, not forgotten in silence.
 * @throws Unsupported (421)
 */
export function refuseUnsupported(root: BaseStep): void {
  for (const { step } of walk(root)) {
    if (step.isComponent || step.impl?.stepGroup?.sourceTemplate) {
      throw new Unsupported(
        'not-implemented',
        `"${step.title}": this server does not serve isComponent and sourceTemplate yet; leave them unset`,
        {
          stepId: step.id,
        },
      );
    }
  }
}
