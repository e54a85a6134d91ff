/**
 * Editing the content of a template: every edit is a new entry on top of the latest one, made by the holder of the lock. An edit
 * that changes nothing makes none.
 */

import { MAX_TEMPLATE_BYTES } from '#gen/common_types';
import type { ExtendedPropertyTable, JobDefaults } from '#gen/flow_types';
import type { MetadataValue } from '#gen/metadata_types';
import { NotificationType } from '#gen/notifications_types';
import type { BaseStep } from '#gen/step_types';
import { canonicalJson } from '../base/canonical-json.ts';
import { BadRequest, InvalidVersion, TemplateNotLocked } from '../base/errors.ts';
import { sameName, sortKey, textKey } from '../base/text.ts';
import { firstSteps } from '../domain/jobs.ts';
import { optionIds } from '../domain/metadata.ts';
import type { StoredMetadata } from '../domain/references.ts';
import { leafCount } from '../domain/tree.ts';
import type { Transactor } from '../store/database.ts';
import type { Row } from '../store/schema.ts';
import type { TemplateRow } from '../store/templates.ts';
import type { Act } from './act.ts';
import { refuseFixedContent } from './editable.ts';
import { emitOne } from './events.ts';

/** What an author edits: the content of an entry. */
export interface Content {
  readonly title: string;
  readonly descrip: string;
  readonly defaults: JobDefaults;
  /** Of the jobs; empty for none. */
  readonly propertyTables: readonly ExtendedPropertyTable[];
  readonly metadata: StoredMetadata;
  /** Ids, in order. */
  readonly documents: readonly string[];
  readonly root: BaseStep;
}

/** A template that begins. */
export interface Beginning {
  readonly teamId: string;
  readonly typ: number;
  readonly content: Content;
  /** Its team's settings, as they are stored. */
  readonly teamConfig: string;
  /** Of a local template: the global one, and which of its publications the content is from. */
  readonly source?: { readonly templateId: string; readonly version: number };
}

/** @returns it with its first entry, as it would be read */
export async function createTemplate(
  tx: Transactor,
  act: Act,
  { teamId, typ, content, teamConfig, source }: Beginning,
): Promise<TemplateRow> {
  const key = { team_id: teamId, template_id: act.ids.next() };
  const { hash } = await tx.trees.save(teamId, content.root);
  const entry = newEntry(act, { ...key, internal_version: 1 }, content, hash);
  const head = {
    ...key,
    typ,
    version: 1,
    publish_count: 0,
    published_internal_version: null,
    created_by: act.caller.userId,
    created_at: act.now,
    modified_at: act.now,
    archived_at: null,
    reviewed_at: null,
    ...unmarked,
    source_template_id: source?.templateId ?? null,
    source_version: source?.version ?? null,
    ...factsOf(entry, content.root),
    revision: 1,
  };
  await tx.templates.insertHead(head);
  await tx.templates.insertEntry(entry);
  await makeFindable(tx, entry, content.metadata);
  await emitOne(tx, act, key, NotificationType.TemplateCreated);
  return { ...head, ...entry, ...neverPublished, ...unlocked, team_config: teamConfig };
}

const neverPublished = {
  last_published_by: null,
  last_published_at: null,
  last_published_public_version: null,
};

const unlocked = {
  lock_token_id: null,
  lock_user_id: null,
  lock_user_email: null,
  lock_user_name: null,
  lock_user_created_at: null,
  lock_expires_at: null,
  locked_at: null,
  last_activity_at: null,
};

const unmarked = { read_only: 0, global: 0, archive_disabled: 0, system: 0 };

/** What queries ask of the latest entry. */
const factsOf = (entry: Row<'template_entries'>, root: BaseStep) => ({
  title_key: sortKey(entry.title),
  latest_author_id: entry.author_id,
  latest_authored_at: entry.authored_at,
  latest_status: entry.status,
  category_id: root.impl.stepGroup?.headers?.category?.id ?? null,
});

/** The content of an entry. */
export const contentOf = (template: TemplateRow, root: BaseStep): Content => ({
  title: template.title,
  descrip: template.descrip,
  defaults: JSON.parse(template.defaults),
  propertyTables: template.property_tables === null ? [] : JSON.parse(template.property_tables),
  metadata: JSON.parse(template.metadata),
  documents: JSON.parse(template.documents),
  root,
});

/**
 * @param edit the content as it shall be, given the content as it is; the same tree object when the tree stays
 * @returns the latest entry after the edit, with its tree
 * @throws ResourceArchived (601), NotAllowed (550), WrongState (413) where content is fixed; TemplateNotLocked (600) when the
 * caller's token does not hold the lock
 */
export async function editContent(
  tx: Transactor,
  act: Act,
  template: TemplateRow,
  edit: (content: Content) => Content | Promise<Content>,
): Promise<{ template: TemplateRow; root: BaseStep }> {
  refuseFixedContent(template);
  const lock = await heldLock(tx, act, template);
  const held = { ...template, last_activity_at: lock.last_activity_at };
  const root = await tx.trees.tree(template.team_id, template.root_hash);
  const content = await edit(contentOf(template, root));
  const rootHash = content.root === root ? template.root_hash : await savedTree(tx, template.team_id, content.root);
  const key = { team_id: template.team_id, template_id: template.template_id, internal_version: template.version + 1 };
  const entry = newEntry(act, key, content, rootHash);
  if (sameContent(entry, template)) return { template: held, root };
  const head = { version: entry.internal_version, modified_at: act.now, ...factsOf(entry, content.root) };
  await tx.templates.changeHead(template, head);
  await tx.templates.insertEntry(entry);
  await makeFindable(tx, entry, content.metadata, template);
  await emitOne(tx, act, key, NotificationType.TemplateUpdated, { internalVersion: entry.internal_version });
  return { template: { ...held, ...entry, ...head, revision: template.revision + 1 }, root: content.root };
}

/** Writes what queries find the latest entry by. @param before the entry that was the latest */
async function makeFindable(
  tx: Transactor,
  entry: Row<'template_entries'>,
  metadata: StoredMetadata,
  before?: Row<'template_entries'>,
): Promise<void> {
  const { team_id, template_id, title, descrip } = entry;
  if (title !== before?.title || descrip !== before.descrip)
    await tx.library.writeText(team_id, template_id, textKey(`${title}\n${descrip}`));
  if (entry.metadata !== (before?.metadata ?? '{}'))
    await tx.library.writeMetadata(team_id, template_id, findableMetadata(metadata));
}

/** What queries find a template by of its metadata. */
export const findableMetadata = (metadata: StoredMetadata) =>
  Object.entries(metadata).flatMap(([metadata_id, { value }]) =>
    searchable(value).map(found => ({ metadata_id, ...found })),
  );

function searchable(value: MetadataValue): { option_id: string; text_key: string | null; number: number | null }[] {
  const ids = optionIds(value);
  if (ids.length > 0) return ids.map(option_id => ({ option_id, text_key: null, number: null }));
  const number = value.number ?? value.date;
  const text_key = value.text == null ? null : sameName(value.text);
  return [{ option_id: '', text_key, number: number == null ? null : Number(number) }];
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
export function checkExpectedVersion(
  template: TemplateRow,
  expected: number | null | undefined,
  field = 'expectedVersion',
): void {
  if (expected == null || expected === template.version) return;
  throw new InvalidVersion(
    'version-conflict',
    `${field}: ${expected}, but the latest entry is ${template.version}; read it and edit again`,
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
  const lock = await tx.locks.touchLock(team_id, template_id, act.caller.tokenId, act.now);
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
  const holding = await tx.locks.lockHolding(teamId, templateId, act.now);
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
    root_id: content.root.id,
    leaf_count: leafCount(content.root),
    first_steps: JSON.stringify(firstSteps(content.root) ?? null),
    defaults: canonicalJson(content.defaults),
    property_tables: content.propertyTables.length > 0 ? canonicalJson(content.propertyTables) : null,
    metadata: canonicalJson(content.metadata),
    documents: JSON.stringify(content.documents),
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
  entry.defaults === latest.defaults &&
  entry.property_tables === latest.property_tables &&
  entry.metadata === latest.metadata &&
  entry.documents === latest.documents;
