/** The team's icons: pictures among its documents, with what they mean. */
import { type EquipmentIcon, MAX_ICONS_PER_TEAM } from '#gen/group_headers_types';
import { BadRequest } from '../../base/errors.ts';
import { requireMember, requirePrivilege } from '../../domain/privileges.ts';
import { audit } from '../../engine/audit.ts';
import type { Reader, Store } from '../../store/database.ts';
import type { Row } from '../../store/schema.ts';
import type { Call } from '../call.ts';
import * as checks from '../checks.ts';
import { toDocument, visibleDocument } from '../documents/documents.ts';

type Kind = Row<'icons'>['kind'];

/** Equipment and notices have the same shape. */
type Icon = Pick<EquipmentIcon, 'id' | 'iconDocument' | 'descrip'>;

export function index(store: Store, call: Call, kind: Kind, teamId: string): Promise<Icon[]> {
  requireMember(call.caller, teamId);
  return store.read(async reader => {
    const icons = await reader.headers.icons(teamId, kind);
    return (await encoded(reader, teamId, icons)).sort(
      (a, b) => a.descrip.localeCompare(b.descrip) || a.id.localeCompare(b.id),
    );
  });
}

export function create(
  store: Store,
  call: Call,
  kind: Kind,
  teamId: string,
  documentId: string,
  descrip: string,
): Promise<Icon> {
  const meaning = checks.name('descrip', descrip);
  requirePrivilege(call.caller, teamId, 'templateEdit');
  return store.transact(async tx => {
    await tx.people.lockTeam(teamId);
    const document = await visibleDocument(tx, call, documentId, [teamId]);
    refuseOtherThanPicture(document.mime_type);
    refuseOneMore(await tx.headers.icons(teamId, kind));
    const icon = { team_id: teamId, icon_id: call.ids.next(), kind, document_id: documentId, descrip: meaning };
    await tx.headers.insertIcon(icon);
    await audit(tx, call, teamId, 'icon.created', icon.icon_id, { kind, documentId, descrip: meaning });
    return toIcon(icon, toDocument(document));
  });
}

/** Those with these ids, of either kind. */
export const iconsOf = async (reader: Reader, teamId: string, iconIds: readonly string[]): Promise<Icon[]> =>
  encoded(reader, teamId, await reader.headers.iconsById(teamId, iconIds));

async function encoded(reader: Reader, teamId: string, icons: readonly Row<'icons'>[]): Promise<Icon[]> {
  if (icons.length === 0) return [];
  const documents = await reader.documents.documents(
    [teamId],
    icons.map(icon => icon.document_id),
  );
  const byId = new Map(documents.map(row => [row.document_id, toDocument(row)]));
  return icons.map(icon => toIcon(icon, byId.get(icon.document_id)!));
}

const toIcon = (icon: Row<'icons'>, iconDocument: Icon['iconDocument']): Icon => ({
  id: icon.icon_id,
  iconDocument,
  descrip: icon.descrip,
});

function refuseOtherThanPicture(mimeType: string): void {
  if (mimeType.startsWith('image/')) return;
  throw new BadRequest('invalid-argument', `documentId: of the type ${mimeType}; an icon is a picture (image/…)`, {
    mimeType,
  });
}

function refuseOneMore({ length: found }: readonly unknown[]): void {
  if (found < MAX_ICONS_PER_TEAM) return;
  throw new BadRequest('limit-exceeded', `teamId: the team has ${found} icons of this kind, as many as it can`, {
    limit: String(MAX_ICONS_PER_TEAM),
    found: String(found),
  });
}
