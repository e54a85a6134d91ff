/**
 * Publishing: an entry of a template becomes the approved way that jobs are made from; and the review that comes before it where a
 * team wants one.
 *
 *   Unpublished -- publish, in a team without review flow --> Published
 *   Unpublished -- beginReview --> InReview -- endReview --> Unpublished, with a publicVersion -- publishVersion --> Published
 *
 * While the latest entry is InReview, its content is fixed. Several entries can be Published: the current one was published last.
 */
import { type JobDefaults, PathAssignment } from '#gen/flow_types';
import { NotificationType } from '#gen/notifications_types';
import { AssigneeType } from '#gen/step_types';
import { InvalidVersion, NoChange, WrongState } from '../base/errors.ts';
import { type CreatableTemplate, createdFrom, notifiedGroups, notifiedUsers } from '../domain/action-faults.ts';
import { namedInPaths } from '../domain/flow-faults.ts';
import { assigned, checkRunnable, defaultGroups, defaultsFaults, defaultUsers } from '../domain/procedure.ts';
import { PropertyTables } from '../domain/properties/tables.ts';
import { jobNamesOf } from '../domain/team-config.ts';
import type { Transactor } from '../store/database.ts';
import type { TemplateRow } from '../store/templates.ts';
import type { Act } from './act.ts';
import { inReview, refuseArchived, refuseFixed } from './editable.ts';
import { emitOne } from './events.ts';
import { keepTitles } from './job-texts.ts';
import { resolveGroups } from './naming.ts';
import { requireMetadata } from './required-metadata.ts';
import { conditionFields } from './sight.ts';

/**
 * Publishes the latest entry.
 * @returns the entry as published
 * @throws NoChange (414) when it is published already; WrongState (413) in review, and in a team with review flow; BadRequest (400,
 * invalid-procedure) when it cannot be run; MissingMetadata (472); ResourceArchived (601), NotAllowed (550)
 */
export async function publish(
  tx: Transactor,
  act: Act,
  template: TemplateRow,
  reviewRequired: boolean,
): Promise<TemplateRow> {
  refuseArchived(template);
  refuseFixed(template);
  if (template.status === 'Published') throw alreadyPublished(template);
  if (template.status === 'InReview') throw inReview(template);
  if (reviewRequired) {
    throw new WrongState(
      'review-required',
      'this team requires review: call beginReview, endReview, and then publishVersion with the version that beginReview returned',
    );
  }
  const greatest = await tx.templates.greatestPublicVersion(template.team_id, template.template_id);
  return markPublished(tx, act, template, greatest + 1);
}

/**
 * Publishes the entry with a public version, which a review gave it.
 * @param entry that entry, with the head; undefined when there is none
 * @throws as `publish`; InvalidVersion (420)
 */
export async function publishVersion(
  tx: Transactor,
  act: Act,
  latest: TemplateRow,
  entry: TemplateRow | undefined,
  publicVersion: number,
): Promise<TemplateRow> {
  refuseArchived(latest);
  refuseFixed(latest);
  if (!entry) throw versionNotFound(publicVersion);
  if (entry.status === 'Published') throw alreadyPublished(entry);
  if (entry.status === 'InReview') throw inReview(entry);
  return markPublished(tx, act, entry, publicVersion);
}

export const versionNotFound = (publicVersion: number): InvalidVersion =>
  new InvalidVersion(
    'version-not-found',
    `publicVersion: no entry has the public version ${publicVersion}; drafts of fetch lists what there is`,
    { publicVersion: String(publicVersion) },
  );

const alreadyPublished = ({ internal_version, public_version }: TemplateRow): NoChange =>
  new NoChange(
    'already-published',
    `entry ${internal_version} is published already, as version ${public_version}; edit it before publishing again`,
    { publicVersion: String(public_version) },
  );

async function markPublished(
  tx: Transactor,
  act: Act,
  entry: TemplateRow,
  publicVersion: number,
): Promise<TemplateRow> {
  await checkProcedure(tx, entry);
  const mark = {
    status: 'Published',
    public_version: publicVersion,
    published_version: entry.publish_count + 1,
    published_by: act.caller.userId,
    published_at: act.now,
  };
  const head = {
    publish_count: mark.published_version,
    published_internal_version: entry.internal_version,
    modified_at: act.now,
    ...(entry.internal_version === entry.version && { latest_status: mark.status }),
  };
  await tx.templates.changeHead(entry, head);
  await tx.templates.markEntry(entry, mark);
  await emitOne(tx, act, entry, NotificationType.TemplatePublished, versions({ ...entry, ...mark }));
  await keepTitles(tx, entry);
  return {
    ...entry,
    ...head,
    ...mark,
    revision: entry.revision + 1,
    last_published_by: mark.published_by,
    last_published_at: mark.published_at,
    last_published_public_version: mark.public_version,
  };
}

async function checkProcedure(tx: Transactor, entry: TemplateRow): Promise<void> {
  const root = await tx.trees.tree(entry.team_id, entry.root_hash);
  const defaults: JobDefaults = JSON.parse(entry.defaults);
  const pathUsers = namedInPaths(root, PathAssignment.User).flatMap(name => [name, name.toLowerCase()]);
  const told = notifiedUsers(root).flatMap(name => [name, name.toLowerCase()]);
  const users = [...assigned(root, AssigneeType.User), ...pathUsers, ...told, ...defaultUsers(defaults)];
  const members = users.length === 0 ? [] : await tx.people.membersNamed(entry.team_id, users);
  const groups = await resolveGroups(tx, entry.team_id, [
    ...assigned(root, AssigneeType.Role),
    ...namedInPaths(root, PathAssignment.Group),
    ...notifiedGroups(root),
    ...defaultGroups(defaults),
  ]);
  const { statuses, priorities } = jobNamesOf(entry.team_config);
  const ground = {
    groups,
    members: new Set(members.map(member => member.user_id)),
    memberNames: new Set(members.flatMap(member => [member.user_id, member.email])),
    statuses,
    priorities,
    templates: await creatable(tx, entry, createdFrom(root)),
    fields: conditionFields(PropertyTables.of(entry.property_tables)),
  };
  checkRunnable(root, ground, defaultsFaults(defaults, ground));
  await requireMetadata(tx, entry, root);
}

/** Those of the team. No statement where steps create no jobs, else two. */
async function creatable(
  tx: Transactor,
  entry: TemplateRow,
  templateIds: readonly string[],
): Promise<ReadonlyMap<string, CreatableTemplate>> {
  if (templateIds.length === 0) return new Map();
  const found = await tx.templates.entries([entry.team_id], templateIds, 'latest');
  const published = await tx.templates.entries([entry.team_id], templateIds, 'published');
  // This one is published in a moment, as it is.
  const tables = new Map(
    [...published, entry].map(({ template_id, property_tables }) => [template_id, property_tables]),
  );
  return new Map(
    found.map(({ template_id, archived_at }) => [
      template_id,
      {
        isPublished: tables.has(template_id),
        isArchived: archived_at !== null,
        fields: conditionFields(PropertyTables.of(tables.get(template_id) ?? null)).ofSteps,
      },
    ]),
  );
}

/**
 * Puts the latest entry into review.
 * @returns the entry in review, with its public version: a new one, or that of an earlier review
 * @throws NoChange (414) when it is in review; WrongState (413) when it is published, or another token holds the lock;
 * ResourceArchived (601), NotAllowed (550)
 */
export async function beginReview(tx: Transactor, act: Act, template: TemplateRow): Promise<TemplateRow> {
  refuseArchived(template);
  refuseFixed(template);
  const { team_id, template_id, public_version } = template;
  if (template.status === 'InReview')
    throw new NoChange('already-in-review', `the template is in review already, as version ${public_version}`, {
      publicVersion: String(public_version),
    });
  if (template.status === 'Published')
    throw new WrongState(
      'template-published',
      `the latest entry is published, as version ${public_version}; edit it before its review`,
      { publicVersion: String(public_version) },
    );
  const publicVersion = public_version || (await tx.templates.greatestPublicVersion(team_id, template_id)) + 1;
  const changed = await changeStatus(tx, act, template, { status: 'InReview', public_version: publicVersion });
  // Behind the change of the head: whoever takes the lock meanwhile waits for it, and is refused.
  const holding = await tx.locks.lockHolding(team_id, template_id, act.now);
  if (holding && holding.tokenId !== act.caller.tokenId)
    throw new WrongState(
      'locked-by-other',
      `${holding.holder.name} is editing this template; wait for releaseLock, or take the lock with forceAcquireLock`,
      { lockHolder: holding.holder.id },
    );
  await emitOne(tx, act, changed, NotificationType.TemplateReviewBegun, versions(changed));
  return changed;
}

/** Ends the review, whatever its outcome. @throws WrongState (413) without one; ResourceArchived (601) */
export async function endReview(tx: Transactor, act: Act, template: TemplateRow): Promise<TemplateRow> {
  refuseArchived(template);
  if (template.status !== 'InReview')
    throw new WrongState('not-in-review', `the latest entry is ${template.status}; beginReview begins a review`);
  const changed = await changeStatus(tx, act, template, { status: 'Unpublished' });
  await tx.locks.releaseLock(template.team_id, template.template_id);
  await emitOne(tx, act, changed, NotificationType.TemplateReviewEnded, versions(changed));
  return changed;
}

const versions = ({ internal_version, public_version }: TemplateRow) => ({
  internalVersion: internal_version,
  publicVersion: public_version,
});

async function changeStatus(
  tx: Transactor,
  act: Act,
  template: TemplateRow,
  mark: { readonly status: string; readonly public_version?: number },
): Promise<TemplateRow> {
  const head = { modified_at: act.now, reviewed_at: act.now, latest_status: mark.status };
  await tx.templates.changeHead(template, head);
  await tx.templates.markEntry(template, mark);
  return { ...template, ...head, ...mark, revision: template.revision + 1 };
}
