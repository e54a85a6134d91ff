/**
 * The addresses of file attachments: paths on the server's HTTP port, which the client puts its host before.
 *
 * An address with a token opens this one file for whoever has it, for an hour, without logging in: the token is
 * <team>.<end in epoch milliseconds>.<HMAC-SHA256 of team, job, attachment and end>, so the server need not remember it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { InvalidToken, TokenExpired } from '../../base/errors.ts';
import type { Reader } from '../../store/database.ts';

const ADDRESS_LIFE_MS = 60 * 60 * 1000;

/** The query parameter that carries the token of an address. */
export const ADDRESS_TOKEN = 'access';

export const attachmentPath = (jobId: string, attachmentId: string): string =>
  `/api/attachments/${encodeURIComponent(jobId)}/${encodeURIComponent(attachmentId)}`;

export async function signedPath(
  reader: Reader,
  teamId: string,
  jobId: string,
  attachmentId: string,
  now: number,
): Promise<string> {
  const end = now + ADDRESS_LIFE_MS;
  const mac = await signature(reader, [teamId, jobId, attachmentId, String(end)]);
  return `${attachmentPath(jobId, attachmentId)}?${ADDRESS_TOKEN}=${teamId}.${end}.${mac.toString('base64url')}`;
}

/** @returns the team whose attachment the token opens. @throws InvalidToken (497), TokenExpired (498) */
export async function teamOfToken(
  reader: Reader,
  token: string,
  jobId: string,
  attachmentId: string,
  now: number,
): Promise<string> {
  const [, teamId = '', end = '', mac = ''] = /^(.*)\.(\d+)\.([\w-]+)$/.exec(token) ?? [];
  const expected = await signature(reader, [teamId, jobId, attachmentId, end]);
  const given = Buffer.from(mac, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new InvalidToken(
      'invalid-token',
      `${ADDRESS_TOKEN}: not the token of this attachment; take the whole address that getAttachmentUrl returns`,
    );
  }
  if (Number(end) > now) return teamId;
  throw new TokenExpired(
    'token-expired',
    `${ADDRESS_TOKEN}: the address was good until ${new Date(Number(end)).toISOString()}; call getAttachmentUrl again`,
  );
}

const signature = async (reader: Reader, facts: readonly string[]): Promise<Buffer> =>
  createHmac('sha256', await reader.files.signingKey('attachment-address'))
    .update(facts.join('\n'))
    .digest();
