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
const things = { area: '', pressure: '', colour: '', hazards: '' };
const options: Record<string, string> = {};
const categories: string[] = [];
let attribute: AbacAttribute;

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
  const colour = maybe(() => one(['Red', 'Blue', 'Crimson']));
  const hazards = maybe(() => ['Hot', 'Wet', 'High'].filter(() => maybe(() => true)));
  const chosen = hazards && hazards.length > 0 ? hazards : undefined;
  const written = {
    ...(area !== undefined && { [things.area]: { text: area } }),
    ...(pressure !== undefined && { [things.pressure]: { number: pressure } }),
    ...(colour && { [things.colour]: { listValue: colour } }),
    ...(chosen && { [things.hazards]: { selectedListValues: { values: chosen } } }),
  };
  await author.templates.updateMetadata(id, written, []);
  return {
    ...(area !== undefined && { area }),
    ...(pressure !== undefined && { pressure }),
    ...(colour && { colour }),
    ...(chosen && { hazards: chosen }),
  };
}

/** What is asked, as the filter in memory reads it. */
interface Question {
  readonly where: Omit<TemplateWhereOpts, 'teamId' | 'metadata' | 'attributes'>;
  readonly area?: string;
  readonly pressure?: number;
  readonly colour?: string;
  readonly hazards?: readonly string[];
  readonly values?: readonly number[];
}

function meets(template: Known, { where, area, pressure, colour, hazards, values }: Question): boolean {
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

/** By the keys: what is equal by all of them may stand in any order. */
const sortedBy = (order: readonly TemplateOrder[]) => (a: Known, b: Known) =>
  order
    .map(({ field, asc }) => compare(keys[field](a), keys[field](b)) * (asc ? 1 : -1))
    .find(result => result !== 0) ?? 0;

const flag = fc.option(fc.boolean(), { nil: undefined, freq: 1 });
const rarely = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 1 });

const question = fc
  .record({
    isArchived: flag,
    isPublished: flag,
    isLatestArchived: rarely(fc.boolean()),
    isLatestPublished: flag,
    txt: rarely(fc.constantFrom('pump', 'Öl', 'STRASSE', 'straße filter', 'b_c', '4', 'nothing', '%')),
    author: rarely(fc.boolean()),
    category: rarely(fc.nat(1)),
    since: rarely(fc.nat(TEMPLATES - 1)),
    before: rarely(fc.nat(TEMPLATES - 1)),
    templateTypes: fc.constantFrom<TemplateType[] | undefined>(
      [TemplateType.Job, TemplateType.Issue],
      [TemplateType.Issue],
      undefined,
    ),
    area: rarely(fc.constantFrom('yard', 'pump', '%', 'ß')),
    pressure: rarely(fc.constantFrom(0, 1.5, 7)),
    colour: rarely(fc.constantFrom('Red', 'Blue')),
    hazards: rarely(fc.subarray(['Hot', 'Wet', 'High'], { minLength: 1 })),
    values: rarely(fc.subarray([0, 1, 2], { minLength: 1 })),
  })
  .map(
    ({ txt, author, category, since, before, area, pressure, colour, hazards, values, ...flags }): Question => ({
      where: {
        ...flags,
        ...(txt !== undefined && { txt: { query: txt } }),
        ...(author !== undefined && { authorId: (author ? ana : ben).id }),
        ...(category !== undefined && { rootCategoryId: categories[category]! }),
        ...(since !== undefined && { modifiedSinceTime: known[since]!.modifiedAt }),
        ...(before !== undefined && { modifiedBeforeTime: known[before]!.modifiedAt }),
      },
      ...(area !== undefined && { area }),
      ...(pressure !== undefined && { pressure }),
      ...(colour !== undefined && { colour }),
      ...(hazards !== undefined && { hazards }),
      ...(values !== undefined && { values }),
    }),
  );

const ordering = fc.uniqueArray(
  fc.record({ field: fc.constantFrom(1, 2, 3, 4) as fc.Arbitrary<TemplateOrderBy>, asc: fc.boolean() }),
  { maxLength: 3, selector: ({ field }) => field },
);

function asked({ where, area, pressure, colour, hazards, values }: Question): TemplateWhereOpts {
  const metadata = [
    area !== undefined && { metadataId: things.area, value: { text: area } },
    pressure !== undefined && { metadataId: things.pressure, value: { number: pressure } },
    colour !== undefined && { metadataId: things.colour, value: { listValue: colour } },
    hazards && {
      metadataId: things.hazards,
      value: {},
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

/** All pages, one after the other. */
async function pages(where: TemplateWhereOpts, order: TemplateOrder[], size: number): Promise<string[]> {
  const ids: string[] = [];
  for (let pageToken: string | undefined = '', num = 1; pageToken !== undefined; num++) {
    const answer = await ana.templates.query(select(), { ...where, pageReq: { pageToken, size } }, order);
    expect(answer.templates.length).toBeLessThanOrEqual(size);
    expect(answer.pageInfo!.num).toBe(num);
    ids.push(...answer.templates.map(({ id }) => id));
    pageToken = answer.pageInfo!.pageTokens[num + 1];
    expect(answer.pageInfo!.left > 0).toBe(pageToken !== undefined);
  }
  return ids;
}

describe('query', () => {
  test(`answers ${RUNS} random questions as a plain filter does`, async () => {
    let answered = 0;
    await fc.assert(
      fc.asyncProperty(question, ordering, fc.integer({ min: 1, max: 40 }), async (ask, order, size) => {
        const expected = known.filter(template => meets(template, ask));
        const ids = await pages(asked(ask), order, size);
        expect([...ids].sort()).toEqual(expected.map(({ id }) => id).sort());
        const byId = new Map(known.map(template => [template.id, template]));
        const inOrder = ids.map(id => byId.get(id)!);
        const by = order.length > 0 ? order : [{ field: TemplateOrderBy.LAST_MODIFIED_AT, asc: false }];
        for (const [index, template] of inOrder.entries())
          if (index > 0) expect(sortedBy(by)(inOrder[index - 1]!, template)).toBeLessThanOrEqual(0);
        answered += expected.length;
      }),
      { numRuns: RUNS },
    );
    // Questions that nothing meets would prove nothing.
    expect(answered).toBeGreaterThan(RUNS);
  }, 120_000);

  test('skips and previews pages, and counts only when it shall', async () => {
    const where = { teamId: admin.teamId, templateTypes: [TemplateType.Job, TemplateType.Issue] };
    const all = await pages(where, [], 1000);
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
    expect((await pages(where('Red'), [], 100)).sort()).toEqual(of('Red').sort());
    await service.updateListMerge(admin.teamId, things.colour, [options.Crimson!], options.Red!);
    expect((await pages(where('Red'), [], 100)).sort()).toEqual(of('Red', 'Crimson').sort());
  });

  test('by identity in another system finds nothing: templates written here have none', async () => {
    const where = (externalOpts: object) => ({ teamId: admin.teamId, externalOpts }) as TemplateWhereOpts;
    expect(await pages(where({ externalId: 'x' }), [], 100)).toEqual([]);
    expect(await pages(where({ externallyManaged: true }), [], 100)).toEqual([]);
    expect((await pages(where({ externallyManaged: false }), [], 100)).length).toBeGreaterThan(0);
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
    for (const [where, order] of [
      [{ pageReq: { ...pageReq, pageToken: `${token}x` } }, []],
      [{ pageReq: { ...pageReq, pageToken: token.replace(/^2/, '3') } }, []],
      [{ pageReq: { size: 6, pageToken: token } }, []],
      [{ isArchived: true, pageReq: { ...pageReq, pageToken: token } }, []],
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
