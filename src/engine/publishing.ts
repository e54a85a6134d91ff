/** Publishing: the latest entry of a template becomes the approved way that jobs are made from. */
import type { JobDefaults } from '#gen/flow_types';
import { AssigneeType } from '#gen/step_types';
import { NoChange, WrongState } from '../base/errors.ts';
import { assigned, checkRunnable, defaultGroups, defaultsFaults, defaultUsers } from '../domain/procedure.ts';
import type { Transactor } from '../store/database.ts';
import type { TemplateRow } from '../store/templates.ts';
import type { Act } from './act.ts';
import { resolveGroups } from './naming.ts';

/**
 * @returns the entry as published
 * @throws NoChange (414) when the latest entry is published already; WrongState (413) in a team with review flow; BadRequest (400,
 * invalid-procedure) when it cannot be run
 */
export async function publish(
  tx: Transactor,
  act: Act,
  template: TemplateRow,
  reviewRequired: boolean,
): Promise<TemplateRow> {
  if (template.status === 'Published') {
    throw new NoChange(
      'already-published',
      `entry ${template.version} is published already, as version ${template.public_version}; edit it before publishing again`,
      {
        publicVersion: String(template.public_version),
      },
    );
  }
  if (reviewRequired) {
    throw new WrongState(
      'review-required',
      'this team requires review: call beginReview, endReview, and then publishVersion with the version that beginReview returned',
    );
  }
  await checkProcedure(tx, template);
  const mark = {
    public_version: (await tx.templates.greatestPublicVersion(template.team_id, template.template_id)) + 1,
    published_version: template.publish_count + 1,
    published_by: act.caller.userId,
    published_at: act.now,
  };
  const head = {
    publish_count: mark.published_version,
    published_internal_version: template.internal_version,
    modified_at: act.now,
  };
  await tx.templates.changeHead(template, head);
  await tx.templates.markPublished(template, mark);
  return {
    ...template,
    ...head,
    ...mark,
    status: 'Published',
    revision: template.revision + 1,
    last_published_by: mark.published_by,
    last_published_at: mark.published_at,
    last_published_public_version: mark.public_version,
  };
}

async function checkProcedure(tx: Transactor, template: TemplateRow): Promise<void> {
  const root = await tx.trees.tree(template.team_id, template.root_hash);
  const defaults: JobDefaults = JSON.parse(template.defaults);
  const users = [...assigned(root, AssigneeType.User), ...defaultUsers(defaults)];
  const members = users.length === 0 ? [] : await tx.people.membersNamed(template.team_id, users);
  const groups = await resolveGroups(tx, template.team_id, [
    ...assigned(root, AssigneeType.Role),
    ...defaultGroups(defaults),
  ]);
  const byId = { groups, members: new Set(members.map(member => member.user_id)) };
  const byName = { groups, members: new Set([...byId.members, ...members.map(member => member.email)]) };
  checkRunnable(root, byId, defaultsFaults(defaults, byName));
}
