/**
 * Step trees, content-addressed: what is stored of a tree, by which hash, how often, and what readers share. Only what is committed
 * may be taken for stored.
 */
import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { BaseStep } from '#gen/step_types';
import type { Store } from '../../src/store/database.ts';
import { OvertakenByWriter } from '../../src/store/overtaken.ts';
import type { Row } from '../../src/store/schema.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { group, step } from '../support/trees.ts';
import { addTeam, db, open } from './support.ts';

let database: TestDatabase;
let store: Store;
/** A store that has read nothing yet: what it shows is in the database. */
let fresh: Store;
let teamId: string;
let teams = 0;

beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(async () => {
  await store?.close();
  await fresh?.close();
  store = await open(database.settings);
  fresh = await open(database.settings);
  teamId = `team-${++teams}`;
  await addTeam(store, teamId);
});
afterAll(async () => {
  await store.close();
  await fresh.close();
  await database.drop();
});

const save = (tree: BaseStep, team = teamId): Promise<string> =>
  store.transact(async tx => (await tx.trees.save(team, tree)).hash);
const read = (from: Store, hash: string, team = teamId): Promise<BaseStep> =>
  from.read(reader => reader.trees.tree(team, hash));
const rows = (team = teamId): Promise<Row<'step_nodes'>[]> =>
  store.read(reader => db(reader).selectFrom('step_nodes').selectAll().where('team_id', '=', team).execute());
/** How a deflate stream begins that is one stored block. */
const ONE_BLOCK_AS_IT_IS = 1;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** JSON with the keys of every object in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, field) =>
    field !== null && typeof field === 'object' && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
}

const bolts = () => group('Bolts', [step('Loosen', { id: 'l' }), step('Take out', { id: 't' })], { id: 'bolts' });
const pump = (more: BaseStep[] = []) => group('Pump', [step('Stop it', { id: 's' }), bolts(), ...more], { id: 'pump' });

describe('a saved tree', () => {
  test.each([
    [639, ONE_BLOCK_AS_IT_IS],
    [640, undefined],
    [641, undefined],
    [22_000, undefined],
    [65_536, undefined],
    [200_000, undefined],
  ])('of %i bytes is packed so that it comes back whole, whatever its characters take', async (bytes, head) => {
    const titled = (title: string) => group(title, [], { id: 'wide' });
    const sizeOf = (title: string) => Buffer.byteLength(canonical(titled(title)));
    const wide = '’😀é';
    const tree = titled(wide + 'x'.repeat(bytes - sizeOf(wide)));
    const hash = await save(tree);
    const [row] = await rows();
    const text = inflateRawSync(row!.body);
    expect(text).toHaveLength(bytes);
    expect(text.toString()).toBe(canonical(tree));
    expect(row!.body[0] === ONE_BLOCK_AS_IT_IS).toBe(head !== undefined);
    expect(await read(fresh, hash)).toEqual(tree);
  });

  test('comes back as it was, with everything in its place', async () => {
    const tree = group('Root – größe \u{1F529}', [
      step('First', { id: '1', descrip: [{ txt: { txt: 'a\n"b"\\ \u2028' } }] } as never),
      group('Empty', [], { id: '2' }),
      group('Deep', [group('Deeper', [group('Deepest', [step('Leaf', { id: '6' })], { id: '5' })], { id: '4' })], {
        id: '3',
        flow: { mode: 2 },
      } as never),
      step('Last', { id: '7', blocking: true }),
    ]);
    expect(await read(fresh, await save(tree))).toEqual(tree);
  });

  test('is one row per group, each under the SHA-256 of its canonical JSON, with the groups below by their hashes', async () => {
    const tree = pump();
    const hash = await save(tree);
    const boltsHash = sha256(canonical(bolts()));
    expect(hash).toBe(sha256(canonical({ ...tree, children: [tree.children[0], { group: boltsHash }] })));
    const stored = await rows();
    expect(stored.map(row => row.hash).sort()).toEqual([boltsHash, hash].sort());
    for (const row of stored) expect(sha256(inflateRawSync(row.body).toString())).toBe(row.hash);
    expect(JSON.parse(stored.find(row => row.hash === hash)!.children)).toEqual([boltsHash]);
    expect(JSON.parse(stored.find(row => row.hash === boltsHash)!.children)).toEqual([]);
  });

  test('has the same hash whatever the order in which its fields were set', async () => {
    const tree = pump();
    const turned = Object.fromEntries(Object.entries(tree).reverse()) as unknown as BaseStep;
    expect(Object.keys(turned)).not.toEqual(Object.keys(tree));
    expect(await save(turned)).toBe(await save(tree));
    expect((await rows()).length).toBe(2);
  });

  test('has another hash when anything in it is another, however deep, and when its children change their order', async () => {
    const hashes = new Set([
      await save(pump()),
      await save(pump([step('More', { id: 'm' })])),
      await save({ ...pump(), title: 'pump' }),
      await save({ ...pump(), children: [...pump().children].reverse() }),
      await save({ ...pump(), children: [step('Stop it', { id: 's' }), group('Bolts', [], { id: 'bolts' })] }),
    ]);
    expect(hashes.size).toBe(5);
  });
});

describe('equal content', () => {
  test('is one row, however often it is saved and in however many trees it stands', async () => {
    await save(pump());
    await save(pump());
    expect((await rows()).length).toBe(2);
    await save(group('Another machine', [bolts(), group('Copy', [bolts()], { id: 'c' })], { id: 'x' }));
    // Two new groups; the bolts are there already, three times over.
    expect((await rows()).length).toBe(4);
  });

  test('belongs to its team: another team has rows of its own and cannot read the first one', async () => {
    const other = `${teamId}-other`;
    await addTeam(store, other);
    const hash = await save(pump());
    await expect(read(fresh, hash, other)).rejects.toThrow(/missing/);
    await expect(read(store, hash, other)).rejects.toThrow(/missing/);
    expect(await save(pump(), other)).toBe(hash);
    expect((await rows(other)).length).toBe(2);
    expect(await read(fresh, hash, other)).toEqual(pump());
  });

  test('an object that one team saved is stored again for another', async () => {
    const other = `${teamId}-other`;
    await addTeam(store, other);
    const tree = pump();
    const hash = await save(tree);
    await save(tree, other);
    expect(await read(fresh, hash, other)).toEqual(tree);
  });
});

test('an edit stores the groups from the edited one up to the root, and leaves the tree before as it was', async () => {
  const wide = group(
    'Plant',
    Array.from({ length: 50 }, (_, g) =>
      group(`Group ${g}`, [step(`Step ${g}`, { id: `s${g}` }), group(`Inner ${g}`, [], { id: `i${g}` })], {
        id: `g${g}`,
      }),
    ),
    { id: 'plant' },
  );
  const before = await save(wide);
  expect((await rows()).length).toBe(101);
  const edited = {
    ...wide,
    children: wide.children.map((child, index) =>
      index === 17 ? { ...child, children: [...child.children, step('New', { id: 'new' })] } : child,
    ),
  };
  const after = await save(edited);
  expect((await rows()).length).toBe(103);
  expect(await read(fresh, before)).toEqual(wide);
  expect(await read(fresh, after)).toEqual(edited);
});

test('a tree of a thousand groups is saved and read whole', async () => {
  const tree = group(
    'Large',
    Array.from({ length: 999 }, (_, g) => group(`G${g}`, [step('S', { id: `s${g}` })], { id: `g${g}` })),
  );
  expect(await read(fresh, await save(tree))).toEqual(tree);
});

describe('reading', () => {
  const counted = async () => {
    const statements: string[] = [];
    const counting = await open(database.settings, text => statements.push(text));
    statements.length = 0;
    return { counting, statements };
  };

  test('several roots takes one statement, and none when they were read before', async () => {
    const hashes = [await save(pump()), await save(bolts()), await save(group('Alone', [], { id: 'a' }))];
    const { counting, statements } = await counted();
    const trees = await counting.read(reader => reader.trees.trees(teamId, [...hashes, hashes[0]!]));
    expect(statements.length).toBe(1);
    expect([...trees.keys()].sort()).toEqual([...hashes].sort());
    expect(hashes.map(hash => trees.get(hash))).toEqual([pump(), bolts(), group('Alone', [], { id: 'a' })]);
    const again = await counting.read(reader => reader.trees.trees(teamId, hashes));
    expect(statements.length).toBe(1);
    // Not equal trees: the same.
    for (const hash of hashes) expect(again.get(hash)).toBe(trees.get(hash));
    await counting.close();
  });

  test('some known and some new takes one statement for the new ones', async () => {
    const hashes = [await save(pump()), await save(group('Alone', [], { id: 'a' }))];
    const { counting, statements } = await counted();
    const first = await counting.read(reader => reader.trees.tree(teamId, hashes[0]!));
    const trees = await counting.read(reader => reader.trees.trees(teamId, hashes));
    expect(statements.length).toBe(2);
    expect(trees.get(hashes[0]!)).toBe(first);
    expect(trees.get(hashes[1]!)).toEqual(group('Alone', [], { id: 'a' }));
    await counting.close();
  });

  test('no roots takes no statement', async () => {
    const { counting, statements } = await counted();
    expect(await counting.read(reader => reader.trees.trees(teamId, []))).toEqual(new Map());
    expect(statements).toEqual([]);
    await counting.close();
  });

  test('a tree that was saved by the same store takes no statement', async () => {
    const { counting, statements } = await counted();
    const tree = pump();
    const { hash } = await counting.transact(tx => tx.trees.save(teamId, tree));
    const before = statements.length;
    expect(await read(counting, hash)).toBe(tree);
    expect(statements.length).toBe(before);
    await counting.close();
  });

  test('saving again what is known to be stored takes no statement', async () => {
    const { counting, statements } = await counted();
    const tree = pump();
    await counting.transact(tx => tx.trees.save(teamId, tree));
    const before = statements.length;
    await counting.transact(tx => tx.trees.save(teamId, tree));
    expect(statements.length).toBe(before);
    await counting.close();
  });

  test('a root that is not there fails and names it', async () => {
    await expect(read(store, 'f'.repeat(64))).rejects.toThrow(
      new RegExp(`node ${'f'.repeat(64)} of team ${teamId} is missing`),
    );
  });

  test('a tree with a node missing fails and names it', async () => {
    const hash = await save(pump());
    const boltsHash = sha256(canonical(bolts()));
    await store.transact(tx =>
      db(tx).deleteFrom('step_nodes').where('team_id', '=', teamId).where('hash', '=', boltsHash).execute(),
    );
    await expect(read(fresh, hash)).rejects.toThrow(new RegExp(`node ${boltsHash} of team ${teamId} is missing`));
  });
});

describe('a node that was tampered with', () => {
  const tamper = (hash: string, body: Buffer): Promise<unknown> =>
    store.transact(tx =>
      db(tx).updateTable('step_nodes').set({ body }).where('team_id', '=', teamId).where('hash', '=', hash).execute(),
    );

  test('by other content is not served: it no longer has its hash', async () => {
    const hash = await save(bolts());
    await tamper(hash, deflateRawSync(canonical({ ...bolts(), title: 'Leave the bolts in' })));
    await expect(read(fresh, hash)).rejects.toThrow(hash);
  });

  test('by bytes that are no content is not served', async () => {
    const hash = await save(bolts());
    await tamper(hash, Buffer.from('rubbish'));
    await expect(read(fresh, hash)).rejects.toThrow();
  });

  test('below another one is not served either', async () => {
    const hash = await save(pump());
    const boltsHash = sha256(canonical(bolts()));
    await tamper(boltsHash, deflateRawSync(canonical(group('Bolts', [], { id: 'bolts' }))));
    await expect(read(fresh, hash)).rejects.toThrow(boltsHash);
  });
});

describe('a transaction that fails', () => {
  test('leaves nothing stored, and nothing taken for stored: the same object saved again is written', async () => {
    const tree = pump();
    await expect(
      store.transact(async tx => {
        await tx.trees.save(teamId, tree);
        throw new Error('a fault');
      }),
    ).rejects.toThrow('a fault');
    expect(await rows()).toEqual([]);
    const hash = await save(tree);
    expect((await rows()).length).toBe(2);
    expect(await read(fresh, hash)).toEqual(tree);
  });

  test('leaves nothing taken for stored of what it read of its own writes', async () => {
    const tree = pump();
    let seen: BaseStep | undefined;
    await expect(
      store.transact(async tx => {
        const { hash } = await tx.trees.save(teamId, tree);
        seen = await tx.trees.tree(teamId, hash);
        throw new Error('a fault');
      }),
    ).rejects.toThrow('a fault');
    expect(seen).toEqual(tree);
    const hash = sha256(canonical({ ...tree, children: [tree.children[0], { group: sha256(canonical(bolts())) }] }));
    await expect(read(fresh, hash)).rejects.toThrow(/missing/);
    expect(await save(seen!)).toBe(hash);
    expect(await read(fresh, hash)).toEqual(tree);
  });

  test('and runs again saves in its second run what the first one did not', async () => {
    const tree = pump();
    let runs = 0;
    const hash = await store.transact(async tx => {
      const { hash: saved } = await tx.trees.save(teamId, tree);
      await tx.trees.tree(teamId, saved);
      if (++runs === 1) throw new OvertakenByWriter();
      return saved;
    });
    expect(runs).toBe(2);
    expect(await read(fresh, hash)).toEqual(tree);
  });

  test('does no harm to the tree that it was an edit of', async () => {
    const hash = await save(pump());
    const tree = await read(store, hash);
    const copy = structuredClone(tree);
    await expect(
      store.transact(async tx => {
        await tx.trees.save(teamId, { ...tree, children: [...tree.children, step('New', { id: 'n' })] });
        throw new Error('a fault');
      }),
    ).rejects.toThrow('a fault');
    expect(await read(store, hash)).toBe(tree);
    expect(tree).toEqual(copy);
  });
});
