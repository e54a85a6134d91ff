/** Cursors say where a reader stands, to those alone who may know, and for as long as events are kept. */
import { createSecretKey } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InvalidVersion } from '../../src/base/errors.ts';
import { isBehind, KEPT_MS, positionIn, sealedCursor } from '../../src/domain/cursors.ts';

const KEY = createSecretKey('a key', 'utf8');
const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const position = fc.record({ xid: number, event_id: number });

describe('a cursor', () => {
  test('tells the position that it was made of, in its team', () => {
    fc.assert(
      fc.property(position, number, (at, now) => {
        expect(positionIn(sealedCursor('team', at, now, KEY), 'team', now, KEY)).toEqual(at);
      }),
    );
  });

  test('of another team, of another server, or with any character changed is refused', () => {
    const cursor = sealedCursor('team', { xid: 12, event_id: 34 }, 5, KEY);
    expect(() => positionIn(cursor, 'other', 5, KEY)).toThrow(/not a cursor of this team/);
    expect(() => positionIn(cursor, 'team', 5, createSecretKey('another key', 'utf8'))).toThrow(
      /not a cursor of this team/,
    );
    for (let index = 0; index < cursor.length - 1; index++) {
      const changed = cursor.slice(0, index) + (cursor[index] === 'b' ? 'c' : 'b') + cursor.slice(index + 1);
      expect(() => positionIn(changed, 'team', 5, KEY)).toThrow(/not a cursor of this team/);
    }
  });

  test('expires when events of its time are kept no longer', () => {
    const cursor = sealedCursor('team', { xid: 1, event_id: 1 }, 1000, KEY);
    expect(positionIn(cursor, 'team', 1000 + KEPT_MS, KEY)).toEqual({ xid: 1, event_id: 1 });
    expect(() => positionIn(cursor, 'team', 1001 + KEPT_MS, KEY)).toThrow(InvalidVersion);
  });
});

test('of two positions one is behind the other, by transaction and then by number, unless they are the same', () => {
  fc.assert(
    fc.property(position, position, (one, other) => {
      const same = one.xid === other.xid && one.event_id === other.event_id;
      expect(Number(isBehind(one, other)) + Number(isBehind(other, one))).toBe(same ? 0 : 1);
    }),
  );
  expect(isBehind({ xid: 2, event_id: 1 }, { xid: 1, event_id: 9 })).toBe(true);
  expect(isBehind({ xid: 1, event_id: 2 }, { xid: 1, event_id: 1 })).toBe(true);
});
