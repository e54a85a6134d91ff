/** What the texts of a tree refer to: found wherever a reference may stand, each once. */
import { describe, expect, test } from '@jest/globals';
import { FieldType } from '#gen/field_data_types';
import { type Reference, RefSource } from '#gen/reference_types';
import type { BaseStep } from '#gen/step_types';
import { referencesIn } from '../../src/domain/references.ts';
import { emptyRoot } from '../../src/domain/tree.ts';

const metadata = (metadataId: string): Reference => ({ jobMetadataRef: { metadataId } });
const sheet = (setId: string, definitionId: string): Reference => ({ dataSheetRef: { setId, definitionId } });
const text = (...references: Reference[]) => ({ template: '{0}', references });

const rootWith = (...children: BaseStep[]): BaseStep => ({ ...emptyRoot('root'), children });
const leaf = (more: Partial<BaseStep>): BaseStep => ({
  ...emptyRoot('leaf'),
  title: 'Leaf',
  impl: { step: { stepFields: [] } },
  ...more,
});

describe('referencesIn', () => {
  test('finds nothing in a tree without references', () => {
    expect(referencesIn(rootWith(leaf({})))).toEqual({});
    expect(referencesIn(rootWith(leaf({ titleWrapper: { template: 'plain' } })))).toEqual({});
  });

  test('lists what metadata and data sheets are named, by source', () => {
    expect(referencesIn(rootWith(leaf({ titleWrapper: text(metadata('pressure'), sheet('pumps', 'flow')) })))).toEqual({
      [RefSource.JOB_METADATA]: ['pressure'],
      [RefSource.DATA_SHEET_SET]: ['pumps'],
      [RefSource.DATA_SHEET_DEFINITION]: ['flow'],
    });
  });

  test('names each id once, in order, wherever it stands', () => {
    const tree = rootWith(
      leaf({ titleWrapper: text(metadata('b'), sheet('pumps', 'flow')) }),
      rootWith(leaf({ titleWrapper: text(metadata('a'), metadata('b'), sheet('pumps', 'head')) })),
    );
    expect(referencesIn(tree)).toEqual({
      [RefSource.JOB_METADATA]: ['a', 'b'],
      [RefSource.DATA_SHEET_SET]: ['pumps'],
      [RefSource.DATA_SHEET_DEFINITION]: ['flow', 'head'],
    });
  });

  const notice = { id: 'n', icon: null as never, descrip: '', descripWrapper: text(metadata('here')) };
  const field = { id: 'f', key: 'Field', type: FieldType.Number, isRequired: false, clientId: '' };
  const withField = (more: object) => leaf({ impl: { step: { stepFields: [{ ...field, ...more }] } } });
  test.each<[string, BaseStep]>([
    ['the title of a step', leaf({ titleWrapper: text(metadata('here')) })],
    ['the title of a group', { ...rootWith(), titleWrapper: text(metadata('here')) }],
    ['a text of a description', leaf({ descrip: [{ txt: { txt: '', textWrapper: text(metadata('here')) } }] })],
    ['a notice of a description', leaf({ descrip: [{ notice }] })],
    ['a notice of a group', { ...rootWith(), impl: { stepGroup: { headers: { notices: [notice] } } } }],
    ['the name of a field', withField({ nameWrapper: text(metadata('here')) })],
    ['the unit of a number', withField({ fieldData: { numberConstraints: { unitWrapper: text(metadata('here')) } } })],
    [
      'the bound of a number',
      withField({ fieldData: { numberConstraints: { rangeLowWrapper: { reference: metadata('here') } } } }),
    ],
    [
      'the other bound of a number',
      withField({ fieldData: { numberConstraints: { rangeHighWrapper: { reference: metadata('here') } } } }),
    ],
  ])('looks into %s', (_name, step) => {
    expect(referencesIn(rootWith(step))).toEqual({ [RefSource.JOB_METADATA]: ['here'] });
  });

  test('takes no id that is named like a field for a reference', () => {
    const step = leaf({ metadataById: { references: { metadataId: 'm', key: '', value: { text: 'references' } } } });
    expect(referencesIn(rootWith(step))).toEqual({});
    const odd = leaf({ metadataById: { reference: { metadataId: 'm', key: '', value: { text: 'x' } } } });
    expect(referencesIn(rootWith(odd))).toEqual({});
  });
});
