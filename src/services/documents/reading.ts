/** Documents as members of their team read them: what they are, and their bytes. */
import {
  type Document,
  type DocumentFetchResult,
  type DocumentQueryResult,
  type DocumentWhereOpts,
  MAX_DOCUMENT_CHUNK,
} from '#gen/document_types';
import { BadRequest } from '../../base/errors.ts';
import { cannotBeKey, searchWords } from '../../base/text.ts';
import { bounded } from '../../domain/limits.ts';
import { pageInfo, pageOf } from '../../domain/paging.ts';
import { requireMember, teamsOf } from '../../domain/privileges.ts';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import { idList } from '../checks.ts';
import { bytesOf } from '../files/reading.ts';
import { systemException } from '../wire-errors.ts';
import { documentNotFound, documentPath, toDocument, visibleDocument } from './documents.ts';

export const withPath = (document: Document): Document => ({ ...document, url: documentPath(document.id) });

export const get = (store: Store, call: Call, documentId: string): Promise<Document> =>
  store.look(async reader => withPath(toDocument(await visibleDocument(reader, call, documentId))));

export async function fetch(
  store: Store,
  call: Call,
  documentIds: string[],
): Promise<{ [documentId: string]: DocumentFetchResult }> {
  const ids = idList('documentIds', documentIds);
  const odd = ids.find(cannotBeKey);
  if (odd !== undefined)
    throw new BadRequest('invalid-argument', `documentIds: "${odd}" is no id of a document`, { documentId: odd });
  const rows = await store.look(reader => reader.documents.documents(teamsOf(call.caller), ids));
  const byId = new Map(rows.map(row => [row.document_id, withPath(toDocument(row))]));
  return Object.fromEntries(
    ids.map(id => {
      const document = byId.get(id);
      return [id, document ? { document } : { err: systemException(documentNotFound(id), call.requestId) }];
    }),
  );
}

const MOST_SEARCHED = 200;

export function query(store: Store, call: Call, where: DocumentWhereOpts): Promise<DocumentQueryResult> {
  requireMember(call.caller, where.teamId);
  const filter = {
    teamId: where.teamId,
    words: searchWords(bounded('whereOpts.name', where.name ?? '', MOST_SEARCHED)),
    mimeType: bounded('whereOpts.mimeType', where.mimeType ?? '', MOST_SEARCHED).toLowerCase(),
  };
  return store.look(async reader => {
    const key = await reader.files.signingKey('page');
    const page = pageOf(where.pageReq, ['documents', filter], key);
    const rows = await reader.documents.find(filter, page.size, page.offset);
    const total = await reader.documents.count(filter, page.countUpTo);
    return { documents: rows.map(row => withPath(toDocument(row))), pageInfo: pageInfo(page, total, key) };
  });
}

export function getChunk(
  store: Store,
  call: Call,
  documentId: string,
  offset: number,
  length: number,
): Promise<Buffer> {
  if (offset < 0)
    throw new BadRequest('invalid-argument', `offset: ${offset}; expected 0 or more`, { field: 'offset' });
  if (length < 1 || length > MAX_DOCUMENT_CHUNK)
    throw new BadRequest('invalid-argument', `length: ${length}; expected 1 to ${MAX_DOCUMENT_CHUNK}`, {
      field: 'length',
    });
  return store.look(async reader => {
    const { team_id, body_id, size } = await visibleDocument(reader, call, documentId);
    const end = Math.min(size, offset + length);
    if (offset >= end) return Buffer.alloc(0);
    return bytesOf(reader, { teamId: team_id, bodyId: body_id }, offset, end - offset);
  });
}
