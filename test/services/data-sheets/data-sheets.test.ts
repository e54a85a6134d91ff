/** Data sheets: sets with definitions (columns) and sheets (rows), edited by lists of actions that are carried out all or none. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Kysely } from 'kysely';
import { AbacUploadBehaviour } from '#gen/abac_types';
import { ErrorCode, MAX_DESCRIPTION_LENGTH } from '#gen/common_types';
import {
  type DataSheet,
  type DataSheetAction,
  type DataSheetDefinition,
  type DataSheetDefinitionAction,
  type DataSheetSet,
  type DataSheetSetSelectOptions,
  type DataSheetValue,
  DefinitionType,
  MAX_DATA_SHEET_DEFINITIONS,
  MAX_DATA_SHEETS,
} from '#gen/data_sheet_types';
import { TeamRole } from '#gen/user_types';
import { insertProduct } from '../../../src/store/bulk.ts';
import type { Database } from '../../../src/store/schema.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logIn, logInAdmin, newOutsider, newUser, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;
let outsider: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
  outsider = await newOutsider(server, admin);
});
afterAll(() => server.stop());

const { BAD_REQUEST, NOT_FOUND, NOOP, RESOURCE_ARCHIVED } = ErrorCode;
const sheets = (user = ana) => user.connection.service('DataSheetService');
const expectRefused = (call: () => Promise<unknown>, code: ErrorCode, slug: string, message: RegExp) =>
  expectNothingWritten(server, () => expectRefusal(call(), code, slug, message));

const ALL: DataSheetSetSelectOptions = {
  includeDefinitions: true,
  includeSheets: true,
  sheetPageSize: 0,
  includeActiveSheetCount: true,
  includeArchivedSheetCount: true,
  includeAttributes: true,
};

let names = 0;
const nextName = () => `Set ${++names}`;
const definition = (name: string, more: Partial<DataSheetDefinition> = {}): DataSheetDefinition =>
  ({ name, type: DefinitionType.TEXT, position: -1, ...more }) as DataSheetDefinition;
const sheet = (
  name: string,
  idValues: { [id: string]: DataSheetValue } = {},
  more: Partial<DataSheet> = {},
): DataSheet => ({ name, description: '', idValues, ...more }) as DataSheet;
const number = (value: number, precision = 0): DataSheetValue => ({ number: { number: value, precision } });
const TORQUE = definition('Torque', { type: DefinitionType.NUMBER });

/** Pumps with a maker and a torque; two of them. */
const newSet = (content: Partial<DataSheetSet> = {}): Promise<DataSheetSet> =>
  sheets().createSet(
    ana.teamId,
    {
      name: nextName(),
      description: 'Pumps of the plant',
      definitions: [definition('Maker'), TORQUE],
      sheets: [
        sheet('P-1', { Maker: { text: 'North' }, Torque: number(12.5, 1) }),
        sheet('P-2', { Maker: { text: 'South' } }),
      ],
      ...content,
    } as DataSheetSet,
    [],
  );
const get = (id: string, select = ALL, by = ben) => sheets(by).getSet(id, select);
const define = (id: string, ...actions: DataSheetDefinitionAction[]) => sheets().definitionOps(id, actions);
const edit = (id: string, ...actions: DataSheetAction[]) => sheets().sheetOps(id, actions);
const columnsOf = async (id: string) => (await get(id)).definitions!.map(({ name }) => name);
const rowsIn = async (id: string) => (await get(id)).sheets!.map(({ name }) => name);

describe('a set', () => {
  test('is made whole, and read by every member', async () => {
    const made = await newSet();
    expect(made).toMatchObject({
      description: 'Pumps of the plant',
      archivedAt: 0,
      lastAuthor: { id: ana.id, name: 'ana' },
    });
    const [maker, torque] = made.definitions!;
    expect([maker, torque]).toMatchObject([
      { name: 'Maker', position: 0, type: DefinitionType.TEXT },
      { name: 'Torque', position: 1, type: DefinitionType.NUMBER },
    ]);
    expect(made.sheets!.map(({ name, idValues }) => [name, idValues])).toEqual([
      [
        'P-1',
        {
          [maker!.id]: expect.objectContaining({ text: 'North' }),
          [torque!.id]: expect.objectContaining({ number: expect.objectContaining({ number: 12.5, precision: 1 }) }),
        },
      ],
      ['P-2', { [maker!.id]: expect.objectContaining({ text: 'South' }) }],
    ]);
    expect(made).toMatchObject({ activeSheetCount: 2, archivedSheetCount: 0, attributes: [] });
    expect(await get(made.id)).toEqual(made);
  });

  test('tells what is asked for alone', async () => {
    const { id } = await newSet();
    const bare = await get(id, {
      includeDefinitions: false,
      includeSheets: false,
      includeActiveSheetCount: false,
      includeArchivedSheetCount: false,
      includeAttributes: false,
    });
    for (const field of ['definitions', 'sheets', 'activeSheetCount', 'archivedSheetCount', 'attributes'] as const)
      expect(bare[field] ?? null).toBeNull();
    const some = await get(id, {
      ...ALL,
      sheetPageSize: 1,
      definitionTitle: 'TOR',
      definitionTypes: [DefinitionType.NUMBER],
    });
    expect(some.sheets!.map(({ name }) => name)).toEqual(['P-1']);
    expect(some.definitions!.map(({ name }) => name)).toEqual(['Torque']);
    expect(
      (await get(id, { ...ALL, definitionTypes: [DefinitionType.TEXT] })).definitions!.map(({ name }) => name),
    ).toEqual(['Maker']);
    await expectRefusal(get(id, { ...ALL, sheetPageSize: -1 }), BAD_REQUEST, 'invalid-argument', /sheetPageSize: -1/);
  });

  test('is renamed; the same again writes nothing', async () => {
    const { id } = await newSet();
    const name = nextName();
    const change = { name, description: 'New' } as DataSheetSet;
    expect(await sheets().updateSet(id, change)).toMatchObject({ id, name, description: 'New' });
    await expectNothingWritten(server, () => sheets().updateSet(id, change));
  });

  test('keeps its name to itself', async () => {
    const { id, name } = await newSet();
    const taken = new RegExp(`has the set "${name}" \\(${id}\\) already`);
    await expectRefused(() => newSet({ name: name.toUpperCase() }), BAD_REQUEST, 'duplicate-name', taken);
    const other = await newSet();
    await expectRefused(
      () => sheets().updateSet(other.id, { name } as DataSheetSet),
      BAD_REQUEST,
      'duplicate-name',
      taken,
    );
  });

  test('is archived once, refuses every edit then, and is unarchived once', async () => {
    const { id, sheets: rows } = await newSet();
    await expectRefused(() => sheets().unarchiveSet(id), NOOP, 'not-archived', /is not archived/);
    expect((await sheets().archiveSet(id)).archivedAt).toBeGreaterThan(0);
    await expectRefused(() => sheets().archiveSet(id), NOOP, 'already-archived', /archived already/);
    for (const call of [
      () => sheets().updateSet(id, { name: 'X' } as DataSheetSet),
      () => define(id, { add: definition('X') }),
      () => edit(id, { archiveId: rows![0]!.id }),
    ])
      await expectRefused(call, RESOURCE_ARCHIVED, 'data-sheet-set-archived', /unarchiveSet makes it usable/);
    expect((await sheets().unarchiveSet(id)).archivedAt).toBe(0);
  });

  test('carries attributes', async () => {
    const [attribute] = (
      await admin.connection.service('AbacService').updateAttributes(admin.teamId, [
        {
          id: '',
          label: nextName(),
          values: [
            { id: '', label: 'North' },
            { id: '', label: 'South' },
          ],
        },
      ])
    ).slice(-1);
    const north = { ...attribute!, values: attribute!.values.slice(0, 1) };
    const made = await sheets().createSet(ana.teamId, { name: nextName() } as DataSheetSet, [north]);
    expect(made.attributes).toEqual([north]);
    const after = await sheets().updateAttribute(
      made.id,
      attribute!.id,
      attribute!.values.slice(1),
      AbacUploadBehaviour.MERGE,
    );
    expect(after).toEqual([attribute]);
    expect((await get(made.id)).attributes).toEqual([attribute]);
  });

  test.each<[string, Partial<DataSheetSet>, ErrorCode, string, RegExp]>([
    ['no name', { name: '' }, BAD_REQUEST, 'invalid-argument', /dsSet\.name: empty/],
    [
      'a long description',
      { description: 'x'.repeat(MAX_DESCRIPTION_LENGTH + 1) },
      BAD_REQUEST,
      'limit-exceeded',
      /dsSet\.description: 20001/,
    ],
    [
      'two definitions of one name',
      { definitions: [definition('A'), definition('a')] },
      BAD_REQUEST,
      'duplicate-name',
      /has "A"/,
    ],
    ['two sheets of one name', { sheets: [sheet('A'), sheet('a')] }, BAD_REQUEST, 'duplicate-name', /has "A"/],
    [
      'a value of no definition',
      { sheets: [sheet('A', { Weight: number(1) })] },
      NOT_FOUND,
      'data-sheet-definition-not-found',
      /no definition Weight/,
    ],
    [
      'a definition without a type',
      { definitions: [{ name: 'A' } as never] },
      BAD_REQUEST,
      'invalid-argument',
      /definition\.type: unset/,
    ],
  ])('is not made with %s', (_, content, code, slug, message) =>
    expectRefused(() => newSet(content), code, slug, message),
  );
});

describe('definitions', () => {
  test('are added where they are asked for, moved, renamed and given values, in the order of the actions', async () => {
    const made = await newSet();
    const [maker, torque] = made.definitions!;
    const [first] = made.sheets!;
    const told = await define(
      made.id,
      { add: definition('Serial', { position: 0 }) },
      { update: { ...torque!, name: 'Torque in Nm', position: 0, sheetValues: { [first!.id]: number(7) } } },
      { add: definition('Year', { type: DefinitionType.NUMBER }) },
      { getId: maker!.id },
      { checkArchiveId: maker!.id },
    );
    expect(told.map(({ name }) => name)).toEqual(['Serial', 'Torque in Nm', 'Year', 'Maker', 'Maker']);
    expect(await columnsOf(made.id)).toEqual(['Torque in Nm', 'Serial', 'Maker', 'Year']);
    expect((await get(made.id)).definitions!.map(({ position }) => position)).toEqual([0, 1, 2, 3]);
    expect(Object.keys(told[3]!.sheetValues!)).toHaveLength(2);
    expect(told[4]!.archiveErr ?? null).toBeNull();
    expect((await get(made.id)).sheets![0]!.idValues![torque!.id]).toMatchObject({
      number: { number: 7, precision: 0 },
    });
  });

  test('are archived and unarchived, and keep their values', async () => {
    const made = await newSet();
    const [maker] = made.definitions!;
    const [archived] = await define(made.id, { archiveId: maker!.id });
    expect(archived!.archivedAt).toBeGreaterThan(0);
    expect((await get(made.id)).sheets![0]!.idValues).toHaveProperty(maker!.id);
    await expectRefused(() => define(made.id, { archiveId: maker!.id }), NOOP, 'already-archived', /archived already/);
    const [open] = await define(made.id, { unarchiveId: maker!.id });
    expect(open!.archivedAt).toBe(0);
    await expectRefused(() => define(made.id, { unarchiveId: maker!.id }), NOOP, 'not-archived', /is not archived/);
  });

  test('may exchange their names in one call', async () => {
    const made = await newSet();
    const [maker, torque] = made.definitions!;
    const named = (row: DataSheetDefinition, name: string, position: number) => ({
      update: { ...row, name, position },
    });
    await define(made.id, named(maker!, 'Between', 0), named(torque!, 'Maker', 1), named(maker!, 'Torque', 0));
    expect(await columnsOf(made.id)).toEqual(['Torque', 'Maker']);
  });

  test.each<[string, (set: DataSheetSet) => DataSheetDefinitionAction[], ErrorCode, string, RegExp]>([
    ['a name that is taken', () => [{ add: definition('MAKER') }], BAD_REQUEST, 'duplicate-name', /has "Maker"/],
    [
      'a name that an earlier action took',
      () => [{ add: definition('New') }, { add: definition('new') }],
      BAD_REQUEST,
      'duplicate-name',
      /has "New"/,
    ],
    [
      'a place out of range',
      () => [{ add: definition('New', { position: 4 }) }],
      BAD_REQUEST,
      'invalid-position',
      /position: 4 .* 0 to 3, or -1/,
    ],
    [
      'a place below',
      () => [{ add: definition('New', { position: -2 }) }],
      BAD_REQUEST,
      'invalid-position',
      /position: -2/,
    ],
    [
      'another type',
      set => [{ update: { ...set.definitions![0]!, type: DefinitionType.NUMBER } }],
      BAD_REQUEST,
      'invalid-argument',
      /a type never changes/,
    ],
    [
      'an unknown definition',
      () => [{ update: definition('X', { id: 'lost' }) }],
      NOT_FOUND,
      'data-sheet-definition-not-found',
      /no definition lost/,
    ],
    [
      'a value for an unknown sheet',
      () => [{ add: definition('New', { sheetValues: { lost: { text: 'x' } } }) }],
      NOT_FOUND,
      'data-sheet-not-found',
      /no sheet lost/,
    ],
    [
      'a value of another type',
      set => [{ add: definition('New', { sheetValues: { [set.sheets![0]!.id]: number(1) } }) }],
      BAD_REQUEST,
      'invalid-argument',
      /value of "New": expected a text/,
    ],
    [
      '1,001 actions',
      () => Array.from({ length: 1000 }, (_, n) => ({ add: definition(`D${n}`) })),
      BAD_REQUEST,
      'limit-exceeded',
      /defActions: 1001; at most 1000/,
    ],
  ])('with %s are refused, with all actions before it', async (_, actions, code, slug, message) => {
    const set = await newSet();
    await expectRefused(() => define(set.id, { add: definition('Before') }, ...actions(set)), code, slug, message);
  });

  test('are a bounded number', async () => {
    const { id } = await newSet();
    await fill(
      'sheet_definitions',
      id,
      MAX_DATA_SHEET_DEFINITIONS - 2,
      n => ({ definition_id: `d${n}`, ordinal: n + 2 }),
      { typ: 1 },
    );
    await expectRefused(
      () => define(id, { add: definition('One more') }),
      BAD_REQUEST,
      'limit-exceeded',
      /definitions: 10001; at most 10000/,
    );
  });
});

describe('sheets', () => {
  test('are added, written and told as they are after all actions', async () => {
    const made = await newSet();
    const [maker, torque] = made.definitions!;
    const [one, two] = made.sheets!;
    const told = await edit(
      made.id,
      { add: sheet('P-3', { [torque!.id]: number(-0.25, 2) }) },
      { update: { ...one!, name: 'P-1a', description: 'Moved', idValues: { [maker!.id]: { nullValue: '' } } } },
      { getId: two!.id },
      { update: { ...two!, idValues: { [maker!.id]: { text: 'West' } } } },
    );
    expect(told.map(({ name }) => name)).toEqual(['P-3', 'P-1a', 'P-2', 'P-2']);
    expect(told[1]).toMatchObject({
      description: 'Moved',
      idValues: { [torque!.id]: { number: { number: 12.5, precision: 1 } } },
    });
    expect(told[1]!.idValues).not.toHaveProperty(maker!.id);
    expect(told[2]!.idValues![maker!.id]).toMatchObject({ text: 'West' });
    expect(await rowsIn(made.id)).toEqual(['P-1a', 'P-2', 'P-3']);
    expect(await rowsOf(server, 'sheet_cells')).not.toContainEqual(
      expect.objectContaining({ text: null, number: null }),
    );
  });

  test('are archived and unarchived, and counted so', async () => {
    const made = await newSet();
    const [one] = made.sheets!;
    await edit(made.id, { archiveId: one!.id });
    expect(await get(made.id)).toMatchObject({ activeSheetCount: 1, archivedSheetCount: 1 });
    await expectRefused(() => edit(made.id, { archiveId: one!.id }), NOOP, 'already-archived', /archived already/);
    await edit(made.id, { unarchiveId: one!.id });
    expect(await get(made.id)).toMatchObject({ activeSheetCount: 2, archivedSheetCount: 0 });
  });

  test.each<[string, (set: DataSheetSet) => DataSheetAction[], ErrorCode, string, RegExp]>([
    ['a name that is taken', () => [{ add: sheet('p-1') }], BAD_REQUEST, 'duplicate-name', /has "P-1"/],
    [
      'an unknown sheet',
      () => [{ update: sheet('X', {}, { id: 'lost' }) }],
      NOT_FOUND,
      'data-sheet-not-found',
      /no sheet lost/,
    ],
    [
      'an unknown definition',
      () => [{ add: sheet('X', { lost: number(1) }) }],
      NOT_FOUND,
      'data-sheet-definition-not-found',
      /no definition lost/,
    ],
    [
      'a text for a number',
      set => [{ add: sheet('X', { [set.definitions![1]!.id]: { text: '1' } }) }],
      BAD_REQUEST,
      'invalid-argument',
      /value of "Torque": expected a number/,
    ],
    [
      'NaN',
      set => [{ add: sheet('X', { [set.definitions![1]!.id]: number(Number.NaN) }) }],
      BAD_REQUEST,
      'invalid-argument',
      /NaN/,
    ],
    [
      'too many digits',
      set => [{ add: sheet('X', { [set.definitions![1]!.id]: number(1, 16) }) }],
      BAD_REQUEST,
      'invalid-argument',
      /16 digits; expected/,
    ],
    [
      'a long text',
      set => [{ add: sheet('X', { [set.definitions![0]!.id]: { text: 'x'.repeat(MAX_DESCRIPTION_LENGTH + 1) } }) }],
      BAD_REQUEST,
      'limit-exceeded',
      /value of "Maker": 20001/,
    ],
    ['a control character in the name', () => [{ add: sheet('a\u0007') }], BAD_REQUEST, 'invalid-argument', /U\+0007/],
  ])('with %s are refused, with all actions before it', async (_, actions, code, slug, message) => {
    const set = await newSet();
    await expectRefused(() => edit(set.id, { add: sheet('Before') }, ...actions(set)), code, slug, message);
  });

  test('are a bounded number', async () => {
    const { id } = await newSet();
    await fill('sheets', id, MAX_DATA_SHEETS - 2, n => ({ sheet_id: `s${n}` }), { descrip: '', author_id: ana.id });
    await expectRefused(
      () => edit(id, { add: sheet('One more') }),
      BAD_REQUEST,
      'limit-exceeded',
      /sheets: 50001; at most 50000/,
    );
  });

  test('of two who add the same name at once, one is added', async () => {
    const { id } = await newSet();
    const second = await logIn(server, ana.email, ana.password);
    for (let round = 0; round < 5; round++) {
      const action = { add: sheet(`Race ${round}`) };
      const outcomes = await Promise.allSettled([edit(id, action), sheets(second).sheetOps(id, [action])]);
      const refused = outcomes.filter(outcome => outcome.status === 'rejected').map(outcome => outcome.reason.slug);
      expect(refused).toEqual(['duplicate-name']);
    }
  });

  test('are edited in a number of statements that does not grow with them', async () => {
    const made = await newSet();
    const cost = async (count: number) =>
      (
        await server.statementsOf(() =>
          edit(
            made.id,
            ...Array.from({ length: count }, () => ({
              add: sheet(nextName(), { [made.definitions![0]!.id]: { text: 'x' } }),
            })),
          ),
        )
      ).statements.length;
    expect(await cost(50)).toBe(await cost(1));
  });
});

describe('queries', () => {
  test('of sheets filter by name and state, order both ways, and go page by page', async () => {
    const { id, sheets: [one] = [] } = await newSet();
    await edit(id, { add: sheet('Q-1') }, { add: sheet('50%_') }, { archiveId: one!.id });
    const found = async (opts: Parameters<ReturnType<typeof sheets>['querySheets']>[1]) =>
      (await sheets(ben).querySheets(id, opts)).sheets.map(({ name }) => name);
    expect(await found({})).toEqual(['50%_', 'P-2', 'Q-1']);
    expect(await found({ showArchived: true })).toEqual(['50%_', 'P-1', 'P-2', 'Q-1']);
    expect(await found({ onlyArchived: true })).toEqual(['P-1']);
    expect(await found({ title: 'Q-' })).toEqual(['Q-1']);
    expect(await found({ title: '%' })).toEqual(['50%_']);
    expect(await found({ order: [{ field: 1, asc: false }] })).toEqual(['Q-1', 'P-2', '50%_']);
    const first = await sheets(ben).querySheets(id, { pageReq: { size: 2 } });
    expect(first.pageInfo).toMatchObject({ num: 1, left: 1 });
    expect(await found({ pageReq: { size: 2, pageToken: first.pageInfo!.pageTokens[2]! } })).toEqual(['Q-1']);
    const foreign = found({ title: 'Q', pageReq: { size: 2, pageToken: first.pageInfo!.pageTokens[2]! } });
    await expectRefusal(foreign, BAD_REQUEST, 'invalid-argument', /not a token of this query/);
    await expectRefusal(found({ order: [{} as never] }), BAD_REQUEST, 'invalid-argument', /a key without its field/);
  });

  test('of sets filter by name, state and time, and fill in what is asked for', async () => {
    const team = await admin.teams.create('Queried plant', '');
    const make = (name: string) =>
      sheets(admin).createSet(team.id, { name, definitions: [definition('A')] } as DataSheetSet, []);
    const [one, two] = [await make('Valves'), await make('Pumps')];
    server.clock.forward(10_000);
    const three = await make('Fans');
    await sheets(admin).archiveSet(one!.id);
    const found = async (opts: Parameters<ReturnType<typeof sheets>['querySets']>[1]) =>
      (await sheets(admin).querySets(team.id, opts, ALL)).sets.map(({ name }) => name);
    expect(await found({})).toEqual(['Fans', 'Pumps']);
    expect(await found({ showArchived: true })).toEqual(['Fans', 'Pumps', 'Valves']);
    expect(await found({ onlyArchived: true })).toEqual(['Valves']);
    expect(await found({ title: 'UMP' })).toEqual(['Pumps']);
    expect(await found({ lastUpdatedAt: three!.updatedAt })).toEqual(['Fans']);
    expect(await found({ order: [{ field: 3, asc: true }], showArchived: true })).toEqual(['Valves', 'Pumps', 'Fans']);
    expect(
      await found({
        order: [
          { field: 2, asc: false },
          { field: 1, asc: true },
        ],
        showArchived: true,
      }),
    ).toEqual(['Valves', 'Fans', 'Pumps']);
    const { sets } = await sheets(admin).querySets(team.id, { title: 'pumps' }, ALL);
    expect(sets[0]).toEqual(await get(two!.id, ALL, admin));
  });

  test('of sets take a number of statements that does not grow with them', async () => {
    const cost = async (size: number) =>
      (await server.statementsOf(() => sheets().querySets(ana.teamId, { pageReq: { size } }, ALL))).statements.length;
    expect(await cost(5)).toBe(await cost(1));
  });

  test('of another team tell nothing', async () => {
    const { id } = await newSet();
    await expectRefusal(get(id, ALL, outsider), NOT_FOUND, 'data-sheet-set-not-found');
    await expectRefusal(sheets(outsider).querySets(ana.teamId, {}, ALL), NOT_FOUND, 'team-not-found');
  });
});

/** Rows of a set as if somebody had made them. */
const fill = (
  table: 'sheets' | 'sheet_definitions',
  setId: string,
  count: number,
  row: (n: number) => object,
  common: object,
): Promise<unknown> =>
  server.store.transact(async tx => {
    const { db } = tx.people as unknown as { db: Kysely<Database> };
    const rows = Array.from({ length: count }, (_, n) => ({ name: `filled ${n}`, name_key: `filled ${n}`, ...row(n) }));
    const all = { team_id: ana.teamId, set_id: setId, created_at: 1, updated_at: 1, ...common };
    await insertProduct(db, server.store.engine, table, rows as never, [all as never]);
  });
