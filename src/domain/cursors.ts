/**
 * Cursors of events: where a reader stands among the events of a team, and when it stood there, with a seal over both. One that was
 * changed, or that belongs to another team, is refused; one that is older than events are kept has expired.
 */
import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { BadRequest, InvalidVersion } from '../base/errors.ts';

/** A place in the order of a team's events: behind the event with these numbers. */
export interface Position {
  readonly xid: number;
  readonly event_id: number;
}

/** Events are kept for so long at least. */
export const KEPT_MS = 7 * 24 * 60 * 60 * 1000;

/** @param at when a reader that goes on from there has read up to there, in epoch milliseconds */
export function sealedCursor(teamId: string, { xid, event_id }: Position, at: number, key: KeyObject): string {
  const content = [xid, event_id, at].map(number => number.toString(36)).join('.');
  return `${content}.${seal(teamId, content, key).toString('base64url')}`;
}

/** @throws BadRequest (400), InvalidVersion (420, cursor-expired) */
export function positionIn(cursor: string, teamId: string, now: number, key: KeyObject): Position {
  const [, content = '', mac = ''] = /^([\da-z]{1,12}\.[\da-z]{1,12}\.[\da-z]{1,12})\.([\w-]{43})$/.exec(cursor) ?? [];
  const given = Buffer.from(mac, 'base64url');
  const expected = seal(teamId, content, key);
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new BadRequest(
      'invalid-argument',
      'cursor: not a cursor of this team; take that of an earlier answer, or an empty one to begin now',
      { field: 'cursor' },
    );
  const [xid, event_id, at] = content.split('.').map(digits => Number.parseInt(digits, 36)) as [number, number, number];
  if (now - at > KEPT_MS) throw cursorExpired('it is older than events are kept, seven days');
  return { xid, event_id };
}

export const cursorExpired = (why: string): InvalidVersion =>
  new InvalidVersion('cursor-expired', `cursor: ${why}; read the jobs anew and begin with an empty cursor`, {
    field: 'cursor',
  });

export const isBehind = (one: Position, other: Position): boolean =>
  one.xid > other.xid || (one.xid === other.xid && one.event_id > other.event_id);

const seal = (teamId: string, content: string, key: KeyObject): Buffer =>
  createHmac('sha256', key).update(`${teamId}\n${content}`).digest();
