/** Making, reading and renaming tags. Members read them; who may edit templates makes and renames them. */
import { MAX_TAGS_PER_TEAM } from '#gen/common_types';
import type { Tag } from '#gen/tag_types';
import { BadRequest, NotFound } from '../../base/errors.ts';
import { sameName } from '../../base/text.ts';
import { requireMember, requirePrivilege, teamsOf } from '../../domain/privileges.ts';
import { audit } from '../../engine/audit.ts';
import type { Reader, Store, Transactor } from '../../store/database.ts';
import type { Row } from '../../store/schema.ts';
import type { Call } from '../call.ts';
import * as checks from '../checks.ts';

export async function index(store: Store, call: Call, teamId: string): Promise<Tag[]> {
  requireMember(call.caller, teamId);
  const tags = await store.read(reader => reader.tags.tagsOf(teamId));
  return tags.map(toTag).sort((a, b) => a.name.localeCompare(b.name));
}

export const get = async (store: Store, call: Call, tagId: string): Promise<Tag> =>
  toTag(await store.read(reader => visible(reader, call, tagId)));

export function create(store: Store, call: Call, sent: string, teamId: string): Promise<Tag> {
  const name = checks.name('name', sent);
  requirePrivilege(call.caller, teamId, 'templateEdit');
  return store.transact(async tx => {
    await tx.people.lockTeam(teamId);
    await refuseTaken(tx, teamId, name);
    await refuseOneMore(tx, teamId);
    const tag = { team_id: teamId, tag_id: call.ids.next(), name, name_key: sameName(name) };
    await tx.tags.insertTag(tag);
    await audit(tx, call, teamId, 'tag.created', tag.tag_id, { name });
    return toTag(tag);
  });
}

export function update(store: Store, call: Call, tagId: string, sent: string): Promise<void> {
  const name = checks.name('name', sent);
  return store.transact(async tx => {
    const { team_id: teamId } = await visible(tx, call, tagId);
    requirePrivilege(call.caller, teamId, 'templateEdit');
    await tx.people.lockTeam(teamId);
    // Behind the lock: what was read before it may have been renamed since.
    const tag = await visible(tx, call, tagId);
    if (tag.name === name) return;
    await refuseTaken(tx, teamId, name, tagId);
    await tx.tags.renameTag({ ...tag, name, name_key: sameName(name) });
    await audit(tx, call, teamId, 'tag.renamed', tagId, { from: tag.name, to: name });
  });
}

/** @throws NotFound (404) */
async function visible(reader: Reader, call: Call, tagId: string): Promise<Row<'tags'>> {
  const tag = await reader.tags.tag(teamsOf(call.caller), tagId);
  if (tag) return tag;
  throw new NotFound('tag-not-found', `tagId: no tag ${tagId} in your teams; index of the tag service lists them`, {
    tagId,
  });
}

/** @throws BadRequest (400) when another tag has the name */
async function refuseTaken(tx: Transactor, teamId: string, name: string, ownId?: string): Promise<void> {
  const taken = await tx.tags.tagNamed(teamId, sameName(name));
  if (!taken || taken.tag_id === ownId) return;
  throw new BadRequest(
    'duplicate-name',
    `name: the team has the tag "${taken.name}" (${taken.tag_id}) already; use that one, or choose another name`,
    { name: taken.name, tagId: taken.tag_id },
  );
}

async function refuseOneMore(tx: Transactor, teamId: string): Promise<void> {
  const found = await tx.tags.tagCount(teamId);
  if (found < MAX_TAGS_PER_TEAM) return;
  throw new BadRequest(
    'limit-exceeded',
    `teamId: the team has ${found} tags, as many as it can; rename one that is no longer used`,
    { limit: String(MAX_TAGS_PER_TEAM), found: String(found) },
  );
}

const toTag = ({ team_id, tag_id, name }: Row<'tags'>): Tag => ({ id: tag_id, teamId: team_id, name });
