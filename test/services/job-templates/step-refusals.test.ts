/** What addStepModular and addStepGroupModular refuse: each with a reason that says what would be right, and nothing written. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import type { Document } from '#gen/document_types';
import { FieldType } from '#gen/field_data_types';
import { GroupMode } from '#gen/flow_types';
import type { NoticeHeader } from '#gen/group_headers_types';
import type { JobTemplate } from '#gen/job_template_types';
import type { BaseStep, Field, StepImpl, StepType } from '#gen/step_types';
import { TeamRole } from '#gen/user_types';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { group, logInAdmin, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let ana: TestUser;
let template: JobTemplate;

beforeAll(async () => {
  server = await TestServer.start();
  ana = await newUser(server, await logInAdmin(server), 'ana', TeamRole.AUTHOR);
});
afterAll(() => server.stop());

beforeEach(async () => {
  const own = { id: 'taken', clientId: 'taken too', clientGeneratedIds: true };
  template = await newTemplate(ana, 'Pump', [step('One', own), group('Two', [step('Two one')])]);
  await ana.templates.acquireLock(template.id);
});

interface Place {
  readonly parentId?: string;
  readonly position?: number;
  readonly replace?: boolean;
}

const { BAD_REQUEST, NOT_FOUND } = ErrorCode;

/** Adds and expects a refusal; the template, its tree and every row are what they were. */
async function refused(
  kind: 'step' | 'stepGroup',
  sent: BaseStep,
  [code, slug, message]: readonly [ErrorCode, string, RegExp],
  { parentId = template.stepGroup.id, position = -1, replace = false }: Place = {},
) {
  const { templates } = ana;
  const add = kind === 'step' ? templates.addStepModular : templates.addStepGroupModular;
  const before = await templates.get(template.id);
  const refusal = await expectNothingWritten(server, () =>
    expectRefusal(add.call(templates, template.id, parentId, sent, position, replace), code, slug, message),
  );
  expect(await templates.get(template.id)).toEqual(before);
  return refusal;
}

const leaf = (more: Partial<BaseStep>): BaseStep => step('Refused', more);
const withFields = (...stepFields: Partial<Field>[]): BaseStep =>
  leaf({
    clientGeneratedIds: true,
    impl: {
      step: {
        stepFields: stepFields.map(more => ({
          id: '',
          key: 'Field',
          type: FieldType.Number,
          isRequired: false,
          clientId: '',
          ...more,
        })),
      },
    },
  });
const both: StepImpl = { step: { stepFields: [] }, stepGroup: {} };

describe('a place', () => {
  test.each([
    ['an unknown parent', 'no-such-group', /no step group no-such-group/],
    ['a step as parent', 'taken', /no step group taken/],
    ['no parent at all', '', /parentId: no step group .*its root is/],
  ])('is refused with %s', async (_name, parentId, message) => {
    await refused('step', leaf({}), [NOT_FOUND, 'step-group-not-found', message], { parentId });
    await refused('stepGroup', group('Refused', []), [NOT_FOUND, 'step-group-not-found', message], { parentId });
  });

  test.each<[string, Place, RegExp]>([
    ['behind the end', { position: 3 }, /position: 3 is out of range.*0 to 2, or -1 for the end/],
    ['before the end', { position: -2 }, /position: -2 is out of range.*0 to 2/],
    ['far behind', { position: 2_147_483_647 }, /out of range/],
    [
      'where no child stands to be replaced',
      { position: 2, replace: true },
      /position: 2.*0 to 1, the child to replace/,
    ],
    ['that says the end, with replace', { position: -1, replace: true }, /position: -1.*the child to replace/],
  ])('is refused %s', async (_name, place, message) => {
    const refusal = await refused('step', leaf({}), [BAD_REQUEST, 'invalid-position', message], place);
    expect(refusal.details).toEqual({ position: String(place.position) });
  });

  test('is refused with replace in a group without children', async () => {
    const { id, stepGroup } = await newTemplate(ana, 'Empty', []);
    await ana.templates.acquireLock(id);
    await expectRefusal(
      ana.templates.addStepModular(id, stepGroup.id, leaf({}), 0, true),
      BAD_REQUEST,
      'invalid-position',
      /no child to replace/,
    );
  });
});

describe('an id', () => {
  const notice = { id: 'n', descrip: 'Hot' } as NoticeHeader;
  const own = { clientGeneratedIds: true };
  test.each<[string, BaseStep, RegExp]>([
    ['a step of the template', leaf({ id: 'taken', ...own }), /id: taken .*ids are unique/],
    ['a step below it', group('G', [leaf({ id: 'x', ...own }), leaf({ id: 'x', ...own })], own), /id: x /],
    ['its own group', group('G', [leaf({ id: 'x', ...own })], { id: 'x', ...own }), /id: x /],
    ['a clientId of the template', leaf({ clientId: 'taken too', ...own }), /clientId: taken too /],
    ['a clientId below it', group('G', [leaf({ clientId: 'y' }), leaf({ clientId: 'y' })]), /clientId: y /],
    ['another field of the step', withFields({ id: 'f' }, { id: 'f' }), /id: f /],
    ['another notice of the step', leaf({ descrip: [{ notice }, { notice }], ...own }), /id: n /],
    ['a field of another step', group('G', [withFields({ id: 'f' }), withFields({ id: 'f' })]), /id: f /],
  ])('that is taken by %s is refused', async (_name, sent, message) => {
    await refused(sent.impl.step ? 'step' : 'stepGroup', sent, [BAD_REQUEST, 'duplicate-id', message]);
  });
});

describe('a shape', () => {
  const document: Document = { id: 'no-such-document', mimeType: '', name: '', size: 0, md5Checksum: '' };
  const metadata = { metadataId: 'no-such-definition', key: '', value: { text: 'x' } };
  const unset: StepImpl = {};
  const absent = null as unknown as StepImpl;
  const bad = 'invalid-argument';
  test.each<[string, 'step' | 'stepGroup', BaseStep, ErrorCode, string, RegExp]>([
    ['a step that is a group', 'step', group('G', []), BAD_REQUEST, bad, /expected step to be set/],
    ['a group that is a step', 'stepGroup', step('S'), BAD_REQUEST, bad, /expected stepGroup to be set/],
    ['no impl', 'step', { ...leaf({}), impl: absent }, BAD_REQUEST, bad, /impl.*expected step/],
    ['an impl with nothing in it', 'step', leaf({ impl: unset }), BAD_REQUEST, bad, /impl.*one of step, stepGroup/],
    ['an impl that is both', 'step', leaf({ impl: both }), BAD_REQUEST, bad, /impl: step and stepGroup are set/],
    ['a child without impl', 'stepGroup', group('G', [leaf({ impl: unset })]), BAD_REQUEST, bad, /children\[0\]\.impl/],
    [
      'a step with children',
      'step',
      leaf({ children: [step('S')] }),
      BAD_REQUEST,
      bad,
      /children of "Refused".*only a group/,
    ],
    [
      'a step with children below',
      'stepGroup',
      group('G', [leaf({ children: [step('S')] })]),
      BAD_REQUEST,
      bad,
      /only a group/,
    ],
    ['an empty title', 'step', step(''), BAD_REQUEST, bad, /title: empty.*1 to 500/],
    ['a title of spaces', 'stepGroup', group('  \t', []), BAD_REQUEST, bad, /title: empty/],
    ['an empty title below', 'stepGroup', group('G', [step('')]), BAD_REQUEST, bad, /title: empty/],
    ['U+0000 in a title', 'step', step('a\0b'), BAD_REQUEST, bad, /step\.title: .*U\+0000 at 1/],
    [
      'U+0000 in a text',
      'step',
      leaf({ descrip: [{ txt: { txt: '\0' } }] }),
      BAD_REQUEST,
      bad,
      /descrip\[0\]\.txt\.txt.*U\+0000/,
    ],
    [
      'an unknown step type',
      'step',
      leaf({ impl: { step: { stepFields: [], stepType: 9 as StepType } } }),
      BAD_REQUEST,
      bad,
      /stepType: 9 is no .*Normal \(0\)/,
    ],
    [
      'an unknown field type',
      'step',
      withFields({ type: 99 as FieldType }),
      BAD_REQUEST,
      bad,
      /type: 99 is no .*Text \(1\)/,
    ],
    [
      'NaN as a bound',
      'step',
      withFields({ fieldData: { numberConstraints: { rangeStart: Number.NaN } } }),
      BAD_REQUEST,
      bad,
      /rangeStart: NaN; expected a finite number/,
    ],
    [
      'Infinity as a bound',
      'step',
      withFields({ fieldData: { numberConstraints: { rangeEnd: Infinity } } }),
      BAD_REQUEST,
      bad,
      /rangeEnd: Infinity/,
    ],
    [
      'a description element of nothing',
      'step',
      leaf({ descrip: [{}] }),
      BAD_REQUEST,
      bad,
      /descrip\[0\].*txt, link, doc, notice/,
    ],
    [
      'a mode of a step',
      'step',
      leaf({ flow: { mode: GroupMode.PARALLEL } }),
      BAD_REQUEST,
      bad,
      /flow\.mode.*only a group/,
    ],
    [
      'a document that is not there',
      'step',
      leaf({ descrip: [{ doc: document }] }),
      NOT_FOUND,
      'document-not-found',
      /no-such-document/,
    ],
    [
      'metadata that is not there',
      'step',
      leaf({ metadataById: { [metadata.metadataId]: metadata } }),
      NOT_FOUND,
      'metadata-not-found',
      /no-such-definition/,
    ],
    [
      'metadata in the list that is not there',
      'stepGroup',
      group('G', [leaf({ metadataEntry: [metadata] })]),
      NOT_FOUND,
      'metadata-not-found',
      /no-such-definition/,
    ],
  ])('is refused: %s', async (_name, kind, sent, code, slug, message) => {
    await refused(kind, sent, [code, slug, message]);
  });
});
