/**
 * poll: the events behind a cursor, at once or as soon as there are some. While it waits it holds no transaction and no connection
 * to the database; what it may see is decided anew after each wait.
 */
import type { KeyObject } from 'node:crypto';
import {
  MAX_POLL_TIMEOUT_MS,
  type Notification,
  type NotificationFilter,
  type PollResult,
} from '#gen/notifications_types';
import { BadRequest } from '../../base/errors.ts';
import { cursorExpired, type Position, positionIn, sealedCursor } from '../../domain/cursors.ts';
import { requireMember } from '../../domain/privileges.ts';
import type { EventWatch } from '../../engine/watching.ts';
import type { Reader, Store } from '../../store/database.ts';
import type { Call, Patience } from '../call.ts';
import { viewerOf, type Wanted, wantedBy } from './filter.ts';
import { type Found, look, lookAt } from './looking.ts';
import { jobStates } from './states.ts';
import { toNotification } from './wire.ts';

/** Looks of one answer, however little the filter lets through: so many times LOOK events cost one call. */
const MOST_LOOKS = 20;

export async function poll(
  store: Store,
  watch: EventWatch,
  call: Call,
  cursor: string,
  filter: NotificationFilter,
  timeoutMs: number,
): Promise<PollResult> {
  const wanted = wantedBy(call.caller, filter);
  if (timeoutMs < 0 || timeoutMs > MAX_POLL_TIMEOUT_MS)
    throw new BadRequest('invalid-argument', `timeoutMs: ${timeoutMs}; expected 0 to ${MAX_POLL_TIMEOUT_MS}`, {
      timeoutMs: String(timeoutMs),
    });
  const patience = call.patience(timeoutMs);
  try {
    const first = await store.read(reader => begin(reader, call, wanted, cursor));
    if (first.states.length > 0 || first.found.rows.length > 0) return result(first.key, call.now, wanted, first);
    return await goOn(store, watch, call, wanted, patience, first);
  } finally {
    patience.end();
  }
}

interface Beginning {
  readonly key: KeyObject;
  readonly states: Notification[];
  readonly found: Found;
}

/** What there is at once. At most seven statements. */
async function begin(reader: Reader, call: Call, wanted: Wanted, cursor: string): Promise<Beginning> {
  const { teamId, jobIds } = wanted;
  const key = await reader.files.signingKey('cursor');
  const viewer = viewerOf(call.caller, teamId);
  if (cursor === '') {
    const asked = { viewer, now: call.now, senderId: call.caller.tokenId };
    const states = jobIds ? await jobStates(reader, asked, teamId, [...jobIds]) : [];
    return { key, states, found: { rows: [], end: await reader.events.end(teamId), unreadSince: undefined } };
  }
  const from = positionIn(cursor, teamId, call.now, key);
  const found = await look(reader, viewer, wanted, from);
  if (found.end === from && (await reader.events.isAhead(teamId, from)))
    throw cursorExpired('the database was restored to a time before it');
  return { key, states: [], found };
}

async function goOn(
  store: Store,
  watch: EventWatch,
  begun: Call,
  wanted: Wanted,
  patience: Patience,
  { key, found: first }: Beginning,
): Promise<PollResult> {
  let [call, found] = [begun, first];
  for (let looks = 1; found.rows.length === 0; looks++) {
    if (found.unreadSince === undefined) {
      const isNews = await waited(watch, wanted.teamId, found.end, patience);
      // What is told is as of now, to whom the caller is by now.
      call = await call.again();
      requireMember(call.caller, wanted.teamId);
      if (!isNews) break;
      looks = 0;
    } else if (looks >= MOST_LOOKS) break;
    found = await lookAgain(store, watch, call, wanted, found.end);
  }
  return result(key, call.now, wanted, { states: [], found });
}

/** @returns false when the time is over */
async function waited(watch: EventWatch, teamId: string, from: Position, patience: Patience): Promise<boolean> {
  if (patience.isOver) return false;
  const wait = watch.wait(teamId, from);
  try {
    await patience.until(wait.news);
  } finally {
    wait.end();
  }
  return !patience.isOver;
}

/** Behind a wait: what the watch has found already is not read again. */
export async function lookAgain(
  store: Store,
  watch: EventWatch,
  { caller }: Pick<Call, 'caller'>,
  wanted: Wanted,
  from: Position,
): Promise<Found> {
  const viewer = viewerOf(caller, wanted.teamId);
  const kept = watch.kept(wanted.teamId, from);
  const found = kept && lookAt(kept, viewer, wanted, from);
  return found ?? store.read(reader => look(reader, viewer, wanted, from, kept));
}

function result(
  key: KeyObject,
  now: number,
  { teamId }: Wanted,
  { states, found }: Pick<Beginning, 'states' | 'found'>,
): PollResult {
  const { rows, end, unreadSince } = found;
  return {
    events: [...states, ...rows.map(row => toNotification(row, sealedCursor(teamId, row, row.at, key)))],
    cursor: sealedCursor(teamId, end, unreadSince ?? now, key),
    more: unreadSince !== undefined,
  };
}
