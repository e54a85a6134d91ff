/**
 * Values of properties: from the text that clients send to the form in which rows keep them, and to what readers get.
 *
 * The kept form of each type is one value of JSON that two engines and JavaScript compare alike:
 *
 *     String           "text"
 *     Integer          "9223372036854775807"    digits, since a number of JSON is not exact beyond 2^53
 *     DateTime         1955898000000            epoch milliseconds
 *     DateOnly         "2031-12-24"             sorts as the days do
 *     TimeOnly         "23:59:59", "23:59:59.5" with three digits; sorts as the times do
 *     TimestampOffset  {"text": "2031-12-24T18:00:00+01:00", "ms": 1955898000000}
 *     Boolean          1, 0
 *     Double           12.6
 *
 * Each value has one form, so equal values are equal texts of JSON. Null is no value: it is left out.
 */
import { ExtendedPropertyDataType } from '#gen/flow_types';
import type { JobValue } from '#gen/jobs_types';
import { dayOf, epochOf, momentOf, timeOf, timeText } from './moments.ts';

export type PropertyValue = string | number | { readonly text: string; readonly ms: number };

interface Form {
  /** The value that a text stands for; undefined when it stands for none of this type. */
  readonly parse: (text: string) => PropertyValue | undefined;
  /** What texts are right, for a person. */
  readonly expected: string;
  /** What stands for a value in struct JobValue. */
  readonly struct: (value: PropertyValue) => JobValue;
  /** What filters compare: the kept form but for what is said otherwise. */
  readonly compared?: (value: PropertyValue) => string | number;
  /** The text that `parse` reads as the value. */
  readonly text?: (value: PropertyValue) => string;
}

const asText = (value: PropertyValue): JobValue => ({ text: value as string });

const forms: Readonly<Record<ExtendedPropertyDataType, Form>> = {
  [ExtendedPropertyDataType.String]: { parse: text => text, expected: 'a text', struct: asText },
  [ExtendedPropertyDataType.Integer]: {
    parse: integerOf,
    expected: 'a whole number of 64 bits, such as 4',
    struct: value => ({ integer: integerInStruct(value as string) }),
    compared: Number,
  },
  [ExtendedPropertyDataType.DateTime]: {
    parse: epochOf,
    expected: 'epoch milliseconds, or a date and time such as 2031-12-24T18:00:00Z',
    struct: value => ({ dateTime: value as number }),
    // Years of more than four digits have no other text.
    text: value => [new Date(value as number).toISOString()].find(text => epochOf(text) === value) ?? String(value),
  },
  [ExtendedPropertyDataType.DateOnly]: {
    parse: text => (dayOf(text) === undefined ? undefined : text),
    expected: 'a day such as 2031-12-24',
    struct: asText,
  },
  [ExtendedPropertyDataType.TimeOnly]: {
    parse: text => {
      const ms = timeOf(text);
      return ms === undefined ? undefined : timeText(ms);
    },
    expected: 'a time of day such as 23:59:59',
    struct: asText,
  },
  [ExtendedPropertyDataType.TimestampOffset]: {
    parse: timestampOf,
    expected: 'a date and time with an offset, such as 2031-12-24T18:00:00+01:00',
    struct: value => ({ text: (value as { text: string }).text }),
    compared: value => (value as { ms: number }).ms,
    text: value => (value as { text: string }).text,
  },
  [ExtendedPropertyDataType.Boolean]: {
    parse: text => truths[text.toLowerCase()],
    expected: 'true or false',
    struct: value => ({ flag: value === 1 }),
    text: value => String(value === 1),
  },
  [ExtendedPropertyDataType.Double]: {
    parse: doubleOf,
    expected: 'a number such as 12.6',
    struct: value => ({ number: value as number }),
  },
};

export const parsedValue = (type: ExtendedPropertyDataType, text: string): PropertyValue | undefined =>
  forms[type].parse(text);

export const expectedOf = (type: ExtendedPropertyDataType): string => forms[type].expected;

export const valueInStruct = (type: ExtendedPropertyDataType, value: PropertyValue): JobValue =>
  forms[type].struct(value);

/** What filters compare: a number for integers, numbers, moments and truth values (1, 0), else a text. */
export const comparedValue = (type: ExtendedPropertyDataType, value: PropertyValue): string | number =>
  forms[type].compared?.(value) ?? (value as string | number);

/** The text that would be sent for a value. */
export const valueText = (type: ExtendedPropertyDataType, value: PropertyValue): string =>
  forms[type].text?.(value) ?? String(value);

/** The same for equal values of one type, and for no others. Two timestamps of one moment with other offsets are two values. */
export const valueKey = (value: PropertyValue): string =>
  typeof value === 'object' ? `${value.ms} ${value.text}` : String(value);

const truths: { readonly [text: string]: number | undefined } = {
  __proto__: null,
  true: 1,
  1: 1,
  false: 0,
  0: 0,
} as never;

const MOST_DIGITS = 40;

function integerOf(text: string): string | undefined {
  if (text.length > MOST_DIGITS || !/^[+-]?\d+$/.test(text)) return undefined;
  const whole = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, whole) === whole ? whole.toString() : undefined;
}

/** Beyond what a number holds exactly, the digits: the wire takes them. */
const integerInStruct = (digits: string): number =>
  Number.isSafeInteger(Number(digits)) ? Number(digits) : (digits as unknown as number);

const MOST_CHARACTERS = 400;

function doubleOf(text: string): number | undefined {
  if (text.length > MOST_CHARACTERS || !/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return undefined;
  const number = Number(text);
  // JSON has no negative zero.
  return Number.isFinite(number) ? number + 0 : undefined;
}

function timestampOf(text: string): PropertyValue | undefined {
  const moment = momentOf(text);
  return moment?.hasOffset ? { text: moment.text, ms: moment.ms } : undefined;
}
