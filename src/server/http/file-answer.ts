/**
 * Answering with a file: its headers, whether the client has it already, which part is asked for, and the bytes, chunk by chunk as fast
 * as the client takes them.
 *
 * A file is whatever somebody uploaded, served from our own origin: so what a browser could run as a page of ours (HTML, SVG, XML)
 * goes out as a download, and no browser may take a file for something else than its type says.
 */
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { streamOf } from '../../services/files/reading.ts';
import type { Store } from '../../store/database.ts';
import { type ByteRange, byteRange } from './byte-range.ts';
import type { Exchange } from './exchange.ts';

export interface StoredFile {
  readonly teamId: string;
  readonly bodyId: string;
  readonly name: string;
  readonly mimeType: string;
  readonly size: number;
  readonly sha256: string;
  /** Epoch milliseconds. */
  readonly addedAt: number;
}

export async function answerWithFile(store: Store, { request, response }: Exchange, file: StoredFile): Promise<void> {
  const etag = `"${file.sha256}"`;
  const modified = new Date(file.addedAt).toUTCString();
  setHeaders(response, file, etag, modified);
  const { 'if-none-match': known, 'if-range': condition, range: wanted } = request.headers;
  if (known !== undefined && matches(known, etag)) return end(response, 304);
  const asksForPart =
    request.method === 'GET' && (condition === undefined || [etag, modified].includes(`${condition}`));
  const range = byteRange(asksForPart ? wanted : undefined, file.size);
  if (range === 'unsatisfiable') {
    for (const name of ['Content-Type', 'Content-Disposition']) response.removeHeader(name);
    response.setHeader('Content-Range', `bytes */${file.size}`);
    return end(response, 416);
  }
  const { from, to } = range ?? { from: 0, to: file.size };
  response.statusCode = range ? 206 : 200;
  if (range) response.setHeader('Content-Range', `bytes ${from}-${to - 1}/${file.size}`);
  response.setHeader('Content-Length', to - from);
  if (request.method === 'HEAD') response.end();
  else await send(store, response, file, { from, to });
}

/** @throws Error when the bytes cannot be read to the end; that the client goes away is none */
async function send(store: Store, response: ServerResponse, file: StoredFile, { from, to }: ByteRange): Promise<void> {
  try {
    await pipeline(streamOf(store, file, from, to), response);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

function end(response: ServerResponse, status: number): void {
  response.statusCode = status;
  response.end();
}

function setHeaders(response: ServerResponse, file: StoredFile, etag: string, modified: string): void {
  response.setHeader('Content-Type', file.mimeType);
  response.setHeader('Content-Disposition', disposition(file.mimeType, file.name));
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('ETag', etag);
  response.setHeader('Last-Modified', modified);
  response.setHeader('Accept-Ranges', 'bytes');
  // The id stands for these bytes for ever, but who may read them can change: ask each time, and get a 304.
  response.setHeader('Cache-Control', 'private, no-cache');
}

/** Whether an If-None-Match header names the file. */
const matches = (header: string, etag: string): boolean =>
  header.trim() === '*' || header.split(',').some(candidate => candidate.trim().replace(/^W\//, '') === etag);

const SHOWN_IN_PLACE = /^(image\/(?!svg)|audio\/|video\/|application\/pdf$|text\/plain$)/;

/** RFC 6266: a name that old clients understand, and the name itself in UTF-8. */
function disposition(mimeType: string, name: string): string {
  const kind = SHOWN_IN_PLACE.test(mimeType) ? 'inline' : 'attachment';
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name).replace(/['()*!]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
