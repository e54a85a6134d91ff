/** The rules of step trees one by one: places, ids, limits, headers of the root. */
import { describe, expect, test } from '@jest/globals';
import { MAX_GROUP_CHILDREN, MAX_TEMPLATE_STEPS, MAX_TREE_DEPTH } from '#gen/common_types';
import type { BaseStep } from '#gen/step_types';
import { BadRequest, DomainError, NotFound } from '../../src/base/errors.ts';
import { checkWhole, emptyRoot, isGroup, leafCount, withHeaders } from '../../src/domain/tree.ts';
import { withChild } from '../../src/domain/tree-edits.ts';

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
const many = (count: number, prefix = 's') => Array.from({ length: count }, (_, index) => leaf(`${prefix}${index}`));
const nested = (levels: number): BaseStep =>
  levels === 1 ? leaf('deepest') : group(`level-${levels}`, [nested(levels - 1)]);

function refusal(act: () => unknown): DomainError {
  try {
    act();
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

const root = group('root', [leaf('a'), group('b', [leaf('c')])]);

describe('a step', () => {
  test('is a group when it says so, and the empty root of a new template is one', () => {
    expect([isGroup(root), isGroup(leaf('a')), isGroup(emptyRoot('r'))]).toEqual([true, false, true]);
    expect(leafCount(emptyRoot('r'))).toBe(0);
    expect(leafCount(leaf('a'))).toBe(1);
  });
});

describe('withChild', () => {
  test.each<[string, string, number, boolean, RegExp]>([
    ['an unknown parent', 'nobody', 0, false, /no step group nobody in this template; its root is root/],
    ['a leaf as parent', 'a', 0, false, /no step group a /],
  ])('does not find %s', (_name, parentId, position, replace, message) => {
    const error = refusal(() => withChild(root, leaf('x'), { parentId, position, replace }));
    expect(error).toBeInstanceOf(NotFound);
    expect(error).toMatchObject({ slug: 'step-group-not-found', details: { parentId } });
    expect(error.message).toMatch(message);
  });

  test.each<[string, number, boolean, RegExp]>([
    ['root', 3, false, /position: 3 is out of range; right would be 0 to 2, or -1 for the end/],
    ['root', -2, false, /position: -2/],
    ['root', 2, true, /right would be 0 to 1, the child to replace/],
    ['root', -1, true, /position: -1/],
  ])('of %s refuses position %d with replace %s', (parentId, position, replace, message) => {
    const error = refusal(() => withChild(root, leaf('x'), { parentId, position, replace }));
    expect(error).toBeInstanceOf(BadRequest);
    expect(error).toMatchObject({ slug: 'invalid-position', details: { position: String(position) } });
    expect(error.message).toMatch(message);
  });

  test('refuses to replace in an empty group', () => {
    const place = { parentId: 'empty', position: 0, replace: true };
    const error = refusal(() => withChild(group('root', [group('empty', [])]), leaf('x'), place));
    expect(error.message).toMatch(/the group has no child to replace/);
  });

  test('refuses an id or clientId that is taken, unless its owner is replaced', () => {
    const tree = group('root', [leaf('a', { clientId: 'one' }), leaf('b')]);
    const at = { parentId: 'root', position: 0, replace: false };
    for (const taken of [leaf('a'), leaf('root'), leaf('x', { clientId: 'one' }), group('x', [leaf('b')])]) {
      expect(refusal(() => withChild(tree, taken, at))).toMatchObject({ slug: 'duplicate-id' });
    }
    const better = leaf('a', { clientId: 'one', title: 'Better' });
    expect(withChild(tree, better, { ...at, replace: true }).children[0]).toBe(better);
  });
});

describe('checkWhole', () => {
  test('takes what just fits: 16 levels, 1,000 children, 10,000 steps', () => {
    expect(() => checkWhole(nested(MAX_TREE_DEPTH))).not.toThrow();
    expect(() => checkWhole(group('root', many(MAX_GROUP_CHILDREN)))).not.toThrow();
    const parts = Array.from({ length: 10 }, (_, index) => group(`part-${index}`, many(999, `${index}-`)));
    expect(() => checkWhole(group('root', parts))).not.toThrow();
    expect(parts.length * 1000).toBe(MAX_TEMPLATE_STEPS);
    const oneMore = group('root', [...parts, leaf('one more')]);
    expect(refusal(() => checkWhole(oneMore))).toMatchObject({
      slug: 'limit-exceeded',
      message: 'children: there are 10001 steps; a template may have 10000',
      details: { field: 'children', limit: '10000', found: '10001' },
    });
  });

  test('refuses a level or a child too many', () => {
    expect(refusal(() => checkWhole(nested(MAX_TREE_DEPTH + 1)))).toMatchObject({
      slug: 'limit-exceeded',
      message: 'children: "Step deepest" is 17 levels deep; a template may have 16',
      details: { field: 'children', stepId: 'deepest', limit: '16', found: '17' },
    });
    const wide = many(MAX_GROUP_CHILDREN + 1);
    expect(refusal(() => checkWhole(group('root', [group('wide', wide)])))).toMatchObject({
      slug: 'limit-exceeded',
      message: 'children: "Group wide" has 1001 children; a group may have 1000',
      details: { field: 'children', stepId: 'wide', limit: '1000', found: '1001' },
    });
    expect(refusal(() => checkWhole({ ...emptyRoot('r'), children: wide })).message).toMatch(
      /^children: the root has 1001 children;/,
    );
  });

  test('does not take steps without clientId for alike', () => {
    expect(() => checkWhole(group('root', [leaf('a', { clientId: '' }), leaf('b', { clientId: '' })]))).not.toThrow();
  });
});

describe('headers', () => {
  test('make a new root when they differ, and keep the tree when they do not', () => {
    const once = withHeaders(root, { condition: 'Dry?' });
    expect(once.impl.stepGroup!.headers).toEqual({ condition: 'Dry?' });
    expect(once.children).toBe(root.children);
    expect(root.impl.stepGroup!.headers).toBeUndefined();
    expect(withHeaders(once, { condition: 'Dry?' })).toBe(once);
    expect(withHeaders(once, { condition: 'Wet?' })).not.toBe(once);
  });

  test('of nothing keep the tree of a root that never had any', () => {
    expect(withHeaders(root, {})).toBe(root);
  });

  test('keep the rest of the group', () => {
    const inserted = group('root', [], { impl: { stepGroup: { sourceTemplate: { id: 't', version: 2 } } } });
    expect(withHeaders(inserted, { condition: 'Dry?' }).impl.stepGroup!.sourceTemplate).toEqual({
      id: 't',
      version: 2,
    });
  });
});
