/** Tags on a template: they belong to the template, not to an entry. */
import { MAX_TAGS_PER_TEMPLATE, MAX_TITLE_LENGTH } from '#gen/common_types';
import type { TemplateTag } from '#gen/job_template_types';
import { BadRequest, NotFound } from '../../base/errors.ts';
import { bounded } from '../../domain/limits.ts';
import { refuseArchived, refuseFixed } from '../../engine/editable.ts';
import type { Store, Transactor } from '../../store/database.ts';
import type { Call } from '../call.ts';
import { idList } from '../checks.ts';
import { permitted, visible } from './access.ts';
import { tagsOf } from './encoding.ts';

/** By name. */
export const getTags = (store: Store, call: Call, templateId: string): Promise<TemplateTag[]> =>
  store.read(async reader => {
    const template = await visible(reader, call, templateId);
    return (await tagsOf(reader, [template.team_id], [template])).get(templateId) ?? [];
  });

export function updateTags(
  store: Store,
  call: Call,
  templateId: string,
  added: TemplateTag[],
  removedTagIds: string[],
): Promise<void> {
  const removed = idList('removedTagIds', removedTagIds);
  const tagIds = idList(
    'added',
    added.map(({ tagId }) => tagId),
  );
  const both = removed.find(id => tagIds.includes(id));
  if (both !== undefined)
    throw new BadRequest('invalid-argument', `removedTagIds: ${both} is in added too; add it or take it away`, {
      tagId: both,
    });
  const comments = new Map(
    added.map(({ tagId, comment }) => [tagId, comment && bounded('added.comment', comment, MAX_TITLE_LENGTH)]),
  );
  return store.transact(async tx => {
    const template = await permitted(tx, call, templateId, 'templateEdit');
    refuseArchived(template);
    refuseFixed(template);
    const { team_id: teamId } = template;
    // Who adds others meanwhile waits: together they keep to the limit.
    await tx.people.lockTeam(teamId);
    await checkTags(tx, teamId, tagIds);
    await tx.library.removeTags(teamId, templateId, removed);
    await tx.library.writeTags(
      teamId,
      templateId,
      tagIds.map(tag_id => ({ tag_id, comment: comments.get(tag_id) || null })),
    );
    await refuseTooMany(tx, teamId, templateId);
  });
}

/** @throws NotFound (404) */
async function checkTags(tx: Transactor, teamId: string, tagIds: readonly string[]): Promise<void> {
  if (tagIds.length === 0) return;
  const found = new Set((await tx.tags.tagsById(teamId, tagIds)).map(tag => tag.tag_id));
  const missing = tagIds.find(id => !found.has(id));
  if (missing === undefined) return;
  throw new NotFound('tag-not-found', `added: the team has no tag ${missing}; index of the tag service lists them`, {
    tagId: missing,
  });
}

async function refuseTooMany(tx: Transactor, teamId: string, templateId: string): Promise<void> {
  const found = (await tx.library.tagsOf([teamId], [templateId])).length;
  if (found <= MAX_TAGS_PER_TEMPLATE) return;
  throw new BadRequest(
    'limit-exceeded',
    `added: the template would have ${found} tags; at most ${MAX_TAGS_PER_TEMPLATE}`,
    {
      limit: String(MAX_TAGS_PER_TEMPLATE),
      found: String(found),
    },
  );
}
