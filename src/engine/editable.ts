/** What of a template allows no act: it is archived, it is fixed (system, readOnly), or it waits for approval. */
import { NotAllowed, ResourceArchived, WrongState } from '../base/errors.ts';
import type { TemplateRow } from '../store/templates.ts';

/** @throws ResourceArchived (601), NotAllowed (550), WrongState (413) */
export function refuseFixedContent(template: TemplateRow): void {
  refuseArchived(template);
  refuseFixed(template);
  if (template.status === 'InReview') throw inReview(template);
}

/** @throws ResourceArchived (601) */
export function refuseArchived({ template_id, archived_at, title }: TemplateRow): void {
  if (archived_at === null) return;
  throw new ResourceArchived('template-archived', `the template "${title}" is archived; unarchive it first`, {
    templateId: template_id,
  });
}

/** @throws NotAllowed (550) */
export function refuseFixed({ template_id, system, read_only, title }: TemplateRow): void {
  if (!system && !read_only) return;
  throw new NotAllowed(
    'not-allowed',
    `the template "${title}" is marked ${system ? 'system' : 'readOnly'} and stays as it is; clone it, and edit the clone`,
    { templateId: template_id },
  );
}

export const inReview = ({ template_id, title, public_version }: TemplateRow): WrongState =>
  new WrongState(
    'template-in-review',
    `the template "${title}" is in review as version ${public_version}; endReview first`,
    {
      templateId: template_id,
      publicVersion: String(public_version),
    },
  );
