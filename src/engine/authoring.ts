/**
 * Editing the content of a template: every edit is a new entry on top of the latest one, made by the holder of the lock. An edit
 * that changes nothing makes none.
 */

import { stringify } from 'safe-stable-stringify';
import { MAX_TEMPLATE_BYTES } from '#gen/common_types';
import type { JobDefaults } from '#gen/flow_types';
import type { BaseStep } from '#gen/step_types';
import { BadRequest, InvalidVersion, TemplateNotLocked } from '../base/errors.ts';
import { firstSteps } from '../domain/jobs.ts';
import { emptyRoot, leafCount } from '../domain/tree.ts';
import type { Transactor } from '../store/database.ts';
import type { Row } from '../store/schema.ts';
import type { TemplateRow } from '../store/templates.ts';
import type { Act } from './act.ts';

/** What an author edits: the content of an entry. */
export interface Content {
  readonly title: string;
  readonly descrip: string;
  readonly defaults: JobDefaults;
  readonly root: BaseStep;
}

export async function createTemplate(
  tx: Transactor,
  act: Act,
  teamId: string,
  typ: number,
  content: Omit<Content, 'root'>,
): Promise<string> {
  const templateId = act.ids.next();
  const root = emptyRoot(act.ids.next());
  await tx.templates.insertHead({
    team_id: teamId,
    template_id: templateId,
    typ,
    version: 1,
    publish_count: 0,
    published_internal_version: null,
    created_by: act.caller.userId,
    created_at: act.now,
    modified_at: act.now,
    revision: 1,
  });
  const { hash } = await tx.trees.save(teamId, root);
  await tx.templates.insertEntry(
    newEntry(act, { team_id: teamId, template_id: templateId, internal_version: 1 }, { ...content, root }, hash),
  );
  return templateId;
}

/**
 * @param edit the content as it shall be, given the content as it is; the same tree object when the tree stays
 * @returns the latest entry after the edit, with its tree
 * @throws TemplateNotLocked (600) when the caller's token does not hold the lock
 */
export async function editContent(
  tx: Transactor,
  act: Act,
  template: TemplateRow,
  edit: (content: Content) => Content,
): Promise<{ template: TemplateRow; root: BaseStep }> {
  const lock = await heldLock(tx, act, template);
  const held = { ...template, last_activity_at: lock.last_activity_at };
  const root = await tx.trees.tree(template.team_id, template.root_hash);
  const content = edit({
    title: template.title,
    descrip: template.descrip,
    defaults: JSON.parse(template.defaults),
    root,
  });
  const rootHash = content.root === root ? template.root_hash : await savedTree(tx, template.team_id, content.root);
  const key = { team_id: template.team_id, template_id: template.template_id, internal_version: template.version + 1 };
  const entry = newEntry(act, key, content, rootHash);
  if (sameContent(entry, template)) return { template: held, root };
  await tx.templates.changeHead(template, { version: entry.internal_version, modified_at: act.now });
  await tx.templates.insertEntry(entry);
  return {
    template: {
      ...held,
      ...entry,
      version: entry.internal_version,
      modified_at: act.now,
      revision: template.revision + 1,
    },
    root: content.root,
  };
}

/** @returns the root's hash. @throws BadRequest (400) when the tree has become too large for one answer */
async function savedTree(tx: Transactor, teamId: string, root: BaseStep): Promise<string> {
  const { hash, size } = await tx.trees.save(teamId, root);
  if (size <= MAX_TEMPLATE_BYTES) return hash;
  throw new BadRequest(
    'limit-exceeded',
    `the steps take ${size} bytes; those of a template may take ${MAX_TEMPLATE_BYTES}`,
    {
      limit: String(MAX_TEMPLATE_BYTES),
      found: String(size),
    },
  );
}

/** @throws InvalidVersion (420) when the caller expects another latest entry than there is */
export function checkExpectedVersion(template: TemplateRow, expected: number | null | undefined): void {
  if (expected == null || expected === template.version) return;
  throw new InvalidVersion(
    'version-conflict',
    `expectedVersion: ${expected}, but the latest entry is ${template.version}; read it and edit again`,
    {
      expected: String(expected),
      actual: String(template.version),
    },
  );
}

async function heldLock(
  tx: Transactor,
  act: Act,
  { team_id, template_id }: TemplateRow,
): Promise<Row<'template_locks'>> {
  const lock = await tx.templates.touchLock(team_id, template_id, act.caller.tokenId, act.now);
  if (lock) return lock;
  throw await notLocked(tx, act, team_id, template_id);
}

/** The refusal for a token without the lock: it says who has it, or how to get it. */
export async function notLocked(
  tx: Transactor,
  act: Act,
  teamId: string,
  templateId: string,
): Promise<TemplateNotLocked> {
  const holding = await tx.templates.lockHolding(teamId, templateId, act.now);
  return holding
    ? new TemplateNotLocked(
        'template-not-locked',
        `the lock is held by ${holding.holder.name}; wait for releaseLock or call forceAcquireLock`,
        {
          lockHolder: holding.holder.id,
        },
      )
    : new TemplateNotLocked('template-not-locked', 'this token does not hold the lock; call acquireLock first');
}

function newEntry(
  act: Act,
  key: Pick<Row<'template_entries'>, 'team_id' | 'template_id' | 'internal_version'>,
  content: Content,
  rootHash: string,
): Row<'template_entries'> {
  return {
    ...key,
    public_version: 0,
    published_version: 0,
    status: 'Unpublished',
    title: content.title,
    descrip: content.descrip,
    root_hash: rootHash,
    leaf_count: leafCount(content.root),
    first_steps: JSON.stringify(firstSteps(content.root)),
    defaults: stringify(content.defaults),
    author_id: act.caller.userId,
    authored_at: act.now,
    published_by: null,
    published_at: null,
  };
}

const sameContent = (entry: Row<'template_entries'>, latest: TemplateRow): boolean =>
  entry.root_hash === latest.root_hash &&
  entry.title === latest.title &&
  entry.descrip === latest.descrip &&
  entry.defaults === latest.defaults;
