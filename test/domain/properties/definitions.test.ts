/** Property tables as authors send them: all that is wrong is named at once. */
import { describe, expect, test } from '@jest/globals';
import {
  type ExtendedPropertyDefinition,
  type ExtendedPropertyTable,
  ExtendedPropertyRelationshipType as Relationship,
  ExtendedPropertyDataType as Type,
} from '#gen/flow_types';
import type { BadRequest } from '../../../src/base/errors.ts';
import { checkedTables } from '../../../src/domain/properties/definitions.ts';
import { PropertyFaults } from '../../../src/domain/properties/faults.ts';
import { changedRow, newRow } from '../../../src/domain/properties/rows.ts';
import { PropertyTables } from '../../../src/domain/properties/tables.ts';

const property = (
  propertyName: string,
  dataType = Type.String,
  more: Partial<ExtendedPropertyDefinition> = {},
): ExtendedPropertyDefinition => ({ propertyName, dataType, ...more });

const table = (
  tableName: string,
  properties: ExtendedPropertyDefinition[] = [property('p')],
  more: Partial<ExtendedPropertyTable> = {},
): ExtendedPropertyTable => ({ tableName, relationshipType: Relationship.OneToOne, properties, ...more });

const refusal = (tables: ExtendedPropertyTable[]): BadRequest => {
  try {
    checkedTables(tables);
  } catch (error) {
    return error as BadRequest;
  }
  throw new Error('expected a refusal');
};

const faultsOf = (...properties: ExtendedPropertyDefinition[]): string => {
  const { slug, message } = refusal([table('t', properties)]);
  expect(slug).toBe('invalid-property');
  return message;
};

const codes = (...texts: string[]) => texts.map(code => ({ name: `The ${code}`, code }));

describe('tables', () => {
  test('with one to two hundred properties of all types are right, and so are names that JavaScript knows', () => {
    const everyType = Object.values(Type)
      .filter(type => typeof type === 'number')
      .map(type => property(`p${type}`, type as Type));
    const many = Array.from({ length: 200 }, (_, n) => property(`p${n}`));
    const tables = [table('a', everyType), table('b', many), table('constructor', [property('toString')])];
    expect(checkedTables(tables)).toEqual(tables);
  });

  test.each([
    ['an empty name', table(''), /\(tableName empty\): no tableName; expected a letter of a to z/],
    ['a name with a dot', table('a.b'), /a\.b: no tableName/],
    ['a name that begins with a digit', table('1a'), /1a: no tableName/],
    ['a name that is too long', table('a'.repeat(65)), /a…: no tableName; .*64 at most/],
    ['no property', table('t', []), /t: 0 properties; expected 1 to 200/],
    [
      'a property too many',
      table(
        't',
        Array.from({ length: 201 }, (_, n) => property(`p${n}`)),
      ),
      /t: 201 properties/,
    ],
    ['an alias that is too long', table('t', undefined, { tableAlias: 'x'.repeat(251) }), /tableAlias has 251 char/],
  ])('with %s are refused', (_what, wrong, message) => {
    expect(refusal([table('right'), wrong])).toMatchObject({ slug: 'invalid-property' });
    expect(refusal([table('right'), wrong]).message).toMatch(message);
  });

  test('that differ in case alone are refused, and so are such properties', () => {
    expect(refusal([table('Pump'), table('pump')]).message).toMatch(/^pump: this tableName is there twice/);
    expect(faultsOf(property('Flow'), property('FLOW'))).toMatch(/^t\.FLOW: this propertyName is there twice/);
  });

  test('are 50 at most, of 256 KB at most', () => {
    const tables = Array.from({ length: 51 }, (_, n) => table(`t${n}`));
    expect(refusal(tables)).toMatchObject({ slug: 'limit-exceeded', details: { limit: '50', found: '51' } });
    const large = Array.from({ length: 1000 }, (_, n) => ({ name: 'x'.repeat(250), code: `${n}` }));
    expect(refusal([table('t', [property('p', Type.String, { domain: large })])])).toMatchObject({
      slug: 'limit-exceeded',
      details: { limit: '262144' },
    });
  });
});

describe('properties', () => {
  test.each<[string, ExtendedPropertyDefinition, RegExp]>([
    ['a length of 0', property('p', Type.String, { fieldLength: 0 }), /t\.p: fieldLength 0; expected 1 to 20000/],
    ['a length beyond the limit', property('p', Type.String, { fieldLength: 20_001 }), /fieldLength 20001/],
    [
      'a default of another type',
      property('p', Type.Integer, { defaultValue: 'x' }),
      /t\.p: defaultValue "x"; expected a whole number/,
    ],
    [
      'a default that is too long',
      property('p', Type.String, { fieldLength: 2, defaultValue: 'abc' }),
      /defaultValue has 3 characters; the longest may have 2/,
    ],
    [
      'a default outside the domain',
      property('p', Type.Integer, { defaultValue: '3', domain: codes('1', '2') }),
      /defaultValue "3" is not in the domain/,
    ],
    [
      'a code of another type',
      property('p', Type.DateOnly, { domain: codes('2031-02-30') }),
      /code "2031-02-30"; expected a day/,
    ],
    [
      'a code that is there twice',
      property('p', Type.Integer, { domain: codes('1', '01') }),
      /the code "01" is in the domain twice/,
    ],
    [
      'a code without a name',
      property('p', Type.Integer, { domain: [{ name: ' ', code: '1' }] }),
      /name of the code "1" is empty/,
    ],
    [
      'a thousand codes and one',
      property('p', Type.Integer, { domain: codes(...Array.from({ length: 1001 }, (_, n) => `${n}`)) }),
      /1001 values in the domain; at most 1000/,
    ],
  ])('with %s are refused', (_what, wrong, message) => {
    expect(faultsOf(wrong)).toMatch(message);
  });

  test('have a type, and tables a relation: unset arrives as 0', () => {
    const untyped = property('p', 0 as Type, {
      defaultValue: '1',
      domain: [{ name: 'n', code: '1' }],
    });
    expect(faultsOf(untyped)).toMatch(/^t\.p: dataType is unset; expected one of ExtendedPropertyDataType/);
    const unrelated = { tableName: 't', relationshipType: 0, properties: [property('p')] } as never;
    expect(() => checkedTables([unrelated])).toThrow(/t: relationshipType is unset; expected OneToOne or OneToMany/);
  });

  test('a default in the domain is right in whatever form it is written', () => {
    const right = property('p', Type.Double, { defaultValue: '1.50', domain: codes('1.5', '2') });
    expect(checkedTables([table('t', [right])])).toHaveLength(1);
  });

  test('all faults come at once, the first twenty by name', () => {
    const wrong = Array.from({ length: 30 }, (_, n) => property(`p${n}`, Type.Integer, { defaultValue: 'x' }));
    const { message, details } = refusal([table('1'), table('t', wrong)]);
    expect(message).toMatch(/^1: no tableName.*; t\.p0: .*; t\.p18: .*; and 11 more$/);
    expect(details).toEqual({ property: '1', faults: '31' });
  });
});

describe('rows', () => {
  const tables = new PropertyTables([
    table('Pump', [
      property('constructor', Type.String, { fieldLength: 3 }),
      property('count', Type.Integer, { isRequired: true, defaultValue: '1' }),
      property('fixed', Type.Boolean, { editable: false }),
      property('kind', Type.String, { domain: codes('A', 'B') }),
      property('needed', Type.Double, { isRequired: true, propertyOrder: -1 }),
    ]),
  ]);
  const pump = tables.table('pUMP')!;
  const made = (given: [string, string?][]): unknown => {
    const faults = new PropertyFaults();
    const row = newRow(
      faults,
      pump,
      given.map(([name, text]) => ({ name, text })),
    );
    faults.refuse();
    return Object.fromEntries(row);
  };

  test('have properties in their order, found in any case', () => {
    expect(pump.properties.map(({ name }) => name)).toEqual(['needed', 'constructor', 'count', 'fixed', 'kind']);
    expect(tables.find('PUMP.COUNT')!.property.identifier).toBe('Pump.count');
    expect(['pump', 'pump.', 'pump.x', 'x.count', 'pump.count.x', ''].filter(name => tables.find(name))).toEqual([]);
  });

  test('begin with what is given, else the defaults, and nothing besides', () => {
    expect(
      made([
        ['needed', '2'],
        ['fixed', 'true'],
      ]),
    ).toEqual({ needed: 2, count: '1', fixed: 1 });
    expect(made([['NEEDED', '2'], ['fixed']])).toEqual({ needed: 2, count: '1' });
  });

  test.each<[string, [string, string?][], RegExp]>([
    ['a required one without value', [], /^Pump\.needed: has no value; it is required/],
    ['a required one that is null', [['needed', '1'], ['count']], /^Pump\.count: may not be null/],
    [
      'an unknown one',
      [
        ['needed', '1'],
        ['colour', 'red'],
      ],
      /^Pump\.colour: no such property; Pump has needed, constructor, count/,
    ],
    [
      'one that is named twice',
      [
        ['needed', '1'],
        ['Needed', '2'],
      ],
      /^Pump\.needed: is named twice/,
    ],
    ['another type', [['needed', 'one']], /^Pump\.needed: "one"; expected a number such as 12\.6$/],
    [
      'a longer text',
      [
        ['needed', '1'],
        ['constructor', '🙂🙂🙂🙂'],
      ],
      /^Pump\.constructor: "🙂🙂🙂🙂" has 4 characters; the longest may have 3/,
    ],
    [
      'a value outside the domain',
      [
        ['needed', '1'],
        ['kind', 'a'],
      ],
      /^Pump\.kind: "a" is not in the domain/,
    ],
  ])('with %s are refused', (_what, given, message) => {
    expect(() => made(given)).toThrow(message);
  });

  test('change in what is given; what is not editable keeps its value, but for the server', () => {
    const row = new Map<string, string | number>([
      ['needed', 2],
      ['count', '1'],
      ['fixed', 1],
    ]);
    const change = (byServer: boolean, ...given: [string, string?][]) => {
      const faults = new PropertyFaults();
      const changed = changedRow(
        faults,
        pump,
        row,
        given.map(([name, text]) => ({ name, text })),
        byServer,
      );
      faults.refuse();
      return Object.fromEntries(changed);
    };
    expect(change(false, ['needed', '3'], ['kind', 'A'])).toEqual({ needed: 3, count: '1', fixed: 1, kind: 'A' });
    expect(change(false, ['fixed', 'TRUE'])).toEqual({ needed: 2, count: '1', fixed: 1 });
    expect(() => change(false, ['fixed'])).toThrow(/Pump\.fixed: is not editable/);
    expect(change(true, ['fixed'])).toEqual({ needed: 2, count: '1' });
    expect(() => change(true, ['needed'])).toThrow(/Pump\.needed: may not be null/);
    expect(row.size).toBe(3);
  });
});
