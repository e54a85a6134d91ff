/**
 * Messages whose sizes lie, and messages that hold millions of what takes a byte. Each is answered with a refusal, costs no memory
 * beyond its own bytes, and makes nobody else wait.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BOOL, inCompact, inJson, LIST, MAP, type Notation, notations, SET, STRING, STRUCT, within } from './bytes.ts';
import {
  LIST_OF_STRUCTS,
  LIST_OF_TEXTS,
  MAP_OF_STRUCTS,
  put,
  putLast,
  SET_OF_NUMBERS,
  TEXT,
  unknown,
  unknownWithin,
} from './places.ts';
import { answered, refused, send } from './sending.ts';
import { Victim } from './victim.ts';

const LARGEST = 2 ** 31 - 1;
const SMALLEST = -(2 ** 31);
const MOST_BYTES = 16 * 1024 * 1024;
/** Of a message around its value. */
const ROOM = 200;
/** One less than there may be. */
const MANY = 99_999;

let victim: Victim;

beforeAll(async () => {
  victim = await Victim.start();
});
afterAll(() => victim.stop());

/** A text has an inside, or is none. */
const element = (notation: Notation): Buffer => Buffer.from(notation === inJson ? '0' : '');
/** JSON is not looked into where nobody asks for what is there. */
const unasked = (notation: Notation) => (notation === inJson ? answered : refused);

const list = (notation: Notation, type: number, size: number) => within([notation.list(type, size)], element(notation));
const map = (notation: Notation, type: number, size: number) => within([notation.map(type, size)], element(notation));

/** Types that are none: nobody knows how many bytes their values take. */
const NO_TYPES: Readonly<Record<string, readonly number[]>> = {
  binary: [0, 1, 5, 7, 9, 99, 255],
  compact: [0, 14, 15],
  JSON: [0, 1],
};

describe.each(notations)('$name', notation => {
  const sizes = [LARGEST, -1, SMALLEST];
  const lists = sizes.flatMap(size => [BOOL, STRING, STRUCT, LIST].map(type => list(notation, type, size)));
  const maps = sizes.flatMap(size => [STRING, STRUCT, LIST].map(type => map(notation, type, size)));

  test('containers of 2^31 - 1 elements, or of fewer than none, where containers belong', async () => {
    const messages = [
      ...[LIST_OF_STRUCTS, LIST_OF_TEXTS, SET_OF_NUMBERS].flatMap(at => lists.map(value => put(notation, at, value))),
      ...maps.map(value => put(notation, MAP_OF_STRUCTS, value)),
    ];
    await victim.withstands(() => send(victim, notation, refused, messages));
  });

  test('containers of 2^31 - 1 elements, or of fewer than none, where none belong', async () => {
    const messages = [unknown, unknownWithin].flatMap(at => [
      ...[LIST, SET].flatMap(type => lists.map(value => put(notation, at(type), value))),
      ...maps.map(value => put(notation, at(MAP), value)),
    ]);
    await victim.withstands(() => send(victim, notation, unasked(notation), messages));
  });

  test.each([
    [LIST_OF_STRUCTS, refused],
    [unknown(LIST), unasked(notation)],
  ])('elements that take no bytes or are of no type, $what', async (at, judge) => {
    const values = [...NO_TYPES[notation.name]!, BOOL].flatMap(type =>
      [MANY, LARGEST].map(size => list(notation, type, size)),
    );
    const messages = values.map(value => put(notation, at, value));
    await victim.withstands(() => send(victim, notation, judge, messages));
  });

  test.each([LIST_OF_STRUCTS, unknown(LIST)])('16 million structs without a field, $what', async at => {
    const size = Math.floor((MOST_BYTES - ROOM) / (notation === inJson ? '{},'.length : 1));
    const value = within([notation.list(STRUCT, size)], notation.repeated(notation.emptyStruct, size));
    const message = put(notation, at, value);
    expect(message.length).toBeGreaterThan(MOST_BYTES - 2 * ROOM);
    await victim.withstands(() => send(victim, notation, refused, [message, message, message]));
  });

  test.each([
    [LIST_OF_STRUCTS, refused],
    [unknown(LIST), refused],
  ])('lists of as many structs as may be, as many as may be, $what', async (at, judge) => {
    const inner = within([notation.list(STRUCT, MANY)], notation.repeated(notation.emptyStruct, MANY));
    const lists = Math.floor((MOST_BYTES - ROOM) / (inner.length + 1));
    const value = within([notation.list(LIST, lists)], notation.repeated(inner, lists));
    await victim.withstands(() => send(victim, notation, judge, [put(notation, at, value)]));
  });

  test.each([TEXT, unknown(STRING), unknownWithin(STRING)])('texts of lengths that lie, $what', async at => {
    const lengths = [LARGEST, -1, SMALLEST, MOST_BYTES + 1].map(bytes => notation.textLength(bytes));
    const messages = lengths.flatMap(length => [
      putLast(notation, at, length),
      putLast(notation, at, length, Buffer.alloc(MOST_BYTES - ROOM, 'x')),
    ]);
    await victim.withstands(() => send(victim, notation, refused, messages));
  });
});

test('sizes of the compact protocol that never end, or say more than 32 bits', async () => {
  const endless = [Buffer.alloc(1_000_000, 0xff), Buffer.alloc(1_000_000, 0x80), Buffer.from('ffffffff7f', 'hex')];
  const messages = [TEXT, unknown(STRING), unknown(LIST), unknown(MAP), MAP_OF_STRUCTS].flatMap(at =>
    endless.flatMap(varint => [putLast(inCompact, at, varint), putLast(inCompact, at, Buffer.from([0xf8]), varint)]),
  );
  await victim.withstands(() => send(victim, inCompact, refused, messages));
});
