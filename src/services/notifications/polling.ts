/**
 * poll: the events behind a cursor, at once or as soon as there are some. While it waits it holds no transaction and no connection
 * to the database; what it may see is decided anew after each wait.
 */
import type { KeyObject } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
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
/**
 * Pauses before a look is repeated that found nothing, while something is held back: who polls behind an answered write hears of it,
 * though another write began before and is not over. Who has time waits for it as for anything else.
 */
const HELD_BACK_MS = [10, 40, 160, 640] as const;

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
    const begun = await store.read(reader => begin(reader, call, wanted, cursor));
    const first = timeoutMs === 0 ? await settled(store, begun, wanted, cursor) : begun;
    if (first.states.length > 0 || first.found.rows.length > 0) return result(first, wanted, first);
    return await goOn(store, watch, wanted, patience, first);
  } finally {
    patience.end();
  }
}

interface Beginning {
  readonly call: Call;
  readonly key: KeyObject;
  readonly states: Notification[];
  readonly found: Found;
  /** There is more, which a transaction under way holds back: on PostgreSQL alone. */
  readonly isHeldBack: boolean;
}

const isTold = ({ states, found, isHeldBack }: Beginning): boolean =>
  !isHeldBack || states.length > 0 || found.rows.length > 0;

async function settled(store: Store, begun: Beginning, wanted: Wanted, cursor: string): Promise<Beginning> {
  if (isTold(begun)) return begun;
  let now = begun;
  // Ends the pauses when the client leaves, or the server stops.
  const patience = begun.call.patience(MAX_POLL_TIMEOUT_MS);
  try {
    for (const ms of HELD_BACK_MS) {
      await patience.until(pause(ms, undefined, { ref: false }));
      if (patience.isOver) break;
      const call = await again(now.call, wanted);
      now = await store.read(reader =>
        cursor === '' ? begin(reader, call, wanted, cursor) : lookOn(reader, { ...now, call }, wanted),
      );
      if (isTold(now)) break;
    }
    return now;
  } finally {
    patience.end();
  }
}

/** What has come behind what was looked at. */
async function lookOn(reader: Reader, begun: Beginning, wanted: Wanted): Promise<Beginning> {
  const found = await look(reader, viewerOf(begun.call.caller, wanted.teamId), wanted, begun.found.end);
  return { ...begun, found, isHeldBack: await isHeldBack(reader, wanted, found) };
}

const isHeldBack = async (reader: Reader, { teamId }: Wanted, { end, unreadSince }: Found): Promise<boolean> =>
  unreadSince === undefined && (await reader.events.isHeldBack(teamId, end));

/** What is told behind a wait is as of now, to whom the caller is by now. */
async function again(begun: Call, { teamId }: Wanted): Promise<Call> {
  const call = await begun.again();
  requireMember(call.caller, teamId);
  return call;
}

/** What there is at once. At most nine statements. */
async function begin(reader: Reader, call: Call, wanted: Wanted, cursor: string): Promise<Beginning> {
  const { teamId, jobIds } = wanted;
  const key = await reader.files.signingKey('cursor');
  const viewer = viewerOf(call.caller, teamId);
  if (cursor === '') {
    const asked = { viewer, now: call.now, senderId: call.caller.tokenId };
    const states = jobIds ? await jobStates(reader, asked, teamId, [...jobIds]) : [];
    const found = { rows: [], end: await reader.events.end(teamId), unreadSince: undefined };
    return { call, key, states, found, isHeldBack: await isHeldBack(reader, wanted, found) };
  }
  const from = positionIn(cursor, teamId, call.now, key);
  const found = await look(reader, viewer, wanted, from);
  if (found.end === from && (await reader.events.isAhead(teamId, from)))
    throw cursorExpired('the database was restored to a time before it');
  return { call, key, states: [], found, isHeldBack: await isHeldBack(reader, wanted, found) };
}

async function goOn(
  store: Store,
  watch: EventWatch,
  wanted: Wanted,
  patience: Patience,
  first: Beginning,
): Promise<PollResult> {
  let { call, found } = first;
  for (let looks = 1; found.rows.length === 0; looks++) {
    if (found.unreadSince === undefined) {
      const isNews = await waited(watch, wanted.teamId, found.end, patience);
      call = await again(call, wanted);
      if (!isNews) break;
      looks = 0;
    } else if (looks >= MOST_LOOKS) break;
    found = await lookAgain(store, watch, call, wanted, found.end);
  }
  return result({ ...first, call }, wanted, { states: [], found, isHeldBack: false });
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
  { call, key }: Pick<Beginning, 'call' | 'key'>,
  { teamId }: Wanted,
  { states, found, isHeldBack }: Pick<Beginning, 'states' | 'found' | 'isHeldBack'>,
): PollResult {
  const { rows, end, unreadSince } = found;
  return {
    events: [...states, ...rows.map(row => toNotification(row, sealedCursor(teamId, row, row.at, key)))],
    cursor: sealedCursor(teamId, end, unreadSince ?? call.now, key),
    more: unreadSince !== undefined || (isHeldBack && rows.length > 0),
  };
}
