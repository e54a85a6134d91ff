/** Definitions of metadata as things: made, read, edited, archived; who may, and whose keys are in each other's way. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import type { Metadata } from '#gen/metadata_types';
import { MetadataType, Owner } from '#gen/metadata_types';
import { TeamRole } from '#gen/user_types';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { logIn, logInAdmin, newOutsider, newUser, type TestUser } from '../../support/seed.ts';
import { ADMIN, TestServer } from '../../support/server.ts';
import {
  auditOf,
  changedRow,
  defined,
  idsOf,
  listOf,
  metadataOf,
  nextKey,
  optionsOf,
  params,
  plain,
} from './defined.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let outsider: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR, TeamRole.JOBCREATOR);
  outsider = await newOutsider(server, admin);
});
afterAll(() => server.stop());

const { BAD_REQUEST, NOT_FOUND, NOOP, INSUFFICIENT_PERMISSIONS, NOT_ALLOWED } = ErrorCode;
const { NUMBER, MULTI_SELECT_LIST, DATE } = MetadataType;

const add = async (metadata: Metadata, by = admin) => plain(await metadataOf(by).add(by.teamId, metadata));
const get = async (id: string, by = admin) => plain(await metadataOf(by).get(by.teamId, id));
const update = (metadata: Metadata) => metadataOf(admin).update(admin.teamId, metadata);
const archive = (id: string) => metadataOf(admin).archive(admin.teamId, id);
const newTeam = async (name: string): Promise<TestUser> => ({
  ...admin,
  teamId: (await admin.teams.create(name, '')).id,
});

const expectRefused = (call: () => Promise<unknown>, code: ErrorCode, slug: string, message: RegExp) =>
  expectNothingWritten(server, () => expectRefusal(call(), code, slug, message));

const seconds = expect.any(Number);
const filled = { id: expect.any(String), createdAt: seconds, updatedAt: seconds, archivedAt: 0 };

describe('a new definition', () => {
  test('has what was sent, and what the server fills in', async () => {
    const sent = { id: 'mine', createdAt: 1, updatedAt: 2, archivedAt: 3 };
    const key = nextKey();
    const made = await add(defined(` ${key} `, { ...sent, isRequired: true, position: -0.5 }));
    expect(made).toEqual({
      ...{ ...filled, key, type: MetadataType.TEXT, owner: Owner.JOB_TEMPLATE, constraints: {}, isRequired: true },
      ...{ position: -0.5, externallyManaged: false },
    });
    expect(made.id).not.toBe('mine');
    expect(made.createdAt).toBeGreaterThan(1e9);
    expect(made.updatedAt).toBe(made.createdAt);
  });

  test.each<[string, Partial<Metadata>, Partial<Metadata>]>([
    ['text', { defaultValue: { text: '' } }, { constraints: {}, defaultValue: { text: '' } }],
    [
      'number',
      {
        type: NUMBER,
        constraints: { range: { range_start: -0.1, range_end: 1e300 } },
        defaultValue: { number: 1 / 3 },
      },
      { constraints: { range: { range_start: -0.1, range_end: 1e300 } }, defaultValue: { number: 1 / 3 } },
    ],
    [
      'number',
      { type: NUMBER, constraints: { range: { range_start: 0 } } },
      { constraints: { range: { range_start: 0 } } },
    ],
    ['number', { type: NUMBER, constraints: { range: {} } }, { constraints: {} }],
    [
      'number',
      { type: NUMBER, position: -0, defaultValue: { number: -0 } },
      { position: 0, defaultValue: { number: 0 } },
    ],
    ['date', { type: DATE, defaultValue: { date: -86400 } }, { defaultValue: { date: -86400 } }],
    ['list', listOf('', ['Red', 'Green']), {}],
    ['list', listOf('', []), {}],
    ['multi-select', listOf('', ['Red'], { type: MULTI_SELECT_LIST }), { type: MULTI_SELECT_LIST }],
  ])('of every type is read by each member as it was answered: %s, case %#', async (_, sent, right) => {
    const made = await add(defined('', { ...sent, key: nextKey() }));
    expect(made).toMatchObject(right);
    expect(await get(made.id, ana)).toEqual(made);
    for (const owner of [Owner.ALL, Owner.JOB_TEMPLATE]) {
      expect(plain(await metadataOf(ana).index(ana.teamId, owner, false, false))).toContainEqual(made);
      expect(plain(await metadataOf(ana).getMetadata(ana.teamId, owner))).toContainEqual(made);
    }
  });

  test('of a list gives each option an id, and its default names options by them', async () => {
    const one = await add(listOf(nextKey(), [' Red ', 'Green'], { defaultValue: { listValue: 'green' } }));
    expect(optionsOf(one)).toEqual(['Red', 'Green']);
    expect(new Set(idsOf(one)).size).toBe(2);
    expect(one.defaultValue).toEqual({ listValueId: idsOf(one)[1] });
    const several = await add(
      listOf(nextKey(), ['Red', 'Green', 'Blue'], {
        type: MULTI_SELECT_LIST,
        defaultValue: { selectedListValues: { values: ['blue', 'Red', 'BLUE'] } },
      }),
    );
    const [red, , blue] = idsOf(several);
    expect(several.defaultValue).toEqual({ selectedListValueIds: { valueIds: [red, blue].sort() } });
    expect(await get(several.id)).toEqual(several);
  });

  test('leaves a trace of who made it', async () => {
    const { id, key } = await add(defined(nextKey(), { owner: Owner.STEP }));
    const details = { key, type: 'TEXT', owner: 'STEP' };
    const right = { team_id: admin.teamId, actor_id: admin.id, action: 'metadata.created', details };
    expect(await auditOf(server, id)).toEqual([right]);
  });
});

describe('several new definitions', () => {
  test('are answered in order and read as they were answered', async () => {
    const sent = [listOf(nextKey(), ['B', 'A']), defined(nextKey()), defined(nextKey(), { type: DATE })];
    const made = plain(await metadataOf(admin).addMetadata(sent, admin.teamId));
    expect(made.map(({ key }) => key)).toEqual(sent.map(({ key }) => key));
    for (const metadata of made) {
      expect(await get(metadata.id)).toEqual(metadata);
      expect(await auditOf(server, metadata.id)).toHaveLength(1);
    }
  });

  test('are made all or none', async () => {
    const taken = await add(defined(nextKey()));
    const bulk = (...sent: Metadata[]) => metadataOf(admin).addMetadata([defined(nextKey()), ...sent], admin.teamId);
    const refused = await expectRefused(
      () => bulk(listOf(nextKey(), ['A']), defined(taken.key.toUpperCase())),
      BAD_REQUEST,
      'duplicate-name',
      new RegExp(`^metadata\\[2\\]\\.key: the team has the definition "${taken.key}" \\(${taken.id}\\)`),
    );
    expect(refused.details).toEqual({ name: taken.key, metadataId: taken.id });
    const empty = /^metadata\[1\]\.key: empty/;
    await expectRefused(() => bulk(defined('')), BAD_REQUEST, 'invalid-argument', empty);
    const twice = /^metadata\[2\]\.key: "TWICE" stands in front of it too/;
    await expectRefused(() => bulk(defined('Twice'), defined('TWICE')), BAD_REQUEST, 'duplicate-name', twice);
  });

  test('may have one key, each for another owner', async () => {
    const key = nextKey();
    const owners = [Owner.JOB_TEMPLATE, Owner.STEP_GROUP, Owner.STEP, Owner.JOB];
    const made = await metadataOf(admin).addMetadata(
      owners.map(owner => defined(key, { owner })),
      admin.teamId,
    );
    expect(made.map(({ owner }) => owner)).toEqual(owners);
    const all = () =>
      metadataOf(admin).addMetadata(
        [Owner.STEP, Owner.ALL].map(owner => defined('For all', { owner })),
        admin.teamId,
      );
    await expectRefused(all, BAD_REQUEST, 'duplicate-name', /^metadata\[1\]\.key: "For all"/);
  });

  test('may be none', async () => {
    expect(await expectNothingWritten(server, () => metadataOf(admin).addMetadata([], admin.teamId))).toEqual([]);
  });

  test('take a bounded number of statements, however many they are', async () => {
    const counted = async (count: number) => {
      const sent = Array.from({ length: count }, () => listOf(nextKey(), ['A', 'B', 'C']));
      const act = () => metadataOf(admin).addMetadata(sent, admin.teamId);
      return (await server.statementsOf(act)).statements.length;
    };
    for (const count of [1, 40]) expect(await counted(count)).toBeLessThanOrEqual(7);
  });
});

describe('the list of definitions', () => {
  const keysOf = (metadata: Metadata[]) => metadata.map(({ key }) => key);

  test('is in the order of positions, then keys, those without a position last', async () => {
    const plant = await newTeam('Ordered plant');
    const sent: [string, number?][] = [['pump'], ['Zinc', 1], ['Élan', -1.5], ['axle'], ['boiler', 1], ['Boat', 0]];
    const definitions = sent.map(([key, position]) => defined(key, position === undefined ? {} : { position }));
    await metadataOf(plant).addMetadata(definitions, plant.teamId);
    const right = ['Élan', 'Boat', 'boiler', 'Zinc', 'axle', 'pump'];
    expect(keysOf(await metadataOf(plant).index(plant.teamId, Owner.ALL, false, false))).toEqual(right);
    expect(keysOf(await metadataOf(plant).getMetadata(plant.teamId, Owner.JOB_TEMPLATE))).toEqual(right);
  });

  test('of one owner has those that every owner can carry, and no others', async () => {
    const plant = await newTeam('Owning plant');
    expect(await metadataOf(plant).index(plant.teamId, Owner.ALL, true, true)).toEqual([]);
    const owners = [Owner.ALL, Owner.JOB_TEMPLATE, Owner.STEP_GROUP, Owner.STEP, Owner.JOB];
    const sent = owners.map(owner => defined(Owner[owner]!, { owner }));
    await metadataOf(plant).addMetadata(sent, plant.teamId);
    const of = async (owner: Owner) => keysOf(await metadataOf(plant).index(plant.teamId, owner, false, false));
    expect(await of(Owner.STEP)).toEqual(['ALL', 'STEP']);
    expect(await of(Owner.JOB)).toEqual(['ALL', 'JOB']);
    expect(await of(Owner.ALL)).toEqual(['ALL', 'JOB', 'JOB_TEMPLATE', 'STEP', 'STEP_GROUP']);
  });

  test('has archived and externally managed ones where they are asked for', async () => {
    const plant = await newTeam('Archiving plant');
    const made = await metadataOf(plant).addMetadata(
      ['archived', 'both', 'managed', 'open'].map(key => defined(key)),
      plant.teamId,
    );
    const [archived, both, managed] = made.map(({ id }) => id);
    for (const id of [archived!, both!]) await metadataOf(plant).archive(plant.teamId, id);
    for (const id of [both!, managed!]) await changedRow(server, id, { externally_managed: 1 });
    const index = async (...included: [boolean, boolean]) =>
      keysOf(await metadataOf(plant).index(plant.teamId, Owner.JOB_TEMPLATE, ...included));
    expect(await index(false, false)).toEqual(['open']);
    expect(await index(true, false)).toEqual(['archived', 'open']);
    expect(await index(false, true)).toEqual(['managed', 'open']);
    expect(await index(true, true)).toEqual(['archived', 'both', 'managed', 'open']);
    expect(keysOf(await metadataOf(plant).getMetadata(plant.teamId, Owner.ALL))).toEqual(['open']);
  });

  test('takes a bounded number of statements, however many lists there are', async () => {
    const index = () => metadataOf(admin).index(admin.teamId, Owner.ALL, true, true);
    expect((await server.statementsOf(index)).statements.length).toBeLessThanOrEqual(3);
  });
});

describe('an update', () => {
  const number = (more: Partial<Metadata> = {}) =>
    defined(nextKey(), {
      ...{ type: NUMBER, constraints: { range: { range_start: 0, range_end: 10 } }, position: 1, isRequired: true },
      ...{ defaultValue: { number: 5 } },
      ...more,
    });

  test('writes key, range, required, position and default, and leaves a trace', async () => {
    const made = await add(number());
    const key = nextKey();
    server.clock.forward(5000);
    await update({
      ...{ ...made, key: ` ${key} `, constraints: { range: { range_end: 100 } }, isRequired: false },
      ...{ position: 2.5, defaultValue: { number: 50 } },
    });
    const after = await get(made.id, ana);
    expect(after).toEqual({
      ...{ ...made, key, constraints: { range: { range_end: 100 } }, isRequired: false },
      ...{ position: 2.5, defaultValue: { number: 50 }, updatedAt: after.updatedAt },
    });
    expect(after.updatedAt).toBeGreaterThanOrEqual(made.updatedAt + 5);
    const [, trace] = await auditOf(server, made.id);
    expect(trace).toMatchObject({ action: 'metadata.updated', actor_id: admin.id });
    expect(trace!.details).toEqual({
      from: {
        ...{ key: made.key, range_start: 0, range_end: 10, is_required: 1, position: 1 },
        default_value: '{"number":5}',
      },
      to: { key, range_start: null, range_end: 100, is_required: 0, position: 2.5, default_value: '{"number":50}' },
    });
  });

  test('takes range and position away where it has none, and keeps the default until it is cleared', async () => {
    const made = await add(number());
    const { type: _type, constraints: _range, position: _place, defaultValue: _default, ...rest } = made;
    await update(rest as Metadata);
    const { updatedAt, ...after } = await get(made.id);
    const { position: _, updatedAt: __, ...right } = { ...made, constraints: {} };
    expect(after).toEqual(right);
    await update({ ...rest, clearDefault: true } as Metadata);
    expect(await get(made.id)).not.toHaveProperty('defaultValue');
  });

  test('of what is so already changes nothing: a repeated call is safe', async () => {
    const made = await add(number());
    const edited = { ...made, position: 7 };
    await update(edited);
    await expectNothingWritten(server, () => update(edited));
    const list = await add(listOf(nextKey(), ['A', 'B'], { defaultValue: { listValue: 'B' } }));
    await expectNothingWritten(server, () => update({ ...list, defaultValue: { listValue: 'b' } }));
  });

  test('leaves the options of a list as they are, and takes its default from them', async () => {
    const list = await add(listOf(nextKey(), ['A', 'B']));
    const sent = { ...list, constraints: { listOptions: { options: ['C'] } }, defaultValue: { listValue: 'B' } };
    await update(sent);
    const after = await get(list.id);
    expect(optionsOf(after)).toEqual(['A', 'B']);
    expect(after.defaultValue).toEqual({ listValueId: idsOf(list)[1] });
    await expectRefused(
      () => update({ ...list, defaultValue: { listValue: 'C' } }),
      BAD_REQUEST,
      'invalid-argument',
      /^metadata\.defaultValue: "C"; the list has no such option/,
    );
  });

  test('may change the case of its own key, and frees the old key', async () => {
    const made = await add(defined('Valve'));
    await update({ ...made, key: 'VALVE' });
    await expectRefused(() => add(defined('valve')), BAD_REQUEST, 'duplicate-name', /"VALVE"/);
    await update({ ...made, key: nextKey() });
    expect(await add(defined('valve'))).toMatchObject({ key: 'valve' });
  });

  test('cannot change type or owner', async () => {
    const made = await add(number());
    const type = /^metadata\.type: TEXT; it cannot be changed from NUMBER/;
    await expectRefused(() => update({ ...made, type: 1 }), BAD_REQUEST, 'invalid-argument', type);
    const owner = /^metadata\.owner: ALL; it cannot be changed from JOB_TEMPLATE/;
    await expectRefused(() => update({ ...made, owner: Owner.ALL }), BAD_REQUEST, 'invalid-argument', owner);
  });

  test('is refused when the default, kept or new, does not fit the range', async () => {
    const made = await add(number());
    const range = { range: { range_start: 6, range_end: 10 } };
    const { defaultValue: _, ...kept } = { ...made, constraints: range };
    const right = /^metadata\.defaultValue: 5 is out of range; right would be 6 to 10/;
    await expectRefused(() => update(kept as Metadata), BAD_REQUEST, 'invalid-argument', right);
    await expectRefused(() => update({ ...made, constraints: range }), BAD_REQUEST, 'invalid-argument', right);
    await update({ ...kept, clearDefault: true } as Metadata);
    expect(await get(made.id)).toMatchObject({ constraints: range });
    const both = () => update({ ...made, clearDefault: true });
    await expectRefused(both, BAD_REQUEST, 'invalid-argument', /clearDefault is true; leave one of them out/);
  });
});

describe('an archived definition', () => {
  test('can be read, is required no longer, and leaves a trace', async () => {
    const made = await add(listOf(nextKey(), ['A'], { isRequired: true }));
    server.clock.forward(2000);
    await archive(made.id);
    const after = await get(made.id, ana);
    expect(after).toEqual({ ...made, isRequired: false, archivedAt: after.archivedAt, updatedAt: after.archivedAt });
    expect(after.archivedAt).toBeGreaterThanOrEqual(made.createdAt + 2);
    const [, trace] = await auditOf(server, made.id);
    expect(trace).toMatchObject({ action: 'metadata.archived', details: { key: made.key } });
  });

  test('is not archived again, and cannot be edited', async () => {
    const made = await add(listOf(nextKey(), ['A', 'B']));
    await archive(made.id);
    const [a, b] = idsOf(made);
    const service = metadataOf(admin);
    for (const act of [
      () => archive(made.id),
      () => update({ ...made, key: nextKey() }),
      () => service.updateListAdd(admin.teamId, made.id, ['C'], params()),
      () => service.updateListRemove(admin.teamId, made.id, [a!]),
      () => service.updateListUpdate(admin.teamId, made.id, [a!], [params({ name: 'C' })]),
      () => service.updateListMerge(admin.teamId, made.id, [a!], b!),
    ])
      await expectRefused(act, NOOP, 'already-archived', new RegExp(`"${made.key}" \\(${made.id}\\) is archived`));
  });

  test('gives its key back', async () => {
    const { id, key } = await add(defined(nextKey()));
    await archive(id);
    const again = await add(defined(key));
    expect(again).toMatchObject({ key });
    await archive(again.id);
    expect(await add(defined(key, { owner: Owner.ALL }))).toMatchObject({ key });
  });
});

describe('a definition that another system manages', () => {
  test('is read, and cannot be edited here', async () => {
    const made = await add(listOf(nextKey(), ['A', 'B']));
    await changedRow(server, made.id, { externally_managed: 1 });
    expect(await get(made.id)).toEqual({ ...made, externallyManaged: true });
    const [a, b] = idsOf(made);
    const service = metadataOf(admin);
    for (const act of [
      () => archive(made.id),
      () => update({ ...made, key: nextKey() }),
      () => service.updateListAdd(admin.teamId, made.id, ['C'], params()),
      () => service.updateListRemove(admin.teamId, made.id, [a!]),
      () => service.updateListUpdate(admin.teamId, made.id, [a!], [params({ name: 'C' })]),
      () => service.updateListMerge(admin.teamId, made.id, [a!], b!),
    ])
      await expectRefused(act, NOT_ALLOWED, 'not-allowed', /is managed by another system/);
  });

  test('is nothing that a client can make', async () => {
    const right = /^metadata\.externallyManaged: true; no client makes another system the owner/;
    const managed = { externallyManaged: true };
    await expectRefused(() => add(defined(nextKey(), managed)), BAD_REQUEST, 'invalid-argument', right);
    const made = await add(defined(nextKey()));
    await expectRefused(() => update({ ...made, ...managed }), BAD_REQUEST, 'invalid-argument', right);
  });
});

describe('a key that is taken', () => {
  test.each([
    ['Plant', 'Plant', Owner.JOB, Owner.JOB],
    ['Gasket', ' gASKET', Owner.STEP, Owner.STEP],
    ['Kälte', 'Ka\u0308lte', Owner.STEP_GROUP, Owner.STEP_GROUP],
    ['Site', 'Site', Owner.ALL, Owner.STEP],
    ['Line', 'Line', Owner.STEP, Owner.ALL],
    ['Hall', 'Hall', Owner.ALL, Owner.ALL],
  ])('is refused with the definition that has it: %s, %s', async (first, second, owner, other) => {
    const made = await add(defined(first, { owner }));
    const renamed = await add(defined(nextKey(), { owner: other }));
    const right = new RegExp(`^metadata\\.key: the team has the definition "${first}" \\(${made.id}\\)`);
    const again = () => add(defined(second, { owner: other }));
    const refusal = await expectRefused(again, BAD_REQUEST, 'duplicate-name', right);
    expect(refusal.details).toEqual({ name: first, metadataId: made.id });
    await expectRefused(() => update({ ...renamed, key: second }), BAD_REQUEST, 'duplicate-name', right);
  });

  test('is free for another owner, and in another team', async () => {
    const { key } = await add(defined(nextKey(), { owner: Owner.JOB }));
    expect(await add(defined(key, { owner: Owner.STEP }))).toMatchObject({ key });
    expect(await add(defined(key, { owner: Owner.JOB }), outsider)).toMatchObject({ key });
  });

  test('by two at once goes to exactly one, whichever owners they are for', async () => {
    const second = await logIn(server, ADMIN.email, ADMIN.password, admin.teamId);
    for (let round = 0; round < 20; round++) {
      const key = nextKey();
      const other = await add(defined(nextKey(), { owner: Owner.STEP }));
      const outcomes = await Promise.allSettled([
        add(defined(key, { owner: Owner.STEP })),
        add(defined(key, { owner: Owner.ALL }), second),
        metadataOf(second).update(admin.teamId, { ...other, key }),
      ]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ slug: 'duplicate-name' });
      const found = await metadataOf(ana).index(ana.teamId, Owner.STEP, false, false);
      expect(found.filter(metadata => metadata.key === key)).toHaveLength(1);
    }
  });
});

describe('who may', () => {
  test('make, edit and archive: whoever has adminBasic', async () => {
    const made = await add(listOf(nextKey(), ['A', 'B']));
    const [a, b] = idsOf(made);
    const service = metadataOf(ana);
    const right = /needs the privilege adminBasic/;
    for (const act of [
      () => add(defined(nextKey()), ana),
      () => service.addMetadata([defined(nextKey())], ana.teamId),
      () => service.update(ana.teamId, { ...made, key: nextKey() }),
      () => service.updateListAdd(ana.teamId, made.id, ['C'], params()),
      () => service.updateListRemove(ana.teamId, made.id, [a!]),
      () => service.updateListUpdate(ana.teamId, made.id, [a!], [params({ name: 'C' })]),
      () => service.updateListMerge(ana.teamId, made.id, [a!], b!),
      () => service.archive(ana.teamId, made.id),
    ])
      await expectRefused(act, INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', right);
  });

  test('of another team, nobody: the team and its definitions do not exist', async () => {
    const made = await add(listOf(nextKey(), ['A', 'B']));
    const [a, b] = idsOf(made);
    const service = metadataOf(outsider);
    const each = (teamId: string) => [
      () => service.get(teamId, made.id),
      () => service.update(teamId, { ...made, key: nextKey() }),
      () => service.updateListAdd(teamId, made.id, ['C'], params()),
      () => service.updateListRemove(teamId, made.id, [a!]),
      () => service.updateListUpdate(teamId, made.id, [a!], [params({ name: 'C' })]),
      () => service.updateListMerge(teamId, made.id, [a!], b!),
      () => service.archive(teamId, made.id),
    ];
    const ofTeam = [
      () => service.addMetadata([defined(nextKey())], admin.teamId),
      () => service.add(admin.teamId, defined(nextKey())),
      () => service.getMetadata(admin.teamId, Owner.ALL),
      () => service.index(admin.teamId, Owner.ALL, true, true),
    ];
    for (const act of [...ofTeam, ...each(admin.teamId)])
      await expectRefused(act, NOT_FOUND, 'team-not-found', /no team/);
    for (const act of each(outsider.teamId)) {
      const right = new RegExp(`^no metadata definition ${made.id} in this team`);
      const refusal = await expectRefused(act, NOT_FOUND, 'metadata-not-found', right);
      expect(JSON.stringify(refusal)).not.toContain(made.key);
    }
  });
});
