/**
 * Which templates a caller may see and act on: those of its teams. Where a team's rule says so (restrictTemplatesByAttributes), a
 * member without adminBasic sees of those that carry attribute values only the ones that share a value with it.
 */
import { InsufficientPermissions, InvalidVersion, NotFound } from '../../base/errors.ts';
import { type Privilege, type Rights, requirePrivilege, teamsOf } from '../../domain/privileges.ts';
import type { Reader } from '../../store/database.ts';
import type { EntrySelector, TemplateRow } from '../../store/templates.ts';
import type { Call } from '../call.ts';

/** The templates among `templateIds` that the caller may see, each with the entry asked for; without that entry it is left out. */
export async function visibleEntries(
  reader: Reader,
  call: Call,
  templateIds: readonly string[],
  entry: EntrySelector,
): Promise<TemplateRow[]> {
  const rows = await reader.templates.entries(teamsOf(call.caller), templateIds, entry);
  const hidden = await hiddenFromCaller(reader, call, rows);
  return hidden.size === 0 ? rows : rows.filter(row => !hidden.has(row.template_id));
}

/** Those that a team's rule hides from the caller. No statement where no such rule is on, else one. */
export async function hiddenFromCaller(
  reader: Reader,
  { caller }: Call,
  rows: readonly TemplateRow[],
): Promise<Set<string>> {
  const restricted = rows.filter(row => isRestricted(row, caller.rights.get(row.team_id)));
  if (restricted.length === 0) return new Set();
  const teamIds = [...new Set(restricted.map(row => row.team_id))];
  const templateIds = restricted.map(row => row.template_id);
  return reader.attributes.hiddenFrom(caller.userId, teamIds, templateIds);
}

/** Whether a team's rule may hide a template from somebody with these rights. */
export const isRestricted = ({ team_config }: TemplateRow, rights: Rights | undefined): boolean =>
  JSON.parse(team_config).restrictTemplatesByAttributes === true && !rights?.privileges.includes('adminBasic');

/** The template's entry that the caller may see. @throws NotFound (404) */
export async function visible(
  reader: Reader,
  call: Call,
  templateId: string,
  entry: EntrySelector = 'latest',
): Promise<TemplateRow> {
  const [template] = await visibleEntries(reader, call, [templateId], entry);
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

/** The template that the caller has just made. @throws InsufficientPermissions (476) when it could not see it itself */
export async function made(reader: Reader, call: Call, template: TemplateRow): Promise<TemplateRow> {
  const hidden = await hiddenFromCaller(reader, call, [template]);
  if (hidden.size === 0) return template;
  throw new InsufficientPermissions(
    'insufficient-permissions',
    'attributes: none of these values is one of yours, so you could not see the template; give it one that you have, or none',
    { privilege: 'adminBasic' },
  );
}

export const templateNotFound = (templateId: string): NotFound =>
  new NotFound('template-not-found', `no template ${templateId} in your teams; give the id that create returned`, {
    templateId,
  });

export const notPublished = (): InvalidVersion =>
  new InvalidVersion(
    'not-published',
    'publicVersion: 0 asks for the published version, and this template has none yet; publish makes one',
  );
