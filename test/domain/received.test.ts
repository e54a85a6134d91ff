/** Steps as clients send them: what is refused of each, what is kept, and whose ids it gets. */
import { describe, expect, test } from '@jest/globals';
import { MAX_TREE_DEPTH } from '#gen/common_types';
import { FieldType } from '#gen/field_data_types';
import { GroupMode } from '#gen/flow_types';
import type { NoticeHeader, StepGroupHeaders } from '#gen/group_headers_types';
import type { BaseStep } from '#gen/step_types';
import { BadRequest, DomainError } from '../../src/base/errors.ts';
import { received, receivedHeaders, stored } from '../../src/domain/received.ts';
import { emptyRoot } from '../../src/domain/tree.ts';

const leaf = (id: string, more: Partial<BaseStep> = {}): BaseStep => ({
  ...emptyRoot(id),
  title: `Step ${id}`,
  impl: { step: { stepFields: [] } },
  ...more,
});
const group = (id: string, children: BaseStep[], more: Partial<BaseStep> = {}): BaseStep => ({
  ...emptyRoot(id),
  title: `Group ${id}`,
  children,
  ...more,
});
const nested = (levels: number): BaseStep =>
  levels === 1 ? leaf('deepest') : group(`level-${levels}`, [nested(levels - 1)]);
const counting = () => {
  let last = 0;
  return { next: () => `new-${++last}` };
};

function refusal(act: () => unknown): DomainError {
  try {
    act();
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

describe('received', () => {
  test('drops what follows from the place, and what was unset', () => {
    const sent = leaf('mine', {
      hierarchyPosition: '3.1',
      parentId: 'someone',
      parentJobBaseStepId: 'in a job',
      titleWrapper: null as never,
    });
    const kept = received(sent, counting(), 'step');
    expect(kept).toMatchObject({
      id: 'new-1',
      hierarchyPosition: '',
      parentId: '',
      parentJobBaseStepId: '',
    });
    expect(kept).not.toHaveProperty('titleWrapper');
  });

  test('drops the place in a job, which no template has', () => {
    const sent = group('mine', [leaf('below', { jobBaseStepId: 'in a job' })], { jobBaseStepId: 'in a job' });
    const kept = received(sent, counting(), 'stepGroup');
    expect([kept.jobBaseStepId, kept.children[0]!.jobBaseStepId]).toEqual(['', '']);
  });

  test('keeps ids with clientGeneratedIds, of all below and of fields', () => {
    const field = { id: 'f', key: 'Field', type: FieldType.Text, isRequired: false, clientId: '' };
    const below = leaf('below', { impl: { step: { stepFields: [field, { ...field, id: '' }] } } });
    const kept = received(group('mine', [below], { clientGeneratedIds: true }), counting(), 'stepGroup');
    expect([kept.id, kept.children[0]!.id]).toEqual(['mine', 'below']);
    expect(kept.children[0]!.impl.step!.stepFields.map(({ id }) => id)).toEqual(['f', 'new-1']);
  });

  test.each<[string, BaseStep, 'step' | 'stepGroup', string, RegExp]>([
    ['a group as step', group('g', []), 'step', 'invalid-argument', /expected step/],
    ['a step as group', leaf('s'), 'stepGroup', 'invalid-argument', /expected stepGroup/],
    ['a step with children', leaf('s', { children: [leaf('x')] }), 'step', 'invalid-argument', /only a group/],
    ['a mode of a step', leaf('s', { flow: { mode: GroupMode.PARALLEL } }), 'step', 'invalid-argument', /flow\.mode/],
    ['no title', leaf('s', { title: ' ' }), 'step', 'invalid-argument', /title: empty/],
    ['a title too long', leaf('s', { title: 'x'.repeat(501) }), 'step', 'limit-exceeded', /501.*500/],
    [
      'a tree too deep',
      nested(MAX_TREE_DEPTH + 1),
      'stepGroup',
      'limit-exceeded',
      /^children: "Step deepest" lies deeper than 16 levels$/,
    ],
  ])('refuses %s', (_name, sent, kind, slug, message) => {
    const error = refusal(() => received(sent, counting(), kind));
    expect(error).toBeInstanceOf(BadRequest);
    expect(error.slug).toBe(slug);
    expect(error.message).toMatch(message);
  });
});

describe('receivedHeaders', () => {
  const notice = (descrip: string) => ({ id: 'mine', descrip }) as NoticeHeader;

  test('are kept as sent, without what was unset', () => {
    expect(receivedHeaders({ condition: 'Dry?', notices: [notice('Hot')] }, counting())).toMatchObject({
      condition: 'Dry?',
      notices: [{ descrip: 'Hot', id: 'new-1' }],
    });
    const unset = { condition: 'Dry?', notices: null, category: null, equipment: null };
    expect(receivedHeaders(unset as unknown as StepGroupHeaders, counting())).toEqual({ condition: 'Dry?' });
  });

  test('keep of categories and icons their ids alone', () => {
    const category = { id: 'c', name: 'Electrical', color: '#ffffff', archivedAt: 1 };
    const iconDocument = { id: 'd' } as never;
    const equipment = [{ id: 'e', iconDocument, descrip: 'Goggles' }];
    const notices = [{ id: '', icon: { id: 'n', iconDocument, descrip: 'Hot' }, descrip: 'Mind' }];
    expect(receivedHeaders({ category, equipment, notices }, counting())).toEqual({
      category: { id: 'c' },
      equipment: [{ id: 'e' }],
      notices: [{ id: expect.any(String), icon: { id: 'n' }, descrip: 'Mind' }],
    });
  });
});

describe('stored', () => {
  test('drops what is unset at every depth, and what only getHistory fills', () => {
    const value = { a: null, b: undefined, c: 0, d: '', e: false, f: [{ latestChange: 1, g: null, h: [] }], i: {} };
    expect(stored(value)).toEqual({ c: 0, d: '', e: false, f: [{ h: [] }], i: {} });
    expect(stored(null)).toBeNull();
  });
});
