/**
 * The file in a request: the part "file" of a multipart body, or the raw body. Its bytes are read as fast as they are stored. What it is
 * is told by its first bytes; where they tell nothing, by what the client says.
 */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { BadRequest } from '../../base/errors.ts';
import { checkSize, mediaType, UNKNOWN_TYPE } from '../../domain/files.ts';
import { typeOf } from '../../services/files/media-type.ts';
import type { IncomingFile } from '../../services/files/receiving.ts';
import type { Exchange } from './exchange.ts';

/** What the request says of the file, and its bytes. */
interface SentFile {
  readonly name: string | undefined;
  readonly declaredType: string;
  readonly bytes: AsyncGenerator<Buffer>;
}

/** More than the lines around the file in a multipart body take. */
const ROOM_FOR_HEADERS = 64 * 1024;

/**
 * Gives the file to `use`. What is left unread then is read and dropped, so that the answer finds its way.
 * @throws BadRequest (400) when there is no file, several, or more bytes than `maxFileBytes`; and whatever `use` throws
 */
export async function withFile<T>(
  { request, url }: Exchange,
  maxFileBytes: number,
  use: (file: IncomingFile) => Promise<T>,
): Promise<T> {
  let rest: AsyncGenerator<Buffer> | undefined;
  try {
    checkSize('body', Number(request.headers['content-length'] ?? 0) - ROOM_FOR_HEADERS, maxFileBytes);
    const { name, declaredType, bytes } = isMultipart(request) ? await multipartFile(request) : rawFile(request);
    rest = bytes;
    const head = await beginningOf(bytes);
    const mimeType = mediaType('Content-Type', await typeOf(head, mediaType('Content-Type', declaredType)));
    return await use({ name: url.searchParams.get('name') ?? name, mimeType, bytes: joined(head, bytes) });
  } finally {
    await rest?.return(undefined);
    request.unpipe();
    request.resume();
  }
}

const isMultipart = (request: IncomingMessage): boolean =>
  /^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '');

const rawFile = (request: IncomingMessage): SentFile => ({
  name: undefined,
  declaredType: request.headers['content-type'] ?? UNKNOWN_TYPE,
  bytes: bytesOf(request),
});

/** @throws BadRequest (400) when the body is no multipart, or has no file, or its first file is not the part "file" */
function multipartFile(request: IncomingMessage): Promise<SentFile> {
  const { promise, resolve, reject } = Promise.withResolvers<SentFile>();
  const whole = Promise.withResolvers<void>();
  // Whoever reads the file hears of it; when nobody does any more, nobody need.
  whole.promise.catch(() => {});
  const parser = parserOf(request);
  let file: Readable | undefined;
  const fail = (error: Error) => {
    whole.reject(error);
    reject(error);
    file?.destroy(error);
  };
  parser.on('file', (part: string, stream: Readable, name: string | undefined, _encoding: string, type: string) => {
    file = stream;
    // What befalls the file befalls the whole.
    stream.on('error', () => fail(brokenOff()));
    if (part === 'file') resolve({ name, declaredType: type, bytes: bytesOf(stream, whole.promise) });
    else fail(noFile(`the part "${part}"`));
  });
  parser.on('filesLimit', () => fail(noFile('several files')));
  parser.on('error', () => fail(brokenOff()));
  parser.on('finish', () => {
    whole.resolve();
    reject(noFile('none'));
  });
  request.on('error', () => fail(brokenOff()));
  request.on('close', () => request.complete || fail(brokenOff()));
  request.pipe(parser);
  return promise;
}

function parserOf(request: IncomingMessage): BusboyInstance {
  try {
    const headers = { ...request.headers, 'content-type': request.headers['content-type'] ?? '' };
    return new Busboy({ headers, limits: { files: 1, parts: 100 } });
  } catch (error) {
    throw new BadRequest('invalid-argument', `body: ${(error as Error).message}; expected multipart/form-data`, {
      field: 'body',
    });
  }
}

/**
 * The bytes of a stream, which is left as it is when the reader stops early.
 * @param whole settles when what is around the stream is known to be in order
 */
async function* bytesOf(stream: Readable, whole?: Promise<void>): AsyncGenerator<Buffer> {
  try {
    for await (const bytes of stream.iterator({ destroyOnReturn: false })) yield bytes as Buffer;
  } catch {
    await whole;
    throw brokenOff();
  }
  await whole;
}

const SNIFFED_BYTES = 64 * 1024;

async function beginningOf(bytes: AsyncGenerator<Buffer>): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < SNIFFED_BYTES) {
    const { done, value } = await bytes.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  return head;
}

async function* joined(head: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  yield* rest;
}

const noFile = (found: string): BadRequest =>
  new BadRequest('invalid-argument', `body: ${found}; expected one file, in the part "file"`, { field: 'body' });

const brokenOff = (): BadRequest =>
  new BadRequest('invalid-argument', 'body: breaks off before its end; send the file again', { field: 'body' });
