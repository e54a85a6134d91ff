/**
 * query against a plain filter in memory: whatever is asked, alone and together, in whatever order, the pages hold what the filter
 * leaves, on either engine. And what is no question is refused.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AbacAttribute, AbacUploadBehaviour } from '#gen/abac_types';
import { ErrorCode } from '#gen/common_types';
import { type TemplateOrder, TemplateOrderBy, TemplateType, type TemplateWhereOpts } from '#gen/job_template_types';
import { MetadataType } from '#gen/metadata_types';
import { TeamRole } from '#gen/user_types';
import { sameName, searchWords } from '../../../src/base/text.ts';
import { newList, newMetadata } from '../../support/metadata.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { rowsOf } from '../../support/rows.ts';
import { logInAdmin, newOutsider, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { select } from './selection.ts';

const TEMPLATES = 60;
const RUNS = 300;

/** What the filter in memory knows of a template. */
interface Known {
  readonly id: string;
  readonly title: string;
  readonly descrip: string;
  readonly typ: TemplateType;
  readonly authorId: string;
  readonly categoryId: string | undefined;
  readonly archived: boolean;
  readonly published: boolean;
  readonly latestPublished: boolean;
  /** Seconds, as clients see them. */
  readonly modifiedAt: number;
  /** Milliseconds, as the order counts them. */
  readonly authoredMs: number;
  readonly modifiedMs: number;
  readonly metadata: Readonly<Record<string, string | number | readonly string[]>>;
  readonly values: readonly string[];
}

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;
let outsider: TestUser;
const known: Known[] = [];
const things = { area: '', pressure: '', checked: '', colour: '', hazards: '' };
const options: Record<string, string> = {};
const categories: string[] = [];
let attribute: AbacAttribute;

/** Of metadata, Unix seconds or whatever they count: compared as they are. */
const DATES = [0, 1_700_000_000, 1_800_000_000];
const WORDS = ['Pump', 'pumping', 'Ölwechsel', 'Filter', 'a%b_c', 'Straße', 'North-East', '42'];

/** The same numbers each time, so that a failure can be seen again. */
const chance = (seed: number) => () => {
  seed = (seed * 1103515245 + 12345) & 0x7fffffff;
  return seed / 0x7fffffff;
};

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.ADMIN);
  ben = await newUser(server, admin, 'ben', TeamRole.ADMIN);
  outsider = await newOutsider(server, admin);
  await prepareTeam();
  const random = chance(20);
  for (let number = 0; number < TEMPLATES; number++) known.push(await newTemplate(random));
}, 120_000);
afterAll(() => server.stop());

async function prepareTeam(): Promise<void> {
  things.area = (await newMetadata(admin, 'Area')).id;
  things.pressure = (await newMetadata(admin, 'Pressure', { type: MetadataType.NUMBER })).id;
  things.checked = (await newMetadata(admin, 'Checked', { type: MetadataType.DATE })).id;
  const colour = await newList(admin, 'Colour', ['Red', 'Blue', 'Crimson']);
  const hazards = await newList(admin, 'Hazards', ['Hot', 'Wet', 'High'], { type: MetadataType.MULTI_SELECT_LIST });
  [things.colour, things.hazards] = [colour.definition.id, hazards.definition.id];
  Object.assign(options, colour.ids, hazards.ids);
  const headers = admin.connection.service('GroupHeaderContentService');
  for (const name of ['Oil', 'Steam']) categories.push((await headers.createCategory(admin.teamId, { name })).id);
  const values = ['North', 'South', 'East'].map(label => ({ id: '', label }));
  const abac = admin.connection.service('AbacService');
  attribute = (await abac.updateAttributes(admin.teamId, [{ id: '', label: 'Site', values }])).at(-1)!;
}

async function newTemplate(random: () => number): Promise<Known> {
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const maybe = <T>(value: () => T): T | undefined => (random() < 0.5 ? value() : undefined);
  const author = one([ana, ben]);
  const title = `${one(WORDS)} ${one(WORDS)}`;
  const descrip = maybe(() => `${one(WORDS)} ${one(WORDS).toLowerCase()}`) ?? '';
  const typ = random() < 0.7 ? TemplateType.Job : TemplateType.Issue;
  const { id, stepGroup } = await author.templates.create(author.teamId, { title, descrip, typ }, []);
  await author.templates.acquireLock(id);
  await author.templates.addStepModular(id, stepGroup.id, step('One'), -1, false);
  const categoryId = maybe(() => one(categories));
  if (categoryId) await author.templates.updateRootHeaders(id, { category: { id: categoryId } } as never);
  const metadata = await writeMetadata(author, id, one, maybe);
  server.clock.forward(Math.floor(random() * 3) * 1000);
  const published = random() < 0.5;
  if (published) await author.templates.publish(id);
  const editor = one([ana, ben]);
  const again = random() < 0.4;
  if (again) {
    await editor.templates.forceAcquireLock(id);
    await editor.templates.updateRootHeaders(id, {
      condition: 'Is it off?',
      ...(categoryId && { category: { id: categoryId } }),
    } as never);
  }
  const values = attribute.values.filter(() => random() < 0.4);
  await author.templates.updateAttribute(id, attribute.id, values, AbacUploadBehaviour.CLOBBER);
  const archived = random() < 0.3;
  if (archived) await author.templates.archive(id);
  const answer = await author.templates.fetch(select('includeLastModified'), [id]);
  const row = (await rowsOf(server, 'templates')).find(({ template_id }) => template_id === id)!;
  return {
    id,
    title,
    descrip,
    typ,
    authorId: again ? editor.id : author.id,
    categoryId,
    archived,
    published,
    latestPublished: published && !again,
    modifiedAt: Number(answer[id]!.template!.lastModifiedAt),
    authoredMs: row.latest_authored_at,
    modifiedMs: row.modified_at,
    metadata,
    values: values.map(value => value.id),
  };
}

async function writeMetadata(
  author: TestUser,
  id: string,
  one: <T>(list: readonly T[]) => T,
  maybe: <T>(value: () => T) => T | undefined,
): Promise<Known['metadata']> {
  const area = maybe(() => `${one(WORDS)} yard`);
  const pressure = maybe(() => one([0, 1.5, -2]));
  const checked = maybe(() => one(DATES));
  const colour = maybe(() => one(['Red', 'Blue', 'Crimson']));
  const hazards = maybe(() => ['Hot', 'Wet', 'High'].filter(() => maybe(() => true)));
  const chosen = hazards && hazards.length > 0 ? hazards : undefined;
  const written = {
    ...(area !== undefined && { [things.area]: { text: area } }),
    ...(pressure !== undefined && { [things.pressure]: { number: pressure } }),
    ...(checked !== undefined && { [things.checked]: { date: checked } }),
    ...(colour && { [things.colour]: { listValue: colour } }),
    ...(chosen && { [things.hazards]: { selectedListValues: { values: chosen } } }),
  };
  await author.templates.updateMetadata(id, written, []);
  return {
    ...(area !== undefined && { area }),
    ...(pressure !== undefined && { pressure }),
    ...(checked !== undefined && { checked }),
    ...(colour && { colour }),
    ...(chosen && { hazards: chosen }),
  };
}

/** What is asked, as the filter in memory reads it. */
interface Question {
  readonly where: Omit<TemplateWhereOpts, 'teamId' | 'metadata' | 'attributes'>;
  readonly area?: string;
  readonly pressure?: number;
  readonly checked?: number;
  readonly colour?: string;
  readonly hazards?: readonly string[];
  readonly values?: readonly number[];
}

function meets(template: Known, { where, area, pressure, checked, colour, hazards, values }: Question): boolean {
  const begins = searchWords(`${template.title}\n${template.descrip}`);
  const wanted = searchWords(where.txt?.query ?? '');
  const types = where.templateTypes?.length ? where.templateTypes : [TemplateType.Job];
  const { metadata } = template;
  return (
    types.includes(template.typ) &&
    (where.isArchived ?? template.archived) === template.archived &&
    (where.isLatestArchived ?? template.archived) === template.archived &&
    (where.isPublished ?? template.published) === template.published &&
    (where.isLatestPublished ?? template.latestPublished) === template.latestPublished &&
    (where.authorId ?? template.authorId) === template.authorId &&
    (where.rootCategoryId ?? template.categoryId) === template.categoryId &&
    template.modifiedAt >= Number(where.modifiedSinceTime ?? 0) &&
    template.modifiedAt < Number(where.modifiedBeforeTime ?? Number.MAX_SAFE_INTEGER) &&
    wanted.every(word => begins.some(other => other.startsWith(word))) &&
    (area === undefined || sameName(String(metadata.area ?? '')).includes(sameName(area))) &&
    (pressure === undefined || metadata.pressure === pressure) &&
    (checked === undefined || metadata.checked === checked) &&
    where.externalOpts?.externalId == null &&
    (colour === undefined || metadata.colour === colour) &&
    (hazards ?? []).every(hazard => (metadata.hazards as string[] | undefined)?.includes(hazard)) &&
    (values === undefined || values.some(value => template.values.includes(attribute.values[value]!.id)))
  );
}

const keys: Readonly<Record<TemplateOrderBy, (template: Known) => string | number>> = {
  [TemplateOrderBy.TITLE]: ({ title }) => sameName(title),
  [TemplateOrderBy.AUTHORED_AT]: ({ authoredMs }) => authoredMs,
  [TemplateOrderBy.LAST_MODIFIED_AT]: ({ modifiedMs }) => modifiedMs,
  [TemplateOrderBy.TYPE]: ({ typ }) => typ,
};

const bytes = (text: string) => Buffer.from(text);
const compare = (a: string | number, b: string | number): number =>
  typeof a === 'string' ? Buffer.compare(bytes(a), bytes(String(b))) : a - Number(b);

/** By the keys, and what is equal by all of them by id, in the direction of the last. */
const sortedBy = (order: readonly TemplateOrder[]) => (a: Known, b: Known) =>
  order
    .map(({ field, asc }) => compare(keys[field](a), keys[field](b)) * (asc ? 1 : -1))
    .find(result => result !== 0) ?? compare(a.id, b.id) * (order.at(-1)!.asc ? 1 : -1);

/** A value for everything that can be asked. */
const everything = fc.record({
  isArchived: fc.boolean(),
  isPublished: fc.boolean(),
  isLatestArchived: fc.boolean(),
  isLatestPublished: fc.boolean(),
  txt: fc
    .constantFrom('pump', 'Öl', 'STRASSE', 'straße filter', 'b_c', '4', 'nothing', '%', '')
    .map(query => ({ query })),
  authorId: fc.boolean().map(author => () => (author ? ana : ben).id),
  rootCategoryId: fc.nat(1).map(category => () => categories[category]!),
  modifiedSinceTime: fc.nat(TEMPLATES - 1).map(since => () => known[since]!.modifiedAt),
  modifiedBeforeTime: fc.nat(TEMPLATES - 1).map(before => () => known[before]!.modifiedAt),
  templateTypes: fc.subarray([TemplateType.Job, TemplateType.Issue]),
  externalOpts: fc.constantFrom({}, { externallyManaged: false }, { externalId: 'x' }),
  area: fc.constantFrom('yard', 'pump', '%', 'ß'),
  pressure: fc.constantFrom(0, 1.5, 7),
  checked: fc.constantFrom(...DATES),
  colour: fc.constantFrom('Red', 'Blue'),
  hazards: fc.subarray(['Hot', 'Wet', 'High'], { minLength: 1 }),
  values: fc.subarray([0, 1, 2], { minLength: 1 }),
});
type Everything = typeof everything extends fc.Arbitrary<infer E> ? E : never;
const fields = Object.keys({
  isArchived: 0,
  isPublished: 0,
  isLatestArchived: 0,
  isLatestPublished: 0,
  txt: 0,
  authorId: 0,
  rootCategoryId: 0,
  modifiedSinceTime: 0,
  modifiedBeforeTime: 0,
  templateTypes: 0,
  externalOpts: 0,
  area: 0,
  pressure: 0,
  checked: 0,
  colour: 0,
  hazards: 0,
  values: 0,
} satisfies Record<keyof Everything, 0>) as (keyof Everything)[];

/** Some of the fields of everything. */
function questionOf(all: Everything, kept: readonly (keyof Everything)[]): Question {
  const some = Object.fromEntries(
    kept.map(field => {
      const value = all[field];
      return [field, typeof value === 'function' ? value() : value];
    }),
  );
  const { area, pressure, checked, colour, hazards, values, ...where } = some;
  return { where, area, pressure, checked, colour, hazards, values } as Question;
}

/** All types: or a field that stands alone would be asked of jobs only. */
const question = fc.tuple(everything, fc.subarray(fields), fc.boolean()).map(([all, kept, ofAllTypes]): Question => {
  const { where, ...rest } = questionOf(all, kept);
  const typed = { templateTypes: [TemplateType.Job, TemplateType.Issue], ...where };
  return { ...rest, where: ofAllTypes ? typed : where };
});

const ordering = fc.uniqueArray(
  fc.record({ field: fc.constantFrom(1, 2, 3, 4) as fc.Arbitrary<TemplateOrderBy>, asc: fc.boolean() }),
  { maxLength: 4, selector: ({ field }) => field },
);

function asked({ where, area, pressure, checked, colour, hazards, values }: Question): TemplateWhereOpts {
  const metadata = [
    area !== undefined && { metadataId: things.area, value: { text: area } },
    pressure !== undefined && { metadataId: things.pressure, value: { number: pressure } },
    checked !== undefined && { metadataId: things.checked, value: { date: checked } },
    colour !== undefined && { metadataId: things.colour, value: { listValue: colour } },
    hazards && {
      metadataId: things.hazards,
      idValue: { selectedListValueIds: { valueIds: hazards.map(hazard => options[hazard]!) } },
    },
  ].filter(Boolean);
  return {
    ...where,
    teamId: admin.teamId,
    ...(metadata.length > 0 && { metadata: metadata as never }),
    ...(values && { attributes: [{ id: attribute.id, label: '', values: values.map(n => attribute.values[n]!) }] }),
  };
}

interface Paging {
  readonly size: number;
  readonly preview?: number;
  readonly count?: boolean;
}

/** All pages, one after the other, each with what it says of those behind it. */
async function pages(where: TemplateWhereOpts, order: TemplateOrder[], paging: Paging): Promise<string[][]> {
  const found: string[][] = [];
  for (let pageToken: string | undefined = '', num = 1; pageToken !== undefined; num++) {
    const { templates, pageInfo } = await ana.templates.query(
      select(),
      { ...where, pageReq: { ...paging, pageToken } },
      order,
    );
    expect(pageInfo!.num).toBe(num);
    found.push(templates.map(({ id }) => id));
    pageToken = pageInfo!.pageTokens[num + 1];
    expect(pageInfo!.left > 0).toBe(pageToken !== undefined);
  }
  return found;
}

const allOf = async (where: TemplateWhereOpts, size: number): Promise<string[]> =>
  (await pages(where, [], { size })).flat();

describe('query', () => {
  const paging = fc.record({
    size: fc.integer({ min: 1, max: 40 }),
    skip: fc.nat(5),
    preview: fc.option(fc.nat(3), { nil: undefined }),
    count: fc.option(fc.boolean(), { nil: undefined }),
  });

  test(`answers ${RUNS} random questions as a plain filter does`, async () => {
    let answered = 0;
    const askedFor = new Set<string>();
    await fc.assert(
      fc.asyncProperty(question, ordering, paging, async (ask, order, { skip, ...rest }) => {
        const by = order.length > 0 ? order : [{ field: TemplateOrderBy.LAST_MODIFIED_AT, asc: false }];
        const expected = known.filter(template => meets(template, ask)).sort(sortedBy(by));
        const ids = expected.map(({ id }) => id);
        expect((await pages(asked(ask), order, rest)).flat()).toEqual(ids);
        const { size, count, preview = 0 } = rest;
        const pageReq = { ...rest, skip };
        const { templates, pageInfo } = await ana.templates.query(select(), { ...asked(ask), pageReq }, order);
        expect(templates.map(({ id }) => id)).toEqual(ids.slice(skip * size, (skip + 1) * size));
        const left = Math.max(0, Math.ceil(ids.length / size) - skip - 1);
        expect(pageInfo).toMatchObject({ num: skip + 1, left: count === false ? Math.min(1, left) : left });
        const told = Array.from({ length: Math.min(left, 1 + preview) }, (_, index) => String(skip + 2 + index));
        expect(Object.keys(pageInfo!.pageTokens)).toEqual(told);
        answered += expected.length;
        if (expected.length > 0 && expected.length < known.length)
          for (const [field, value] of Object.entries({ ...ask, ...ask.where }))
            if (value !== undefined) askedFor.add(field);
      }),
      { numRuns: RUNS },
    );
    // Questions that nothing meets, or everything, would prove nothing.
    expect(answered).toBeGreaterThan(RUNS);
    expect(fields.filter(field => !askedFor.has(field))).toEqual([]);
  }, 240_000);

  test.each(fields)('answers %s, asked alone, as a plain filter does', async field => {
    const samples = fc.sample(everything, { numRuns: 12, seed: 7 });
    for (const all of samples) {
      const { where, ...rest } = questionOf(all, [field]);
      const ask = { ...rest, where: { templateTypes: [TemplateType.Job, TemplateType.Issue], ...where } };
      const expected = known.filter(template => meets(template, ask)).map(({ id }) => id);
      expect((await allOf(asked(ask), 1000)).sort()).toEqual(expected.sort());
    }
  });

  test('skips and previews pages, and counts only when it shall', async () => {
    const where = { teamId: admin.teamId, templateTypes: [TemplateType.Job, TemplateType.Issue] };
    const all = await allOf(where, 1000);
    const page = (pageReq: object) => ana.templates.query(select(), { ...where, pageReq } as TemplateWhereOpts, []);
    const third = await page({ size: 10, skip: 2, preview: 2 });
    expect(third.templates.map(({ id }) => id)).toEqual(all.slice(20, 30));
    expect(third.pageInfo).toMatchObject({ num: 3, left: 3 });
    expect(Object.keys(third.pageInfo!.pageTokens)).toEqual(['4', '5', '6']);
    expect((await page({ size: 10, count: false })).pageInfo).toMatchObject({ num: 1, left: 1 });
    const fifth = await page({ size: 10, pageToken: third.pageInfo!.pageTokens[5] });
    expect(fifth.templates.map(({ id }) => id)).toEqual(all.slice(40, 50));
  });

  test('finds a template by an option that its own was merged into', async () => {
    const service = admin.connection.service('MetadataService');
    const where = (text: string) => ({
      teamId: admin.teamId,
      templateTypes: [TemplateType.Job, TemplateType.Issue],
      metadata: [{ metadataId: things.colour, key: '', value: { listValue: text } }],
    });
    const of = (...colours: string[]) =>
      known.filter(({ metadata }) => colours.includes(String(metadata.colour))).map(({ id }) => id);
    expect((await allOf(where('Red'), 100)).sort()).toEqual(of('Red').sort());
    await service.updateListMerge(admin.teamId, things.colour, [options.Crimson!], options.Red!);
    expect((await allOf(where('Red'), 100)).sort()).toEqual(of('Red', 'Crimson').sort());
  });

  test('by identity in another system finds nothing: templates written here have none', async () => {
    const where = (externalOpts: object) => ({ teamId: admin.teamId, externalOpts }) as TemplateWhereOpts;
    expect(await allOf(where({ externalId: 'x' }), 100)).toEqual([]);
    expect(await allOf(where({ externallyManaged: true }), 100)).toEqual([]);
    expect((await allOf(where({ externallyManaged: false }), 100)).length).toBeGreaterThan(0);
  });

  test('shows each member what the team lets it see, and counts no more', async () => {
    const eve = await newUser(server, admin, 'eve', TeamRole.EXECUTOR);
    const [north] = attribute.values;
    await admin.users.updateAttribute(eve.id, admin.teamId, attribute.id, [north!], AbacUploadBehaviour.CLOBBER);
    const where = { teamId: admin.teamId, templateTypes: [TemplateType.Job, TemplateType.Issue] };
    const seen = async () => (await eve.templates.query(select(), { ...where, pageReq: { size: 1000 } }, [])).templates;
    expect(await seen()).toHaveLength(TEMPLATES);
    await admin.teams.update(admin.teamId, { config: { restrictTemplatesByAttributes: true } as never });
    const visible = known.filter(({ values }) => values.length === 0 || values.includes(north!.id));
    expect((await seen()).map(({ id }) => id).sort()).toEqual(visible.map(({ id }) => id).sort());
    const { pageInfo } = await eve.templates.query(select(), { ...where, pageReq: { size: 1 } }, []);
    expect(pageInfo!.left).toBe(visible.length - 1);
    expect((await eve.templates.index(admin.teamId, {})).map(({ id }) => id).sort()).toEqual(
      visible.map(({ id }) => id).sort(),
    );
    await admin.teams.update(admin.teamId, { config: {} as never });
  });

  const ask = (where: object, order: TemplateOrder[] = []) =>
    ana.templates.query(select(), { teamId: admin.teamId, ...where } as TemplateWhereOpts, order);

  test('refuses a token that was changed, and one of another question', async () => {
    const pageReq = { size: 5 };
    const token = (await ask({ pageReq })).pageInfo!.pageTokens[2]!;
    await ask({ pageReq: { ...pageReq, pageToken: token } });
    const other = (character: string) => (character === 'A' ? 'B' : 'A');
    const changed = [...token].map((character, at) => token.slice(0, at) + other(character) + token.slice(at + 1));
    // The last character of base64 may stand for bits that no byte has.
    for (const pageToken of [
      ...changed.slice(0, -1),
      token.slice(0, -1),
      '2',
      '2.',
      `.${token.slice(2)}`,
      'token',
      '-1.x',
    ])
      await expectRefusal(
        ask({ pageReq: { ...pageReq, pageToken } }),
        ErrorCode.BAD_REQUEST,
        'invalid-argument',
        /pageReq\.pageToken/,
      );
    for (const [where, order] of [
      [{ pageReq: { ...pageReq, pageToken: `${token}x` } }, []],
      [{ pageReq: { ...pageReq, pageToken: token.replace(/^2/, '3') } }, []],
      [{ pageReq: { size: 6, pageToken: token } }, []],
      ...[
        { isArchived: true },
        { isPublished: true },
        { isLatestPublished: false },
        { txt: { query: 'pump' } },
        { authorId: ana.id },
        { rootCategoryId: categories[0] },
        { modifiedSinceTime: 1 },
        { modifiedBeforeTime: 1 },
        { templateTypes: [TemplateType.Issue] },
        { externalOpts: { externalId: 'x' } },
        { metadata: [{ metadataId: things.area, value: { text: 'yard' } }] },
        { attributes: [{ id: attribute.id, label: '', values: [attribute.values[0]!] }] },
      ].map(where => [{ ...where, pageReq: { ...pageReq, pageToken: token } }, []] as const),
      [{ pageReq: { ...pageReq, pageToken: token } }, [{ field: TemplateOrderBy.TITLE, asc: true }]],
    ] as const)
      await expectRefusal(ask(where, [...order]), ErrorCode.BAD_REQUEST, 'invalid-argument', /pageReq\.pageToken/);
  });

  test.each<[string, object, TemplateOrder[], ErrorCode, string, RegExp]>([
    [
      'a page of 0',
      { pageReq: { size: 0 } },
      [],
      ErrorCode.BAD_REQUEST,
      'invalid-argument',
      /pageReq\.size: 0; expected 1 to 1000/,
    ],
    [
      'a page of 1,001',
      { pageReq: { size: 1001 } },
      [],
      ErrorCode.BAD_REQUEST,
      'invalid-argument',
      /pageReq\.size: 1001/,
    ],
    [
      '201 characters of words',
      { txt: { query: 'x'.repeat(201) } },
      [],
      ErrorCode.BAD_REQUEST,
      'limit-exceeded',
      /txt\.query/,
    ],
    [
      '5 keys of order',
      {},
      Array.from({ length: 5 }, () => ({ field: 1, asc: true })),
      ErrorCode.BAD_REQUEST,
      'limit-exceeded',
      /order: 5 keys/,
    ],
    ['an order without its key', {}, [{ asc: true } as never], ErrorCode.BAD_REQUEST, 'invalid-argument', /order/],
    [
      'a definition that is not there',
      { metadata: [{ metadataId: 'lost', key: '', value: { text: 'x' } }] },
      [],
      ErrorCode.NOT_FOUND,
      'metadata-not-found',
      /no definition lost/,
    ],
    [
      'a condition without a value',
      { metadata: [{ metadataId: 'lost', key: '' }] },
      [],
      ErrorCode.BAD_REQUEST,
      'invalid-argument',
      /has no value/,
    ],
    [
      '51 attributes',
      { attributes: Array.from({ length: 51 }, (_, n) => ({ id: `${n}`, label: '', values: [] })) },
      [],
      ErrorCode.BAD_REQUEST,
      'limit-exceeded',
      /attributes: 51/,
    ],
  ])('refuses %s', async (_what, where, order, code, slug, message) => {
    await expectRefusal(ask(where, order), code, slug, message);
  });

  test('of a team that is not the caller’s is refused', async () => {
    await expectRefusal(
      outsider.templates.query(select(), { teamId: admin.teamId }, []),
      ErrorCode.NOT_FOUND,
      'team-not-found',
    );
  });
});

describe('index and searchStepGroups', () => {
  test('index lists all by title, or leaves out what it shall', async () => {
    const ids = async (opts: object) => (await ana.templates.index(admin.teamId, opts)).map(({ id }) => id);
    const byTitle = [...known].sort(sortedBy([{ field: TemplateOrderBy.TITLE, asc: true }]));
    const listed = await ana.templates.index(admin.teamId, {});
    expect(listed.map(({ title }) => title)).toEqual(byTitle.map(({ title }) => title));
    expect(listed.every(({ stepGroup }) => stepGroup.children.length === 1)).toBe(true);
    const open = known.filter(({ archived }) => !archived).map(({ id }) => id);
    expect((await ids({ showArchived: false, showUnpublished: true })).sort()).toEqual(open.sort());
    const published = known.filter(({ published }) => published).map(({ id }) => id);
    expect((await ids({ showArchived: true, showUnpublished: false })).sort()).toEqual(published.sort());
  });

  test('searchStepGroups finds groups and roots by a part of their title, without children', async () => {
    const titles = async (text: string) =>
      (await ana.templates.searchStepGroups(admin.teamId, text)).map(({ title, children }) => [title, children.length]);
    const open = known.filter(({ archived, title }) => !archived && sameName(title).includes('lwechs'));
    expect((await titles('LWECHS')).map(([title]) => title).sort()).toEqual(open.map(({ title }) => title).sort());
    expect(await titles('a%b_')).toEqual(
      known
        .filter(({ archived, title }) => !archived && title.includes('a%b_'))
        .sort(sortedBy([{ field: TemplateOrderBy.TITLE, asc: true }]))
        .map(({ title }) => [title, 0]),
    );
    expect(await titles('no such group')).toEqual([]);
  });
});
