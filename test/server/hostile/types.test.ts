/** Every field of every struct and function that a client can send, in another type than the interface says: refused with its place. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type IdlField, type IdlType, idl } from '../../../src/server/idl.ts';
import { wireType } from '../../../src/server/wire/types.ts';
import { decoded, framed, type RawConnection, resultIn } from '../raw.ts';
import { type Around, BOOL, I32, inBinary, inCompact, LIST, type Notation, STRING, STRUCT, within } from './bytes.ts';
import { Victim } from './victim.ts';

let victim: Victim;

beforeAll(async () => {
  victim = await Victim.start();
});
afterAll(() => victim.stop());

/** A struct, or a function's arguments, and the way to it: what stands around it in a message, from the outside in. */
interface Reached {
  readonly method: string;
  readonly fields: readonly IdlField[];
  readonly way: readonly ((notation: Notation) => Around)[];
}

/** The arguments of every function, and every struct within them once. */
function allReached(): Reached[] {
  const structs = new Set<string>();
  const found: Reached[] = [];
  for (const [service, { functions }] of Object.entries(idl.services))
    for (const [name, { arguments: fields }] of Object.entries(functions))
      found.push({ method: `${service}:${name}`, fields, way: [] });
  for (const { method, fields, way } of found)
    for (const { type, id } of fields) {
      const [struct, inside] = structWithin(type);
      if (struct === undefined || structs.has(struct)) continue;
      structs.add(struct);
      const next = [...way, (notation: Notation) => notation.field(wireType(type), id), ...inside];
      found.push({ method, fields: idl.structs[struct]!.fields, way: next });
    }
  return found;
}

/** The struct that a type leads to, and the containers around it. */
function structWithin(type: IdlType): [string | undefined, Reached['way']] {
  if (typeof type !== 'object' || 'enum' in type) return [undefined, []];
  if ('struct' in type) return [type.struct, []];
  const inner = 'map' in type ? type.map[1] : 'list' in type ? type.list : type.set;
  const [struct, inside] = structWithin(inner);
  const container = (notation: Notation) =>
    'map' in type ? notation.map(wireType(inner), 1) : notation.list(wireType(inner), 1);
  return [struct, [container, ...inside]];
}

/** A value of each of some types. */
const values = (notation: Notation): readonly (readonly [type: number, value: Buffer])[] => [
  [STRING, Buffer.concat([notation.textLength(1), Buffer.from('x')])],
  [STRUCT, notation.emptyStruct],
  [LIST, notation.list(BOOL, 0)[0]],
  [I32, notation === inBinary ? Buffer.from([0, 0, 0, 1]) : Buffer.from([2])],
];

test.each([inBinary, inCompact])('$name', async notation => {
  const reached = allReached();
  expect(reached.filter(({ way }) => way.length > 0).length).toBeGreaterThan(60);
  const raw = await victim.loggedIn(notation.stock);
  let refused = 0;
  for (const { method, fields, way } of reached)
    for (const field of fields)
      for (const [type, value] of values(notation)) {
        if (type === wireType(field.type)) continue;
        const around = [notation.message(method), ...way.map(step => step(notation)), notation.field(type, field.id)];
        raw.send(framed(within(around, value)));
        await expectRefused(notation, raw, method, field);
        refused++;
      }
  expect(refused).toBeGreaterThan(1500);
  raw.close();
});

async function expectRefused(
  notation: Notation,
  raw: RawConnection,
  method: string,
  { name }: IdlField,
): Promise<void> {
  const reply = decoded(await raw.answer(), notation.stock);
  expect([method, name, reply.kind]).toEqual([method, name, 'reply']);
  const { err } = resultIn(method.split(':')[0] as never, reply);
  const place = err?.details?.field?.split(/[.[]/).at(-1);
  expect([method, name, err?.errorCode, err?.slug, place]).toEqual([method, name, 400, 'invalid-argument', name]);
  expect(err!.message).toMatch(/: came as \w+; expected \w+$/);
}
