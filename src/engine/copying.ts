/** Templates made of others, and content made of earlier content: nothing is copied but the entry's row, since trees are shared. */
import { type Assignee, AssigneeType, type BaseStep } from '#gen/step_types';
import { NoChange, NotAllowed, ResourceArchived, RevertDisallowed } from '../base/errors.ts';
import { andMore, MOST_NAMED } from '../base/text.ts';
import { assigned } from '../domain/procedure.ts';
import { walk } from '../domain/tree.ts';
import { ownerKinds } from '../store/attributes.ts';
import type { Transactor } from '../store/database.ts';
import type { TemplateRow } from '../store/templates.ts';
import type { Act } from './act.ts';
import { type Beginning, contentOf, createTemplate, editContent, notLocked } from './authoring.ts';
import { refuseArchived, refuseFixed } from './editable.ts';
import { resolveGroups } from './naming.ts';

/**
 * A template with the content of an entry, and with the tags and attribute values of its template: who could not see the one does not
 * see the other.
 * @throws ResourceArchived (601) when steps are assigned to an archived role
 */
export async function copyTemplate(
  tx: Transactor,
  act: Act,
  entry: TemplateRow,
  source?: Beginning['source'],
): Promise<TemplateRow> {
  const { team_id: teamId, template_id, typ, team_config: teamConfig } = entry;
  const root = await tx.trees.tree(teamId, entry.root_hash);
  await refuseArchivedRoles(tx, teamId, root);
  const content = contentOf(entry, root);
  const copy = await createTemplate(tx, act, { teamId, typ, content, teamConfig, ...(source && { source }) });
  const values = await tx.attributes.carried([teamId], ownerKinds.template, [template_id]);
  if (values.length > 0)
    await tx.attributes.add(
      { team_id: teamId, owner_kind: ownerKinds.template, owner_id: copy.template_id },
      values.map(({ attribute_id, value_id }) => ({ attribute_id, value_id })),
    );
  const tags = await tx.library.tagsOf([teamId], [template_id]);
  const copies = tags.map(({ tag_id, comment }) => ({ tag_id, comment }));
  if (copies.length > 0) await tx.library.writeTags(teamId, copy.template_id, copies);
  return copy;
}

async function refuseArchivedRoles(tx: Transactor, teamId: string, root: BaseStep): Promise<void> {
  const groups = await resolveGroups(tx, teamId, assigned(root, AssigneeType.Role));
  const isArchived = (assignee: Assignee | undefined) =>
    assignee?.type === AssigneeType.Role && groups.get(assignee.id) === 'archived';
  const steps = walk(root)
    .map(({ step }) => step)
    .filter(step => isArchived(step.impl.step?.assignee));
  if (steps.length === 0) return;
  const named = steps.map(step => `"${step.title}" (${step.id}) to ${step.impl.step!.assignee!.id}`);
  throw new ResourceArchived(
    'role-archived',
    `steps are assigned to archived roles or groups: ${andMore(named)}; assign them anew, or unarchive the role`,
    {
      stepIds: steps
        .map(({ id }) => id)
        .slice(0, MOST_NAMED)
        .join(','),
      roleIds: [...new Set(steps.map(step => step.impl.step!.assignee!.id))].slice(0, MOST_NAMED).join(','),
    },
  );
}

/**
 * A local template of a global one.
 * @param published its current published entry; undefined when it has none
 * @throws NotAllowed (550), ResourceArchived (601)
 */
export async function copyToLocal(
  tx: Transactor,
  act: Act,
  latest: TemplateRow,
  published: TemplateRow | undefined,
): Promise<TemplateRow> {
  refuseArchived(latest);
  refuseFixed(latest);
  const { template_id: templateId, title } = latest;
  if (latest.global !== 1 || !published)
    throw new NotAllowed(
      'not-allowed',
      latest.global === 1
        ? `the global template "${title}" was never published; publish it first`
        : `the template "${title}" is not global; mark it with updateMarks, or clone it`,
      { templateId },
    );
  return copyTemplate(tx, act, published, { templateId, version: published.published_version });
}

/**
 * Makes the content of an earlier entry the latest one.
 * @throws NoChange (414), RevertDisallowed (440), and as editContent
 */
export async function revert(tx: Transactor, act: Act, latest: TemplateRow, earlier: TemplateRow): Promise<void> {
  if (earlier.internal_version === latest.internal_version)
    throw new NoChange('already-latest', `internalVersion: ${latest.internal_version} is the latest entry already`, {
      internalVersion: String(latest.internal_version),
    });
  refuseArchived(latest);
  refuseFixed(latest);
  if (latest.status === 'InReview')
    throw new RevertDisallowed('revert-disallowed', 'the template is in review; endReview first', {
      reason: 'in-review',
    });
  const holding = await tx.locks.lockHolding(latest.team_id, latest.template_id, act.now);
  if (holding && holding.tokenId !== act.caller.tokenId)
    throw new RevertDisallowed(
      'revert-disallowed',
      `${holding.holder.name} is editing this template; wait for releaseLock, or take the lock with forceAcquireLock`,
      { reason: 'locked-by-other', lockHolder: holding.holder.id },
    );
  if (!holding) throw await notLocked(tx, act, latest.team_id, latest.template_id);
  const root = await tx.trees.tree(earlier.team_id, earlier.root_hash);
  await editContent(tx, act, latest, () => contentOf(earlier, root));
}
