/**
 * The seal of a backup: a last line with the SHA-256 of everything before it. SQLite looks no further than the pages that the header
 * counts, so a sealed file is a database like any other; and bytes that changed within a page, which no check of SQLite's finds, are
 * found by it.
 */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import type { Watched } from './whole-files.ts';

const sealLine = (sha256: string): string => `\nJobwright backup 1 sha256 ${sha256}\n`;
const SEAL = /^\nJobwright backup 1 sha256 ([0-9a-f]{64})\n$/;
const SEAL_BYTES = sealLine('0'.repeat(64)).length;

/** The parts of a file: so many bytes of database, and the hash that its seal tells; undefined without a seal. */
export interface Sealed {
  readonly bytes: number;
  readonly sha256: string | undefined;
}

export function readSeal(file: string): Sealed {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const last = Buffer.alloc(Math.min(SEAL_BYTES, size));
    readSync(descriptor, last, 0, last.length, size - last.length);
    const [, sha256] = SEAL.exec(last.toString('latin1')) ?? [];
    return { bytes: sha256 === undefined ? size : size - SEAL_BYTES, sha256 };
  } finally {
    closeSync(descriptor);
  }
}

/** Puts the seal behind a database that nobody has open. @returns its SHA-256 */
export async function seal(file: string, bytes: number, watched: Watched): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of pieces(file, bytes, 'sealing', watched)) hash.update(piece);
  const sha256 = hash.digest('hex');
  await appendFile(file, sealLine(sha256), { flush: true });
  return sha256;
}

/** The first bytes of a file, piece by piece, telling how far they are. */
export async function* pieces(
  file: string,
  bytes: number,
  stage: string,
  { report, signal }: Watched,
): AsyncGenerator<Buffer> {
  if (bytes === 0) return;
  let done = 0;
  for await (const piece of createReadStream(file, { end: bytes - 1, highWaterMark: 4 * 1024 * 1024 })) {
    signal.throwIfAborted();
    yield piece;
    done += piece.length;
    report(stage, done, bytes);
  }
}
