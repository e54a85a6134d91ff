/** Steps and groups moved, removed and copied, and the tree replaced as a whole. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ErrorCode, MAX_TREE_DEPTH } from '#gen/common_types';
import type { BaseStep } from '#gen/step_types';
import { TeamRole } from '#gen/user_types';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { group, logInAdmin, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let ana: TestUser;
let id: string;
let root: BaseStep;

beforeAll(async () => {
  server = await TestServer.start();
  ana = await newUser(server, await logInAdmin(server), 'ana', TeamRole.AUTHOR);
});
afterAll(() => server.stop());

beforeEach(async () => {
  const template = await newTemplate(ana, 'Hydrant', [
    step('One'),
    group('Two', [step('Two one'), group('Two two', [step('Deep')])]),
    step('Three'),
  ]);
  id = template.id;
  root = template.stepGroup;
  await ana.templates.acquireLock(id);
});

/** A tree in one line: "One Two(Two one Two two(Deep)) Three". */
const outline = (step: BaseStep): string =>
  step.children.map(child => (child.impl.stepGroup ? `${child.title}(${outline(child)})` : child.title)).join(' ');

const found = (title: string, below = root): BaseStep => {
  for (const child of below.children) {
    if (child.title === title) return child;
    if (child.impl.stepGroup && outline(child).includes(title)) return found(title, child);
  }
  throw new Error(`no ${title}`);
};

const refused = (call: () => Promise<unknown>, code: ErrorCode, slug: string, message?: RegExp) =>
  expectNothingWritten(server, () => expectRefusal(call(), code, slug, message), 'template_locks');

const treeOf = async (edit: Promise<{ stepGroup?: BaseStep }>): Promise<string> => outline((await edit).stepGroup!);

describe('moving', () => {
  test.each([
    ['within its group', 'One', 0, () => root.id, 1, 'Two(Two one Two two(Deep)) One Three'],
    ['to the end', 'One', 0, () => root.id, -1, 'Two(Two one Two two(Deep)) Three One'],
    ['to another group', 'One', 0, () => found('Two').id, 1, 'Two(Two one One Two two(Deep)) Three'],
    ['to a group below', 'Three', 2, () => found('Two two').id, 0, 'One Two(Two one Two two(Three Deep))'],
    ['to where it is', 'One', 0, () => root.id, 0, 'One Two(Two one Two two(Deep)) Three'],
  ])('a step %s', async (_where, title, from, parent, to, expected) => {
    const moved = ana.templates.moveStepModular(id, root.id, found(title).id, from, parent(), to);
    expect(await treeOf(moved)).toBe(expected);
    expect(outline((await ana.templates.get(id)).stepGroup)).toBe(expected);
  });

  test('a group takes all below it along, under its ids', async () => {
    const two = found('Two');
    const moved = await ana.templates.moveStepGroupModular(id, root.id, two.id, 1, root.id, 0);
    expect(outline(moved.stepGroup!)).toBe('Two(Two one Two two(Deep)) One Three');
    expect(moved.stepGroup!.children[0]).toMatchObject({ id: two.id, hierarchyPosition: '1' });
    expect(moved.stepGroup!.children[0]!.children[1]!.id).toBe(found('Two two').id);
  });

  test('to where it is makes no entry', async () => {
    const { internalVersion } = await ana.templates.moveStepModular(id, root.id, found('One').id, 0, root.id, 0);
    expect(internalVersion).toBe((await ana.templates.get(id)).version);
    expect(internalVersion).toBe(4);
  });

  test.each<[string, () => string]>([
    ['into itself', () => found('Two').id],
    ['below itself', () => found('Two two').id],
  ])('a group %s is refused', async (_where, parent) => {
    await refused(
      () => ana.templates.moveStepGroupModular(id, root.id, found('Two').id, 1, parent(), 0),
      ErrorCode.BAD_REQUEST,
      'cyclic-move',
    );
  });

  test('deeper than trees go is refused', async () => {
    let parent = found('Two two').id;
    for (let depth = 4; depth < MAX_TREE_DEPTH; depth++) {
      const { stepGroup } = await ana.templates.addStepGroupModular(id, parent, group(`At ${depth}`, []), -1, false);
      parent = found(`At ${depth}`, stepGroup!).id;
    }
    const { stepGroup } = await ana.templates.addStepGroupModular(id, root.id, group('Wide', [step('Low')]), 0, false);
    await refused(
      () => ana.templates.moveStepGroupModular(id, root.id, found('Wide', stepGroup!).id, 0, parent, 0),
      ErrorCode.BAD_REQUEST,
      'limit-exceeded',
      /^children: "Low" is 17 levels deep/,
    );
  });
});

describe('a place that is not as the caller saw it', () => {
  test.each<[string, () => Promise<unknown>, ErrorCode, string, RegExp]>([
    [
      'another position',
      () => ana.templates.moveStepModular(id, root.id, found('One').id, 2, root.id, 0),
      ErrorCode.BAD_REQUEST,
      'invalid-position',
      /oldPosition: 2 of .* is not the place of .*; it stands at 0/,
    ],
    [
      'another group',
      () => ana.templates.removeStepModular(id, found('Two').id, found('One').id, 0),
      ErrorCode.BAD_REQUEST,
      'invalid-position',
      /it stands at 0 of /,
    ],
    [
      'a position out of range',
      () => ana.templates.removeStepModular(id, root.id, found('One').id, 99),
      ErrorCode.BAD_REQUEST,
      'invalid-position',
      /position: 99/,
    ],
    [
      'a new position out of range',
      () => ana.templates.moveStepModular(id, root.id, found('One').id, 0, root.id, 3),
      ErrorCode.BAD_REQUEST,
      'invalid-position',
      /newPosition: 3 is out of range; right would be 0 to 2/,
    ],
    [
      'a step that is not there',
      () => ana.templates.removeStepModular(id, root.id, 'lost', 0),
      ErrorCode.NOT_FOUND,
      'step-not-found',
      /no step lost/,
    ],
    [
      'a group named as a step',
      () => ana.templates.removeStepModular(id, root.id, found('Two').id, 1),
      ErrorCode.NOT_FOUND,
      'step-not-found',
      /no step /,
    ],
    [
      'a step named as a group',
      () => ana.templates.removeStepGroupModular(id, root.id, found('One').id, 0),
      ErrorCode.NOT_FOUND,
      'step-group-not-found',
      /no step group /,
    ],
    [
      'the root',
      () => ana.templates.cloneStepGroup(id, root.id, root.id, 0),
      ErrorCode.NOT_FOUND,
      'step-group-not-found',
      /below the root/,
    ],
    [
      'a parent that is not there',
      () => ana.templates.removeStepModular(id, 'lost', found('One').id, 0),
      ErrorCode.NOT_FOUND,
      'step-group-not-found',
      /parentId: no step group lost/,
    ],
    [
      'a new parent that is not there',
      () => ana.templates.cloneStepModular(id, root.id, found('One').id, 0, 'lost', 0),
      ErrorCode.NOT_FOUND,
      'step-group-not-found',
      /newParentId: no step group lost/,
    ],
  ])('is refused: %s', async (_what, call, code, slug, message) => {
    await refused(call, code, slug, message);
  });
});

describe('removing', () => {
  test('a step', async () => {
    const removed = ana.templates.removeStepModular(id, root.id, found('One').id, 0);
    expect(await treeOf(removed)).toBe('Two(Two one Two two(Deep)) Three');
  });

  test('a group with all below it', async () => {
    const removed = ana.templates.removeStepGroupModular(id, root.id, found('Two').id, 1);
    expect(await treeOf(removed)).toBe('One Three');
  });
});

describe('copying', () => {
  const ids = (step: BaseStep): string[] => [step.id, ...step.children.flatMap(ids)];

  test.each<[string, () => Promise<{ stepGroup?: BaseStep }>]>([
    [
      'cloneStepGroupModular',
      () => ana.templates.cloneStepGroupModular(id, root.id, found('Two').id, 1, found('Two').id, 0),
    ],
    ['cloneStepGroup', () => ana.templates.cloneStepGroup(id, found('Two').id, found('Two').id, 0)],
  ])('a group with %s gives new ids to all below it', async (_name, copy) => {
    const { stepGroup } = await copy();
    expect(outline(stepGroup!)).toBe('One Two(Two(Two one Two two(Deep)) Two one Two two(Deep)) Three');
    expect(new Set(ids(stepGroup!)).size).toBe(ids(stepGroup!).length);
    expect(ids(stepGroup!)).toEqual(expect.arrayContaining(ids(root)));
  });

  test.each<[string, () => Promise<{ stepGroup?: BaseStep }>]>([
    ['cloneStepModular', () => ana.templates.cloneStepModular(id, root.id, found('One').id, 0, root.id, -1)],
    ['cloneStep', () => ana.templates.cloneStep(id, root.id, found('One').id, -1)],
  ])('a step with %s', async (_name, copy) => {
    expect(await treeOf(copy())).toBe('One Two(Two one Two two(Deep)) Three One');
  });

  test('leaves the clientId to the original, and names fields and notices anew', async () => {
    const notice = { id: '', descrip: 'Mind' } as never;
    const original = step('With parts', {
      clientId: 'mine',
      descrip: [{ notice }],
      impl: { step: { stepFields: [{ id: '', key: 'P', type: 1, isRequired: false, clientId: 'p' }], stepType: 0 } },
    });
    const { stepGroup } = await ana.templates.addStepModular(id, root.id, original, 0, false);
    const [before] = stepGroup!.children;
    const copied = (await ana.templates.cloneStep(id, root.id, before!.id, 1)).stepGroup.children[1]!;
    expect(copied).toMatchObject({ title: 'With parts', clientId: '' });
    expect(copied.impl.step!.stepFields[0]).toMatchObject({ key: 'P', clientId: '' });
    expect(copied.impl.step!.stepFields[0]!.id).not.toBe(before!.impl.step!.stepFields[0]!.id);
    expect(copied.descrip[0]!.notice!.id).not.toBe(before!.descrip[0]!.notice!.id);
  });
});

test('a copy keeps no path to what it was copied from: paths lead among the copies, and else where they led', async () => {
  const own = { clientGeneratedIds: true };
  const to = (...ids: string[]) => ({ paths: ids.map(nextStepId => ({ nextStepId })) });
  const sent = group(
    'Loop',
    [step('Do', { id: 'do', flow: to('check') }), step('Check', { id: 'check', flow: to('do', 'end') })],
    {
      id: 'loop',
      ...own,
    },
  );
  await ana.templates.addStepModular(id, root.id, step('End', { id: 'end', ...own }), -1, false);
  await ana.templates.addStepGroupModular(id, root.id, sent, 0, false);
  const waysOf = ({ flow }: BaseStep) => flow!.paths!.map(({ nextStepId }) => nextStepId);
  const { stepGroup } = await ana.templates.cloneStepGroupModular(id, root.id, 'loop', 0, root.id, 1);
  const [doing, checking] = stepGroup!.children[1]!.children as [BaseStep, BaseStep];
  expect(waysOf(doing)).toEqual([checking.id]);
  expect(waysOf(checking)).toEqual([doing.id, 'end']);
  expect([doing.id, checking.id]).not.toEqual(expect.arrayContaining(['do']));
  const original = stepGroup!.children[0]!.children as [BaseStep, BaseStep];
  expect(original.map(waysOf)).toEqual([['check'], ['do', 'end']]);
});

test('conditions of a copy name the copies of the steps that were copied with them, and else whom they named', async () => {
  const own = { clientGeneratedIds: true };
  const check = {
    condition: "NOT current_step_id IN ('do', 'end') AND currentStep = 'do'",
    paths: [
      { nextStepId: 'do', condition: "'check' = currentStepId OR currentStepId LIKE 'do'" },
      { nextStepId: 'end', condition: "currentStepId = 'do' AND (" },
    ],
  };
  const sent = group('Loop', [step('Do', { id: 'do' }), step('Check', { id: 'check', flow: check })], {
    id: 'loop',
    flow: { condition: "currentStepId <> 'it''s' OR currentStepId <> 'check'" },
    ...own,
  });
  await ana.templates.addStepModular(id, root.id, step('End', { id: 'end', ...own }), -1, false);
  await ana.templates.addStepGroupModular(id, root.id, sent, 0, false);
  const { stepGroup } = await ana.templates.cloneStepGroupModular(id, root.id, 'loop', 0, root.id, 1);
  const [original, copy] = stepGroup!.children as [BaseStep, BaseStep];
  const [doing, checking] = copy.children as [BaseStep, BaseStep];
  expect(copy.flow!.condition).toBe(`currentStepId <> 'it''s' OR currentStepId <> '${checking.id}'`);
  expect(checking.flow).toMatchObject({
    condition: `NOT current_step_id IN ('${doing.id}', 'end') AND currentStep = 'do'`,
    paths: [
      { nextStepId: doing.id, condition: `'${checking.id}' = currentStepId OR currentStepId LIKE 'do'` },
      { nextStepId: 'end', condition: "currentStepId = 'do' AND (" },
    ],
  });
  expect(original.children[1]!.flow).toMatchObject(check);
});

describe('updateStepGroup', () => {
  test('replaces the whole tree; what keeps its id keeps it, what is new gets one', async () => {
    const one = found('One');
    const sent = group('Hydrant', [step('New'), { ...one, title: 'One, better' }], { id: root.id });
    const { stepGroup, title } = await ana.templates.updateStepGroup(id, sent);
    expect(title).toBe('Hydrant');
    expect(stepGroup.id).toBe(root.id);
    expect(outline(stepGroup)).toBe('New One, better');
    expect(stepGroup.children[1]!.id).toBe(one.id);
    expect(stepGroup.children[0]!.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('with what get returned makes no entry', async () => {
    const before = await ana.templates.get(id);
    expect((await ana.templates.updateStepGroup(id, before.stepGroup)).version).toBe(before.version);
  });

  test('with ids of the client keeps them', async () => {
    const sent = group('Hydrant', [step('Mine', { id: 'mine' })], { clientGeneratedIds: true });
    expect((await ana.templates.updateStepGroup(id, sent)).stepGroup.children[0]!.id).toBe('mine');
  });

  test.each<[string, BaseStep, string, RegExp]>([
    [
      'a step twice',
      group('T', [step('A', { id: 'a' }), step('B', { id: 'a' })], { clientGeneratedIds: true }),
      'duplicate-id',
      /a \("B"\)/,
    ],
    ['a step as its root', step('S'), 'invalid-argument', /impl of "S": expected stepGroup/],
    ['a title too long', group('T', [step('x'.repeat(501))]), 'limit-exceeded', /title/],
    [
      '10,001 steps',
      group(
        'T',
        Array.from({ length: 10 }, (_, n) =>
          group(
            `G${n}`,
            Array.from({ length: n < 9 ? 1000 : 991 }, () => step('S')),
          ),
        ),
      ),
      'limit-exceeded',
      /^children: there are 10001 steps/,
    ],
  ])('with %s is refused', async (_what, sent, slug, message) => {
    await refused(() => ana.templates.updateStepGroup(id, sent), ErrorCode.BAD_REQUEST, slug, message);
  });
});
