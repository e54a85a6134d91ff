/** What content names: documents, metadata, categories, icons, data sheets; and tags, which belong to the template. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { type MetadataEntry, MetadataType, Owner } from '#gen/metadata_types';
import { RefSource } from '#gen/reference_types';
import type { BaseStep } from '#gen/step_types';
import { TeamRole } from '#gen/user_types';
import { uploadPicture } from '../../support/http.ts';
import { newList, newMetadata } from '../../support/metadata.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { group, logInAdmin, newOutsider, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { select } from './selection.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let outsider: TestUser;
let id: string;
let root: BaseStep;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
  outsider = await newOutsider(server, admin);
});
afterAll(() => server.stop());

beforeEach(async () => {
  const template = await newTemplate(ana, 'Pump', [step('One')]);
  id = template.id;
  root = template.stepGroup;
  await ana.templates.acquireLock(id);
});

const refused = (call: () => Promise<unknown>, code: ErrorCode, slug: string, message?: RegExp) =>
  expectNothingWritten(server, () => expectRefusal(call(), code, slug, message), 'template_locks');

const add = async (child: BaseStep): Promise<BaseStep> => {
  const kind = child.impl.stepGroup ? 'addStepGroupModular' : 'addStepModular';
  return (await ana.templates[kind](id, root.id, child, 0, false)).stepGroup!.children[0]!;
};

describe('documents', () => {
  let first: string;
  let second: string;
  beforeAll(async () => {
    first = await uploadPicture(server, admin);
    second = await uploadPicture(server, admin);
  });

  const shown = async () => (await ana.templates.get(id)).documents.map(document => document.id);

  test('are added at the end, moved, and taken out; each is an edit', async () => {
    await ana.templates.addDocument(id, 0, first);
    expect((await ana.templates.addDocument(id, 3, second)).version).toBe(4);
    expect(await shown()).toEqual([first, second]);
    await ana.templates.updateDocument(id, second, 0);
    expect(await shown()).toEqual([second, first]);
    await ana.templates.updateDocument(id, second, -1);
    expect(await shown()).toEqual([first, second]);
    await ana.templates.removeDocument(id, first);
    expect(await shown()).toEqual([second]);
  });

  test('come with what they are, and with their path where it is asked for', async () => {
    const [document] = (await ana.templates.addDocument(id, 0, first)).documents;
    expect(document).toMatchObject({ name: 'goggles.png', teamId: ana.teamId, isPending: false, url: null });
    const answer = await ana.templates.fetch(select('includeDocuments', 'includeDocumentUrls'), [id]);
    expect(answer[id]!.template!.documents![0]!.url).toBe(`/api/documents/${first}`);
  });

  test('that are there already are not added again', async () => {
    const { version } = await ana.templates.addDocument(id, 0, first);
    expect((await ana.templates.addDocument(id, 0, first)).version).toBe(version);
  });

  test.each<[string, () => Promise<unknown>, ErrorCode, string, RegExp]>([
    [
      'one that is not there',
      () => ana.templates.addDocument(id, 0, 'lost'),
      ErrorCode.NOT_FOUND,
      'document-not-found',
      /no document lost/,
    ],
    [
      'one that the template does not show',
      () => ana.templates.removeDocument(id, first),
      ErrorCode.NOT_FOUND,
      'document-not-found',
      /does not show/,
    ],
    [
      'one to be moved that it does not show',
      () => ana.templates.updateDocument(id, first, 0),
      ErrorCode.NOT_FOUND,
      'document-not-found',
      /does not show/,
    ],
    [
      'an outdated version',
      () => ana.templates.addDocument(id, 1, first),
      ErrorCode.INVALID_VERSION,
      'version-conflict',
      /jobTemplateVersion: 1, but the latest entry is 2/,
    ],
  ])('are refused: %s', async (_what, call, code, slug, message) => {
    await refused(call, code, slug, message);
  });

  test('are refused at a position out of range', async () => {
    await ana.templates.addDocument(id, 0, first);
    await refused(
      () => ana.templates.updateDocument(id, first, 1),
      ErrorCode.BAD_REQUEST,
      'invalid-position',
      /0 to 0/,
    );
  });

  test('of another team are not there', async () => {
    const foreign = await uploadPicture(server, outsider);
    await refused(() => ana.templates.addDocument(id, 0, foreign), ErrorCode.NOT_FOUND, 'document-not-found');
  });

  test('stand in texts of steps, with a caption of the place, and follow a rename', async () => {
    const doc = { id: first, caption: 'Front', name: 'ignored' } as never;
    const { descrip } = await add(step('Look', { descrip: [{ doc }] }));
    expect(descrip[0]!.doc).toMatchObject({ id: first, caption: 'Front', name: 'goggles.png', mimeType: 'image/png' });
    const documents = admin.connection.service('DocumentService');
    await documents.rename(first, 'front view.png');
    const { stepGroup } = await ana.templates.get(id);
    expect(stepGroup.children[0]!.descrip[0]!.doc).toMatchObject({ caption: 'Front', name: 'front view.png' });
    await documents.rename(first, 'goggles.png');
  });
});

describe('metadata', () => {
  const valuesOf = async () => (await ana.templates.get(id)).metadataById;

  test('of every type are written, come back with key and texts, and are taken away', async () => {
    const text = await newMetadata(admin, 'Area');
    const number = await newMetadata(admin, 'Pressure', { type: MetadataType.NUMBER });
    const date = await newMetadata(admin, 'Since', { type: MetadataType.DATE });
    const { definition: list, ids } = await newList(admin, 'Colour', ['Red', 'Blue']);
    const { definition: many, ids: manyIds } = await newList(admin, 'Hazards', ['Hot', 'Wet'], {
      type: MetadataType.MULTI_SELECT_LIST,
    });
    const written = await ana.templates.updateMetadata(
      id,
      {
        [text.id]: { text: 'North' },
        [number.id]: { number: 2.5 },
        [date.id]: { date: 1_700_000_000 },
        [list.id]: { listValue: 'red' },
        [many.id]: { selectedListValues: { values: ['Wet', 'Hot'] } },
      },
      [],
    );
    expect(written[text.id]).toMatchObject({ metadataId: text.id, key: 'Area', value: { text: 'North' } });
    expect(written[number.id]!.value).toMatchObject({ number: 2.5 });
    expect(written[date.id]!.value).toMatchObject({ date: 1_700_000_000 });
    expect(written[list.id]).toMatchObject({ value: { listValue: 'Red' }, idValue: { listValueId: ids.Red } });
    expect(written[many.id]!.idValue!.selectedListValueIds!.valueIds.sort()).toEqual(Object.values(manyIds).sort());
    expect(Object.keys(await valuesOf()).sort()).toEqual([text, number, date, list, many].map(({ id }) => id).sort());
    const left = await ana.templates.updateMetadata(id, { [text.id]: { text: 'South' } }, [
      number.id,
      date.id,
      many.id,
    ]);
    expect(Object.keys(left).sort()).toEqual([text.id, list.id].sort());
    expect(left[text.id]!.value).toMatchObject({ text: 'South' });
  });

  test('of update replace all of it', async () => {
    const [one, two] = [await newMetadata(admin, 'One'), await newMetadata(admin, 'Two')];
    const entry = (metadataId: string): MetadataEntry => ({ metadataId, key: '', value: { text: 'x' } });
    await ana.templates.update(id, { metadataEntry: [entry(one.id)] });
    const { metadataEntry } = await ana.templates.update(id, { metadataEntry: [entry(two.id)] });
    expect(metadataEntry!.map(({ metadataId }) => metadataId)).toEqual([two.id]);
  });

  test('follow a rename and a merge of options', async () => {
    const { definition, ids } = await newList(admin, 'State', ['Good', 'Fine', 'Bad']);
    await ana.templates.updateMetadata(id, { [definition.id]: { listValue: 'Fine' } }, []);
    const service = admin.connection.service('MetadataService');
    await service.updateListUpdate(admin.teamId, definition.id, [ids.Good!], [{ name: 'Very good' }]);
    await service.updateListMerge(admin.teamId, definition.id, [ids.Fine!], ids.Good!);
    expect((await valuesOf())[definition.id]).toMatchObject({
      value: { listValue: 'Very good' },
      idValue: { listValueId: ids.Good },
    });
  });

  test('whose option was taken out of the list stay, and still show its text', async () => {
    const { definition, ids } = await newList(admin, 'Shift', ['Day', 'Night']);
    await ana.templates.updateMetadata(id, { [definition.id]: { listValue: 'Day' } }, []);
    await admin.connection.service('MetadataService').updateListRemove(admin.teamId, definition.id, [ids.Day!]);
    expect((await valuesOf())[definition.id]!.value).toMatchObject({ listValue: 'Day' });
    const metadataEntry = (await ana.templates.get(id)).metadataEntry!;
    expect((await ana.templates.update(id, { title: 'Other', metadataEntry })).title).toBe('Other');
  });

  test('of steps and groups come back with them', async () => {
    const ofStep = await newMetadata(admin, 'Torque', { owner: Owner.STEP, type: MetadataType.NUMBER });
    const ofGroup = await newMetadata(admin, 'Zone', { owner: Owner.STEP_GROUP });
    const metadataEntry = [{ metadataId: ofStep.id, key: '', value: { number: 40 } }];
    const metadataById = { [ofGroup.id]: { metadataId: '', key: '', value: { text: 'A' } } };
    const added = await add(group('Zone A', [step('Tighten', { metadataEntry })], { metadataById }));
    expect(added.metadataById![ofGroup.id]).toMatchObject({ key: 'Zone', value: { text: 'A' } });
    expect(added.children[0]!.metadataById![ofStep.id]).toMatchObject({ key: 'Torque', value: { number: 40 } });
    expect(added.children[0]!.metadataEntry).toHaveLength(1);
  });

  test.each<[string, (ids: Record<string, string>) => object, ErrorCode, string, RegExp]>([
    [
      'an unknown definition',
      () => ({ lost: { text: 'x' } }),
      ErrorCode.NOT_FOUND,
      'metadata-not-found',
      /no definition lost/,
    ],
    [
      'a number for a text',
      ({ text }) => ({ [text!]: { number: 1 } }),
      ErrorCode.BAD_REQUEST,
      'invalid-argument',
      /has number; a value of type TEXT has text/,
    ],
    [
      'a number out of range',
      ({ number }) => ({ [number!]: { number: 11 } }),
      ErrorCode.BAD_REQUEST,
      'invalid-argument',
      /11 is out of range; right would be 0 to 10/,
    ],
    [
      'an option that there is not',
      ({ list }) => ({ [list!]: { listValue: 'Green' } }),
      ErrorCode.BAD_REQUEST,
      'invalid-argument',
      /^updated, "List .*": "Green"; the list has no such option/,
    ],
    [
      'a definition for steps',
      ({ step: owned }) => ({ [owned!]: { text: 'x' } }),
      ErrorCode.BAD_REQUEST,
      'invalid-argument',
      /is for STEP; one for JOB_TEMPLATE or ALL is wanted/,
    ],
    [
      'a text too long',
      ({ text }) => ({ [text!]: { text: 'x'.repeat(20_001) } }),
      ErrorCode.BAD_REQUEST,
      'limit-exceeded',
      /20001/,
    ],
  ])('are refused: %s', async (what, updated, code, slug, message) => {
    const range = { range: { range_start: 0, range_end: 10 } };
    const ids = {
      text: (await newMetadata(admin, `Text ${what}`)).id,
      number: (await newMetadata(admin, `Number ${what}`, { type: MetadataType.NUMBER, constraints: range })).id,
      list: (await newList(admin, `List ${what}`, ['Red'])).definition.id,
      step: (await newMetadata(admin, `Step ${what}`, { owner: Owner.STEP })).id,
    };
    await refused(() => ana.templates.updateMetadata(id, updated(ids) as never, []), code, slug, message);
  });

  test('written and taken away in one call are refused', async () => {
    const { id: metadataId } = await newMetadata(admin, 'Both');
    await refused(
      () => ana.templates.updateMetadata(id, { [metadataId]: { text: 'x' } }, [metadataId]),
      ErrorCode.BAD_REQUEST,
      'invalid-argument',
      /is in updated too/,
    );
  });

  test('that the team requires are asked for when it is published, of template, groups and steps', async () => {
    const required = await newMetadata(admin, 'Checked by', { owner: Owner.ALL, isRequired: true });
    const refusal = await expectRefusal(
      ana.templates.publish(id),
      ErrorCode.MISSING_METADATA,
      'missing-metadata',
      /"Checked by" \(.*\) of the template; "Checked by" \(.*\) of "One"/,
    );
    expect(refusal.details).toMatchObject({ missing: '2' });
    const value = { text: 'ana' };
    await ana.templates.updateMetadata(id, { [required.id]: value }, []);
    const [one] = root.children;
    const metadataById = { [required.id]: { metadataId: required.id, key: '', value } };
    await ana.templates.addStepModular(id, root.id, { ...one!, metadataById, clientGeneratedIds: true }, 0, true);
    expect((await ana.templates.publish(id)).status).toBe('Published');
    await admin.connection.service('MetadataService').archive(admin.teamId, required.id);
  });
});

describe('headers', () => {
  test('name a category and icons of the team, and show them as they are now', async () => {
    const headers = admin.connection.service('GroupHeaderContentService');
    const category = await headers.createCategory(admin.teamId, { name: 'Hydraulic' });
    const goggles = await headers.createEquipment(admin.teamId, await uploadPicture(server, admin), 'Goggles');
    const hot = await headers.createNoticeIcon(admin.teamId, await uploadPicture(server, admin), 'Hot');
    const notices = [{ id: '', icon: hot, descrip: 'Do not touch' }];
    await ana.templates.updateRootHeaders(id, { category, equipment: [goggles], notices });
    await headers.updateCategory(admin.teamId, category.id, { name: 'Oil' });
    const { stepGroup } = await ana.templates.get(id);
    expect(stepGroup.impl.stepGroup!.headers).toMatchObject({
      category: { id: category.id, name: 'Oil', color: '#808080' },
      equipment: [{ id: goggles.id, descrip: 'Goggles', iconDocument: { name: 'goggles.png' } }],
      notices: [{ icon: { id: hot.id, descrip: 'Hot', iconDocument: { mimeType: 'image/png' } } }],
    });
  });

  test('name no icon of the other kind', async () => {
    const headers = admin.connection.service('GroupHeaderContentService');
    const hot = await headers.createNoticeIcon(admin.teamId, await uploadPicture(server, admin), 'Hot');
    const equipment = [hot];
    await refused(
      () => ana.templates.updateRootHeaders(id, { equipment }),
      ErrorCode.NOT_FOUND,
      'icon-not-found',
      /of this kind; indexEquipment lists them/,
    );
  });

  test('keep a category that was archived since', async () => {
    const headers = admin.connection.service('GroupHeaderContentService');
    const category = await headers.createCategory(admin.teamId, { name: 'Steam' });
    await ana.templates.updateRootHeaders(id, { category });
    await headers.archiveCategory(admin.teamId, category.id);
    const { stepGroup } = await ana.templates.updateRootHeaders(id, { category, condition: 'Is it cold?' });
    expect(stepGroup.impl.stepGroup!.headers!.category).toMatchObject({ name: 'Steam', id: category.id });
  });
});

describe('references of texts', () => {
  test('to data sheets and metadata of the job are checked, named, and told by includeRefMap', async () => {
    const sheets = admin.connection.service('DataSheetService');
    const set = await sheets.createSet(admin.teamId, { name: 'Pumps' } as never, []);
    await sheets.definitionOps(set.id, [{ add: { name: 'Flow', type: 1, position: -1 } as never }]);
    const { definitions } = await sheets.getSet(set.id, { includeDefinitions: true } as never);
    const definitionId = definitions![0]!.id;
    const metadata = await newMetadata(admin, 'Serial', { owner: Owner.JOB });
    const references = [
      { dataSheetRef: { setId: set.id, definitionId } },
      { jobMetadataRef: { metadataId: metadata.id } },
    ];
    const added = await add(step('Set', { titleWrapper: { template: 'Set {0} of {1}', references } }));
    expect(added.titleWrapper!.references).toMatchObject([
      { dataSheetRef: { definitionName: 'Flow', setName: 'Pumps' } },
      { jobMetadataRef: { key: 'Serial' } },
    ]);
    const { [id]: answer } = await ana.templates.fetch(select('includeRefMap'), [id]);
    expect(answer!.template!.references).toEqual({
      [RefSource.JOB_METADATA]: [metadata.id],
      [RefSource.DATA_SHEET_SET]: [set.id],
      [RefSource.DATA_SHEET_DEFINITION]: [definitionId],
    });
    const lost = { template: '{0}', references: [{ dataSheetRef: { setId: set.id, definitionId: 'lost' } }] };
    await refused(() => add(step('S', { titleWrapper: lost })), ErrorCode.NOT_FOUND, 'data-sheet-definition-not-found');
    await sheets.archiveSet(set.id);
    const again = { titleWrapper: { template: '{0}', references: [references[0]!] } };
    // The template named it before.
    await add(step('Set again', again));
    const other = await newTemplate(ana, 'Other', []);
    await ana.templates.acquireLock(other.id);
    await refused(
      () => ana.templates.addStepModular(other.id, other.stepGroup.id, step('S', again), 0, false),
      ErrorCode.RESOURCE_ARCHIVED,
      'data-sheet-set-archived',
    );
  });
});

describe('tags', () => {
  const tagged = async () => (await ana.templates.getTags(id)).map(({ name, comment }) => [name, comment]);

  test('are added with a comment, changed and taken away, by name; no lock, no entry', async () => {
    await ana.templates.releaseLock(id);
    const tags = admin.connection.service('TagService');
    const [hot, cold] = [await tags.create('Hot', admin.teamId), await tags.create('Cold', admin.teamId)];
    await ana.templates.updateTags(id, [{ tagId: hot.id, comment: 'steam' }, { tagId: cold.id }], []);
    expect(await tagged()).toEqual([
      ['Cold', null],
      ['Hot', 'steam'],
    ]);
    await ana.templates.updateTags(id, [{ tagId: hot.id, comment: 'oil' }], [cold.id, 'never there']);
    expect(await tagged()).toEqual([['Hot', 'oil']]);
    expect((await ana.templates.get(id)).templateTags).toMatchObject([{ tagId: hot.id, name: 'Hot' }]);
    expect((await ana.templates.get(id)).version).toBe(2);
    const { [id]: answer } = await ana.templates.fetch(select('includeTags'), [id]);
    expect(answer!.template!.templateTags).toMatchObject([{ name: 'Hot', comment: 'oil' }]);
  });

  test.each<[string, (tagId: string) => Promise<unknown>, ErrorCode, string]>([
    [
      'one that is not there',
      () => ana.templates.updateTags(id, [{ tagId: 'lost' }], []),
      ErrorCode.NOT_FOUND,
      'tag-not-found',
    ],
    [
      'one added and taken away',
      tagId => ana.templates.updateTags(id, [{ tagId }], [tagId]),
      ErrorCode.BAD_REQUEST,
      'invalid-argument',
    ],
    [
      'a comment too long',
      tagId => ana.templates.updateTags(id, [{ tagId, comment: 'x'.repeat(501) }], []),
      ErrorCode.BAD_REQUEST,
      'limit-exceeded',
    ],
  ])('are refused: %s', async (what, call, code, slug) => {
    const tag = await admin.connection.service('TagService').create(`Tag ${what}`, admin.teamId);
    await refused(() => call(tag.id), code, slug);
  });

  test('are at most 100', async () => {
    const tags = admin.connection.service('TagService');
    const made = await Promise.all(Array.from({ length: 101 }, (_, n) => tags.create(`Tag number ${n}`, admin.teamId)));
    const all = made.map(tag => ({ tagId: tag.id }));
    await refused(() => ana.templates.updateTags(id, all, []), ErrorCode.BAD_REQUEST, 'limit-exceeded', /101 tags/);
    await ana.templates.updateTags(id, all.slice(1), []);
    expect(await tagged()).toHaveLength(100);
  });
});
