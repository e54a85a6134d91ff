/**
 * Whether a tree can be run: what publishing asks before an entry becomes the approved way. Every fault is found, not just the
 * first, so that an author can mend them in one go.
 */

import type { BaseStep } from '#gen/step_types';
import { AssigneeType } from '#gen/step_types';
import { BadRequest, Unsupported } from '../base/errors.ts';
import { isRoleName } from './privileges.ts';
import { leafCount, walk } from './tree.ts';

/** The users that steps are assigned to: the store is asked once which of them work in the team. */
export function assignedUsers(root: BaseStep): string[] {
  const users = [...walk(root)].flatMap(({ step }) => {
    const assignee = step.impl.step?.assignee;
    return assignee?.type === AssigneeType.User ? [assignee.id] : [];
  });
  return [...new Set(users)];
}

/**
 * @param members ids of those of `assignedUsers` that work in the team
 * @throws BadRequest (400, invalid-procedure) with every fault by step; Unsupported (421) for flow that is not served yet
 */
export function checkRunnable(root: BaseStep, members: ReadonlySet<string>): void {
  if (leafCount(root) === 0) {
    throw new BadRequest(
      'invalid-procedure',
      'the template has no steps; add at least one with addStepModular before publishing',
    );
  }
  const faults = [...walk(root)].flatMap(({ step }) =>
    assigneeFaults(step, members).map(fault => `"${step.title}" (${step.id}): ${fault}`),
  );
  if (faults.length > 0) {
    throw new BadRequest('invalid-procedure', `the procedure cannot be run: ${faults.join('; ')}`, {
      faults: String(faults.length),
    });
  }
}

function assigneeFaults(step: BaseStep, members: ReadonlySet<string>): string[] {
  const assignee = step.impl.step?.assignee;
  if (!assignee) return [];
  if (assignee.type === AssigneeType.Role) {
    return isRoleName(assignee.id)
      ? []
      : [`assignee: no role ${assignee.id}; roles are ADMIN, AUTHOR, JOBCREATOR, EXECUTOR`];
  }
  return members.has(assignee.id) ? [] : [`assignee: no user ${assignee.id} works in this team`];
}

/**
 * Flow that a step or group asks for and the engine does not run yet is refused when it is written, not forgotten in silence.
 * @throws Unsupported (421)
 */
export function refuseUnsupportedFlow(root: BaseStep): void {
  for (const { step } of walk(root)) {
    const flow = step.flow;
    if (!flow) continue;
    const asked = [
      flow.action != null && flow.action.manual == null && 'action (other than manual)',
      flow.automatic && 'automatic',
      flow.join != null && 'join',
      flow.condition && 'condition',
      (flow.paths ?? []).length > 0 && 'paths',
    ].filter(Boolean);
    if (asked.length > 0) {
      throw new Unsupported(
        'not-implemented',
        `flow of "${step.title}": this server does not run ${asked.join(', ')} yet; manual steps in sequential and parallel groups, canSkip and proceedNext are`,
        { stepId: step.id },
      );
    }
  }
}
