/** Values of properties: the texts that stand for them, the form in which they are kept, and back. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ExtendedPropertyDataType as Type } from '#gen/flow_types';
import { dayOf, momentOf, timeOf } from '../../../src/domain/properties/moments.ts';
import {
  comparedValue,
  expectedOf,
  type PropertyValue,
  parsedValue,
  valueInStruct,
  valueKey,
  valueText,
} from '../../../src/domain/properties/values.ts';

const typeNames = Object.keys(Type).filter(name => Number.isNaN(Number(name))) as (keyof typeof Type)[];

describe('texts that stand for a value', () => {
  test.each<[keyof typeof Type, string, PropertyValue]>([
    ['String', '', ''],
    ['String', 'Zone8', 'Zone8'],
    ['Integer', '4', '4'],
    ['Integer', '-007', '-7'],
    ['Integer', '+0', '0'],
    ['Integer', '9223372036854775807', '9223372036854775807'],
    ['Integer', '-9223372036854775808', '-9223372036854775808'],
    ['DateTime', '0', 0],
    ['DateTime', '-0', 0],
    ['DateTime', '1924966800000', 1924966800000],
    ['DateTime', '-8640000000000000', -8.64e15],
    ['DateTime', '2031-12-24T18:00', Date.UTC(2031, 11, 24, 18)],
    ['DateTime', '2031-12-24t18:00:00.5z', Date.UTC(2031, 11, 24, 18, 0, 0, 500)],
    ['DateTime', '2031-12-24 18:00:00+0130', Date.UTC(2031, 11, 24, 16, 30)],
    ['DateTime', '2032-02-29T00:00:00-05', Date.UTC(2032, 1, 29, 5)],
    ['DateOnly', '0001-01-01', '0001-01-01'],
    ['DateOnly', '2032-02-29', '2032-02-29'],
    ['TimeOnly', '23:59:59', '23:59:59'],
    ['TimeOnly', '07:05', '07:05:00'],
    ['TimeOnly', '07:05:09.2500', '07:05:09.250'],
    ['TimestampOffset', '2031-12-24T18:00:00+01:00', { text: '2031-12-24T18:00:00+01:00', ms: 1955898000000 }],
    ['TimestampOffset', '2031-12-24 17:00z', { text: '2031-12-24T17:00:00Z', ms: Date.UTC(2031, 11, 24, 17) }],
    ['TimestampOffset', '0050-03-01T00:00:00-0030', { text: '0050-03-01T00:00:00-00:30', ms: -60584196600000 }],
    ['Boolean', 'true', 1],
    ['Boolean', 'FALSE', 0],
    ['Boolean', '1', 1],
    ['Boolean', '0', 0],
    ['Double', '12.6', 12.6],
    ['Double', '10000', 10000],
    ['Double', '-.5e-3', -0.0005],
    ['Double', '-0', 0],
    ['Double', '1.7976931348623157e308', Number.MAX_VALUE],
  ])('%s %j', (type, text, value) => {
    expect(parsedValue(Type[type], text)).toStrictEqual(value);
  });

  test.each<[keyof typeof Type, string[]]>([
    [
      'Integer',
      ['', ' 4', '4.0', '1e3', '0x10', 'four', '9223372036854775808', '-9223372036854775809', '1'.repeat(1000)],
    ],
    [
      'DateTime',
      [
        '',
        '2031-12-24',
        '2031-02-30T10:00',
        '2031-12-24T24:00',
        '2031-12-24T10:60',
        '1.5',
        '8640000000000001',
        '2031-12-24T10:00:00.0001',
        '2031-12-24T10:00+24:00',
        'tomorrow',
      ],
    ],
    [
      'DateOnly',
      ['', '2031-2-3', '2031-02-29', '0000-01-01', '2031-13-01', '2031-12-24T00:00', '24.12.2031', '12031-01-01'],
    ],
    ['TimeOnly', ['', '24:00:00', '9:00', '09:00:60', '09:00:00Z', '09:00:00.', '09']],
    [
      'TimestampOffset',
      ['', '2031-12-24T18:00:00', '1924966800000', '2031-12-24T18:00:00+1', '2031-12-24T18:00:00 +01:00'],
    ],
    ['Boolean', ['', 'yes', '2', ' true', '__proto__', 'constructor']],
    ['Double', ['', 'NaN', 'Infinity', '1e309', '1,5', '.', '1e', '0x1', '12.6 ', `1${'0'.repeat(1000)}`]],
  ])('none of %s: %j', (type, texts) => {
    expect(texts.filter(text => parsedValue(Type[type], text) !== undefined)).toEqual([]);
  });

  test.each(typeNames)('what is expected of %s has an example that is right', type => {
    const example = /such as (\S+)$/.exec(expectedOf(Type[type]))?.[1] ?? 'true';
    expect(parsedValue(Type[type], example)).toBeDefined();
  });
});

describe('whatever the value', () => {
  const moment = fc.date({
    min: new Date('0001-01-02T00:00:00Z'),
    max: new Date('9999-12-30T00:00:00Z'),
    noInvalidDate: true,
  });
  const offset = fc.integer({ min: -14 * 60, max: 14 * 60 }).map(minutes => {
    const two = (n: number) => String(Math.floor(Math.abs(n))).padStart(2, '0');
    return { minutes, text: `${minutes < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}` };
  });
  const texts: Readonly<Record<keyof typeof Type, fc.Arbitrary<string>>> = {
    String: fc.string({ unit: 'grapheme' }),
    Integer: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    DateTime: fc.oneof(
      moment.map(date => date.toISOString()),
      fc.integer({ min: -8.64e15, max: 8.64e15 }).map(String),
    ),
    DateOnly: moment.map(date => date.toISOString().slice(0, 10)),
    TimeOnly: moment.map(date => date.toISOString().slice(11, 23)),
    TimestampOffset: fc.tuple(moment, offset).map(([date, { text }]) => `${date.toISOString().slice(0, 23)}${text}`),
    Boolean: fc.constantFrom('true', 'false', '1', '0'),
    Double: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  };

  test.each(typeNames)('%s: its text is read as the same value again, and JSON keeps it', name => {
    fc.assert(
      fc.property(texts[name], text => {
        const type = Type[name];
        const value = parsedValue(type, text)!;
        expect(value).toBeDefined();
        expect(parsedValue(type, valueText(type, value))).toStrictEqual(value);
        expect(JSON.parse(JSON.stringify(value))).toStrictEqual(value);
        expect(Object.keys(valueInStruct(type, value))).toHaveLength(1);
      }),
    );
  });

  test('whole numbers of 64 bits are kept to the last digit, and go out as numbers where a number holds them', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), whole => {
        const value = parsedValue(Type.Integer, String(whole))!;
        expect(BigInt(value as string)).toBe(whole);
        const { integer } = valueInStruct(Type.Integer, value);
        expect(BigInt(integer!)).toBe(whole);
        expect(typeof integer === 'number').toBe(Number.isSafeInteger(Number(whole)));
      }),
    );
  });

  test('the form of days, times and moments sorts as they do', () => {
    const pairs: [keyof typeof Type, (text: string) => number][] = [
      ['DateOnly', text => dayOf(text)!],
      ['TimeOnly', text => timeOf(text)!],
      ['TimestampOffset', text => Date.parse(text)],
    ];
    for (const [name, ms] of pairs)
      fc.assert(
        fc.property(texts[name], texts[name], (one, other) => {
          const compared = (text: string) => comparedValue(Type[name], parsedValue(Type[name], text)!);
          expect(compared(one) < compared(other)).toBe(ms(one) < ms(other));
          expect(compared(one) === compared(other)).toBe(ms(one) === ms(other));
        }),
      );
  });

  test('a moment is what the engine of the language reads in it', () => {
    fc.assert(
      fc.property(moment, offset, (date, { minutes, text }) => {
        const written = `${date.toISOString().slice(0, 23)}${text}`;
        expect(momentOf(written)!.ms).toBe(date.getTime() - minutes * 60_000);
        expect(momentOf(written)!.ms).toBe(Date.parse(written));
      }),
    );
  });

  test('no text breaks the parsers, and equal keys are equal values', () => {
    fc.assert(
      fc.property(fc.constantFrom(...typeNames), fc.string({ unit: 'binary' }), fc.string(), (name, one, other) => {
        const [a, b] = [one, other].map(text => parsedValue(Type[name], text));
        if (a === undefined || b === undefined) return;
        expect(valueKey(a) === valueKey(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 1000 },
    );
  });
});
