/** What a literal stands for, by the type of the field that it is compared with. */
import type { Operand } from './condition.ts';
import type { FieldType } from './fields.ts';
import type { RawOperand } from './parse.ts';

/** Furthest that `$now - …` reaches: 100 years, so that every moment has a day. */
export const FURTHEST_MS = 36_525 * 86_400_000;
/** Furthest moment from 1970 that a Date can hold, in milliseconds. */
const LATEST_MS = 8.64e15;

type Reading = (raw: RawOperand) => Operand | undefined;

const value = (is: string | number | undefined): Operand | undefined =>
  is === undefined ? undefined : { kind: 'value', value: is };

const text: Reading = raw =>
  raw.kind === 'text' ? value(raw.text) : raw.kind === 'currentUser' ? { kind: 'currentUser' } : undefined;

const now = (raw: RawOperand, day: boolean): Operand | undefined =>
  raw.kind === 'now' && Math.abs(raw.plusMs) <= FURTHEST_MS ? { kind: 'now', plusMs: raw.plusMs, day } : undefined;

const moment: Reading = raw => {
  if (raw.kind === 'text') return value(momentOf(raw.text));
  if (raw.kind === 'number') return value(within(raw.number, LATEST_MS));
  return now(raw, false);
};

/** An operand, or undefined where the literal is none of the type. */
export const readings: Readonly<Record<FieldType, Reading>> = {
  text,
  user: text,
  integer: raw => (raw.kind === 'number' ? value(within(raw.number, Number.MAX_SAFE_INTEGER)) : undefined),
  number: raw => (raw.kind === 'number' && Number.isFinite(raw.number) ? value(raw.number + 0) : undefined),
  boolean: raw => {
    if (raw.kind === 'truth') return value(raw.truth ? 1 : 0);
    return raw.kind === 'number' && (raw.number === 0 || raw.number === 1) ? value(raw.number) : undefined;
  },
  dateTime: moment,
  timestampOffset: moment,
  dateOnly: raw => (raw.kind === 'text' ? value(dayOf(raw.text)) : now(raw, true)),
  timeOnly: raw => (raw.kind === 'text' ? value(timeOfDayOf(raw.text)) : undefined),
};

/** Minus zero is zero, as in SQL. */
const within = (number: number, limit: number): number | undefined =>
  Number.isInteger(number) && Math.abs(number) <= limit ? number + 0 : undefined;

const TIME = '([01]\\d|2[0-3]):([0-5]\\d)(?::([0-5]\\d)(?:\\.(\\d{1,9}))?)?';
const DAY = /^\d{4}-\d\d-\d\d$/;
const TIME_OF_DAY = new RegExp(`^${TIME}$`);
const MOMENT = new RegExp(`^(\\d{4}-\\d\\d-\\d\\d)(?:[T ](${TIME})(Z|[+-](?:[01]\\d|2[0-3]):?[0-5]\\d)?)?$`, 'i');

function dayOf(text: string): string | undefined {
  if (!DAY.test(text)) return undefined;
  const at = new Date(`${text}T00:00:00Z`);
  // What the calendar does not have, such as February 30, would become another day.
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text) ? text : undefined;
}

/** `09:30` is `09:30:00`; a fraction of a second is none of the type. */
function timeOfDayOf(text: string): string | undefined {
  const [, hour, minute, second = '00', fraction] = TIME_OF_DAY.exec(text) ?? [];
  return hour === undefined || fraction !== undefined ? undefined : `${hour}:${minute}:${second}`;
}

/** ISO 8601, in epoch milliseconds: a day is its beginning, without an offset it is UTC; what is finer than a millisecond is dropped. */
function momentOf(text: string): number | undefined {
  const [, day, , hour = '00', minute = '00', second = '00', fraction = '', offset = 'Z'] = MOMENT.exec(text) ?? [];
  if (day === undefined || dayOf(day) === undefined) return undefined;
  const ms = fraction.slice(0, 3).padEnd(3, '0');
  const utc = Date.parse(`${day}T${hour}:${minute}:${second}.${ms}Z`);
  if (offset.toUpperCase() === 'Z') return utc;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2));
  return utc - (offset.startsWith('-') ? -minutes : minutes) * 60_000;
}
