/**
 * Templates: from rows and trees to the structs of the interface. Times go out in Unix seconds. Handlers return plain objects in
 * the structs' shape, which are written as they are.
 */
import type { JobDefaults } from '#gen/flow_types';
import {
  type JobTemplate,
  type JobTemplateLock,
  type JobTemplateModular,
  JobTemplateStatus,
  type TemplateDraft,
} from '#gen/job_template_types';
import type { BaseStep } from '#gen/step_types';
import { toSeconds } from '../../base/clock.ts';
import type { LockHolding } from '../../base/errors.ts';
import { derived } from '../../domain/tree.ts';
import type { TeamWithOwner } from '../../store/people.ts';
import type { Row } from '../../store/schema.ts';
import type { TemplateRow } from '../../store/templates.ts';
import type { Call } from '../call.ts';
import { toTeam } from '../teams/wire.ts';

/** Statuses as rows and JobTemplate spell them, and as JobTemplateModular numbers them. */
const statuses: Readonly<Record<string, JobTemplateStatus>> = {
  Published: JobTemplateStatus.PUBLISHED,
  Unpublished: JobTemplateStatus.UNPUBLISHED,
  InReview: JobTemplateStatus.IN_REVIEW,
};

export function toJobTemplate(template: TemplateRow, root: BaseStep, team: TeamWithOwner, call: Call): JobTemplate {
  return {
    id: template.template_id,
    title: template.title,
    version: template.internal_version,
    publicVersion: template.public_version,
    stepGroup: derived(root, template.title),
    status: template.status,
    descrip: template.descrip,
    team: toTeam(team),
    metadataEntry: [],
    UNSUPPORTEDdocumentEmailAddress: '',
    documents: [],
    archivedAt: 0,
    lastAuthor: template.author_id,
    system: false,
    locked: lockOf(template, call),
    lastAuthoredAt: toSeconds(template.authored_at),
    publishedAt: toSeconds(template.published_at ?? 0),
    lastPublishedAt: toSeconds(template.last_published_at ?? template.created_at),
    templateTags: [],
    metadataById: {},
    publishedVersion: template.published_version,
    typ: template.typ,
    lastPublishedBy: template.last_published_by ?? undefined,
    defaults: defaultsOf(template),
  };
}

/** What a template may be marked as; none of the marks can be set yet. */
const marks = { readOnly: false, globalTemplate: false, localTemplate: false, archiveDisabled: false };

/** What an entry always carries; fetch adds what its flags ask for, edits add the tree. */
export function toJobTemplateModular(template: TemplateRow, rootId: string, call: Call): JobTemplateModular {
  return {
    id: template.template_id,
    internalVersion: template.internal_version,
    publicVersion: template.public_version,
    title: template.title,
    descrip: template.descrip,
    status: statusOf(template),
    stepGroupId: rootId,
    teamId: template.team_id,
    UNSUPPORTEDdocumentEmailAddress: '',
    lastAuthoredAt: toSeconds(template.authored_at),
    publishedAt: toSeconds(template.published_at ?? 0),
    archivedAt: 0,
    lastAuthorId: template.author_id,
    system: false,
    metadataEntry: [],
    metadataById: {},
    publishedVersion: template.published_version,
    typ: template.typ,
    locked: lockOf(template, call),
    publishedById: template.last_published_by ?? undefined,
    ...marks,
    defaults: defaultsOf(template),
  };
}

/** The template after an edit: with its tree. */
export const toEdited = (template: TemplateRow, root: BaseStep, call: Call): JobTemplateModular => ({
  ...toJobTemplateModular(template, root.id, call),
  stepGroup: derived(root, template.title),
});

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
