/** Renaming and deleting documents. */
import type { Document } from '#gen/document_types';
import { WrongState } from '../../base/errors.ts';
import { textKey } from '../../base/text.ts';
import { fileName } from '../../domain/files.ts';
import { requirePrivilege } from '../../domain/privileges.ts';
import { audit } from '../../engine/audit.ts';
import { deleteIfUnused } from '../../engine/uploading.ts';
import type { Store, Transactor } from '../../store/database.ts';
import type { DocumentRow } from '../../store/documents.ts';
import type { Call } from '../call.ts';
import { toDocument, visibleDocument } from './documents.ts';
import { withPath } from './reading.ts';

export function rename(store: Store, call: Call, documentId: string, sent: string): Promise<Document> {
  const name = fileName('name', sent);
  return store.transact(async tx => {
    const document = await editable(tx, call, documentId);
    if (document.name !== name) {
      await tx.documents.rename(document, name, textKey(name));
      await audit(tx, call, document.team_id, 'document.renamed', documentId, { from: document.name, to: name });
    }
    return withPath(toDocument({ ...document, name }));
  });
}

export function remove(store: Store, call: Call, documentId: string): Promise<void> {
  return store.transact(async tx => {
    const document = await editable(tx, call, documentId);
    const { team_id: teamId, body_id, name } = document;
    // Icons are made behind the same lock, and entries mark what they show: neither comes between.
    await tx.people.lockTeam(teamId);
    if (!(await tx.documents.deleteUnshown(teamId, documentId)))
      throw new WrongState(
        'document-in-use',
        `documentId: "${name}" is shown by an entry of a template, or by an icon; entries never change, so it stays`,
        { documentId },
      );
    await deleteIfUnused(tx, teamId, body_id);
    await audit(tx, call, teamId, 'document.deleted', documentId, { name });
  });
}

async function editable(tx: Transactor, call: Call, documentId: string): Promise<DocumentRow> {
  const document = await visibleDocument(tx, call, documentId);
  requirePrivilege(call.caller, document.team_id, 'templateEdit');
  return document;
}
