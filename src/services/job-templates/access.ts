/** Which templates a caller may see and act on. */
import { NotFound } from '../../base/errors.ts';
import { type Privilege, requirePrivilege, teamsOf } from '../../domain/privileges.ts';
import type { Reader } from '../../store/database.ts';
import type { EntrySelector, TemplateRow } from '../../store/templates.ts';
import type { Call } from '../call.ts';

/** The template's entry that the caller may see. @throws NotFound (404) */
export async function visible(
  reader: Reader,
  call: Call,
  templateId: string,
  entry: EntrySelector = 'latest',
): Promise<TemplateRow> {
  const [template] = await reader.templates.entries(teamsOf(call.caller), [templateId], entry);
  if (template) return template;
  throw templateNotFound(templateId);
}

/** The latest entry, for an act that takes a privilege. @throws NotFound (404), InsufficientPermissions (476) */
export async function permitted(
  reader: Reader,
  call: Call,
  templateId: string,
  privilege: Privilege,
): Promise<TemplateRow> {
  const template = await visible(reader, call, templateId);
  requirePrivilege(call.caller, template.team_id, privilege);
  return template;
}

export const templateNotFound = (templateId: string): NotFound =>
  new NotFound('template-not-found', `no template ${templateId} in your teams; give the id that create returned`, {
    templateId,
  });
