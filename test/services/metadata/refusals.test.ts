/** Definitions that are refused: malformed, contradictory, or more than a team may have. Nothing is written then. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Kysely } from 'kysely';
import { ErrorCode, MAX_LIST_OPTIONS, MAX_METADATA_BYTES, MAX_METADATA_PER_TEAM } from '#gen/common_types';
import type { Metadata } from '#gen/metadata_types';
import { MetadataType, Owner } from '#gen/metadata_types';
import type { Database, Row } from '../../../src/store/schema.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { logIn, logInAdmin, type TestUser } from '../../support/seed.ts';
import { ADMIN, TestServer } from '../../support/server.ts';
import { defined, listOf, metadataOf, nextKey, params } from './defined.ts';

let server: TestServer;
let admin: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
});
afterAll(() => server.stop());

const { TEXT, NUMBER, LIST, MULTI_SELECT_LIST, DATE } = MetadataType;

const expectRefused = (call: () => Promise<unknown>, slug: string, message: RegExp, code = ErrorCode.BAD_REQUEST) =>
  expectNothingWritten(server, () => expectRefusal(call(), code, slug, message));

const add = (metadata: Metadata) => metadataOf(admin).add(admin.teamId, metadata);
const update = (metadata: Metadata) => metadataOf(admin).update(admin.teamId, metadata);

describe('a key must be readable and of bounded length', () => {
  test.each([
    ['', 'invalid-argument', /^metadata\.key: empty; expected 1 to 250/],
    [' \t', 'invalid-argument', /^metadata\.key: empty/],
    ['x'.repeat(251), 'limit-exceeded', /^metadata\.key: 251 characters; the longest may have 250/],
    ['a\u0000b', 'invalid-argument', /^metadata\.key: has the character U\+0000 at 1/],
    ['a\nb', 'invalid-argument', /^metadata\.key: has the character U\+000A at 1/],
  ])('case %#', async (key, slug, message) => {
    const made = await add(defined(nextKey()));
    await expectRefused(() => add(defined(key)), slug, message);
    await expectRefused(() => update({ ...made, key }), slug, message);
  });

  test('and the longest may have 250 characters', async () => {
    const key = '😀'.repeat(250);
    expect(await add(defined(key))).toMatchObject({ key });
  });
});

describe('a definition must make sense', () => {
  const range = (range_start?: number, range_end?: number) => ({ constraints: { range: { range_start, range_end } } });
  const options = (...texts: string[]) => ({ constraints: { listOptions: { options: texts } } });

  test.each<[Partial<Metadata>, string, RegExp]>([
    [{ type: undefined }, 'invalid-argument', /^metadata\.type: missing/],
    [
      { type: 7 as never },
      'invalid-argument',
      /^metadata\.type: 7 is no metadata\.MetadataType; expected .*DATE \(1001\)/,
    ],
    [{ owner: 9 as never }, 'invalid-argument', /^metadata\.owner: 9 is no metadata\.Owner/],
    [{ position: Number.NaN }, 'invalid-argument', /^metadata\.position: NaN; expected a finite number/],
    [{ position: Number.POSITIVE_INFINITY }, 'invalid-argument', /^metadata\.position: Infinity/],
    [{ type: NUMBER, ...range(Number.NaN) }, 'invalid-argument', /range\.range_start: NaN; expected a finite number/],
    [{ type: NUMBER, ...range(0, Number.NEGATIVE_INFINITY) }, 'invalid-argument', /range\.range_end: -Infinity/],
    [{ type: NUMBER, ...range(2, 1) }, 'invalid-argument', /constraints\.range: starts at 2 and ends at 1/],
    [{ type: TEXT, ...range(1, 2) }, 'invalid-argument', /constraints\.range: only NUMBER has a range, not TEXT/],
    [{ type: DATE, ...range(1, 2) }, 'invalid-argument', /constraints\.range: only NUMBER has a range, not DATE/],
    [
      { type: NUMBER, ...options('A') },
      'invalid-argument',
      /constraints\.listOptions: only LIST and MULTI_SELECT_LIST/,
    ],
    [{ type: LIST }, 'invalid-argument', /constraints\.listOptions: missing; LIST needs it/],
    [{ type: MULTI_SELECT_LIST, constraints: {} }, 'invalid-argument', /listOptions: missing; MULTI_SELECT_LIST needs/],
    [{ type: LIST, ...options('A', ' ') }, 'invalid-argument', /listOptions\.options\[1\]: empty; expected 1 to 250/],
    [{ type: LIST, ...options('x'.repeat(251)) }, 'limit-exceeded', /options\[0\]: 251 characters; .* 250/],
    [{ type: LIST, ...options('a\u202eb') }, 'invalid-argument', /options\[0\]: has the character U\+202E at 1/],
    [{ type: LIST, ...options('A', 'B', 'a') }, 'duplicate-name', /listOptions\.options\[2\]: "a" stands in front/],
    [{ defaultValue: { number: 1 } }, 'invalid-argument', /^metadata\.defaultValue: has number; .* TEXT has text/],
    [{ defaultValue: { text: 'x'.repeat(20001) } }, 'limit-exceeded', /^metadata\.defaultValue: 20001 characters/],
    [{ defaultValue: {} }, 'invalid-argument', /^metadata\.defaultValue: no member is set/],
    [{ defaultValue: { text: 'a', number: 1 } }, 'invalid-argument', /defaultValue: text and number are set/],
    [{ type: NUMBER, defaultValue: { number: Number.NaN } }, 'invalid-argument', /defaultValue\.number: NaN/],
    [{ type: NUMBER, ...range(0, 1), defaultValue: { number: 1.1 } }, 'invalid-argument', /1\.1 is out of range/],
    [
      { defaultValue: { text: 'a' }, clearDefault: true },
      'invalid-argument',
      /^metadata\.defaultValue: set, and clear/,
    ],
  ])('case %#', async (more, slug, message) => {
    await expectRefused(() => add(defined(nextKey(), more)), slug, message);
    await expectRefused(
      () => metadataOf(admin).addMetadata([defined(nextKey()), defined(nextKey(), more)], admin.teamId),
      slug,
      new RegExp(message.source.replace(/^\^metadata/, '^metadata\\[1\\]')),
    );
  });

  test('and its default be an option', async () => {
    const sent = listOf(nextKey(), ['A'], { defaultValue: { listValue: 'B' } });
    const right = /^metadata\.defaultValue: "B"; the list has no such option/;
    await expectRefused(() => add(sent), 'invalid-argument', right);
    const byId = listOf(nextKey(), ['A'], { defaultValue: { listValueId: 'A' } });
    await expectRefused(() => add(byId), 'invalid-argument', /no such option/);
  });
});

describe('a list', () => {
  const texts = (count: number) => Array.from({ length: count }, (_, n) => `Option ${n}`);

  test('has up to 1,000 options; of 100,000 none is written', async () => {
    const limit = /options: the list would have 100000 options; it may have 1000/;
    const many = texts(100_000);
    const refusal = await expectRefused(() => add(listOf(nextKey(), many)), 'limit-exceeded', limit);
    expect(refusal.details).toEqual({ limit: '1000', found: '100000' });
    const made = await add(listOf(nextKey(), texts(MAX_LIST_OPTIONS)));
    expect(made.constraints.listOptions!.options).toHaveLength(MAX_LIST_OPTIONS);
    const addTo = (id: string, values: string[]) =>
      metadataOf(admin).updateListAdd(admin.teamId, id, values, params({ position: 0 }));
    await expectRefused(() => addTo(made.id, many), 'limit-exceeded', /^values: the list would have 100000 options/);
    await expectRefused(() => addTo(made.id, ['More']), 'limit-exceeded', /^values: the list would have 1001 options/);
    const empty = await add(listOf(nextKey(), []));
    expect(await addTo(empty.id, texts(MAX_LIST_OPTIONS))).toHaveLength(MAX_LIST_OPTIONS);
  });

  test('is edited with up to 1,000 ids at a time', async () => {
    const { id } = await add(listOf(nextKey(), []));
    const many = texts(1001);
    const right = /^valueIds: 1001 ids; at most 1000 in one call/;
    const service = metadataOf(admin);
    for (const act of [
      () => service.updateListRemove(admin.teamId, id, many),
      () => service.updateListMerge(admin.teamId, id, many, 'any'),
      () => service.updateListUpdate(admin.teamId, id, many, []),
    ])
      await expectRefused(act, 'limit-exceeded', right);
  });
});

/** Rows past the interface, to reach a limit at once. */
const fill = (teamId: string, count: number, more: Partial<Row<'metadata_definitions'>> = {}) =>
  server.store.transact(async tx => {
    const { db } = tx.metadata as unknown as { db: Kysely<Database> };
    const rows = Array.from({ length: count }, (_, n) => ({
      ...{ team_id: teamId, metadata_id: `full-${n}`, key: `Full ${n}`, compared_key: `full ${n}`, type: TEXT },
      ...{ owner: Owner.JOB, range_start: null, range_end: null, is_required: 0, position: null, default_value: null },
      ...{ externally_managed: 0, bytes: 200, created_at: 0, updated_at: 0, archived_at: null },
      ...more,
    }));
    await db.insertInto('metadata_definitions').values(rows).execute();
  });

describe('a team', () => {
  test('has up to 1,000 definitions, archived ones included', async () => {
    const { id } = await admin.teams.create('Full plant', '');
    await fill(id, MAX_METADATA_PER_TEAM - 1, { archived_at: 1 });
    const service = metadataOf(admin);
    const two = () => service.addMetadata([defined('One'), defined('Two')], id);
    const right = /^teamId: the team would have 1001 definitions, archived ones included; it may have 1000/;
    const refusal = await expectRefused(two, 'limit-exceeded', right);
    expect(refusal.details).toEqual({ limit: '1000', found: '1001' });
    await service.add(id, defined('One'));
    await expectRefused(() => service.add(id, defined('Two')), 'limit-exceeded', right);
    expect(await service.index(id, Owner.ALL, true, true)).toHaveLength(MAX_METADATA_PER_TEAM);
  });

  test('makes up to 1,000 definitions in one call', async () => {
    const { id } = await admin.teams.create('Eager plant', '');
    const sent = Array.from({ length: MAX_METADATA_PER_TEAM + 1 }, () => defined(nextKey()));
    const right = /^metadata: the team would have 1001 definitions/;
    await expectRefused(() => metadataOf(admin).addMetadata(sent, id), 'limit-exceeded', right);
    expect(await metadataOf(admin).addMetadata(sent.slice(1), id)).toHaveLength(MAX_METADATA_PER_TEAM);
  });

  test('that two fill at once has no definition too many', async () => {
    const second = await logIn(server, ADMIN.email, ADMIN.password, admin.teamId);
    for (let round = 0; round < 10; round++) {
      const { id } = await admin.teams.create(`Nearly full plant ${round}`, '');
      await fill(id, MAX_METADATA_PER_TEAM - 1, { archived_at: 1 });
      const outcomes = await Promise.allSettled(
        [admin, second].map(user => metadataOf(user).add(id, defined(nextKey()))),
      );
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(await metadataOf(admin).index(id, Owner.ALL, true, true)).toHaveLength(MAX_METADATA_PER_TEAM);
    }
  });

  test('has definitions that fit into one answer', async () => {
    const { id } = await admin.teams.create('Wordy plant', '');
    const service = metadataOf(admin);
    const room = 400 * 1000;
    await fill(id, 1, { bytes: MAX_METADATA_BYTES - room });
    const wordy = (key: string) => defined(key, { defaultValue: { text: '😀'.repeat(20000) } });
    const right = /the team's definitions would take \d+ bytes; they may take 8388608; shorten lists and defaults/;
    const six = ['A', 'B', 'C', 'D', 'E', 'F'].map(wordy);
    await expectRefused(() => service.addMetadata(six, id), 'limit-exceeded', right);
    const [made] = await service.addMetadata(six.slice(1, 5), id);
    const list = await service.add(id, listOf('List', []));
    await expectRefused(() => service.add(id, wordy('A')), 'limit-exceeded', right);
    const small = await service.add(id, defined('Small'));
    await expectRefused(() => service.update(id, { ...wordy('Small'), id: small.id }), 'limit-exceeded', right);
    const values = Array.from({ length: 900 }, (_, n) => `${n}${'😀'.repeat(40)}`);
    await expectRefused(() => service.updateListAdd(id, list.id, values, params()), 'limit-exceeded', right);
    await service.update(id, { ...made!, clearDefault: true, defaultValue: undefined } as never);
    await service.update(id, { ...wordy('Small'), id: small.id });
    expect(await service.index(id, Owner.ALL, true, true)).toHaveLength(7);
  });
});
