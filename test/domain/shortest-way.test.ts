/** Ways from one thing to another: the shortest is found, and none where there is none. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { shortestWay } from '../../src/domain/shortest-way.ts';

const next = (ways: Readonly<Record<string, string>>) => (id: string) => [...(ways[id] ?? '')];

describe('the shortest way', () => {
  test.each<[string, Record<string, string>, string, string, string]>([
    ['straight on', { a: 'b', b: 'c' }, 'a', 'c', 'abc'],
    ['past a longer one', { a: 'bd', b: 'c', c: 'e', d: 'e' }, 'a', 'e', 'ade'],
    ['past dead ends', { a: 'bcd', d: 'e' }, 'a', 'e', 'ade'],
    ['around a circle that does not lead there', { a: 'b', b: 'ac', c: 'd' }, 'a', 'd', 'abcd'],
    ['to where one is', { a: 'b', b: 'a' }, 'a', 'a', 'a'],
    ['against the direction there is none', { a: 'b', b: 'c' }, 'c', 'a', ''],
    ['to what nothing leads to there is none', {}, 'a', 'z', ''],
  ])('%s', (_, ways, from, to, way) => {
    expect(shortestWay(from, to, next(ways)).join('')).toBe(way);
  });

  test('goes by ways that there are, visits nothing twice, and is never longer than one that is known', () => {
    const places = fc.integer({ min: 0, max: 9 }).map(String);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(places, places), { maxLength: 30 }),
        fc.array(places, { minLength: 1, maxLength: 10 }),
        (pairs, known) => {
          const ways = new Set([...pairs, ...known.slice(1).map((to, index) => [known[index]!, to])].map(String));
          const leads = (id: string) =>
            [...ways].map(way => way.split(',')).flatMap(([a, b]) => (a === id ? [b!] : []));
          const way = shortestWay(known[0]!, known.at(-1)!, leads);
          expect([way[0], way.at(-1)]).toEqual([known[0], known.at(-1)]);
          expect(way.slice(1).every((id, index) => ways.has(`${way[index]},${id}`))).toBe(true);
          expect(new Set(way).size).toBe(way.length);
          expect(way.length).toBeLessThanOrEqual(known.length);
        },
      ),
    );
  });
});
