/** Whatever is done to a list, in whatever order: it is what a plain account of it says, and no id ever loses its meaning. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SystemException } from '#gen/common_types';
import type { ListOption } from '../../../src/domain/metadata.ts';
import { optionText } from '../../../src/domain/metadata.ts';
import { rowsOf } from '../../support/rows.ts';
import { logInAdmin, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { idsOf, listOf, metadataOf, nextKey, optionsOf, params } from './defined.ts';

const RUNS = 40;

let server: TestServer;
let admin: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
});
afterAll(() => server.stop());

/** Few, so that they meet. */
const text = fc.constantFrom('a', 'A', 'b', 'B', 'c', 'd', 'e', 'É', 'e\u0301', 'f', 'Z');
/** An option of all that there ever were. */
const which = fc.nat(30);
const position = fc.integer({ min: -2, max: 9 });
const edit = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), texts: fc.array(text, { maxLength: 3 }), position }),
  fc.record({ kind: fc.constant('rename' as const), which, text }),
  fc.record({ kind: fc.constant('move' as const), which, position }),
  fc.record({ kind: fc.constant('remove' as const), whiches: fc.array(which, { maxLength: 3 }) }),
  fc.record({ kind: fc.constant('merge' as const), whiches: fc.array(which, { maxLength: 3 }), into: which }),
);
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

const key = (name: string) => name.normalize('NFC').toLowerCase();

/** A list as an array, and what became of each option that ever was. `undefined` from an edit: it must be refused. */
class Model {
  order: string[] = [];
  readonly ever: string[] = [];
  readonly texts = new Map<string, string>();
  readonly became = new Map<string, string>();

  named = (which: number): string => this.ever[which % (this.ever.length || 1)] ?? 'never';
  final = (id: string): string => (this.became.has(id) ? this.final(this.became.get(id)!) : id);
  textOf = (id: string): string => this.texts.get(this.final(id))!;

  taken = (name: string, but?: string): boolean =>
    this.order.some(id => id !== but && key(this.texts.get(id)!) === key(name));
  insert(ids: string[], at: number): void {
    this.order.splice(at === -1 ? this.order.length : at, 0, ...ids);
  }

  /** Does the edit, unless it must be refused. @param newIds what the server answered, if it did the edit */
  does(done: Edit, newIds: readonly string[]): boolean {
    const { order } = this;
    if (done.kind === 'add') {
      const twice = new Set(done.texts.map(key)).size < done.texts.length;
      if (twice || done.texts.some(name => this.taken(name))) return false;
      if (done.position < -1 || done.position > order.length) return false;
      for (const [index, id] of newIds.entries()) this.texts.set(id, done.texts[index]!);
      this.ever.push(...newIds);
      this.insert([...newIds], done.position);
      return true;
    }
    if (done.kind === 'rename' || done.kind === 'move') {
      const id = this.named(done.which);
      if (!order.includes(id)) return false;
      if (done.kind === 'rename') {
        if (this.taken(done.text, id)) return false;
        this.texts.set(id, done.text);
        return true;
      }
      if (done.position < -1 || done.position > order.length - 1) return false;
      order.splice(order.indexOf(id), 1);
      this.insert([id], done.position);
      return true;
    }
    const ids = done.whiches.map(this.named);
    if (ids.includes('never')) return false;
    if (done.kind === 'merge') {
      const into = this.named(done.into);
      if (!order.includes(into) || ids.includes(into)) return false;
      if (ids.some(id => this.became.has(id) && this.final(id) !== into)) return false;
      for (const id of ids) if (!this.became.has(id)) this.became.set(id, into);
    } else if (ids.some(id => this.became.has(id))) return false;
    this.order = order.filter(id => !ids.includes(id));
    return true;
  }
}

/** @returns ids of new options; undefined when it was refused */
async function carriedOut(metadataId: string, done: Edit, model: Model): Promise<string[] | undefined> {
  const service = metadataOf(admin);
  const list = [admin.teamId, metadataId] as const;
  try {
    if (done.kind === 'add')
      return await service.updateListAdd(...list, done.texts, params({ position: done.position }));
    if (done.kind === 'rename')
      await service.updateListUpdate(...list, [model.named(done.which)], [params({ name: done.text })]);
    else if (done.kind === 'move')
      await service.updateListUpdate(...list, [model.named(done.which)], [params({ position: done.position })]);
    else if (done.kind === 'remove') await service.updateListRemove(...list, done.whiches.map(model.named));
    else await service.updateListMerge(...list, done.whiches.map(model.named), model.named(done.into));
    return [];
  } catch (error) {
    if (error instanceof SystemException && error.errorCode < 500) return undefined;
    throw error;
  }
}

async function onRecord(metadataId: string): Promise<Map<string, ListOption>> {
  const rows = (await rowsOf(server, 'metadata_options')).filter(row => row.metadata_id === metadataId);
  return new Map(
    rows.map(({ option_id, text, place, merged_into }) => [
      option_id,
      { id: option_id, text, place, mergedInto: merged_into },
    ]),
  );
}

test('a list is what its edits make of it, and every id that it ever had shows the text that it stands for', async () => {
  const counts = { done: 0, refused: 0 };
  const chains: number[] = [];
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 5, maxLength: 25 }), async edits => {
      const model = new Model();
      const { id } = await metadataOf(admin).add(admin.teamId, listOf(nextKey(), []));
      // A chain of merges is in every run: what chance adds may have none.
      const begin: Edit[] = [
        { kind: 'add', texts: ['a', 'b', 'c', 'd', 'e'], position: -1 },
        { kind: 'merge', whiches: [0], into: 1 },
        { kind: 'merge', whiches: [1], into: 2 },
      ];
      for (const done of [...begin, ...edits]) {
        const answer = await carriedOut(id, done, model);
        expect([done, answer !== undefined]).toEqual([done, model.does(done, answer ?? [])]);
        counts[answer ? 'done' : 'refused']++;
        const now = await metadataOf(admin).get(admin.teamId, id);
        expect(idsOf(now)).toEqual(model.order);
        expect(optionsOf(now)).toEqual(model.order.map(model.textOf));
      }
      const record = await onRecord(id);
      expect([...record.keys()].sort()).toEqual([...model.ever].sort());
      for (const option of model.ever) expect(optionText(record, option)).toBe(model.textOf(option));
      chains.push(...[...model.became.values()].filter(into => model.became.has(into)).map(() => 1));
    }),
    { numRuns: RUNS },
  );
  expect(counts.done).toBeGreaterThan(RUNS);
  expect(counts.refused).toBeGreaterThan(RUNS);
  expect(chains.length).toBeGreaterThanOrEqual(RUNS);
});
