/**
 * Templates: from rows and trees to the structs of the interface. Times go out in Unix seconds. Handlers return plain objects in
 * the structs' shape, which are written as they are.
 */

import type { Document } from '#gen/document_types';
import type { ExtendedPropertyTable, JobDefaults } from '#gen/flow_types';
import {
  type JobTemplate,
  type JobTemplateLock,
  type JobTemplateModular,
  JobTemplateStatus,
  type TemplateDraft,
  type TemplateTag,
} from '#gen/job_template_types';
import type { BaseStep } from '#gen/step_types';
import { toSeconds } from '../../base/clock.ts';
import type { LockHolding } from '../../base/errors.ts';
import { namesIn } from '../../domain/references.ts';
import { derived } from '../../domain/tree.ts';
import type { TeamWithOwner } from '../../store/people.ts';
import type { Row } from '../../store/schema.ts';
import type { TemplateRow } from '../../store/templates.ts';
import type { Call } from '../call.ts';
import { toTeam } from '../teams/wire.ts';
import { filledTree, metadataById, type Things } from './things.ts';

/** Statuses as rows and JobTemplate spell them, and as JobTemplateModular numbers them. */
const statuses: Readonly<Record<string, JobTemplateStatus>> = {
  Published: JobTemplateStatus.PUBLISHED,
  Unpublished: JobTemplateStatus.UNPUBLISHED,
  InReview: JobTemplateStatus.IN_REVIEW,
};

/** What an entry is shown with, beside its row. */
export interface Shown {
  readonly things: Things;
  readonly tags: readonly TemplateTag[];
  /** Of a local template: the current publication of its source. */
  readonly sourceVersion: number | undefined;
}

export function toJobTemplate(
  template: TemplateRow,
  root: BaseStep,
  team: TeamWithOwner,
  shown: Shown,
  call: Call,
): JobTemplate {
  const { things, tags } = shown;
  const metadata = metadataOf(template, things, root);
  return {
    id: template.template_id,
    title: template.title,
    version: template.internal_version,
    publicVersion: template.public_version,
    stepGroup: filledTree(derived(root, template.title), things),
    status: template.status,
    descrip: template.descrip,
    team: toTeam(team),
    metadataEntry: Object.values(metadata),
    UNSUPPORTEDdocumentEmailAddress: '',
    documents: documentsOf(template, things),
    archivedAt: toSeconds(template.archived_at ?? 0),
    lastAuthor: template.author_id,
    system: template.system === 1,
    locked: lockOf(template, call),
    lastAuthoredAt: toSeconds(template.authored_at),
    publishedAt: toSeconds(template.published_at ?? 0),
    lastPublishedAt: lastPublishedAt(template),
    templateTags: [...tags],
    metadataById: metadata,
    publishedVersion: template.published_version,
    typ: template.typ,
    lastPublishedBy: template.last_published_by ?? undefined,
    ...marksOf(template),
    defaults: defaultsOf(template),
    extendedPropertyTables: tablesOf(template),
    ...sourceOf(template),
  };
}

const metadataOf = ({ metadata }: TemplateRow, things: Things, root?: BaseStep) =>
  metadata === '{}' ? {} : metadataById(JSON.parse(metadata), things, root && namesIn(root).jobMetadata);

/** @param things must have the template's documents */
export const documentsOf = ({ documents }: TemplateRow, things: Things): Document[] =>
  documents === '[]' ? [] : (JSON.parse(documents) as string[]).map(id => things.documents.get(id)!);

/** The last create, publish, begin or end of review. Unix seconds. */
export const lastPublishedAt = ({ created_at, last_published_at, reviewed_at }: TemplateRow): number =>
  toSeconds(Math.max(created_at, last_published_at ?? 0, reviewed_at ?? 0));

const marksOf = ({ read_only, global, source_template_id, archive_disabled }: TemplateRow) => ({
  readOnly: read_only === 1,
  globalTemplate: global === 1,
  localTemplate: source_template_id !== null,
  archiveDisabled: archive_disabled === 1,
});

const sourceOf = ({ source_template_id, source_version }: TemplateRow) =>
  source_template_id === null ? {} : { sourceTemplateId: source_template_id, sourceTemplateVersion: source_version! };

/** What an entry always carries; fetch adds what its flags ask for, edits add the tree. @param root where it is at hand */
export function toJobTemplateModular(
  template: TemplateRow,
  { things, sourceVersion }: Pick<Shown, 'things' | 'sourceVersion'>,
  call: Call,
  root?: BaseStep,
): JobTemplateModular {
  const metadata = metadataOf(template, things, root);
  return {
    id: template.template_id,
    internalVersion: template.internal_version,
    publicVersion: template.public_version,
    title: template.title,
    descrip: template.descrip,
    status: statusOf(template),
    stepGroupId: template.root_id,
    teamId: template.team_id,
    UNSUPPORTEDdocumentEmailAddress: '',
    lastAuthoredAt: toSeconds(template.authored_at),
    publishedAt: toSeconds(template.published_at ?? 0),
    archivedAt: toSeconds(template.archived_at ?? 0),
    lastAuthorId: template.author_id,
    system: template.system === 1,
    metadataEntry: Object.values(metadata),
    metadataById: metadata,
    publishedVersion: template.published_version,
    typ: template.typ,
    locked: lockOf(template, call),
    publishedById: template.last_published_by ?? undefined,
    ...marksOf(template),
    ...(sourceVersion !== undefined && {
      globalTemplateVersion: sourceVersion,
      localTemplateOutdated: sourceVersion > template.source_version!,
    }),
    defaults: defaultsOf(template),
    extendedPropertyTables: tablesOf(template),
    ...sourceOf(template),
  };
}

export const toLock = (
  { tokenId: holderToken, holder, lockedAt, lastActivityAt }: LockHolding,
  tokenId: string,
): JobTemplateLock => ({
  lockHolder: { id: holder.id, email: holder.email, name: holder.name, validatedAt: toSeconds(holder.createdAt) },
  lockedAt: toSeconds(lockedAt),
  lastActivityAt: toSeconds(lastActivityAt),
  owned: holderToken === tokenId,
});

export const toDraft = (entry: Row<'template_entries'>, newest: boolean): TemplateDraft => ({
  version: entry.internal_version,
  authoredAt: toSeconds(entry.authored_at),
  authorId: entry.author_id,
  display: newest || entry.public_version > 0,
  publicVersion: entry.public_version,
  status: statusOf(entry),
  publishedVersion: entry.published_version,
});

/** Unset when the template has none. */
const defaultsOf = ({ defaults }: TemplateRow): JobDefaults | undefined =>
  defaults === '{}' ? undefined : JSON.parse(defaults);

/** Unset when the template has none. */
export const tablesOf = ({ property_tables }: TemplateRow): ExtendedPropertyTable[] | undefined =>
  property_tables === null ? undefined : JSON.parse(property_tables);

const statusOf = ({ status }: Row<'template_entries'>): JobTemplateStatus => statuses[status]!;

function lockOf(template: TemplateRow, { caller, now }: Call): JobTemplateLock | undefined {
  const {
    lock_token_id,
    lock_user_id,
    lock_user_email,
    lock_user_name,
    lock_user_created_at,
    lock_expires_at,
    locked_at,
    last_activity_at,
  } = template;
  if (lock_token_id === null || lock_expires_at! <= now) return undefined;
  const holder = {
    id: lock_user_id!,
    email: lock_user_email!,
    name: lock_user_name!,
    createdAt: lock_user_created_at!,
  };
  const holding = { tokenId: lock_token_id, holder, lockedAt: locked_at!, lastActivityAt: last_activity_at! };
  return toLock(holding, caller.tokenId);
}
