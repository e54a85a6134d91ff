/**
 * Dates and times as people and programs write them (ISO 8601), read strictly: a day that no calendar has, or a part of a second that
 * cannot be kept, is no moment. Everything is to the millisecond.
 */

/** The last moment, and with its sign the first, that a date can name: what every client can read. */
const LAST_MOMENT = 8.64e15;

/** A moment with its text in one form: `T`, seconds, `Z` or an offset with a colon where one was given. */
export interface Moment {
  readonly text: string;
  /** Epoch milliseconds; without an offset, as if it were UTC. */
  readonly ms: number;
  readonly hasOffset: boolean;
}

const DAY = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?$/;
const MOMENT = /^([^Tt ]+)[Tt ]([\d:.,]+)(?:([Zz])|([+-]\d\d)(?::?(\d\d))?)?$/;

/** The day as epoch milliseconds of its beginning in UTC. */
export function dayOf(text: string): number | undefined {
  const [, year, month, day] = (DAY.exec(text) ?? []).map(Number);
  if (!year || !month || !day) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : undefined;
}

/** The time of day as milliseconds since midnight. */
export function timeOf(text: string): number | undefined {
  const found = TIME.exec(text);
  if (!found) return undefined;
  const [hours, minutes, seconds] = [found[1], found[2], found[3] ?? 0].map(Number) as [number, number, number];
  const fraction = (found[4] ?? '').padEnd(9, '0');
  if (hours > 23 || minutes > 59 || seconds > 59 || !fraction.endsWith('000000')) return undefined;
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + Number(fraction.slice(0, 3));
}

/** `23:59:59`, with milliseconds where there are some. */
export const timeText = (ms: number): string => new Date(ms).toISOString().slice(11, ms % 1000 === 0 ? 19 : 23);

export function momentOf(text: string): Moment | undefined {
  const [, dayText, timePart, utc, offsetHours, offsetMinutes = '00'] = MOMENT.exec(text) ?? [];
  const day = dayText === undefined ? undefined : dayOf(dayText);
  const time = timePart === undefined ? undefined : timeOf(timePart);
  if (day === undefined || time === undefined) return undefined;
  const offset = offsetHours === undefined ? 0 : minutesOf(offsetHours, offsetMinutes);
  if (offset === undefined) return undefined;
  const zone = utc ? 'Z' : offsetHours === undefined ? '' : `${offsetHours}:${offsetMinutes}`;
  return { text: `${dayText}T${timeText(time)}${zone}`, ms: day + time - offset * 60_000, hasOffset: zone !== '' };
}

function minutesOf(hours: string, minutes: string): number | undefined {
  const [whole, part] = [Math.abs(Number(hours)), Number(minutes)];
  if (whole > 23 || part > 59) return undefined;
  return (hours.startsWith('-') ? -1 : 1) * (whole * 60 + part);
}

/** Epoch milliseconds of epoch milliseconds in decimal, or of a moment. */
export function epochOf(text: string): number | undefined {
  if (!/^-?\d{1,16}$/.test(text)) return momentOf(text)?.ms;
  const ms = Number(text) + 0;
  return Math.abs(ms) <= LAST_MOMENT ? ms : undefined;
}
