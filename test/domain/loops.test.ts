/** Loops among things that lead to one another: which there are, and that all that share a thing are one. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loops } from '../../src/domain/loops.ts';

const next = (ways: Readonly<Record<string, string>>) => (id: string) => [...(ways[id] ?? '')];

/** Each in the order of the alphabet. */
const sorted = (sets: readonly (readonly string[])[]): string[] => sets.map(set => [...set].sort().join('')).sort();

describe('the loops', () => {
  test.each<[string, Record<string, string>, string[]]>([
    ['of a way without any are none', { a: 'b', b: 'cd', c: 'd' }, []],
    ['are found wherever they are', { a: 'b', b: 'a', c: 'd', d: 'c' }, ['ab', 'cd']],
    ['that one leads to another stay two', { a: 'b', b: 'ac', c: 'd', d: 'c' }, ['ab', 'cd']],
    ['that are nested are one', { a: 'b', b: 'c', c: 'bd', d: 'a' }, ['abcd']],
    ['that share one thing are one', { a: 'b', b: 'ac', c: 'b' }, ['abc']],
    ['of one thing are those that lead to themselves', { a: 'ab', b: 'c' }, ['a']],
    ['leave out what only leads into them, and out', { a: 'b', b: 'c', c: 'bd' }, ['bc']],
  ])('%s', (_, ways, expected) => {
    expect(sorted(loops('abcd', next(ways)))).toEqual(expected);
  });

  test('are the sets of things that can all reach each other', () => {
    const things = [...'0123456789'];
    const place = fc.constantFrom(...things);
    fc.assert(
      fc.property(fc.array(fc.tuple(place, place), { maxLength: 20 }), pairs => {
        const leads = (id: string) => pairs.flatMap(([from, to]) => (from === id ? [to] : []));
        const reached = (from: string): Set<string> => {
          const found = new Set(leads(from));
          for (const thing of found) for (const to of leads(thing)) found.add(to);
          return found;
        };
        const inLoops = things.filter(thing => reached(thing).has(thing));
        const sets = inLoops.map(thing => inLoops.filter(to => reached(thing).has(to) && reached(to).has(thing)));
        expect(sorted(loops(things, leads))).toEqual([...new Set(sorted(sets))]);
      }),
    );
  });

  test('may be very long: 100,000 things are gone through without a stack', () => {
    const most = 100_000;
    const around = loops(
      Array.from({ length: most }, (_, index) => String(index)),
      id => [String((Number(id) + 1) % most)],
    );
    expect(around.map(({ length }) => length)).toEqual([most]);
  });
});
