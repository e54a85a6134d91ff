/** Calls that are none: names, types of messages and depths that no client sends, and maps whose keys are what every object has. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decoded, framed } from '../raw.ts';
import { both, LIST, MAP, type Notation, nested, notations, STRUCT, within } from './bytes.ts';
import { put, putLast, STEP, unknown, unknownWithin } from './places.ts';
import { answered, refused, send } from './sending.ts';
import { Victim } from './victim.ts';

const DEEP = 100_000;
const CHILDREN = 5;

let victim: Victim;

beforeAll(async () => {
  victim = await Victim.start();
});
afterAll(() => victim.stop());

/** What has values like itself within. */
const endless = (notation: Notation) => ({
  structs: notation.field(STRUCT, 99),
  lists: notation.list(LIST, 1),
  maps: notation.map(MAP, 1),
  steps: both(notation.field(LIST, CHILDREN), notation.list(STRUCT, 1)),
});

describe.each(notations)('$name', notation => {
  const { structs, lists, maps, steps } = endless(notation);

  test.each([
    ['structs, declared', STEP, structs],
    ['structs, unknown', unknown(STRUCT), structs],
    ['structs, unknown within a struct', unknownWithin(STRUCT), structs],
    ['lists, unknown', unknown(LIST), lists],
    ['maps, unknown', unknown(MAP), maps],
    ['steps', STEP, steps],
  ])('100,000 in each other: %s', async (_what, at, around) => {
    const [before, behind] = nested(around, DEEP);
    const inside = notation.emptyStruct;
    const messages = [put(notation, at, Buffer.concat([before, inside, behind])), putLast(notation, at, before)];
    await victim.withstands(() => send(victim, notation, notation.name === 'JSON' ? answered : refused, messages));
  });

  test('names of functions that are 15 MB long, or those of what every object has', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '', ':', '__proto__:ping'];
    const within = [...names.map(name => `TeamService:${name}`), 'constructor:constructor', '__proto__:__proto__'];
    const long = 'n'.repeat(15_000_000);
    await victim.withstands(async () => {
      for (const name of [...names, ...within, long, `TeamService:${long}`]) await expectUnknown(notation, name);
    });
  });

  test('messages that are no calls', async () => {
    await victim.withstands(async () => {
      const raw = await victim.open();
      for (const type of [0, 2, 3, 4, 5, 7]) {
        const head = notation.message('AuthenticationService:ping', type);
        raw.send(framed(within([head], notation.emptyStruct)));
        expect(decoded(await raw.answer(), notation.stock)).toMatchObject({ kind: 'exception', exceptionType: 2 });
      }
      raw.close();
    });
  });
});

/** Unknown, or longer than a text may be. */
async function expectUnknown(notation: Notation, name: string): Promise<void> {
  const raw = await victim.open();
  raw.send(framed(within([notation.message(name)], notation.emptyStruct)));
  const { kind, exceptionType, exceptionMessage } = decoded(await raw.answer(), notation.stock);
  expect(kind).toBe('exception');
  expect([1, 7]).toContain(exceptionType);
  expect(exceptionMessage!.length).toBeLessThan(300);
  raw.close();
}
