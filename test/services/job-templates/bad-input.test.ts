/**
 * What nobody may write, whichever function it comes by: the tree as a whole, metadata of steps and groups, and U+0000 wherever there
 * is text. 400 with the field, and nothing written. Single steps and their places: step-refusals.test.ts, step-limits.test.ts, moves.test.ts.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { FieldType } from '#gen/field_data_types';
import { MetadataType, Owner } from '#gen/metadata_types';
import type { BaseStep, Field } from '#gen/step_types';
import { TeamRole } from '#gen/user_types';
import { newList, newMetadata } from '../../support/metadata.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { group, logInAdmin, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let ana: TestUser;
let number: string;
let list: string;
let words: string;
let id: string;
let root: BaseStep;

beforeAll(async () => {
  server = await TestServer.start();
  const admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
  number = (await newMetadata(admin, 'Torque', { owner: Owner.ALL, type: MetadataType.NUMBER })).id;
  list = (await newList(admin, 'Colour', ['Red'], { owner: Owner.ALL })).definition.id;
  words = (await newMetadata(admin, 'Area', { owner: Owner.ALL })).id;
});
afterAll(() => server.stop());

beforeEach(async () => {
  ({ id, stepGroup: root } = await newTemplate(ana, 'Pump', [step('One'), group('Two', [step('Two one')])]));
  await ana.templates.acquireLock(id);
});

const refused = (call: () => Promise<unknown>, slug: string, message: RegExp) =>
  expectNothingWritten(server, () => expectRefusal(call(), ErrorCode.BAD_REQUEST, slug, message));

const nested = (groups: number): BaseStep =>
  groups === 1 ? group('Level', [step('Deep')]) : group('Level', [nested(groups - 1)]);
const withField = (fieldData: Field['fieldData']): BaseStep => {
  const field = { id: '', key: 'Field', type: FieldType.Number, isRequired: false, clientId: '', fieldData };
  return step('With a field', { impl: { step: { stepFields: [field as Field] } } });
};
const own = { clientGeneratedIds: true };
const many = Array.from({ length: 10 }, (_, part) =>
  group(
    'Part',
    Array.from({ length: part === 0 ? 991 : 1000 }, () => step('S')),
  ),
);
const withMetadata = (metadataId: string, value: object): BaseStep =>
  step('S', { metadataById: { [metadataId]: { metadataId, key: '', value } } });

/** Each as the children of the root. */
const trees: readonly (readonly [string, () => BaseStep[], string, RegExp])[] = [
  ['17 levels', () => [nested(15)], 'limit-exceeded', /^children: "Deep" lies deeper than 16 levels/],
  ['10,001 steps', () => many, 'limit-exceeded', /^children: there are 1000\d steps; .* 10000/],
  ['1,001 children', () => Array(1001).fill(step('S')), 'limit-exceeded', /^children: .* has 1001 children; .* 1000/],
  [
    'a clientId twice',
    () => [step('A', { clientId: 'c' }), step('B', { clientId: 'c' })],
    'duplicate-id',
    /clientId: c/,
  ],
  ['an id twice', () => [step('A', { id: 'i', ...own }), step('B', { id: 'i', ...own })], 'duplicate-id', /id: i/],
  [
    'a group within itself',
    () => [group('G', [group('G', [], { id: 'g', ...own })], { id: 'g', ...own })],
    'duplicate-id',
    /id: g/,
  ],
  ['its own root within it', () => [{ ...root, title: 'Root', children: [], ...own }], 'duplicate-id', /id: /],
  ['a title of 501 characters', () => [step('x'.repeat(501))], 'limit-exceeded', /title: 501.*500/],
  [
    'NaN as a bound',
    () => [withField({ numberConstraints: { rangeStart: Number.NaN } })],
    'invalid-argument',
    /rangeStart: NaN; expected a finite number/,
  ],
  ['a text for a number', () => [withMetadata(number, { text: 'x' })], 'invalid-argument', /"Torque": has text/],
  [
    'an option that there is not',
    () => [withMetadata(list, { listValue: 'Green' })],
    'invalid-argument',
    /"Colour": "Green"; the list has no such option/,
  ],
  ['U+0000 in a title', () => [step('a\0')], 'invalid-argument', /children\[0\]\.title: .*U\+0000/],
  ['U+0000 in metadata', () => [withMetadata(words, { text: '\0' })], 'invalid-argument', /value\.text: .*U\+0000/],
];

describe.each(trees)('%s', (_what, children, slug, message) => {
  test('as the whole tree is refused by updateStepGroup', async () => {
    await refused(() => ana.templates.updateStepGroup(id, { ...root, children: children() }), slug, message);
  });

  test('below a group is refused by addStepGroup, as by addStepGroupModular', async () => {
    const sent = () => group('Sent', children());
    await refused(() => ana.templates.addStepGroup(id, root.id, sent(), -1, false), slug, message);
    await refused(() => ana.templates.addStepGroupModular(id, root.id, sent(), -1, false), slug, message);
  });
});

describe('U+0000', () => {
  test.each<[string, RegExp, (text: string) => Promise<unknown>]>([
    ['create: title', /params\.title/, title => ana.templates.create(ana.teamId, { title }, [])],
    ['update: descrip', /params\.descrip/, descrip => ana.templates.update(id, { descrip })],
    ['update: notes', /defaults\.notes/, notes => ana.templates.update(id, { defaults: { notes } })],
    ['updateMetadata: text', /updated/, text => ana.templates.updateMetadata(id, { [words]: { text } }, [])],
    ['updateMetadata: a key', /updated/, key => ana.templates.updateMetadata(id, { [key]: { text: 'x' } }, [])],
    ['updateRootHeaders', /headers\.condition/, condition => ana.templates.updateRootHeaders(id, { condition })],
    ['updateTags: comment', /comment/, comment => ana.templates.updateTags(id, [{ tagId: 't', comment }], [])],
    ['addDocument: id', /documentId/, text => ana.templates.addDocument(id, 0, text)],
    ['removeStepModular: id', /stepId/, text => ana.templates.removeStepModular(id, root.id, text, 0)],
    ['get: id', /jobTemplateId/, text => ana.templates.get(text)],
    [
      'query: words',
      /txt\.query/,
      query => ana.templates.query({} as never, { teamId: ana.teamId, txt: { query } }, []),
    ],
    ['searchStepGroups: title', /title/, text => ana.templates.searchStepGroups(ana.teamId, text)],
  ])('in %s is refused', async (_where, field, call) => {
    const refusal = await refused(() => call('a\0b'), 'invalid-argument', field);
    expect(refusal.message).toMatch(/U\+0000/);
  });
});
