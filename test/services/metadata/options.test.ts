/** Lists of definitions: options are added, removed, renamed, moved and merged, and what is gone stays on record. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import type { ListOptionParams, Metadata, MetadataValue } from '#gen/metadata_types';
import { MetadataType } from '#gen/metadata_types';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logIn, logInAdmin, type TestUser } from '../../support/seed.ts';
import { ADMIN, TestServer } from '../../support/server.ts';
import { auditOf, defined, idsOf, listOf, metadataOf, nextKey, optionsOf, params, plain } from './defined.ts';

let server: TestServer;
let admin: TestUser;
/** The same administrator on another connection. */
let second: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  second = await logIn(server, ADMIN.email, ADMIN.password, admin.teamId);
});
afterAll(() => server.stop());

const { BAD_REQUEST, NOT_FOUND } = ErrorCode;

const get = async (id: string) => plain(await metadataOf(admin).get(admin.teamId, id));
const textsOf = async (id: string) => optionsOf(await get(id));

/** A list, and its edits. */
class List {
  readonly id: string;
  readonly made: Metadata;
  readonly ids: readonly string[];

  constructor(made: Metadata) {
    this.made = made;
    this.id = made.id;
    this.ids = idsOf(made);
  }

  static async of(texts: string[], more: Partial<Metadata> = {}): Promise<List> {
    return new List(plain(await metadataOf(admin).add(admin.teamId, listOf(nextKey(), texts, more))));
  }

  add(values: string[], given: Partial<ListOptionParams> = {}, by = admin): Promise<string[]> {
    return metadataOf(by).updateListAdd(admin.teamId, this.id, values, params(given));
  }

  remove(...ids: string[]): Promise<void> {
    return metadataOf(admin).updateListRemove(admin.teamId, this.id, ids);
  }

  update(ids: string[], given: Partial<ListOptionParams>[], by = admin): Promise<void> {
    return metadataOf(by).updateListUpdate(admin.teamId, this.id, ids, given.map(params));
  }

  merge(ids: string[], into: string): Promise<void> {
    return metadataOf(admin).updateListMerge(admin.teamId, this.id, ids, into);
  }

  async onRecord() {
    const rows = (await rowsOf(server, 'metadata_options')).filter(row => row.metadata_id === this.id);
    return new Map(rows.map(({ option_id, text, place, merged_into }) => [option_id, { text, place, merged_into }]));
  }
}

const expectRefused = (call: () => Promise<unknown>, code: ErrorCode, slug: string, message: RegExp) =>
  expectNothingWritten(server, () => expectRefusal(call(), code, slug, message));

describe('new options', () => {
  test.each([
    [{}, ['B', 'D', 'x', 'c']],
    [{ position: 0, name: 'ignored' }, ['x', 'c', 'B', 'D']],
    [{ position: 1 }, ['B', 'x', 'c', 'D']],
    [{ position: -1 }, ['B', 'D', 'x', 'c']],
    [{ alphabetical: true, position: 9 }, ['B', 'c', 'D', 'x']],
  ])('stand where they were put, with ids in the order of their texts: %j', async (given, right) => {
    const list = await List.of(['B', 'D']);
    const [x, c, ...none] = await list.add([' x ', 'c'], given);
    expect(none).toEqual([]);
    const after = await get(list.id);
    expect(optionsOf(after)).toEqual(right);
    const idByText = Object.fromEntries(optionsOf(after).map((text, index) => [text, idsOf(after)[index]]));
    expect(idByText).toEqual({ B: list.ids[0], D: list.ids[1], x, c });
  });

  test('change the definition and leave a trace', async () => {
    const list = await List.of(['A']);
    server.clock.forward(3000);
    const [id] = await list.add(['B']);
    expect((await get(list.id)).updatedAt).toBeGreaterThanOrEqual(list.made.updatedAt + 3);
    const [, trace] = await auditOf(server, list.id);
    expect(trace).toEqual({
      ...{ team_id: admin.teamId, actor_id: admin.id, action: 'metadata.options.added' },
      details: { from: [], to: [{ id, text: 'B', place: 1, mergedInto: null }] },
    });
  });

  test('may be none', async () => {
    const list = await List.of(['A']);
    expect(await expectNothingWritten(server, () => list.add([]))).toEqual([]);
  });

  test('under a text that the list has are refused with the id of its option: a repeated call is safe', async () => {
    const list = await List.of([]);
    const [, second] = await list.add(['Red', 'Kälte']);
    const right = new RegExp(`^values\\[1\\]: the list has the option "Kälte" \\(${second}\\) already`);
    const again = () => list.add(['Blue', ' Ka\u0308LTE']);
    const refusal = await expectRefused(again, BAD_REQUEST, 'duplicate-name', right);
    expect(refusal.details).toEqual({ name: 'Kälte', valueId: second });
    const twice = () => list.add(['Green', 'green']);
    await expectRefused(twice, BAD_REQUEST, 'duplicate-name', /^values\[1\]: "green" stands in front of it too/);
  });

  test.each([
    [[''], {}, 'invalid-argument', /^values\[0\]: empty; expected 1 to 250/],
    [['A', 'x'.repeat(251)], {}, 'limit-exceeded', /^values\[1\]: 251 characters; the longest may have 250/],
    [['a\nb'], {}, 'invalid-argument', /^values\[0\]: has the character U\+000A/],
    [['A'], { position: 3 }, 'invalid-position', /^params\.position: 3 is out of range; right would be 0 to 2, or -1/],
    [['A'], { position: -2 }, 'invalid-position', /^params\.position: -2 is out of range/],
  ])('that cannot be are refused: case %#', async (values, given, slug, message) => {
    const list = await List.of(['B', 'D']);
    await expectRefused(() => list.add(values, given), BAD_REQUEST, slug, message);
  });
});

describe('removed options', () => {
  test('are out of the list and stay on record with their texts', async () => {
    const list = await List.of(['A', 'B', 'C', 'D']);
    const [a, b, c, d] = list.ids as [string, string, string, string];
    await list.remove(c, a);
    const after = await get(list.id);
    expect(after.constraints.listOptions).toEqual({ options: ['B', 'D'], valueIds: [b, d] });
    const record = await list.onRecord();
    expect(record.get(a)).toEqual({ text: 'A', place: null, merged_into: null });
    expect(record.get(d)).toEqual({ text: 'D', place: 1, merged_into: null });
    const trace = (await auditOf(server, list.id)).at(-1);
    expect(trace).toMatchObject({
      action: 'metadata.options.removed',
      details: { from: [{ text: 'C' }, { text: 'A' }] },
    });
  });

  test('are passed over when they are removed again: a repeated call is safe', async () => {
    const list = await List.of(['A', 'B']);
    await list.remove(list.ids[0]!, list.ids[0]!);
    await expectNothingWritten(server, () => list.remove(list.ids[0]!));
    await list.remove(...list.ids);
    expect(await textsOf(list.id)).toEqual([]);
  });

  test('leave their texts to others', async () => {
    const list = await List.of(['A', 'B']);
    await list.remove(list.ids[0]!);
    const [again] = await list.add(['a']);
    expect(again).not.toBe(list.ids[0]);
    expect(await textsOf(list.id)).toEqual(['B', 'a']);
  });

  test('cannot be renamed, moved, merged into or chosen', async () => {
    const list = await List.of(['A', 'B']);
    const [a, b] = list.ids as [string, string];
    await list.remove(a);
    const gone = new RegExp(`"A" \\(${a}\\) was taken out of the list`);
    const update = { ...list.made, defaultValue: { listValueId: a } };
    for (const act of [
      () => list.update([a], [{ name: 'C' }]),
      () => list.update([a], [{ position: 0 }]),
      () => list.merge([b], a),
    ])
      await expectRefused(act, NOT_FOUND, 'list-option-not-found', gone);
    const chosen = () => metadataOf(admin).update(admin.teamId, update);
    await expectRefused(chosen, ErrorCode.BAD_REQUEST, 'invalid-argument', gone);
  });
});

describe('changed options', () => {
  test('have their new texts and places, and leave a trace', async () => {
    const list = await List.of(['A', 'B', 'C']);
    const [a, b, c] = list.ids as [string, string, string];
    await list.update([c, a], [{ name: ' Z ', position: 0 }, { alphabetical: true }]);
    const after = await get(list.id);
    expect(after.constraints.listOptions).toEqual({ options: ['A', 'Z', 'B'], valueIds: [a, c, b] });
    const trace = (await auditOf(server, list.id)).at(-1);
    expect(trace).toMatchObject({
      action: 'metadata.options.updated',
      details: {
        from: [{ id: c, text: 'C', place: 2 }, { id: a }],
        to: [
          { id: c, text: 'Z', place: 1 },
          { id: a, text: 'A', place: 0 },
        ],
      },
    });
  });

  test('may swap texts and places', async () => {
    const list = await List.of(['A', 'B', 'C']);
    const [a, b, c] = list.ids as [string, string, string];
    await list.update([a, b, c], [{ name: 'B', position: 2 }, { name: 'A' }, { name: 'c', position: 0 }]);
    const after = await get(list.id);
    expect(after.constraints.listOptions).toEqual({ options: ['c', 'A', 'B'], valueIds: [c, b, a] });
  });

  test('of what is so already change nothing: a repeated call is safe', async () => {
    const list = await List.of(['A', 'B']);
    const same = [{ name: 'A', position: 0 }, {}];
    await expectNothingWritten(server, () => list.update([...list.ids], same));
    await expectNothingWritten(server, () => list.update([], []));
  });

  test('come one by one with their params', async () => {
    const list = await List.of(['A', 'B']);
    const [a, b] = list.ids as [string, string];
    const lengths = () => list.update([a, b], [{}]);
    await expectRefused(lengths, BAD_REQUEST, 'invalid-argument', /^params: 1 for 2 valueIds; expected one for each/);
    const twice = () => list.update([a, a], [{}, {}]);
    await expectRefused(twice, BAD_REQUEST, 'invalid-argument', /^valueIds: an id stands there twice/);
  });

  test.each([
    [{ name: 'b' }, 'duplicate-name', /^params\[0\]\.name: the list has the option "B" \(.*\) already/],
    [{ name: ' ' }, 'invalid-argument', /^params\[0\]\.name: empty/],
    [{ name: 'x'.repeat(251) }, 'limit-exceeded', /^params\[0\]\.name: 251 characters/],
    [{ position: 2 }, 'invalid-position', /^params\[0\]\.position: 2 is out of range; right would be 0 to 1, or -1/],
  ])('that cannot be are refused: case %#', async (given, slug, message) => {
    const list = await List.of(['A', 'B']);
    await expectRefused(() => list.update([list.ids[0]!], [given]), BAD_REQUEST, slug, message);
  });
});

describe('merged options', () => {
  test('are out of the list and on record as the one that they became', async () => {
    const list = await List.of(['Red', 'Rde', 'Crimson', 'Blue']);
    const [red, rde, crimson, blue] = list.ids as [string, string, string, string];
    await list.merge([rde], crimson);
    await list.merge([crimson], red);
    const after = await get(list.id);
    expect(after.constraints.listOptions).toEqual({ options: ['Red', 'Blue'], valueIds: [red, blue] });
    const record = await list.onRecord();
    expect(record.get(rde)).toEqual({ text: 'Rde', place: null, merged_into: crimson });
    expect(record.get(crimson)).toEqual({ text: 'Crimson', place: null, merged_into: red });
    const trace = (await auditOf(server, list.id)).at(-1);
    expect(trace).toMatchObject({
      action: 'metadata.options.merged',
      details: {
        to: [
          { id: crimson, mergedInto: red },
          { id: red, mergedInto: null },
        ],
      },
    });
  });

  test('are passed over when they are merged again: a repeated call is safe, behind further merges too', async () => {
    const list = await List.of(['A', 'B', 'C', 'D']);
    const [a, b, c] = list.ids as [string, string, string];
    await list.merge([a], b);
    await expectNothingWritten(server, () => list.merge([a, a], b));
    await list.merge([b], c);
    await expectNothingWritten(server, () => list.merge([a, b], c));
    await expectNothingWritten(server, () => list.merge([], c));
  });

  test('may have been removed before', async () => {
    const list = await List.of(['A', 'B']);
    const [a, b] = list.ids as [string, string];
    await list.remove(a);
    await list.merge([a], b);
    expect((await list.onRecord()).get(a)).toMatchObject({ merged_into: b });
  });

  test('are refused where they would become something else, with what they are', async () => {
    const list = await List.of(['A', 'B', 'C']);
    const [a, b, c] = list.ids as [string, string, string];
    await list.merge([a], b);
    const merged = new RegExp(`"A" \\(${a}\\) was merged into "B" \\(${b}\\); name that one`);
    for (const act of [
      () => list.merge([a], c),
      () => list.merge([b], a),
      () => list.remove(a),
      () => list.update([a], [{ name: 'D' }]),
    ])
      await expectRefused(act, NOT_FOUND, 'list-option-not-found', merged);
    await expectRefused(() => list.merge([b, c], c), BAD_REQUEST, 'invalid-argument', /is mergedValueId too/);
  });
});

describe('the default of a list', () => {
  const several = (...valueIds: string[]): MetadataValue => ({ selectedListValueIds: { valueIds: valueIds.sort() } });

  test('loses what is removed, and is gone with its last option', async () => {
    const one = await List.of(['A', 'B'], { defaultValue: { listValue: 'A' } });
    await one.remove(one.ids[1]!);
    expect((await get(one.id)).defaultValue).toEqual({ listValueId: one.ids[0] });
    await one.remove(one.ids[0]!);
    expect(await get(one.id)).not.toHaveProperty('defaultValue');
    const all = { selectedListValues: { values: ['A', 'B', 'C'] } };
    const more = await List.of(['A', 'B', 'C'], { type: MetadataType.MULTI_SELECT_LIST, defaultValue: all });
    const [a, b, c] = more.ids as [string, string, string];
    await more.remove(b);
    expect((await get(more.id)).defaultValue).toEqual(several(a, c));
    await more.remove(a, c);
    expect(await get(more.id)).not.toHaveProperty('defaultValue');
  });

  test('becomes what its options are merged into', async () => {
    const one = await List.of(['A', 'B'], { defaultValue: { listValue: 'A' } });
    await one.merge([one.ids[0]!], one.ids[1]!);
    expect((await get(one.id)).defaultValue).toEqual({ listValueId: one.ids[1] });
    const all = { selectedListValues: { values: ['A', 'B'] } };
    const more = await List.of(['A', 'B', 'C'], { type: MetadataType.MULTI_SELECT_LIST, defaultValue: all });
    const [a, b, c] = more.ids as [string, string, string];
    await more.merge([a], c);
    expect((await get(more.id)).defaultValue).toEqual(several(b, c));
    await more.merge([b], c);
    expect((await get(more.id)).defaultValue).toEqual(several(c));
  });

  test('may be sent with the id of an option that was merged, and is what that became', async () => {
    const list = await List.of(['A', 'B', 'C']);
    const [a, b, c] = list.ids as [string, string, string];
    await list.merge([a], b);
    await list.merge([b], c);
    await metadataOf(admin).update(admin.teamId, { ...list.made, defaultValue: { listValueId: a } });
    expect((await get(list.id)).defaultValue).toEqual({ listValueId: c });
  });

  test('stays as it is when options are added, renamed and moved', async () => {
    const list = await List.of(['A', 'B'], { defaultValue: { listValue: 'B' } });
    await list.add(['C'], { position: 0 });
    await list.update([list.ids[1]!], [{ name: 'Z', position: 0 }]);
    expect((await get(list.id)).defaultValue).toEqual({ listValueId: list.ids[1] });
  });
});

describe('ids that the list never had', () => {
  test('are refused, those of other lists among them', async () => {
    const list = await List.of(['A']);
    const [a] = list.ids as [string];
    const [foreign] = (await List.of(['A'])).ids as [string];
    for (const id of ['lost', foreign])
      for (const act of [
        () => list.remove(a, id),
        () => list.update([a, id], [{ name: 'B' }, {}]),
        () => list.merge([a], id),
        () => list.merge([id], a),
      ])
        await expectRefused(
          act,
          NOT_FOUND,
          'list-option-not-found',
          new RegExp(`the list has no option ${id}; get of`),
        );
  });
});

test('a definition without a list has no options to edit', async () => {
  const service = metadataOf(admin);
  const { id } = await service.add(admin.teamId, defined(nextKey()));
  const right = /^metadataId: ".*" \(.*\) is of type TEXT; only LIST and MULTI_SELECT_LIST have options/;
  for (const act of [
    () => service.updateListAdd(admin.teamId, id, ['A'], params()),
    () => service.updateListRemove(admin.teamId, id, []),
    () => service.updateListUpdate(admin.teamId, id, [], []),
    () => service.updateListMerge(admin.teamId, id, [], 'any'),
  ])
    await expectRefused(act, BAD_REQUEST, 'invalid-argument', right);
});

describe('two clients at one list', () => {
  test('lose no option and no change', async () => {
    for (let round = 0; round < 20; round++) {
      const list = await List.of(['A', 'B', 'C']);
      await Promise.all([
        list.add(['one', 'two'], { position: 0 }),
        list.add(['three', 'four'], { alphabetical: true }, second),
        list.update([list.ids[0]!], [{ name: 'Alpha', position: -1 }], second),
        list.remove(list.ids[1]!),
      ]);
      expect((await textsOf(list.id)).sort()).toEqual(['Alpha', 'C', 'four', 'one', 'three', 'two']);
      const places = [...(await list.onRecord()).values()].map(({ place }) => place).filter(place => place !== null);
      expect(places.sort()).toEqual([0, 1, 2, 3, 4, 5]);
    }
  });

  test('that add the same text have one option of it', async () => {
    for (let round = 0; round < 20; round++) {
      const list = await List.of([]);
      const outcomes = await Promise.allSettled([list.add(['Same']), list.add(['same'], {}, second)]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ slug: 'duplicate-name' });
      expect(await textsOf(list.id)).toHaveLength(1);
    }
  });
});

test('an edit takes a bounded number of statements, however long the list is and however much it changes', async () => {
  const list = await List.of(Array.from({ length: 500 }, (_, n) => `Option ${n}`));
  const counted = async (act: () => Promise<unknown>) => (await server.statementsOf(act)).statements.length;
  expect(await counted(() => list.add(['First', 'Second'], { position: 0 }))).toBeLessThanOrEqual(9);
  const moved = list.ids.slice(0, 200).map(() => ({ position: 0 }));
  expect(await counted(() => list.update(list.ids.slice(0, 200), moved))).toBeLessThanOrEqual(9);
  expect(await counted(() => list.merge(list.ids.slice(1, 200), list.ids[0]!))).toBeLessThanOrEqual(9);
  expect(await counted(() => list.remove(...list.ids.slice(200)))).toBeLessThanOrEqual(9);
});
