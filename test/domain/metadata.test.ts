/** What a value of metadata may be, what an option id stands for, and what edits of a list leave on record. */
import { describe, expect, test } from '@jest/globals';
import { MAX_DESCRIPTION_LENGTH, MAX_LIST_OPTIONS } from '#gen/common_types';
import type { MetadataValue } from '#gen/metadata_types';
import { MetadataType } from '#gen/metadata_types';
import {
  checkedRange,
  checkedValue,
  type OptionsOnRecord,
  optionText,
  remaining,
  resolvedOption,
  type ValueRules,
} from '../../src/domain/metadata.ts';
import { listed, newList, withAdded, withChanged, withMerged, withRemoved } from '../../src/domain/option-list.ts';

const { TEXT, NUMBER, LIST, MULTI_SELECT_LIST, DATE } = MetadataType;

/** Options "a", "b" and so on, whose texts are "A", "B" and so on. */
const list = (...ids: string[]): OptionsOnRecord =>
  newList(
    'options',
    ids.map(id => ({ id, text: id.toUpperCase() })),
  );
const order = (options: OptionsOnRecord): string =>
  listed(options)
    .map(({ id }) => id)
    .join('');
const texts = (options: OptionsOnRecord): string[] => listed(options).map(({ text }) => text);

const rules = (type: MetadataType, more: Partial<ValueRules> = {}): ValueRules => ({
  type,
  range: undefined,
  options: new Map(),
  ...more,
});
const check = (value: MetadataValue, of: ValueRules) => checkedValue('value', value, of);
const refusal = (slug: string, message: RegExp) =>
  expect.objectContaining({ slug, message: expect.stringMatching(message) });

describe('a value', () => {
  test.each<[MetadataType, MetadataValue]>([
    [TEXT, { text: '' }],
    [TEXT, { text: '😀'.repeat(MAX_DESCRIPTION_LENGTH) }],
    [NUMBER, { number: 0 }],
    [NUMBER, { number: -1.5e300 }],
    [DATE, { date: 0 }],
    [DATE, { date: -1 }],
  ])('of type %s is stored as it is: case %#', (type, value) => {
    expect(check(value, rules(type))).toEqual(value);
  });

  test.each<[MetadataType, MetadataValue, RegExp]>([
    [TEXT, { number: 1 }, /^value: has number; a value of type TEXT has text$/],
    [NUMBER, { text: '1' }, /has text; a value of type NUMBER has number$/],
    [DATE, { number: 1 }, /has number; a value of type DATE has date$/],
    [LIST, { selectedListValues: { values: ['A'] } }, /of type LIST has listValue or listValueId$/],
    [MULTI_SELECT_LIST, { listValueId: 'a' }, /has selectedListValues or selectedListValueIds$/],
  ])('of another type is refused: case %#', (type, value, message) => {
    expect(() => check(value, rules(type, { options: list('a') }))).toThrow(refusal('invalid-argument', message));
  });

  test('of a text has as many characters as a description', () => {
    const long = { text: 'x'.repeat(MAX_DESCRIPTION_LENGTH + 1) };
    expect(() => check(long, rules(TEXT))).toThrow(refusal('limit-exceeded', /20001 characters; .* 20000/));
  });

  test('has one zero', () => {
    expect(check({ number: -0 }, rules(NUMBER))).toEqual({ number: 0 });
  });

  test.each([
    [{ range_start: 1, range_end: 2 }, [1, 1.5, 2], [0.999, 2.001], '1 to 2'],
    [{ range_start: -1 }, [-1, 1e308], [-1.1], '-1 to anything'],
    [{ range_end: 0 }, [-1e308, 0], [0.1], 'anything to 0'],
    [{}, [-1e308, 1e308], [], ''],
  ])('of a range may be at its bounds and not beyond: %j', (range, right, wrong, said) => {
    for (const number of right) expect(check({ number }, rules(NUMBER, { range }))).toEqual({ number });
    for (const number of wrong)
      expect(() => check({ number }, rules(NUMBER, { range }))).toThrow(
        refusal('invalid-argument', new RegExp(`${number} is out of range; right would be ${said}$`)),
      );
  });

  test('of a list is stored by ids, each once and sorted, however it was sent', () => {
    const options = list('b', 'a', 'c');
    expect(check({ listValue: 'a' }, rules(LIST, { options }))).toEqual({ listValueId: 'a' });
    expect(check({ listValueId: 'a' }, rules(LIST, { options }))).toEqual({ listValueId: 'a' });
    const several = rules(MULTI_SELECT_LIST, { options });
    const stored = { selectedListValueIds: { valueIds: ['a', 'b'] } };
    expect(check({ selectedListValues: { values: ['b', 'A', 'B'] } }, several)).toEqual(stored);
    expect(check({ selectedListValueIds: { valueIds: ['b', 'a', 'b'] } }, several)).toEqual(stored);
    const none = { selectedListValueIds: { valueIds: [] } };
    expect(check({ selectedListValues: { values: [] } }, several)).toEqual(none);
  });

  test.each<MetadataValue>([{ listValue: 'D' }, { listValueId: 'A' }, { listValueId: 'd' }, { listValue: '' }])(
    'of an option that the list does not have is refused: %j',
    value => {
      const right = /^value: "[AdD]?"; the list has no such option; choose another$/;
      const of = rules(LIST, { options: list('a') });
      expect(() => check(value, of)).toThrow(refusal('invalid-argument', right));
    },
  );

  test('of an option that was taken out is refused, by id and by text', () => {
    const of = rules(LIST, { options: withRemoved(list('a', 'b'), ['a']) });
    expect(() => check({ listValueId: 'a' }, of)).toThrow(refusal('invalid-argument', /"A" \(a\) was taken out/));
    expect(() => check({ listValue: 'A' }, of)).toThrow(refusal('invalid-argument', /no such option/));
  });

  test('of an option that was merged is the one that it became', () => {
    const options = withMerged(list('a', 'b', 'c'), ['a'], 'b');
    expect(check({ listValueId: 'a' }, rules(LIST, { options }))).toEqual({ listValueId: 'b' });
    const both = { selectedListValueIds: { valueIds: ['b', 'a'] } };
    expect(check(both, rules(MULTI_SELECT_LIST, { options }))).toEqual({ selectedListValueIds: { valueIds: ['b'] } });
  });
});

describe('a range', () => {
  test('may hold one number, and have no bounds', () => {
    expect(checkedRange('range', { range_start: -0, range_end: -0 })).toEqual({ range_start: 0, range_end: 0 });
    expect(checkedRange('range', {})).toEqual({});
  });

  test('that ends before its start is refused', () => {
    const right = refusal('invalid-argument', /^range: starts at 2 and ends at 1, before its start$/);
    expect(() => checkedRange('range', { range_start: 2, range_end: 1 })).toThrow(right);
  });
});

describe('an option id', () => {
  test('stands for itself as long as the option was not merged, and shows its text', () => {
    const options = withRemoved(list('a', 'b'), ['a']);
    expect(optionText(options, 'a')).toBe('A');
    expect(resolvedOption(options, 'a')).toMatchObject({ id: 'a', place: null });
    expect(optionText(options, 'b')).toBe('B');
    expect(optionText(options, 'c')).toBeUndefined();
  });

  test('stands for the end of a chain of merges, renamed or taken out since', () => {
    let options = withMerged(list('a', 'b', 'c', 'd'), ['a'], 'b');
    options = withMerged(options, ['b'], 'c');
    options = withMerged(options, ['c'], 'd');
    expect(optionText(options, 'a')).toBe('D');
    options = withChanged(options, [{ id: 'd', params: { name: 'Delta' } }]);
    expect(['a', 'b', 'c'].map(id => optionText(options, id))).toEqual(['Delta', 'Delta', 'Delta']);
    expect(optionText(withRemoved(options, ['d']), 'a')).toBe('Delta');
  });
});

describe('what an edit leaves of a value', () => {
  const options = withRemoved(withMerged(list('a', 'b', 'c'), ['a'], 'b'), ['c']);
  const several = (...valueIds: string[]) => ({ selectedListValueIds: { valueIds } });

  test.each<[MetadataValue, MetadataValue | undefined]>([
    [{ listValueId: 'a' }, { listValueId: 'b' }],
    [{ listValueId: 'b' }, { listValueId: 'b' }],
    [{ listValueId: 'c' }, undefined],
    [several('a', 'b', 'c'), several('b')],
    [several('c'), undefined],
    [several(), several()],
  ])('is what can be chosen: %j, %j', (value, left) => {
    expect(remaining(value, options)).toEqual(left);
  });
});

describe('options are added', () => {
  const add = (options: OptionsOnRecord, ids: string, params: object) =>
    order(
      withAdded(
        options,
        'values',
        [...ids].map(id => ({ id, text: id.toUpperCase() })),
        params,
      ),
    );

  test.each([
    [{}, 'bdxc'],
    [{ position: -1 }, 'bdxc'],
    [{ position: 0 }, 'xcbd'],
    [{ position: 1 }, 'bxcd'],
    [{ position: 2 }, 'bdxc'],
    [{ alphabetical: true }, 'bcdx'],
    [{ alphabetical: true, position: 99 }, 'bcdx'],
  ])('at the place asked for: %j', (params, right) => {
    expect(add(list('b', 'd'), 'xc', params)).toBe(right);
  });

  test('by alphabet into a list without order before the first that comes behind', () => {
    expect(add(list('m', 'z', 'b'), 'na', { alphabetical: true })).toBe('amnzb');
  });

  test.each([-2, 3])('and a position that there is not is refused: %i', position => {
    const right = refusal('invalid-position', /^params\.position: -?\d is out of range; right would be 0 to 2, or -1/);
    expect(() => add(list('b', 'd'), 'x', { position })).toThrow(right);
  });

  test('and a text that the list has is refused with the id of its option, ignoring case', () => {
    const add = () => withAdded(list('a'), 'values', [{ id: 'x', text: 'a' }], {});
    expect(add).toThrow(refusal('duplicate-name', /^values\[0\]: the list has the option "A" \(a\) already/));
    expect(add).toThrow(expect.objectContaining({ details: { name: 'A', valueId: 'a' } }));
    const twice = ['b', 'B'].map(text => ({ id: text, text }));
    expect(() => withAdded(list('a'), 'values', twice, {})).toThrow(refusal('duplicate-name', /^values\[1\]: "B"/));
  });

  test('under a text that an option had which is gone', () => {
    const options = withMerged(withRemoved(list('a', 'b', 'c'), ['a']), ['b'], 'c');
    const again = ['A', 'B'].map(text => ({ id: `new ${text}`, text }));
    expect(texts(withAdded(options, 'values', again, {}))).toEqual(['C', 'A', 'B']);
  });

  test('up to a number, in which those that are gone do not count', () => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => ({ id: `${n}`, text: `${n}` }));
    const full = newList('options', many(MAX_LIST_OPTIONS));
    const more = [{ id: 'more', text: 'more' }];
    const right = refusal('limit-exceeded', /^values: the list would have 1001 options; it may have 1000$/);
    expect(() => withAdded(full, 'values', more, {})).toThrow(right);
    expect(listed(withAdded(withRemoved(full, ['7']), 'values', more, {}))).toHaveLength(MAX_LIST_OPTIONS);
  });
});

describe('options are changed', () => {
  const move = (id: string, params: object) => order(withChanged(list('a', 'b', 'c'), [{ id, params }]));

  test.each([
    ['a', { position: 0 }, 'abc'],
    ['a', { position: 1 }, 'bac'],
    ['a', { position: 2 }, 'bca'],
    ['a', { position: -1 }, 'bca'],
    ['c', { position: 0 }, 'cab'],
    ['c', { name: 'Alpha', alphabetical: true }, 'acb'],
    ['b', { name: 'New' }, 'abc'],
    ['b', {}, 'abc'],
  ])('option %s by %j', (id, params, right) => {
    expect(move(id, params)).toBe(right);
  });

  test('one after the other, with the new texts of all of them', () => {
    const changes = [
      { id: 'a', params: { position: -1 } },
      { id: 'b', params: { alphabetical: true } },
      { id: 'c', params: { name: 'A1', position: 0 } },
    ];
    const changed = withChanged(list('a', 'b', 'c'), changes);
    expect(texts(changed)).toEqual(['A1', 'A', 'B']);
  });

  test('and two may swap their texts', () => {
    const changes = [
      { id: 'a', params: { name: 'B' } },
      { id: 'b', params: { name: 'a' } },
    ];
    expect(texts(withChanged(list('a', 'b'), changes))).toEqual(['B', 'a']);
  });

  test('and those that nothing changes stay the objects that they were', () => {
    const before = list('a', 'b', 'c');
    const after = withChanged(before, [{ id: 'c', params: { position: 1, name: 'C' } }]);
    expect([...after.values()].filter(option => before.get(option.id) !== option)).toHaveLength(2);
    const same = withChanged(before, [{ id: 'c', params: { position: 2, name: 'C' } }]);
    expect([...same.values()].filter(option => before.get(option.id) !== option)).toEqual([]);
  });

  test.each([
    [{ name: 'A' }, 'duplicate-name', /^params\[0\]\.name: the list has the option "A" \(a\) already/],
    [{ position: 3 }, 'invalid-position', /^params\[0\]\.position: 3 is out of range; right would be 0 to 2/],
    [{ position: -2 }, 'invalid-position', /-2 is out of range/],
  ])('and what does not fit is refused: %j', (params, slug, message) => {
    expect(() => move('b', params)).toThrow(refusal(slug, message));
  });

  test('and those that are not in the list are refused', () => {
    const options = withRemoved(withMerged(list('a', 'b', 'c'), ['a'], 'b'), ['c']);
    const change = (id: string) => () => withChanged(options, [{ id, params: { name: 'X' } }]);
    expect(change('a')).toThrow(refusal('list-option-not-found', /"A" \(a\) was merged into "B" \(b\); name that one/));
    expect(change('c')).toThrow(refusal('list-option-not-found', /"C" \(c\) was taken out of the list/));
    expect(change('d')).toThrow(refusal('list-option-not-found', /the list has no option d/));
  });
});

describe('options are removed and merged', () => {
  test('and the others move up', () => {
    expect(listed(withRemoved(list('a', 'b', 'c'), ['b'])).map(({ place }) => place)).toEqual([0, 1]);
    expect(order(withMerged(list('a', 'b', 'c', 'd'), ['a', 'd'], 'c'))).toBe('bc');
  });

  test('once: what is gone in this way is passed over', () => {
    const removed = withRemoved(list('a', 'b'), ['a']);
    expect(withRemoved(removed, ['a'])).toEqual(removed);
    const merged = withMerged(list('a', 'b', 'c'), ['a'], 'b');
    expect(withMerged(merged, ['a'], 'b')).toEqual(merged);
    const chained = withMerged(merged, ['b'], 'c');
    expect(withMerged(chained, ['a', 'b'], 'c')).toEqual(chained);
  });

  test('and what was removed can be merged yet', () => {
    const options = withMerged(withRemoved(list('a', 'b'), ['a']), ['a'], 'b');
    expect(optionText(options, 'a')).toBe('B');
  });

  test('and what was merged is refused elsewhere, so that no merge makes a circle', () => {
    const options = withMerged(list('a', 'b', 'c'), ['a'], 'b');
    const merged = refusal('list-option-not-found', /"A" \(a\) was merged into "B" \(b\)/);
    expect(() => withRemoved(options, ['a'])).toThrow(merged);
    expect(() => withMerged(options, ['a'], 'c')).toThrow(merged);
    expect(() => withMerged(options, ['b'], 'a')).toThrow(merged);
    expect(() => withMerged(options, ['b', 'c'], 'b')).toThrow(refusal('invalid-argument', /b is mergedValueId too/));
  });
});
