/** The routes of files: documents, and attachments of jobs. Uploading answers with the plain JSON of the interface's struct. */
import type { ServerResponse } from 'node:http';
import { BadRequest } from '../../base/errors.ts';
import { uploadDocument, visibleDocument } from '../../services/documents/documents.ts';
import { ADDRESS_TOKEN } from '../../services/jobs/attachment-address.ts';
import { type FileAttachmentRow, fileOfToken, visibleFile } from '../../services/jobs/attachment-bodies.ts';
import { attachFile, fileDetails } from '../../services/jobs/attachments.ts';
import type { Store } from '../../store/database.ts';
import type { Exchange, Route } from './exchange.ts';
import { answerWithFile } from './file-answer.ts';
import { withFile } from './file-upload.ts';

/** @param maxFileBytes most bytes of a document or an attachment */
export const fileRoutes = (store: Store, maxFileBytes: number): readonly Route[] => [
  { method: 'POST', path: /^\/api\/documents$/, handle: exchange => postDocument(store, exchange, maxFileBytes) },
  { method: 'POST', path: /^\/api\/attachments$/, handle: exchange => postAttachment(store, exchange, maxFileBytes) },
  ...(['GET', 'HEAD'] as const).flatMap((method): Route[] => [
    { method, path: /^\/api\/documents\/(?<documentId>[\w.-]+)$/, handle: exchange => getDocument(store, exchange) },
    {
      method,
      path: /^\/api\/attachments\/(?<jobId>[\w.-]+)\/(?<attachmentId>[\w.-]+)$/,
      handle: exchange => getAttachment(store, exchange),
    },
  ]),
];

/** POST /api/documents?teamId=…&name=… */
async function postDocument(store: Store, exchange: Exchange, maxFileBytes: number): Promise<void> {
  const call = await exchange.call();
  const teamId = exchange.url.searchParams.get('teamId') || null;
  const document = await withFile(exchange, maxFileBytes, file =>
    uploadDocument(store, call, teamId, file, maxFileBytes),
  );
  answerWithJson(exchange.response, document);
}

/** POST /api/attachments?jobId=…&alias=…&folder=…&stepId=…&name=… */
async function postAttachment(store: Store, exchange: Exchange, maxFileBytes: number): Promise<void> {
  const call = await exchange.call();
  const query = exchange.url.searchParams;
  const attached = await withFile(exchange, maxFileBytes, file => {
    const details = fileDetails({
      jobId: required(query, 'jobId'),
      attachmentAlias: query.get('alias') ?? undefined,
      folder: query.get('folder') ?? undefined,
      stepId: query.get('stepId') ?? undefined,
      fileName: file.name,
      mimeType: file.mimeType,
    });
    return attachFile(store, call, details, file.bytes, maxFileBytes);
  });
  answerWithJson(exchange.response, attached);
}

async function getDocument(store: Store, exchange: Exchange): Promise<void> {
  const call = await exchange.call();
  const row = await store.read(reader => visibleDocument(reader, call, exchange.parameters.documentId!));
  await answerWithFile(store, exchange, {
    teamId: row.team_id,
    bodyId: row.body_id,
    name: row.name,
    mimeType: row.mime_type,
    size: row.size,
    sha256: row.sha256,
    addedAt: row.created_at,
  });
}

async function getAttachment(store: Store, exchange: Exchange): Promise<void> {
  const row = await attachmentOf(store, exchange);
  await answerWithFile(store, exchange, {
    teamId: row.team_id,
    bodyId: row.body_id,
    name: row.file_name,
    mimeType: row.mime_type,
    size: row.size,
    sha256: row.sha256,
    addedAt: row.added_at,
  });
}

/** The attachment that the path names, opened by the token of its address or for the caller. */
async function attachmentOf(store: Store, exchange: Exchange): Promise<FileAttachmentRow> {
  const { jobId, attachmentId } = exchange.parameters as { jobId: string; attachmentId: string };
  const token = exchange.url.searchParams.get(ADDRESS_TOKEN);
  if (token !== null) return store.read(reader => fileOfToken(reader, token, jobId, attachmentId, exchange.now));
  const call = await exchange.call();
  return store.read(reader => visibleFile(reader, call, jobId, attachmentId));
}

function required(query: URLSearchParams, parameter: string): string {
  const value = query.get(parameter);
  if (value) return value;
  throw new BadRequest('invalid-argument', `${parameter}: missing; expected ?${parameter}=…`, { field: parameter });
}

function answerWithJson(response: ServerResponse, value: object): void {
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.end(JSON.stringify(value));
}
